"""issuer.openid.nonces: a nonce answers for itself, and only for its own service and time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuer.openid.nonces import Nonces
from protocols.oid4vci import InvalidNonceError
from tests.world import START
from vclib.encoding import decode_base64url, encode_base64url

NONCES = Nonces(b"k" * 32)


def test_nonce_is_good_for_five_minutes() -> None:
    nonce = NONCES.new(now=START)
    assert NONCES.check(nonce, now=START) == START + timedelta(minutes=5)
    assert NONCES.check(nonce, now=START + timedelta(minutes=4, seconds=59))
    with pytest.raises(InvalidNonceError, match="ended"):
        NONCES.check(nonce, now=START + timedelta(minutes=5))


def test_no_two_nonces_are_the_same() -> None:
    assert len({NONCES.new(now=START) for _ in range(100)}) == 100


def test_nonce_of_another_service_is_refused() -> None:
    with pytest.raises(InvalidNonceError):
        NONCES.check(Nonces(b"o" * 32).new(now=START), now=START)


@pytest.mark.parametrize("position", [0, 15, 16, 21, 22, 37])
def test_nonce_with_one_bit_changed_is_refused(position: int) -> None:
    content = bytearray(decode_base64url(NONCES.new(now=START)))
    content[position] ^= 1
    with pytest.raises(InvalidNonceError):
        NONCES.check(encode_base64url(bytes(content)), now=START)


@given(st.text())
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidNonceError):
        NONCES.check(text, now=START)

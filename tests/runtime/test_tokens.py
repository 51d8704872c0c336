"""runtime.tokens: long random values, kept as digests."""

from __future__ import annotations

import pytest

from runtime.tokens import is_token_name, new_token, secret_digest


def test_a_new_token_has_256_bits_and_is_another_each_time() -> None:
    assert len(new_token()) == 43
    assert new_token() != new_token()


def test_a_secret_is_kept_as_its_sha_256() -> None:
    # https://csrc.nist.gov/projects/cryptographic-standards-and-guidelines/example-values
    assert secret_digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_token_has_a_name_that_can_be_shown() -> None:
    assert is_token_name("Clinic 7")


@pytest.mark.parametrize("name", ["", " ", "a\nb", "n" * 101])
def test_a_name_that_cannot_be_shown_is_none(name: str) -> None:
    assert not is_token_name(name)

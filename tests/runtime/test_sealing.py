"""Sealed bytes open with the right passphrase and the right purpose, and with nothing else."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.sealing import (
    DEFAULT_PARAMETERS,
    Argon2Parameters,
    new_master_key,
    open_sealed,
    open_with_key,
    seal,
    seal_with_key,
)
from tests.conftest import derivation
from vclib.errors import SealingError

CHEAP = Argon2Parameters(memory_kib=64, iterations=1, lanes=1)
# As they stand in the program: taken when this module is loaded, before any fixture changes them.
IN_EARNEST = replace(DEFAULT_PARAMETERS)
WRONG = "^wrong passphrase, or the file was altered$"


@pytest.fixture(autouse=True)
def derivation_in_earnest() -> Iterator[None]:
    """As in the programs; other tests have it cheaper."""
    with derivation(IN_EARNEST):
        yield


def test_sealed_bytes_open_with_the_same_passphrase() -> None:
    sealed = seal(b"the dose", "correct horse", aad=b"test", parameters=CHEAP)
    assert open_sealed(sealed, "correct horse", aad=b"test") == b"the dose"


def test_another_passphrase_is_refused() -> None:
    """K1, K7."""
    sealed = seal(b"the dose", "correct horse", parameters=CHEAP)
    with pytest.raises(SealingError, match=WRONG):
        open_sealed(sealed, "correct horsf")


def test_sealed_bytes_of_another_purpose_are_refused() -> None:
    sealed = seal(b"the dose", "correct horse", aad=b"backup", parameters=CHEAP)
    with pytest.raises(SealingError, match=WRONG):
        open_sealed(sealed, "correct horse", aad=b"issuer keys")


def test_a_flipped_bit_anywhere_is_refused() -> None:
    """K2: also in the header, where a flipped bit changes what the derivation asks for."""
    sealed = seal(b"the dose", "correct horse", parameters=CHEAP)
    # The high bytes of the cost parameters are tried in another test: here only what is quick to derive.
    for position in [0, 7, 8, *range(18, len(sealed))]:
        altered = bytearray(sealed)
        altered[position] ^= 1
        with pytest.raises(SealingError):
            open_sealed(bytes(altered), "correct horse")


def test_truncated_bytes_are_refused() -> None:
    sealed = seal(b"the dose", "correct horse", parameters=CHEAP)
    with pytest.raises(SealingError, match=WRONG):
        open_sealed(sealed[:-1], "correct horse")
    with pytest.raises(SealingError, match="not one"):
        open_sealed(sealed[:40], "correct horse")


def test_bytes_that_are_not_sealed_are_named() -> None:
    with pytest.raises(SealingError, match="expected a sealed file"):
        open_sealed(b"SQLite format 3\0" + bytes(200), "correct horse")


def test_a_hostile_file_may_not_ask_for_64_gigabytes() -> None:
    """K1: the cost parameters of a file are bounded before anything is derived."""
    sealed = bytearray(seal(b"the dose", "correct horse", parameters=CHEAP))
    struct.pack_into(">I", sealed, 9, 64 * 1024 * 1024)
    with pytest.raises(SealingError, match="67108864 KiB"):
        open_sealed(bytes(sealed), "correct horse")


@pytest.mark.parametrize(
    ("memory_kib", "iterations", "lanes"),
    [(7, 1, 1), (64, 0, 1), (64, 1, 0), (64, 17, 1), (1024, 1, 17), (1024 * 1024 + 1, 1, 1)],
)
def test_parameters_outside_the_limits_are_refused(memory_kib: int, iterations: int, lanes: int) -> None:
    with pytest.raises(SealingError, match="outside the limits"):
        Argon2Parameters(memory_kib, iterations, lanes)


def test_another_format_version_is_named() -> None:
    sealed = bytearray(seal(b"the dose", "correct horse", parameters=CHEAP))
    sealed[8] = 2
    with pytest.raises(SealingError, match="version 2"):
        open_sealed(bytes(sealed), "correct horse")


def test_the_default_is_the_second_choice_of_rfc_9106() -> None:
    """K1: 64 MiB, three passes, four lanes (RFC 9106 section 4)."""
    sealed = seal(b"the dose", "correct horse")
    assert struct.unpack_from(">IIB", sealed, 9) == (65536, 3, 4)
    assert open_sealed(sealed, "correct horse") == b"the dose"


def test_two_seals_of_one_text_share_nothing_but_the_header() -> None:
    first, second = (seal(b"the dose", "correct horse", parameters=CHEAP) for _ in range(2))
    assert first[:18] == second[:18]
    assert first[18:34] != second[18:34]
    assert first[34:] != second[34:]


def test_a_letter_typed_as_two_code_points_is_the_same_letter() -> None:
    sealed = seal(b"the dose", "caf\u00e9 au lait", parameters=CHEAP)
    assert open_sealed(sealed, "cafe\u0301 au lait") == b"the dose"


def test_an_empty_passphrase_is_refused() -> None:
    with pytest.raises(SealingError, match="empty"):
        seal(b"the dose", "", parameters=CHEAP)


def test_the_layout_opens_bytes_written_by_hand() -> None:
    """The format is fixed by its documentation: this file was built from it, not by `seal`."""
    header = b"DDCCSEAL" + b"\x01" + (64).to_bytes(4, "big") + (2).to_bytes(4, "big") + b"\x01" + b"s" * 16
    key = Argon2id(salt=b"s" * 16, length=32, iterations=2, lanes=1, memory_cost=64).derive(b"open sesame")
    body = AESGCM(key).encrypt(b"n" * 12, b"forty thieves", header + b"cave")
    assert open_sealed(header + b"n" * 12 + body, "open sesame", aad=b"cave") == b"forty thieves"


@settings(max_examples=30)
@given(plaintext=st.binary(max_size=300), aad=st.binary(max_size=40))
def test_key_level_sealing_is_lossless_and_bound_to_its_purpose(plaintext: bytes, aad: bytes) -> None:
    key = new_master_key()
    sealed = seal_with_key(key, plaintext, aad=aad)
    assert open_with_key(key, sealed, aad=aad) == plaintext
    with pytest.raises(SealingError, match=WRONG):
        open_with_key(key, sealed, aad=aad + b"x")
    with pytest.raises(SealingError, match=WRONG):
        open_with_key(new_master_key(), sealed, aad=aad)


def test_too_short_bytes_under_a_key_are_refused() -> None:
    with pytest.raises(SealingError, match=WRONG):
        open_with_key(new_master_key(), b"short")

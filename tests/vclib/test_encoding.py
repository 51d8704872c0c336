"""vclib.encoding: every value has one accepted spelling."""

from __future__ import annotations

import base58
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vclib.encoding import (
    MAX_BASE58_CHARACTERS,
    decode_base58btc,
    decode_base64url,
    decode_multibase,
    decode_varint,
    encode_base58btc,
    encode_base64url,
    encode_multibase,
    encode_varint,
)
from vclib.errors import EncodingError

BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
BASE58BTC = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


# --- base64url ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "text"),
    [
        # RFC 4648 section 10, without padding.
        (b"", ""),
        (b"f", "Zg"),
        (b"fo", "Zm8"),
        (b"foo", "Zm9v"),
        (b"foob", "Zm9vYg"),
        (b"fooba", "Zm9vYmE"),
        (b"foobar", "Zm9vYmFy"),
        # RFC 7515 appendix C: the two letters that base64 spells otherwise.
        (bytes([3, 236, 255, 224, 193]), "A-z_4ME"),
    ],
)
def test_base64url_of_the_rfcs(data: bytes, text: str) -> None:
    assert encode_base64url(data) == text
    assert decode_base64url(text) == data


@pytest.mark.parametrize(
    "text", ["Zg==", "Zg=", "Zm8=", "Zm9v+", "Zm9v/", "Zm 9v", "Zm9v\n", " Zm9v", "Zm9vé", "Ẕm9v"]
)
def test_base64url_with_padding_or_other_characters_is_refused(text: str) -> None:
    """C16: no padding, no white space, no base64 letters."""
    with pytest.raises(EncodingError, match="another character"):
        decode_base64url(text)


@pytest.mark.parametrize("text", ["A", "AAAAA", "Zm9vY"])
def test_base64url_that_is_no_whole_number_of_bytes_is_refused(text: str) -> None:
    with pytest.raises(EncodingError, match="whole number of bytes"):
        decode_base64url(text)


@pytest.mark.parametrize("text", ["Zh", "Zv", "Zm9", "Zm-"])
def test_base64url_with_stray_bits_is_refused(text: str) -> None:
    """C16: "Zh" decodes to the byte of "Zg" for a forgiving reader."""
    with pytest.raises(EncodingError, match="stray bits"):
        decode_base64url(text)


@given(st.binary(max_size=200))
def test_base64url_is_read_as_it_was_written(data: bytes) -> None:
    assert decode_base64url(encode_base64url(data)) == data


@given(st.text(alphabet=BASE64URL + "=+/ \n", max_size=12))
def test_base64url_text_has_one_spelling_or_is_refused(text: str) -> None:
    try:
        data = decode_base64url(text)
    except EncodingError:
        return
    assert encode_base64url(data) == text


# --- base58btc ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "text"),
    [
        # draft-msporny-base58-03 section 5.
        (b"Hello World!", "2NEpo7TZRRrLZSi2U"),
        (
            b"The quick brown fox jumps over the lazy dog.",
            "USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z",
        ),
        (bytes.fromhex("0000287fb4cd"), "11233QC4"),
        (b"", ""),
        (b"\x00", "1"),
        (b"\x00\x00\x00", "111"),
    ],
)
def test_base58btc_of_the_draft(data: bytes, text: str) -> None:
    assert encode_base58btc(data) == text
    assert decode_base58btc(text) == data


@pytest.mark.parametrize("text", ["0", "O", "I", "l", "2NEpo7 TZ", "2NEpo7TZ\n", " 2NEpo7TZ", "+", "é", "２"])
def test_base58btc_with_other_characters_is_refused(text: str) -> None:
    """C16: the four letters that look alike, and everything else."""
    with pytest.raises(EncodingError, match="another character"):
        decode_base58btc(text)


def test_base58btc_longer_than_any_key_is_refused_before_it_costs_time() -> None:
    """J4: decoding takes quadratic time, so its input is bounded."""
    decode_base58btc("z" * MAX_BASE58_CHARACTERS)
    with pytest.raises(EncodingError, match="1501 characters, more than 1500"):
        decode_base58btc("z" * (MAX_BASE58_CHARACTERS + 1))


@given(st.binary(max_size=120))
def test_base58btc_is_read_as_it_was_written(data: bytes) -> None:
    assert decode_base58btc(encode_base58btc(data)) == data


@given(st.text(alphabet=BASE58BTC, max_size=40))
def test_base58btc_text_has_one_spelling(text: str) -> None:
    assert encode_base58btc(decode_base58btc(text)) == text


# --- multibase ---------------------------------------------------------------------------------


def test_multibase_prefix_names_the_base() -> None:
    # https://www.w3.org/TR/cid-1.0/#multibase-0: "z" is base58btc, "u" base64url without padding.
    assert encode_multibase(b"Hello World!", base="z") == "z2NEpo7TZRRrLZSi2U"
    assert encode_multibase(b"foobar", base="u") == "uZm9vYmFy"
    assert decode_multibase("z2NEpo7TZRRrLZSi2U") == b"Hello World!"
    assert decode_multibase("uZm9vYmFy", bases="u") == b"foobar"
    assert decode_multibase("uZm9vYmFy", bases="zu") == b"foobar"


@pytest.mark.parametrize(
    "text", ["uZm9vYmFy", "mZm9vYmFy", "f666f6f", "Z2NEpo7TZRRrLZSi2U", " z2NEpo7TZRRrLZSi2U", "\u200bz2"]
)
def test_multibase_of_another_base_than_the_one_that_is_due_is_refused(text: str) -> None:
    """C16: "u" where "z" is due is another value, not another spelling."""
    with pytest.raises(EncodingError, match="expected multibase prefix"):
        decode_multibase(text)


@pytest.mark.parametrize("value", [None, "", 5, b"z2", ["z2"], True])
def test_multibase_must_be_a_string(value: object) -> None:
    with pytest.raises(EncodingError, match="expected a multibase string"):
        decode_multibase(value)


def test_bases_that_are_not_implemented_are_refused_in_both_directions() -> None:
    with pytest.raises(EncodingError, match="multibase 'm' is not one of"):
        encode_multibase(b"foobar", base="m")
    with pytest.raises(EncodingError, match="multibase 'm' is not one of"):
        decode_multibase("mZm9vYmFy", bases="m")


@given(st.binary(max_size=100), st.sampled_from("zu"))
def test_multibase_is_read_as_it_was_written(data: bytes, base: str) -> None:
    assert decode_multibase(encode_multibase(data, base=base), bases="zu") == data


# --- varint ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "encoded"),
    [
        # https://github.com/multiformats/unsigned-varint#examples and the prefixes of CID 1.0.
        (1, "01"),
        (127, "7f"),
        (128, "8001"),
        (255, "ff01"),
        (300, "ac02"),
        (16384, "808001"),
        (0xED, "ed01"),
        (0xEB, "eb01"),
        (0x1200, "8024"),
        (0x1201, "8124"),
        (0x1300, "8026"),
        (0x1306, "8626"),
        (0x1307, "8726"),
        (0, "00"),
        (2**63 - 1, "ffffffffffffffff7f"),
    ],
)
def test_varint_of_the_specification(number: int, encoded: str) -> None:
    assert encode_varint(number).hex() == encoded
    assert decode_varint(bytes.fromhex(encoded)) == (number, len(encoded) // 2)


@pytest.mark.parametrize("encoded", ["8000", "ed0100"[:2] + "8000", "808000", "ff8000"])
def test_varint_longer_than_need_be_is_refused(encoded: str) -> None:
    """G8: a second spelling of the same number."""
    with pytest.raises(EncodingError, match="shortest form"):
        decode_varint(bytes.fromhex(encoded))


@pytest.mark.parametrize("encoded", ["", "80", "ffff", "80" * 9 + "01", "ff" * 40])
def test_varint_without_end_within_nine_bytes_is_refused(encoded: str) -> None:
    with pytest.raises(EncodingError, match="does not end within nine bytes"):
        decode_varint(bytes.fromhex(encoded))


@settings(max_examples=80)
@given(st.integers(0, 2**63 - 1), st.binary(max_size=8))
def test_varint_is_read_as_it_was_written_whatever_follows(number: int, rest: bytes) -> None:
    encoded = encode_varint(number)

    assert decode_varint(encoded + rest) == (number, len(encoded))


@given(st.binary(max_size=12))
def test_varint_bytes_have_one_reading_or_are_refused(data: bytes) -> None:
    try:
        number, length = decode_varint(data)
    except EncodingError:
        return
    assert encode_varint(number) == data[:length]


# --- base58btc: short texts are computed here, long ones by the package --------------------------


@given(st.binary(max_size=8).map(lambda zeros: bytes(len(zeros))), st.binary(max_size=140))
def test_base58_is_what_the_package_writes_and_reads(zeros: bytes, data: bytes) -> None:
    text = base58.b58encode(zeros + data).decode("ascii")
    assert encode_base58btc(zeros + data) == text
    assert decode_base58btc(text) == zeros + data


@given(st.text(alphabet=BASE58BTC, max_size=140))
def test_every_base58_text_is_read_as_the_package_reads_it(text: str) -> None:
    assert decode_base58btc(text) == base58.b58decode(text)
    assert encode_base58btc(decode_base58btc(text)) == text


@pytest.mark.parametrize("length", [0, 1, 93, 94, 127, 128, 129])
@pytest.mark.parametrize("digit", ["1", "2", "z"])
def test_base58_at_the_limit_of_what_is_computed_here(length: int, digit: str) -> None:
    text = digit * length
    assert decode_base58btc(text) == base58.b58decode(text)
    assert encode_base58btc(decode_base58btc(text)) == text

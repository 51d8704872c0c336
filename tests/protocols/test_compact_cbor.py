"""The CBOR subset: RFC 8949's own examples, a second opinion, and refusal of every other form."""

from __future__ import annotations

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.compact_cbor import CBORValue, decode_cbor, encode_cbor
from vclib.errors import ComplexityError, EncodingError, VCError

# RFC 8949 appendix A, those of its examples that lie inside the subset.
EXAMPLES: list[tuple[CBORValue, str]] = [
    (0, "00"),
    (23, "17"),
    (24, "1818"),
    (100, "1864"),
    (1000, "1903e8"),
    (1000000, "1a000f4240"),
    (1000000000000, "1b000000e8d4a51000"),
    (-1, "20"),
    (-100, "3863"),
    (-1000, "3903e7"),
    (1.1, "fb3ff199999999999a"),
    (1.0e300, "fb7e37e43c8800759c"),
    (False, "f4"),
    (True, "f5"),
    (None, "f6"),
    (b"", "40"),
    (b"\x01\x02\x03\x04", "4401020304"),
    ("", "60"),
    ("IETF", "6449455446"),
    ("\u6c34", "63e6b0b4"),
    ([], "80"),
    ([1, [2, 3], [4, 5]], "8301820203820405"),
    ({}, "a0"),
    ({1: 2, 3: 4}, "a201020304"),
    ({"a": 1, "b": [2, 3]}, "a26161016162820203"),
]


@pytest.mark.parametrize(("value", "encoded"), EXAMPLES)
def test_the_examples_of_rfc_8949_hold_both_ways(value: CBORValue, encoded: str) -> None:
    assert encode_cbor(value).hex() == encoded
    assert decode_cbor(bytes.fromhex(encoded)) == value


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.binary(max_size=20),
    lambda children: (
        st.lists(children, max_size=4)
        | st.dictionaries(st.text(max_size=5) | st.integers(0, 300), children, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=100)
@given(_VALUES)
def test_another_library_reads_what_is_written(value: CBORValue) -> None:
    encoded = encode_cbor(value)
    assert cbor2.loads(encoded) == value
    assert decode_cbor(encoded) == value


@settings(max_examples=200)
@given(st.binary(max_size=60))
def test_arbitrary_bytes_are_one_value_or_a_named_refusal(data: bytes) -> None:
    """J4: what is accepted has exactly this one spelling."""
    try:
        value = decode_cbor(data)
    except VCError:
        return
    assert encode_cbor(value) == data


@pytest.mark.parametrize(
    ("encoded", "message"),
    [
        ("", "ends before its value does"),
        ("1818ff", "1 bytes follow it"),
        ("1817", "shortest form"),
        ("190018", "shortest form"),
        ("1a000000ff", "shortest form"),
        ("1b00000000ffffffff", "shortest form"),
        ("1c", "indefinite length or with a reserved head"),
        ("5f4101ff", "indefinite length"),
        ("9f01ff", "indefinite length"),
        ("bf6161ff", "indefinite length"),
        ("c249010000000000000000", "tags"),
        ("d8235b7fffffffffffffff", "tags"),
        ("d82363282b2b", "tags"),
        ("f7", "other simple values"),
        ("f8ff", "other simple values"),
        ("f93c00", "other simple values"),
        ("fb7ff0000000000000", "not a JSON number"),
        ("fb7ff8000000000000", "not a JSON number"),
        ("a201020102", "out of order or repeated"),
        ("a203040102", "out of order or repeated"),
        ("a1f501", "neither text nor an integer"),
        ("a14101", "neither text nor an integer"),
        ("61ff", "not UTF-8"),
        ("62c328", "not UTF-8"),
        ("5bffffffffffffffff", "ends before its value does"),
        ("7b7fffffffffffffff", "ends before its value does"),
        ("9b7fffffffffffffff", "more items than there are bytes"),
        ("bb7fffffffffffffff", "more items than there are bytes"),
    ],
)
def test_every_other_form_is_refused(encoded: str, message: str) -> None:
    """J4: indefinite lengths, huge declared lengths, tags, long heads, disorder, invalid UTF-8."""
    with pytest.raises(EncodingError, match=message):
        decode_cbor(bytes.fromhex(encoded))


def test_depth_is_bounded_both_ways() -> None:
    """J4: a hundred thousand levels end at the sixty-fifth, without recursion trouble."""
    with pytest.raises(ComplexityError, match="deeper than 64 levels"):
        decode_cbor(b"\x81" * 100_000 + b"\xf6")
    value: CBORValue = None
    for _ in range(65):
        value = [value]
    with pytest.raises(ComplexityError, match="deeper than 64 levels"):
        encode_cbor(value)


def test_what_is_no_json_is_refused_when_writing() -> None:
    with pytest.raises(EncodingError, match="a value of type set"):
        encode_cbor({"a": {1}})  # type: ignore[dict-item]
    with pytest.raises(EncodingError, match="half a surrogate pair"):
        encode_cbor("\ud800")
    with pytest.raises(EncodingError, match="more than 64 bits"):
        encode_cbor(2**64)

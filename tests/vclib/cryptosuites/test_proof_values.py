"""The CBOR of proof values: one spelling and nothing else. Threats C16, D8, J4."""

from __future__ import annotations

import io
from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vclib.cryptosuites import proof_values
from vclib.cryptosuites.proof_values import decode_components, encode_proof_value
from vclib.errors import ProofVerificationError


def _decode(hexadecimal: str, count: int = 1) -> Any:
    return decode_components(bytes.fromhex(hexadecimal), count)


def test_a_proof_value_is_header_and_array_in_base64url() -> None:
    value = encode_proof_value(bytes.fromhex("d95d01"), [b"\x01", [1, 24], {0: b"\xff"}])
    # d9 5d 01, 83 41 01 82 01 18 18 a1 00 41 ff
    assert value == "u2V0Bg0EBggEYGKEAQf8"


# RFC 8949 appendix A, the examples of these kinds; each in an array of one.
@pytest.mark.parametrize(
    ("encoded", "value"),
    [
        ("8100", 0),
        ("8117", 23),
        ("811818", 24),
        ("8118ff", 255),
        ("811903e8", 1000),
        ("811a000f4240", 1000000),
        ("811b000000e8d4a51000", 1000000000000),
        ("811bffffffffffffffff", 18446744073709551615),
        ("8140", b""),
        ("814401020304", bytes.fromhex("01020304")),
        ("8160", ""),
        ("816449455446", "IETF"),
        ("8162c3bc", "\u00fc"),
        ("8180", []),
        ("8183010203", [1, 2, 3]),
        ("81a0", {}),
        ("81a201020304", {1: 2, 3: 4}),
    ],
)
def test_preferred_serialization_is_read(encoded: str, value: Any) -> None:
    assert _decode(encoded) == [value]


@pytest.mark.parametrize(
    ("encoded", "message"),
    [
        # Longer heads than needed.
        ("811800", "longer than it needs to be"),
        ("811817", "longer than it needs to be"),
        ("811900ff", "longer than it needs to be"),
        ("811a0000ffff", "longer than it needs to be"),
        ("811b00000000ffffffff", "longer than it needs to be"),
        ("81580101", "longer than it needs to be"),
        ("980100", "longer than it needs to be"),
        ("81b8010102", "longer than it needs to be"),
        # Indefinite lengths and their end.
        ("9f00ff", "indefinite length"),
        ("815f4101ff", "indefinite length"),
        ("817f6161ff", "indefinite length"),
        ("81bf0102ff", "indefinite length"),
        ("81ff", "indefinite length"),
        ("811c", "indefinite length"),
        # Other kinds: negative, tagged, simple, floating point.
        ("8120", "unsigned integers, bytes, text, arrays and maps only"),
        ("81c100", "unsigned integers, bytes, text, arrays and maps only"),
        ("81c24101", "unsigned integers, bytes, text, arrays and maps only"),
        ("81d8236161", "unsigned integers, bytes, text, arrays and maps only"),
        ("81f4", "unsigned integers, bytes, text, arrays and maps only"),
        ("81f6", "unsigned integers, bytes, text, arrays and maps only"),
        ("81f93c00", "unsigned integers, bytes, text, arrays and maps only"),
        # Maps.
        ("81a201020103", "has the key 1 twice"),
        ("81a1616101", "expected integers as the keys"),
        ("81a1410101", "expected integers as the keys"),
        ("81a18001", "expected integers as the keys"),
        # Text.
        ("8161ff", "not UTF-8"),
        ("8163eda080", "not UTF-8"),
        # Ends.
        ("", "ends in the middle of an item"),
        ("81", "ends in the middle of an item"),
        ("8118", "ends in the middle of an item"),
        ("811b00000001", "ends in the middle of an item"),
        ("814201", "ends in the middle of an item"),
        ("81a101", "ends in the middle of an item"),
        ("810000", "1 bytes follow the CBOR array"),
        ("810081", "1 bytes follow the CBOR array"),
        # Not one array of one component.
        ("00", "expected a CBOR array of 1 components"),
        ("a10000", "expected a CBOR array of 1 components"),
        ("80", "expected a CBOR array of 1 components"),
        ("820000", "expected a CBOR array of 1 components"),
        # Depth.
        ("8181818100", "nested deeper than any proof value"),
        ("81a100a100a10000", "nested deeper than any proof value"),
    ],
)
def test_any_other_cbor_is_refused(encoded: str, message: str) -> None:
    """D8: header, definite lengths, keys once, integers only, nothing after the end."""
    with pytest.raises(ProofVerificationError, match=message):
        _decode(encoded)


@pytest.mark.parametrize(
    "encoded",
    [
        "9b0000001000000000",
        "9bffffffffffffffff",
        "815b0000001000000000",
        "81bb0000001000000000",
        "81bbffffffffffffffff",
        "81" * 100_000,
        "a100" * 100_000,
        "d81c" * 100_000,
    ],
    ids=lambda encoded: str(encoded)[:12],
)
def test_huge_lengths_and_depths_are_refused_before_anything_is_built(encoded: str) -> None:
    """J4."""
    with pytest.raises(ProofVerificationError, match="proofValue"):
        _decode(encoded)


COMPONENTS: Any = st.one_of(
    st.integers(0, 2**64 - 1),
    st.binary(max_size=300),
    st.text(max_size=40),
    st.lists(st.one_of(st.integers(0, 2**64 - 1), st.binary(max_size=70), st.text(max_size=10)), max_size=30),
    st.dictionaries(
        st.integers(0, 2**32), st.one_of(st.integers(0, 300), st.binary(max_size=40)), max_size=30
    ),
)


@settings(max_examples=150, deadline=None)
@given(components=st.lists(COMPONENTS, max_size=6))
def test_what_is_written_is_read_back(components: list[Any]) -> None:
    assert decode_components(cbor2.dumps(components), len(components)) == components


@settings(max_examples=300, deadline=None)
@given(
    encoded=st.one_of(st.binary(max_size=60), st.builds(lambda rest: b"\x85" + rest, st.binary(max_size=80)))
)
def test_what_is_read_has_no_other_spelling(encoded: bytes) -> None:
    """D8: whatever is accepted, a canonical writer writes the same bytes."""
    try:
        components = decode_components(encoded, 5)
    except ProofVerificationError:
        return
    assert cbor2.dumps(components) == encoded


@settings(max_examples=150, deadline=None)
@given(components=st.lists(COMPONENTS, min_size=1, max_size=4), data=st.data())
def test_a_changed_byte_is_refused_or_read_as_another_decoder_reads_it(
    components: list[Any], data: Any
) -> None:
    """D8, with a general decoder as second opinion."""
    encoded = bytearray(cbor2.dumps(components))
    encoded[data.draw(st.integers(0, len(encoded) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        found = decode_components(bytes(encoded), len(components))
    except ProofVerificationError:
        return
    stream = io.BytesIO(bytes(encoded))
    assert cbor2.CBORDecoder(stream).decode() == found
    assert not stream.read()


# Arrays of signatures are read in one step, so they are looked at with every length around the limits.
@pytest.mark.parametrize("length", [0, 23, 24, 32, 64, 255, 256])
@pytest.mark.parametrize("count", [0, 1, 2, 30])
def test_byte_strings_of_one_length_are_read(length: int, count: int) -> None:
    strings = [bytes([number]) * length for number in range(count)]
    assert decode_components(cbor2.dumps([strings, 7]), 2) == [strings, 7]


@settings(max_examples=200, deadline=None)
@given(strings=st.lists(st.binary(min_size=30, max_size=30), min_size=1, max_size=5), data=st.data())
def test_a_changed_byte_among_equal_strings_is_refused_or_read_as_another_decoder_reads_it(
    strings: list[bytes], data: Any
) -> None:
    """D8."""
    encoded = bytearray(cbor2.dumps([strings]))
    # The heads, mostly.
    place = data.draw(st.one_of(st.sampled_from([0, 1, 2, 3, 34, 35]), st.integers(0, len(encoded) - 1)))
    encoded[place % len(encoded)] ^= data.draw(st.integers(1, 255))
    try:
        found = decode_components(bytes(encoded), 1)
    except ProofVerificationError:
        return
    assert cbor2.dumps(found) == encoded


@pytest.mark.parametrize("encoded", ["81815817" + "00" * 23, "81825818" + "00" * 24, "8182581800"])
def test_byte_strings_of_another_spelling_or_cut_off_are_refused(encoded: str) -> None:
    """D8: 23 bytes have a shorter head; two strings were announced, one is there."""
    with pytest.raises(ProofVerificationError, match=r"longer than it needs to be|ends in the middle"):
        _decode(encoded)


@pytest.mark.parametrize("innermost", ["8101", "815818" + "00" * 24])
def test_arrays_one_level_too_deep_are_refused_whatever_they_hold(innermost: str) -> None:
    """J4."""
    with pytest.raises(ProofVerificationError, match="nested deeper"):
        _decode("8181" + innermost)


@pytest.mark.parametrize(
    ("read", "message"),
    [
        (lambda: proof_values.bytes_component("text", "signature", 64), "expected 64 bytes as signature"),
        (lambda: proof_values.bytes_component(bytes(63), "signature", 64), "expected 64 bytes as signature"),
        (lambda: proof_values.bytes_component(7, "proof"), "expected bytes as proof"),
        (lambda: proof_values.bytes_list_component(b"", "signatures", 64), "expected an array of signatures"),
        (
            lambda: proof_values.bytes_list_component([bytes(64), bytes(65)], "signatures", 64),
            "expected 64 bytes as each of the signatures",
        ),
        (lambda: proof_values.text_list_component("/a", "pointers"), "expected an array of text as pointers"),
        (
            lambda: proof_values.text_list_component([b"/a"], "pointers"),
            "expected an array of text as pointers",
        ),
        (
            lambda: proof_values.index_list_component({}, "indexes"),
            "expected an array of integers as indexes",
        ),
        (
            lambda: proof_values.index_list_component(["1"], "indexes"),
            "expected an array of integers as indexes",
        ),
        (lambda: proof_values.map_component([], "label map"), "expected a map as label map"),
    ],
)
def test_components_of_another_kind_or_size_are_refused(read: Any, message: str) -> None:
    """D8."""
    with pytest.raises(ProofVerificationError, match=message):
        read()

"""The CBOR inside the proof values of the selective suites, in one spelling only.

A proof value is "u", then base64url of three header bytes and a CBOR array. CBOR can write one value in many
ways: indefinite lengths, longer integers than needed, a key twice, tags, bytes after the end. Readers differ
in what they make of those, and every other spelling gives one proof another name; so the reader here takes
what RFC 8949 section 4.2.1 calls preferred serialization, of the five kinds of value that occur, and nothing
else. It is written here because a general decoder builds whatever the bytes ask for before anybody can look.
Source: https://www.w3.org/TR/vc-di-ecdsa/#serializebaseproofvalue and its neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias, TypeGuard

import cbor2

from vclib.encoding import encode_multibase
from vclib.errors import ProofVerificationError

CBORValue: TypeAlias = "int | bytes | str | list[CBORValue] | dict[int, CBORValue]"

HEADER_BYTES = 3
# The label map inside the array of components is the deepest there is.
_MAX_DEPTH = 2
_BYTES, _TEXT, _ARRAY, _MAP = 2, 3, 4, 5


def encode_proof_value(header: bytes, components: Sequence[CBORValue]) -> str:
    """Return the proof value: multibase base64url of `header` and the CBOR array of `components`."""
    return encode_multibase(header + cbor2.dumps(list(components)), base="u")


def decode_components(encoded: bytes, count: int) -> list[CBORValue]:
    """Return the components after the header bytes: an array of exactly `count` values and nothing more.

    Raises ProofVerificationError for anything that has another spelling, or is no integer, bytes, text,
    array of these or map from integers.
    """
    value, end = _Reader(encoded).read(0, 0)
    if end != len(encoded):
        raise ProofVerificationError(f"proofValue: {len(encoded) - end} bytes follow the CBOR array")
    if not isinstance(value, list) or len(value) != count:
        raise ProofVerificationError(f"proofValue: expected a CBOR array of {count} components")
    return value


def bytes_component(value: CBORValue, what: str, length: int | None = None) -> bytes:
    """Return a component that must be bytes, of `length` if given; else ProofVerificationError."""
    if not isinstance(value, bytes) or (length is not None and len(value) != length):
        size = "" if length is None else f" {length}"
        raise ProofVerificationError(f"proofValue: expected{size} bytes as {what}")
    return value


def bytes_list_component(value: CBORValue, what: str, length: int) -> tuple[bytes, ...]:
    """Return a component that must be an array of bytes of `length`; else ProofVerificationError."""
    if not isinstance(value, list):
        raise ProofVerificationError(f"proofValue: expected an array of {what}")
    return tuple(bytes_component(item, f"each of the {what}", length) for item in value)


def text_list_component(value: CBORValue, what: str) -> tuple[str, ...]:
    """Return a component that must be an array of text; else ProofVerificationError."""
    if not isinstance(value, list) or not _all_text(value):
        raise ProofVerificationError(f"proofValue: expected an array of text as {what}")
    return tuple(value)


def index_list_component(value: CBORValue, what: str) -> tuple[int, ...]:
    """Return a component that must be an array of integers; else ProofVerificationError."""
    if not isinstance(value, list) or not _all_integers(value):
        raise ProofVerificationError(f"proofValue: expected an array of integers as {what}")
    return tuple(value)


def map_component(value: CBORValue, what: str) -> dict[int, CBORValue]:
    """Return a component that must be a map from integers; else ProofVerificationError."""
    if not isinstance(value, dict):
        raise ProofVerificationError(f"proofValue: expected a map as {what}")
    return value


def _all_text(values: list[CBORValue]) -> TypeGuard[list[str]]:
    return all(isinstance(value, str) for value in values)


def _all_integers(values: list[CBORValue]) -> TypeGuard[list[int]]:
    return all(isinstance(value, int) for value in values)


class _Reader:
    """Reads CBOR items one after the other.

    Every step consumes bytes that are there, so a count or length that lies ends with the bytes.
    """

    def __init__(self, encoded: bytes) -> None:
        self.encoded = encoded

    def read(self, at: int, depth: int) -> tuple[CBORValue, int]:
        """Return the item that starts at `at`, and where it ends."""
        if depth > _MAX_DEPTH:
            raise ProofVerificationError("proofValue: the CBOR is nested deeper than any proof value")
        major, argument, at = self.read_head(at)
        if major == 0:
            return argument, at
        if major in (_BYTES, _TEXT):
            content = self.encoded[at : at + argument]
            if len(content) != argument:
                raise ProofVerificationError("proofValue: the CBOR ends in the middle of an item")
            return (content if major == _BYTES else _decode_text(content)), at + argument
        if major == _ARRAY:
            return self.read_array(argument, at, depth + 1)
        if major == _MAP:
            return self.read_map(argument, at, depth + 1)
        raise ProofVerificationError(
            "proofValue: expected CBOR of unsigned integers, bytes, text, arrays and maps only"
        )

    def read_head(self, at: int) -> tuple[int, int, int]:
        """Return (major type, argument, end) of the head at `at`: RFC 8949 section 3."""
        if at >= len(self.encoded):
            raise ProofVerificationError("proofValue: the CBOR ends in the middle of an item")
        initial = self.encoded[at]
        major, information = initial >> 5, initial & 31
        if information < 24:
            return major, information, at + 1
        if information > 27:
            raise ProofVerificationError("proofValue: CBOR items of indefinite length are not accepted")
        size = 1 << (information - 24)
        argument = int.from_bytes(self.encoded[at + 1 : at + 1 + size], "big")
        # The least argument that needs this many bytes: 24, 2^8, 2^16, 2^32.
        least = 24 if size == 1 else 1 << (4 * size)
        if at + 1 + size > len(self.encoded):
            raise ProofVerificationError("proofValue: the CBOR ends in the middle of an item")
        if argument < least:
            raise ProofVerificationError("proofValue: a CBOR integer or length is longer than it needs to be")
        return major, argument, at + 1 + size

    def read_array(self, count: int, at: int, depth: int) -> tuple[list[CBORValue], int]:
        if count and depth > _MAX_DEPTH:
            raise ProofVerificationError("proofValue: the CBOR is nested deeper than any proof value")
        values, at = self.read_equal_strings(count, at)
        for _ in range(count - len(values)):
            # An integer below 24 is its own head; most indexes are.
            if at < len(self.encoded) and self.encoded[at] < 24:
                values.append(self.encoded[at])
                at += 1
                continue
            value, at = self.read(at, depth)
            values.append(value)
        return values, at

    def read_equal_strings(self, count: int, at: int) -> tuple[list[CBORValue], int]:
        """Return all items of an array if they are byte strings of one length from 24 to 255, else none.

        That is what signatures are. Their heads stand at equal distances, so they are compared together.
        """
        head = self.encoded[at : at + 2]
        if len(head) < 2 or head[0] != _BYTES << 5 | 24 or head[1] < 24:
            return [], at
        size = 2 + head[1]
        end = at + count * size
        if end > len(self.encoded):
            return [], at
        items = self.encoded[at:end]
        if items[::size] != head[:1] * count or items[1::size] != head[1:] * count:
            return [], at
        return [items[start + 2 : start + size] for start in range(0, len(items), size)], end

    def read_map(self, count: int, at: int, depth: int) -> tuple[dict[int, CBORValue], int]:
        values: dict[int, CBORValue] = {}
        for _ in range(count):
            key, at = self.read(at, depth)
            if not isinstance(key, int):
                raise ProofVerificationError("proofValue: expected integers as the keys of a CBOR map")
            if key in values:
                raise ProofVerificationError(f"proofValue: a CBOR map has the key {key} twice")
            values[key], at = self.read(at, depth)
        return values, at


def _decode_text(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as err:
        raise ProofVerificationError("proofValue: a CBOR text is not UTF-8") from err

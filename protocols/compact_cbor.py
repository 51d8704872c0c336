"""The part of CBOR that a compact presentation uses, in its one deterministic form.

Integers, byte strings, text, arrays, maps with text or unsigned-integer keys, 64-bit floats, true, false and
null; definite lengths, shortest heads, keys in order; no tags, no other simple values. Our own rather than a
library's, because a general decoder runs code for tags (regular expressions, big numbers) that a stranger's
QR code must not reach, and because what has one meaning here has one spelling. Nothing is allocated on the
word of a length: it is compared with what is there (threat J4).

Source: https://www.rfc-editor.org/rfc/rfc8949#section-4.2.1. One deviation: a float always takes 64 bits,
as every JSON number does in an I-JSON reader.
"""

from __future__ import annotations

import struct
from typing import TypeAlias

from vclib.errors import ComplexityError, EncodingError
from vclib.strict_json import MAX_DEPTH

CBORValue: TypeAlias = (
    "str | int | float | bool | bytes | list[CBORValue] | dict[str | int, CBORValue] | None"
)

_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _ARRAY, _MAP, _TAG, _SIMPLE = range(8)
_SIMPLE_VALUES: dict[int, bool | None] = {0xF4: False, 0xF5: True, 0xF6: None}
_FLOAT64 = 0xFB
# Additional information 24 to 27: the number follows in 1, 2, 4 or 8 bytes, and must need them.
_FOLLOWING = {24: (1, 24), 25: (2, 1 << 8), 26: (4, 1 << 16), 27: (8, 1 << 32)}


def encode_cbor(value: CBORValue) -> bytes:
    """Return the deterministic encoding; ComplexityError past 64 levels, EncodingError for other values."""
    output = bytearray()
    _encode(value, output, 0)
    return bytes(output)


def decode_cbor(data: bytes) -> CBORValue:
    """Return the value of a deterministic encoding.

    Raises EncodingError for anything outside the subset, another form than the deterministic one, or bytes
    after the value; ComplexityError past 64 levels.
    """
    value, end = _decode(data, 0, 0)
    if end != len(data):
        raise EncodingError(f"expected one CBOR value, {len(data) - end} bytes follow it")
    return value


def _encode(value: CBORValue, output: bytearray, depth: int) -> None:
    _check_depth(depth)
    if value is None or isinstance(value, bool):
        output.append(next(byte for byte, simple in _SIMPLE_VALUES.items() if simple is value))
    elif isinstance(value, int):
        _encode_head(*((_UNSIGNED, value) if value >= 0 else (_NEGATIVE, -1 - value)), output)
    elif isinstance(value, float):
        output += struct.pack(">Bd", _FLOAT64, value)
    elif isinstance(value, bytes):
        _encode_head(_BYTES, len(value), output)
        output += value
    elif isinstance(value, str):
        _encode_text(value, output)
    elif isinstance(value, list):
        _encode_head(_ARRAY, len(value), output)
        for item in value:
            _encode(item, output, depth + 1)
    elif isinstance(value, dict):
        _encode_head(_MAP, len(value), output)
        for key, member in sorted((encode_cbor(key), member) for key, member in value.items()):
            output += key
            _encode(member, output, depth + 1)
    else:
        raise EncodingError(f"a value of type {type(value).__name__} has no place in a document")


def _encode_head(major: int, number: int, output: bytearray) -> None:
    if number < 24:
        output.append(major << 5 | number)
        return
    for information, (size, _) in _FOLLOWING.items():
        if number < 1 << 8 * size:
            output.append(major << 5 | information)
            output += number.to_bytes(size, "big")
            return
    raise EncodingError("an integer of more than 64 bits has no place in a document")


def _encode_text(text: str, output: bytearray) -> None:
    try:
        encoded = text.encode("utf-8")
    except UnicodeEncodeError as err:
        raise EncodingError("a string holds half a surrogate pair, which is not a character") from err
    _encode_head(_TEXT, len(encoded), output)
    output += encoded


def _decode(data: bytes, position: int, depth: int) -> tuple[CBORValue, int]:
    _check_depth(depth)
    first = _take(data, position, 1)[0]
    if first in _SIMPLE_VALUES:
        return _SIMPLE_VALUES[first], position + 1
    if first == _FLOAT64:
        return _decode_float(_take(data, position + 1, 8)), position + 9
    major = first >> 5
    if major in (_TAG, _SIMPLE):
        raise EncodingError("CBOR tags and other simple values have no place in a document")
    number, position = _decode_head(data, position)
    if major == _UNSIGNED:
        return number, position
    if major == _NEGATIVE:
        return -1 - number, position
    if major == _BYTES:
        return _take(data, position, number), position + number
    if major == _TEXT:
        return _decode_text(_take(data, position, number)), position + number
    # Every item takes at least a byte, so a larger number is false before any item is read.
    if number > len(data) - position:
        raise EncodingError("CBOR announces more items than there are bytes")
    if major == _ARRAY:
        return _decode_array(data, position, number, depth)
    return _decode_map(data, position, number, depth)


def _decode_head(data: bytes, position: int) -> tuple[int, int]:
    information = data[position] & 0x1F
    position += 1
    if information < 24:
        return information, position
    if information not in _FOLLOWING:
        raise EncodingError("CBOR of indefinite length or with a reserved head")
    size, smallest = _FOLLOWING[information]
    number = int.from_bytes(_take(data, position, size), "big")
    if number < smallest:
        raise EncodingError("CBOR head is not in its shortest form")
    return number, position + size


def _decode_array(data: bytes, position: int, length: int, depth: int) -> tuple[list[CBORValue], int]:
    items: list[CBORValue] = []
    for _ in range(length):
        item, position = _decode(data, position, depth + 1)
        items.append(item)
    return items, position


def _decode_map(
    data: bytes, position: int, length: int, depth: int
) -> tuple[dict[str | int, CBORValue], int]:
    members: dict[str | int, CBORValue] = {}
    previous = b""
    for _ in range(length):
        start = position
        key, position = _decode(data, position, depth + 1)
        if isinstance(key, bool) or not isinstance(key, (str, int)):
            raise EncodingError("a CBOR map key is neither text nor an integer")
        encoded_key = data[start:position]
        # Strictly growing keys are in order, and none occurs twice.
        if encoded_key <= previous:
            raise EncodingError("CBOR map keys are out of order or repeated")
        previous = encoded_key
        members[key], position = _decode(data, position, depth + 1)
    return members, position


def _decode_float(encoded: bytes) -> float:
    number: float = struct.unpack(">d", encoded)[0]
    if number != number or number in (float("inf"), float("-inf")):
        raise EncodingError("CBOR holds a float that is not a JSON number")
    return number


def _decode_text(encoded: bytes) -> str:
    try:
        return encoded.decode("utf-8")
    except UnicodeDecodeError as err:
        raise EncodingError("CBOR text is not UTF-8") from err


def _take(data: bytes, position: int, size: int) -> bytes:
    if size > len(data) - position:
        raise EncodingError("CBOR ends before its value does")
    return data[position : position + size]


def _check_depth(depth: int) -> None:
    if depth > MAX_DEPTH:
        raise ComplexityError(f"the document is nested deeper than {MAX_DEPTH} levels")

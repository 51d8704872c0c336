"""CBOR of a stranger's paper code to plain values, bounded and without the library's surprises.

A general decoder runs code for tags (it compiles regular expressions, shares objects, builds numbers of any
size); nothing of that belongs into a health certificate, so every tag is refused but those of date texts,
which some issuers write and which stay the text they hold. Depth is bounded, repeated keys are refused, and
nothing follows the value (threat J4). Unlike a compact presentation (`protocols.compact_cbor`) the encoding
need not be deterministic: what was signed are the bytes as they came.
Source: https://www.rfc-editor.org/rfc/rfc8949. Not here: COSE, and what the members mean.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, TypeAlias

import cbor2

from vclib.errors import ComplexityError, EncodingError
from vclib.strict_json import JSONObject, JSONValue

# The deepest known payload, a test under a claim, has six levels.
MAX_DEPTH = 16
# Far above the 2,900 bytes that the largest QR code holds.
MAX_BYTES = 64 * 1024

# RFC 8949 section 3.4.1 and RFC 8943: texts of a date.
_DATE_TAGS = (0, 1004)
# Every other tag that cbor2 decodes by itself; those it does not know go to `_refuse_tag`.
_DECODED_TAGS = (1, 2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 100, 256, 258, 260, 261, 43000, 55799)

# What JSON holds as it is: most members of every certificate.
_PLAIN = frozenset({str, int})

# Any: what a CBOR item may be is found out by the readers below.
Item: TypeAlias = Any


def decode_cbor(data: bytes) -> Item:
    """Return the one value that `data` encodes; EncodingError, ComplexityError for too deep or too long."""
    if len(data) > MAX_BYTES:
        raise ComplexityError(f"CBOR of {len(data)} bytes is larger than the limit of {MAX_BYTES}")
    stream = io.BytesIO(data)
    try:
        value = cbor2.CBORDecoder(
            stream,
            tag_hook=_refuse_tag,
            semantic_decoders=_TAG_DECODERS,
            max_depth=MAX_DEPTH,
            allow_duplicate_keys=False,
        ).decode()
    except (cbor2.CBORDecodeError, ValueError, TypeError, OverflowError, RecursionError) as err:
        # The library's message may quote what it read.
        problem = "is nested too deep" if "nesting depth" in str(err) else "is not well formed"
        raise EncodingError(
            f"the CBOR {problem}, has a repeated key or a tag that has no place here"
        ) from err
    if stream.tell() != len(data):
        raise EncodingError(f"expected one CBOR value, {len(data) - stream.tell()} bytes follow it")
    return value


def json_object(value: Item) -> JSONObject:
    """Return a decoded map as the JSON object that it is; EncodingError where it has no JSON form."""
    if not isinstance(value, dict):
        raise EncodingError(f"expected a CBOR map, found {type(value).__name__}")
    _check_json(value)
    return value


def _check_json(value: JSONValue) -> None:
    # Depth was bounded when the value was decoded.
    if isinstance(value, dict):
        for name, member in value.items():
            if type(name) is not str:
                raise EncodingError("a CBOR map key of the certificate is no text")
            if type(member) not in _PLAIN:
                _check_json(member)
    elif isinstance(value, list):
        for member in value:
            _check_json(member)
    elif isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise EncodingError("CBOR holds a float that is not a JSON number")
    elif value is not None and not isinstance(value, (str, int, bool)):
        raise EncodingError(f"a CBOR value of type {type(value).__name__} has no JSON form")


def _refuse_tag(*_: object) -> Item:
    raise cbor2.CBORDecodeError("a tag that has no place here")


def _text_of_date(value: Item, *_: object) -> str:
    if not isinstance(value, str):
        raise cbor2.CBORDecodeError("a date that is no text")
    return value


# cbor2 calls each with the tagged value and whether it must be immutable. A plain dictionary, since the
# library takes a microsecond of each code to find out that something else is a mapping.
_TAG_DECODERS: Mapping[int, Any] = dict.fromkeys(_DATE_TAGS, _text_of_date) | dict.fromkeys(
    _DECODED_TAGS, _refuse_tag
)

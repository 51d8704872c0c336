"""A presentation as the text of a QR code, and back: `DDCC1:` and base45.

JSON is too large to scan: a venue presentation of 3,000 characters would need the densest code there is, and
most of it is signatures in base64 and names that everybody knows. So member names and common values become
numbers (`compact_terms`), multibase values, DIDs, times and identifiers become bytes, the result is written
as CBOR (`compact_cbor`), deflated with a preset dictionary, and spelled in the QR code's own alphabet. The
form is lossless for every JSON document, whatever is odd in it simply stays text, and one document has one
CBOR form: a decoder that meets another refuses it.

A format of our own: CBOR-LD, the draft for this purpose, needs a registry that both sides share and has none
for these contexts (docs/decisions/0064-compact-presentations.md). Bounds hold before anything is decoded
(threats J2, J4). Not here: whether the presentation is true.
"""

from __future__ import annotations

import re
import zlib

from protocols.compact_cbor import CBORValue, decode_cbor, encode_cbor
from protocols.compact_strings import pack_string, unpack_string
from protocols.compact_terms import DICTIONARY, TERMS
from vclib.base45 import decode_base45, encode_base45
from vclib.errors import ComplexityError, EncodingError, ParsingError
from vclib.strict_json import MAX_SAFE_INTEGER, JSONObject, JSONValue

PREFIX = "DDCC1:"
# More than twice what the largest QR code holds, so that a text file of several credentials passes too.
MAX_TEXT_CHARACTERS = 10_000
MAX_DECODED_BYTES = 64 * 1024

_TERM_NUMBERS = {term: number for number, term in enumerate(TERMS)}
_RAW_DEFLATE = -15
_DIGITS = re.compile(r"[0-9]+\Z")
# What else people show at a door, so that it can be named (threat J1). Compared without regard to case.
_OTHER_PAYLOADS = (
    ("hc1:", "an EU or WHO health certificate (HC1)"),
    ("hc2:", "an EU health certificate (HC2)"),
    ("shc:/", "a SMART Health Card"),
    ("shlink:/", "a SMART Health Link"),
    ("b64:", "a DIVOC certificate"),
    ("mdoc:", "a request of an mdoc reader"),
    ("openid4vp:", "an OpenID presentation request"),
    ("openid-credential-offer:", "an OpenID credential offer"),
    ("https://", "a web address"),
    ("http://", "a web address"),
    ("{", "JSON, perhaps an ICAO seal (VDS-NC)"),
)


def encode_presentation(presentation: JSONObject) -> str:
    """Return the compact text of a presentation (or of any JSON object).

    Raises EncodingError for what is no JSON, ComplexityError for more than 64 levels or 64 kB.
    """
    encoded = encode_cbor(_pack(presentation))
    if len(encoded) > MAX_DECODED_BYTES:
        raise ComplexityError(
            f"a presentation of {len(encoded)} bytes is larger than the limit of {MAX_DECODED_BYTES}"
        )
    return PREFIX + encode_base45(_deflate(encoded))


def decode_presentation(text: str) -> JSONObject:
    """Return the JSON object of a compact text.

    Raises ParsingError for another kind of text, naming it where it is known, ComplexityError where a bound
    is passed, EncodingError for anything that `encode_presentation` would not have written.
    """
    if not is_compact(text):
        raise ParsingError(f"expected a presentation that begins with {PREFIX}, found {_name_payload(text)}")
    if len(text) > MAX_TEXT_CHARACTERS:
        raise ComplexityError(f"text of {len(text)} characters is larger than {MAX_TEXT_CHARACTERS}")
    encoded = _inflate(decode_base45(text[len(PREFIX) :]))
    presentation = _unpack(decode_cbor(encoded))
    if not isinstance(presentation, dict):
        raise EncodingError("expected a compact presentation, found another kind of value")
    if encode_cbor(_pack(presentation)) != encoded:
        raise EncodingError("the compact text is not the one spelling of its content")
    return presentation


def is_compact(text: str) -> bool:
    """Whether the text says that it is a compact presentation."""
    return text.startswith(PREFIX)


def _name_payload(text: str) -> str:
    lowered = text[:40].lower()
    for beginning, name in _OTHER_PAYLOADS:
        if lowered.startswith(beginning):
            return name
    if _DIGITS.match(text):
        return "a number"
    return "another kind of text"


def _pack(value: JSONValue) -> CBORValue:
    if isinstance(value, str):
        number = _TERM_NUMBERS.get(value)
        return pack_string(value) if number is None else bytes([number])
    if isinstance(value, list):
        return [_pack(item) for item in value]
    if isinstance(value, dict):
        return {_TERM_NUMBERS.get(key, key): _pack(member) for key, member in value.items()}
    return value


def _unpack(value: CBORValue) -> JSONValue:
    if isinstance(value, bytes):
        return _term(value[0]) if len(value) == 1 else unpack_string(value)
    if isinstance(value, list):
        return [_unpack(item) for item in value]
    if isinstance(value, dict):
        return {_term(key) if isinstance(key, int) else key: _unpack(member) for key, member in value.items()}
    if isinstance(value, int) and abs(value) > MAX_SAFE_INTEGER:
        raise EncodingError("an integer beyond 2^53 - 1, which other JSON readers would round")
    return value


def _term(number: int) -> str:
    if not 0 <= number < len(TERMS):
        raise EncodingError(f"the word {number} is not in version 1 of the table")
    return TERMS[number]


def _deflate(data: bytes) -> bytes:
    """Return the shortest of a few raw DEFLATE streams; which one was taken does not matter to a reader."""
    streams = []
    for strategy in (zlib.Z_DEFAULT_STRATEGY, zlib.Z_FIXED):
        compressor = zlib.compressobj(9, zlib.DEFLATED, _RAW_DEFLATE, 9, strategy, DICTIONARY)
        streams.append(compressor.compress(data) + compressor.flush())
    return min(streams, key=len)


def _inflate(data: bytes) -> bytes:
    decompressor = zlib.decompressobj(_RAW_DEFLATE, DICTIONARY)
    try:
        inflated = decompressor.decompress(data, MAX_DECODED_BYTES)
    except zlib.error as err:
        raise EncodingError("the compressed content is broken") from err
    if decompressor.unconsumed_tail:
        raise ComplexityError(f"the content inflates to more than the limit of {MAX_DECODED_BYTES} bytes")
    if not decompressor.eof or decompressor.unused_data:
        raise EncodingError("the compressed content is cut off or followed by more")
    return inflated

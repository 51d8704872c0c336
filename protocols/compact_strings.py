"""Strings that are bytes in disguise, as bytes: multibase values, did:key, times, dates, UUIDs, nonces.

Three quarters of a presentation are signatures and keys, spelled in 58 or 64 characters. Each form here is
tried on the text and kept only if it gives exactly that text back; otherwise the text stays text. The first
byte names the form, so packed strings are at least two bytes long: one byte alone is a word of the table.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from vclib.encoding import (
    MAX_BASE58_CHARACTERS,
    decode_base58btc,
    decode_base64url,
    encode_base58btc,
    encode_base64url,
)
from vclib.errors import EncodingError

# Shorter texts gain nothing and would make ordinary words unreadable in a dump.
_MIN_CHARACTERS = 8
_MIN_NONCE_CHARACTERS = 20
# The longest base58 that decoding accepts, as bytes: log(58) / log(256) of the characters.
_MAX_BASE58_BYTES = MAX_BASE58_CHARACTERS * 733 // 1000

# The first and the last second of a day anywhere on earth: validity periods that were given as days.
_DAY_BEGINS = "T00:00:00+14:00"
_DAY_ENDS = "T23:59:59-12:00"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DATE_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_NONCE = re.compile(r"(?=.*[0-9])(?=.*[A-Z])(?=.*[a-z])[A-Za-z0-9_-]+\Z")


def pack_string(text: str) -> bytes | str:
    """Return the text as bytes in the first form that gives exactly it back, else the text itself."""
    if len(text) < _MIN_CHARACTERS:
        return text
    for number, (pack, _) in _FORMS.items():
        try:
            payload = pack(text)
            if payload and _FORMS[number][1](payload) == text:
                return bytes([number]) + payload
        except (EncodingError, ValueError, OverflowError):
            continue
    return text


def unpack_string(packed: bytes) -> str:
    """Return the text of `pack_string`; raises EncodingError for an unknown form or an impossible payload."""
    if len(packed) < 2 or packed[0] not in _FORMS:
        raise EncodingError("a packed string is of no known form")
    try:
        return _FORMS[packed[0]][1](packed[1:])
    except (ValueError, OverflowError) as err:
        raise EncodingError("a packed string holds an impossible value") from err


def _pack_base64url_multibase(text: str) -> bytes:
    return decode_base64url(text[1:]) if text.startswith("u") else b""


def _pack_base58_multibase(text: str) -> bytes:
    return decode_base58btc(text[1:]) if text.startswith("z") else b""


def _unpack_base58_multibase(payload: bytes) -> str:
    # Base58 takes quadratic time, so its length is bounded here as it is when decoding.
    if len(payload) > _MAX_BASE58_BYTES:
        raise EncodingError(f"{len(payload)} bytes are too many for a base58 value")
    return "z" + encode_base58btc(payload)


def _pack_did_key(text: str) -> bytes:
    return _pack_base58_multibase(text.removeprefix("did:key:")) if text.startswith("did:key:") else b""


def _pack_did_key_url(text: str) -> bytes:
    return _pack_did_key(text.partition("#")[0])


def _unpack_did_key_url(payload: bytes) -> str:
    multikey = _unpack_base58_multibase(payload)
    return f"did:key:{multikey}#{multikey}"


def _pack_uuid_urn(text: str) -> bytes:
    return uuid.UUID(text).bytes if text.startswith("urn:uuid:") else b""


def _unpack_uuid(payload: bytes) -> str:
    return str(uuid.UUID(bytes=payload))


def _pack_date_time(text: str) -> bytes:
    if not _DATE_TIME.match(text):
        return b""
    seconds = int(datetime.fromisoformat(text).timestamp())
    return seconds.to_bytes(5, "big").lstrip(b"\0") if seconds > 0 else b""


def _unpack_date_time(payload: bytes) -> str:
    moment = _EPOCH + timedelta(seconds=int.from_bytes(payload, "big"))
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _pack_date(text: str) -> bytes:
    return date.fromisoformat(text).toordinal().to_bytes(3, "big") if _DATE.match(text) else b""


def _unpack_date(payload: bytes) -> str:
    return date.fromordinal(int.from_bytes(payload, "big")).isoformat()


def _pack_suffixed_date(suffix: str) -> Callable[[str], bytes]:
    return lambda text: _pack_date(text.removesuffix(suffix)) if text.endswith(suffix) else b""


def _unpack_suffixed_date(suffix: str) -> Callable[[bytes], str]:
    return lambda payload: _unpack_date(payload) + suffix


def _pack_nonce(text: str) -> bytes:
    return decode_base64url(text) if len(text) >= _MIN_NONCE_CHARACTERS and _NONCE.match(text) else b""


# The numbers are part of the format's version 1; the order is the order of trying.
_FORMS: dict[int, tuple[Callable[[str], bytes], Callable[[bytes], str]]] = {
    1: (_pack_base64url_multibase, lambda payload: "u" + encode_base64url(payload)),
    2: (_pack_base58_multibase, _unpack_base58_multibase),
    3: (_pack_did_key, lambda payload: "did:key:" + _unpack_base58_multibase(payload)),
    4: (_pack_did_key_url, _unpack_did_key_url),
    5: (_pack_uuid_urn, lambda payload: "urn:uuid:" + _unpack_uuid(payload)),
    6: (lambda text: uuid.UUID(text).bytes, _unpack_uuid),
    7: (_pack_date_time, _unpack_date_time),
    8: (_pack_date, _unpack_date),
    9: (_pack_nonce, encode_base64url),
    10: (_pack_suffixed_date(_DAY_BEGINS), _unpack_suffixed_date(_DAY_BEGINS)),
    11: (_pack_suffixed_date(_DAY_ENDS), _unpack_suffixed_date(_DAY_ENDS)),
}

"""Text encodings of bytes: multibase, multicodec varints, base64url; decoding is strict.

Each value has exactly one accepted spelling. A decoder that forgives padding, white space or unused bits
gives one signature many names, and every cache, deny list or replay check keyed on a name is then open.
Sources: https://www.w3.org/TR/cid-1.0/#multibase-0, RFC 4648 section 5,
https://github.com/multiformats/unsigned-varint. Not here: which codec means which key (`vclib.keys`).
"""

from __future__ import annotations

import base64
import binascii
import re

import base58

from vclib.errors import EncodingError

# base58 decoding takes quadratic time; the longest thing written in it here is an RSA-4096 key.
MAX_BASE58_CHARACTERS = 1500

_BASE64URL = re.compile(r"[A-Za-z0-9_-]*\Z")
_BASE58BTC = re.compile(r"[1-9A-HJ-NP-Za-km-z]*\Z")


def encode_base64url(data: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode_base64url(text: str) -> bytes:
    """Return the bytes of unpadded base64url; EncodingError for padding, other characters or stray bits."""
    if not _BASE64URL.match(text):
        raise EncodingError("expected base64url without padding, found another character")
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as err:
        raise EncodingError(
            f"expected base64url, {len(text)} characters cannot be a whole number of bytes"
        ) from err
    if encode_base64url(data) != text:
        raise EncodingError("expected base64url, the last character carries stray bits")
    return data


def encode_base58btc(data: bytes) -> str:
    """Return base58 with the Bitcoin alphabet, without the multibase prefix."""
    return base58.b58encode(data).decode("ascii")


def decode_base58btc(text: str) -> bytes:
    """Return the bytes of a base58btc text; raises EncodingError for other characters or more than 1,500."""
    if len(text) > MAX_BASE58_CHARACTERS:
        raise EncodingError(f"base58 text of {len(text)} characters, more than {MAX_BASE58_CHARACTERS}")
    if not _BASE58BTC.match(text):
        raise EncodingError("expected base58btc, found another character")
    decoded: bytes = base58.b58decode(text)
    return decoded


def encode_multibase(data: bytes, *, base: str) -> str:
    """Return multibase text: base "z" is base58btc, base "u" is base64url without padding."""
    if base == "z":
        return "z" + encode_base58btc(data)
    if base == "u":
        return "u" + encode_base64url(data)
    raise EncodingError(f"multibase {base!r} is not one of 'z' and 'u'")


def decode_multibase(text: object, *, bases: str = "z") -> bytes:
    """Return the bytes of a multibase text whose prefix must be one of the letters in `bases`.

    The caller names the bases because every suite fixes one: "z" where "u" is due is not another spelling
    but another value. Raises EncodingError.
    """
    if not isinstance(text, str) or not text:
        raise EncodingError("expected a multibase string")
    if text[0] not in bases:
        raise EncodingError(f"expected multibase prefix {' or '.join(bases)!r}, found {text[0]!r}")
    if text[0] == "z":
        return decode_base58btc(text[1:])
    if text[0] == "u":
        return decode_base64url(text[1:])
    raise EncodingError(f"multibase {text[0]!r} is not one of 'z' and 'u'")


def encode_varint(number: int) -> bytes:
    """Return an unsigned varint, least significant seven bits first."""
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def decode_varint(data: bytes) -> tuple[int, int]:
    """Return (number, length in bytes) of the varint at the start of `data`.

    At most 9 bytes, and only the shortest form. Raises EncodingError.
    """
    number = 0
    for position, byte in enumerate(data[:9]):
        number |= (byte & 0x7F) << (7 * position)
        if not byte & 0x80:
            if byte == 0 and position > 0:
                raise EncodingError("varint is not in its shortest form")
            return number, position + 1
    raise EncodingError("varint does not end within nine bytes")

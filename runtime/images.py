"""Which bytes are a picture, told without anything that decodes one (`runtime.qr`)."""

from __future__ import annotations

# A photograph of a 50-megapixel telephone passes, a picture made to exhaust memory does not.
MAX_IMAGE_BYTES = 20 * 1024 * 1024

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_JPEG_SIGNATURE = b"\xff\xd8\xff"


def is_image(data: bytes) -> bool:
    """Whether the bytes begin as a PNG or a JPEG file does."""
    return data.startswith((PNG_SIGNATURE, _JPEG_SIGNATURE))

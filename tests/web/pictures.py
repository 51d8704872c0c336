"""Pictures of codes, as a guest shows them."""

from __future__ import annotations

import io

import segno
from PIL import Image


def qr_png(text: str | None, *, scale: int = 4) -> bytes:
    """Return the picture of a QR code, or of an empty sheet."""
    buffer = io.BytesIO()
    if text is None:
        Image.new("L", (200, 200), 255).save(buffer, "PNG")
    else:
        segno.make(text, error="L", micro=False).save(buffer, kind="png", scale=scale, border=4)
    return buffer.getvalue()

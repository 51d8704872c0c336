"""Where a command gets a link from: the argument itself, a picture of its QR code, a file, or standard input.

An offer holds a code that whoever reads it can redeem, and the arguments of a command are readable by every
user of the machine; a picture, a file and `-` are not (threat K8).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from runtime.console import read_input
from runtime.images import MAX_IMAGE_BYTES, is_image
from runtime.qr import read_qr
from vclib.errors import MalformedValueError


def is_link(argument: str, schemes: Sequence[str]) -> bool:
    """Say whether an argument is itself a link of one of these schemes."""
    return argument.lower().startswith(tuple(f"{scheme}:" for scheme in schemes))


def read_link(argument: str, schemes: Sequence[str]) -> str:
    """Return the link that an argument is, or that the file it names holds; `-` is standard input.

    Raises StoreError, MalformedValueError, and what reading a QR code raises.
    """
    if is_link(argument, schemes):
        return argument
    if argument != "-" and not Path(argument).exists():
        raise MalformedValueError(f"expected a link that begins with {schemes[0]}:// or a file with one")
    content = read_input(Path(argument), max_bytes=MAX_IMAGE_BYTES)
    if is_image(content):
        return read_qr(content).strip()
    try:
        return content.decode("utf-8-sig").strip()
    except UnicodeDecodeError as err:
        raise MalformedValueError("expected a link, found neither text nor a PNG or JPEG picture") from err

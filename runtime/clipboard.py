"""The picture in the system's clipboard, where there is a way to it: a code cut out of the screen, say.

On Linux that is a program, `wl-paste` (Wayland) or `xclip` (X11), which may have nothing to say over ssh; it
gets five seconds. What it gives is bytes of a stranger, judged by `runtime.qr` before anything decodes them
(threat J3). On macOS and Windows Pillow asks the system. Not here: text, which terminals paste themselves.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from collections.abc import Sequence

from PIL import Image, ImageGrab

from runtime.images import MAX_IMAGE_BYTES
from vclib.errors import ComplexityError, ConfigurationError, MalformedValueError

_SECONDS = 5
# What writes the clipboard's picture to standard output, in the order of asking.
_PROGRAMS: Sequence[tuple[str, ...]] = (
    ("wl-paste", "--no-newline", "--type", "image/png"),
    ("xclip", "-selection", "clipboard", "-target", "image/png", "-out"),
)
_NO_PICTURE = "the clipboard holds no picture"


def clipboard_picture(
    *, programs: Sequence[tuple[str, ...]] = _PROGRAMS, platform: str = sys.platform
) -> bytes:
    """Return the picture in the clipboard as a PNG file, not looked at yet.

    Raises ConfigurationError where there is no way to the clipboard, MalformedValueError where it holds no
    picture, ComplexityError for more bytes than `runtime.qr` takes.
    """
    if platform in ("darwin", "win32"):
        return _grabbed()
    installed = [command for command in programs if shutil.which(command[0])]
    if not installed:
        names = " or ".join(command[0] for command in programs)
        raise ConfigurationError(f"there is no way to the clipboard here: install {names}, or use a file")
    for command in installed:
        content = _output_of(command)
        if content:
            return content
    raise MalformedValueError(_NO_PICTURE)


def _output_of(command: Sequence[str]) -> bytes:
    """Return what a program writes, nothing if it fails or hangs; ComplexityError for too much."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            content, _ = process.communicate(timeout=_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            return b""
    if len(content) > MAX_IMAGE_BYTES:
        raise ComplexityError(f"image of {len(content)} bytes is larger than the limit of {MAX_IMAGE_BYTES}")
    return content if process.returncode == 0 else b""


def _grabbed() -> bytes:
    try:
        found = ImageGrab.grabclipboard()
    except (OSError, ValueError, NotImplementedError) as err:
        raise MalformedValueError(_NO_PICTURE) from err
    if not isinstance(found, Image.Image):
        raise MalformedValueError(_NO_PICTURE)
    output = io.BytesIO()
    found.convert("RGB").save(output, "png")
    return output.getvalue()

"""QR codes: a text to a picture (PNG, SVG, terminal), and a picture of a stranger to its text.

Making is easy; reading is where the danger is. An image is judged by its type, its size in bytes and its
size in pixels before a decoder allocates anything (threat J3): PNG and JPEG only, one frame, no SVG, which
would be a program. Standard: ISO/IEC 18004. Not here: what the text means (`protocols.compact`).
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import segno
import zxingcpp
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from runtime.images import MAX_IMAGE_BYTES, PNG_SIGNATURE, is_image
from vclib.errors import ComplexityError, ConfigurationError, MalformedValueError, ParsingError, RangeError

# ISO/IEC 18004 asks for four light modules around the symbol; scanners do rely on it.
QUIET_ZONE = 4

# As many as a 50-megapixel telephone takes.
MAX_IMAGE_PIXELS = 50_000_000
_SHARP_PIXELS = 16_000_000

# The most that version 40 holds at error correction L (ISO/IEC 18004 table 7).
MAX_ALPHANUMERIC_CHARACTERS = 4296

# 125 modules: on 42 mm, each is a third of a millimetre, four dots of an office printer.
_DENSEST_AT_Q = 27

# Black and white of the fixed colour cube: the first sixteen colours belong to the terminal's theme.
_TERMINAL_COLOURS = "\x1b[38;5;16;48;5;231m"
_TERMINAL_RESET = "\x1b[0m"
_HALF_BLOCKS = {(0, 0): " ", (1, 0): "\u2580", (0, 1): "\u2584", (1, 1): "\u2588"}
# The characters that `QRCode.terminal` is made of, which not every terminal has.
BLOCKS = "".join(_HALF_BLOCKS.values())


@dataclass(frozen=True)
class QRCode:
    """A QR code: `version` 1 to 40, `error_correction` one of L, M, Q, H, `modules` rows of 0 and 1."""

    version: int
    error_correction: str
    modules: tuple[bytes, ...]
    _code: segno.QRCode

    def png(self, *, scale: int = 6) -> bytes:
        """Return a PNG file, `scale` pixels for each module, quiet zone included."""
        return self._save("png", scale)

    def svg(self, *, scale: int = 6, of_any_size: bool = False) -> bytes:
        """Return an SVG file (UTF-8), black on white, quiet zone included; without a size, if asked for."""
        return self._save("svg", scale, omitsize=of_any_size)

    def terminal(self) -> str:
        """Return lines of half blocks, two modules high, black on white whatever the terminal's theme is."""
        rows = [bytes(row) for row in self._code.matrix_iter(scale=1, border=QUIET_ZONE)]
        if len(rows) % 2:
            rows.append(bytes(len(rows[0])))
        lines = []
        for upper, lower in zip(rows[::2], rows[1::2], strict=True):
            blocks = "".join(_HALF_BLOCKS[pair] for pair in zip(upper, lower, strict=True))
            lines.append(f"{_TERMINAL_COLOURS}{blocks}{_TERMINAL_RESET}\n")
        return "".join(lines)

    @property
    def columns(self) -> int:
        """How many columns `terminal` needs; a narrower window would wrap the code and spoil it."""
        return len(self.modules) + 2 * QUIET_ZONE

    def _save(self, kind: str, scale: int, *, omitsize: bool = False) -> bytes:
        buffer = io.BytesIO()
        options = {"scale": scale, "border": QUIET_ZONE, "dark": "#000", "light": "#fff"}
        if kind == "svg":
            options |= {"xmldecl": False, "omitsize": omitsize}
        self._code.save(buffer, kind=kind, **options)
        return buffer.getvalue()


def make_qr(text: str) -> QRCode:
    """Return the smallest QR code for `text`; the error correction is raised where that costs no size.

    Text of digits, capitals, space and `$%*+-./:` takes 5.5 bits a character, other text 8 and more. Raises
    RangeError for a text that no QR code can hold.
    """
    try:
        code = segno.make(text, error="L", micro=False)
    except segno.DataOverflowError as err:
        raise RangeError(
            f"{len(text)} characters do not fit a QR code (at most {MAX_ALPHANUMERIC_CHARACTERS}); "
            "hand over a file, or disclose less"
        ) from err
    return _qr_code(code)


def make_paper_qr(text: str) -> QRCode:
    """Return the smallest QR code for `text` on paper: error correction Q, or M where Q would be too dense.

    Paper is folded and stained, so more of a code may be lost than on a screen. Raises RangeError for a text
    that not even M can hold.
    """
    for level, densest in (("Q", _DENSEST_AT_Q), ("M", 40)):
        try:
            code = segno.make(text, error=level, micro=False, boost_error=False)
        except segno.DataOverflowError:
            continue
        if int(code.version) <= densest:
            return _qr_code(code)
    raise RangeError(f"{len(text)} characters do not fit a QR code with error correction M")


def check_fits(code: QRCode, columns: int | None) -> None:
    """Raise ConfigurationError for a code that so few columns would break; None is no limit."""
    if columns is not None and columns < code.columns:
        raise ConfigurationError(
            f"the QR code needs a window of {code.columns} columns, this one has {columns}: "
            "write a picture with --qr FILE"
        )


def _qr_code(code: segno.QRCode) -> QRCode:
    return QRCode(
        version=int(code.version),
        error_correction=code.error,
        modules=tuple(bytes(row) for row in code.matrix),
        _code=code,
    )


def read_qr(image: bytes) -> str:
    """Return the text of the one QR code in a PNG or JPEG image.

    Raises ComplexityError for an image that is too large, ParsingError for another type or a broken image,
    MalformedValueError where there is no QR code or more than one.
    """
    only_qr = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    found = zxingcpp.read_barcodes(_decode_image(image), formats=only_qr, text_mode=zxingcpp.TextMode.Plain)
    texts = {barcode.text for barcode in found}
    if not texts:
        raise MalformedValueError("no QR code was found in the image; try a sharper or closer picture")
    if len(texts) > 1:
        raise MalformedValueError(f"expected one QR code in the image, found {len(texts)}")
    text: str = texts.pop()
    return text


def _decode_image(data: bytes) -> Image.Image:
    """Decode to grey after looking at type and size; the plugins are named, so no other one ever runs."""
    if len(data) > MAX_IMAGE_BYTES:
        raise ComplexityError(f"image of {len(data)} bytes is larger than the limit of {MAX_IMAGE_BYTES}")
    if not is_image(data):
        raise ParsingError("expected a PNG or JPEG image, found another type of file")
    try:
        # The constructor reads the header only.
        file = io.BytesIO(data)
        image = PngImageFile(file) if data.startswith(PNG_SIGNATURE) else JpegImageFile(file)
        width, height = image.size
        if width * height > MAX_IMAGE_PIXELS:
            raise ComplexityError(
                f"image of {width} x {height} pixels is larger than the limit of {MAX_IMAGE_PIXELS} pixels"
            )
        if getattr(image, "n_frames", 1) > 1:
            raise ParsingError("expected a still image, found an animated one")
        # A JPEG decoder gives grey by leaving out the colours, in a fifth of the time.
        if isinstance(image, JpegImageFile):
            image.draft("L", image.size)
        grey = _on_white(image)
    except (OSError, SyntaxError, ValueError, EOFError) as err:
        raise ParsingError("the image is broken or cut off") from err
    # Sharper than any code needs, and the reader's time grows with the pixels.
    return grey.reduce(2) if width * height > _SHARP_PIXELS else grey


def _on_white(image: Image.Image) -> Image.Image:
    """Return the image in grey; transparent parts are paper, not black."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        coloured = image if image.mode in ("RGBA", "LA") else image.convert("RGBA")
        # In grey from here on: a byte for a pixel instead of four, for each copy.
        grey, opaque = coloured.convert("L"), coloured.getchannel("A")
        return Image.composite(grey, Image.new("L", grey.size, 255), opaque)
    return image.convert("L")

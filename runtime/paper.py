"""A certificate on one page: a QR code as large as scanners like it, and what it says in words (PDF).

The code is drawn as vectors, with its quiet zone, 42 mm wide (59 mm from corner to corner; the EU asks for 35
to 60 mm), so that a module of the densest code allowed here is a third of a millimetre. The font is DejaVu
Sans (runtime/fonts, with its licence): Latin, Greek, Cyrillic, Armenian, Georgian, Hebrew, Arabic. Letters
are not joined, and text of right-to-left scripts is turned around as a whole; what the font has no glyph for
is named. Not here: what the code says, and making it (`runtime.qr`).
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from textwrap import wrap

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from runtime.inert import inert_text
from runtime.qr import QUIET_ZONE, QRCode

CODE_SIDE = 42.0

_FONT = "DejaVuSans"
_MARGIN = 20 * mm
_LINE = 6 * mm
# The notes need the rest.
_LOWEST = _MARGIN + 30 * mm
_LABEL_WIDTH = 78 * mm
_VALUE_CHARACTERS = 48
_RIGHT_TO_LEFT = ("R", "AL")


@dataclass(frozen=True)
class Page:
    """What stands on the page: a title in two languages, rows of label and value, and notes."""

    title: str
    subtitle: str
    rows: Sequence[tuple[str, str]]
    notes: Sequence[str] = ()


def draw_page(code: QRCode, page: Page) -> bytes:
    """Return a PDF of one A4 page, or more where the rows need them."""
    _register()
    buffer = io.BytesIO()
    # Invariant: the same certificate is the same file, without the time of drawing.
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    canvas.setTitle(page.title)
    width, height = A4
    top = height - _MARGIN
    canvas.setFont(_FONT, 16)
    canvas.drawString(_MARGIN, top - 6 * mm, _visual(page.title))
    canvas.setFont(_FONT, 11)
    canvas.drawString(_MARGIN, top - 13 * mm, _visual(page.subtitle))
    # The code ends where the text does; its quiet zone is kept free inside the margin.
    _draw_code(canvas, code, width - _MARGIN - CODE_SIDE * mm, top - CODE_SIDE * mm)
    _draw_rows(canvas, page, top - CODE_SIDE * mm - 16 * mm)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def missing_glyphs(texts: Sequence[str]) -> str:
    """Return the characters of texts that the font has no glyph for, each once."""
    _register()
    glyphs = pdfmetrics.getFont(_FONT).face.charToGlyph
    missing = {character for text in texts for character in text if ord(character) not in glyphs}
    return "".join(sorted(missing))


def _register() -> None:
    # ReportLab keeps its fonts for the process; once is enough.
    if _FONT not in pdfmetrics.getRegisteredFontNames():
        font = resources.files("runtime").joinpath("fonts", "DejaVuSans.ttf").read_bytes()
        pdfmetrics.registerFont(TTFont(_FONT, io.BytesIO(font)))


def _draw_code(canvas: Canvas, code: QRCode, left: float, bottom: float) -> None:
    modules = len(code.modules)
    size = CODE_SIDE * mm / modules
    border = QUIET_ZONE * size
    canvas.setFillGray(1)
    side = CODE_SIDE * mm + 2 * border
    canvas.rect(left - border, bottom - border, side, side, stroke=0, fill=1)
    canvas.setFillGray(0)
    for row, values in enumerate(code.modules):
        y = bottom + (modules - 1 - row) * size
        for start, length in _runs(values):
            canvas.rect(left + start * size, y, length * size, size, stroke=0, fill=1)


def _runs(values: bytes) -> list[tuple[int, int]]:
    """Return where dark modules begin in a row, and how many follow each other; seams would be scanned."""
    runs: list[tuple[int, int]] = []
    for column, value in enumerate(values):
        if not value:
            continue
        if runs and sum(runs[-1]) == column:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((column, 1))
    return runs


def _draw_rows(canvas: Canvas, page: Page, y: float) -> None:
    for label, value in page.rows:
        lines = wrap(inert_text(value), _VALUE_CHARACTERS) or [""]
        canvas.setFont(_FONT, 8)
        canvas.drawString(_MARGIN, y, _visual(label))
        canvas.setFont(_FONT, 10)
        for line in lines:
            canvas.drawString(_MARGIN + _LABEL_WIDTH, y, _visual(line))
            y -= _LINE
        if y < _LOWEST:
            canvas.showPage()
            y = A4[1] - _MARGIN
    canvas.setFont(_FONT, 8)
    for note in page.notes:
        for line in wrap(note, 105):
            y -= 4.5 * mm
            canvas.drawString(_MARGIN, y, line)


def _visual(text: str) -> str:
    """Return a line of a right-to-left script in the order in which it is drawn; others as they are."""
    directions = {unicodedata.bidirectional(character) for character in text}
    return text[::-1] if directions & set(_RIGHT_TO_LEFT) and "L" not in directions else text

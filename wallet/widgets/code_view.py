"""A QR code drawn with half blocks: whole, with its quiet zone, black on white in any theme; or not at all.

Black and white are written out, because the first colours of a terminal belong to its theme.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

_BLACK, _WHITE = "#000000", "#ffffff"
# (upper module, lower module) -> the half block, and the colours of its upper and lower half.
_STYLES = {
    (upper, lower): Style(color=_BLACK if upper else _WHITE, bgcolor=_BLACK if lower else _WHITE)
    for upper in (0, 1)
    for lower in (0, 1)
}
_UPPER_HALF = "\N{UPPER HALF BLOCK}"


class CodeView(Widget):
    """Draws the modules of a code in the middle, if there is room for all of them."""

    def __init__(self, rows: Sequence[bytes]) -> None:
        super().__init__()
        self._rows = tuple(rows)

    @property
    def rows(self) -> tuple[bytes, ...]:
        """The modules, 1 is black, quiet zone included."""
        return self._rows

    @property
    def fits(self) -> bool:
        """Whether the whole code can be seen."""
        return bool(self._rows) and self.size.width >= self.columns and self.size.height >= self.lines

    @property
    def columns(self) -> int:
        """How many columns the code takes."""
        return len(self._rows[0]) if self._rows else 0

    @property
    def lines(self) -> int:
        """How many lines the code takes."""
        return (len(self._rows) + 1) // 2

    def render_line(self, y: int) -> Strip:
        """Draw one line: two rows of modules."""
        white = Style(bgcolor=_WHITE)
        width = self.size.width
        if not self.fits:
            return Strip.blank(width)
        top = (self.size.height - self.lines) // 2
        left = (width - self.columns) // 2
        number = (y - top) * 2
        if not 0 <= number < len(self._rows):
            return Strip([Segment(" " * width, white)], width)
        upper = self._rows[number]
        lower = self._rows[number + 1] if number + 1 < len(self._rows) else bytes(len(upper))
        blocks = [Segment(_UPPER_HALF, _STYLES[pair]) for pair in zip(upper, lower, strict=True)]
        sides = Segment(" " * left, white), Segment(" " * (width - left - self.columns), white)
        return Strip([sides[0], *blocks, sides[1]], width)

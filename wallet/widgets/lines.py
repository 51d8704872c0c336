"""Text as lines that are drawn one by one: wrapped once for a width, each line drawn when one looks at it.

A widget that draws its lines itself is on the screen again at once, however long its text is. All text is
printed as it is, never as markup.
"""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.style import Style
from rich.text import Text
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from wallet.widgets.themes import Palette


def draw_line(console: Console, text: Text, width: int, back: Style) -> Strip:
    """Return a line of text as cells on a background, filled up to the width."""
    style = text.style if isinstance(text.style, Style) else Style()
    strip = Strip(text.render(console, end="")) if text else Strip([])
    return strip.apply_style(style).adjust_cell_length(width).apply_style(back)


def wrap(console: Console, text: Text, width: int) -> list[Text]:
    """Return a text broken between words, and within those that are longer than a line."""
    return list(text.wrap(console, max(1, width), overflow="fold")) if text else [Text()]


def wrap_pair(console: Console, left: Text, right: Text, widths: tuple[int, int]) -> list[Text]:
    """Return two texts side by side, each broken within its own width, with two spaces between them."""
    columns = [wrap(console, text, width) for text, width in zip((left, right), widths, strict=True)]
    height = max(len(column) for column in columns)
    lines = []
    for begin, rest in zip(*(column + [Text()] * (height - len(column)) for column in columns), strict=True):
        begin.truncate(widths[0], pad=True)
        lines.append(Text.assemble(begin, "  ", rest))
    return lines


class LinesView(ScrollView, can_focus=True):
    """A text to scroll through; `lay_out` says how its lines read in a width."""

    def __init__(self, *, name: str) -> None:
        super().__init__(id=name)
        self._lines: list[Text] = []
        self._strips: dict[int, Strip] = {}
        self._made_for: tuple[int, str] | None = None

    @property
    def line_count(self) -> int:
        """How many lines there are in the width that it has."""
        return len(self._lines)

    @property
    def columns(self) -> int:
        """How many columns a line has: those beside the scroll bar."""
        return self.scrollable_content_region.width

    def lay_out(self, width: int) -> Iterable[Text]:
        """Return the lines, none longer than the width."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Lay it out again."""
        if self.columns:
            self._lay_out()
            self.virtual_size = Size(self.columns, len(self._lines))
            self.refresh()

    def on_resize(self) -> None:
        """Lay it out for another width."""
        if self._made_for is None or self._made_for[0] != self.columns:
            self.redraw()

    def render_line(self, y: int) -> Strip:
        """Draw one line of the window."""
        width, back = self.columns, Palette.of(self.app).background
        if self._made_for != (width, self.app.theme):
            self._lay_out()
        number = y + self.scroll_offset.y
        if number >= len(self._lines):
            return Strip.blank(width, back)
        strip = self._strips.get(number)
        if strip is None:
            strip = self._strips[number] = draw_line(self.app.console, self._lines[number], width, back)
        return strip

    def _lay_out(self) -> None:
        width = self.columns
        self._lines, self._made_for = list(self.lay_out(width)), (width, self.app.theme)
        self._strips.clear()

"""The list of credentials: cards under the names of people, drawn only where one looks.

A thousand credentials are a thousand values and some forty lines: nothing is made for a card that is not on
the screen. Below 60 columns each card is one line. All text is printed as it is, never as markup.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from wallet.desk import Card, Words
from wallet.widgets.lines import draw_line
from wallet.widgets.themes import SIGNS, Palette

NARROW = 60
_BETWEEN = " · "


class _Line(NamedTuple):
    """One line of the list: of a heading, or the first, second or empty line of a card."""

    kind: str
    card: Card | None = None
    text: str = ""
    note: str = ""


class CardList(ScrollView, can_focus=True):
    """Cards to move through with the arrow keys; `words` are the words for badge and dates."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("pageup", "move(-8)", show=False),
        Binding("pagedown", "move(8)", show=False),
        Binding("home", "move(-1000000)", show=False),
        Binding("end", "move(1000000)", show=False),
        Binding("enter", "open", show=False),
    ]

    class Chosen(Message):
        """Another card is the current one."""

        def __init__(self, card: Card | None) -> None:
            super().__init__()
            self.card = card

    class Opened(Message):
        """A card was opened; `badge` if it was by a click on its badge."""

        def __init__(self, card: Card, *, badge: bool = False) -> None:
            super().__init__()
            self.card = card
            self.badge = badge

    def __init__(self, words: Words, *, name: str) -> None:
        super().__init__(id=name)
        self.words = words
        self._cards: tuple[Card, ...] = ()
        self._lines: list[_Line] = []
        self._first_line: list[int] = []
        # The width that the lines were made for.
        self._width = 0
        self._current = 0
        # (line, theme, whether it is of the current card, and with the focus) -> how it was drawn.
        self._drawn: dict[tuple[_Line, str, bool, bool], Strip] = {}

    @property
    def columns(self) -> int:
        """How many columns a line has: those beside the scroll bar."""
        return self.scrollable_content_region.width

    @property
    def cards(self) -> tuple[Card, ...]:
        """The cards that are listed."""
        return self._cards

    @property
    def current(self) -> Card | None:
        """The card that keys act on."""
        return self._cards[self._current] if self._cards else None

    def show(self, cards: Sequence[Card], words: Words) -> None:
        """List other cards; the current one stays if it is among them."""
        before = self.current
        if words != self.words:
            self.words = words
            self._drawn.clear()
        self._cards = tuple(cards)
        ids = [card.id for card in cards]
        self._current = ids.index(before.id) if before is not None and before.id in ids else 0
        self._arrange()
        self.post_message(self.Chosen(self.current))

    def choose(self, card_id: str) -> None:
        """Make a card the current one."""
        for number, card in enumerate(self._cards):
            if card.id == card_id:
                self._go(number)

    def action_move(self, steps: int) -> None:
        """Go some cards down, or up."""
        self._go(self._current + steps)

    def action_open(self) -> None:
        """Open the current card."""
        if self.current is not None:
            self.post_message(self.Opened(self.current))

    def on_click(self, event: events.Click) -> None:
        """Choose what is clicked, open what was the current one; a badge explains itself."""
        number = event.y + self.scroll_offset.y
        card = self._lines[number].card if 0 <= number < len(self._lines) else None
        if card is None:
            return
        index = self._cards.index(card)
        again, on_badge = index == self._current, event.x >= self.columns - 20
        self._go(index)
        if on_badge or again:
            self.post_message(self.Opened(card, badge=on_badge))

    def on_resize(self) -> None:
        """Arrange for another width."""
        if self.columns != self._width:
            self._drawn.clear()
            self._arrange()

    def render_line(self, y: int) -> Strip:
        """Draw one line of the window."""
        number = y + self.scroll_offset.y
        if number >= len(self._lines):
            return Strip.blank(self.columns, Palette.of(self.app).background)
        line = self._lines[number]
        is_current = line.card is not None and line.card is self.current
        key = (line, self.app.theme, is_current, is_current and self.has_focus)
        strip = self._drawn.get(key)
        if strip is None:
            strip = self._drawn[key] = self._draw(line, is_current=is_current)
        return strip

    def _draw(self, line: _Line, *, is_current: bool) -> Strip:
        palette, width = Palette.of(self.app), self.columns
        back = (
            palette.chosen if is_current and self.has_focus and line.kind != "blank" else palette.background
        )
        if line.kind == "blank":
            text = Text()
        elif line.card is None:
            text = self._heading(line, palette, width)
        else:
            text = self._card(line.card, line.kind, palette, width, is_current=is_current)
        return draw_line(self.app.console, text, width, back)

    def _go(self, number: int) -> None:
        if not self._cards:
            return
        self._current = max(0, min(number, len(self._cards) - 1))
        top = self._first_line[self._current]
        # The heading of the first card belongs to it.
        above = 2 if top >= 2 and self._lines[top - 1].kind == "heading" else 0
        self.scroll_to_region(Region(0, top - above, 1, 3 + above), animate=False)
        self.refresh()
        self.post_message(self.Chosen(self.current))

    def _arrange(self) -> None:
        self._width = self.columns
        narrow = self._width < NARROW
        lines: list[_Line] = []
        first: list[int] = []
        person: str | None = None
        for card in self._cards:
            if card.person != person:
                person = card.person
                lines += [_Line("blank")] if lines and narrow else []
                lines.append(_Line("heading", text=person, note=card.key or ""))
            first.append(len(lines))
            lines.append(_Line("title", card))
            if not narrow:
                lines += [_Line("issuer", card), _Line("blank", card)]
        self._lines, self._first_line = lines, first
        self.virtual_size = Size(self.columns, len(lines))
        self.refresh()

    def _heading(self, line: _Line, palette: Palette, width: int) -> Text:
        note = "" if not line.note or line.note == line.text else self.words("key: {name}", name=line.note)
        return _both_sides(Text(f" {line.text}", palette.heading), Text(f"{note} ", palette.muted), width)

    def _card(self, card: Card, kind: str, palette: Palette, width: int, *, is_current: bool) -> Text:
        bar = Text(" ▌ " if is_current else " │ ", palette.accent if is_current else palette.muted)
        badge = Text(f"{SIGNS[card.badge.tone]} {self.words(card.badge)} ", palette.tone(card.badge.tone))
        title = Text.assemble(bar, (card.title, palette.strong), (_about(card.about), palette.text))
        about, moved = card.about, ""
        while width >= NARROW and about and title.cell_len + badge.cell_len >= width:
            # What does not fit stands before the issuer, the last part, a date, first.
            about, _, last = about.rpartition(_BETWEEN)
            moved = _BETWEEN.join(part for part in (last, moved) if part)
            title = Text.assemble(bar, (card.title, palette.strong), (_about(about), palette.text))
        if kind == "issuer":
            ends = Text(f"{_until(card, self.words)} ", palette.muted)
            room = width - bar.cell_len - ends.cell_len - 1
            return _both_sides(
                Text.assemble(bar, (_before(moved, card.issuer, room), palette.muted)), ends, width
            )
        return _both_sides(title, badge, width)


def _about(about: str) -> str:
    return f"{_BETWEEN}{about}" if about else ""


def _before(moved: str, issuer: str, room: int) -> str:
    """Return the issuer after what found no place above it, whose last part is left out for want of room."""
    while _BETWEEN in moved and cell_len(f"{moved}{_BETWEEN}{issuer}") > room:
        moved = moved.rpartition(_BETWEEN)[0]
    return f"{moved}{_BETWEEN}{issuer}" if moved else issuer


def _until(card: Card, words: Words) -> str:
    if card.valid_until is None:
        return words("no last day")
    return words("until {date}", date=words.date(card.valid_until))


def _both_sides(left: Text, right: Text, width: int) -> Text:
    """Return a line with a left and a right part; what is too long at the left ends in an ellipsis."""
    room = max(4, width - right.cell_len - 1)
    left.truncate(room, overflow="ellipsis", pad=True)
    return Text.assemble(left, " ", right)

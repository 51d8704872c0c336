"""The values of a review, one line each: does it leave, what is it called, how does it read, why.

Lines that can be turned on and off have a box. All text is printed as it is, never as markup.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from wallet.desk import Mark, Review, ReviewLine, Words
from wallet.widgets.themes import Palette

_NARROW = 60
_MARKS_WIDTH = 26


class ReviewList(OptionList):
    """Lists a `Review`; a chosen option whose id is a number is that line."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "select", show=False)]

    def __init__(self, words: Words, *, name: str) -> None:
        super().__init__(markup=False, id=name)
        self._words = words
        self._review: Review | None = None

    def show(self, review: Review) -> None:
        """List another review; what was just turned on or off stays the line one is on."""
        place, switch = self.highlighted, self._switch()
        self._review = review
        self.clear_options()
        self.add_options(self._make_options(review))
        if self.option_count:
            turned = [
                str(number) for number, line in enumerate(review.lines) if switch and line.switch == switch
            ]
            place = self.get_option_index(turned[0]) if turned else place
            self.highlighted = min(place or 1, self.option_count - 1)

    def _switch(self) -> str | None:
        """Return what turns the line one is on, None where nothing does."""
        line = None if self.highlighted_option is None else self.line_of(self.highlighted_option.id)
        return None if line is None else line.switch

    def watch_highlighted(self, highlighted: int | None) -> None:
        """Show the heading of the first line with it."""
        super().watch_highlighted(highlighted)
        if highlighted == 1:
            self.scroll_home(animate=False)

    def on_resize(self) -> None:
        """Keep the line one is on in sight: the reason below the list takes more room for some lines."""
        self.call_after_refresh(self.scroll_to_highlight)

    def line_of(self, option_id: str | None) -> ReviewLine | None:
        """Return the line of an option, None for a heading."""
        if self._review is None or option_id is None or not option_id.isdecimal():
            return None
        return self._review.lines[int(option_id)]

    def _make_options(self, review: Review) -> Iterator[Option]:
        words = self._words
        numbered = list(enumerate(review.lines))
        leaving = [(number, line) for number, line in numbered if line.leaves]
        staying = [(number, line) for number, line in numbered if not line.leaves]
        if staying:
            # What can be turned comes first: one credential, of which the holder chooses.
            free = [each for each in leaving if each[1].mark is not Mark.MANDATORY]
            fixed = [each for each in leaving if each[1].mark is Mark.MANDATORY]
            title = staying[0][1].credential
            yield from self._group(words("Leaves the wallet: {title}", title=title), free, review)
            yield from self._group(words("Stays here, unless you turn it on"), staying, review)
            yield from self._group(words("Leaves in any case: {title}", title=title), fixed, review)
        else:
            for title in dict.fromkeys(line.credential for _, line in leaving):
                of_it = [each for each in leaving if each[1].credential == title]
                of_it.sort(key=lambda each: each[1].mark is Mark.MANDATORY)
                yield from self._group(words("Leaves the wallet: {title}", title=title), of_it, review)
        if review.stays and not staying:
            yield self._heading(words("Stays here"))
            yield Option(Text(f"    {', '.join(review.stays)}", Palette.of(self.app).muted))
        if review.links:
            yield self._heading(words("Also makes you recognisable"))
            for name, reason in review.links:
                yield Option(Text(f"    {name}: {reason}", Palette.of(self.app).muted))

    def _group(self, heading: str, lines: list[tuple[int, ReviewLine]], review: Review) -> Iterator[Option]:
        if lines:
            yield self._heading(heading)
            yield from (Option(self._line(line, review), id=str(number)) for number, line in lines)

    def _heading(self, text: str) -> Option:
        return Option(Text(text, Palette.of(self.app).heading), disabled=True)

    def _line(self, line: ReviewLine, review: Review) -> RenderableType:
        palette = Palette.of(self.app)
        on = line.leaves and (not line.surplus or line.switch in review.granted)
        box = "  • " if line.switch is None else ("[x] " if on else "[ ] ")
        table = Table.grid(padding=(0, 1, 0, 0), expand=True)
        table.add_column(width=4)
        table.add_column(ratio=3, overflow="fold")
        table.add_column(ratio=4, overflow="fold")
        name = Text(line.label, palette.text if on else palette.muted)
        value = Text.assemble((line.value, palette.strong if on else palette.muted))
        marks = self._marks(line, palette)
        if self.size.width < _NARROW:
            value.append("\n")
            value.append_text(marks)
            table.add_row(Text(box), name, value)
        else:
            table.add_column(width=_MARKS_WIDTH, overflow="fold", justify="right")
            table.add_row(Text(box), name, value, marks)
        return table

    def _marks(self, line: ReviewLine, palette: Palette) -> Text:
        words = self._words
        if line.surplus:
            marks = Text.assemble((words("BEYOND THE PURPOSE"), palette.tone("warn")))
        elif not line.leaves:
            marks = Text.assemble((words("stays here"), palette.muted))
        else:
            marks = Text.assemble((words(_SHORT[line.mark]), palette.muted))
        if line.linkable is not None and line.leaves:
            marks.append(" · ", palette.muted)
            marks.append(words("recognisable"), palette.tone("warn"))
        return marks


_SHORT = {
    Mark.ASKED: "asked",
    Mark.CHOSEN: "optional",
    Mark.MANDATORY: "mandatory",
    Mark.INSEPARABLE: "comes with it",
    Mark.WHOLE: "cannot be left out",
}

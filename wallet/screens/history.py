"""What happened: who asked, what left, when; failed tries too. Filter by typing, export, delete."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from wallet.desk import HistoryLine
from wallet.screens.base import WalletScreen
from wallet.screens.dialogs import ConfirmDialog, TextDialog
from wallet.widgets.bars import TopBar
from wallet.widgets.themes import SIGNS

# As many lines as anybody reads; typing finds the others.
_MAX_SHOWN = 300
# What the list takes at the sides of a line: its own padding, that of a line, the scroll bar.
_EDGES = 5


class HistoryScreen(WalletScreen[None]):
    """Lists what happened, newest first; Enter shows the values that left."""

    NAME = "History"
    HELP = (
        "Everything that left this wallet or was tried, newest first; Enter shows the values. It is kept "
        "in the sealed wallet file only. Type to filter. While a request stands here it is not answered "
        "twice."
    )
    KEYS: ClassVar = (("enter", "Values"), ("ctrl+e", "Export"), ("ctrl+d", "Delete all"), ("escape", "Back"))
    HOLDS_PASTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+e", "export", "Export", priority=True),
        Binding("ctrl+d", "forget", "Delete all", priority=True),
        Binding("escape", "leave", "Back"),
        Binding("down", "list", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._entries: tuple[HistoryLine, ...] = ()
        self._shown: list[HistoryLine] = []
        self._open: HistoryLine | None = None

    def compose(self) -> ComposeResult:
        """Make field and list."""
        yield self.top_bar(self.words("reading ..."))
        yield Input(placeholder=self.words("Type to filter"), id="filter")
        yield OptionList(id="entries", markup=False)
        yield Static("", id="no-entries", markup=False)
        yield self.key_bar()

    def on_mount(self) -> None:
        """Read it."""
        self.query_one("#filter").focus()
        self._read()

    def _read(self) -> None:
        self.work(self.desk.history, self._show)

    def _show(self, entries: tuple[HistoryLine, ...]) -> None:
        self._entries = entries
        self._list()

    @on(Input.Changed, "#filter")
    def _list(self) -> None:
        typed = self.query_one("#filter", Input).value
        found = [entry for entry in self._entries if entry.matches(typed)]
        self._shown = found[:_MAX_SHOWN]
        entries = self.query_one(OptionList)
        before = entries.highlighted
        entries.clear_options()
        entries.add_options(Option(self._line(entry)) for entry in self._shown)
        if self._shown:
            entries.highlighted = min(before or 0, len(self._shown) - 1)
        count = self.words("{found} of {all}", found=len(found), all=len(self._entries))
        self.query_one(TopBar).say(count)
        nothing = self.query_one("#no-entries", Static)
        nothing.display = not self._shown
        said = (
            "Nothing fits."
            if self._entries
            else "Nothing happened yet. What you receive and show stands here."
        )
        nothing.update(Text(self.words(said)))

    def _line(self, entry: HistoryLine) -> Text:
        palette, words = self.palette, self.words
        local = entry.at.astimezone()
        text = Text(no_wrap=entry is not self._open, overflow="ellipsis").append_text(
            Text.assemble(
                (f"{words.moment(local):<22} ", palette.muted),
                (f"{entry.action:<14} ", palette.text),
                (f"{SIGNS[entry.tone]} {entry.outcome}", palette.tone(entry.tone)),
            )
        )
        if entry.who:
            text.append(f"  {entry.who}", palette.text)
        if entry.error:
            text.append(f" [{entry.error}]", palette.muted)
        if entry is not self._open:
            # The list would break it at a space.
            text.truncate(max(1, self.size.width - _EDGES), overflow="ellipsis")
        else:
            for label, value in entry.values:
                text.append(f"\n    {label}: ", palette.muted)
                text.append(value, palette.text)
            if not entry.values:
                text.append("\n    " + words("No values left the wallet."), palette.muted)
        return text

    @on(OptionList.OptionSelected, "#entries")
    def open_entry(self, event: OptionList.OptionSelected) -> None:
        """Show or hide the values of an entry."""
        entry = self._shown[event.option_index]
        self._open = None if entry is self._open else entry
        self._list()

    @on(Input.Submitted, "#filter")
    def action_list(self) -> None:
        """Go to the list."""
        self.query_one(OptionList).focus()

    def action_export(self) -> None:
        """Ask for a name and write the history there."""
        words = self.words
        label = words("Name of the new file. It is readable text: keep it where nobody else reads it.")
        fields = [(label, str(Path.home() / "wallet-history.json"), False)]
        self.app.push_screen(
            TextDialog(words("Export"), fields, words("Write"), words("Cancel")), self._export
        )

    def _export(self, typed: tuple[str, ...] | None) -> None:
        if typed and typed[0].strip():
            path = Path(typed[0].strip()).expanduser()
            said = self.words("Written: {path}", path=str(path))
            self.work(lambda: self.desk.export_history(path), lambda _: self.notify(said, markup=False))

    def action_forget(self) -> None:
        """Ask, then delete the history."""
        question = self.words("Delete the whole history? That it was deleted stays written down.")
        self.app.push_screen(ConfirmDialog(question, self.words("Delete")), self._forget)

    def _forget(self, yes: bool | None) -> None:
        if yes:
            self.work(self.desk.forget_history, lambda _: self._read())

    def action_leave(self) -> None:
        """Go back."""
        self.leave()

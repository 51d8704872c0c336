"""What the screen one came from is for, and what every key does there."""

from __future__ import annotations

from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from wallet.screens.base import WalletScreen

_ALWAYS = (
    ("F1", "Help"),
    ("l", "History"),
    ("1 ... 9, 0", "Show one person, or all"),
    ("ctrl+p", "Everything else: people, settings, backup"),
    ("ctrl+l", "Lock"),
    ("ctrl+q", "Quit"),
)
_NOTHING_LEAVES = (
    "A credential never leaves the wallet whole unless you say so. What you show is derived from it: the "
    "values you agreed to and a proof that the issuer signed them. The rest cannot be worked out from it."
)


class HelpScreen(WalletScreen[None]):
    """Explains another screen."""

    NAME = "Help"
    HOLDS_PASTE = True
    KEYS: ClassVar = (("escape", "Back"),)
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,f1,enter", "leave", "Back")]

    def __init__(self, about: WalletScreen[object]) -> None:
        super().__init__()
        self._about = about

    def compose(self) -> ComposeResult:
        """Make the text."""
        words, palette = self.words, self.palette
        yield self.top_bar(words(self._about.NAME))
        with VerticalScroll(id="help"):
            yield Static(Text(words(self._about.HELP), palette.text), markup=False)
            yield Static(self._keys(), id="help-keys", markup=False)
            yield Static(Text(words(_NOTHING_LEAVES), palette.muted), markup=False)
        yield self.key_bar()

    def on_mount(self) -> None:
        """Let the arrow keys scroll."""
        self.query_one("#help").focus()

    def _keys(self) -> Table:
        words, palette = self.words, self.palette
        table = Table.grid(padding=(0, 3, 0, 0))
        own = [
            (binding.key, binding.description)
            for kind in reversed(type(self._about).__mro__)
            if issubclass(kind, WalletScreen)
            for binding in vars(kind).get("BINDINGS", ())
            if isinstance(binding, Binding) and binding.show and binding.description
        ]
        for key, label in (*own, *_ALWAYS):
            table.add_row(Text(key.replace(",", ", "), palette.accent), Text(words(label), palette.text))
        return table

    def action_leave(self) -> None:
        """Go back."""
        self.leave()

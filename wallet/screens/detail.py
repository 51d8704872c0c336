"""Everything about one credential, on a screen of its own."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from wallet.desk import Card, Detail
from wallet.screens.card import CardScreen
from wallet.screens.dialogs import ConfirmDialog
from wallet.widgets.bars import TopBar
from wallet.widgets.detail_view import DetailView


class DetailScreen(CardScreen):
    """Shows what a credential says and how it stands."""

    NAME = "Credential"
    HELP = (
        "What the credential says, in words; c shows the codes behind them, j the JSON as it was "
        "received. Whether it was revoked is asked for only when you press u: its issuer then learns that"
        " somebody looks at the list, not at which entry."
    )
    KEYS: ClassVar = (
        ("q", "QR code"),
        ("p", "Present"),
        ("c", "Codes"),
        ("j", "JSON"),
        ("escape", "Back"),
        ("f1", "Help"),
        ("u", "Ask for the status"),
        ("d", "Delete"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "codes", "Codes"),
        Binding("j", "raw", "JSON"),
        Binding("d", "delete", "Delete"),
        Binding("escape,enter", "leave", "Back"),
    ]

    def __init__(self, card: Card) -> None:
        super().__init__()
        self._card = card

    @property
    def card(self) -> Card:
        """The credential that is shown."""
        return self._card

    def compose(self) -> ComposeResult:
        """Make the text."""
        yield self.top_bar(self.words("reading ..."))
        yield DetailView(self.words, name="detail", card=self.card)
        yield self.key_bar()

    def on_mount(self) -> None:
        """Let the arrow keys scroll."""
        self.query_one(DetailView).focus()

    def on_screen_resume(self) -> None:
        """Read it, and again after it may have been presented."""
        if self.desk.is_open:
            self.read()

    def read(self) -> None:
        """Read what there is to show of it."""
        self.work(lambda: self.desk.detail(self.card.id), self._show, group="detail")

    def _show(self, detail: Detail) -> None:
        self._card = detail.card
        self.query_one(DetailView).show(detail, self.words)
        self.query_one(TopBar).say("")

    def action_codes(self) -> None:
        """Show or hide the codes."""
        self.query_one(DetailView).turn(codes=True)

    def action_raw(self) -> None:
        """Show or hide the JSON."""
        self.query_one(DetailView).turn(raw=True)

    def action_delete(self) -> None:
        """Ask, then delete it."""
        question = self.words("Delete this credential from the wallet? Backups keep it.")
        self.app.push_screen(ConfirmDialog(question, self.words("Delete")), self._delete)

    def _delete(self, yes: bool | None) -> None:
        if yes:
            self.work(lambda: self.desk.remove(self.card.id), lambda _: self.leave())

    def action_leave(self) -> None:
        """Go back."""
        self.leave()

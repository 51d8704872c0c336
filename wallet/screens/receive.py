"""Receiving: what is offered and by whom, for which person, the code, then what became of it.

Nothing is redeemed before the holder says so, and a code that was typed wrongly may be typed again. What was
begun and interrupted is completed by pasting the same offer again. The code is never shown (threat K8).
"""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Button, Input, Label, LoadingIndicator, Static

from wallet.desk import Arrived, Offer, VCError
from wallet.screens.base import WalletScreen
from wallet.screens.choose import ChooseDialog
from wallet.widgets.bars import TopBar
from wallet.widgets.themes import SIGNS

_WRONG_CODE = ("invalid_grant", "invalid_tx_code")


class ReceiveScreen(WalletScreen[None]):
    """Shows an offer, then receives it."""

    NAME = "An issuer offers"
    HELP = (
        "What is offered, and by which address. What the issuer calls itself nobody has checked yet; when"
        " the credential comes, its signature is checked, and whether it is what was offered. What is not"
        " is refused and never kept. If the connection breaks, paste the same offer again: what was begun"
        " is completed."
    )
    HOLDS_PASTE = True
    KEYS: ClassVar = (("enter", "Receive"), ("escape", "Cancel"), ("f1", "Help"))
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Cancel")]

    def __init__(self, link: str, person: str | None) -> None:
        super().__init__()
        self._link, self._person = link, person
        self._offer: Offer | None = None
        self._finished = False
        self._asked = False

    def compose(self) -> ComposeResult:
        """Make the text, the field for the code and the button."""
        yield self.top_bar()
        with VerticalScroll(id="receive"):
            yield Static("", id="offer", markup=False)
            yield Label("", id="code-label", markup=False)
            yield Input(password=True, id="code", max_length=200)
            yield Static("", id="receive-notice", markup=False)
            yield LoadingIndicator(id="progress")
            yield Button(self.words("Receive"), id="go", variant="primary")
        yield self.key_bar()

    def on_mount(self) -> None:
        """Find out for whom it is, then read the offer."""
        for name in ("#code-label", "#code", "#go"):
            self.query_one(name).display = False
        self.work(self.desk.people, self._for_whom, failed=self._stopped)

    def _for_whom(self, people: tuple) -> None:  # type: ignore[type-arg]  # of PersonCard
        with_key = [person for person in people if person.did is not None]
        chosen = [person for person in with_key if person.name == self._person] or with_key
        if len({person.did for person in chosen}) == 1:
            self._read(chosen[0].did)
            return
        choices = [(person.did, person.name) for person in with_key]
        self.app.push_screen(ChooseDialog(self.words("For whom is it?"), choices), self._chosen)

    def _chosen(self, did: str | None) -> None:
        if did is None:
            self.leave()
        else:
            self._read(did)

    def _read(self, did: str) -> None:
        self.query_one(TopBar).say(self.words("reading the offer ..."))
        arrivals, link = self.desk.arrivals, self._link
        self.work(lambda: arrivals.read(link, did), self._show, failed=self._stopped)

    def _show(self, offer: Offer) -> None:
        self._offer = offer
        palette, words = self.palette, self.words
        text = Text.assemble((offer.issuer, palette.strong))
        if offer.issuer_name:
            text.append("\n" + words('calls itself "{name}"', name=offer.issuer_name), palette.text)
            text.append("  " + words("! nobody has checked that yet"), palette.tone("warn"))
        text.append("\n\n" + words("offers"), palette.muted)
        for title in offer.titles:
            text.append(f"\n  {title}", palette.strong)
        text.append("\n\n" + self._binding(offer), palette.muted)
        self.query_one("#offer", Static).update(text)
        self.query_one(TopBar).say("")
        self.query_one("#progress").display = False
        self.query_one("#go").display = True
        if offer.code is None:
            self.query_one("#go").focus()
            return
        self.query_one("#code-label", Label).update(Text(offer.code))
        self.query_one("#code-label").display = True
        field = self.query_one("#code", Input)
        field.display = True
        field.focus()

    def _binding(self, offer: Offer) -> str:
        if offer.begun:
            return self.words("It was begun before: only what is missing is asked for.")
        if offer.key is None:
            return self.words("It will be bound to no key: whoever has a copy can present it.")
        return self.words("It will be bound to the key of {name}.", name=offer.key)

    @on(Button.Pressed, "#go")
    @on(Input.Submitted, "#code")
    def receive(self) -> None:
        """Redeem the offer; afterwards go back."""
        offer, field = self._offer, self.query_one("#code", Input)
        if self._finished:
            self.leave()
        elif offer is not None and not (offer.code is not None and not field.value.strip()):
            code = field.value.strip() if offer.code is not None else None
            field.value = ""
            self._wait(self.words("receiving ..."))
            arrivals = self.desk.arrivals
            self._asked = True
            self.work(lambda: arrivals.receive(offer, code), self._received, failed=self._failed)

    def _wait(self, said: str) -> None:
        self.query_one(TopBar).say(said)
        self.query_one("#receive-notice", Static).update("")
        self.query_one("#progress").display = True
        self.query_one("#go", Button).disabled = True

    def _rest(self) -> None:
        self.query_one(TopBar).say("")
        self.query_one("#progress").display = False
        self.query_one("#go", Button).disabled = False

    def _received(self, arrived: Arrived) -> None:
        self._rest()
        self._finished = True
        palette = self.palette
        text = Text()
        for line in arrived.stored:
            text.append(f"{SIGNS['good']} {line}\n", palette.tone("good"))
        for line in arrived.refused:
            text.append(f"{SIGNS['bad']} {line}\n", palette.tone("bad"))
        for line in arrived.notes:
            text.append(f"{SIGNS['note']} {line}\n", palette.muted)
        if arrived.waiting is not None:
            said = self.words(
                "Promised for later, not before {moment}. Paste the offer again then.", moment=arrived.waiting
            )
            text.append(f"{SIGNS['note']} {said}\n", palette.tone("note"))
        self.query_one("#code-label").display = self.query_one("#code").display = False
        self.query_one("#receive-notice", Static).update(text)
        go = self.query_one("#go", Button)
        go.label = self.words("Back to the wallet")
        go.focus()

    def _failed(self, error: VCError) -> None:
        self._rest()
        if error.code in _WRONG_CODE and self._offer is not None and self._offer.code is not None:
            said = self.words(
                "The issuer does not take this code. Type it again; after five wrong ones it is dead."
            )
            self.query_one("#receive-notice", Static).update(Text(said, self.palette.tone("bad")))
            self.query_one("#code").focus()
            return
        self._stopped(error)

    def _stopped(self, error: VCError) -> None:
        self.leave()
        self.tell_failure(error)

    def action_cancel(self) -> None:
        """Go back; what was begun is completed by the same offer later."""
        offer = self._offer
        if offer is not None and not self._finished and not self._asked:
            arrivals = self.desk.arrivals
            self.work(lambda: arrivals.decline(offer), lambda _: self.leave())
        else:
            self.leave()

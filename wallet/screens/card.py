"""What can be done with the one credential that a screen is on: show it, present it, ask for its status."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from wallet.desk import Card
from wallet.screens.base import WalletScreen
from wallet.widgets.bars import TopBar


class CardScreen(WalletScreen[None]):
    """A screen with a current credential, if there is one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "qr", "QR code"),
        Binding("p", "present", "Present"),
        Binding("u", "status", "Ask for the status"),
    ]

    @property
    def card(self) -> Card | None:
        """The credential that keys act on."""
        raise NotImplementedError

    def read(self) -> None:
        """Read again what is shown."""
        raise NotImplementedError

    def action_qr(self) -> None:
        """Show the credential as a QR code, after a look at what it would tell."""
        if self.card is not None:
            self.wallet.present(self.card, self.desk.preferences.situation)

    def action_present(self) -> None:
        """Present the credential: choose for what."""
        if self.card is not None:
            self.wallet.present(self.card, None)

    def action_status(self) -> None:
        """Ask the issuer's list whether the credential was revoked."""
        card = self.card
        if card is not None:
            self.query_one(TopBar).say(self.words("asking for the status ..."))
            self.work(lambda: self.desk.check_status(card.id), lambda _: self.read(), group="status")

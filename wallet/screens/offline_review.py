"""Presenting without a network: the holder turns the values on and off, and what is signed is shown."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text

from vclib.errors import VCError
from wallet.desk import Card, Code, Presenting, Review
from wallet.screens.code import CodeScreen
from wallet.screens.review import ReviewScreen


class OfflineReview(ReviewScreen):
    """Presents without a network: every value that is not mandatory can be turned on and off."""

    NAME = "Present"
    HELP = (
        "Every value that would be shown, read from exactly what would be shown. Space turns one on or "
        "off; what the issuer made mandatory stays. s signs it and shows it as a QR code or a file. "
        "Without a challenge of the door the code can be copied by whoever sees it."
    )
    KEYS: ClassVar = (("s", "Sign and show"), ("space", "On or off"), ("escape", "Back"), ("f1", "Help"))

    def __init__(self, card: Card, situation: str | None, challenge: str = "", domain: str = "") -> None:
        super().__init__()
        self._card = card
        self._presenting = Presenting(card.id, situation, (), challenge or None, domain or None)

    def on_mount(self) -> None:
        """Derive what the situation needs."""
        self._derive(self._presenting)

    def _derive(self, presenting: Presenting) -> None:
        self.hide(self.words("preparing what would leave ..."))
        reviewing = self.desk.reviewing
        self.work(lambda: reviewing.offline(presenting), self.show, failed=self._stopped)

    def _stopped(self, error: VCError) -> None:
        self.leave()
        self.tell_failure(error)

    def turned(self, review: Review, switch: str) -> None:
        """Derive it again with one value more or less."""
        source = review.source
        if isinstance(source, tuple) and isinstance(source[0], Presenting):
            self._derive(self.desk.reviewing.turned(source[0], switch))

    def carry_out(self, review: Review) -> None:
        """Sign it, then show it."""
        reviewing = self.desk.reviewing
        self.work(lambda: reviewing.deliver(review), self._signed, failed=self._stopped)

    def _signed(self, code: Code) -> None:
        app = self.app
        self.leave()
        app.push_screen(CodeScreen(code, self._card.title))

    def action_refuse(self) -> None:
        """Go back; nothing was shown."""
        review, reviewing = self._review, self.desk.reviewing
        if review is None:
            self.leave()
        else:
            self.hide("")
            self.work(lambda: reviewing.decline(review), lambda _: self.leave())

    def asker_text(self, review: Review) -> Text:
        """Return for whom it is, and the warnings."""
        domain = self._presenting.domain
        whom = (
            self.words("For {domain} only.", domain=domain) if domain else self.words("For whoever reads it.")
        )
        text = Text.assemble((whom, self.palette.strong))
        text.append_text(self.warning_lines(review))
        text.append("\n" + self.words("Signed with: {key}", key=review.signed_with), self.palette.muted)
        return text

    def promise(self, review: Review) -> str:
        """Return what s does."""
        return self.words("s signs exactly this and shows it.")

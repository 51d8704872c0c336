"""The review: who asks, what would leave and what stays, and the one key that shares it.

What is listed is read from the derived credential, and what is confirmed is what is listed: while anything is
still being derived, and for a moment after it appeared, the key does nothing (threats L2, L3, L7). Enter
never shares (L4). What is asked beyond the purpose is off until the holder turns it on (L1).
"""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.timer import Timer
from textual.widgets import OptionList, Static

from vclib.errors import ConfigurationError, ProofGenerationError, StoreError, VCError
from wallet.desk import Card, Code, Mark, NoAnswer, Options, Presenting, Question, Review, ReviewLine, Sent
from wallet.screens.base import WalletScreen
from wallet.screens.choose import ChooseDialog
from wallet.screens.code import CodeScreen
from wallet.screens.dialogs import ConfirmDialog
from wallet.widgets.bars import TopBar
from wallet.widgets.review_list import ReviewList

ARM_SECONDS = 0.8
# What fails with these failed before anything was sent.
_BEFORE_SENDING = (ConfigurationError, ProofGenerationError, StoreError)

_WHY = {
    Mark.ASKED: "The verifier asks for it.",
    Mark.CHOSEN: "It leaves because you chose so; Space turns it off.",
    Mark.MANDATORY: "The issuer made it mandatory: nothing can be shown without it.",
    Mark.INSEPARABLE: "It comes with what is asked and cannot be separated from it.",
    Mark.WHOLE: "This credential can only be shown whole.",
}


class ReviewScreen(WalletScreen[None]):
    """What both reviews have in common: the list, and the key that is inactive at first."""

    HOLDS_PASTE = True
    KEYS: ClassVar = (("s", "Share"), ("n", "Refuse"), ("space", "On or off"), ("f1", "Help"))
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "share", "Share"),
        Binding("n,escape", "refuse", "Refuse"),
    ]

    def __init__(self) -> None:
        super().__init__()
        # What is displayed now, completely; None while something else is on its way.
        self._review: Review | None = None
        self._armed = False
        self._arming: Timer | None = None

    def compose(self) -> ComposeResult:
        """Make who asks, the list, the reason of a line and what s would do."""
        yield self.top_bar()
        with VerticalScroll(id="asker-box"):
            yield Static("", id="asker", markup=False)
        yield ReviewList(self.words, name="values")
        yield Static("", id="why", markup=False)
        yield Static("", id="verdict", markup=False)
        yield self.key_bar()

    @property
    def review(self) -> Review | None:
        """What is displayed, None while something else is on its way."""
        return self._review

    @property
    def is_armed(self) -> bool:
        """Whether s would share what is displayed."""
        return self._armed

    def show(self, review: Review) -> None:
        """Display a review; from now on, after a moment, s shares exactly this."""
        self._review = review
        self.query_one(TopBar).say("")
        self.query_one(ReviewList).show(review)
        self.query_one("#asker", Static).update(self.asker_text(review))
        self.query_one(ReviewList).focus()
        self.disarm()
        self._arming = self.set_timer(ARM_SECONDS * self.wallet.pace, self._arm)

    def hide(self, said: str) -> None:
        """Something is on its way: what is displayed can no longer be shared."""
        self._review = None
        self.disarm()
        self.query_one(TopBar).say(said)

    def disarm(self) -> None:
        """Make the sharing key do nothing."""
        if self._arming is not None:
            self._arming.stop()
        self._armed = False
        self._tell_verdict()

    def _arm(self) -> None:
        self._armed = True
        self._tell_verdict()

    def _tell_verdict(self) -> None:
        verdict = self.query_one("#verdict", Static)
        if self._review is None:
            verdict.update("")
        elif self._review.missing_grants:
            said = self.words("More is asked than the purpose needs. Turn on what you allow, or press n.")
            verdict.update(Text(said, self.palette.tone("warn")))
        elif not self._armed:
            verdict.update(Text(self.words("Read this first ..."), self.palette.muted))
        else:
            verdict.update(Text(self.promise(self._review), self.palette.strong))

    @on(OptionList.OptionHighlighted, "#values")
    def explain(self, event: OptionList.OptionHighlighted) -> None:
        """Say why the line leaves and whether it makes one recognisable."""
        line = self.query_one(ReviewList).line_of(event.option.id)
        self.query_one("#why", Static).update(
            Text("" if line is None else self._why(line), self.palette.muted)
        )

    def _why(self, line: ReviewLine) -> str:
        if line.surplus:
            said = self.words("The purpose does not need it. Space allows it.")
        elif not line.leaves:
            said = self.words("It stays here; Space turns it on.")
        else:
            said = self.words(_WHY[line.mark])
        return f"{said} {line.linkable}" if line.linkable and line.leaves else said

    @on(OptionList.OptionSelected, "#values")
    def turn(self, event: OptionList.OptionSelected) -> None:
        """Turn a line on or off."""
        line = self.query_one(ReviewList).line_of(event.option.id)
        if line is not None and line.switch is not None and self._review is not None:
            self.turned(self._review, line.switch)

    def action_share(self) -> None:
        """Share exactly what is displayed, if it has been for a moment."""
        review = self._review
        if review is not None and self._armed and not review.missing_grants:
            self.hide(self.words("signing ..."))
            self.carry_out(review)

    def turned(self, review: Review, switch: str) -> None:
        """Display what one line more or less makes of it."""
        raise NotImplementedError

    def carry_out(self, review: Review) -> None:
        """Do what s promises."""
        raise NotImplementedError

    def action_refuse(self) -> None:
        """Say no."""
        raise NotImplementedError

    def asker_text(self, review: Review) -> Text:
        """Return who asks and what to be careful about."""
        raise NotImplementedError

    def promise(self, review: Review) -> str:
        """Return what s does."""
        raise NotImplementedError

    def warning_lines(self, review: Review) -> Text:
        """Return the warnings, each on a line of its own."""
        return Text.assemble(*((f"\n! {warning}", self.palette.tone("warn")) for warning in review.warnings))


class OnlineReview(ReviewScreen):
    """Answers a verifier on the network."""

    NAME = "A verifier asks"
    HELP = (
        "Above stands who asks and how that is known, then every value that would leave, read from "
        "exactly what would be sent. 'Mandatory' values the issuer lets nobody leave out; 'recognisable' "
        "ones let verifiers who compare notes know that it was you. s sends it, and nothing else does. n "
        "refuses."
    )

    def __init__(self, link: str, *, interaction: bool) -> None:
        super().__init__()
        self._link, self._interaction = link, interaction
        self._question: Question | None = None
        self._chosen: dict[str, str] = {}

    def on_mount(self) -> None:
        """Find out who asks what."""
        self.hide(self.words("finding out who asks ..."))
        reviewing, link, interaction = self.desk.reviewing, self._link, self._interaction
        self.work(lambda: reviewing.read(link, interaction=interaction), self._asked, failed=self._stopped)

    def _asked(self, question: Question | None) -> None:
        if question is None:
            self.notify(self.words("Nothing was asked."), markup=False)
            self.leave()
            return
        self._question = question
        self.query_one("#asker", Static).update(self._who(question))
        self._plan()

    def _plan(self) -> None:
        self.hide(self.words("preparing what would leave ..."))
        reviewing, question, chosen = self.desk.reviewing, self._question, dict(self._chosen)
        if question is not None:
            self.work(lambda: reviewing.plan(question, chosen), self._planned, failed=self._stopped)

    def _planned(self, planned: Review | Options | NoAnswer) -> None:
        if isinstance(planned, Review):
            self.show(planned)
        elif isinstance(planned, Options):
            dialog = ChooseDialog(
                self.words("Several credentials answer this. Which one?"), planned.credentials
            )
            query = planned.query
            self.app.push_screen(dialog, lambda chosen: self._choose(query, chosen))
        else:
            self.query_one(TopBar).say("")
            self._offer_to_tell(planned.reason, planned.error)

    def _choose(self, query: str, chosen: str | None) -> None:
        if chosen is None:
            self._silent()
        else:
            self._chosen[query] = chosen
            self._plan()

    def turned(self, review: Review, switch: str) -> None:
        """Grant what is asked beyond the purpose, or take the grant back."""
        self.show(self.desk.reviewing.grant(review, switch))

    def carry_out(self, review: Review) -> None:
        """Sign and send it."""
        reviewing = self.desk.reviewing
        self.work(lambda: reviewing.send(review), self._sent, failed=self._not_sent)

    def _sent(self, sent: Sent) -> None:
        self.notify(self.words("Sent to {host}.", host=sent.host), markup=False)
        if sent.follow_up is not None:
            self._asked(sent.follow_up)
            return
        self.leave()
        if sent.browser is not None:
            self.wallet.tell_browser(sent.browser)

    def _not_sent(self, error: VCError) -> None:
        self.leave()
        self.wallet.tell_trouble(error, left=False if isinstance(error, _BEFORE_SENDING) else None)

    def _stopped(self, error: VCError) -> None:
        self.leave()
        self.tell_failure(error)

    def action_refuse(self) -> None:
        """Ask whether the verifier is to be told."""
        if self._question is None:
            self.leave()
        elif self._interaction:
            self._silent()
        else:
            self._offer_to_tell("", None)

    def _offer_to_tell(self, reason: str, error: VCError | None) -> None:
        said = self.words("Tell the verifier that nothing is presented? It does not learn why.")
        question = f"{reason}\n\n{said}" if reason else said
        dialog = ConfirmDialog(question, self.words("Tell it"), self.words("Say nothing"))
        self.app.push_screen(dialog, lambda tell: self._refuse(tell=bool(tell), error=error))

    def _silent(self) -> None:
        self._refuse(tell=False, error=None)

    def _refuse(self, *, tell: bool, error: VCError | None) -> None:
        reviewing, question = self.desk.reviewing, self._question
        if question is None:
            self.leave()
            return
        self.hide(self.words("refusing ..."))
        told = self.words("Nothing left the wallet, and the verifier knows.") if tell else ""
        said = told or self.words("Nothing left the wallet.")

        def refused(_: None) -> None:
            self.notify(said, markup=False)
            self.leave()

        self.work(lambda: reviewing.refuse(question, tell=tell, error=error), refused, failed=self._stopped)

    def asker_text(self, review: Review) -> Text:
        """Return who asks, how that is known, what for, where the answer goes."""
        text = Text() if self._question is None else self._who(self._question)
        text.append_text(self.warning_lines(review))
        text.append("\n" + self.words("Signed with: {key}", key=review.signed_with), self.palette.muted)
        return text

    def _who(self, question: Question) -> Text:
        asker, palette, words = question.asker, self.palette, self.words
        tone = palette.tone("good" if asker.proven else "bad")
        text = Text.assemble((asker.name, palette.strong), ("  ", ""), (asker.how, tone))
        if asker.calls_itself:
            text.append("\n" + words("calls itself: {name}", name=asker.calls_itself), palette.text)
        purpose = asker.purpose or words("(it does not say)")
        text.append("\n" + words("for: {purpose}", purpose=purpose), palette.text)
        text.append("\n" + words("the answer goes to {address}", address=asker.address), palette.muted)
        return text

    def promise(self, review: Review) -> str:
        """Return what s does."""
        name = "" if review.asker is None else review.asker.name
        if review.asker is not None and not review.asker.proven:
            return self.words("s sends exactly this, though nobody proves who asks. n refuses.")
        return self.words("s sends exactly this to {name}. n refuses.", name=name)


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

"""Answering a verifier on the network: who asks is found out first, a refusal is told only on request."""

from __future__ import annotations

from rich.text import Text
from textual.widgets import Static

from vclib.errors import ConfigurationError, ProofGenerationError, StoreError, VCError
from wallet.desk import NoAnswer, Options, Question, Review, Sent
from wallet.screens.choose import ChooseDialog
from wallet.screens.dialogs import ConfirmDialog
from wallet.screens.review import ReviewScreen
from wallet.widgets.bars import TopBar

# What fails with these failed before anything was sent.
_BEFORE_SENDING = (ConfigurationError, ProofGenerationError, StoreError)


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
        if review.asker is not None and review.asker.reasons:
            text.append("\n" + self.words("why, in its own words:"), self.palette.muted)
            for name, reason in review.asker.reasons:
                text.append(f"\n  {name}: {reason}", self.palette.text)
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

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

from wallet.desk import Mark, Review, ReviewLine
from wallet.screens.base import WalletScreen
from wallet.widgets.bars import TopBar
from wallet.widgets.review_list import ReviewList

ARM_SECONDS = 0.8

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
    # In a small window who asks takes less room, and a reason more lines: all of it stays within reach.
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (60, "-wide")]  # noqa: RUF012 - the library's own type
    VERTICAL_BREAKPOINTS = [(0, "-low"), (24, "-high")]  # noqa: RUF012 - the library's own type
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
        if line.linkable and line.leaves:
            said += f" {line.linkable}"
        if line.reason and line.leaves and not line.surplus:
            # Last, since there are three lines: a stranger's long word must not push ours away.
            said += " " + self.words('It says: "{reason}".', reason=line.reason)
        return said

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

"""Presenting without a network: for what? The answer decides which values are proposed."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from wallet.desk import Card
from wallet.screens.base import WalletScreen
from wallet.screens.offline_review import OfflineReview

# Situation -> what it is called and what it proposes; None is the holder's own choice.
SITUATION_WORDS: tuple[tuple[str | None, str, str], ...] = (
    ("venue", "A venue", "name, date of birth, what it is about"),
    ("border", "A border", "also vaccine or test, maker and country"),
    ("clinic", "A clinic", "everything: for those who treat you"),
    (None, "My own choice", "begin with what is mandatory and turn on what you like"),
)


class PresentScreen(WalletScreen[None]):
    """Asks for the situation, and for what the door shows if it shows something."""

    NAME = "Present"
    HELP = (
        "A situation proposes the values that such a place needs; you can change them on the next screen."
        " If the door shows a challenge and its address, type both: then the code is good for this door "
        "only, and for this once."
    )
    KEYS: ClassVar = (("enter", "Review"), ("escape", "Back"), ("f1", "Help"))
    HOLDS_PASTE = True
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Back")]

    def __init__(self, card: Card) -> None:
        super().__init__()
        self._card = card

    def compose(self) -> ComposeResult:
        """Make the list and the two fields."""
        words = self.words
        yield self.top_bar()
        with Vertical(id="present"):
            yield Static(Text(f"{self._card.title}, {self._card.person}", "bold"), markup=False)
            yield Static(Text(words("For what?")), classes="label")
            yield OptionList(*self._options(), id="situations", markup=False)
            yield Label(Text(words("Challenge that the door shows (empty: none)")))
            yield Input(id="challenge", max_length=200)
            yield Label(Text(words("Address of the door (empty: none)")))
            yield Input(id="domain", max_length=300)
        yield self.key_bar()

    def on_mount(self) -> None:
        """Begin with the situation that is set."""
        names = [situation for situation, _, _ in SITUATION_WORDS]
        situations = self.query_one(OptionList)
        wanted = self.desk.preferences.situation
        situations.highlighted = names.index(wanted) if wanted in names else 0
        situations.focus()

    def _options(self) -> list[Option]:
        words, palette = self.words, self.palette
        return [
            Option(Text.assemble((f" {words(name)}", palette.strong), (f"  {words(told)}", palette.muted)))
            for _, name, told in SITUATION_WORDS
        ]

    @on(OptionList.OptionSelected, "#situations")
    @on(Input.Submitted)
    def review(self) -> None:
        """Show what would be shown."""
        situations = self.query_one(OptionList)
        situation = SITUATION_WORDS[situations.highlighted or 0][0]
        challenge = self.query_one("#challenge", Input).value.strip()
        domain = self.query_one("#domain", Input).value.strip()
        if bool(challenge) != bool(domain):
            said = self.words("A door shows both or neither: type challenge and address.")
            self.notify(said, severity="warning", markup=False)
            return
        self.app.switch_screen(OfflineReview(self._card, situation, challenge, domain))

    def action_leave(self) -> None:
        """Go back."""
        self.leave()

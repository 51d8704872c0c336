"""The recovery phrase: what it is for, the words, then some of them asked back; only then it counts.

The words stand on the screen and nowhere else: they cannot be selected or copied (threat K9), and the screen
is left with them when the wallet locks. Nothing is written before the words that were asked back fit.
"""

from __future__ import annotations

from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Button, Input, Label, Static

from wallet.desk import ASKED_BACK, VCError
from wallet.screens.base import WalletScreen
from wallet.screens.dialogs import ConfirmDialog
from wallet.widgets.bars import TopBar
from wallet.widgets.fields import focus_next

_ABOUT = (
    "Twelve words on paper that open this wallet if you forget its passphrase. A backup that is made with "
    "them instead of a passphrase opens with them on any computer. Whoever has the paper and the file has "
    "the wallet: keep them apart."
)
_THERE_IS_ONE = (
    "There is a recovery phrase. New words take its place; the old ones then open this file no more."
)
_WRITE = "Write these words on paper, in this order. They are shown this once, and nothing is saved yet."
_TYPE = "Type these words from your paper. If they fit, the phrase counts from now on."

_COLUMNS = 3


class RecoveryScreen(WalletScreen[None]):
    """Makes a recovery phrase in three steps: about it, the words, the words asked back."""

    NAME = "Recovery phrase"
    HELP = _ABOUT
    HOLDS_PASTE = True
    ALLOW_SELECT = False
    KEYS: ClassVar = (("enter", "Next"), ("escape", "Back"), ("f1", "Help"))
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "back", "Back")]

    def __init__(self) -> None:
        super().__init__()
        self._phrase = ""
        self._places: tuple[int, ...] = ()

    def compose(self) -> ComposeResult:
        """Make the text, the words, the fields and the buttons; each step shows its own."""
        yield self.top_bar()
        with VerticalScroll(id="form"):
            yield Static("", id="about", markup=False)
            yield Static("", id="phrase", markup=False)
            with Vertical(id="asked-back"):
                for _ in range(ASKED_BACK):
                    yield Label("", classes="place", markup=False)
                    yield Input(max_length=20)
            yield Static("", id="form-notice", markup=False)
            yield Button("", id="do", variant="primary")
            yield Button(self.words("Take it away"), id="remove")
        yield self.key_bar()

    def on_mount(self) -> None:
        """Begin with what it is for."""
        self._tell_about()

    def _tell_about(self) -> None:
        self._phrase = ""
        is_set = self.desk.safekeeping.has_phrase
        said = self.words(_ABOUT) + ("\n\n" + self.words(_THERE_IS_ONE) if is_set else "")
        self._step(said, self.words("Show the words"))
        self.query_one("#remove").display = is_set

    def _show_words(self) -> None:
        self._phrase, self._places = self.desk.safekeeping.propose_phrase()
        self._step(self.words(_WRITE), self.words("I have written them down"))

    def _ask_back(self) -> None:
        self._step(self.words(_TYPE), self.words("Done"), words=False)
        for label, place in zip(self.query(".place").results(Label), self._places, strict=True):
            label.update(Text(self.words("Word {number}", number=place)))
        for field in self.query(Input):
            field.value = ""
        self.query_one("#asked-back").display = True
        self.query(Input).first().focus()

    def _step(self, about: str, do: str, *, words: bool = True) -> None:
        self.query_one("#about", Static).update(Text(about))
        shown = self.query_one("#phrase", Static)
        shown.display = words and bool(self._phrase)
        shown.update(self._numbered() if shown.display else "")
        self.query_one("#asked-back").display = self.query_one("#remove").display = False
        self.query_one("#form-notice", Static).update("")
        button = self.query_one("#do", Button)
        button.label = Text(do)
        button.disabled = False
        button.focus()

    def _numbered(self) -> Table:
        palette = self.palette
        table = Table.grid(padding=(0, 4, 0, 0))
        numbered = [
            Text.assemble((f"{number:>2}  ", palette.muted), (word, palette.strong))
            for number, word in enumerate(self._phrase.split(), start=1)
        ]
        for row in range(0, len(numbered), _COLUMNS):
            table.add_row(*numbered[row : row + _COLUMNS])
        return table

    @on(Button.Pressed, "#do")
    def go_on(self) -> None:
        """Go to the next step, or make it count."""
        if not self._phrase:
            self._show_words()
        elif not self.query_one("#asked-back").display:
            self._ask_back()
        else:
            self._keep()

    @on(Input.Submitted)
    def next_field(self, event: Input.Submitted) -> None:
        """Go to the next field, or make it count."""
        if not focus_next(self, event.input):
            self._keep()

    def _keep(self) -> None:
        safekeeping, phrase, places = self.desk.safekeeping, self._phrase, self._places
        answers = tuple(field.value for field in self.query(Input))
        self.query_one(TopBar).say(self.words("saving ..."))
        self.query_one("#do", Button).disabled = True
        self.work(
            lambda: safekeeping.keep_phrase(phrase, places, answers),
            lambda _: self._leave_saying(self.words("The recovery phrase counts from now on.")),
            failed=self._failed,
        )

    def _failed(self, error: VCError) -> None:
        self.query_one(TopBar).say("")
        self.query_one("#do", Button).disabled = False
        said = self.words.told(error.message) + "\n" + self.words("Nothing was saved.")
        self.query_one("#form-notice", Static).update(Text(said, self.palette.tone("bad")))

    @on(Button.Pressed, "#remove")
    def take_away(self) -> None:
        """Ask, then take the phrase away."""
        question = self.words("Take the recovery phrase away? Backups that were made with it keep it.")
        self.app.push_screen(
            ConfirmDialog(question, self.words("Take it away"), self.words("No")), self._take_away
        )

    def _take_away(self, yes: bool | None) -> None:
        if yes:
            said = self.words("There is no recovery phrase any more.")
            self.work(self.desk.safekeeping.remove_phrase, lambda _: self._leave_saying(said))

    def _leave_saying(self, said: str) -> None:
        self.notify(said, markup=False, timeout=10)
        self.leave()

    def action_back(self) -> None:
        """Go one step back: from the fields to the words, from the words to the beginning, then out."""
        if not self._phrase:
            self.leave()
        elif self.query_one("#asked-back").display:
            self._step(self.words(_WRITE), self.words("I have written them down"))
        else:
            self._tell_about()

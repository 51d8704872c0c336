"""The first screen: open the wallet, or make one.

A wrong passphrase says no more than that, and each makes the next try wait longer (threat K7). Nothing is
ever deleted. What is typed is never shown and is forgotten with the screen.
"""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Center, Middle, Vertical
from textual.widgets import Button, Input, Label, Static

from wallet.desk import MIN_CHARACTERS, SealingError, VCError, strength_of
from wallet.screens.base import WalletScreen
from wallet.screens.safekeeping import RecoverScreen

_MAX_DELAY_SECONDS = 30
_METER = "▰"
_EMPTY = "▱"


class UnlockScreen(WalletScreen[None]):
    """Asks for the passphrase; on the first run for a new one and a name."""

    NAME = "Health wallet"
    HELP = (
        "Your credentials and keys are in one file on this computer, sealed under your passphrase. Nobody"
        " can recover it for you: whoever forgets it needs a backup and the passphrase of that. Several "
        "words that have nothing to do with each other are easy to remember and hard to guess."
    )
    KEYS: ClassVar = (("enter", "Open"), ("f1", "Help"), ("ctrl+q", "Quit"))
    BINDINGS: ClassVar[list[BindingType]] = [Binding("f2", "recover", "Open with the recovery phrase")]

    def __init__(self, notice: str = "") -> None:
        super().__init__()
        self._notice = notice
        self._wrong = 0
        self._recoverable = False

    def compose(self) -> ComposeResult:
        """Make the form."""
        new = not self.desk.exists
        self._recoverable = self.desk.has_phrase
        yield self.top_bar()
        with Middle(), Center(), Vertical(id="unlock"):
            yield Static(
                Text(self.words("Make your wallet") if new else self.words("Open your wallet")),
                id="unlock-title",
            )
            path = Text(str(self.desk.path), no_wrap=True, overflow="ellipsis")
            yield Static(path, id="unlock-path", markup=False)
            # The name comes last: a passphrase that is typed ahead lands in no field that shows it.
            yield Label(Text(self.words("New passphrase") if new else self.words("Passphrase")))
            yield Input(password=True, id="passphrase", max_length=1000)
            if new:
                yield Static("", id="strength", markup=False)
                yield Label(Text(self.words("The same again")))
                yield Input(password=True, id="again", max_length=1000)
                yield Label(Text(self.words("Your name, as you like to see it here")))
                yield Input(id="name", max_length=100)
            yield Static(Text(self._notice), id="unlock-notice", markup=False)
            if self._recoverable:
                yield Static(
                    Text(self.words("Forgotten? F2 opens it with the recovery phrase.")), id="forgotten"
                )
            yield Button(
                self.words("Make the wallet") if new else self.words("Open"), id="open", variant="primary"
            )
        yield self.key_bar()

    def on_mount(self) -> None:
        """Begin with the first field."""
        self.query(Input).first().focus()

    @on(Input.Changed, "#passphrase")
    def show_strength(self, event: Input.Changed) -> None:
        """Say how hard a new passphrase is to guess."""
        for meter in self.query("#strength").results(Static):
            strength = strength_of(event.value)
            tone = ("bad", "bad", "warn", "good", "good")[strength.step]
            bar = _METER * (strength.step + 1) + _EMPTY * (4 - strength.step)
            meter.update(
                Text(f"{bar} {self.words(strength)}" if event.value else "", self.palette.tone(tone))
            )

    @on(Input.Submitted)
    def next_field(self, event: Input.Submitted) -> None:
        """Go to the next field; after the last one, open."""
        if event.input.id == "again" and event.value != self.query_one("#passphrase", Input).value:
            self._say(self.words("The two passphrases differ."))
            event.input.value = ""
            return
        fields = list(self.query(Input))
        place = fields.index(event.input)
        if place + 1 < len(fields):
            fields[place + 1].focus()
        else:
            self.try_open()

    @on(Button.Pressed, "#open")
    def try_open(self) -> None:
        """Open or make the wallet with what was typed."""
        passphrase = self.query_one("#passphrase", Input).value
        if self._wait_is_on or not passphrase:
            return
        if not self.query("#again"):
            self._start(lambda: self.desk.unlock(passphrase), self.words("opening ..."))
            return
        if len(passphrase) < MIN_CHARACTERS:
            self._say(self.words("A passphrase needs at least {count} characters.", count=MIN_CHARACTERS))
        elif passphrase != self.query_one("#again", Input).value:
            self._say(self.words("The two passphrases differ."))
        else:
            name = self.query_one("#name", Input).value.strip()
            self._start(lambda: self.desk.create(passphrase, name), self.words("making the wallet ..."))

    def action_recover(self) -> None:
        """Open it with the recovery phrase, if it has one."""
        if self._recoverable and not self._wait_is_on:
            self.app.push_screen(RecoverScreen())

    @property
    def _wait_is_on(self) -> bool:
        return self.query_one("#open", Button).disabled

    def _start(self, call, said: str) -> None:  # type: ignore[no-untyped-def]  # a call without a result
        self.query_one("#open", Button).disabled = True
        self._say(said, "note")
        self.work(call, self._opened, failed=self._failed)

    def _opened(self, _: None) -> None:
        for field in self.query(Input):
            field.value = ""
        self.wallet.opened()

    def _failed(self, error: VCError) -> None:
        self.query_one("#passphrase", Input).value = ""
        if not isinstance(error, SealingError):
            self._say(self.words.told(error.message))
            self._may_try()
            return
        self._wrong += 1
        delay = min(2 ** (self._wrong - 1), _MAX_DELAY_SECONDS)
        self._say(self.words.count("Wrong. Wait one second.", "Wrong. Wait {count} seconds.", delay))
        self.set_timer(delay * self.wallet.pace, self._may_try)

    def _may_try(self) -> None:
        self.query_one("#open", Button).disabled = False
        self.query_one("#passphrase", Input).focus()

    def _say(self, text: str, tone: str = "bad") -> None:
        self.query_one("#unlock-notice", Static).update(Text(text, self.palette.tone(tone)))

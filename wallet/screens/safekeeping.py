"""Backing up, restoring, and another passphrase: forms that say what they did."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Button, Input, Label, Static

from wallet.desk import ConfigurationError, VCError
from wallet.screens.base import WalletScreen
from wallet.widgets.bars import TopBar


class FormScreen(WalletScreen[None]):
    """A form: FIELDS are (id, label, hidden); ABOUT stands above, DO is on the button."""

    FIELDS: ClassVar[tuple[tuple[str, str, bool], ...]] = ()
    ABOUT: ClassVar[str] = ""
    DO: ClassVar[str] = ""
    HOLDS_PASTE = True
    KEYS: ClassVar = (("enter", "Next"), ("escape", "Back"), ("f1", "Help"))
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Back")]

    def compose(self) -> ComposeResult:
        """Make the form."""
        yield self.top_bar()
        with VerticalScroll(id="form"):
            yield Static(Text(self.words(self.ABOUT)), id="about", markup=False)
            for name, label, hidden in self.FIELDS:
                yield Label(Text(self.words(label)))
                yield Input(self.proposal(name), password=hidden, id=name, max_length=2000)
            yield Static("", id="form-notice", markup=False)
            yield Button(self.words(self.DO), id="do", variant="primary")
        yield self.key_bar()

    def on_mount(self) -> None:
        """Begin with the first field."""
        self.query(Input).first().focus()

    def proposal(self, name: str) -> str:
        """Return what stands in a field at first."""
        return ""

    def typed(self, name: str) -> str:
        """Return what was typed into a field."""
        return self.query_one(f"#{name}", Input).value

    @on(Input.Submitted)
    def next_field(self, event: Input.Submitted) -> None:
        """Go to the next field, or end."""
        fields = list(self.query(Input))
        place = fields.index(event.input)
        if place + 1 < len(fields):
            fields[place + 1].focus()
        else:
            self.start()

    @on(Button.Pressed, "#do")
    def start(self) -> None:
        """Do it in a thread."""
        try:
            call = self.prepared()
        except ConfigurationError as err:
            self.failed(err)
            return
        self.query_one(TopBar).say(self.words("working ..."))
        self.query_one("#do", Button).disabled = True
        self.work(call, self.done, failed=self.failed)

    def prepared(self) -> Callable[[], str]:
        """Return what is to be done, which returns what to say; ConfigurationError for what was typed."""
        raise NotImplementedError

    def done(self, said: str) -> None:
        """Say that it is done, and go back."""
        self.notify(said, markup=False, timeout=10)
        self.leave()

    def failed(self, error: VCError) -> None:
        """Say what was wrong; nothing was changed."""
        self.query_one(TopBar).say("")
        self.query_one("#do", Button).disabled = False
        notice = self.query_one("#form-notice", Static)
        notice.update(Text(self.words(error.message), self.palette.tone("bad")))

    def twice(self, first: str, second: str) -> str:
        """Return a passphrase that was typed twice; ConfigurationError."""
        if self.typed(first) != self.typed(second):
            raise ConfigurationError("the two passphrases differ")
        return self.typed(first)

    def path(self, name: str) -> Path:
        """Return a file that was named; ConfigurationError."""
        if not self.typed(name).strip():
            raise ConfigurationError("say which file")
        return Path(self.typed(name).strip()).expanduser()

    def action_leave(self) -> None:
        """Go back."""
        self.leave()


class BackupScreen(FormScreen):
    """Writes everything to one sealed file."""

    NAME = "Back up"
    ABOUT = (
        "Everything in the wallet, keys too, goes into one file under a passphrase of its own. Keep the file "
        "away from this computer, and its passphrase away from the file."
    )
    HELP = ABOUT
    DO = "Write the backup"
    FIELDS = (
        ("file", "New file", False),
        ("passphrase", "Passphrase of the backup", True),
        ("again", "The same again", True),
    )

    def proposal(self, name: str) -> str:
        """Propose a file at home, with the day in its name."""
        return str(Path.home() / f"wallet-{self.desk.clock():%Y-%m-%d}.backup") if name == "file" else ""

    def prepared(self) -> Callable[[], str]:
        """Write it."""
        path, passphrase = self.path("file"), self.twice("passphrase", "again")
        said = self.words("Backed up to {path}", path=str(path))

        def write() -> str:
            self.desk.back_up(path, passphrase)
            return said

        return write


class RestoreScreen(FormScreen):
    """Adds what a backup holds."""

    NAME = "Restore"
    ABOUT = "What the backup holds and this wallet does not is added; nothing is replaced or deleted."
    HELP = ABOUT
    DO = "Restore"
    FIELDS = (("file", "File of the backup", False), ("passphrase", "Passphrase of the backup", True))

    def prepared(self) -> Callable[[], str]:
        """Restore it."""
        path, passphrase = self.path("file"), self.typed("passphrase")
        return lambda: self.desk.restore(path, passphrase)


class PassphraseScreen(FormScreen):
    """Seals the wallet under another passphrase."""

    NAME = "Change the passphrase"
    ABOUT = "The wallet will open with the new passphrase. Copies and backups made before keep the old one."
    HELP = ABOUT
    DO = "Change it"
    FIELDS = (("passphrase", "New passphrase", True), ("again", "The same again", True))

    def prepared(self) -> Callable[[], str]:
        """Change it."""
        passphrase = self.twice("passphrase", "again")
        said = self.words("The passphrase was changed.")

        def change() -> str:
            self.desk.change_passphrase(passphrase)
            return said

        return change

"""A form in general: fields one below the other, a button, and a line that says what was wrong."""

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
from wallet.widgets.fields import focus_next


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
        if not focus_next(self, event.input):
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
        notice.update(Text(self.words.told(error.message), self.palette.tone("bad")))

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

"""Small questions on top of a screen: yes or no, one or two lines of text, and what went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Static

from wallet.widgets.fields import focus_next


class ConfirmDialog(ModalScreen[bool]):
    """Asks; what cannot be undone is never the default."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "refuse", show=False)]

    def __init__(self, question: str, yes: str, no: str = "") -> None:
        super().__init__()
        self._question, self._yes, self._no = question, yes, no

    def compose(self) -> ComposeResult:
        """Make question and buttons."""
        with Vertical(classes="dialog"):
            yield Static(Text(self._question), markup=False)
            with Horizontal(classes="buttons"):
                yield Button(Text(self._no or "No"), id="no")
                yield Button(Text(self._yes), id="yes", variant="error")

    def on_mount(self) -> None:
        """Begin with no."""
        self.query_one("#no").focus()

    @on(Button.Pressed)
    def answered(self, event: Button.Pressed) -> None:
        """Give the answer."""
        self.dismiss(event.button.id == "yes")

    def action_refuse(self) -> None:
        """Say no."""
        self.dismiss(False)


class TextDialog(ModalScreen["tuple[str, ...] | None"]):
    """Asks for lines of text: (label, what stands there, hidden) each; returns them, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", show=False)]

    def __init__(self, title: str, fields: Sequence[tuple[str, str, bool]], done: str, cancel: str) -> None:
        super().__init__()
        self._title, self._fields, self._done, self._cancel = title, tuple(fields), done, cancel

    def compose(self) -> ComposeResult:
        """Make the form."""
        with Vertical(classes="dialog"):
            yield Static(Text(self._title, "bold"), markup=False)
            for label, value, hidden in self._fields:
                yield Label(Text(label))
                yield Input(value, password=hidden, max_length=200_000)
            with Horizontal(classes="buttons"):
                yield Button(Text(self._cancel), id="cancel")
                yield Button(Text(self._done), id="done", variant="primary")

    def on_mount(self) -> None:
        """Begin with the first field."""
        self.query(Input).first().focus()

    @on(Input.Submitted)
    def next_field(self, event: Input.Submitted) -> None:
        """Go to the next field, or end."""
        if not focus_next(self, event.input):
            self.give()

    @on(Button.Pressed, "#done")
    def give(self) -> None:
        """Return what was typed."""
        self.dismiss(tuple(field.value for field in self.query(Input)))

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Return nothing."""
        self.dismiss(None)


class TroubleDialog(ModalScreen[None]):
    """Says what happened, whether anything left the wallet, and what to do next."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter", "close", show=False)]

    def __init__(self, title: str, lines: Sequence[tuple[str, str]], close: str) -> None:
        super().__init__()
        self._title, self._lines, self._close = title, tuple(lines), close

    def compose(self) -> ComposeResult:
        """Make the text."""
        with Vertical(classes="dialog trouble"):
            yield Static(Text(self._title, "bold"), id="trouble-title", markup=False)
            with VerticalScroll(classes="dialog-text"):
                for label, line in self._lines:
                    yield Static(
                        Text.assemble((f"{label}\n", "bold"), line), classes="trouble-line", markup=False
                    )
            with Horizontal(classes="buttons"):
                yield Button(Text(self._close), id="close", variant="primary")

    def on_mount(self) -> None:
        """Begin with the button."""
        self.query_one("#close").focus()

    @on(Button.Pressed)
    def action_close(self) -> None:
        """Go back."""
        self.dismiss(None)

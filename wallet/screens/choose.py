"""A short list to choose one thing from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option


class ChooseDialog(ModalScreen["str | None"]):
    """Returns the id of what was chosen, None for nothing; `choices` are (id, words)."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", show=False)]

    def __init__(self, question: str, choices: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._question, self._choices = question, tuple(choices)

    def compose(self) -> ComposeResult:
        """Make question and list."""
        with Vertical(classes="dialog"):
            yield Static(Text(self._question, "bold"), markup=False)
            yield OptionList(
                *(Option(Text(text), id=str(number)) for number, (_, text) in enumerate(self._choices)),
                markup=False,
            )

    @on(OptionList.OptionSelected)
    def chosen(self, event: OptionList.OptionSelected) -> None:
        """Return what was chosen."""
        self.dismiss(self._choices[event.option_index][0])

    def action_cancel(self) -> None:
        """Return nothing."""
        self.dismiss(None)

"""The line on top, which says where one is, and the line at the bottom, which says what the keys do."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.events import Click
from textual.widgets import Static

# Key -> how it is written.
_KEY_NAMES = {"escape": "Esc", "enter": "Enter", "space": "Space", "slash": "/", "f1": "F1", "ctrl+l": "^L"}


class TopBar(Horizontal):
    """Title at the left, what is going on at the right."""

    def __init__(self, title: str, state: str = "") -> None:
        super().__init__()
        self._title, self._state = title, state

    def compose(self) -> ComposeResult:
        """Make the two texts."""
        yield Static(Text(f" {self._title}"), id="top-title", markup=False)
        yield Static(Text(f"{self._state} "), id="top-state", markup=False)

    def say(self, state: str) -> None:
        """Show what is going on."""
        self._state = state
        if self.is_mounted:
            self.query_one("#top-state", Static).update(Text(f"{state} "))

    def name_it(self, title: str) -> None:
        """Show another title."""
        self.query_one("#top-title", Static).update(Text(f" {title}"))


class KeyItem(Static):
    """A key and what it does; a click is the key."""

    def __init__(self, key: str, label: str) -> None:
        name = _KEY_NAMES.get(key, key)
        super().__init__(Text.assemble((name, "bold"), f" {label}"), markup=False)
        self.key = key

    def on_click(self, event: Click) -> None:
        """Press the key."""
        event.stop()
        self.app.simulate_key(self.key)


class KeyBar(Horizontal):
    """The keys of a screen, those that matter most first; what does not fit is in the help."""

    def __init__(self, keys: Iterable[tuple[str, str]]) -> None:
        super().__init__()
        self._keys = tuple(keys)

    def compose(self) -> ComposeResult:
        """Make an item for each key."""
        for key, label in self._keys:
            yield KeyItem(key, label)

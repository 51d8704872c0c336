"""The line on top, which says where one is, and the line at the bottom, which says what the keys do.

Each is one widget that draws itself: a screen with few widgets is there at once.
"""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text
from textual.events import Click
from textual.widget import Widget

# Key -> how it is written.
_KEY_NAMES = {"escape": "Esc", "enter": "Enter", "space": "Space", "slash": "/", "f1": "F1", "ctrl+l": "^L"}
_KEY_NAMES |= {"ctrl+q": "^Q", "ctrl+e": "^E", "ctrl+d": "^D"}


class TopBar(Widget):
    """Title at the left, what is going on at the right."""

    def __init__(self, title: str, state: str = "") -> None:
        super().__init__()
        self._title, self._state = title, state

    def say(self, state: str) -> None:
        """Show what is going on."""
        self._state = state
        self.refresh()

    def name_it(self, title: str) -> None:
        """Show another title."""
        self._title = title
        self.refresh()

    def render(self) -> Text:
        """Draw both; a title that is too long ends in an ellipsis."""
        state = Text(f" {self._state} ")
        title = Text(f" {self._title}", "bold")
        title.truncate(max(1, self.size.width - state.cell_len), overflow="ellipsis", pad=True)
        return Text.assemble(title, state, no_wrap=True)


class KeyBar(Widget):
    """The keys of a screen, most wanted first; what does not fit is in the help. A click is the key."""

    def __init__(self, keys: Iterable[tuple[str, str]]) -> None:
        super().__init__()
        self._keys = tuple(keys)

    def render(self) -> Text:
        """Draw what fits, each key whole."""
        items = (self._item(key, label) for key, label in self._keys)
        line = Text(no_wrap=True)
        for item in items:
            if line.cell_len + item.cell_len <= self.size.width:
                line.append_text(item)
        return line

    def on_click(self, event: Click) -> None:
        """Press the key that stands where the click was."""
        event.stop()
        end = 0
        for key, label in self._keys:
            width = self._item(key, label).cell_len
            if end + width <= self.size.width:
                end += width
                if event.x < end:
                    self.app.simulate_key(key)
                    return

    @staticmethod
    def _item(key: str, label: str) -> Text:
        return Text.assemble(" ", (_KEY_NAMES.get(key, key), "bold"), f" {label} ")

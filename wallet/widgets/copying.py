"""Copying a text that is no secret, and taking it back after a while if it is still there (threat K9)."""

from __future__ import annotations

from textual.app import App

_SECONDS = 30


class Copying(App[None]):
    """An application that copies; `pace` stretches its waits, tests set it near 0."""

    pace: float = 1.0

    def copy(self, text: str, said: str) -> None:
        """Copy a text that is no secret, and say so."""
        self.copy_to_clipboard(text)
        self.notify(said, markup=False)
        self.set_timer(_SECONDS * self.pace, lambda: self._clear_clipboard(text))

    def _clear_clipboard(self, text: str) -> None:
        if self.clipboard == text:
            self.copy_to_clipboard("")

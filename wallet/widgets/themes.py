"""The two looks of the wallet, and the styles that say how much something matters.

Whatever a colour says is also said in words or by a sign, for terminals and people without colours.
"""

from __future__ import annotations

from rich.style import Style
from textual.app import App
from textual.theme import Theme

DARK = Theme(
    name="wallet-dark",
    dark=True,
    primary="#7ab8d4",
    secondary="#9fb0bd",
    accent="#7ab8d4",
    foreground="#dfe6ec",
    background="#12181e",
    surface="#1a222a",
    panel="#253039",
    success="#86c893",
    warning="#e3b868",
    error="#ec8478",
    variables={"footer-key-foreground": "#7ab8d4", "input-selection-background": "#7ab8d4 35%"},
)
LIGHT = Theme(
    name="wallet-light",
    dark=False,
    primary="#12617f",
    secondary="#54636e",
    accent="#12617f",
    foreground="#1d2830",
    background="#f6f5f1",
    surface="#ffffff",
    panel="#e4e8ea",
    success="#23703c",
    warning="#8a5a00",
    error="#ab2a1f",
    variables={"footer-key-foreground": "#12617f", "input-selection-background": "#12617f 25%"},
)

# Tone -> sign before the words; signs of the basic plane that every font has.
SIGNS = {"good": "✓", "note": "○", "warn": "!", "bad": "✗"}


class Palette:
    """Rich styles of a theme."""

    def __init__(self, theme: Theme) -> None:
        self.text = Style(color=theme.foreground)
        self.strong = Style(color=theme.foreground, bold=True)
        self.muted = Style(color=theme.secondary)
        self.heading = Style(color=theme.primary, bold=True)
        self.accent = Style(color=theme.primary)
        self.background = Style(bgcolor=theme.background)
        self.surface = Style(bgcolor=theme.surface)
        self.chosen = Style(bgcolor=theme.panel)
        self._tones = {
            "good": Style(color=theme.success),
            "note": Style(color=theme.secondary),
            "warn": Style(color=theme.warning),
            "bad": Style(color=theme.error, bold=True),
        }

    @classmethod
    def of(cls, app: App[object]) -> Palette:
        """Return the styles of the theme that an application shows now."""
        return _LIGHT if app.theme == LIGHT.name else _DARK

    def tone(self, name: str) -> Style:
        """Return the style of a tone: "good", "note", "warn", "bad"."""
        return self._tones[name]


# Made once: every line that is drawn asks for them.
_DARK, _LIGHT = Palette(DARK), Palette(LIGHT)

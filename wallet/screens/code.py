"""A signed presentation, full-screen: as a QR code if it fits the window, else what to do instead."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from wallet.desk import Code, inert, link_to, unused
from wallet.screens.base import WalletScreen
from wallet.screens.dialogs import TextDialog
from wallet.widgets.code_view import CodeView


class CodeScreen(WalletScreen[None]):
    """Shows a code. It was signed, and the history has it."""

    NAME = "Show this code"
    HELP = (
        "Hold the screen before the scanner. Where the window is too small for the whole code it is not "
        "drawn: make the window larger or the letters smaller, or press f to write a picture or a file."
    )
    HOLDS_PASTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "file", "Write a file"),
        Binding("escape,enter,q", "leave", "Back"),
    ]

    def __init__(self, code: Code, title: str) -> None:
        super().__init__()
        self._code, self._title = code, title
        self._written: Path | None = None

    def compose(self) -> ComposeResult:
        """Make the code, the text instead of it, and one line."""
        yield CodeView(self._code.rows())
        yield Static("", id="no-code", markup=False)
        yield Static("", id="code-keys", markup=False)

    def on_mount(self) -> None:
        """Choose what can be shown."""
        self.call_after_refresh(self._choose)

    def on_resize(self) -> None:
        """Choose again for another window."""
        self.call_after_refresh(self._choose)

    def _choose(self) -> None:
        view, instead = self.query_one(CodeView), self.query_one("#no-code", Static)
        view.display = True
        fits = self.size.width >= view.columns > 0 and self.size.height - 1 >= view.lines
        view.display, instead.display = fits, not fits
        words = self.words
        keys = words("f writes a picture or a file · Esc goes back")
        self.query_one("#code-keys", Static).update(Text(keys, justify="center"))
        if fits:
            return
        if view.columns:
            said = words(
                "The code needs a window of {columns} columns and {lines} lines; this one has {width} and "
                "{height}. Make it larger or the letters smaller, or press f to write a picture.",
                columns=view.columns,
                lines=view.lines + 1,
                width=self.size.width,
                height=self.size.height,
            )
        else:
            said = words("This is too much for one code. Press f to write a file, or go back and show less.")
        text = Text(f"{self._title}\n\n{said}", justify="center")
        if self._written is not None:
            # A terminal that knows links opens it by a click; in others one can read where it is.
            address = link_to(self._written)
            text = Text.assemble(
                f"{self._title}\n\n",
                self.words("Show this file to the verifier instead:") + "\n\n",
                (inert(address), Style(link=address, underline=True)),
                justify="center",
            )
        instead.update(text)

    def action_file(self) -> None:
        """Ask for a name and write it."""
        words = self.words
        kind = "png" if self._code.qr is not None else "json"
        proposed = unused(Path.home() / f"presentation.{kind}")
        label = words("Name of the new file: .png or .svg for a picture, .json for the presentation itself")
        fields = [(label, str(proposed), False)]
        self.app.push_screen(
            TextDialog(words("Write a file"), fields, words("Write"), words("Cancel")), self._write
        )

    def _write(self, typed: tuple[str, ...] | None) -> None:
        if typed and typed[0].strip():
            path = Path(typed[0].strip()).expanduser()
            self.work(lambda: self._code.write(path), lambda _: self._wrote(path))

    def _wrote(self, path: Path) -> None:
        self.notify(self.words("Written: {path}", path=inert(str(path))), markup=False)
        self._written = path
        self._choose()

    def action_leave(self) -> None:
        """Go back."""
        self.leave()

"""The wallet on the terminal: opens on the passphrase, locks when it is left alone, and goes between screens.

What is pasted anywhere is looked at here first: a link leads to its screen, one at a time (threat L6); what
is too long is cut before any widget sees it (J5). Not here: what the screens show and do (`wallet.screens`),
what is decided (`wallet.desk` and below).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar

from textual import events
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from wallet.desk import Card, Desk, VCError, trouble_lines
from wallet.messages import LinkPasted
from wallet.screens import going
from wallet.screens.base import WalletScreen
from wallet.screens.dialogs import TroubleDialog
from wallet.screens.help import HelpScreen
from wallet.screens.home import HomeScreen
from wallet.screens.unlock import UnlockScreen
from wallet.widgets.resting import Resting
from wallet.widgets.themes import DARK, LIGHT


class WalletApp(Resting):
    """The application. `pace` stretches the short waits; tests set it to 0.

    `has_hung_up` says whether its terminal is gone.
    """

    CSS_PATH = "wallet.tcss"
    TITLE = "Health wallet"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+l", "lock", "Lock", priority=True),
        Binding("ctrl+q", "quit", "Quit", priority=True),
        Binding("f1", "help", "Help", priority=True),
        Binding("l", "go('history')", "History"),
    ]

    def __init__(
        self,
        desk: Desk,
        *,
        link: str | None = None,
        pace: float = 1.0,
        has_hung_up: Callable[[], bool] | None = None,
    ) -> None:
        super().__init__()
        self._has_hung_up = has_hung_up
        self.desk = desk
        self.pace = pace
        self._link = link

    def on_mount(self) -> None:
        """Show the first screen."""
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = DARK.name
        if self.desk.is_open:
            self.opened()
        else:
            self.push_screen(UnlockScreen())
        self.set_interval(5, self.lock_if_idle)
        if self._has_hung_up is not None:
            self.set_interval(1, self.end_if_hung_up)

    def opened(self) -> None:
        """Show the wallet, which was just opened."""
        self.use_preferences()
        self._leave_all()
        self.push_screen(HomeScreen())
        if self._link is not None:
            link, self._link = self._link, None
            self.follow(link, person=None)

    def use_preferences(self) -> None:
        """Take the theme that is set."""
        self.theme = LIGHT.name if self.desk.preferences.theme == "light" else DARK.name

    def lock_if_idle(self) -> None:
        """Lock the wallet if nobody has touched a key for as long as the holder set."""
        if self.desk.is_open and self.idle_seconds >= self.desk.preferences.idle_minutes * 60:
            self.lock(self.desk.words("Locked, because nobody touched a key for a while."))

    def end_if_hung_up(self) -> None:
        """End where the terminal is gone: nobody sees the open wallet, and nobody could lock it."""
        if self._has_hung_up is not None and self._has_hung_up():
            self.desk.lock()
            self.exit()

    def action_lock(self) -> None:
        """Lock the wallet."""
        if self.desk.is_open:
            self.lock(self.desk.words("Locked."))

    def lock(self, notice: str) -> None:
        """Close the wallet and everything that shows something of it."""
        self._leave_all()
        self.clear_notifications()
        self.desk.lock()
        self.push_screen(UnlockScreen(notice))
        # One that was given a moment ago is still on its way, and names what is in the wallet.
        self.call_later(self.clear_notifications)

    def action_help(self) -> None:
        """Explain the screen one is on."""
        if isinstance(self.screen, WalletScreen) and not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.screen))

    def action_go(self, name: str) -> None:
        """Go to another screen by its name."""
        going.go(self, name)

    def action_command_palette(self) -> None:
        """Open the palette, in the language that is set."""
        going.open_palette(self)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Return what the palette offers."""
        return going.commands(self, screen)

    def present(self, card: Card, situation: str | None) -> None:
        """Begin to present a credential; None asks for what."""
        going.present(self, card, situation)

    def ask_for_link(self, person: str | None) -> None:
        """Ask for a link or a file with one."""
        going.ask_for_link(self, person)

    def follow(self, text: str, *, person: str | None) -> None:
        """Go where a link leads."""
        going.follow(self, text, person)

    def follow_clipboard(self, person: str | None) -> None:
        """Go where the code in the clipboard's picture leads."""
        going.follow_clipboard(self, person)

    def tell_trouble(self, error: VCError, *, left: bool | None) -> None:
        """Say what happened; `left` is whether anything left the wallet, None if that is not known."""
        words = self.desk.words
        lines = trouble_lines(error, words, left=left)
        self.push_screen(TroubleDialog(words("That did not work"), lines, words("Close")))

    def tell_browser(self, address: str) -> None:
        """Show where a verifier wants the browser to go; nothing is opened."""
        going.tell_browser(self, address)

    async def on_event(self, event: events.Event) -> None:
        """Note that somebody is there; take links out of what is pasted."""
        if isinstance(event, events.Key | events.MouseDown | events.MouseScrollDown | events.Paste):
            self.touch()
        if isinstance(event, events.Paste) and not event.is_forwarded:
            if going.takes_link(self, event.text):
                self.screen.post_message(LinkPasted(event.text))
                return
            event = events.Paste(going.field_text(self, event.text))
        await super().on_event(event)

    def _leave_all(self) -> None:
        while len(self.screen_stack) > 1:
            self.pop_screen()

"""Ways between the screens: where a pasted link leads, what the palette offers.

One question at a time: while something is being reviewed or received, another link waits until the holder
pastes it again (threat L6). Not here: the screens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, cast

from textual.app import App, SystemCommand
from textual.command import CommandPalette, Hit, Hits
from textual.screen import Screen
from textual.system_commands import SystemCommandsProvider
from textual.widgets import Input

from wallet.desk import (
    Arrived,
    Card,
    Found,
    Kind,
    VCError,
    inert,
    looks_like_link,
    recognise,
    recognise_clipboard,
)
from wallet.screens.base import WalletScreen
from wallet.screens.dialogs import TextDialog, TroubleDialog
from wallet.screens.history import HistoryScreen
from wallet.screens.home import HomeScreen
from wallet.screens.offline_review import OfflineReview
from wallet.screens.online_review import OnlineReview
from wallet.screens.people import PeopleScreen
from wallet.screens.present import PresentScreen
from wallet.screens.receive import ReceiveScreen
from wallet.screens.recovery import RecoveryScreen
from wallet.screens.safekeeping import BackupScreen, PassphraseScreen, RestoreScreen
from wallet.screens.settings import SettingsScreen

if TYPE_CHECKING:
    from wallet.app import WalletApp

# More than any field of ours takes.
_MAX_FIELD_CHARACTERS = 2000

_SCREENS = {
    "history": HistoryScreen,
    "people": PeopleScreen,
    "settings": SettingsScreen,
    "backup": BackupScreen,
    "restore": RestoreScreen,
    "recovery": RecoveryScreen,
    "passphrase": PassphraseScreen,
}


def go(app: WalletApp, name: str) -> None:
    """Go to a screen by its name; only from the first screen or that of one credential."""
    screen = app.screen
    if app.desk.is_open and isinstance(screen, WalletScreen) and not screen.HOLDS_PASTE:
        if isinstance(screen, tuple(_SCREENS.values())):
            app.pop_screen()
        app.push_screen(_SCREENS[name]())


def present(app: WalletApp, card: Card, situation: str | None) -> None:
    """Review what a situation would tell, or ask which situation it is."""
    app.push_screen(PresentScreen(card) if situation is None else OfflineReview(card, situation))


def takes_link(app: WalletApp, text: str) -> bool:
    """Say whether a pasted text is a link that is to be followed from the screen that is shown."""
    if not app.desk.is_open or not looks_like_link(text):
        return False
    if isinstance(app.screen, WalletScreen) and not app.screen.HOLDS_PASTE:
        return True
    app.notify(
        app.desk.words("Finish this first, then paste the link again."), severity="warning", markup=False
    )
    return False


def field_text(app: WalletApp, text: str) -> str:
    """Return what a field takes of a pasted text: the beginning, and what could control a terminal visibly.

    A passphrase is taken as it is: it is never drawn.
    """
    cut = text[:_MAX_FIELD_CHARACTERS]
    if isinstance(app.focused, Input) and app.focused.password:
        return cut
    first_line, *_ = cut.splitlines() or [""]
    return inert(first_line)


def ask_for_link(app: WalletApp, person: str | None) -> None:
    """Ask for a link, or for a file with one or with a picture of its QR code."""
    words = app.desk.words
    label = words("An offer, a request, or the name of a file with one (a picture of a QR code, too)")
    dialog = TextDialog(words("Paste a link"), [(label, "", False)], words("Go on"), words("Cancel"))

    def given(typed: tuple[str, ...] | None) -> None:
        if typed and typed[0].strip():
            follow(app, typed[0], person)

    app.push_screen(dialog, given)


def follow(app: WalletApp, text: str, person: str | None) -> None:
    """Go where a link leads."""
    _follow(app, lambda: recognise(text), person)


def follow_clipboard(app: WalletApp, person: str | None) -> None:
    """Go where the code in the clipboard's picture leads."""
    _follow(app, recognise_clipboard, person)


def _follow(app: WalletApp, look: Callable[[], Found | None], person: str | None) -> None:
    screen = app.screen
    if not isinstance(screen, WalletScreen):
        return
    words = app.desk.words

    def found(what: Found | None) -> None:
        if what is None:
            app.notify(
                words("That is no offer, no request and no credential."), severity="warning", markup=False
            )
        elif what.kind is Kind.OFFER:
            app.push_screen(ReceiveScreen(what.text, person))
        elif what.kind is Kind.CREDENTIAL:
            screen.work(lambda: app.desk.arrivals.add(what.text), added)
        else:
            app.push_screen(OnlineReview(what.text, interaction=what.kind is Kind.INTERACTION))

    def added(arrived: Arrived) -> None:
        app.notify(arrived.stored[0], markup=False)
        if isinstance(app.screen, HomeScreen):
            app.screen.read()

    def failed(error: VCError) -> None:
        app.tell_trouble(error, left=False)

    screen.work(look, found, failed=failed, group="follow")


def tell_browser(app: WalletApp, address: str) -> None:
    """Show where a verifier wants the browser to go; opening it is the holder's to do."""
    words = app.desk.words
    said = [(words("The verifier asks you to go on in your browser at"), address)]
    app.push_screen(TroubleDialog(words("Sent"), said, words("Close")))


def open_palette(app: WalletApp) -> None:
    """Show what can be done here, to find by typing."""
    if not CommandPalette.is_open(cast("App[object]", app)):
        asked = app.desk.words("Search for what to do ...")
        app.push_screen(CommandPalette([_Commands], placeholder=asked))


class _Commands(SystemCommandsProvider):
    """Finds commands for the palette; that there are none it says itself, for Textual says it in English."""

    async def search(self, query: str) -> Hits:
        """Yield what fits the query, or the one answer that nothing does."""
        fits = False
        async for hit in super().search(query):
            fits = True
            yield hit
        if not fits:
            words = cast("WalletApp", self.app).desk.words
            yield Hit(1, words("Nothing fits."), self.app.action_command_palette, help=words("Search again"))


def commands(app: WalletApp, screen: Screen[object]) -> Iterator[SystemCommand]:
    """Return what the palette offers over a screen, in the language that is set."""
    words = app.desk.words
    yield SystemCommand(words("Help"), words("Explain the screen one is on"), app.action_help)
    if app.desk.is_open:
        for name, (title, told) in {
            "people": ("People", "Whose credentials are here, and their keys"),
            "history": ("History", "Who asked, what left, when"),
            "settings": ("Settings", "Theme, language, idle time, what is shown by default"),
            "backup": ("Back up", "Write everything to one sealed file"),
            "restore": ("Restore", "Add what a backup holds"),
            "recovery": ("Recovery phrase", "Twelve words on paper, for when the passphrase is forgotten"),
            "passphrase": ("Change the passphrase", "Copies and backups made before keep the old one"),
        }.items():
            yield SystemCommand(words(title), words(told), lambda name=name: go(app, name))
        if isinstance(screen, HomeScreen):
            told = words("Read the code in a picture that was copied")
            yield SystemCommand(words("Picture in the clipboard"), told, screen.action_clipboard)
            yield from _people_commands(screen)
        yield SystemCommand(words("Lock"), words("Close the wallet"), app.action_lock)
    yield SystemCommand(words("Quit"), words("End the program"), app.exit)


def _people_commands(home: HomeScreen) -> Iterator[SystemCommand]:
    words = home.words
    for number, person in enumerate(home.people, start=1):
        told = words("Key {number}", number=number) if number < 10 else words("Person")
        name = words("Show only {name}", name=person.name)
        yield SystemCommand(name, told, lambda name=person.name: home.show_person(name))

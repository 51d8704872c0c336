"""The people of the wallet: each has a key, and credentials are bound to it."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from wallet.desk import PersonCard
from wallet.screens.base import WalletScreen
from wallet.screens.dialogs import TextDialog
from wallet.screens.home import HomeScreen
from wallet.widgets.bars import TopBar


class PeopleScreen(WalletScreen[None]):
    """Lists the people; Enter shows only the credentials of one."""

    NAME = "People"
    HELP = (
        "Each person has a key of their own; what is received for somebody is bound to it. An issuer may ask "
        "for the key's name, a DID: y copies it. On the first screen the keys 1 to 9 show one person, 0 all."
    )
    KEYS: ClassVar = (
        ("enter", "Show only these"),
        ("a", "Add a person"),
        ("y", "Copy the DID"),
        ("escape", "Back"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "add", "Add a person"),
        Binding("y", "copy", "Copy the DID"),
        Binding("escape", "leave", "Back"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._people: tuple[PersonCard, ...] = ()

    def compose(self) -> ComposeResult:
        """Make the list."""
        yield self.top_bar(self.words("reading ..."))
        yield OptionList(id="people", markup=False)
        yield self.key_bar()

    def on_mount(self) -> None:
        """Read it."""
        self.query_one(OptionList).focus()
        self._read()

    def _read(self) -> None:
        self.work(self.desk.people, self._show)

    def _show(self, people: tuple[PersonCard, ...]) -> None:
        self._people = people
        listed = self.query_one(OptionList)
        listed.clear_options()
        listed.add_options(
            Option(self._line(number, person)) for number, person in enumerate(people, start=1)
        )
        listed.highlighted = 0 if people else None
        self.query_one(TopBar).say("")

    def _line(self, number: int, person: PersonCard) -> Text:
        palette, words = self.palette, self.words
        count = words.count("{count} credential", "{count} credentials", person.credentials)
        text = Text.assemble(
            (f" {number}  ", palette.accent), (person.name, palette.strong), (f"  {count}\n", palette.muted)
        )
        text.append("    " + (person.did or words("bound to no key of this wallet")), palette.muted)
        return text

    @on(OptionList.OptionSelected, "#people")
    def show_person(self, event: OptionList.OptionSelected) -> None:
        """Go back and show the credentials of one person."""
        app, person = self.app, self._people[event.option_index].name
        self.leave()
        for screen in app.screen_stack:
            if isinstance(screen, HomeScreen):
                screen.show_person(person)

    def action_add(self) -> None:
        """Ask for a name and make a key."""
        words = self.words
        dialog = TextDialog(
            words("Add a person"), [(words("Name"), "", False)], words("Add"), words("Cancel")
        )
        self.app.push_screen(dialog, self._add)

    def _add(self, typed: tuple[str, ...] | None) -> None:
        if typed and typed[0].strip():
            self.work(lambda: self.desk.add_person(typed[0]), lambda _: self._read())

    def action_copy(self) -> None:
        """Copy the DID of the person one is on."""
        place = self.query_one(OptionList).highlighted
        did = self._people[place].did if place is not None and self._people else None
        if did is not None:
            self.wallet.copy(did, self.words("Copied; the clipboard is cleared in half a minute."))

    def action_leave(self) -> None:
        """Go back."""
        self.leave()

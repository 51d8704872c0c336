"""What the holder can set; kept in the wallet file."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from wallet.desk import IDLE_MINUTES, LANGUAGES, THEMES
from wallet.screens.base import WalletScreen
from wallet.screens.present import SITUATION_WORDS
from wallet.widgets.bars import TopBar

# Setting -> what it is called and its values, in the order in which Enter goes through them.
_SETTINGS: tuple[tuple[str, str, tuple[object, ...]], ...] = (
    ("theme", "Look", THEMES),
    ("language", "Language", (None, *LANGUAGES)),
    ("idle_minutes", "Lock after", IDLE_MINUTES),
    ("situation", "q shows what is needed by", tuple(name for name, _, _ in SITUATION_WORDS if name)),
)


class SettingsScreen(WalletScreen[None]):
    """Lists the settings; Enter goes to the next value of one."""

    NAME = "Settings"
    HELP = "Enter or a click goes to the next value; it is saved at once, in the wallet file."
    KEYS: ClassVar = (("enter", "Next value"), ("escape", "Back"), ("f1", "Help"))
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "next", show=False),
        Binding("escape", "leave", "Back"),
    ]

    def compose(self) -> ComposeResult:
        """Make the list."""
        yield self.top_bar()
        yield OptionList(id="settings", markup=False)
        yield self.key_bar()

    def on_mount(self) -> None:
        """List them."""
        self._list(0)
        self.query_one(OptionList).focus()

    def _list(self, place: int) -> None:
        listed = self.query_one(OptionList)
        listed.clear_options()
        listed.add_options(Option(self._line(name, label)) for name, label, _ in _SETTINGS)
        listed.highlighted = place

    def _line(self, name: str, label: str) -> Text:
        palette = self.palette
        value = self._value(name, getattr(self.desk.preferences, name))
        return Text.assemble((f" {self.words(label):<34}", palette.text), (value, palette.strong))

    def _value(self, name: str, value: object) -> str:
        words = self.words
        if name == "theme":
            return words("dark") if value == "dark" else words("light")
        if name == "language":
            return LANGUAGES[str(value)] if value else words("as the terminal")
        if name == "idle_minutes":
            return words.count("{count} minute", "{count} minutes", int(str(value)))
        return next((words(said) for situation, said, _ in SITUATION_WORDS if situation == value), str(value))

    @on(OptionList.OptionSelected, "#settings")
    def next_value(self, event: OptionList.OptionSelected) -> None:
        """Set the next value and keep it."""
        place = event.option_index
        name, _, values = _SETTINGS[place]
        now = values.index(getattr(self.desk.preferences, name))
        value = values[(now + 1) % len(values)]
        self.query_one(TopBar).say(self.words("saving ..."))
        self.work(lambda: self.desk.set_preference(name, value), lambda _: self._set(place))

    def _set(self, place: int) -> None:
        self.wallet.use_preferences()
        self.query_one(TopBar).name_it(self.words(self.NAME))
        self.query_one(TopBar).say(self.words("saved"))
        self._list(place)

    def action_next(self) -> None:
        """The same by the space bar."""
        self.query_one(OptionList).action_select()

    def action_leave(self) -> None:
        """Go back."""
        self.leave()

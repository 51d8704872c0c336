"""The first screen: a card for each credential under the name of its person; beside it, where there is room,
everything about the one that is chosen.
"""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Center, Horizontal, Vertical
from textual.events import Resize
from textual.timer import Timer
from textual.widgets import Button, Input, Static

from wallet.desk import Arrived, Card, Detail, Home, PersonCard
from wallet.messages import LinkPasted, WalletChanged
from wallet.screens.card import CardScreen
from wallet.screens.detail import DetailScreen
from wallet.widgets.bars import TopBar
from wallet.widgets.card_list import CardList
from wallet.widgets.detail_view import DetailView

_WIDE = 130
_PREVIEW_DELAY = 0.12


class HomeScreen(CardScreen):
    """Lists the credentials."""

    NAME = "Health wallet"
    HELP = (
        "Each card is a credential: a statement of a health authority that a verifier can check. The sign at "
        "its right says how it stands; press Enter to read why. To receive one, paste the offer. To answer a "
        "verifier, paste its request; nothing leaves before you have seen it and pressed s."
    )
    KEYS: ClassVar = (
        ("enter", "Open"),
        ("q", "QR code"),
        ("p", "Present"),
        ("a", "Paste a link"),
        ("slash", "Search"),
        ("l", "History"),
        ("f1", "Help"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "paste", "Paste a link"),
        Binding("v", "clipboard", "Picture in the clipboard"),
        Binding("slash", "search", "Search"),
        Binding("escape", "all", "Show all"),
        *(Binding(str(number), f"person({number})", "Person", show=False) for number in range(10)),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._home: Home | None = None
        self.person: str | None = None
        self._typed = ""
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """Make list, preview and the text for an empty wallet."""
        yield self.top_bar()
        yield Static("", id="notice", markup=False)
        yield Input(placeholder=self.words("Search: a name, a kind, an issuer"), id="search")
        with Horizontal(id="home"):
            yield CardList(self.words, name="cards")
            yield DetailView(self.words, name="preview")
        with Vertical(id="empty"):
            yield Static(Text(self.words("No credentials yet")), id="empty-title")
            yield Static(
                Text(
                    self.words("Paste an offer that an issuer gave you, or press a to choose a file with it.")
                )
            )
            with Center():
                yield Button(self.words("Try it with a demonstration credential"), id="demo")
        yield self.key_bar()

    def on_mount(self) -> None:
        """Read the wallet."""
        self.query_one("#empty").display = False
        self.query_one("#notice").display = False
        self.read()

    def on_screen_resume(self) -> None:
        """Read it again if another screen has changed it, once it is drawn as it was."""
        if self._home is not None and self.desk.is_open:
            self.call_after_refresh(self._read_if_changed, self._home)

    def _read_if_changed(self, home: Home) -> None:
        desk = self.desk
        if desk.is_open:
            self.work(lambda: home if desk.is_fresh(home) else desk.home(), self._show, group="home")

    @on(WalletChanged)
    def read(self) -> None:
        """Read what there is to show."""
        self.work(self.desk.home, self._show, group="home")

    @property
    def card(self) -> Card | None:
        """The card that keys act on."""
        return self.query_one(CardList).current

    @property
    def people(self) -> tuple[PersonCard, ...]:
        """The people, in the order of the keys 1 to 9."""
        return () if self._home is None else self._home.people

    def _show(self, home: Home) -> None:
        if home is self._home:
            return
        self._home = home
        names = [person.name for person in home.people]
        if self.person not in names:
            self.person = None
        notices = [*home.notices]
        if home.unfinished:
            notices.append(
                self.words("Something was begun and not finished: paste the offer again to complete it.")
            )
        notice = self.query_one("#notice", Static)
        notice.display = bool(notices)
        more = "" if len(notices) < 2 else "  " + self.words("(and {count} more: F1)", count=len(notices) - 1)
        notice.update(Text(f" ! {notices[0]}{more}", self.palette.tone("warn")) if notices else "")
        empty = not home.cards
        self.query_one("#empty").display = empty
        self.query_one("#home").display = not empty
        self.query_one("#search").display = not empty
        self._list()
        if empty:
            self.query_one("#demo").focus()
        elif not isinstance(self.focused, Input):
            self.query_one(CardList).focus()

    def _list(self) -> None:
        if self._home is None:
            return
        cards = [card for card in self._home.cards if self.person in (None, card.person)]
        found = [card for card in cards if card.matches(self._typed)]
        self.query_one(CardList).show(found, self.words)
        bar = self.query_one(TopBar)
        bar.name_it(self.words(self.NAME) if self.person is None else self.person)
        if self._typed:
            bar.say(self.words("{found} of {all}", found=len(found), all=len(cards)))
        else:
            bar.say(self.words.count("{count} credential", "{count} credentials", len(cards)))

    @on(Input.Changed, "#search")
    def search(self, event: Input.Changed) -> None:
        """List what fits what is typed."""
        self._typed = event.value
        self._list()

    @on(Input.Submitted, "#search")
    def searched(self) -> None:
        """Go to the list."""
        self.query_one(CardList).focus()

    @on(CardList.Chosen)
    def chosen(self, event: CardList.Chosen) -> None:
        """Show everything about the current card beside the list, once the keys have come to rest."""
        if self._timer is not None:
            self._timer.stop()
        if self.size.width >= _WIDE:
            self._timer = self.set_timer(_PREVIEW_DELAY * self.wallet.pace, self._preview)

    def on_resize(self, event: Resize) -> None:
        """Show the preview where there is room."""
        wide = event.size.width >= _WIDE
        self.query_one("#preview").display = wide
        if wide:
            self._preview()

    def _preview(self) -> None:
        card = self.card
        if card is None:
            # Nothing of somebody else stays beside an empty list.
            self.query_one(DetailView).show(None, self.words)
        else:
            self.work(lambda: self.desk.detail(card.id), self._show_preview, group="preview")

    def _show_preview(self, detail: Detail) -> None:
        if self.card is not None and self.card.id == detail.card.id:
            self.query_one(DetailView).show(detail, self.words)

    @on(CardList.Opened)
    def open_card(self, event: CardList.Opened) -> None:
        """Show everything about a card."""
        self.app.push_screen(DetailScreen(event.card))

    @on(LinkPasted)
    def pasted(self, event: LinkPasted) -> None:
        """Go where the link leads."""
        self.wallet.follow(event.text, person=self.person)

    @on(Button.Pressed, "#demo")
    def try_demo(self) -> None:
        """Put the demonstration credential into the wallet."""
        self.work(self.desk.try_demo, self._tried)

    def _tried(self, arrived: Arrived) -> None:
        self.notify(arrived.stored[0], markup=False)
        self.read()

    def action_search(self) -> None:
        """Begin to search."""
        self.query_one("#search").focus()

    def action_all(self) -> None:
        """End the search, then show all people."""
        field = self.query_one("#search", Input)
        if field.has_focus or field.value:
            # The list hears of the empty field by itself.
            field.clear()
        else:
            self.person = None
            self._list()
        self.query_one(CardList).focus()

    def action_person(self, number: int) -> None:
        """List the credentials of one person; 0 is everybody."""
        if number == 0:
            self.person = None
        elif number <= len(self.people):
            self.person = self.people[number - 1].name
        self._list()

    def show_person(self, name: str) -> None:
        """List the credentials of one person by name."""
        self.person = name
        self._list()

    def action_paste(self) -> None:
        """Ask for a link or a file."""
        self.wallet.ask_for_link(self.person)

    def action_clipboard(self) -> None:
        """Follow the code in the clipboard's picture."""
        self.wallet.follow_clipboard(self.person)

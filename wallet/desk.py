"""The wallet as its screens know it: opened, asked, locked; told in plain values, no document and no key.

A screen calls these methods in a thread (they derive, write and talk to the network) and shows what comes
back. What a stranger wrote is inert in every value (threat J6); what went wrong is a VCError. The screens and
the plain dialogs import this module and nothing below it. Not here: any decision (`wallet.holder` and the
services beside it), how anything looks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from pathlib import Path

from health import SITUATIONS, Claim, claims_from_credential
from runtime.atomic import write_file
from runtime.inert import inert_json
from runtime.sealing import DEFAULT_PARAMETERS, Argon2Parameters
from vclib.errors import ConfigurationError, SealingError, StoreError, VCError
from vclib.proofs import without_proofs
from vclib.strict_json import JSONValue, dump_json
from wallet.arrivals import (
    Arrivals,
    Arrived,
    Found,
    Kind,
    Offer,
    looks_like_link,
    recognise,
    recognise_clipboard,
)
from wallet.cards import (
    FRESH,
    REMINDER_DAYS,
    Badge,
    Card,
    ClaimLine,
    Detail,
    HistoryLine,
    Home,
    PersonCard,
    days_left,
    make_card,
)
from wallet.demo_credential import demo_credential
from wallet.holder import CredentialView, Holder, Permissions
from wallet.network import Network
from wallet.phrases import looks_like_phrase
from wallet.preferences import IDLE_MINUTES, THEMES, Preferences, StatusNote
from wallet.reading import inert, language_of, link_to, readable, shown, unused, without_base_values
from wallet.recollections import exported_history, history_line
from wallet.recovery import ASKED_BACK
from wallet.reviewing import Code, NoAnswer, Options, Question, Reviewing, Sent
from wallet.reviews import Asker, Mark, Presenting, Review, ReviewLine
from wallet.safekeeping import Safekeeping, check_new_passphrase
from wallet.status_notes import find_status
from wallet.store import has_recovery_phrase
from wallet.strength import MIN_CHARACTERS, Strength, strength_of
from wallet.troubles import trouble_lines
from wallet.words import LANGUAGES, Words, words_of

__all__ = [
    "ASKED_BACK",
    "IDLE_MINUTES",
    "LANGUAGES",
    "MIN_CHARACTERS",
    "SITUATIONS",
    "THEMES",
    "Arrivals",
    "Arrived",
    "Asker",
    "Badge",
    "Card",
    "ClaimLine",
    "Code",
    "ConfigurationError",
    "Desk",
    "Detail",
    "Found",
    "HistoryLine",
    "Home",
    "Kind",
    "Mark",
    "NoAnswer",
    "Offer",
    "Options",
    "PersonCard",
    "Preferences",
    "Presenting",
    "Question",
    "Review",
    "ReviewLine",
    "Reviewing",
    "SealingError",
    "Sent",
    "StoreError",
    "Strength",
    "VCError",
    "Words",
    "days_left",
    "inert",
    "link_to",
    "looks_like_link",
    "looks_like_phrase",
    "recognise",
    "recognise_clipboard",
    "shown",
    "strength_of",
    "trouble_lines",
    "unused",
]

_PREFERENCES = "preferences"
_STATUS = "status"


class Desk:
    """A wallet file, open or locked. `language` is the terminal's, used where the holder set none."""

    def __init__(
        self,
        path: Path,
        network: Callable[[], Network],
        *,
        clock: Callable[[], datetime],
        language: str = "en",
        known_issuers: Collection[str] | None = None,
        parameters: Argon2Parameters = DEFAULT_PARAMETERS,
    ) -> None:
        self.path = path
        self.clock = clock
        self.words = words_of(language)
        self.preferences = Preferences()
        self._language = language
        self._make_network = network
        self._network: Network | None = None
        self._known_issuers = known_issuers
        self._parameters = parameters
        self._holder: Holder | None = None
        self._made: dict[str, tuple[object, Card]] = {}

    @property
    def exists(self) -> bool:
        """Whether there is a wallet file already."""
        return self.path.exists()

    @property
    def is_open(self) -> bool:
        """Whether the wallet is open."""
        return self._holder is not None

    def create(self, passphrase: str, name: str) -> None:
        """Make the wallet and the key of its first person; raises StoreError, MalformedValueError."""
        holder = Holder.create(
            self.path,
            passphrase,
            resolve=self.network.resolve,
            clock=self.clock,
            parameters=self._parameters,
        )
        holder.new_key(name or "me")
        self._opened(holder)

    def unlock(self, passphrase: str) -> None:
        """Open the wallet; raises SealingError for a wrong passphrase, StoreError."""
        self._opened(Holder.open(self.path, passphrase, resolve=self.network.resolve, clock=self.clock))

    @property
    def has_phrase(self) -> bool:
        """Whether the wallet file, still locked, can be opened by a recovery phrase."""
        return self.exists and has_recovery_phrase(self.path)

    def recover(self, phrase: str, passphrase: str) -> None:
        """Open the wallet by its recovery phrase and seal it under a new passphrase.

        Raises PhraseError for words that are no phrase, SealingError for those of another wallet, StoreError,
        ConfigurationError for a passphrase that is too short; then nothing is changed.
        """
        check_new_passphrase(passphrase)
        holder = Holder.open_by_phrase(self.path, phrase, resolve=self.network.resolve, clock=self.clock)
        try:
            holder.change_passphrase(passphrase, parameters=self._parameters)
        except VCError:
            holder.close()
            raise
        self._opened(holder)

    def lock(self) -> None:
        """Close the wallet and forget its key."""
        if self._holder is not None:
            self._holder.close()
        self._holder = None
        self._made.clear()

    @property
    def holder(self) -> Holder:
        """The open wallet; StoreError while it is locked."""
        if self._holder is None:
            raise StoreError("the wallet is locked")
        return self._holder

    @property
    def network(self) -> Network:
        """The way to the network, made when it is first needed."""
        if self._network is None:
            self._network = self._make_network()
        return self._network

    @property
    def arrivals(self) -> Arrivals:
        """What receives."""
        return Arrivals(self.holder, self.network, self.words)

    @property
    def safekeeping(self) -> Safekeeping:
        """What backs up, restores and recovers."""
        return Safekeeping(self.holder, self.words, self._parameters)

    @property
    def reviewing(self) -> Reviewing:
        """What shares."""
        return Reviewing(self.holder, self.network, self.words)

    def home(self) -> Home:
        """Return what the first screen shows."""
        saves, now = self.holder.saves, self.clock()
        cards = self.cards()
        notices = (*self._reminders(cards), *self._permissions())
        return Home(cards, self._people(cards), saves, self.arrivals.unfinished, notices, now)

    def is_fresh(self, home: Home) -> bool:
        """Say whether what the first screen shows still holds: nothing was saved, little time passed."""
        return home.saves == self.holder.saves and home.at <= self.clock() <= home.at + FRESH

    def cards(self) -> tuple[Card, ...]:
        """Return the credentials, grouped by person, those that end first on top."""
        notes = self._status_notes()
        cards = [self._card(view, notes.get(view.id)) for view in self.holder.credentials()]
        order = {name: number for number, name in enumerate(dict.fromkeys(card.person for card in cards))}
        return tuple(sorted(cards, key=lambda card: order[card.person]))

    def detail(self, card_id: str) -> Detail:
        """Return everything about a credential."""
        view = self.holder.credential(card_id)
        document = self.holder.document(view.id)
        claims = claims_from_credential(without_proofs(document), language_of(self.words))
        return Detail(
            card=self._card(view, self._status_notes().get(view.id)),
            claims=tuple(
                ClaimLine(
                    claim.pointer, shown(claim.label), readable(claim.display, self.words), _code_of(claim)
                )
                for claim in claims
            ),
            proofs=tuple(shown(proof) for proof in view.proofs),
            raw=inert_json(dump_json(without_base_values(document), indent=2)),
            shown_before=tuple(
                history_line(entry, self.words, {})
                for entry in reversed(self.holder.history())
                if entry.action == "present" and view.id in _texts(entry.members.get("credentials"))
            ),
        )

    def check_status(self, card_id: str) -> Card:
        """Ask the issuer's status list about a credential and remember what it says, also if nothing came."""
        view = self.holder.credential(card_id)
        note = find_status(self.holder.document(view.id), self.network, self.clock())
        notes: dict[str, JSONValue] = {
            item_id: each.to_json() for item_id, each in {**self._status_notes(), view.id: note}.items()
        }
        self.holder.shelf.change_settings(_STATUS, notes)
        return self._card(view, note)

    def remove(self, card_id: str) -> None:
        """Delete a credential; backups keep it."""
        self.holder.remove_credential(card_id)

    def try_demo(self) -> Arrived:
        """Put a credential of nobody into the wallet, to try it with."""
        key = self.holder.keys()[0]
        return self.arrivals.keep(demo_credential(key.did, now=self.clock()))

    def people(self) -> tuple[PersonCard, ...]:
        """Return the people of the wallet: those with credentials, then those with a key only."""
        return self._people(self.cards())

    def add_person(self, name: str) -> None:
        """Make a key for one more person; raises MalformedValueError, StoreError."""
        self.holder.new_key(name)

    def history(self) -> tuple[HistoryLine, ...]:
        """Return what happened, newest first."""
        names = {view.issuer: view.issuer_name or view.issuer for view in self.holder.credentials()}
        return tuple(history_line(entry, self.words, names) for entry in reversed(self.holder.history()))

    def export_history(self, path: Path) -> None:
        """Write the history to a new JSON file, readable by its owner; StoreError."""
        write_file(path, exported_history(self.holder.history()), overwrite=False)

    def forget_history(self) -> int:
        """Delete the history; returns how many entries there were."""
        return self.holder.shelf.forget_history()

    def set_preference(self, name: str, value: object) -> None:
        """Change a setting and keep it; raises MalformedValueError, StoreError."""
        preferences = self.preferences.with_value(name, value)
        self.holder.shelf.change_settings(_PREFERENCES, preferences.to_json())
        self._prefer(preferences)

    def reminders(self) -> tuple[str, ...]:
        """Return a sentence for each credential that ends within 30, 7 or 1 days, the nearest first."""
        return self._reminders(self.cards())

    def _reminders(self, cards: Sequence[Card]) -> tuple[str, ...]:
        now = self.clock()
        ending = []
        for card in cards:
            left = days_left(card, now)
            if left is not None and 0 <= left <= max(REMINDER_DAYS) and card.badge is not Badge.REVOKED:
                ending.append((left, card))
        return tuple(self._reminder(left, card) for left, card in sorted(ending, key=lambda item: item[0]))

    def _reminder(self, left: int, card: Card) -> str:
        title = f"{card.title}, {card.person}"
        if left == 0:
            return self.words("{title}: ends within a day", title=title)
        return self.words.count(
            "{title}: ends in one day", "{title}: ends in {count} days", left, title=title
        )

    def _opened(self, holder: Holder) -> None:
        self._holder = holder
        self._prefer(Preferences.from_json(holder.shelf.settings().get(_PREFERENCES)))

    def _prefer(self, preferences: Preferences) -> None:
        self.preferences = preferences
        self.words = words_of(preferences.language or self._language)

    def _card(self, view: CredentialView, note: StatusNote | None) -> Card:
        now = self.clock()
        # All that a card depends on: a list that is drawn again makes only what has changed.
        ages = tuple(
            None if moment is None else (moment - now).days
            for moment in (view.valid_until, None if note is None else note.at)
        )
        state = (view, note, ages, self.words.language)
        made = self._made.get(view.id)
        if made is None or made[0] != state:
            card = make_card(view, note, now=now, words=self.words, known_issuers=self._known_issuers)
            made = self._made[view.id] = (state, card)
        return made[1]

    def _status_notes(self) -> dict[str, StatusNote]:
        found = self.holder.shelf.settings().get(_STATUS)
        notes = (
            {name: StatusNote.from_json(value) for name, value in found.items()}
            if isinstance(found, dict)
            else {}
        )
        return {name: note for name, note in notes.items() if note is not None}

    def _people(self, cards: Sequence[Card]) -> tuple[PersonCard, ...]:
        counts = Counter(card.person for card in cards)
        held = self.holder.keys()
        keys = {key.name: key.did for key in reversed(held)}
        named = {card.person: card.key for card in cards if card.key is not None}
        people = [PersonCard(name, keys.get(named.get(name, "")), count) for name, count in counts.items()]
        used = set(named.values())
        spare = [PersonCard(shown(key.name), key.did, 0) for key in held if key.name not in used]
        return (*people, *_one_each(spare))

    def _permissions(self) -> tuple[str, ...]:
        if self.holder.permissions is Permissions.CORRECTED:
            said = self.words("Other users of this computer could read the wallet file; now they cannot.")
        elif self.holder.permissions is Permissions.TOO_WIDE:
            said = self.words("Other users of this computer can read the wallet file.")
        else:
            return ()
        return (said,)


def _one_each(people: Sequence[PersonCard]) -> list[PersonCard]:
    """Return one card for each name; copies for one use have keys of the same name."""
    return list({person.name: person for person in people}.values())


def _code_of(claim: Claim) -> str | None:
    """Return what stands in the document where the words for it are others."""
    return None if claim.code is None else shown(claim.code)


def _texts(value: JSONValue) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()

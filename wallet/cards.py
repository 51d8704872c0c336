"""What the screens show of the wallet: plain values, every text of a stranger made inert (threat J6).

A screen never sees a document, a key or a token; it sees these. The badge is the one word that a card says
about a credential, and `reasons` says why, for whoever asks. Not here: where the values come from
(`wallet.desk`), how they look.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from health import claims_from_credential
from runtime.inert import inert_text
from vclib.strict_json import JSONValue
from vclib.verification import Validity
from wallet.preferences import StatusNote
from wallet.reading import language_of, readable_day
from wallet.views import CredentialView
from wallet.words import Words

# From when on a card says that its credential ends, and on which days it reminds.
SOON = timedelta(days=30)
REMINDER_DAYS = (30, 7, 1)
# A status that was found longer ago says little.
STATUS_LIFE = timedelta(days=7)
# For how long what was read of an unchanged wallet is shown: badges change with the clock.
FRESH = timedelta(minutes=1)

_NAME_CHARACTERS = 120


class Badge(StrEnum):
    """What a card says about its credential."""

    VALID = "valid"
    SOON = "expires soon"
    NOT_CHECKED = "not checked"
    NOT_YET = "not yet valid"
    UNKNOWN_ISSUER = "unknown issuer"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    REVOKED = "revoked"

    @property
    def tone(self) -> str:
        """How much it matters: "good", "note", "warn" or "bad"."""
        return _TONES[self]


_TONES = {
    Badge.VALID: "good",
    Badge.NOT_CHECKED: "note",
    Badge.SOON: "warn",
    Badge.NOT_YET: "warn",
    Badge.UNKNOWN_ISSUER: "warn",
    Badge.SUSPENDED: "warn",
    Badge.EXPIRED: "bad",
    Badge.REVOKED: "bad",
}


@dataclass(frozen=True)
class Card:
    """A credential on the home screen. `person` is the heading it stands under."""

    id: str
    title: str
    about: str
    person: str
    key: str | None
    issuer: str
    issuer_id: str
    valid_from: datetime | None
    valid_until: datetime | None
    badge: Badge
    reasons: tuple[str, ...]
    presented: int
    single_use: bool
    copied: bool
    # Everything that the card says, for searching.
    found_by: str

    def matches(self, typed: str) -> bool:
        """Say whether every typed word stands somewhere on the card."""
        return all(word in self.found_by for word in typed.casefold().split())


@dataclass(frozen=True)
class PersonCard:
    """A person of the wallet: a heading, the key if there is one, and how many credentials."""

    name: str
    did: str | None
    credentials: int


@dataclass(frozen=True)
class Home:
    """What the first screen shows; `notices` are sentences about the wallet itself.

    `saves` is how often the wallet was saved before it was read, `at` when that was.
    """

    cards: tuple[Card, ...]
    people: tuple[PersonCard, ...]
    saves: int
    unfinished: int
    notices: tuple[str, ...]
    at: datetime


@dataclass(frozen=True)
class ClaimLine:
    """One value of a credential, its code beside it if it is one."""

    pointer: str
    label: str
    value: str
    code: str | None


@dataclass(frozen=True)
class Detail:
    """Everything about a credential. `raw` is indented JSON whose base proofs keep their values."""

    card: Card
    claims: tuple[ClaimLine, ...]
    proofs: tuple[str, ...]
    raw: str
    shown_before: tuple[HistoryLine, ...]


@dataclass(frozen=True)
class HistoryLine:
    """Something that happened, in words; `values` are the labels and values that left."""

    at: datetime
    action: str
    outcome: str
    tone: str
    who: str
    error: str
    values: tuple[tuple[str, str], ...]

    def matches(self, typed: str) -> bool:
        """Say whether every typed word stands somewhere in the entry."""
        values = " ".join(f"{label} {value}" for label, value in self.values)
        text = f"{self.at:%Y-%m-%d} {self.action} {self.outcome} {self.who} {self.error} {values}".casefold()
        return all(word in text for word in typed.casefold().split())


def make_card(
    view: CredentialView,
    note: StatusNote | None,
    *,
    now: datetime,
    words: Words,
    known_issuers: Collection[str] | None = None,
) -> Card:
    """Return the card of a credential; `known_issuers` are those of the holder's list, None without one."""
    badge, reasons = _judge(view, note, now, words, known_issuers)
    title, about = _title(view, words), about_of(view, words)
    person = _shown(view.person or view.key_name or words("nobody in particular"))
    key = None if view.key_name is None else _shown(view.key_name)
    issuer = _shown(view.issuer_name or view.issuer)
    return Card(
        id=view.id,
        title=title,
        about=about,
        person=person,
        key=key,
        issuer=issuer,
        issuer_id=_shown(view.issuer),
        valid_from=view.valid_from,
        valid_until=view.valid_until,
        badge=badge,
        reasons=tuple(reasons),
        presented=view.presented,
        single_use=view.single_use,
        copied=view.copied,
        found_by=f"{title} {about} {person} {key or ''} {issuer} {words(badge)}".casefold(),
    )


def _title(view: CredentialView, words: Words) -> str:
    """Return what kind of credential it is, in the language that is set."""
    types: list[JSONValue] = list(view.types)
    claims = claims_from_credential({"type": types}, language_of(words))
    return _shown(claims[0].display if types else view.title)


def about_of(view: CredentialView, words: Words) -> str:
    """Return what tells it from others of its kind, e.g. "COVID-19 · dose 1 of 2 · 6 May 2026"."""
    told = view.about.get(language_of(words), {})
    parts = [told.get("disease") or told.get("pathogen"), told.get("result")]
    if "dose" in told and "totalDoses" in told:
        parts.append(words("dose {dose} of {total}", dose=told["dose"], total=told["totalDoses"]))
    elif "dose" in told:
        parts.append(words("dose {dose}", dose=told["dose"]))
    moment = told.get("occurrence") or told.get("sampleCollected") or told.get("firstPositive")
    parts.append(readable_day(moment, words) if moment else None)
    return _shown(" · ".join(part for part in parts if part))


def days_left(card: Card, now: datetime) -> int | None:
    """Return the whole days until a card's credential ends, None where it does not."""
    return None if card.valid_until is None else (card.valid_until - now).days


def _judge(
    view: CredentialView,
    note: StatusNote | None,
    now: datetime,
    words: Words,
    known_issuers: Collection[str] | None,
) -> tuple[Badge, list[str]]:
    """Return the badge, worst first, and the sentences that explain it."""
    reasons = [_status_reason(view, note, words), _time_reason(view, now, words)]
    if known_issuers is not None and view.issuer not in known_issuers:
        reasons.append(words("The issuer is not on your list of issuers. Its signature is in order."))
    else:
        reasons.append(
            words(
                "The signature was checked when the credential came in. Each verifier decides whom it trusts."
            )
        )
    if note is not None and note.state == "revoked":
        return Badge.REVOKED, reasons
    if view.validity is Validity.EXPIRED:
        return Badge.EXPIRED, reasons
    if note is not None and note.state == "suspended":
        return Badge.SUSPENDED, reasons
    if known_issuers is not None and view.issuer not in known_issuers:
        return Badge.UNKNOWN_ISSUER, reasons
    if view.validity is Validity.NOT_YET_VALID:
        return Badge.NOT_YET, reasons
    if view.valid_until is not None and view.valid_until - now <= SOON:
        return Badge.SOON, reasons
    return (Badge.VALID if _is_clear(view, note, now) else Badge.NOT_CHECKED), reasons


def _is_clear(view: CredentialView, note: StatusNote | None, now: datetime) -> bool:
    if not view.has_status:
        return True
    return note is not None and note.state == "clear" and now - note.at <= STATUS_LIFE


def _status_reason(view: CredentialView, note: StatusNote | None, words: Words) -> str:
    if not view.has_status:
        return words("The issuer gave it no place in a status list, so it cannot be revoked.")
    if note is None:
        return words("Whether the issuer revoked it was never asked.")
    when = words.date(note.at)
    if note.state == "clear":
        return words("It was not revoked when that was asked, on {date}.", date=when)
    if note.state == "revoked":
        return words("The issuer revoked it; that was found on {date}. Verifiers will refuse it.", date=when)
    if note.state == "suspended":
        return words("The issuer suspended it; that was found on {date}. It may come back.", date=when)
    return words(
        "Its status could not be asked for on {date}: {reason}", date=when, reason=words.told(note.reason)
    )


def _time_reason(view: CredentialView, now: datetime, words: Words) -> str:
    if view.validity is Validity.NOT_YET_VALID and view.valid_from is not None:
        return words("It is valid from {date} on.", date=words.date(view.valid_from))
    if view.valid_until is None:
        return words("It has no last day.")
    date = words.date(view.valid_until)
    if view.validity is Validity.EXPIRED:
        return words("It ended on {date}. Ask the issuer for a new one.", date=date)
    left = (view.valid_until - now).days
    return words.count(
        "It is valid until {date}, one more day.",
        "It is valid until {date}, {count} more days.",
        left,
        date=date,
    )


def _shown(text: str) -> str:
    return inert_text(text, limit=_NAME_CHARACTERS)

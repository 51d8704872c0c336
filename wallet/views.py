"""What a list shows of keys and credentials: read from the summaries, no row is opened for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime

from vclib.datetimes import format_datetime, parse_datetime
from vclib.strict_json import JSONObject, JSONValue
from vclib.verification import Validity

SHORT_ID_CHARACTERS = 8


@dataclass(frozen=True)
class KeyView:
    """A key of the wallet, without its secret."""

    id: str
    name: str
    did: str
    type: str
    created: datetime

    @classmethod
    def of(cls, item_id: str, summary: JSONObject) -> KeyView:
        """Return the view of a key's summary."""
        return cls(
            item_id,
            str(summary["name"]),
            str(summary["did"]),
            str(summary["type"]),
            parse_datetime(summary["created"]),
        )

    def to_json(self) -> JSONObject:
        """Return the view as JSON."""
        return {**asdict(self), "created": format_datetime(self.created)}


@dataclass(frozen=True)
class CredentialView:
    """A credential as a list shows it. Texts are the issuer's: make them inert before they are printed.

    `bound_to` are the DIDs it is bound to; `key_name` names the key of this wallet among them, None if there
    is none. `validity` is by the clock at the time of listing. `has_status`: the issuer may revoke it, which
    is also taken to be so for credentials that were kept before this was written down. `about` tells one of a
    kind from another, by language.
    """

    id: str
    title: str
    types: tuple[str, ...]
    person: str | None
    issuer: str
    issuer_name: str | None
    valid_from: datetime | None
    valid_until: datetime | None
    validity: Validity
    bound_to: tuple[str, ...]
    key_name: str | None
    proofs: tuple[str, ...]
    added: datetime
    single_use: bool
    presented: int
    copied: bool
    digest: str
    has_status: bool = True
    about: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, item_id: str, summary: JSONObject, *, key_names: Mapping[str, str], now: datetime
    ) -> CredentialView:
        """Return the view of a credential's summary; `key_names` maps this wallet's DIDs to names."""
        bound_to = tuple(did for did in _texts(summary["subjectIds"]) if did.startswith("did:"))
        valid_from, valid_until = _moment(summary["validFrom"]), _moment(summary["validUntil"])
        presented = summary["presented"]
        return cls(
            id=item_id,
            title=str(summary["title"]),
            types=_texts(summary["types"]),
            person=_text(summary["person"]),
            issuer=str(summary["issuer"]),
            issuer_name=_text(summary["issuerName"]),
            valid_from=valid_from,
            valid_until=valid_until,
            validity=_validity(valid_from, valid_until, now),
            bound_to=bound_to,
            key_name=next((key_names[did] for did in bound_to if did in key_names), None),
            proofs=_texts(summary["proofs"]),
            added=parse_datetime(summary["added"]),
            single_use=summary["singleUse"] is True,
            presented=presented if isinstance(presented, int) else 0,
            copied=summary["copied"] is True,
            digest=str(summary["digest"]),
            has_status=summary.get("hasStatus", True) is True,
            about=_about(summary.get("about")),
        )

    @property
    def short_id(self) -> str:
        """Enough of the id for a person to type."""
        return self.id[:SHORT_ID_CHARACTERS]

    def to_json(self) -> JSONObject:
        """Return the view as JSON, times in UTC."""
        return {
            "id": self.id,
            "title": self.title,
            "types": list(self.types),
            "person": self.person,
            "issuer": {"id": self.issuer, "name": self.issuer_name},
            "validFrom": None if self.valid_from is None else format_datetime(self.valid_from),
            "validUntil": None if self.valid_until is None else format_datetime(self.valid_until),
            "validity": str(self.validity),
            "boundTo": list(self.bound_to),
            "key": self.key_name,
            "proofs": list(self.proofs),
            "added": format_datetime(self.added),
            "singleUse": self.single_use,
            "presented": self.presented,
            "copied": self.copied,
        }


def _validity(valid_from: datetime | None, valid_until: datetime | None, now: datetime) -> Validity:
    if valid_from is not None and now < valid_from:
        return Validity.NOT_YET_VALID
    if valid_until is not None and now > valid_until:
        return Validity.EXPIRED
    return Validity.VALID


def _moment(value: JSONValue) -> datetime | None:
    return parse_datetime(value) if isinstance(value, str) else None


def _text(value: JSONValue) -> str | None:
    return value if isinstance(value, str) else None


def _about(value: JSONValue) -> Mapping[str, Mapping[str, str]]:
    languages = value.items() if isinstance(value, dict) else ()
    return {
        language: {name: str(text) for name, text in members.items()}
        for language, members in languages
        if isinstance(members, dict)
    }


def _texts(value: JSONValue) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()

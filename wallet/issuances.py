"""What was begun to be received and is not finished: kept sealed, so that a lost answer loses nothing.

A code is exchanged for a token once, and a credential is made once; but answers get lost, and some come days
later. So the token, the keys that the credentials are bound to and what is still to come are written before
each request, and the same command completes what was interrupted (threat F10). Gone when it is finished, or
when the token has expired. Never in a backup: another copy of the wallet must not ask twice.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime

from vclib.datetimes import format_datetime, parse_datetime
from vclib.strict_json import JSONObject, JSONValue


@dataclass(frozen=True)
class Part:
    """One request for credentials: of which configuration, bound to which of the wallet's keys (DIDs).

    `identifier` is what the token response named, else None. `transaction` is set while the issuer defers
    it, and then nothing is asked before `not_before`.
    """

    configuration: str
    identifier: str | None
    keys: tuple[str, ...]
    transaction: str | None = None
    not_before: datetime | None = None

    def to_json(self) -> JSONObject:
        """Return all of it, for a sealed row only."""
        return {
            "configuration": self.configuration,
            "identifier": self.identifier,
            "keys": list(self.keys),
            "transaction": self.transaction,
            "notBefore": None if self.not_before is None else format_datetime(self.not_before),
        }

    @classmethod
    def from_json(cls, members: JSONObject) -> Part:
        """Return the part of `to_json`."""
        keys, not_before = members["keys"], members["notBefore"]
        return cls(
            configuration=str(members["configuration"]),
            identifier=_optional(members["identifier"]),
            keys=tuple(str(key) for key in keys) if isinstance(keys, list) else (),
            transaction=_optional(members["transaction"]),
            not_before=None if not_before is None else parse_datetime(not_before),
        )


@dataclass(frozen=True)
class Issuance:
    """An issuance after its token was given. `offer` names the link by its digest; `parts` are still to come.

    `expected_issuer` is the DID that the holder named, if any.
    """

    issuer: str
    offer: str
    token: str = field(repr=False)
    expires: datetime | None
    single_use: bool
    expected_issuer: str | None
    parts: tuple[Part, ...]

    @property
    def deferred(self) -> bool:
        """Whether the issuer has promised something for later."""
        return any(part.transaction is not None for part in self.parts)

    def replaced(self, old: Part, new: Part | None) -> Issuance:
        """Return the issuance with another part in the place of one, or without it."""
        parts = ((new if part == old else part) for part in self.parts)
        return replace(self, parts=tuple(part for part in parts if part is not None))

    def to_json(self) -> JSONObject:
        """Return all of it, for a sealed row only."""
        parts: list[JSONValue] = [part.to_json() for part in self.parts]
        return {
            "issuer": self.issuer,
            "offer": self.offer,
            "token": self.token,
            "expires": None if self.expires is None else format_datetime(self.expires),
            "singleUse": self.single_use,
            "expectedIssuer": self.expected_issuer,
            "parts": parts,
        }

    @classmethod
    def from_json(cls, members: JSONObject) -> Issuance:
        """Return the issuance of `to_json`."""
        parts, expires = members["parts"], members["expires"]
        return cls(
            issuer=str(members["issuer"]),
            offer=str(members["offer"]),
            token=str(members["token"]),
            expires=None if expires is None else parse_datetime(expires),
            single_use=members["singleUse"] is True,
            expected_issuer=_optional(members["expectedIssuer"]),
            parts=tuple(Part.from_json(part) for part in parts if isinstance(part, dict))
            if isinstance(parts, list)
            else (),
        )


def link_digest(link: str) -> str:
    """Return a name for an offer's link that does not give its code away: SHA-256 (hex).

    The link and not what it leads to: an offer by reference is gone once it was redeemed.
    """
    return hashlib.sha256(link.strip().encode()).hexdigest()


def _optional(value: JSONValue) -> str | None:
    return value if isinstance(value, str) else None

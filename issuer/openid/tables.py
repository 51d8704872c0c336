"""The tables of offers, and what stands in them: added to the issuer's one MetaData.

Codes and tokens are digests here; times are text in UTC, which sorts as time does. Not here: any statement
(`offers`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from issuer.tables import TABLES

OPEN, REDEEMED, DEAD, EXPIRED = "open", "redeemed", "dead", "expired"
WAITING, APPROVED, REFUSED = "waiting", "approved", "refused"

_TIME = String(32)
_DIGEST = String(64)

offers = Table(
    "offers",
    TABLES,
    Column("offer_id", String(32), primary_key=True),
    Column("reference_sha256", _DIGEST, nullable=False, unique=True),
    Column("code_sha256", _DIGEST, nullable=False, unique=True),
    Column("tx_code_hmac", _DIGEST),
    Column("tries", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    # Whether somebody has to approve before the credential is made; absent where nobody has to.
    Column("approval", String(16)),
    Column("configuration_id", String(200), nullable=False),
    # The health record; absent once it was issued or the offer ended.
    Column("record", Text),
    Column("options", Text, nullable=False),
    Column("created", _TIME, nullable=False, index=True),
    Column("expires", _TIME, nullable=False, index=True),
)
# What is purged with every new offer is found without looking at the offers of a whole month.
Index("ix_offers_state_expires", offers.c.state, offers.c.expires)
_has_record = offers.c.record.is_not(None)
Index("ix_offers_with_record", offers.c.offer_id, sqlite_where=_has_record, postgresql_where=_has_record)

offer_tokens = Table(
    "offer_tokens",
    TABLES,
    Column("token_sha256", _DIGEST, primary_key=True),
    Column("offer_id", String(32), ForeignKey("offers.offer_id"), nullable=False, unique=True),
    Column("client_id", String(2000)),
    # 1 where the token response named credential identifiers, which have to be used then.
    Column("with_identifiers", Integer, nullable=False),
    Column("expires", _TIME, nullable=False, index=True),
)

# To whom an offer's credentials go: pinned with the first request, so that asking again changes nothing.
issuances = Table(
    "issuances",
    TABLES,
    Column("offer_id", String(32), ForeignKey("offers.offer_id"), primary_key=True),
    Column("holders", Text, nullable=False),
    Column("record_ids", Text),
    # 1 once a deferred credential was handed over, which ends its transaction.
    Column("collected", Integer, nullable=False),
    Column("began", _TIME, nullable=False),
)

used_nonces = Table(
    "used_nonces",
    TABLES,
    Column("nonce_sha256", _DIGEST, primary_key=True),
    Column("expires", _TIME, nullable=False, index=True),
)

notifications = Table(
    "notifications",
    TABLES,
    Column("offer_id", String(32), ForeignKey("offers.offer_id"), primary_key=True),
    Column("event", String(32), primary_key=True),
    Column("received", _TIME, nullable=False),
)

service_secrets = Table(
    "service_secrets",
    TABLES,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)


@dataclass(frozen=True)
class NewOffer:
    """An offer to be remembered; `record` and `options` are JSON texts, the digests are in hexadecimal."""

    offer_id: str
    reference_sha256: str
    code_sha256: str
    tx_code_hmac: str | None
    configuration_id: str
    record: str
    options: str
    needs_approval: bool
    created: datetime
    expires: datetime


@dataclass(frozen=True)
class StoredOffer:
    """An offer as it is remembered; `record` is None once it was issued or the offer ended."""

    offer_id: str
    state: str
    approval: str | None
    configuration_id: str
    record: str | None
    options: str
    needs_tx_code: bool
    created: datetime
    expires: datetime


@dataclass(frozen=True)
class NewToken:
    """An access token to be remembered with the offer that its code belongs to."""

    token_sha256: str
    client_id: str | None
    with_identifiers: bool
    seconds: int
    deferred_seconds: int


@dataclass(frozen=True)
class StoredIssuance:
    """Whose keys an offer's credentials are bound to (nobody's: none), and the records made for them."""

    holders: tuple[str, ...]
    record_ids: tuple[str, ...] | None
    collected: bool


@dataclass(frozen=True)
class Grant:
    """What an access token that is alive allows."""

    offer: StoredOffer
    client_id: str | None
    with_identifiers: bool
    issuance: StoredIssuance | None

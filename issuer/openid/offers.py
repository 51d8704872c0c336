"""What an issuer remembers of offers: codes, tokens, nonces, what was promised and what was told afterwards.

No code and no token is in the database, only digests of them: SHA-256 where they are long and random, a keyed
hash for the transaction code, which is short. What may happen once is one statement whose row count decides,
so that of two requests in one millisecond, in two processes, one succeeds (threat F1). A health record is
kept from its offer until it was issued, or the offer ended; nothing here outlives `purge`.

Not here: deciding (`issuance`), and the credentials themselves (`issuer.store`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from issuer.openid.tables import (
    APPROVED,
    DEAD,
    EXPIRED,
    OPEN,
    REDEEMED,
    REFUSED,
    WAITING,
    Grant,
    NewOffer,
    NewToken,
    StoredIssuance,
    StoredOffer,
    issuances,
    notifications,
    offer_tokens,
    offers,
    service_secrets,
    used_nonces,
)
from issuer.store import IssuerStore, IssuerWriting
from vclib.datetimes import format_datetime, parse_datetime
from vclib.errors import StoreError
from vclib.strict_json import JSONValue, dump_json, parse_json

# OpenID4VCI 1.0 section 13.6.3 asks for a limit; six digits and five tries are one chance in 200,000.
MAX_TRIES = 5
# How long an offer is listed after it ended, without its record.
OFFER_MEMORY = timedelta(days=30)


class RedemptionOutcome(Enum):
    """What became of a code; REFUSED does not say whether it is wrong, used, dead, expired or unknown."""

    GRANTED = "granted"
    REFUSED = "refused"
    TX_CODE_MISSING = "tx_code missing"
    TX_CODE_NOT_WANTED = "tx_code not wanted"
    OTHER_CONFIGURATION = "other configuration"


@dataclass(frozen=True)
class Redemption:
    """The outcome and, with a token, the offer and how many seconds the token lives."""

    outcome: RedemptionOutcome
    offer: StoredOffer | None = None
    seconds: int = 0


class NonceUsedError(StoreError):
    """A nonce was used by an earlier request."""

    code = "nonce-used"


class OtherHoldersError(StoreError):
    """The offer's credentials were asked for with other keys before."""

    code = "other-holders"


class OfferStore:
    """The issuer's offers, in the issuer's database; each method is one transaction. Raises StoreError."""

    def __init__(self, store: IssuerStore) -> None:
        self._store = store

    def secret(self, name: str, make: Callable[[], str]) -> str:
        """Return a secret of the service, made by whoever asks first."""
        chosen = select(service_secrets.c.value).where(service_secrets.c.name == name)
        with self._store.reading() as reading:
            found = reading.connection.execute(chosen).scalar_one_or_none()
        if found is None:
            with self._store.writing() as work:
                insert_once(work.connection, service_secrets, name=name, value=make())
                found = work.connection.execute(chosen).scalar_one()
        return str(found)

    def add(self, offer: NewOffer, *, audit: dict[str, str]) -> None:
        """Remember a new offer."""
        with self._store.writing() as work:
            work.connection.execute(
                insert(offers).values(
                    offer_id=offer.offer_id,
                    reference_sha256=offer.reference_sha256,
                    code_sha256=offer.code_sha256,
                    tx_code_hmac=offer.tx_code_hmac,
                    tries=0,
                    state=OPEN,
                    approval=WAITING if offer.needs_approval else None,
                    configuration_id=offer.configuration_id,
                    record=offer.record,
                    options=offer.options,
                    created=format_datetime(offer.created),
                    expires=format_datetime(offer.expires),
                )
            )
            work.audit("offer", {"offer": offer.offer_id} | audit, now=offer.created)

    def open_offer(self, reference_sha256: str, *, now: datetime) -> StoredOffer | None:
        """Return the offer of a reference while its code can be redeemed."""
        chosen = select(offers).where(offers.c.reference_sha256 == reference_sha256, *_alive(now))
        with self._store.reading() as reading:
            row = reading.connection.execute(chosen).one_or_none()
        return _offer(row) if row is not None else None

    def redeem(
        self,
        code_sha256: str,
        tx_code_hmac: str | None,
        token: NewToken,
        *,
        configurations: Sequence[str],
        now: datetime,
    ) -> Redemption:
        """Spend a code and remember its token, once; a wrong transaction code costs one of MAX_TRIES.

        `configurations` are those the request names, none for whatever was offered. The statements are the
        same for every kind of refusal, so their time tells nothing (threat F2).
        """
        this = offers.c.code_sha256 == code_sha256
        with self._store.writing() as work:
            connection = work.connection
            row = connection.execute(select(offers).where(this)).one_or_none()
            problem = _problem(row, tx_code_hmac is not None, configurations, now)
            if problem is not None:
                return Redemption(problem)
            # Counting takes the row's lock, so guesses in parallel are counted one after the other.
            counted = connection.execute(
                update(offers).where(this, *_alive(now)).values(tries=offers.c.tries + 1)
            ).rowcount
            spent = connection.execute(
                update(offers)
                .where(this, offers.c.state == OPEN, offers.c.tx_code_hmac.is_not_distinct_from(tx_code_hmac))
                .values(state=REDEEMED if counted else offers.c.state)
            ).rowcount
            connection.execute(
                update(offers)
                .where(this, offers.c.state == OPEN, offers.c.tries >= MAX_TRIES)
                .values(state=DEAD, record=None)
            )
            if not (counted and spent) or row is None:
                return Redemption(RedemptionOutcome.REFUSED)
            offer = _offer(row)
            seconds = token.deferred_seconds if offer.approval is not None else token.seconds
            connection.execute(
                insert(offer_tokens).values(
                    token_sha256=token.token_sha256,
                    offer_id=offer.offer_id,
                    client_id=token.client_id,
                    with_identifiers=int(token.with_identifiers),
                    expires=format_datetime(now + timedelta(seconds=seconds)),
                )
            )
            work.audit("redeem", {"offer": offer.offer_id}, now=now)
        return Redemption(RedemptionOutcome.GRANTED, offer, seconds)

    def grant(self, token_sha256: str, *, now: datetime) -> Grant | None:
        """Return what a token allows, None if it is unknown or has expired."""
        chosen = (
            select(offer_tokens, offers, issuances.c.holders, issuances.c.record_ids, issuances.c.collected)
            .join(offers, offers.c.offer_id == offer_tokens.c.offer_id)
            .join(issuances, issuances.c.offer_id == offers.c.offer_id, isouter=True)
            .where(offer_tokens.c.token_sha256 == token_sha256)
            .where(offer_tokens.c.expires > format_datetime(now))
        )
        with self._store.reading() as reading:
            row = reading.connection.execute(chosen).one_or_none()
        if row is None:
            return None
        issuance = _issuance(row) if row.holders is not None else None
        return Grant(_offer(row), row.client_id, bool(row.with_identifiers), issuance)

    def begin(
        self, offer_id: str, holders: Sequence[str], nonces: dict[str, datetime], *, now: datetime
    ) -> StoredIssuance:
        """Use up nonces (their digests, and when they end) and pin to whom the offer's credentials go.

        Raises NonceUsedError, OtherHoldersError; then nothing was changed.
        """
        with self._store.writing() as work:
            return begin_issuance(work, offer_id, holders, nonces, now=now)

    def check_unused(self, nonces: Collection[str]) -> None:
        """Raise NonceUsedError if one of these nonces (their digests) was used; to be used up later."""
        chosen = select(used_nonces.c.nonce_sha256).where(used_nonces.c.nonce_sha256.in_(nonces))
        with self._store.reading() as reading:
            if reading.connection.execute(chosen).first() is not None:
                raise NonceUsedError("a nonce was used before")

    def finish(self, offer_id: str, record_ids: Sequence[str], *, collected: bool) -> None:
        """Remember which records were made for an offer, and forget the health record of the offer."""
        with self._store.writing() as work:
            finish_issuance(work, offer_id, record_ids, collected=collected)

    def decide(self, offer_id: str, *, approve: bool, now: datetime) -> bool:
        """Approve or refuse a deferred offer that waits for it; False where there is none."""
        chosen = update(offers).where(
            offers.c.offer_id == offer_id,
            offers.c.approval == WAITING,
            offers.c.state.in_((OPEN, REDEEMED)),
        )
        values = {"approval": APPROVED} if approve else {"approval": REFUSED, "record": None}
        with self._store.writing() as work:
            done = work.connection.execute(chosen.values(values)).rowcount == 1
            if done:
                work.audit("approve" if approve else "refuse", {"offer": offer_id}, now=now)
        return done

    def notify(self, offer_id: str, event: str, *, now: datetime) -> None:
        """Remember what a wallet told of the credentials of an offer; the same once more changes nothing."""
        with self._store.writing() as work:
            if insert_once(
                work.connection, notifications, offer_id=offer_id, event=event, received=format_datetime(now)
            ):
                work.audit("notification", {"offer": offer_id, "event": event}, now=now)

    def list_offers(self) -> tuple[tuple[StoredOffer, tuple[str, ...]], ...]:
        """Return every offer that is remembered, oldest first, with what wallets told of it."""
        with self._store.reading() as reading:
            told: dict[str, list[str]] = {}
            for note in reading.connection.execute(select(notifications).order_by(notifications.c.received)):
                told.setdefault(note.offer_id, []).append(note.event)
            rows = reading.connection.execute(select(offers).order_by(offers.c.created, offers.c.offer_id))
            return tuple((_offer(row), tuple(told.get(row.offer_id, ()))) for row in rows)

    def purge(self, *, now: datetime) -> None:
        """Forget what has ended: nonces, tokens, the records of offers, and old offers themselves."""
        moment, long_ago = format_datetime(now), format_datetime(now - OFFER_MEMORY)
        with self._store.writing() as work:
            connection = work.connection
            connection.execute(delete(used_nonces).where(used_nonces.c.expires <= moment))
            connection.execute(delete(offer_tokens).where(offer_tokens.c.expires <= moment))
            connection.execute(
                update(offers)
                .where(offers.c.state == OPEN, offers.c.expires <= moment)
                .values(state=EXPIRED, record=None)
            )
            with_token = select(offer_tokens.c.offer_id)
            connection.execute(
                update(offers)
                .where(offers.c.state != OPEN, offers.c.record.is_not(None))
                .where(offers.c.offer_id.not_in(with_token))
                .values(record=None)
            )
            old = select(offers.c.offer_id).where(
                offers.c.state != OPEN, offers.c.expires <= long_ago, offers.c.offer_id.not_in(with_token)
            )
            for table in (notifications, issuances):
                connection.execute(delete(table).where(table.c.offer_id.in_(old)))
            connection.execute(delete(offers).where(offers.c.offer_id.in_(old)))


def begin_issuance(
    work: IssuerWriting,
    offer_id: str,
    holders: Sequence[str],
    nonces: dict[str, datetime],
    *,
    now: datetime,
) -> StoredIssuance:
    """Do what `OfferStore.begin` does, inside a transaction with other things."""
    connection = work.connection
    # In one order, so that two requests never wait for each other.
    for digest, expires in sorted(nonces.items()):
        if not insert_once(connection, used_nonces, nonce_sha256=digest, expires=format_datetime(expires)):
            raise NonceUsedError("a nonce was used before")
    insert_once(
        connection,
        issuances,
        offer_id=offer_id,
        holders=dump_json(list(holders)),
        collected=0,
        began=format_datetime(now),
    )
    row = connection.execute(select(issuances).where(issuances.c.offer_id == offer_id)).one()
    found = _issuance(row)
    if sorted(found.holders) != sorted(holders):
        raise OtherHoldersError("the credentials were asked for with other keys before")
    return found


def finish_issuance(
    work: IssuerWriting, offer_id: str, record_ids: Sequence[str], *, collected: bool
) -> None:
    """Do what `OfferStore.finish` does, inside a transaction with other things."""
    values: dict[str, JSONValue] = {"record_ids": dump_json(list(record_ids))}
    if collected:
        values["collected"] = 1
    work.connection.execute(update(issuances).where(issuances.c.offer_id == offer_id).values(values))
    work.connection.execute(update(offers).where(offers.c.offer_id == offer_id).values(record=None))


def insert_once(connection: Connection, table: Table, **values: JSONValue) -> bool:
    """Insert a row and say whether it is new; one whose key is taken is left as it is."""
    kind = postgresql if connection.dialect.name == "postgresql" else sqlite
    # Drivers count inserted rows differently; a row that comes back is one that was inserted.
    statement = kind.insert(table).values(values).on_conflict_do_nothing().returning(*table.primary_key)
    return connection.execute(statement).first() is not None


def _alive(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions under which a code can be redeemed."""
    return (
        offers.c.state == OPEN,
        offers.c.tries < MAX_TRIES,
        offers.c.expires > format_datetime(now),
    )


def _problem(
    row: Row[Any] | None, with_tx_code: bool, configurations: Sequence[str], now: datetime
) -> RedemptionOutcome | None:
    """Return what is wrong with a request for an offer that is alive; such a request costs no try."""
    if row is None or row.state != OPEN or row.tries >= MAX_TRIES or row.expires <= format_datetime(now):
        return None
    if row.tx_code_hmac is not None and not with_tx_code:
        return RedemptionOutcome.TX_CODE_MISSING
    if row.tx_code_hmac is None and with_tx_code:
        return RedemptionOutcome.TX_CODE_NOT_WANTED
    if any(each != row.configuration_id for each in configurations):
        return RedemptionOutcome.OTHER_CONFIGURATION
    return None


def _offer(row: Row[Any]) -> StoredOffer:
    return StoredOffer(
        offer_id=row.offer_id,
        state=row.state,
        approval=row.approval,
        configuration_id=row.configuration_id,
        record=row.record,
        options=row.options,
        needs_tx_code=row.tx_code_hmac is not None,
        created=parse_datetime(row.created),
        expires=parse_datetime(row.expires),
    )


def _issuance(row: Row[Any]) -> StoredIssuance:
    return StoredIssuance(
        holders=_texts(row.holders),
        record_ids=_texts(row.record_ids) if row.record_ids is not None else None,
        collected=bool(row.collected),
    )


def _texts(text: str) -> tuple[str, ...]:
    values = parse_json(text)
    return tuple(str(value) for value in values) if isinstance(values, list) else ()

"""Requests that were made over OpenID4VP, and what became of each: made, fetched, answered, collected.

A transaction has two names (VP 13.3). The request id travels with the request, as its `state` and in its
URLs, so the wallet knows it, and everybody who saw the QR code. The transaction id is the page's alone;
only its hash is kept, and only it opens the result (threat E15). Where the answer comes from the same device,
a third value, the response code, has to come back through the holder's browser (threat E14).

Each step is one statement whose row count decides, so of two answers at the same moment, to whichever
process, one is taken (threat E1). A result holds claims: it is forgotten when it is collected, or soon after.
The key that an answer is encrypted to is kept in clear until then, in a database that has the answers anyway.
Not here: what an answer is worth (`verifier.requests`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)

from runtime.database import Database
from runtime.tokens import secret_digest
from vclib.datetimes import format_datetime, parse_datetime
from vclib.encoding import decode_base64url, encode_base64url
from vclib.keys import KeyType, PrivateKey
from vclib.strict_json import JSONObject, dump_json, parse_json_object
from verifier.store import TABLES, TooManyOpenError

# How long a transaction that has ended, or that nobody answered in time, is remembered.
_REMEMBERED = timedelta(minutes=10)


class TransactionState(StrEnum):
    """How far a transaction is."""

    OPEN = "open"
    FETCHED = "fetched"
    ANSWERED = "answered"
    COLLECTED = "collected"


_WAITING = (TransactionState.OPEN.value, TransactionState.FETCHED.value)

_transactions = Table(
    "presentation_requests",
    TABLES,
    Column("request_id", String(64), primary_key=True),
    Column("transaction_hash", String(64), nullable=False, unique=True),
    Column("state", String(16), nullable=False),
    Column("client_id", String(2048), nullable=False),
    Column("nonce", String(64), nullable=False),
    # JSON: the query, the purpose, where the same device goes afterwards.
    Column("asked", Text, nullable=False),
    # The private key that an answer is encrypted to, until there is one.
    Column("encryption_key", String(64)),
    Column("response_code_hash", String(64)),
    # JSON: what the answer was found to be, until it is collected.
    Column("result", Text),
    Column("expires", String(32), nullable=False, index=True),
)


@dataclass(frozen=True, eq=False)
class Transaction:
    """A request that was made. `asked` is of `verifier.requests`; the key is None without encryption."""

    request_id: str
    client_id: str
    nonce: str = field(repr=False)
    asked: JSONObject
    encryption_key: PrivateKey | None
    expires: datetime


@dataclass(frozen=True, eq=False)
class Progress:
    """What the page learns: how far the transaction is, and the result if it was collected by this."""

    state: TransactionState
    result: JSONObject | None = None


class Transactions:
    """The transactions in a verifier's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, transaction: Transaction, transaction_id: str, *, now: datetime, max_open: int) -> None:
        """Remember a request before it is sent; TooManyOpenError where `max_open` wait for an answer."""
        key = transaction.encryption_key
        values = {
            "request_id": transaction.request_id,
            "transaction_hash": secret_digest(transaction_id),
            "state": TransactionState.OPEN.value,
            "client_id": transaction.client_id,
            "nonce": transaction.nonce,
            "asked": dump_json(transaction.asked),
            "encryption_key": None if key is None else encode_base64url(key.secret_bytes),
            "expires": format_datetime(transaction.expires),
        }
        with self._database.writing() as connection:
            _purge(connection, now)
            waiting = select(func.count()).select_from(_transactions).where(*_is_waiting(now))
            count = connection.execute(waiting).scalar_one()
            if count >= max_open:
                raise TooManyOpenError(f"{count} requests wait for an answer; try again later")
            connection.execute(insert(_transactions).values(values))

    def find(self, request_id: str, *, now: datetime) -> Transaction | None:
        """Return a request that still waits for an answer, None for any other."""
        with self._database.reading() as connection:
            is_this = _transactions.c.request_id == request_id
            row = connection.execute(select(_transactions).where(is_this, *_is_waiting(now))).one_or_none()
        if row is None:
            return None
        key = row.encryption_key
        return Transaction(
            request_id=row.request_id,
            client_id=row.client_id,
            nonce=row.nonce,
            asked=parse_json_object(row.asked),
            encryption_key=None if key is None else PrivateKey(KeyType.P256, decode_base64url(key)),
            expires=parse_datetime(row.expires),
        )

    def note_fetched(self, request_id: str) -> None:
        """Note that a wallet has seen the request; it may fetch it again."""
        is_open = (
            _transactions.c.request_id == request_id,
            _transactions.c.state == TransactionState.OPEN.value,
        )
        with self._database.writing() as connection:
            connection.execute(
                update(_transactions).where(*is_open).values(state=TransactionState.FETCHED.value)
            )

    def forget(self, transaction_id: str) -> None:
        """Delete a transaction, and what was answered to it; nothing for an unknown one."""
        is_this = _transactions.c.transaction_hash == secret_digest(transaction_id)
        with self._database.writing() as connection:
            connection.execute(delete(_transactions).where(is_this))
        self._database.forget_deleted()

    def answer(
        self, request_id: str, result: JSONObject, *, now: datetime, response_code: str | None = None
    ) -> bool:
        """Keep what came for a request that waits for it; False if another answer was faster, or it ended."""
        is_this = _transactions.c.request_id == request_id
        values = {
            "state": TransactionState.ANSWERED.value,
            "result": dump_json(result),
            "encryption_key": None,
            "response_code_hash": None if response_code is None else secret_digest(response_code),
        }
        with self._database.writing() as connection:
            statement = update(_transactions).where(is_this, *_is_waiting(now)).values(values)
            return connection.execute(statement).rowcount == 1

    def collect(self, transaction_id: str, response_code: str | None, *, now: datetime) -> Progress | None:
        """Return how far a transaction is and, once it is answered, its result, which is then forgotten.

        None for an unknown transaction, one that nobody answered in time, and a response code that is missing
        or another one: whoever asks learns no more.
        """
        is_this = _transactions.c.transaction_hash == secret_digest(transaction_id)
        with self._database.reading() as connection:
            row = connection.execute(select(_transactions).where(is_this)).one_or_none()
        if row is None or parse_datetime(row.expires) + _REMEMBERED < now:
            return None
        state = TransactionState(row.state)
        if state is not TransactionState.ANSWERED:
            in_time = state is TransactionState.COLLECTED or parse_datetime(row.expires) >= now
            return Progress(state) if in_time else None
        if row.response_code_hash is not None and (
            response_code is None or secret_digest(response_code) != row.response_code_hash
        ):
            return None
        is_answered = _transactions.c.state == TransactionState.ANSWERED.value
        values = {"state": TransactionState.COLLECTED.value, "result": None}
        with self._database.writing() as connection:
            taken = connection.execute(update(_transactions).where(is_this, is_answered).values(values))
        if taken.rowcount != 1:
            return Progress(TransactionState.COLLECTED)
        return Progress(TransactionState.ANSWERED, parse_json_object(row.result))


def _is_waiting(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return _transactions.c.state.in_(_WAITING), _transactions.c.expires >= format_datetime(now)


def _purge(connection: Connection, now: datetime) -> None:
    connection.execute(
        delete(_transactions).where(_transactions.c.expires < format_datetime(now - _REMEMBERED))
    )

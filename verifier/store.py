"""What a verifier remembers: the challenges it sent and which were answered, and the newest status lists.

A presentation answers one challenge once (threat E1): one statement both looks whether it still can be
answered and marks it, so of two answers that come at the same moment, to whichever process, one is taken.
The number of open challenges is bounded and what has expired is forgotten, so that nobody fills the database
by asking. Of status lists only the date of the newest one per URL is kept: an issuer, or whoever answers in
its place, that shows an older list is noticed (threat H7). Neither holds anything of a person. Other modules
of the verifier keep their tables beside these, in `TABLES`. Not here: deciding what an answer is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Insert,
    Integer,
    MetaData,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from runtime.database import Database, open_database, sqlite_url
from vclib.datetimes import format_datetime, parse_datetime
from vclib.errors import InvalidChallengeError, VCError
from verifier.config import VerifierConfig

# The scripts that bring an older database to these tables.
MIGRATIONS = Path(__file__).parent / "migrations"

# Every table of the verifier's database; further ones are added by the modules that use them.
TABLES = MetaData()

# How long an answered challenge is remembered as such, after it could have been answered: a replay is then
# told by name.
_REMEMBERED = timedelta(days=1)

_challenges = Table(
    "challenges",
    TABLES,
    Column("challenge", String(200), primary_key=True),
    Column("domain", String(2000), nullable=False),
    Column("expires", String(32), nullable=False, index=True),
    Column("answered", String(32)),
    Column("uses", Integer, nullable=False, default=0),
)

_status_lists = Table(
    "newest_status_lists",
    TABLES,
    Column("url", String(2000), primary_key=True),
    Column("valid_from", String(32), nullable=False),
)


class TooManyOpenError(VCError):
    """So many challenges or exchanges are open that no more are begun until some have ended."""

    code = "too-many-open"


@dataclass(frozen=True)
class Challenge:
    """A challenge that was sent: for which domain, until when it may be answered, how often it was used."""

    challenge: str
    domain: str
    expires: datetime
    uses: int = 0


class VerifierStore:
    """The verifier's database; `database` is for the modules that keep their own tables in it."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def open(cls, url: str) -> VerifierStore:
        """Open or make the verifier's tables at a database URL; StoreError, ConfigurationError."""
        return cls(open_database(url, tables=all_tables(), component="verifier", migrations=MIGRATIONS))

    @classmethod
    def open_home(cls, config: VerifierConfig) -> VerifierStore:
        """Open or make the database of a verifier's home folder; StoreError, ConfigurationError."""
        return cls.open(config.database_url or sqlite_url(config.database_path))

    def close(self) -> None:
        """Close the database."""
        self.database.close()

    def check(self) -> None:
        """Return if the database answers; else StoreError."""
        with self.database.reading() as connection:
            connection.execute(select(_status_lists.c.url).limit(1)).all()

    def save_challenge(self, challenge: str, domain: str, expires: datetime) -> None:
        """Remember a challenge before it is sent."""
        with self.database.writing() as connection:
            _insert_challenge(connection, challenge, domain, expires)

    def begin_challenge(
        self, challenge: str, domain: str, expires: datetime, *, now: datetime, max_open: int
    ) -> None:
        """Remember a challenge that a stranger asked for; TooManyOpenError where `max_open` are open."""
        with self.database.writing() as connection:
            connection.execute(
                delete(_challenges).where(_challenges.c.expires < format_datetime(now - _REMEMBERED))
            )
            is_open = (_challenges.c.expires >= format_datetime(now), _challenges.c.answered.is_(None))
            count = connection.execute(
                select(func.count()).select_from(_challenges).where(*is_open)
            ).scalar_one()
            if count >= max_open:
                raise TooManyOpenError(f"{count} challenges wait for an answer; try again later")
            _insert_challenge(connection, challenge, domain, expires)

    def knows_challenge(self, challenge: str) -> bool:
        """Whether this verifier sent the challenge, answered or not."""
        with self.database.reading() as connection:
            query = select(_challenges.c.uses).where(_challenges.c.challenge == challenge)
            return connection.execute(query).one_or_none() is not None

    def find_challenge(self, challenge: str, *, now: datetime) -> Challenge:
        """Return a challenge that may be answered at `now`; InvalidChallengeError says why it may not."""
        with self.database.reading() as connection:
            return _open_challenge(connection, challenge, now)

    def spend_challenge(self, challenge: str, *, now: datetime) -> None:
        """Mark a challenge as answered; InvalidChallengeError where another answer was faster."""
        is_this = _challenges.c.challenge == challenge
        is_open = (_challenges.c.answered.is_(None), _challenges.c.expires >= format_datetime(now))
        with self.database.writing() as connection:
            spent = connection.execute(
                update(_challenges)
                .where(is_this, *is_open)
                .values(answered=format_datetime(now), uses=_challenges.c.uses + 1)
            ).rowcount
            if not spent:
                connection.execute(update(_challenges).where(is_this).values(uses=_challenges.c.uses + 1))
        if not spent:
            # The count of uses is kept, so this is looked up after it.
            self.find_challenge(challenge, now=now)
            raise InvalidChallengeError("this challenge has been answered before")

    def note_status_list(self, url: str, valid_from: datetime) -> bool:
        """Remember a checked status list; False if a newer one of that URL was seen before."""
        seen = format_datetime(valid_from)
        with self.database.reading() as connection:
            query = select(_status_lists.c.valid_from).where(_status_lists.c.url == url)
            newest = connection.execute(query).scalar_one_or_none()
        if newest is not None and newest >= seen:
            # Most checks see what was seen before, and have nothing to write.
            return bool(newest == seen)
        with self.database.writing() as connection:
            statement = insert_or_update(
                connection,
                _status_lists,
                {"url": url, "valid_from": seen},
                key="url",
                only_if=_status_lists.c.valid_from <= seen,
            )
            # Of an INSERT the number of rows is not kept unless it is asked for.
            written = connection.execute(statement, execution_options={"preserve_rowcount": True})
            return written.rowcount == 1


def all_tables() -> MetaData:
    """Return TABLES with those of every module of the verifier, which they add when they are loaded."""
    from verifier import access, caching, desks, exchange_store, transactions  # noqa: F401  for their tables

    return TABLES


def insert_or_update(
    connection: Connection, table: Table, values: dict[str, object], *, key: str, only_if: object = None
) -> Insert:
    """Return one statement that inserts a row, or updates the one with its key (if `only_if` holds of it).

    Both databases have it, each in its own dialect's spelling of one syntax.
    """
    # Any: what a condition is, is each dialect's own.
    where: dict[str, Any] = {} if only_if is None else {"where": only_if}
    changed = {name: value for name, value in values.items() if name != key}
    if connection.dialect.name == "postgresql":
        return (
            postgresql.insert(table)
            .values(values)
            .on_conflict_do_update(index_elements=[key], set_=changed, **where)
        )
    return (
        sqlite.insert(table).values(values).on_conflict_do_update(index_elements=[key], set_=changed, **where)
    )


def _insert_challenge(connection: Connection, challenge: str, domain: str, expires: datetime) -> None:
    values = {"challenge": challenge, "domain": domain, "expires": format_datetime(expires)}
    connection.execute(insert(_challenges).values(values))


def _open_challenge(connection: Connection, challenge: str, now: datetime) -> Challenge:
    row = connection.execute(select(_challenges).where(_challenges.c.challenge == challenge)).one_or_none()
    if row is None:
        raise InvalidChallengeError("this challenge was not sent by this verifier")
    if row.answered is not None:
        raise InvalidChallengeError(f"this challenge was answered before, at {row.answered}")
    expires = parse_datetime(row.expires)
    if now > expires:
        raise InvalidChallengeError(f"this challenge could be answered until {row.expires}")
    return Challenge(row.challenge, row.domain, expires, row.uses)

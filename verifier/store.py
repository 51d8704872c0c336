"""What a verifier remembers: the challenges it sent and which were answered, and the newest status lists.

A presentation answers one challenge once (threat E1). A challenge is spent in the same step that looks
whether it still can be, so two answers that come at the same moment cannot both be taken. Of status lists
only the date of the newest one per URL is kept: an issuer, or whoever answers in its place, that shows an
older list is noticed (threat H7). Neither holds anything of a person. Not here: deciding what an answer is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Column, Connection, MetaData, String, Table, insert, select, update

from runtime.database import Database, open_database, sqlite_url
from vclib.datetimes import format_datetime, parse_datetime
from vclib.errors import InvalidChallengeError
from verifier.config import VerifierConfig

# The scripts that bring an older database to these tables.
MIGRATIONS = Path(__file__).parent / "migrations"

TABLES = MetaData()

_challenges = Table(
    "challenges",
    TABLES,
    Column("challenge", String(200), primary_key=True),
    Column("domain", String(2000), nullable=False),
    Column("expires", String(32), nullable=False),
    Column("answered", String(32)),
)

_status_lists = Table(
    "newest_status_lists",
    TABLES,
    Column("url", String(2000), primary_key=True),
    Column("valid_from", String(32), nullable=False),
)


@dataclass(frozen=True)
class Challenge:
    """A challenge that was sent: for which domain, and until when it may be answered."""

    challenge: str
    domain: str
    expires: datetime


class VerifierStore:
    """The verifier's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, url: str) -> VerifierStore:
        """Open or make the verifier's tables at a database URL; StoreError, ConfigurationError."""
        return cls(open_database(url, tables=TABLES, component="verifier", migrations=MIGRATIONS))

    @classmethod
    def open_home(cls, config: VerifierConfig) -> VerifierStore:
        """Open or make the database of a verifier's home folder; StoreError, ConfigurationError."""
        return cls.open(config.database_url or sqlite_url(config.database_path))

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def save_challenge(self, challenge: str, domain: str, expires: datetime) -> None:
        """Remember a challenge before it is sent."""
        with self._database.writing() as connection:
            values = {"challenge": challenge, "domain": domain, "expires": format_datetime(expires)}
            connection.execute(insert(_challenges).values(values))

    def find_challenge(self, challenge: str, *, now: datetime) -> Challenge:
        """Return a challenge that may be answered at `now`; InvalidChallengeError says why it may not."""
        with self._database.reading() as connection:
            return _open_challenge(connection, challenge, now)

    def spend_challenge(self, challenge: str, *, now: datetime) -> None:
        """Mark a challenge as answered; InvalidChallengeError where another answer was faster."""
        with self._database.writing() as connection:
            _open_challenge(connection, challenge, now)
            spent = connection.execute(
                update(_challenges)
                .where(_challenges.c.challenge == challenge, _challenges.c.answered.is_(None))
                .values(answered=format_datetime(now))
            )
            if spent.rowcount != 1:
                raise InvalidChallengeError("this challenge has been answered before")

    def note_status_list(self, url: str, valid_from: datetime) -> bool:
        """Remember a checked status list; False if a newer one of that URL was seen before."""
        with self._database.writing() as connection:
            query = select(_status_lists.c.valid_from).where(_status_lists.c.url == url)
            seen = connection.execute(query).scalar_one_or_none()
            if seen is None:
                values = {"url": url, "valid_from": format_datetime(valid_from)}
                connection.execute(insert(_status_lists).values(values))
                return True
            if parse_datetime(seen) > valid_from.replace(microsecond=0):
                return False
            connection.execute(
                update(_status_lists)
                .where(_status_lists.c.url == url)
                .values(valid_from=format_datetime(valid_from))
            )
            return True


def _open_challenge(connection: Connection, challenge: str, now: datetime) -> Challenge:
    row = connection.execute(select(_challenges).where(_challenges.c.challenge == challenge)).one_or_none()
    if row is None:
        raise InvalidChallengeError("this challenge was not sent by this verifier")
    if row.answered is not None:
        raise InvalidChallengeError(f"this challenge was answered before, at {row.answered}")
    expires = parse_datetime(row.expires)
    if now > expires:
        raise InvalidChallengeError(f"this challenge could be answered until {row.expires}")
    return Challenge(row.challenge, row.domain, expires)

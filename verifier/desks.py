"""The devices of a venue: links that sign one in once, and the sessions that they begin.

Whoever can read the verifier's folder makes a link (`ddcc verifier page`); the first browser that opens it
gets a session. A link counts for minutes and once, so that it may stand in a terminal, in a history or in a
chat without harm. Kept are digests only (`runtime.tokens`). Not here: cookies (`verifier.page_access`).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Column, String, Table, delete, func, insert, select

from runtime.database import Database
from runtime.tokens import new_token, secret_digest
from vclib.datetimes import format_datetime
from vclib.errors import ConfigurationError
from verifier.store import TABLES

_LINK, _SESSION = "link", "session"
# So many devices have no venue; whoever has that many signs them out first.
_MAX_DESKS = 1000

_desks = Table(
    "page_desks",
    TABLES,
    Column("hash", String(64), primary_key=True),
    # "link" until it is opened, "session" of the device that opened it.
    Column("kind", String(16), nullable=False),
    Column("expires", String(32), nullable=False, index=True),
)


class Desks:
    """The links and sessions in a verifier's database; all methods raise StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def new_link(self, *, now: datetime, lifetime: timedelta) -> str:
        """Return a secret that one device may sign in with; ConfigurationError where there are too many."""
        return self._begin(_LINK, now=now, lifetime=lifetime)

    def open_link(self, secret: str, *, now: datetime, lifetime: timedelta) -> str | None:
        """Return a new session for whoever has a link's secret, which is spent by it; else None."""
        is_this = (_desks.c.hash == secret_digest(secret), _desks.c.kind == _LINK)
        with self._database.writing() as connection:
            in_time = _desks.c.expires >= format_datetime(now)
            if connection.execute(delete(_desks).where(*is_this, in_time)).rowcount != 1:
                return None
        return self._begin(_SESSION, now=now, lifetime=lifetime)

    def is_session(self, secret: str, *, now: datetime) -> bool:
        """Whether a cookie's value is a session that has not ended."""
        is_this = (_desks.c.hash == secret_digest(secret), _desks.c.kind == _SESSION)
        with self._database.reading() as connection:
            in_time = _desks.c.expires >= format_datetime(now)
            return (
                connection.execute(select(_desks.c.hash).where(*is_this, in_time)).one_or_none() is not None
            )

    def sign_out_all(self) -> int:
        """End every session and link; return how many there were."""
        with self._database.writing() as connection:
            return connection.execute(delete(_desks)).rowcount

    def _begin(self, kind: str, *, now: datetime, lifetime: timedelta) -> str:
        secret = new_token()
        values = {"hash": secret_digest(secret), "kind": kind, "expires": format_datetime(now + lifetime)}
        with self._database.writing() as connection:
            connection.execute(delete(_desks).where(_desks.c.expires < format_datetime(now)))
            if connection.execute(select(func.count()).select_from(_desks)).scalar_one() >= _MAX_DESKS:
                raise ConfigurationError(f"there are {_MAX_DESKS} devices at this page: sign them out first")
            connection.execute(insert(_desks).values(values))
        return secret

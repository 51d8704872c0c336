"""Access tokens of those who may start exchanges at a verifier, and ask it for their outcome.

A token is shown once and kept as its digest (`runtime.tokens`). Not here: which routes need one
(`verifier.app`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, String, Table, delete, insert, select

from runtime.database import Database
from runtime.tokens import is_token_name, new_token, secret_digest
from vclib.datetimes import format_datetime
from vclib.errors import ConfigurationError
from verifier.store import TABLES

_MAX_NAME_CHARACTERS = 100

_tokens = Table(
    "verifier_tokens",
    TABLES,
    Column("name", String(_MAX_NAME_CHARACTERS), primary_key=True),
    Column("hash", String(64), nullable=False, unique=True),
    Column("created", String(32), nullable=False),
)


@dataclass(frozen=True)
class TokenView:
    """A token as it can be listed: whose it is, and since when."""

    name: str
    created: str


class AccessTokens:
    """The tokens in a verifier's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, name: str, *, now: datetime) -> str:
        """Return a new token for `name`, to be shown once; ConfigurationError for a name that is taken."""
        if not is_token_name(name):
            raise ConfigurationError(f"a token's name has 1 to {_MAX_NAME_CHARACTERS} printable characters")
        token = new_token()
        with self._database.writing() as connection:
            taken = connection.execute(select(_tokens.c.name).where(_tokens.c.name == name)).one_or_none()
            if taken is not None:
                raise ConfigurationError(f"there is a token named {name!r} already; revoke it first")
            values = {"name": name, "hash": secret_digest(token), "created": format_datetime(now)}
            connection.execute(insert(_tokens).values(values))
        return token

    def revoke(self, name: str) -> None:
        """Make a token worthless at once; ConfigurationError if there is none of that name."""
        with self._database.writing() as connection:
            if connection.execute(delete(_tokens).where(_tokens.c.name == name)).rowcount != 1:
                raise ConfigurationError(f"there is no token named {name[:_MAX_NAME_CHARACTERS]!r}")

    def list(self) -> list[TokenView]:
        """Return all tokens by name."""
        with self._database.reading() as connection:
            rows = connection.execute(select(_tokens).order_by(_tokens.c.name)).all()
        return [TokenView(row.name, row.created) for row in rows]

    def accepts(self, token: str) -> bool:
        """Whether a token is one of these."""
        with self._database.reading() as connection:
            query = select(_tokens.c.name).where(_tokens.c.hash == secret_digest(token))
            return connection.execute(query).one_or_none() is not None

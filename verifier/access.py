"""Bearer tokens of those who may start exchanges at a verifier, and ask it for their outcome.

A token is 256 random bits, shown once; the database holds its SHA-256 hash, by which it is looked up, so
neither a copy of the database nor the time of an answer tells a token. Source: RFC 6750,
https://www.rfc-editor.org/rfc/rfc6750. Not here: which routes need one (`verifier.app`).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from fastapi import HTTPException, Request
from sqlalchemy import Column, String, Table, delete, insert, select

from runtime.database import Database
from vclib.datetimes import format_datetime
from vclib.errors import ConfigurationError
from verifier.store import TABLES

_TOKEN_BYTES = 32
_MAX_TOKEN_CHARACTERS = 200
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
        if not name.strip() or len(name) > _MAX_NAME_CHARACTERS or not name.isprintable():
            raise ConfigurationError(f"a token's name has 1 to {_MAX_NAME_CHARACTERS} printable characters")
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        with self._database.writing() as connection:
            taken = connection.execute(select(_tokens.c.name).where(_tokens.c.name == name)).one_or_none()
            if taken is not None:
                raise ConfigurationError(f"there is a token named {name!r} already; revoke it first")
            values = {"name": name, "hash": _hash(token), "created": format_datetime(now)}
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
            query = select(_tokens.c.name).where(_tokens.c.hash == _hash(token))
            return connection.execute(query).one_or_none() is not None


def bearer_token(request: Request) -> str | None:
    """Return the bearer token of a request; None without one, or with more than one Authorization header."""
    headers = request.headers.getlist("authorization")
    scheme, _, token = (headers[0] if len(headers) == 1 else "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not 0 < len(token) <= _MAX_TOKEN_CHARACTERS or not token.isascii():
        return None
    return token


def require_token(accepts: Callable[[str], bool]) -> Callable[[Request], None]:
    """Return a route's dependency that refuses a request without an accepted token as 401."""

    def check(request: Request) -> None:
        token = bearer_token(request)
        if token is None or not accepts(token):
            raise HTTPException(HTTPStatus.UNAUTHORIZED, headers={"WWW-Authenticate": "Bearer"})

    return check


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

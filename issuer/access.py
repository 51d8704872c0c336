"""Who may do what at the service: bearer tokens, each with one role.

A token is 256 random bits, shown once and kept as its SHA-256, which it is looked up by: neither a copy of
the database nor the time of an answer tells a token. It ends by itself, and can be revoked at once for all
workers. Refusals are answered as RFC 6750 says (https://www.rfc-editor.org/rfc/rfc6750#section-3.1) and
audited without what was sent; of many refusals of one kind only some are written, with the number of the
others, so that a stranger cannot fill the database. Not here: which route needs which role.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus

from fastapi import HTTPException, Request
from sqlalchemy import Row, insert, select, update

from issuer.store import IssuerStore
from issuer.tables import access_tokens
from runtime.commands import utc_now
from vclib.datetimes import format_datetime, parse_datetime
from vclib.errors import ConfigurationError

_TOKEN_BYTES = 32
_ID_BYTES = 6
_MAX_NAME_CHARACTERS = 100
# b64token, https://www.rfc-editor.org/rfc/rfc6750#section-2.1
_BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9._~+/-]{1,500}=*)")
_REALM = "ddcc issuer"
# Of the refusals of one kind in this time, one is written.
_AUDIT_PAUSE = timedelta(minutes=1)


class Role(StrEnum):
    """What a token allows: to mint and offer, to change the status of credentials, to read the audit log."""

    MINTER = "minter"
    REVOKER = "revoker"
    AUDITOR = "auditor"


@dataclass(frozen=True)
class AccessToken:
    """A token as it is kept, without what would open anything."""

    token_id: str
    name: str
    role: Role
    created: datetime
    expires: datetime
    revoked: datetime | None = None

    def state(self, now: datetime) -> str:
        """Return "valid", "expired" or "revoked"."""
        if self.revoked is not None:
            return "revoked"
        return "valid" if now < self.expires else "expired"


def create_token(
    store: IssuerStore, *, name: str, role: Role, days: int, now: datetime
) -> tuple[str, AccessToken]:
    """Return a new token, to be shown once, and how it is kept; ConfigurationError for a bad name."""
    if not name.strip() or len(name) > _MAX_NAME_CHARACTERS or not name.isprintable():
        raise ConfigurationError(f"--name: expected 1 to {_MAX_NAME_CHARACTERS} printable characters")
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    now = now.replace(microsecond=0)
    kept = AccessToken(secrets.token_hex(_ID_BYTES), name, role, now, now + timedelta(days=days))
    with store.writing() as work:
        work.connection.execute(
            insert(access_tokens).values(
                token_id=kept.token_id,
                name=name,
                role=str(role),
                token_sha256=_digest(token),
                created=format_datetime(kept.created),
                expires=format_datetime(kept.expires),
            )
        )
        work.audit("token-create", {"token": kept.token_id, "role": str(role)}, now=now)
    return token, kept


def list_tokens(store: IssuerStore) -> list[AccessToken]:
    """Return all tokens, oldest first."""
    with store.reading() as reading:
        chosen = select(access_tokens).order_by(access_tokens.c.created, access_tokens.c.token_id)
        return [_token(row) for row in reading.connection.execute(chosen)]


def revoke_token(store: IssuerStore, token_id: str, *, now: datetime) -> None:
    """Make a token worthless at once; ConfigurationError where no valid one has this id."""
    with store.writing() as work:
        result = work.connection.execute(
            update(access_tokens)
            .where(access_tokens.c.token_id == token_id, access_tokens.c.revoked.is_(None))
            .values(revoked=format_datetime(now))
        )
        if result.rowcount != 1:
            raise ConfigurationError(f"no token that could be revoked has the id {token_id[:80]!r}")
        work.audit("token-revoke", {"token": token_id}, now=now)


class AccessControl:
    """The door of one service; `require` gives a route's dependency."""

    def __init__(self, store: IssuerStore, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        # By kind of refusal: when one was written, and how many were not since.
        self._refusals: dict[tuple[str, str], tuple[datetime, int]] = {}

    def require(self, *roles: Role) -> Callable[[Request], AccessToken]:
        """Return a dependency that gives the caller's token if it has one of the roles."""

        def check(request: Request) -> AccessToken:
            return self._check(request.headers.getlist("authorization"), roles)

        return check

    def _check(self, headers: list[str], roles: tuple[Role, ...]) -> AccessToken:
        now = self._clock()
        match = _BEARER.fullmatch(headers[0]) if len(headers) == 1 else None
        if match is None:
            raise self._refusal("no-token", roles, now)
        token = self._find(match[1])
        if token is None:
            raise self._refusal("unknown-token", roles, now)
        if token.state(now) != "valid":
            raise self._refusal(f"{token.state(now)}-token", roles, now, token)
        if token.role not in roles:
            raise self._refusal("wrong-role", roles, now, token)
        return token

    def _find(self, token: str) -> AccessToken | None:
        with self._store.reading() as reading:
            chosen = select(access_tokens).where(access_tokens.c.token_sha256 == _digest(token))
            row = reading.connection.execute(chosen).one_or_none()
        return _token(row) if row is not None else None

    def _refusal(
        self, why: str, roles: tuple[Role, ...], now: datetime, token: AccessToken | None = None
    ) -> HTTPException:
        self._audit(why, roles, now, token)
        scope = " ".join(roles)
        if why == "wrong-role":
            challenge = f'Bearer realm="{_REALM}", error="insufficient_scope", scope="{scope}"'
            return HTTPException(HTTPStatus.FORBIDDEN, headers={"WWW-Authenticate": challenge})
        # Without any token nothing is said of errors: https://www.rfc-editor.org/rfc/rfc6750#section-3.1.
        # Unknown, expired and revoked are one answer to whoever holds something that opens nothing.
        error = "" if why == "no-token" else ', error="invalid_token"'
        challenge = f'Bearer realm="{_REALM}"{error}'
        return HTTPException(HTTPStatus.UNAUTHORIZED, headers={"WWW-Authenticate": challenge})

    def _audit(self, why: str, roles: tuple[Role, ...], now: datetime, token: AccessToken | None) -> None:
        kind = (why, token.token_id if token is not None else "")
        with self._lock:
            written, unwritten = self._refusals.get(kind, (None, 0))
            if written is not None and now - written < _AUDIT_PAUSE:
                self._refusals[kind] = (written, unwritten + 1)
                return
            self._refusals[kind] = (now, 0)
        details = {"why": why, "needed": " ".join(roles)}
        if token is not None:
            details["token"] = token.token_id
        if unwritten:
            details["unwritten"] = str(unwritten)
        with self._store.writing() as work:
            work.audit("refused", details, now=now)


def require_role(
    store: IssuerStore, *roles: Role, clock: Callable[[], datetime] = utc_now
) -> Callable[[Request], AccessToken]:
    """Return a dependency that lets in only who has a valid token with one of these roles."""
    return AccessControl(store, clock=clock).require(*roles)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _token(row: Row[tuple[object, ...]]) -> AccessToken:
    return AccessToken(
        row.token_id,
        row.name,
        Role(row.role),
        parse_datetime(row.created),
        parse_datetime(row.expires),
        parse_datetime(row.revoked) if row.revoked else None,
    )

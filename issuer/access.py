"""Who may do what at the service: access tokens, each with one role.

A token is shown once and kept as its digest (`runtime.tokens`). It ends by itself, and can be revoked at once
for all workers. Not here: who is let in (`access_control`).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Row, insert, select, update

from issuer.store import IssuerStore
from issuer.tables import access_tokens
from runtime.tokens import is_token_name, new_token, secret_digest
from vclib.datetimes import format_datetime, parse_datetime
from vclib.errors import ConfigurationError

_ID_BYTES = 6


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
    if not is_token_name(name):
        raise ConfigurationError("--name: expected 1 to 100 printable characters")
    token = new_token()
    now = now.replace(microsecond=0)
    kept = AccessToken(secrets.token_hex(_ID_BYTES), name, role, now, now + timedelta(days=days))
    with store.writing() as work:
        work.connection.execute(
            insert(access_tokens).values(
                token_id=kept.token_id,
                name=name,
                role=str(role),
                token_sha256=secret_digest(token),
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


def find_token(store: IssuerStore, token: str) -> AccessToken | None:
    """Return how a token is kept, ended or revoked though it may be; None for one that was never made."""
    with store.reading() as reading:
        chosen = select(access_tokens).where(access_tokens.c.token_sha256 == secret_digest(token))
        row = reading.connection.execute(chosen).one_or_none()
    return _token(row) if row is not None else None


def _token(row: Row[tuple[object, ...]]) -> AccessToken:
    return AccessToken(
        row.token_id,
        row.name,
        Role(row.role),
        parse_datetime(row.created),
        parse_datetime(row.expires),
        parse_datetime(row.revoked) if row.revoked else None,
    )

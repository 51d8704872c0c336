"""The door of the issuer's service: a request is let in by a token of the right role.

Refusals are answered as RFC 6750 says (https://www.rfc-editor.org/rfc/rfc6750#section-3.1) and audited
without what was sent; of many refusals of one kind only some are written, with the number of the others, so
that a stranger cannot fill the database. Not here: the tokens (`access`), and which route needs which role.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus

from fastapi import HTTPException, Request

from issuer.access import AccessToken, Role, find_token
from issuer.store import IssuerStore
from runtime.bearer import bearer_refusal, bearer_token
from runtime.commands import utc_now

_REALM = "ddcc issuer"
# Of the refusals of one kind in this time, one is written.
_AUDIT_PAUSE = timedelta(minutes=1)


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
        presented = bearer_token(headers)
        if presented is None:
            raise self._refusal("no-token", roles, now)
        token = find_token(self._store, presented)
        if token is None:
            raise self._refusal("unknown-token", roles, now)
        if token.state(now) != "valid":
            raise self._refusal(f"{token.state(now)}-token", roles, now, token)
        if token.role not in roles:
            raise self._refusal("wrong-role", roles, now, token)
        return token

    def _refusal(
        self, why: str, roles: tuple[Role, ...], now: datetime, token: AccessToken | None = None
    ) -> HTTPException:
        self._audit(why, roles, now, token)
        if why == "wrong-role":
            scope = " ".join(roles)
            return bearer_refusal(HTTPStatus.FORBIDDEN, realm=_REALM, error="insufficient_scope", scope=scope)
        # Without any token nothing is said of errors: https://www.rfc-editor.org/rfc/rfc6750#section-3.1.
        # Unknown, expired and revoked are one answer to whoever holds something that opens nothing.
        if why == "no-token":
            return bearer_refusal(realm=_REALM)
        return bearer_refusal(realm=_REALM, error="invalid_token")

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

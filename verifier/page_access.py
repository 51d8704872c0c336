"""Who may use the venue's page: a browser with a session's cookie, or a program with an access token.

No script can read the cookie and no other site can send it; where a request comes from is looked at all the
same. Not here: sessions (`verifier.desks`), and what the page shows (`verifier.page`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from fastapi import Request

from runtime.bearer import bearer_refusal, bearer_token
from runtime.web import RequestError
from verifier.desks import Desks

# A neighbour under our domain could set our cookie; `__Host-` is the browser's word that it was us.
SECURE_COOKIE, PLAIN_COOKIE = "__Host-ddcc-desk", "ddcc-desk"

_MAX_SECRET = 200


@dataclass(frozen=True)
class DeskAccess:
    """Says whether a request comes from a device of the venue.

    `is_open` lets everybody in, for a verifier that asks nobody for a token; `is_secure` is of the cookie.
    """

    desks: Desks
    accepts_token: Callable[[str], bool]
    clock: Callable[[], datetime]
    is_open: bool
    is_secure: bool

    @property
    def cookie(self) -> str:
        """The name of the cookie."""
        return SECURE_COOKIE if self.is_secure else PLAIN_COOKIE

    def admits(self, request: Request) -> bool:
        """Whether this browser is a device of the venue; it may also be anybody's, where all are let in."""
        secret = request.cookies.get(self.cookie, "")
        if 0 < len(secret) <= _MAX_SECRET and self.desks.is_session(secret, now=self.clock()):
            return True
        return self.is_open

    def check(self, request: Request) -> None:
        """Return for a request of the page, or with an access token; what is raised becomes 401 or 403."""
        headers = request.headers.getlist("authorization")
        if headers:
            token = bearer_token(headers)
            if token is None or not self.accepts_token(token):
                raise bearer_refusal()
            return
        if not self.admits(request):
            raise bearer_refusal()
        check_same_origin(request)


def check_same_origin(request: Request) -> None:
    """Refuse what another site lets a browser send (threat M6), which the cookie's rule forbids as well.

    Browsers say where a request comes from; a program without either header has no cookies to misuse.
    """
    site = request.headers.getlist("sec-fetch-site")
    if site not in ([], ["same-origin"]):
        raise RequestError(HTTPStatus.FORBIDDEN, "this can only be asked from the page itself")
    origins = request.headers.getlist("origin")
    if origins and not _is_own(origins, request.headers.getlist("host")):
        raise RequestError(HTTPStatus.FORBIDDEN, "this can only be asked from the page itself")


def _is_own(origins: Sequence[str], hosts: Sequence[str]) -> bool:
    if len(origins) != 1 or len(hosts) != 1:
        return False
    return urlsplit(origins[0]).netloc.lower() == hosts[0].lower()

"""Bearer tokens in requests: how one is read, and what is answered where there is none that counts.

Sources: https://www.rfc-editor.org/rfc/rfc6750#section-2.1, #section-3. Not here: which tokens there are and
what each allows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from http import HTTPStatus

from fastapi import HTTPException, Request

# b64token, https://www.rfc-editor.org/rfc/rfc6750#section-2.1
_BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9._~+/-]{1,500}=*)")


def bearer_token(headers: Sequence[str]) -> str | None:
    """Return the token in the Authorization headers of a request; None unless there is exactly one."""
    match = _BEARER.fullmatch(headers[0]) if len(headers) == 1 else None
    return None if match is None else match[1]


def bearer_refusal(status: HTTPStatus = HTTPStatus.UNAUTHORIZED, **parameters: str) -> HTTPException:
    """Return what to raise for a request without a token that counts.

    `parameters` go into its `WWW-Authenticate` header in this order: `realm`, `error`, `scope`.
    """
    written = ", ".join(f'{name}="{value}"' for name, value in parameters.items())
    return HTTPException(status, headers={"WWW-Authenticate": f"Bearer {written}".rstrip()})


def require_token(accepts: Callable[[str], bool]) -> Callable[[Request], None]:
    """Return a route's dependency that refuses a request without an accepted token as 401."""

    def check(request: Request) -> None:
        token = bearer_token(request.headers.getlist("authorization"))
        if token is None or not accepts(token):
            raise bearer_refusal()

    return check

"""GET /status-lists/{id}: the published status lists, for everybody.

Whoever fetches a list gets it whole, with nothing in the request that would tell whom it is about (threat
H12), and may keep it as long as its `ttl` says. The stored text is served, so every worker has the same
`ETag`. Source: https://www.w3.org/TR/vc-bitstring-status-list/. Not here: what stands in the lists.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from issuer.config import IssuerConfig
from issuer.lists import list_file_name
from issuer.service import Issuer

_MEDIA_TYPE = "application/vc"
# Longer names than any of ours are not looked up.
_MAX_NAME = 100
_TAG = re.compile(r'(?:W/)?"([^"]*)"')


def status_router(config: IssuerConfig, issuer: Issuer, *, clock: Callable[[], datetime]) -> APIRouter:
    """Return the route of an issuer's status lists; also under the names of their files."""
    router = APIRouter()
    suffix = list_file_name("")

    @router.get("/status-lists/{name}", tags=["status"])
    def status_list(name: str, request: Request) -> Response:
        """Give a signed status list."""
        published = (
            issuer.published(name.removesuffix(suffix), now=clock()) if len(name) <= _MAX_NAME else None
        )
        if published is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        etag = published.signed.etag
        headers = {
            "ETag": f'"{etag}"',
            "Cache-Control": f"public, max-age={config.status_ttl_minutes * 60}",
            "Access-Control-Allow-Origin": "*",
        }
        if _is_known(request.headers.getlist("if-none-match"), etag):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        return Response(published.signed.document.encode(), HTTPStatus.OK, headers, _MEDIA_TYPE)

    return router


def _is_known(if_none_match: list[str], etag: str) -> bool:
    """Whether a client has this version: https://www.rfc-editor.org/rfc/rfc9110#field.if-none-match."""
    text = ",".join(if_none_match)
    return text.strip() == "*" or etag in _TAG.findall(text)

"""One document in a file, served as it stands, and noticed when it is replaced.

For what is published under one URL and changes rarely, such as a DID document: whoever changes it replaces
the file, and every process that serves it serves the new one from then on. Not here: what the document says.
"""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import TypeVar

from fastapi import APIRouter, Request
from fastapi.responses import Response

from runtime.watched import WatchedFile

_Content = TypeVar("_Content")


def document_router(
    path: str,
    file: WatchedFile[_Content],
    *,
    media_type: str,
    max_age: timedelta,
    summary: str,
) -> APIRouter:
    """Return the route that serves a watched file at `path` to everybody, from any web page, too.

    Caches may keep it for `max_age`, and ask with its entity tag afterwards. A file that cannot be read
    is a 503 by its StoreError.
    """
    router = APIRouter()

    @router.api_route(path, methods=["GET", "HEAD"], summary=summary)
    def read(request: Request) -> Response:
        served = file.current()
        headers = {
            "etag": served.etag,
            "cache-control": f"public, max-age={int(max_age.total_seconds())}",
            "access-control-allow-origin": "*",
        }
        if _has_it(request, served.etag):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        return Response(served.content, media_type=media_type, headers=headers)

    return router


def _has_it(request: Request, etag: str) -> bool:
    """Say whether the client's copy is the current one (RFC 9110 section 13.1.2)."""
    asked = ",".join(request.headers.getlist("if-none-match"))
    tags = [tag.strip().removeprefix("W/") for tag in asked.split(",")]
    return etag in tags or tags == ["*"]

"""One document in a file, served as it stands, and noticed when it is replaced.

For what is published under one URL and changes rarely, such as a DID document: whoever changes it replaces
the file, and every process that serves it serves the new one from then on. Not here: what the document says.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from http import HTTPStatus
from typing import TypeVar

from fastapi import APIRouter, Request
from fastapi.responses import Response

from runtime.watched import WatchedFile

_Content = TypeVar("_Content")


def document_router(
    paths: Iterable[str],
    file: WatchedFile[_Content],
    *,
    media_type: str,
    max_age: timedelta,
    summary: str,
) -> APIRouter:
    """Return the routes that serve a watched file at `paths` to everybody, from any web page, too.

    Caches may keep it for `max_age`, and ask with its entity tag afterwards. A file that cannot be read
    is a 503 by its StoreError.
    """
    router = APIRouter()

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

    for path in paths:
        router.add_api_route(path, read, methods=["GET"], summary=summary)
        # Described once: a HEAD is the GET without its body.
        router.add_api_route(path, read, methods=["HEAD"], include_in_schema=False)
    return router


def _has_it(request: Request, etag: str) -> bool:
    """Say whether the client's copy is the current one (RFC 9110 section 13.1.2)."""
    asked = ",".join(request.headers.getlist("if-none-match"))
    tags = [tag.strip().removeprefix("W/") for tag in asked.split(",")]
    return etag in tags or tags == ["*"]

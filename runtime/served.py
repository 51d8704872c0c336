"""One document in a file, served as it stands, and noticed when it is replaced.

For what is published under one URL and changes rarely, such as a DID document: whoever changes it replaces
the file, and every process that serves it serves the new one from then on. The content is checked when it
is read, not at every request. Not here: what the document says.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Generic, TypeVar

from fastapi import APIRouter, Request
from fastapi.responses import Response

from runtime.atomic import read_file, reason
from vclib.errors import StoreError

_Content = TypeVar("_Content")

_MAX_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Served(Generic[_Content]):
    """A file's bytes, what they mean to the program, and their entity tag (RFC 9110 section 8.8.3)."""

    content: bytes
    meaning: _Content
    etag: str


class WatchedFile(Generic[_Content]):
    """A file that is read again when it was replaced; `parse` checks its bytes and gives their meaning."""

    def __init__(self, path: Path, parse: Callable[[bytes], _Content]) -> None:
        self.path = path
        self._parse = parse
        self._lock = threading.Lock()
        self._seen: tuple[int, int, int] | None = None
        self._served: Served[_Content] | None = None

    def current(self) -> Served[_Content]:
        """Return what the file holds now. Raises StoreError, and what `parse` raises."""
        with self._lock:
            seen = self._look()
            if self._served is None or seen != self._seen:
                content = read_file(self.path, max_bytes=_MAX_BYTES)
                digest = hashlib.sha256(content).hexdigest()[:32]
                self._served = Served(content, self._parse(content), f'"{digest}"')
                self._seen = seen
            return self._served

    def _look(self) -> tuple[int, int, int]:
        # Files are replaced and never written into (runtime.atomic), so a new content is a new inode.
        try:
            status = os.stat(self.path)
        except OSError as err:
            raise StoreError(f"cannot read {self.path}: {reason(err)}") from err
        return status.st_ino, status.st_mtime_ns, status.st_size


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

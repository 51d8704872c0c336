"""A file that other processes replace, read again when they did.

For what changes rarely and has to be seen everywhere at once, such as a published DID document. The content
is checked when it is read, not every time it is asked for. Not here: serving it (`runtime.served`).
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from runtime.atomic import read_file, reason, write_file
from vclib.errors import StoreError, VCError

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
        """Return what the file holds now; StoreError where it cannot be read or `parse` refuses it."""
        with self._lock:
            seen = self._look()
            if self._served is None or seen != self._seen:
                content = read_file(self.path, max_bytes=_MAX_BYTES)
                digest = hashlib.sha256(content).hexdigest()[:32]
                try:
                    meaning = self._parse(content)
                except VCError as err:
                    raise StoreError(f"{self.path} does not hold what it should: {err.message}") from err
                self._served = Served(content, meaning, f'"{digest}"')
                self._seen = seen
            return self._served

    def _look(self) -> tuple[int, int, int]:
        # Files are replaced and never written into (runtime.atomic), so a new content is a new inode.
        try:
            status = os.stat(self.path)
        except OSError as err:
            raise StoreError(f"cannot read {self.path}: {reason(err)}") from err
        return status.st_ino, status.st_mtime_ns, status.st_size


def keep_current(path: Path, content: bytes) -> bool:
    """Make a public file hold `content`, leaving one that does untouched; returns whether it was written."""
    if path.exists() and read_file(path, max_bytes=_MAX_BYTES) == content:
        return False
    write_file(path, content, mode=0o644)
    return True

"""A folder whose files one process changes at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runtime.atomic import reason
from runtime.folders import make_folder
from vclib.errors import StoreError

_LOCK = ".lock"


@contextmanager
def locked_folder(folder: Path) -> Iterator[None]:
    """Make a folder and hold its lock, which one process has at a time; StoreError.

    Whoever reads a file, changes it and writes it back does all three within.
    """
    make_folder(folder)
    try:
        descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as err:
        raise StoreError(f"cannot lock {folder}: {reason(err)}") from err
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)

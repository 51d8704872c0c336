"""A large output as a folder of parts, each of which is there whole or not at all.

A part is first written under a name that nobody reads (`.unkept`) and synced; when what belongs to it has
been decided elsewhere, in a database, it takes its own name in one step. Whoever was interrupted between
the two finds the unkept file, compares its digest with the one that was decided, and gives it its name: so
the database alone says what is kept. One process at a time works in a folder. Not here: what is in a part.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from runtime.atomic import OWNER_ONLY, reason, sync_directory
from runtime.folders import make_folder
from runtime.table_files import import_pyarrow
from vclib.errors import ComplexityError, ConfigurationError, StoreError

FORMS = ("jsonl", "parquet")

_UNKEPT = ".unkept"
_LOCK = ".lock"


class PartFolder:
    """A folder with the parts `part-000001.jsonl` (or `.parquet`) and so on."""

    def __init__(self, folder: Path, form: str = "jsonl", stem: str = "part") -> None:
        if form not in FORMS:
            raise ConfigurationError(f"expected {' or '.join(FORMS)}, found {form[:40]!r}")
        if form == "parquet":
            import_pyarrow()
        self.folder = folder
        self._form = form
        self._stem = stem

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Be the only process that works in the folder, which is made if need be; StoreError."""
        make_folder(self.folder)
        try:
            lock = os.open(self.folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, OWNER_ONLY)
        except OSError as err:
            raise StoreError(f"cannot use the folder {self.folder}: {reason(err)}") from err
        try:
            _take(lock, self.folder)
            yield
        finally:
            os.close(lock)

    def path(self, number: int) -> Path:
        """Return the file of a part."""
        return self.folder / f"{self._stem}-{number:06}.{self._form}"

    def parts(self) -> list[Path]:
        """Return the parts that are there, in their order."""
        return sorted(self.folder.glob(f"{self._stem}-*.{self._form}"))

    def write(self, number: int, columns: Mapping[str, Sequence[str | int]], text: str) -> str:
        """Write a part that is not kept yet and return its SHA-256 in hexadecimal; StoreError.

        JSON Lines hold the column `text` only, one value a line; Parquet holds all of them.
        """
        content = _lines(columns[text]) if self._form == "jsonl" else _parquet(columns)
        path = self._unkept(number)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            # The name, too, has to be there when the database says that the part is kept.
            sync_directory(self.folder)
        except OSError as err:
            raise StoreError(f"cannot write {path}: {reason(err)}; nothing was changed") from err
        return hashlib.sha256(content).hexdigest()

    def keep(self, number: int) -> None:
        """Give a part its name; StoreError."""
        try:
            os.replace(self._unkept(number), self.path(number))
        except OSError as err:
            raise StoreError(f"cannot write {self.path(number)}: {reason(err)}; run it again") from err

    def keep_missing(self, number: int, sha256: str) -> None:
        """See that a part that was kept is there, also where its name was not given any more; StoreError."""
        if self.path(number).exists():
            return
        unkept = self._unkept(number)
        if not unkept.exists() or _sha256(unkept) != sha256:
            raise StoreError(f"{self.path(number)} is gone: it was made once and is kept nowhere else")
        self.keep(number)

    def clear_unkept(self) -> None:
        """Remove what was written and never kept."""
        for path in self.folder.glob(f"{self._stem}-*{_UNKEPT}"):
            path.unlink(missing_ok=True)
        sync_directory(self.folder)

    def _unkept(self, number: int) -> Path:
        path = self.path(number)
        return path.with_name(path.name + _UNKEPT)


def _take(lock: int, folder: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as err:
        raise StoreError(f"another process is at work in {folder}; wait for it") from err
    except OSError as err:
        raise StoreError(f"cannot use the folder {folder}: {reason(err)}") from err


def _lines(texts: Sequence[str | int]) -> bytes:
    return "".join(f"{text}\n" for text in texts).encode()


def _parquet(columns: Mapping[str, Sequence[str | int]]) -> bytes:
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.table({name: list(values) for name, values in columns.items()})
    sink = io.BytesIO()
    try:
        pyarrow.parquet.write_table(table, sink, compression="zstd")
    except pyarrow.ArrowException as err:
        raise ComplexityError(f"a part cannot be written as Parquet: {type(err).__name__}") from err
    return sink.getvalue()


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as err:
        raise StoreError(f"cannot read {path}: {reason(err)}") from err

"""What changes with every change of some files, so that a running verifier knows when to read them again.

A check asks for it, and a folder may have hundreds of files; `SeenFiles` looks at all of them no more often
than has to be. Not here: what the files mean (`signer_files`), and what is in force meanwhile (`in_force`).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

# Of each file its path, number, time in nanoseconds, size, and the time of its last change of any kind: who
# may read it counts, too, since a file that could not be read may be another one by that alone.
OneFile: TypeAlias = tuple[str, int, int, int, int]
FileState: TypeAlias = tuple[OneFile, ...]

_LOOK_EVERY = 1.0
# A folder's time is that of a clock that ticks some hundred times a second, and may be another machine's: as
# long as it is about now, one more file may come without changing it.
_UNSETTLED_NS = 2_000_000_000


def file_state(files: Iterable[Path]) -> FileState:
    """Return what changes with every change of the files; raises OSError for one that is not there."""
    return tuple(state_of(str(file), file.stat()) for file in files)


def state_of(name: str, stat: os.stat_result) -> OneFile:
    """Return what changes with every change of one file."""
    return name, stat.st_ino, stat.st_mtime_ns, stat.st_size, stat.st_ctime_ns


def found_state(files: Iterable[Path]) -> FileState | None:
    """Return the same, None where one of them is not there or cannot be looked at."""
    try:
        return file_state(files)
    except OSError:
        return None


def oldest(state: FileState) -> datetime:
    """Return when the file was written that was written first; there is at least one."""
    return datetime.fromtimestamp(min(written for _, _, written, *_ in state) / 1e9, UTC)


def newest(state: FileState) -> datetime:
    """Return when the file was written that was written last; there is at least one."""
    return datetime.fromtimestamp(max(written for _, _, written, *_ in state) / 1e9, UTC)


@dataclass(frozen=True)
class _Seen:
    at: float
    folders: Sequence[Path]
    folder_state: FileState | None
    state: FileState | None

    @property
    def is_settled(self) -> bool:
        """Whether a file that came or went since would have changed a folder."""
        if not self.folder_state:
            return False
        return all(written + _UNSETTLED_NS < time.time_ns() for _, _, written, *_ in self.folder_state)


class SeenFiles:
    """The state of the files of a folder with all below it, or of one file.

    A file that comes, goes or takes another's place changes its folder, and is seen at once; what is written
    into a file that stays is seen within a second. `files` gives the files of `path`; `seconds` is a clock
    that only goes forward. Threads may share it.
    """

    def __init__(
        self,
        path: Path,
        files: Callable[[], Iterable[Path]],
        *,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._files = files
        self._seconds = seconds
        self._seen = self._look()

    def state(self) -> FileState | None:
        """Return what changes with every change of the files; None where they cannot be looked at."""
        seen = self._seen
        if (
            self._seconds() - seen.at >= _LOOK_EVERY
            or not seen.is_settled
            or found_state(seen.folders) != seen.folder_state
        ):
            seen = self._seen = self._look()
        return seen.state

    def _look(self) -> _Seen:
        at = self._seconds()
        # Before the files, so that one that comes meanwhile is seen the next time.
        folders = tuple(Path(folder) for folder, _, _ in os.walk(self._path))
        return _Seen(at, folders, found_state(folders), found_state(self._files()))

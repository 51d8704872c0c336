"""What is seen of a batch while it runs: the memory of its processes, and when its parts were kept.

A batch of a million rows must not grow, and must not slow down: so the command's own memory, and its rate,
are told once for its first tenth and once for its last.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_SECONDS_BETWEEN_LOOKS = 0.2
# To look costs some milliseconds, which the processes that are looked at do not have: in a long run this
# much of the time so far goes by before the next look.
_PAUSE_SHARE = 1000
_SHARE = 10


@dataclass(frozen=True)
class Memory:
    """Megabytes, what processes share counted once (PSS).

    `peak` is the most of the command and its workers at once; `early` and `late` are the command's own after
    a tenth of the time and in the last tenth, medians.
    """

    peak: float
    early: float
    late: float


class MemoryWatch:
    """Looks at the memory of a process and its children until `end`."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._began = time.monotonic()
        self._peak = 0
        self._own: list[tuple[float, int]] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def end(self) -> Memory:
        """Stop looking and return what was seen."""
        self._ended.set()
        self._thread.join()
        seconds = time.monotonic() - self._began
        early = [size for at, size in self._own if seconds < at * _SHARE <= 2 * seconds]
        late = [size for at, size in self._own if at * _SHARE >= (_SHARE - 1) * seconds]
        return Memory(self._peak / 1000, _median(early), _median(late))

    def _look(self) -> None:
        pause = _SECONDS_BETWEEN_LOOKS
        while not self._ended.wait(pause):
            sizes = [_kilobytes(pid) for pid in _family(self._pid)]
            self._peak = max(self._peak, sum(sizes))
            if sizes and sizes[0]:
                self._own.append((time.monotonic() - self._began, sizes[0]))
            pause = max(pause, (time.monotonic() - self._began) / _PAUSE_SHARE)


def rates(parts: Sequence[Path], part_rows: int) -> tuple[float, float] | None:
    """Return how many rows a second were kept in the first tenth of the parts and in the last one.

    None for less than twenty parts, in which two are not enough to tell.
    """
    times = sorted(part.stat().st_mtime for part in parts)
    tenth = len(times) // _SHARE
    if tenth < 2:
        return None
    first, last = (
        part_rows * (tenth - 1) / (chosen[-1] - chosen[0]) for chosen in (times[:tenth], times[-tenth:])
    )
    return first, last


def _median(sizes: Sequence[int]) -> float:
    return statistics.median(sizes) / 1000 if sizes else 0.0


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(each for child in children for each in _family(int(child)))]


def _kilobytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)

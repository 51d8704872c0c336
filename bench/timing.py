"""Repeat a call and describe how long it took.

The garbage collector is off while a call is timed, as `timeit` does, and calls that
are to be compared take turns, because a shared machine changes its speed within seconds.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """Durations of one operation in milliseconds, ascending: by the wall clock, and of processor time."""

    milliseconds: tuple[float, ...]
    processor: tuple[float, ...] = ()

    @property
    def median(self) -> float:
        """Return the middle duration in milliseconds."""
        return statistics.median(self.milliseconds)

    @property
    def processor_median(self) -> float:
        """Return the middle processor time in milliseconds: a busy machine disturbs that less."""
        return statistics.median(self.processor)

    @property
    def p95(self) -> float:
        """Return the duration in milliseconds that 95 of 100 calls stay under."""
        return self.percentile(95)

    def percentile(self, percent: float) -> float:
        """Return the duration in milliseconds that `percent` of 100 calls stay under."""
        last = len(self.milliseconds) - 1
        return self.milliseconds[min(last, int(percent / 100 * len(self.milliseconds)))]

    @property
    def per_second(self) -> float:
        """Return operations a second, by the median."""
        return 1000.0 / self.median


def measure_together(
    calls: dict[str, Callable[[], object]], *, seconds: float, least: int = 5
) -> dict[str, Timing]:
    """Time each call in turn, round after round, for about `seconds` in all (at least `least` rounds)."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    worked: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call()  # the first call fills caches, which is not what is measured
    end = time.perf_counter() + seconds
    rounds = 0
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        while rounds < least or time.perf_counter() < end:
            for name, call in calls.items():
                start, began = time.perf_counter(), time.process_time()
                call()
                worked[name].append((time.process_time() - began) * 1000.0)
                taken[name].append((time.perf_counter() - start) * 1000.0)
            rounds += 1
            if rounds % 50 == 0:
                gc.collect()
    finally:
        if was_enabled:
            gc.enable()
    return {name: Timing(tuple(sorted(taken[name])), tuple(sorted(worked[name]))) for name in calls}

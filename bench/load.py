"""Send requests to a server and describe how long its answers took.

Two ways to load: *closed*, in which each of some clients sends its next request when the last was answered,
finds the highest rate; *open*, in which requests are sent at fixed moments whether or not earlier ones were
answered, measures latency at a rate with the waiting in queues ("coordinated omission": a client that waits
for a slow answer leaves out just those requests that would have suffered). Not here: what is asked.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bench.timing import Timing

# One piece of work of a client, from its number: a request, or a whole flow of them.
Work = Callable[[int], Awaitable[None]]
# What ends a load in its event loop, such as closing connections.
End = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Load:
    """What a server did under load: how long each piece of work took, and how many were done in all."""

    latency: Timing
    seconds: float

    @property
    def per_second(self) -> float:
        """Return pieces of work a second."""
        return len(self.latency.milliseconds) / self.seconds


async def _nothing() -> None:
    return


def closed_load(work: Work, *, clients: int, count: int, at_end: End = _nothing) -> Load:
    """Do `count` pieces of work with `clients` at a time, each client one after the other."""
    return asyncio.run(_ended(_closed(work, clients, count), at_end))


def open_load(work: Work, *, rate: float, count: int, at_end: End = _nothing) -> Load:
    """Begin `count` pieces of work at `rate` a second; latency counts from the moment each was due."""
    return asyncio.run(_ended(_open(work, rate, count), at_end))


async def _ended(load: Awaitable[Load], at_end: End) -> Load:
    try:
        return await load
    finally:
        await at_end()


async def _closed(work: Work, clients: int, count: int) -> Load:
    taken: list[float] = []
    numbers = iter(range(count))

    async def client() -> None:
        for number in numbers:
            began = time.perf_counter()
            await work(number)
            taken.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return _load(taken, began)


async def _open(work: Work, rate: float, count: int) -> Load:
    taken: list[float] = []
    began = time.perf_counter()

    async def one(number: int) -> None:
        due = began + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        await work(number)
        taken.append(time.perf_counter() - due)

    await asyncio.gather(*(one(number) for number in range(count)))
    return _load(taken, began)


def _load(taken: Sequence[float], began: float) -> Load:
    seconds = time.perf_counter() - began
    return Load(Timing(tuple(sorted(1000.0 * each for each in taken))), seconds)

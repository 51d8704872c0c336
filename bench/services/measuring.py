"""Measure the scenarios at two sites that differ in one thing only: how many credentials are stored.

The two take turns in short rounds, because a shared machine changes its speed within seconds; their ratio
is made of rounds that lie side by side. The closed load finds the highest rate, with so many clients for
each worker process; the open load shows latency at half of it. Not here: what is sent (`scenarios`).
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bench.load import Load, closed_load, open_load
from bench.services.client import Client
from bench.services.scenarios import Scenario, work_of
from bench.timing import Timing

CLIENTS_OF_A_WORKER = 4
# So many pieces of work fill the caches of each worker.
_WARMING = 6


@dataclass(frozen=True)
class Effort:
    """How long each measurement of one site takes in all, and in how many rounds."""

    seconds: float = 12.0
    rounds: int = 3

    @property
    def trial(self) -> int:
        """How much is done to find out how much can be done."""
        return min(40, max(4, int(10 * self.seconds)))


@dataclass(frozen=True)
class Measured:
    """One scenario at one site: the rate and the latency under the closed load.

    `half` is the latency at half of that rate, where it was measured. `client_ms` is the processor time that
    the client took for one piece of work. `rates` are those of the rounds.
    """

    scenario: str
    latency: Timing
    seconds: float
    rates: tuple[float, ...]
    client_ms: float
    half: Timing | None = None
    half_rate: float | None = None

    @property
    def per_second(self) -> float:
        """Return pieces of work a second over all rounds."""
        return len(self.latency.milliseconds) / self.seconds


def measure(
    scenarios: Sequence[Scenario], *, workers: int, effort: Effort, with_half: bool
) -> list[Measured]:
    """Measure one scenario at each of several sites in turns."""
    clients = CLIENTS_OF_A_WORKER * workers
    counts = [_count(each, clients, effort) for each in scenarios]
    rounds: list[list[tuple[Load, float]]] = [[] for _ in scenarios]
    for number in range(effort.rounds):
        # Neither site always comes first.
        order = range(len(scenarios)) if number % 2 == 0 else reversed(range(len(scenarios)))
        for index in order:
            rounds[index].append(_closed(scenarios[index], clients, counts[index]))
    measured = [_joined(each, done) for each, done in zip(scenarios, rounds, strict=True)]
    return (
        [_with_half(*pair, effort) for pair in zip(scenarios, measured, strict=True)]
        if with_half
        else measured
    )


def ratio(few: Measured, many: Measured) -> float:
    """Return how fast the second is beside the first: the median of the rounds that lie side by side."""
    return statistics.median(b / a for a, b in zip(few.rates, many.rates, strict=True))


def _count(scenario: Scenario, clients: int, effort: Effort) -> int:
    """Return how much fits into a round, found out by trying."""
    _closed(scenario, clients, _WARMING * clients // CLIENTS_OF_A_WORKER)
    trial, _ = _closed(scenario, clients, effort.trial)
    return max(clients, int(trial.per_second * effort.seconds / effort.rounds))


def _closed(scenario: Scenario, clients: int, count: int) -> tuple[Load, float]:
    client = Client(scenario.port)
    work = work_of(scenario.prepare(count), client)
    began = time.process_time()
    load = closed_load(work, clients=clients, count=count, at_end=client.close)
    return load, 1000 * (time.process_time() - began) / count


def _with_half(scenario: Scenario, measured: Measured, effort: Effort) -> Measured:
    rate = measured.per_second / 2
    client = Client(scenario.port)
    count = max(4, int(rate * effort.seconds))
    work = work_of(scenario.prepare(count), client)
    load = open_load(work, rate=rate, count=count, at_end=client.close)
    return Measured(
        measured.scenario,
        measured.latency,
        measured.seconds,
        measured.rates,
        measured.client_ms,
        load.latency,
        rate,
    )


def _joined(scenario: Scenario, rounds: Sequence[tuple[Load, float]]) -> Measured:
    taken = sorted(each for load, _ in rounds for each in load.latency.milliseconds)
    return Measured(
        scenario.name,
        Timing(tuple(taken)),
        sum(load.seconds for load, _ in rounds),
        tuple(load.per_second for load, _ in rounds),
        statistics.median(client_ms for _, client_ms in rounds),
    )

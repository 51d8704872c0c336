"""What the bench of batches found: a table, and the section of `docs/benchmarks.md` between two marks."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rich.table import Table

from bench.batch_watch import Memory
from bench.machine import processor
from bench.sections import write_section as write_section_of

_HEADINGS = (
    "command",
    "database",
    "cores",
    "seconds",
    "a second",
    "per core",
    "processor us",
    "floor us",
    "times floor",
    "peak MB",
    "times one core",
)
_LONG_HEADINGS = (
    "database",
    "cores",
    "seconds",
    "a second",
    "in the first tenth",
    "in the last tenth",
    "per core",
    "processor us",
    "floor us",
    "peak MB",
    "command's MB early",
    "command's MB late",
)
# From here on a run says how the whole behaves in the long run, and is written beside the short ones.
LONG_ROWS = 1_000_000
_NATION, _NIGHT_HOURS = 20_000_000, 8
_ABOUT = """\
The whole command from start to end on a file of CSV: reading, checking, status positions, both proofs
(`ecdsa-sd-2023` and `eddsa-rdfc-2022`), records and log in the database (SQLite with `synchronous=FULL`,
PostgreSQL with `fsync`), parts written and synced. *check* is `ddcc verifier check-batch` of what was minted,
its plain proofs, with the status lists at hand. *processor us* is the processor time of command and workers
for one credential, without a database server's; *floor us* is that of its bare signatures, measured in the
same run. *per core* is what a core gives by processor time alone, so it says what a machine of its own would
do where this one was shared. Memory is what all processes of the command had at once. Starting (one to two
seconds of processor in the command, and as much in the process whose forks the workers are) is in all of it,
so short runs look slower.

Beside the signatures, a row's time in a worker goes to its statements with their labels and order, twice,
then to JSON text, digests and rows, then to reading and checking the record."""

_ABOUT_LONG = """\
The same command and the same rows as above, more of them: does it keep its rate, and its memory? The rates of
the first and the last tenth are those at which parts were kept. *peak MB* is what all its processes had at
once, *command's MB* what the command itself had, without its workers, after a tenth of the time and in the
last tenth."""


@dataclass(frozen=True)
class Measured:
    """One command on one number of cores."""

    cores: int
    seconds: float
    processor_seconds: float
    memory: Memory
    what: str = ""
    database: str = ""
    rows: int = 0
    floor_us: float | None = None
    signatures: int = 0
    # Rows a second in the first tenth of the parts and in the last.
    rates: tuple[float, float] | None = None

    @property
    def per_second(self) -> float:
        """Credentials a second."""
        return self.rows / self.seconds

    @property
    def processor_us(self) -> float:
        """Processor time for one credential, in microseconds."""
        return self.processor_seconds / self.rows * 1e6


@dataclass(frozen=True)
class BatchRun:
    """All of one run."""

    when: datetime
    load: float
    rows: int
    measured: tuple[Measured, ...]


def text_of(run: BatchRun) -> Table:
    """Return the table for a terminal."""
    table = Table(title=_machine(run), title_justify="left")
    for number, heading in enumerate(_HEADINGS):
        table.add_column(heading, justify="left" if number < 2 else "right")
    for row in _rows(run):
        table.add_row(*row)
    return table


def write_section(run: BatchRun, path: Path) -> None:
    """Put the section into the file, in place of the one that is there; long runs have one of their own."""
    if run.rows >= LONG_ROWS:
        write_section_of(path, "million", _long_markdown(run))
    else:
        write_section_of(path, "batches", _markdown(run))


def _markdown(run: BatchRun) -> str:
    lines = [
        "## Batches",
        "",
        _ABOUT,
        "",
        f"Measured by `python -m bench.batch --rows {run.rows}` on {_machine(run)}.",
        "",
        *_table(_HEADINGS, 2, _rows(run)),
        "",
        *(f"{line}\n" for line in extrapolations(run)),
    ]
    return "\n".join(lines) + "\n"


def _long_markdown(run: BatchRun) -> str:
    lines = [
        f"### A batch of {run.rows:,} rows",
        "",
        _ABOUT_LONG,
        "",
        f"Measured by `python -m bench.batch --rows {run.rows} --mint-only` on {_machine(run)}.",
        "",
        *_table(_LONG_HEADINGS, 1, _long_rows(run)),
        "",
        *(f"{line}\n" for line in extrapolations(run)),
    ]
    return "\n".join(lines) + "\n"


def _table(headings: Sequence[str], names: int, rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(headings)} |"
    yield f"|{' --- |' * names}{' --: |' * (len(headings) - names)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)


def _rows(run: BatchRun) -> Iterator[tuple[str, ...]]:
    for each in run.measured:
        one = next((o for o in run.measured if o.cores == 1 and _same(o, each)), None)
        yield (
            each.what,
            each.database,
            str(each.cores),
            f"{each.seconds:,.1f}",
            f"{each.per_second:,.0f}",
            f"{1e6 / each.processor_us:,.0f}",
            f"{each.processor_us:,.0f}",
            "-" if each.floor_us is None else f"{each.floor_us:,.0f}",
            "-" if each.floor_us is None else f"{each.processor_us / each.floor_us:.2f}",
            f"{each.memory.peak:,.0f}",
            "-" if one is None or one is each else f"{each.per_second / one.per_second:.2f}",
        )


def _long_rows(run: BatchRun) -> Iterator[tuple[str, ...]]:
    for each in run.measured:
        if each.what != "mint":
            continue
        first, last = ("-", "-") if each.rates is None else (f"{rate:,.0f}" for rate in each.rates)
        yield (
            each.database,
            str(each.cores),
            f"{each.seconds:,.0f}",
            f"{each.per_second:,.0f}",
            first,
            last,
            f"{1e6 / each.processor_us:,.0f}",
            f"{each.processor_us:,.0f}",
            "-" if each.floor_us is None else f"{each.floor_us:,.0f}",
            f"{each.memory.peak:,.0f}",
            f"{each.memory.early:,.0f}",
            f"{each.memory.late:,.0f}",
        )


def extrapolations(run: BatchRun) -> Iterator[str]:
    """Tell what twenty million in a night would take: by the clock here, and by processor time alone."""
    wanted = _NATION / (_NIGHT_HOURS * 3600)
    for database in dict.fromkeys(each.database for each in run.measured if each.what == "mint"):
        minted = [each for each in run.measured if each.what == "mint" and each.database == database]
        best = max(minted, key=lambda each: each.per_second)
        least = min(minted, key=lambda each: each.processor_us)
        hours = _NATION / best.per_second / 3600
        yield (
            f"Extrapolated, {database}: 20 million credentials take {hours:.1f} hours at "
            f"{best.per_second:,.0f} a second on {best.cores} cores of this machine; "
            f"{_NIGHT_HOURS} hours need {wanted:,.0f} a second, "
            f"{wanted * best.cores / best.per_second:.1f} such cores by the clock, "
            f"{wanted * least.processor_us / 1e6:.1f} by processor time alone (1,000,000 / "
            f"{least.processor_us:,.0f} us a core). This says nothing of how a database of 20 million rows "
            "slows down."
        )


def _same(one: Measured, other: Measured) -> bool:
    return (one.what, one.database) == (other.what, other.database)


def _machine(run: BatchRun) -> str:
    return (
        f"{processor()}, {os.cpu_count()} processors, {platform.system()}, "
        f"Python {platform.python_version()}, {run.when:%Y-%m-%d %H:%M} UTC, load average {run.load} before"
    )

"""What a run of the benchmark found, as a table, as JSON, and as the section of `docs/benchmarks.md`.

The section stands between two markers, so that others can have theirs in the same file. Machine, versions,
date and load are told with the numbers: without them they say nothing.
"""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from rich.table import Table

from bench.machine import processor
from bench.sections import markdown_table
from bench.sections import write_section as write_section_of
from bench.services.measuring import CLIENTS_OF_A_WORKER, Measured, ratio
from vclib.strict_json import JSONObject, JSONValue

_PACKAGES = ("fastapi", "uvicorn", "sqlalchemy", "psycopg", "cryptography")
_HEADINGS = ("database", "workers", "measured", "stored", "a second", "p50 ms", "p95 ms", "p99 ms", "ratio")
_HALF_HEADINGS = ("database", "workers", "stored", "rate", "p50 ms", "p95 ms", "p99 ms")


@dataclass(frozen=True)
class Block:
    """One scenario with one database and number of workers, at each number of stored credentials."""

    database: str
    workers: int
    stored: tuple[int, ...]
    measured: tuple[Measured, ...]


@dataclass(frozen=True)
class Run:
    """All of one run, with what it ran on."""

    when: datetime
    load_before: tuple[float, float, float]
    load_after: tuple[float, float, float]
    postgresql: str | None
    blocks: tuple[Block, ...]


def table_of(run: Run) -> Table:
    """Return the table of the closed loads."""
    table = Table(title=f"{processor()}; load before {_load(run.load_before)}", title_justify="left")
    for number, heading in enumerate(_HEADINGS):
        table.add_column(heading, justify="left" if number in (0, 2) else "right")
    for row in _rows(run):
        table.add_row(*row)
    return table


def half_table_of(run: Run) -> Table:
    """Return the table of the open loads."""
    table = Table(title="verify at half of the highest rate", title_justify="left")
    for number, heading in enumerate(_HALF_HEADINGS):
        table.add_column(heading, justify="right" if number else "left")
    for row in _half_rows(run):
        table.add_row(*row)
    return table


def json_of(run: Run) -> JSONObject:
    """Return the run as JSON."""
    return {
        "machine": processor(),
        "processors": os.cpu_count(),
        "system": platform.platform(),
        "date": run.when.isoformat(timespec="seconds"),
        "load_before": list(run.load_before),
        "load_after": list(run.load_after),
        "versions": _versions(run),
        "clients_of_a_worker": CLIENTS_OF_A_WORKER,
        "measured": [member for block in run.blocks for member in _members(block)],
    }


def write_section(run: Run, path: Path, about: str) -> None:
    """Put the section into the file, in place of the one that is there; `about` says what was measured."""
    write_section_of(path, "services", _markdown(run, about))


def _markdown(run: Run, about: str) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in _versions(run).items())
    lines = [
        "## Services",
        "",
        about.strip(),
        "",
        f"Measured {run.when:%Y-%m-%d %H:%M} UTC by `make bench-http` on {processor()}, {os.cpu_count()} "
        f"processors, {platform.system()}; {versions}. Load average before: {_load(run.load_before)}; after: "
        f"{_load(run.load_after)}.",
        "",
        *markdown_table(_HEADINGS, _rows(run)),
        "",
        "Presentation verify at half of the highest rate (open load: latency counts from the moment each "
        "request was due):",
        "",
        *markdown_table(_HALF_HEADINGS, _half_rows(run)),
        "",
        "Processor time that the client took for one piece of work, and so took from the servers: "
        f"{_client_costs(run)}.",
    ]
    return "\n".join(lines) + "\n"


def _rows(run: Run) -> Iterator[tuple[str, ...]]:
    for block in run.blocks:
        for number, (stored, each) in enumerate(zip(block.stored, block.measured, strict=True)):
            compared = f"{ratio(block.measured[0], each):.2f}" if number else ""
            yield (
                block.database,
                str(block.workers),
                each.scenario,
                f"{stored:,}",
                f"{each.per_second:.1f}",
                *(f"{each.latency.percentile(percent):.1f}" for percent in (50, 95, 99)),
                compared,
            )


def _half_rows(run: Run) -> Iterator[tuple[str, ...]]:
    for block in run.blocks:
        for stored, each in zip(block.stored, block.measured, strict=True):
            half = each.half
            if half is not None:
                yield (
                    block.database,
                    str(block.workers),
                    f"{stored:,}",
                    f"{each.half_rate:.1f}",
                    *(f"{half.percentile(percent):.1f}" for percent in (50, 95, 99)),
                )


def _members(block: Block) -> Iterator[JSONValue]:
    for stored, each in zip(block.stored, block.measured, strict=True):
        rates: list[JSONValue] = [*each.rates]
        member: JSONObject = {
            "database": block.database,
            "workers": block.workers,
            "scenario": each.scenario,
            "stored": stored,
            "count": len(each.latency.milliseconds),
            "per_second": each.per_second,
            "rounds_per_second": rates,
            "ratio_to_fewest": ratio(block.measured[0], each),
            "client_ms": each.client_ms,
        }
        member |= {f"p{percent}_ms": each.latency.percentile(percent) for percent in (50, 95, 99)}
        if each.half is not None:
            half: JSONObject = {f"p{percent}_ms": each.half.percentile(percent) for percent in (50, 95, 99)}
            member["half"] = half | {"per_second": each.half_rate, "count": len(each.half.milliseconds)}
        yield member


def _client_costs(run: Run) -> str:
    costs: dict[str, list[float]] = {}
    for block in run.blocks:
        for each in block.measured:
            costs.setdefault(each.scenario, []).append(each.client_ms)
    return ", ".join(f"{name} {sum(all_) / len(all_):.2f} ms" for name, all_ in costs.items())


def _versions(run: Run) -> dict[str, JSONValue]:
    found: dict[str, JSONValue] = {"Python": platform.python_version(), "SQLite": sqlite3.sqlite_version}
    if run.postgresql is not None:
        found["PostgreSQL"] = run.postgresql
    return found | {name: version(name) for name in _PACKAGES}


def _load(load: tuple[float, float, float]) -> str:
    return " ".join(f"{each:.2f}" for each in load)

"""`python -m bench`: how long each operation of each cryptosuite takes, and how close it is to its floor."""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.cases import SUITES, Case, cases_of
from bench.timing import Timing, measure_together

Row = tuple[Case, Timing, Timing | None]


def main(arguments: list[str]) -> int:
    """Measure, print a table, write JSON if asked."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers to FILE")
    parser.add_argument("--seconds", type=float, default=2.0, help="time for each operation (default 2)")
    parser.add_argument("--suite", choices=[name for name, _ in SUITES], help="measure only this suite")
    options = parser.parse_args(arguments)
    chosen = [(name, key_type) for name, key_type in SUITES if options.suite in (None, name)]
    cases = [case for name, key_type in chosen for case in cases_of(name, key_type)]
    progress = Console(stderr=True)
    rows = [
        _measure(case, options.seconds)
        for case in track(cases, "measuring", console=progress, transient=True)
    ]
    # A file or a pipe has no width of its own; the table needs this much.
    Console(width=None if sys.stdout.isatty() else 132).print(_table(rows))
    if options.json:
        options.json.write_text(json.dumps(_report(rows), indent=2) + "\n", encoding="utf-8")
    return 0


def _measure(case: Case, seconds: float) -> Row:
    calls: dict[str, Callable[[], object]] = {"run": case.run}
    if case.floor is not None:
        calls["floor"] = case.floor
    timings = measure_together(calls, seconds=seconds)
    return case, timings["run"], timings.get("floor")


def _table(rows: list[Row]) -> Table:
    table = Table(title=f"one process, {_machine()}", title_justify="left")
    for heading in ("cryptosuite", "operation"):
        table.add_column(heading)
    for heading in ("median ms", "p95 ms", "a second", "floor ms", "times floor"):
        table.add_column(heading, justify="right")
    table.add_column("the floor is")
    for case, run, floor in rows:
        table.add_row(
            case.suite,
            case.operation,
            f"{run.median:.2f}",
            f"{run.p95:.2f}",
            f"{run.per_second:,.0f}",
            "-" if floor is None else f"{floor.median:.2f}",
            "-" if floor is None else f"{run.median / floor.median:.1f}",
            case.floor_is,
        )
    return table


def _report(rows: list[Row]) -> dict[str, object]:
    return {
        "machine": _machine(),
        "operations": [
            {
                "cryptosuite": case.suite,
                "operation": case.operation,
                "calls": len(run.milliseconds),
                "median_ms": run.median,
                "p95_ms": run.p95,
                "per_second": run.per_second,
                "floor": case.floor_is,
                "floor_median_ms": None if floor is None else floor.median,
                "ratio": None if floor is None else run.median / floor.median,
            }
            for case, run, floor in rows
        ],
    }


def _machine() -> str:
    return f"{_processor()}, Python {platform.python_version()}"


def _processor() -> str:
    """Return the processor's name where the system tells it, else its architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

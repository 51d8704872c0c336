"""`python -m bench`: how long each operation of each cryptosuite takes, and how close it is to its floor."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.cases import SUITES, Case, cases_of
from bench.new_shapes import NewShapes, measure_new_shapes
from bench.partner import Partner, is_present
from bench.report import write_plot, write_table
from bench.timing import Timing, measure_together
from vclib.did import resolve

# What was measured of one operation: our time, its floor, the other implementation's time, and how many times
# the floor it takes in processor time.
Row = tuple[Case, Timing, Timing | None, Timing | None, float | None]


def main(arguments: list[str]) -> int:
    """Measure, print a table, write JSON if asked."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers to FILE")
    parser.add_argument("--table", type=Path, metavar="FILE", help="also write the table into this Markdown")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="also write the plot, an SVG")
    parser.add_argument("--seconds", type=float, default=2.0, help="time for each operation (default 2)")
    parser.add_argument("--suite", choices=[name for name, _ in SUITES], help="measure only this suite")
    parser.add_argument("--new-shapes", type=int, default=0, metavar="N", help="the worst case, on N shapes")
    options = parser.parse_args(arguments)
    load = round(os.getloadavg()[0], 1)
    chosen = [(name, key_type) for name, key_type in SUITES if options.suite in (None, name)]
    cases = [case for name, key_type in chosen for case in cases_of(name, key_type)]
    rows = _measure_all(cases, options.seconds)
    new_shapes = measure_new_shapes(options.new_shapes) if options.new_shapes else None
    report = _report(rows, load, new_shapes)
    # A file or a pipe has no width of its own; the table needs this much.
    Console(width=None if sys.stdout.isatty() else 132).print(_table(rows))
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    if options.table:
        write_table(options.table, report)
    if options.plot:
        write_plot(options.plot, report)
    return 0


def _measure_all(cases: list[Case], seconds: float) -> list[Row]:
    progress = Console(stderr=True)
    tracked = track(cases, "measuring", console=progress, transient=True)
    if not is_present():
        return [_measure(case, seconds, None) for case in tracked]
    with Partner() as partner:
        return [_measure(case, seconds, partner) for case in tracked]


def _measure(case: Case, seconds: float, partner: Partner | None) -> Row:
    calls: dict[str, Callable[[], object]] = {"run": case.run}
    if case.floor is not None:
        calls["floor"] = case.floor
    timings = measure_together(calls, seconds=seconds)
    other = None
    if partner is not None and case.request is not None:
        _introduce(partner, case)
        # Once to warm up, as our calls are.
        partner.time(case.request, seconds=seconds / 4)
        other = Timing(tuple(sorted(partner.time(case.request, seconds=seconds / 2))))
    return case, timings["run"], timings.get("floor"), other, _processor_ratio(case, seconds)


def _introduce(partner: Partner, case: Case) -> None:
    """Give the partner the issuer's DID document."""
    credential = (case.request or {})["credential"]
    issuer = credential["issuer"] if isinstance(credential, dict) else None
    did = str(issuer["id"]) if isinstance(issuer, dict) else str(issuer)
    partner.ask("documents", documents={did: resolve(did).document})


def _table(rows: list[Row]) -> Table:
    table = Table(title=f"one process, {_machine()}", title_justify="left")
    for heading in ("cryptosuite", "operation"):
        table.add_column(heading)
    for heading in (
        "median ms",
        "p95 ms",
        "a second",
        "floor ms",
        "times floor",
        "theirs ms",
        "times theirs",
    ):
        table.add_column(heading, justify="right")
    table.add_column("the floor is")
    for case, run, floor, other, _ in rows:
        table.add_row(
            case.suite,
            case.operation,
            f"{run.median:.2f}",
            f"{run.p95:.2f}",
            f"{run.per_second:,.0f}",
            "-" if floor is None else f"{floor.median:.2f}",
            "-" if floor is None else f"{run.median / floor.median:.1f}",
            "-" if other is None else f"{other.median:.2f}",
            "-" if other is None else f"{other.median / run.median:.1f}",
            case.floor_is,
        )
    return table


def _report(rows: list[Row], load: float, new_shapes: NewShapes | None) -> dict[str, object]:
    return {
        "machine": _machine(),
        "load": load,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "start_ms": _start_milliseconds(),
        "new_shapes": None if new_shapes is None else dataclasses.asdict(new_shapes),
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
                "processor_ratio": processor,
                "partner_median_ms": None if other is None else other.median,
                "partner_ratio": None if other is None else other.median / run.median,
            }
            for case, run, floor, other, processor in rows
        ],
    }


def _processor_ratio(case: Case, seconds: float) -> float | None:
    """Return times the floor in processor time, by medians: a busy machine disturbs that least."""
    if case.floor is None:
        return None
    taken: dict[Callable[[], object], list[float]] = {case.run: [], case.floor: []}
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(taken[case.run]) < 5:
        for call, times in taken.items():
            start = time.process_time()
            call()
            times.append(time.process_time() - start)
    return statistics.median(taken[case.run]) / statistics.median(taken[case.floor])


def _start_milliseconds() -> float:
    """Return how long `ddcc --help` takes, the median of five."""
    taken = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "ddcc", "--help"], check=True, capture_output=True)
        taken.append((time.perf_counter() - start) * 1000.0)
    return statistics.median(taken)


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

"""`python -m bench`: how long each operation of each cryptosuite takes, and how close it is to its floor."""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from subprocess import SubprocessError

from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.cases import SUITES, Case, cases_of
from bench.machine import machine
from bench.new_shapes import measure_new_shapes
from bench.partner import Partner, digital_bazaar, is_present, openvc
from bench.plot import write_plot
from bench.report import Row, report_of, write_table
from bench.start import measure_starts
from bench.timing import Timing, measure_together
from vclib.did import resolve


def main(arguments: list[str]) -> int:
    """Measure, print a table, write files if asked."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers to FILE")
    parser.add_argument("--table", type=Path, metavar="FILE", help="also write the table into this Markdown")
    parser.add_argument(
        "--plot", type=Path, metavar="FILE", help="also write the plot, FILE.svg and FILE.png"
    )
    parser.add_argument("--seconds", type=float, default=2.0, help="time for each operation (default 2)")
    parser.add_argument("--suite", choices=[name for name, _ in SUITES], help="measure only this suite")
    parser.add_argument("--new-shapes", type=int, default=0, metavar="N", help="the worst case, on N shapes")
    parser.add_argument("--openvc", action="store_true", help="install and measure openvc-core, too")
    options = parser.parse_args(arguments)
    load = os.getloadavg()[0]
    chosen = [(name, key_type) for name, key_type in SUITES if options.suite in (None, name)]
    cases = [case for name, key_type in chosen for case in cases_of(name, key_type)]
    rows = _measure_all(cases, options.seconds, with_openvc=options.openvc)
    # Before the worst case fills the cache of shapes.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    new_shapes = measure_new_shapes(options.new_shapes) if options.new_shapes else None
    report = report_of(
        rows, loads=(load, os.getloadavg()[0]), peak_mb=peak, new_shapes=new_shapes, starts=measure_starts()
    )
    # A file or a pipe has no width of its own; the table needs this much.
    Console(width=None if sys.stdout.isatty() else 132).print(_table(rows))
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    if options.table:
        write_table(options.table, report)
    if options.plot:
        write_plot(options.plot, report)
    return 0


def _measure_all(cases: list[Case], seconds: float, *, with_openvc: bool) -> list[Row]:
    progress = Console(stderr=True)
    with ExitStack() as running:
        partners: dict[str, Partner] = {}
        if is_present():
            partners["Digital Bazaar"] = running.enter_context(digital_bazaar())
        if with_openvc:
            try:
                partners["openvc-core"] = running.enter_context(openvc())
            except (OSError, SubprocessError) as err:
                progress.print(f"openvc-core could not be installed: {err}")
        tracked = track(cases, "measuring", console=progress, transient=True)
        return [_measure(case, seconds, partners) for case in tracked]


def _measure(case: Case, seconds: float, partners: Mapping[str, Partner]) -> Row:
    calls: dict[str, Callable[[], object]] = {"run": case.run}
    if case.floor is not None:
        calls["floor"] = case.floor
    timings = measure_together(calls, seconds=seconds)
    others: dict[str, Timing | str] = {}
    for name, partner in partners.items():
        if case.request is not None:
            others[name] = _partner_timing(partner, case, seconds)
    return Row(case, timings["run"], timings.get("floor"), others)


def _partner_timing(partner: Partner, case: Case, seconds: float) -> Timing | str:
    """Return what the partner took, or why it did not."""
    try:
        _introduce(partner, case)
        # Once to warm up, as our calls are.
        partner.time(case.request or {}, seconds=seconds / 4)
        return Timing(tuple(sorted(partner.time(case.request or {}, seconds=seconds / 2))))
    except RuntimeError as err:
        return str(err)


def _introduce(partner: Partner, case: Case) -> None:
    """Give the partner the issuer's DID document."""
    credential = (case.request or {})["credential"]
    issuer = credential["issuer"] if isinstance(credential, dict) else None
    did = str(issuer["id"]) if isinstance(issuer, dict) else str(issuer)
    partner.ask("documents", documents={did: resolve(did).document})


def _table(rows: list[Row]) -> Table:
    table = Table(title=f"one process, {machine()}", title_justify="left")
    for heading in ("cryptosuite", "operation"):
        table.add_column(heading)
    names = list(dict.fromkeys(name for row in rows for name in row.others))
    for heading in (
        "median ms",
        "p95 ms",
        "a second",
        "floor ms",
        "times floor",
        "in processor time",
        *names,
    ):
        table.add_column(heading, justify="right")
    table.add_column("the floor is")
    for row in rows:
        run, floor = row.run, row.floor
        table.add_row(
            row.case.suite,
            row.case.operation,
            f"{run.median:.2f}",
            f"{run.p95:.2f}",
            f"{run.per_second:,.0f}",
            "-" if floor is None else f"{floor.median:.2f}",
            "-" if floor is None else f"{run.median / floor.median:.2f}",
            "-" if floor is None else f"{run.processor_median / floor.processor_median:.2f}",
            *[_other(row.others.get(name)) for name in names],
            row.case.floor_is,
        )
    return table


def _other(timing: Timing | str | None) -> str:
    return f"{timing.median:.2f}" if isinstance(timing, Timing) else "-"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""What the bench found as JSON, and as a table for the documentation."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.cases import Case
from bench.machine import machine
from bench.new_shapes import NewShapes
from bench.start import Start
from bench.timing import Timing

# The medians to reach: times the floor at most (None: milliseconds, see below), times the other at least.
TARGETS: dict[tuple[str, str], tuple[float | None, float | None]] = {
    ("ecdsa-sd-2023", "issue"): (1.6, 6),
    ("ecdsa-sd-2023", "derive"): (None, 8),
    ("ecdsa-sd-2023", "verify"): (1.6, None),
    ("ecdsa-sd-2023", "check all"): (None, 5),
    ("bbs-2023", "issue"): (1.3, 40),
    ("bbs-2023", "derive"): (1.3, 30),
    ("bbs-2023", "verify"): (1.3, None),
    ("bbs-2023", "check all"): (None, 25),
    ("ecdsa-rdfc-2019", "issue"): (5, 8),
    ("ecdsa-rdfc-2019", "verify"): (3, None),
    ("ecdsa-rdfc-2019", "check all"): (None, 10),
    ("eddsa-rdfc-2022", "issue"): (5, 8),
    ("eddsa-rdfc-2022", "verify"): (2.5, None),
    ("eddsa-rdfc-2022", "check all"): (None, 6),
    ("ecdsa-jcs-2019", "issue"): (3, 4),
    ("ecdsa-jcs-2019", "verify"): (2, None),
    ("ecdsa-jcs-2019", "check all"): (None, 8),
    ("eddsa-jcs-2022", "issue"): (2.5, 6),
    ("eddsa-jcs-2022", "verify"): (1.5, None),
    ("eddsa-jcs-2022", "check all"): (None, 2.5),
}

_BEGIN, _END = "<!-- made by the bench -->", "<!-- end of what the bench made -->"

# Any: the report is JSON that this program makes.
Report = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Row:
    """What was measured of one operation: our time, its floor, and other implementations by their names.

    What an implementation cannot do is a text that says why.
    """

    case: Case
    run: Timing
    floor: Timing | None
    others: Mapping[str, Timing | str]


def report_of(
    rows: Sequence[Row],
    *,
    loads: tuple[float, float],
    peak_mb: float,
    new_shapes: NewShapes | None,
    starts: Sequence[Start],
) -> Report:
    """Return the numbers; `loads` are the load averages before and after."""
    return {
        "machine": machine(),
        "loads": [round(load, 1) for load in loads],
        "peak_mb": peak_mb,
        "starts": [dataclasses.asdict(start) for start in starts],
        "new_shapes": None if new_shapes is None else dataclasses.asdict(new_shapes),
        "operations": [_operation(row) for row in rows],
    }


def _operation(row: Row) -> Report:
    run, floor = row.run, row.floor
    floor_target, partner_target = TARGETS.get((row.case.suite, row.case.operation), (None, None))
    return {
        "cryptosuite": row.case.suite,
        "operation": row.case.operation,
        "calls": len(run.milliseconds),
        "median_ms": run.median,
        "p95_ms": run.p95,
        "per_second": run.per_second,
        "processor_median_ms": run.processor_median,
        "floor": row.case.floor_is,
        "floor_median_ms": None if floor is None else floor.median,
        "floor_processor_median_ms": None if floor is None else floor.processor_median,
        "ratio": None if floor is None else run.median / floor.median,
        "processor_ratio": None if floor is None else run.processor_median / floor.processor_median,
        "floor_target": floor_target,
        "partner_target": partner_target,
        "others": {name: _other(timing, run) for name, timing in row.others.items()},
    }


def _other(timing: Timing | str, run: Timing) -> Report:
    if isinstance(timing, str):
        return {"failure": timing}
    return {"median_ms": timing.median, "ratio": timing.median / run.median}


def write_table(path: Path, report: Report) -> None:
    """Replace what stands between the bench's two marks in a Markdown file."""
    before, _, rest = path.read_text(encoding="utf-8").partition(_BEGIN)
    _, _, after = rest.partition(_END)
    path.write_text(f"{before}{_BEGIN}\n\n{markdown(report)}\n{_END}{after}", encoding="utf-8")


def markdown(report: Report) -> str:
    """Return the tables and the numbers below them."""
    before, after = report["loads"]
    lines = [
        f"{report['machine']}; one process, load average {before} before and {after} after.",
        "",
        "| cryptosuite | operation | median ms | p95 ms | a second | floor ms | times floor "
        "| in processor time | to reach |",
        "| --- | --- | --: | --: | --: | --: | --: | --: | --: |",
    ]
    for row in report["operations"]:
        cells = [
            row["cryptosuite"],
            row["operation"],
            f"{row['median_ms']:.3f}",
            f"{row['p95_ms']:.3f}",
            f"{row['per_second']:,.0f}",
            _number(row["floor_median_ms"], 3),
            _number(row["ratio"], 2),
            _number(row["processor_ratio"], 2),
            _number(row["floor_target"], 1),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, *_others(report["operations"]), *_below(report), ""])


def _others(operations: list[Report]) -> list[str]:
    """Return the table of other implementations."""
    names = list(dict.fromkeys(name for row in operations for name in row["others"]))
    if not names:
        return []
    headings = [heading for name in names for heading in (f"{name} ms", "times ours")]
    lines = [
        "",
        f"| cryptosuite | operation | ours ms | {' | '.join(headings)} | to reach, Digital Bazaar |",
        "| --- | --- | --: |" + " --: |" * (len(headings) + 1),
    ]
    for row in operations:
        if not row["others"]:
            continue
        cells = [row["cryptosuite"], row["operation"], f"{row['median_ms']:.3f}"]
        for name in names:
            other = row["others"].get(name, {})
            cells += [_number(other.get("median_ms"), 2), _number(other.get("ratio"), 1)]
        lines.append(f"| {' | '.join(cells)} | {_number(row['partner_target'], 1)} |")
    return lines


def _below(report: Report) -> list[str]:
    lines: list[str] = []
    new = report["new_shapes"]
    if new is not None:
        reference = new["reference_ms"]
        lines += [
            "",
            f"{new['shapes']:,} credentials of different shapes, checked whole, in processor time: "
            f"{reference:.2f} ms without compiled shapes, "
            f"{new['first_ms']:.2f} ms with them ({new['first_ms'] / reference:.2f} times) "
            f"when a shape is new, {new['second_ms']:.2f} ms ({new['second_ms'] / reference:.2f} times) when "
            "it comes for the second time and is compiled. Kept at the end: "
            f"{new['entries']} entries, {new['kept_bytes'] / 1e6:.1f} MB.",
        ]
    starts = ", ".join(
        f"`{start['command']}` {start['wall_ms']:.0f} ms ({start['processor_ms']:.0f} of processor time)"
        for start in report["starts"]
    )
    return [*lines, "", f"Peak memory of the bench {report['peak_mb']:.0f} MB. From start to end: {starts}."]


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"

"""What the bench found as JSON, as a table for the documentation, and as a plot."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

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

# Any: the report is JSON that this program has just made.
Report = dict[str, Any]


def write_table(path: Path, report: Report) -> None:
    """Replace what stands between the bench's two marks in a Markdown file."""
    before, _, rest = path.read_text(encoding="utf-8").partition(_BEGIN)
    _, _, after = rest.partition(_END)
    path.write_text(f"{before}{_BEGIN}\n\n{markdown(report)}\n{_END}{after}", encoding="utf-8")


def markdown(report: Report) -> str:
    """Return the table and the numbers below it."""
    lines = [
        f"{report['machine']}, one process, load average {report['load']} at the start.",
        "",
        "| cryptosuite | operation | median ms | p95 ms | a second | floor ms | times floor "
        "| in processor time | to reach | Digital Bazaar ms | times theirs | to reach |",
        "| --- | --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |",
    ]
    for row in report["operations"]:
        floor_target, other_target = TARGETS.get((row["cryptosuite"], row["operation"]), (None, None))
        cells = [
            row["cryptosuite"],
            row["operation"],
            f"{row['median_ms']:.3f}",
            f"{row['p95_ms']:.3f}",
            f"{row['per_second']:,.0f}",
            _number(row["floor_median_ms"], 3),
            _number(row["ratio"], 2),
            _number(row["processor_ratio"], 2),
            _number(floor_target, 1),
            _number(row["partner_median_ms"], 2),
            _number(row["partner_ratio"], 1),
            _number(other_target, 1),
        ]
        lines.append(f"| {' | '.join(cells)} |")
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
    lines += [
        "",
        f"Peak memory of the bench {report['peak_mb']:.0f} MB; "
        f"`ddcc --help` takes {report['start_ms']:.0f} ms.",
        "",
    ]
    return "\n".join(lines)


def write_plot(path: Path, report: Report) -> None:
    """Write the times over the floor, and over the other implementation, as an SVG."""
    rows = [row for row in report["operations"] if row["operation"] != "check all"]
    width, bar, left = 900, 22, 240
    height = 70 + bar * len(rows)
    scale = (width - left - 90) / max([row["median_ms"] for row in rows])
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        '<text x="10" y="20" font-size="14">Median milliseconds; dark: the bare cryptography</text>',
        f'<text x="10" y="38">{escape(report["machine"])}</text>',
    ]
    for number, row in enumerate(rows):
        top = 52 + bar * number
        floor = row["floor_median_ms"] or 0.0
        label = f"{row['median_ms']:.2f} ms" + (f", {row['ratio']:.2f} times" if row["ratio"] else "")
        parts += [
            f'<text x="10" y="{top + 13}">{escape(row["cryptosuite"])} {row["operation"]}</text>',
            _bar(left, top, row["median_ms"] * scale, "#9ecae1"),
            _bar(left, top, min(floor, row["median_ms"]) * scale, "#08519c"),
            f'<text x="{left + row["median_ms"] * scale + 6:.1f}" y="{top + 13}">{label}</text>',
        ]
    path.write_text("\n".join([*parts, "</svg>"]) + "\n", encoding="utf-8")


def _bar(left: float, top: float, width: float, colour: str) -> str:
    return f'<rect x="{left}" y="{top}" width="{width:.1f}" height="16" fill="{colour}"/>'


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"

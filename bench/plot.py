"""The plot of the bench: how much of each operation is the bare cryptography, and how much is ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib

# Files only: no window, and no display that it would need.
matplotlib.use("Agg")
from matplotlib import pyplot

_OURS, _FLOOR, _TARGET = "#6baed6", "#08519c", "#d94801"


# Any: the report is JSON that this program has just made.
def write_plot(path: Path, report: dict[str, Any]) -> None:
    """Write `path`.svg and `path`.png: processor time as times the floor, with the targets as marks."""
    rows = [row for row in report["operations"] if row["processor_ratio"] and row["operation"] != "check all"]
    labels = [f"{row['cryptosuite']} {row['operation']}" for row in rows]
    ratios = [row["processor_ratio"] for row in rows]
    # Text as text, so that the picture can be searched and stays small; the salt keeps it the same each time.
    with pyplot.rc_context({"svg.fonttype": "none", "svg.hashsalt": "bench", "font.size": 11}):
        figure, axes = pyplot.subplots(figsize=(10, 0.45 * len(rows) + 1.8), layout="constrained")
        positions = range(len(rows))
        axes.barh(positions, ratios, color=_OURS, label="JSON, canonical form and our own code")
        axes.barh(positions, [1.0] * len(rows), color=_FLOOR, label="the bare signatures (the floor)")
        targets = [(place, row["floor_target"]) for place, row in enumerate(rows) if row["floor_target"]]
        axes.scatter(
            [target for _, target in targets],
            [place for place, _ in targets],
            marker="|",
            s=260,
            linewidths=3,
            color=_TARGET,
            label="to reach",
            zorder=3,
        )
        for place, row in enumerate(rows):
            text = f" {row['processor_ratio']:.2f} ({row['processor_median_ms']:.2f} ms)"
            axes.text(max(row["processor_ratio"], row["floor_target"] or 0), place, text, va="center")
        axes.set_yticks(positions, labels)
        axes.invert_yaxis()
        axes.set_xlim(0, 1.25 * max([*ratios, *(target for _, target in targets)]))
        axes.set_xlabel("processor time, as times the bare cryptography of the operation")
        axes.set_title(report["machine"], fontsize=10)
        axes.legend(loc="lower right", frameon=False)
        axes.spines[["top", "right"]].set_visible(False)
        figure.savefig(path.with_suffix(".svg"), metadata={"Date": None})
        figure.savefig(path.with_suffix(".png"), dpi=120)
        pyplot.close(figure)

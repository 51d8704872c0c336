"""The benchmark of batches runs end to end on a few records; nothing is timed here."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from bench.batch import main
from bench.batch_report import BatchRun, write_section


def test_a_few_records_are_measured_and_the_section_is_written_in_its_place(tmp_path: Path) -> None:
    report = tmp_path / "benchmarks.md"
    report.write_text("# Benchmarks\n\n<!-- batches -->\nold\n<!-- /batches -->\nafter\n")
    files = ("--json", str(tmp_path / "run.json"), "--section", str(report))
    assert main(["--rows", "20", "--cores", "1", "--database", "SQLite", *files]) == 0
    measured = json.loads((tmp_path / "run.json").read_text())["measured"]
    assert [(each["what"], each["rows"]) for each in measured] == [("mint", 20), ("check", 20)]
    assert measured[0]["signatures"] > 10
    assert measured[0]["floor_us"] > 0
    assert measured[0]["peak_mb"] > 10
    text = report.read_text()
    assert "## Batches" in text
    assert "20 million credentials take" in text
    assert "old" not in text
    assert text.endswith("<!-- /batches -->\nafter\n")


def test_a_section_is_added_where_there_is_none(tmp_path: Path) -> None:
    report = tmp_path / "benchmarks.md"
    write_section(BatchRun(datetime(2026, 3, 1, tzinfo=UTC), 0.0, 1, ()), report)
    assert report.read_text().startswith("# Benchmarks\n\n<!-- batches -->\n## Batches\n")

"""The benchmark of batches runs end to end on a few records; nothing is timed here."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

from bench.batch import main
from bench.batch_report import BatchRun, Measured, write_section
from bench.batch_watch import Memory, rates


def test_a_few_records_are_measured_and_the_section_is_written_in_its_place(tmp_path: Path) -> None:
    report = tmp_path / "benchmarks.md"
    report.write_text("# Benchmarks\n\n<!-- batches -->\nold\n<!-- /batches -->\nafter\n")
    files = ("--json", str(tmp_path / "run.json"), "--section", str(report))
    assert main(["--rows", "20", "--cores", "1", "--database", "SQLite", *files]) == 0
    measured = json.loads((tmp_path / "run.json").read_text())["measured"]
    assert [(each["what"], each["rows"]) for each in measured] == [("mint", 20), ("check", 20)]
    assert measured[0]["signatures"] > 10
    assert measured[0]["floor_us"] > 0
    assert measured[0]["memory"]["peak"] > 10
    text = report.read_text()
    assert "## Batches" in text
    assert "20 million credentials take" in text
    assert "old" not in text
    assert text.endswith("<!-- /batches -->\nafter\n")


def test_a_section_is_added_where_there_is_none(tmp_path: Path) -> None:
    report = tmp_path / "benchmarks.md"
    write_section(BatchRun(datetime(2026, 3, 1, tzinfo=UTC), 0.0, 1, ()), report)
    assert report.read_text().startswith("# Benchmarks\n\n<!-- batches -->\n## Batches\n")


def test_a_million_rows_have_a_section_of_their_own(tmp_path: Path) -> None:
    report = tmp_path / "benchmarks.md"
    text = "# Benchmarks\n\n<!-- batches -->\nshort\n<!-- /batches -->\n<!-- million -->\n<!-- /million -->\n"
    report.write_text(text)
    memory = Memory(peak=300.4, early=101.2, late=102.8)
    minted = Measured(2, 1400.0, 2600.0, memory, "mint", "PostgreSQL", 1_000_000, 1080.0, 19, (720.0, 709.6))
    write_section(BatchRun(datetime(2026, 3, 1, tzinfo=UTC), 0.0, 1_000_000, (minted,)), report)
    written = report.read_text()
    assert "<!-- batches -->\nshort\n<!-- /batches -->\n<!-- million -->\n### A batch of 1,000,000" in written
    row = "| PostgreSQL | 2 | 1,400 | 714 | 720 | 710 | 385 | 2,600 | 1,080 | 300 | 101 | 103 |"
    assert row in written
    assert "20 million credentials take 7.8 hours" in written


def test_the_rates_of_a_long_batch_are_those_of_its_first_and_last_parts(tmp_path: Path) -> None:
    parts = [tmp_path / f"part-{number}" for number in range(30)]
    seconds = [0, 1, 2, *range(10, 34), 100, 104, 108]
    for part, second in zip(parts, seconds, strict=True):
        part.touch()
        os.utime(part, (second, second))
    assert rates(parts, 1000) == (1000.0, 250.0)


def test_the_rates_of_a_few_parts_are_not_told(tmp_path: Path) -> None:
    part = tmp_path / "part-1"
    part.touch()
    assert rates([part], 1000) is None

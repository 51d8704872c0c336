"""The bench of the cryptosuites: what it writes, on numbers that were not measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.cases import SUITES, Case, cases_of
from bench.new_shapes import NewShapes
from bench.plot import write_plot
from bench.report import Row, markdown, report_of, write_table
from bench.start import Start
from bench.timing import Timing, measure_together


def _report(**changes: Any) -> dict[str, Any]:
    case = Case("eddsa-jcs-2022", "issue", lambda: None, lambda: None, "1 signature")
    derive = Case("ecdsa-sd-2023", "derive", lambda: None, None, "no signature")
    times = Timing((0.1, 0.2, 0.3), (0.1, 0.2, 0.4))
    floor = Timing((0.05, 0.1, 0.1), (0.05, 0.1, 0.1))
    rows = [
        Row(case, times, floor, {"Digital Bazaar": Timing((1.0, 2.0, 3.0)), "openvc-core": "has none"}),
        Row(derive, times, None, {}),
    ]
    arguments: dict[str, Any] = {"new_shapes": None, **changes}
    return report_of(
        rows, loads=(1.0, 2.0), peak_mb=80.0, starts=[Start("ddcc --help", 900.0, 800.0)], **arguments
    )


def test_ratios_are_those_of_medians() -> None:
    issue, derive = _report()["operations"]
    assert (issue["ratio"], issue["processor_ratio"]) == (2.0, 2.0)
    assert issue["others"]["Digital Bazaar"]["ratio"] == 10.0
    assert issue["others"]["openvc-core"] == {"failure": "has none"}
    assert derive["ratio"] is None


def test_the_table_stands_between_its_marks_and_the_rest_stays(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- made by the bench -->\nold\n<!-- end of what the bench made -->\nafter\n")
    write_table(page, _report(new_shapes=NewShapes(10, 4.0, 4.0, 5.0, 10, 1_000_000)))
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "old" not in text
    assert "| eddsa-jcs-2022 | issue | 0.200 | 0.300 | 5,000 | 0.100 | 2.00 | 2.00 | 2.5 |" in text
    assert "| eddsa-jcs-2022 | issue | 0.200 | 2.00 | 10.0 | - | - | 6.0 |" in text
    assert "5.00 ms (1.25 times) when it comes for the second time" in text


def test_the_table_has_no_other_implementations_if_none_was_there() -> None:
    report = _report()
    for row in report["operations"]:
        row["others"] = {}
    assert "Digital Bazaar" not in markdown(report)


def test_the_plot_is_two_files_with_the_names_of_the_operations(tmp_path: Path) -> None:
    write_plot(tmp_path / "bench", _report())
    assert "eddsa-jcs-2022 issue" in (tmp_path / "bench.svg").read_text()
    assert (tmp_path / "bench.png").read_bytes().startswith(b"\x89PNG")


def test_every_operation_and_floor_of_the_plain_suites_runs() -> None:
    for suite, key_type in SUITES[2:]:
        for case in cases_of(suite, key_type):
            assert case.floor is not None
            timings = measure_together({"run": case.run, "floor": case.floor}, seconds=0, least=1)
            assert timings["run"].processor_median >= 0

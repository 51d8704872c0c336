"""The benchmark of the services runs end to end, with a few requests of each kind; nothing is timed here."""

from __future__ import annotations

import json
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.services.__main__ import main
from bench.services.filling import fill_issuer
from bench.services.programs import Site
from bench.services.report import Run, write_section
from issuer.auditing import verify_audit
from issuer.store import IssuerStore
from runtime.database import sqlite_url
from runtime.serving import bind_loopback, port_of
from tests.postgres import programs
from tests.requirements import missing


def _free_ports(count: int) -> list[str]:
    with ExitStack() as stack:
        return [str(port_of(stack.enter_context(bind_loopback(0)))) for _ in range(count)]


def _measured(database: str, stored: int, folder: Path) -> tuple[list[dict[str, Any]], str]:
    """Run it with a few requests of each kind; gives the numbers and the section. Any: JSON."""
    # Where the server's own user can come, too.
    with TemporaryDirectory(prefix="ddcc-bench-") as cache:
        Path(cache).chmod(0o755)
        small = ("--stored", str(stored), "--seconds", "0.1", "--rounds", "1", "--workers", "1")
        place = ("--database", database, "--cache", cache, "--ports", *_free_ports(4))
        files = ("--json", str(folder / "run.json"), "--section", str(folder / "benchmarks.md"))
        assert main([*small, *place, *files]) == 0
    measured = json.loads((folder / "run.json").read_text())["measured"]
    return measured, (folder / "benchmarks.md").read_text()


def test_each_scenario_is_measured_at_both_sites(tmp_path: Path) -> None:
    measured, section = _measured("SQLite", 20, tmp_path)
    assert [(each["scenario"], each["stored"], "half" in each) for each in measured] == [
        ("issue", 10, False),
        ("issue", 20, False),
        ("verify", 10, True),
        ("verify", 20, True),
        ("OpenID4VCI", 10, False),
        ("OpenID4VCI", 20, False),
    ]
    assert section.count("| SQLite | 1 | ") == 8


def test_each_scenario_is_measured_on_postgresql(tmp_path: Path) -> None:
    if programs() is None or find_spec("psycopg") is None:
        missing("PostgreSQL's programs or its driver are not here", required_by="DDCC_REQUIRE_POSTGRES")
    measured, _ = _measured("PostgreSQL", 10, tmp_path)
    assert [each["scenario"] for each in measured] == ["issue", "verify", "OpenID4VCI"]


def test_what_a_database_is_filled_with_holds_together(tmp_path: Path) -> None:
    """The chain of the audit log, records, lists and their published form, as an audit compares them."""
    site = Site(tmp_path, sqlite_url(tmp_path / "issuer.sqlite"), "", 8441, 8442)
    fill_issuer(site, 300, lambda _done, _of: None)
    store = IssuerStore.open(site.issuer_database)
    report = verify_audit(store)
    store.close()
    assert (report.records, report.lists) == (300, 2)


def test_the_section_replaces_its_own_and_leaves_the_others(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    page.write_text("# Benchmarks\n\nbefore\n<!-- services -->\nold\n<!-- /services -->\nafter\n")
    run = Run(datetime(2026, 7, 1, tzinfo=UTC), (1.0, 1.0, 1.0), (1.0, 1.0, 1.0), None, ())
    write_section(run, page, "About.")
    text = page.read_text()
    assert text.startswith("# Benchmarks\n\nbefore\n<!-- services -->\n## Services\n\nAbout.\n")
    assert text.endswith("<!-- /services -->\nafter\n")
    assert "old" not in text

"""The files in examples/ are what their README says."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from health import RecordRow, RowError, credential_from_record, read_records, record_from_credential
from vclib import jsonld

_EXAMPLES = Path(__file__).parents[2] / "examples"
# Before any machine that runs the demo, after every event in the examples.
_NOW = datetime(2025, 6, 1, tzinfo=UTC)
_FILES = sorted(
    path.relative_to(_EXAMPLES).as_posix() for path in _EXAMPLES.rglob("*.*") if path.suffix != ".md"
)


def _rows(name: str) -> list[RecordRow | RowError]:
    return list(read_records((_EXAMPLES / name).read_bytes().decode("utf-8"), now=_NOW))


def test_examples_are_these() -> None:
    assert _FILES == [
        "fhir/test.json",
        "fhir/vaccination.json",
        "recoveries.csv",
        "recovery-covid-19.json",
        "test-antigen-expired.json",
        "test-pcr-negative.json",
        "tests.csv",
        "vaccination-covid-19-booster.json",
        "vaccination-covid-19.json",
        "vaccination-measles.json",
        "vaccination-yellow-fever.json",
        "vaccinations-with-faults.csv",
        "vaccinations.csv",
    ]


@pytest.mark.parametrize("name", _FILES)
def test_every_record_of_an_example_becomes_a_credential_and_comes_back(name: str) -> None:
    records = [row.record for row in _rows(name) if isinstance(row, RecordRow)]
    assert records
    for record in records:
        document = credential_from_record(
            record, issuer_id="did:key:z6MkrtYMJe2ZesvsnoSr8K1yVerjo6EhC2G5jxBDKrD284L2"
        )
        assert jsonld.compact(document, document["@context"]) == document
        assert record_from_credential(document) == record


@pytest.mark.parametrize("name", [name for name in _FILES if "faults" not in name])
def test_examples_have_no_faults(name: str) -> None:
    assert [row for row in _rows(name) if isinstance(row, RowError)] == []


def test_faulty_rows_are_told_by_line_and_element() -> None:
    assert [
        (row.position, row.message.split(":")[0])
        for row in _rows("vaccinations-with-faults.csv")
        if isinstance(row, RowError)
    ] == [
        (3, "vaccination.dose"),
        (4, "vaccination.date"),
        (5, "birthDate"),
    ]


def test_expired_example_ended_before_the_others_began() -> None:
    (row,) = _rows("test-antigen-expired.json")
    assert isinstance(row, RecordRow)
    assert row.record.certificate.period_end == "2025-01-11T08:55:00-03:00"

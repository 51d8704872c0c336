"""One door for JSON, CSV and FHIR, told apart by content."""

from __future__ import annotations

import contextlib
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from health import RecordRow, RowError, read_records
from vclib.errors import ComplexityError, ParsingError, RecordError, VCError
from vclib.strict_json import JSONObject, dump_json

_EXAMPLES = Path(__file__).parents[2] / "examples"
_HOLDER = "did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169"


def test_json_object_is_one_record(vaccination: JSONObject, now: datetime) -> None:
    (row,) = read_records(dump_json(vaccination | {"holder": _HOLDER}), now=now)
    assert isinstance(row, RecordRow)
    assert (row.position, row.holder) == (1, _HOLDER)


def test_json_array_is_many_and_a_bad_one_is_named(
    vaccination: JSONObject, laboratory_result: JSONObject, recovery: JSONObject, now: datetime
) -> None:
    del recovery["birthDate"]
    text = "\ufeff\n" + dump_json(
        [vaccination, recovery, 7, laboratory_result | {"holder": "me"}, laboratory_result]
    )
    rows = list(read_records(text, now=now))
    assert [row.position for row in rows] == [1, 2, 3, 4, 5]
    assert [row.message for row in rows if isinstance(row, RowError)] == [
        "birthDate: expected a value, found none",
        "expected an object, found a number",
        "holder: expected a DID such as did:key:z6Mk..., found something else",
    ]


def test_fhir_bundle_is_its_records(now: datetime) -> None:
    text = (_EXAMPLES / "fhir" / "vaccination.json").read_text(encoding="utf-8")
    (row,) = read_records(text, now=now)
    assert isinstance(row, RecordRow)
    assert row.record.person.name == "Wanjiru Castellan-Mbeki"


def test_anything_else_is_csv(now: datetime) -> None:
    text = (_EXAMPLES / "tests.csv").read_text(encoding="utf-8")
    assert [type(row).__name__ for row in read_records(text, now=now)] == ["RecordRow", "RecordRow"]


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("", RecordError, "found an empty text"),
        ("  \n", RecordError, "found an empty text"),
        ("{", ParsingError, "expected JSON"),
        ('{"name": "a", "name": "b"}', ParsingError, "occurs twice"),
        ("[" * 100, ComplexityError, "nested deeper"),
        ("hello", RecordError, "expected a heading"),
        ('{"resourceType": "Bundle"}', RecordError, "Bundle.entry: expected 1 to 1000 entries"),
    ],
)
def test_file_that_holds_no_records_is_refused(
    text: str, error: type[Exception], message: str, now: datetime
) -> None:
    with pytest.raises(error, match=message):
        read_records(text, now=now)


def test_record_that_is_no_list_is_one_bad_row(now: datetime) -> None:
    (row,) = read_records("{}", now=now)
    assert isinstance(row, RowError)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(max_size=60),
    start=st.sampled_from(["", "{", "[", '[{"recovery":', "name,recovery.country\n"]),
)
def test_no_text_is_too_odd_to_be_refused(text: str, start: str, now: datetime) -> None:
    """Bad input is a named error, never another exception."""
    with contextlib.suppress(VCError):
        rows = list(read_records(start + text, now=now))
        assert all(isinstance(row, RowError) for row in rows)

"""CSV: one record a row; a bad row is named and the others are kept (F15)."""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from health import Code, Identifier, RecordRow, RowError, csv_template, parse_record, read_csv
from health.coding import identifier_from_token
from health.csv_records import csv_layout
from health.data_sets import RecoveryRecord, VaccinationRecord
from health.rows import read_holder
from vclib.errors import RecordError
from vclib.strict_json import JSONObject, JSONValue

_HEADING = (
    "name,birthDate,identifier,vaccination.vaccine,vaccination.brand,vaccination.manufacturer,vaccination.lot,"
    "vaccination.date,vaccination.dose,vaccination.totalDoses,vaccination.country,certificate.hcid,holder"
)
_ROW = "Aulus Agerius,2003-03-03,999,icd11:XM0GQ8,icd11:XM3DT5,ema:ORG-100030215,123,2021-05-06,1,2,CHE,HC-1,"
_HOLDER = "did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169"


def _read(text: str, now: datetime) -> list[RecordRow | RowError]:
    return list(read_csv(text, now=now))


def test_row_is_a_record(now: datetime) -> None:
    (row,) = _read(f"{_HEADING}\r\n{_ROW}{_HOLDER}\r\n", now)

    assert isinstance(row, RecordRow)
    assert (row.position, row.holder) == (2, _HOLDER)
    assert isinstance(row.record, VaccinationRecord)
    assert row.record.person.identifiers == (Identifier(None, "999"),)
    assert (row.record.dose, row.record.total_doses, row.record.lot) == (1, 2, "123")


def test_bad_row_is_named_and_the_others_are_kept(now: datetime) -> None:
    """F14 and F15."""
    third_dose = _ROW.replace(",1,2,CHE", ",3,2,CHE")
    rows = _read("\n".join([_HEADING, _ROW, third_dose, _ROW]), now)

    assert [type(row).__name__ for row in rows] == ["RecordRow", "RowError", "RecordRow"]
    bad = rows[1]
    assert isinstance(bad, RowError)
    assert bad.position == 3
    assert bad.message.startswith("vaccination.dose: expected a dose number up to totalDoses")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (_ROW.replace(",1,2,CHE", ",one,2,CHE"), "vaccination.dose: expected a whole number"),
        (_ROW.replace(",1,2,CHE", ",+1,2,CHE"), "vaccination.dose: expected a whole number"),
        (_ROW.replace(",1,2,CHE", ",0,2,CHE"), "vaccination.dose: expected a number from 1 to 99"),
        (_ROW.replace("2021-05-06", "06.05.2021"), "vaccination.date: expected a date such as 2021-05-06"),
        (_ROW.replace("icd11:XM0GQ8", ""), "vaccination.vaccine: expected a value, found none"),
        (_ROW.replace(",999,", ",a|b|c,"), "identifier: expected an identifier"),
        (_ROW.removesuffix(","), "expected 13 cells, found 12"),
        (_ROW + ",x", "expected 13 cells, found 14"),
        (_ROW + "did:key", "holder: expected a DID such as did:key:z6Mk"),
        (_ROW + "alice", "holder: expected a DID such as did:key:z6Mk"),
        (_ROW.replace("Aulus", '"Aulus'), "expected one row of CSV on one line"),
        (_ROW.replace("Aulus", '"Au"lus'), "expected one row of CSV on one line"),
        ("x" * 10_001, "expected a line of at most 10000 characters"),
    ],
)
def test_fault_of_a_row_is_told(row: str, message: str, now: datetime) -> None:
    bad, good = _read(f"{_HEADING}\n{row}\n{_ROW}", now)
    assert isinstance(bad, RowError)
    assert message in bad.message
    assert isinstance(good, RecordRow)


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_byte_order_mark_blank_lines_and_line_breaks_are_accepted(line_break: str, now: datetime) -> None:
    text = "\ufeff" + line_break.join([_HEADING, "", _ROW, ",,,,,,,,,,,,", _ROW, ""])
    rows = _read(text, now)
    assert [row.position for row in rows] == [3, 5]
    assert all(isinstance(row, RecordRow) for row in rows)


@pytest.mark.parametrize("separator", [";", "\t"])
def test_separators_of_other_spreadsheets_are_accepted(separator: str, now: datetime) -> None:
    (row,) = _read(f"{_HEADING}\n{_ROW}".replace(",", separator), now)
    assert isinstance(row, RecordRow)


def test_quoted_cells_keep_commas_and_quotes(now: datetime) -> None:
    (row,) = _read(f"{_HEADING}\n" + _ROW.replace("Aulus Agerius", '"Agerius, ""Aulus"""'), now)
    assert isinstance(row, RecordRow)
    assert row.record.person.name == 'Agerius, "Aulus"'


def test_cell_that_looks_like_a_formula_is_text(now: datetime) -> None:
    (row,) = _read(f"{_HEADING}\n" + _ROW.replace("Aulus Agerius", "=1+1"), now)
    assert isinstance(row, RecordRow)
    assert row.record.person.name == "=1+1"


def test_identifiers_have_systems_and_may_be_several(now: datetime) -> None:
    row, *_ = _read(f"{_HEADING}\n" + _ROW.replace(",999,", ",urn:oid:2.999|1; 2\\;3,"), now)
    assert isinstance(row, RecordRow)
    assert row.record.person.identifiers == (Identifier("urn:oid:2.999", "1"), Identifier(None, "2;3"))


def test_text_without_a_registry_is_accepted_as_it_is(now: datetime) -> None:
    (row,) = _read(f"{_HEADING}\n" + _ROW.replace("icd11:XM3DT5", "Local product"), now)
    assert isinstance(row, RecordRow)
    assert isinstance(row.record, VaccinationRecord)
    assert row.record.brand == Code(None, "Local product")


def test_period_columns_fill_the_period(now: datetime) -> None:
    text = (
        "certificate.period.end;certificate.period.start;recovery.country;recovery.firstPositive;"
        "recovery.disease;name;birthDate;certificate.hcid\n"
        "2025-07-01;2025-01-13;DK;2025-01-02;icd11:RA01;A B;1981;1"
    )
    (row,) = _read(text, now)
    assert isinstance(row, RecordRow)
    assert isinstance(row.record, RecoveryRecord)
    assert row.record.certificate.period_start == "2025-01-13"
    assert row.record.certificate.period_end == "2025-07-01"


@pytest.mark.parametrize("kind", ["vaccination", "test", "recovery"])
def test_template_is_a_heading_that_is_read(kind: str, now: datetime) -> None:
    template = csv_template(kind)
    assert template.endswith(",holder\r\n")
    assert f"{kind}.country" in template
    assert _read(template, now) == []


def test_template_of_another_kind_is_refused() -> None:
    with pytest.raises(RecordError, match="expected a kind of record of vaccination, test, recovery"):
        csv_template("diagnosis")


@pytest.mark.parametrize(
    ("heading", "message"),
    [
        ("", "expected a heading with the columns of one kind"),
        ("name,birthDate", "found 0 kinds"),
        ("name,vaccination.lot,test.date", "found 2 kinds"),
        ("name,vaccination.lot,vaccination.lotNumber", "unknown column 'vaccination.lotNumber'"),
        ("name,vaccination.lot,Name", "unknown column 'Name'"),
        ("name,vaccination.lot,name", "the column 'name' occurs twice"),
        ("name,vaccination.lot,", "unknown column ''"),
        ('name,"vaccination.lot', "expected one row of CSV on one line"),
    ],
)
def test_heading_with_a_fault_refuses_the_file(heading: str, message: str, now: datetime) -> None:
    with pytest.raises(RecordError, match=message):
        read_csv(f"{heading}\n{_ROW}", now=now)


def test_text_beyond_the_limit_is_refused(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("health.csv_records.MAX_CHARACTERS", 10)
    with pytest.raises(RecordError, match="expected at most 10 characters of CSV"):
        read_csv(f"{_HEADING}\n{_ROW}", now=now)


# Of each kind a row with every column, in the order of the template.
_FULL = {
    "vaccination": [
        *["Aulus Agerius", "2003-03-03", "999", "male"],
        *["icd11:XM0GQ8", "icd11:XM3DT5", "ema:ORG-100030215", "ema:ORG-100031184", "123", "2021-05-06"],
        *["1", "2", "2021-05-30", "CHE", "Site", "HW-77", "icd11:RA01", "2021-06-20"],
        *["Office", "HC-1", "DDCC:VS RC2", "2021-05-06", "2022-05-06", _HOLDER],
    ],
    "test": [
        *["Tan Chen Chen", "1990-01", "urn:x|1;2", "female"],
        *["icd11:XN109", "loinc:LP6464-4", "A kit", "A maker", "sct:258500001", "2022-07-27T14:15:00+08:00"],
        *["icd11:QA02", "urn:y|7", "SGP"],
        *["Office", "HC-1", "DDCC:TR RC2", "2022-07-27T14:15:00Z", "2022-08-27", _HOLDER],
    ],
    "recovery": [
        *["Gabriele Musterfrau-Gößinger", "1998", "a\\|b", "unknown"],
        *["icd11:RA01", "2021-02-20", "iso3166:AUT"],
        *["Office", "HC-1", "EU DCC 1.3.0", "2021-05-04", "2021-10-17", _HOLDER],
    ],
}
_CELLS = [
    *["", " ", "0", "1", "3", "100", "+1", "2021-05-06", "2021-02-30", "0000-01-01", "2031-01-01", "1990-13"],
    *[
        "2019",
        "2021-05",
        "2022-07-27T14:15:00+08:00",
        "2022-07-27T14:15:00-00:00",
        "9999-12-31",
        "1860-01-01",
    ],
    *[
        "icd11:RA01",
        "icd11:ra!",
        "sct:260373001",
        "text:Local%20product",
        "Local product",
        "odd:x",
        "coding:a",
    ],
    *["https://x.example/a#b", "CH", "756", "XXX", "iso3166:FRA", "other", "M", "a|b", "a|b|c", "a;b", "a;a"],
    *[
        "a\\;b",
        "\\|",
        "\\\\",
        "|",
        ";",
        "did:key:z6Mk",
        "alice",
        "x" * 201,
        "e\u0301",
        "a\u202eb",
        "\u00a0x\u00a0",
    ],
    *['"', '"a"', 'a"b', "a,b", "a\rb", "a\0b", "a\tb", "\ud800"],
]


@st.composite
def _rows(draw: st.DrawFn) -> tuple[str, str]:
    """Draw a heading and a row: columns in any order, some cells odd, quoted as they need it or not."""
    kind = draw(st.sampled_from(sorted(_FULL)))
    columns = csv_template(kind).strip().split(",")
    cells = dict(zip(columns, _FULL[kind], strict=True))
    changed = draw(
        st.dictionaries(st.sampled_from(columns), st.sampled_from(_CELLS) | st.text(max_size=5), max_size=3)
    )
    cells.update(changed)
    kept = [column for column in draw(st.permutations(columns)) if draw(st.integers(0, 19))]
    kept = kept if any(column.startswith(f"{kind}.") for column in kept) else columns
    row = [cells[column] for column in kept] + draw(st.sampled_from([[], [], [], ["x"]]))
    if draw(st.booleans()):
        return ",".join(kept), ",".join(row)
    written = io.StringIO()
    csv.writer(written, lineterminator="").writerow(row)
    return ",".join(kept), written.getvalue()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=400)
@given(rows=_rows())
def test_row_is_read_as_its_json_form_would_be(rows: tuple[str, str], now: datetime) -> None:
    """The layout reads cells by column; beside it stands the record of the nested object, or its fault."""
    heading, line = rows
    assert csv_layout(heading).read(7, line, now=now) == _read_as_json(heading.split(","), line, now)


def _read_as_json(columns: list[str], line: str, now: datetime) -> RecordRow | RowError | None:
    if not line.strip(" ,"):
        return None
    try:
        cells = _plain_cells(line, len(columns))
        named = {column: cell for column, cell in zip(columns, cells, strict=True) if cell}
        holder = read_holder(named.pop("holder", None))
        kind = next(kind for kind in _FULL if any(column.startswith(f"{kind}.") for column in columns))
        document: JSONObject = {kind: {}, "certificate": {}}
        for path, cell in named.items():
            *parents, name = path.split(".")
            # Any: an object within an object.
            place: Any = document
            for parent in parents:
                place = place.setdefault(parent, {})
            place[name] = _json_value(path, cell)
        return RecordRow(7, parse_record(document, now=now), holder)
    except RecordError as err:
        return RowError(7, err.message)


def _plain_cells(line: str, expected: int) -> list[str]:
    try:
        (row,) = csv.reader([line], strict=True)
    except csv.Error as err:
        raise RecordError(f"expected one row of CSV on one line: {err}") from err
    if len(row) != expected:
        raise RecordError(f"expected {expected} cells, found {len(row)}")
    return [cell.strip() for cell in row]


def _json_value(path: str, cell: str) -> JSONValue:
    if path in ("vaccination.dose", "vaccination.totalDoses"):
        if not re.fullmatch("[0-9]{1,4}", cell):
            raise RecordError("expected a whole number, found something else", element=path)
        return int(cell)
    if path in ("vaccination.practitioner", "test.centre", "certificate.hcid"):
        return _json_identifier(path, cell)
    if path == "identifier":
        tokens = [token.replace("\\;", ";").strip() for token in re.split(r"(?<!\\);", cell)]
        return [_json_identifier(path, token) for token in tokens]
    return cell


def _json_identifier(path: str, token: str) -> JSONValue:
    try:
        identifier = identifier_from_token(token)
    except RecordError as err:
        raise RecordError(err.problem, element=path) from err
    if identifier.system is None:
        return identifier.value
    return {"system": identifier.system, "value": identifier.value}

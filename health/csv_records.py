"""CSV with one record a row: what a registry or a spreadsheet exports.

The first line names the columns by the paths of the core data set ("birthDate", "vaccination.date",
"certificate.hcid"), in any order; `csv_template` prints it. A file holds one kind of record. An empty cell
is an absent element. Codes are written short ("icd11:XM0GQ8"), text without a registry as it is;
identifiers with a system as "system|value", several separated by ";". An optional column `holder` has the
DID that the credential is bound to. The form is RFC 4180, with these limits and liberties:

- a row is one line: no element may hold a line break, and so one forgotten quote spoils one row only;
- a byte order mark and CR, LF or CRLF are accepted, and ";" or tab as separator if the first line uses it
  (spreadsheets of many countries write it);
- unknown and repeated columns refuse the whole file, because no row of it could be trusted.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from health.coding import Identifier, identifier_from_token
from health.elements import KINDS, Form, Kind, column_paths
from health.records import parse_row
from health.rows import RecordRow, RowError, read_holder
from vclib.errors import RecordError
from vclib.strict_json import JSONObject, JSONValue

HOLDER_COLUMN = "holder"
# 100,000 rows of 400 characters, twice over.
MAX_CHARACTERS = 80_000_000
MAX_LINE = 10_000

_LINE_BREAK = re.compile(r"\r\n|\r|\n")
# Without these a line of CSV is its cells and the separators between them.
_QUOTED = re.compile(r'["\r\n]')
_WHOLE_NUMBER = re.compile(r"[0-9]{1,4}")
# Between identifiers; a semicolon inside one is written "\;".
_BETWEEN_IDENTIFIERS = re.compile(r"(?<!\\);")


def csv_template(kind: str) -> str:
    """Return the heading line of a CSV file of `kind` ("vaccination", "test", "recovery"), ending in CRLF.

    Raises RecordError for another kind.
    """
    if kind not in KINDS:
        raise RecordError(f"expected a kind of record of {', '.join(KINDS)}, found {kind[:40]!r}")
    columns = [path for path, _ in column_paths(KINDS[kind])]
    return ",".join([*columns, HOLDER_COLUMN]) + "\r\n"


def read_csv(text: str, *, now: datetime) -> Iterator[RecordRow | RowError]:
    """Yield each row of CSV text as a record or as the fault that makes it none, with its line number.

    `now` as in `parse_record`. Raises RecordError at once if the heading is not one, or the text too long.
    """
    if len(text) > MAX_CHARACTERS:
        raise RecordError(f"expected at most {MAX_CHARACTERS} characters of CSV, found {len(text)}")
    lines = _LINE_BREAK.split(text.removeprefix("\ufeff"))
    layout = csv_layout(lines[0])
    rows = (layout.read(number, line, now=now) for number, line in enumerate(lines[1:], start=2))
    return (row for row in rows if row is not None)


@dataclass(frozen=True)
class CSVLayout:
    """What the heading of a CSV file says of its rows."""

    separator: str
    kind: Kind
    columns: tuple[str, ...]
    # Of the columns whose cells are not JSON values as they are, in order.
    readers: tuple[tuple[str, Callable[[str, str], JSONValue]], ...]

    def read(self, number: int, line: str, *, now: datetime) -> RecordRow | RowError | None:
        """Return the line with this number as a record or as its fault; None for a blank line."""
        if not line.strip(f" {self.separator}"):
            return None
        try:
            cells = _named_cells(_cells(line, self.separator), self.columns)
            holder = read_holder(cells.pop(HOLDER_COLUMN, None))
            values: JSONObject = {**cells}
            for path, read in self.readers:
                if path in cells:
                    values[path] = read(cells[path], path)
            return RecordRow(number, parse_row(self.kind, values, now=now), holder)
        except RecordError as err:
            return RowError(number, err.message)


def csv_layout(heading: str) -> CSVLayout:
    """Return the layout of the file with this first line; RecordError where it is no heading of ours."""
    heading = heading.removeprefix("\ufeff")
    separator = _separator(heading)
    kind, columns = _read_heading(_cells(heading, separator))
    forms = {path: element.form for path, element in column_paths(kind)}
    readers = tuple((column, _READERS[forms[column]]) for column in columns if forms.get(column) in _READERS)
    return CSVLayout(separator, kind, tuple(columns), readers)


def _separator(heading: str) -> str:
    return next((mark for mark in (";", "\t") if mark in heading and "," not in heading), ",")


def _cells(line: str, separator: str) -> list[str]:
    if len(line) > MAX_LINE:
        raise RecordError(f"expected a line of at most {MAX_LINE} characters, found {len(line)}")
    if not _QUOTED.search(line):
        return [cell.strip() for cell in line.split(separator)]
    try:
        rows = list(csv.reader([line], delimiter=separator, strict=True))
    except csv.Error as err:
        raise RecordError(f"expected one row of CSV on one line: {err}") from err
    return [cell.strip() for cell in rows[0]] if rows else []


def _read_heading(columns: list[str]) -> tuple[Kind, list[str]]:
    found = [kind for kind in KINDS.values() if any(c.startswith(f"{kind.name}.") for c in columns)]
    if len(found) != 1:
        raise RecordError(
            f"expected a heading with the columns of one kind of record ({', '.join(KINDS)}), found "
            f"{len(found)} kinds; csv templates name the columns"
        )
    known = {path for path, _ in column_paths(found[0])} | {HOLDER_COLUMN}
    for column in columns:
        if column not in known:
            raise RecordError(f"unknown column {column[:60]!r} in the heading")
        if columns.count(column) > 1:
            raise RecordError(f"the column {column!r} occurs twice in the heading")
    return found[0], columns


def _named_cells(cells: list[str], columns: Sequence[str]) -> dict[str, str]:
    if len(cells) != len(columns):
        raise RecordError(f"expected {len(columns)} cells, found {len(cells)}")
    return {column: cell for column, cell in zip(columns, cells, strict=True) if cell}


def _count(cell: str, path: str) -> JSONValue:
    if not _WHOLE_NUMBER.fullmatch(cell):
        raise RecordError("expected a whole number, found something else", element=path)
    return int(cell)


def _identifiers(cell: str, path: str) -> JSONValue:
    if ";" not in cell:
        return [_identifier(cell, path)]
    tokens = [token.replace("\\;", ";").strip() for token in _BETWEEN_IDENTIFIERS.split(cell)]
    return [_identifier(token, path) for token in tokens]


def _identifier(token: str, path: str) -> JSONValue:
    try:
        identifier: Identifier = identifier_from_token(token)
    except RecordError as err:
        raise RecordError(err.problem, element=path) from err
    if identifier.system is None:
        return identifier.value
    return {"system": identifier.system, "value": identifier.value}


# Of the other forms a cell is the JSON value as it is.
_READERS: Mapping[Form, Callable[[str, str], JSONValue]] = MappingProxyType(
    {Form.COUNT: _count, Form.IDENTIFIER: _identifier, Form.IDENTIFIERS: _identifiers}
)

"""The rows of a file that a batch is minted from: CSV, JSON Lines or Parquet, read piece by piece.

Workers know two forms only, a line of CSV under its heading and a line of JSON; a row of Parquet is written
as the one or the other. Its columns are those of our CSV files (`ddcc issuer mint --csv-template`), or the
members of a JSON record, nested. Not here: whether a row is a record.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from health import KINDS, csv_layout
from runtime.table_files import Line, is_parquet, parquet_as_json, parquet_columns, read_lines, read_parquet
from vclib.errors import ConfigurationError, ParsingError, RecordError

FORMS = ("auto", "csv", "jsonl", "parquet")


@dataclass(frozen=True)
class RowSource:
    """Rows of a file: `form` is what the file is, `heading` the first line of CSV or None for JSON."""

    form: str
    heading: str | None
    rows: Iterator[Line]


def open_rows(path: Path, form: str) -> RowSource:
    """Return the rows of a file; "auto" tells by the content.

    Raises ConfigurationError, StoreError; RecordError or ParsingError for a file without a heading of ours.
    """
    if form not in FORMS:
        raise ConfigurationError(f"--format: expected {', '.join(FORMS)}, found {form[:40]!r}")
    if form == "parquet" or (form == "auto" and is_parquet(path)):
        return _parquet(path)
    lines = read_lines(path)
    first = next(lines, None)
    if first is None:
        raise RecordError(f"{path}: expected at least one record, found none")
    if form == "jsonl" or (form == "auto" and first.content.lstrip(b"\xef\xbb\xbf \t").startswith(b"{")):
        return RowSource("jsonl", None, _not_blank(_chained(first, lines)))
    try:
        heading = first.content.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        raise ParsingError(f"{path}: expected UTF-8 text, byte {err.start} is not") from err
    csv_layout(heading)
    return RowSource("csv", heading, _not_blank(lines))


def _parquet(path: Path) -> RowSource:
    columns = parquet_columns(path)
    if any(name in KINDS for name in columns):
        return RowSource("parquet", None, parquet_as_json(path))
    heading = _csv_line(columns)
    csv_layout(heading)
    rows = (
        Line(number, _csv_line(["" if row[name] is None else str(row[name]) for name in columns]).encode())
        for number, row in enumerate(read_parquet(path), start=1)
    )
    return RowSource("parquet", heading, rows)


def _csv_line(cells: tuple[str, ...] | list[str]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="").writerow(cells)
    return written.getvalue()


def _chained(first: Line, lines: Iterator[Line]) -> Iterator[Line]:
    yield Line(first.number, first.content.removeprefix(b"\xef\xbb\xbf"), first.too_long)
    yield from lines


def _not_blank(lines: Iterator[Line]) -> Iterator[Line]:
    return (line for line in lines if line.content.strip())

"""Files of rows are read piece by piece: line breaks of all kinds, lines without end, Parquet."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from runtime import table_files
from runtime.table_files import (
    MAX_LINE_BYTES,
    Line,
    fingerprint,
    is_parquet,
    parquet_as_json,
    read_lines,
    read_parquet,
)
from vclib.errors import ParsingError, StoreError


def contents(path: Path) -> list[bytes]:
    return [line.content for line in read_lines(path)]


@pytest.mark.parametrize("block", [1, 2, 3, 1024])
@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\r"])
def test_every_kind_of_line_break_ends_a_line_wherever_a_block_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int, end: bytes
) -> None:
    monkeypatch.setattr(table_files, "_BLOCK", block)
    path = tmp_path / "lines"
    path.write_bytes(b"one\ntwo\r\nthree\r\rfive" + end)
    assert [(line.number, line.content) for line in read_lines(path)] == [
        (1, b"one"),
        (2, b"two"),
        (3, b"three"),
        (4, b""),
        (5, b"five"),
    ]


def test_a_line_without_end_is_cut_and_those_after_it_are_read(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"one\n" + b"x" * (3 * MAX_LINE_BYTES) + b"\nthree\n")
    lines = list(read_lines(path))
    assert [(line.number, len(line.content), line.too_long) for line in lines] == [
        (1, 3, False),
        (2, MAX_LINE_BYTES, True),
        (3, 5, False),
    ]


def test_an_empty_file_has_no_lines_and_a_missing_one_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    assert contents(tmp_path / "empty") == []
    with pytest.raises(StoreError, match="no such file"):
        contents(tmp_path / "missing")


def test_a_fingerprint_has_the_digest_and_the_number_of_rows(tmp_path: Path) -> None:
    (tmp_path / "lines").write_bytes(b"one\ntwo")
    found = fingerprint(tmp_path / "lines")
    # printf 'one\ntwo' | sha256sum
    assert found.sha256 == "21066d108d5319ecb5a1fc4454f42ef22fc5f1c7df49c31d90294950e0ea8b2c"
    assert found.rows == 2


def test_parquet_is_told_from_text_and_its_rows_come_with_dates_as_text(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    table = {"a": ["x", None], "b.c": [date(2024, 11, 5), date(2024, 11, 6)]}
    pyarrow.parquet.write_table(pyarrow.table(table), path)
    (tmp_path / "text").write_text("a,b\n")
    assert (is_parquet(path), is_parquet(tmp_path / "text")) == (True, False)
    assert list(read_parquet(path)) == [{"a": "x", "b.c": "2024-11-05"}, {"a": None, "b.c": "2024-11-06"}]
    assert list(parquet_as_json(path))[1] == Line(2, b'{"b.c": "2024-11-06"}')
    assert fingerprint(path).rows == 2


def test_what_only_begins_like_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rows.parquet").write_bytes(b"PAR1 and nothing else")
    with pytest.raises(ParsingError, match="expected a Parquet file"):
        list(read_parquet(tmp_path / "rows.parquet"))

"""A folder of parts: each is there whole or not at all, and a database says which of them count."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet
import pytest

from runtime.part_files import PartFolder
from vclib.errors import ConfigurationError, StoreError

COLUMNS = {"place": [1, 2], "credential": ["{}", "[]"]}


def test_a_part_has_no_name_before_it_is_kept(tmp_path: Path) -> None:
    folder = PartFolder(tmp_path)
    folder.write(1, COLUMNS, "credential")
    assert folder.parts() == []
    folder.keep(1)
    assert folder.parts() == [tmp_path / "part-000001.jsonl"]
    assert folder.parts()[0].read_text() == "{}\n[]\n"
    assert folder.parts()[0].stat().st_mode & 0o077 == 0


def test_a_part_that_was_kept_gets_its_name_afterwards(tmp_path: Path) -> None:
    folder = PartFolder(tmp_path)
    sha256 = folder.write(1, COLUMNS, "credential")
    folder.keep_missing(1, sha256)
    folder.keep_missing(1, sha256)
    assert folder.path(1).exists()


def test_another_file_does_not_get_the_name_of_a_part_that_was_kept(tmp_path: Path) -> None:
    folder = PartFolder(tmp_path)
    folder.write(1, COLUMNS, "credential")
    with pytest.raises(StoreError, match="is gone"):
        folder.keep_missing(1, "0" * 64)
    folder.clear_unkept()
    with pytest.raises(StoreError, match="is gone"):
        folder.keep_missing(1, "0" * 64)
    assert folder.parts() == []


def test_parquet_has_all_columns(tmp_path: Path) -> None:
    folder = PartFolder(tmp_path, "parquet")
    folder.write(7, COLUMNS, "credential")
    folder.keep(7)
    assert pyarrow.parquet.read_table(tmp_path / "part-000007.parquet").to_pydict() == COLUMNS


def test_two_do_not_work_in_one_folder(tmp_path: Path) -> None:
    with (
        PartFolder(tmp_path).locked(),
        pytest.raises(StoreError, match="another process is at work"),
        PartFolder(tmp_path).locked(),
    ):
        pass
    with PartFolder(tmp_path).locked():
        pass


def test_another_form_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="expected jsonl or parquet, found 'csv'"):
        PartFolder(tmp_path, "csv")

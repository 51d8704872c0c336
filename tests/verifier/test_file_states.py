"""verifier.file_states: a folder is not looked through for each check, and no change is missed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from verifier.file_states import SeenFiles, file_state, newest, oldest

_LONG_AGO = 1_700_000_000


class Folder:
    """A folder that was written long ago, how often its files were looked at, and a clock for the test."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.looked = 0
        self.seconds = 0.0
        path.mkdir()
        (path / "inner").mkdir()
        for name in ("a.pem", "b.pem", "inner/c.pem"):
            (path / name).write_text(name)
        self.settle()
        self.seen = SeenFiles(path, self.files, seconds=lambda: self.seconds)

    def files(self) -> Iterator[Path]:
        self.looked += 1
        yield from sorted(self.path.rglob("*.pem"))

    def settle(self) -> None:
        """Make the folders as old as they are when nobody has changed them for long."""
        for folder in (self.path / "inner", self.path):
            os.utime(folder, (_LONG_AGO, _LONG_AGO))

    def names(self) -> list[str]:
        return [Path(name).name for name, *_ in self.seen.state() or ()]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "signers")


def test_a_folder_that_nobody_changes_is_looked_through_once_a_second(folder: Folder) -> None:
    for _ in range(100):
        assert folder.names() == ["a.pem", "b.pem", "c.pem"]
    assert folder.looked == 1
    folder.seconds += 1
    for _ in range(100):
        folder.names()
    assert folder.looked == 2


def test_a_file_that_comes_goes_or_is_replaced_is_seen_at_once(folder: Folder) -> None:
    (folder.path / "inner" / "d.pem").write_text("new")
    assert folder.names() == ["a.pem", "b.pem", "c.pem", "d.pem"]
    folder.settle()
    folder.names()
    (folder.path / "a.pem").unlink()
    assert folder.names() == ["b.pem", "c.pem", "d.pem"]
    folder.settle()
    before = folder.seen.state()
    (folder.path / "b.new").write_text("b.PEM")
    (folder.path / "b.new").replace(folder.path / "b.pem")
    assert folder.seen.state() != before


def test_what_is_written_into_a_file_is_seen_within_a_second(folder: Folder) -> None:
    before = folder.seen.state()
    with (folder.path / "a.pem").open("r+") as file:
        file.write("longer than before")
    folder.seconds += 1
    assert folder.seen.state() != before


def test_a_folder_whose_time_may_be_now_is_looked_through_each_time(folder: Folder) -> None:
    """A file system's clock ticks slowly, and may be another machine's: what comes next may not change it."""
    os.utime(folder.path, (2**33, 2**33))
    for _ in range(3):
        folder.names()
    assert folder.looked == 4
    folder.settle()
    for _ in range(3):
        folder.names()
    assert folder.looked == 5


def test_a_folder_that_is_gone_is_no_state_until_it_is_back(folder: Folder, tmp_path: Path) -> None:
    before = folder.seen.state()
    folder.path.rename(tmp_path / "away")
    assert folder.names() == []
    (tmp_path / "away").rename(folder.path)
    assert folder.seen.state() == before


def test_one_file_is_looked_at_each_time(tmp_path: Path) -> None:
    file = tmp_path / "signer.pem"
    seen = SeenFiles(file, lambda: [file], seconds=lambda: 0.0)
    assert seen.state() is None
    file.write_text("one")
    before = seen.state()
    assert before == file_state([file])
    file.write_text("one more")
    assert seen.state() != before


def test_a_state_says_when_its_files_were_written(tmp_path: Path) -> None:
    for name, moment in (("a", _LONG_AGO), ("b", _LONG_AGO + 60)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (moment, moment))
    state = file_state([tmp_path / "a", tmp_path / "b"])
    assert f"{oldest(state):%Y-%m-%dT%H:%M:%SZ}" == "2023-11-14T22:13:20Z"
    assert f"{newest(state):%Y-%m-%dT%H:%M:%SZ}" == "2023-11-14T22:14:20Z"

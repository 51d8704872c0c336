"""Where a user's data goes, and folders that only their owner can look into."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from runtime.folders import make_folder, user_data_folder
from vclib.errors import StoreError


@pytest.mark.parametrize(
    ("environment", "platform", "expected"),
    [
        ({"XDG_DATA_HOME": "/a"}, "linux", Path("/a")),
        ({"XDG_DATA_HOME": "/a", "LOCALAPPDATA": "/b"}, "win32", Path("/a")),
        ({"LOCALAPPDATA": "/b"}, "win32", Path("/b")),
        ({"LOCALAPPDATA": "/b"}, "linux", Path.home() / ".local" / "share"),
        ({}, "darwin", Path.home() / "Library" / "Application Support"),
        ({}, "linux", Path.home() / ".local" / "share"),
    ],
)
def test_the_data_folder_is_the_systems_own(
    environment: dict[str, str], platform: str, expected: Path
) -> None:
    assert user_data_folder(environment, platform) == expected


def test_a_new_folder_is_its_owners_alone(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b")
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700


def test_a_folder_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir(mode=0o755)
    make_folder(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755


def test_a_folder_in_place_of_a_file_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(StoreError, match=r"cannot make the folder .*: it exists already"):
        make_folder(tmp_path / "a")

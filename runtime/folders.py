"""Folders: where a user's data belongs on each system, and making one for its owner only.

Sources: https://specifications.freedesktop.org/basedir-spec/latest/ (XDG_DATA_HOME); on Windows and macOS the
folders that their own programs use.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from runtime.atomic import reason
from vclib.errors import StoreError


def user_data_folder(environment: Mapping[str, str], platform: str) -> Path:
    """Return the folder of the user's data; `platform` is `sys.platform`."""
    if environment.get("XDG_DATA_HOME"):
        return Path(environment["XDG_DATA_HOME"])
    if platform == "win32" and environment.get("LOCALAPPDATA"):
        return Path(environment["LOCALAPPDATA"])
    if platform == "darwin":
        return Path("~/Library/Application Support").expanduser()
    return Path("~/.local/share").expanduser()


def make_folder(folder: Path, *, mode: int = 0o700) -> None:
    """Make a folder and those above it where they are missing; StoreError."""
    try:
        folder.mkdir(mode=mode, parents=True, exist_ok=True)
    except OSError as err:
        raise StoreError(f"cannot make the folder {folder}: {reason(err)}") from err

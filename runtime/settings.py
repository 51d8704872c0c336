"""Settings files in TOML: read whole, written as lines, changed in place without losing a line.

A change edits the text and is kept only if the text then says what it should, nothing more and nothing less.
Source: https://toml.io/en/v1.0.0. Not here: which settings there are, and what each may be.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path

from runtime.atomic import read_file, write_file
from vclib.errors import ConfigurationError, StoreError
from vclib.strict_json import JSONValue, dump_json

_MAX_BYTES = 64 * 1024


def read_settings(path: Path) -> dict[str, object]:
    """Return what a settings file says; ConfigurationError for one that cannot be read or is no TOML."""
    try:
        text = _text(path)
    except StoreError as err:
        raise ConfigurationError(err.message) from err
    return _parsed(path, text)


def setting_line(name: str, value: JSONValue) -> str:
    """Return the line that gives a setting a text, a number or a list of texts."""
    # A JSON string without control characters is a TOML string too.
    return f"{name} = {dump_json(value)}"


def change_settings(
    path: Path, change: Callable[[str], str], *, replaced: Mapping[str, object], advice: str
) -> None:
    """Change the text of a settings file, at once, so that it says `replaced` and else what it said before.

    A value that is None or an empty table is taken out. Raises StoreError; ConfigurationError with `advice`
    for a file whose text does not lend itself to `change`, and leaves it as it was.
    """
    text = _text(path)
    wanted = {**_parsed(path, text), **replaced}
    changed = change(text)
    try:
        found = tomllib.loads(changed)
    except tomllib.TOMLDecodeError:
        found = None
    if found != {name: value for name, value in wanted.items() if value is not None and value != {}}:
        raise ConfigurationError(f"{path}: {advice}")
    write_file(path, changed.encode())


def _parsed(path: Path, text: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as err:
        raise ConfigurationError(f"{path} is not TOML: {err}") from err


def _text(path: Path) -> str:
    content = read_file(path, max_bytes=_MAX_BYTES)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as err:
        raise ConfigurationError(f"{path} is not TOML: {err}") from err

"""runtime.settings: TOML is read whole, and changed without a line of its owner's lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.settings import change_settings, read_settings, setting_line
from vclib.errors import ConfigurationError


def written(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "service.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_a_settings_file_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, 'name = "Zo\u00eb" # ours\ndays = 3\n')
    assert read_settings(path) == {"name": "Zo\u00eb", "days": 3}


@pytest.mark.parametrize("content", ["name =", b'name = "\xff"', "a = 1\na = 2"])
def test_a_file_that_is_no_toml_is_named(tmp_path: Path, content: str | bytes) -> None:
    with pytest.raises(ConfigurationError, match="is not TOML"):
        read_settings(written(tmp_path, content))


def test_a_file_that_cannot_be_read_is_a_wrong_setting(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot read"):
        read_settings(tmp_path / "none.toml")


def test_a_line_gives_a_setting_its_value() -> None:
    assert setting_line("name", 'The "Venue"') == r'name = "The \"Venue\""'
    assert setting_line("mandatory", ["/hcid"]) == 'mandatory = ["/hcid"]'


def test_a_change_leaves_every_other_line_as_it_was(tmp_path: Path) -> None:
    path = written(tmp_path, '# mine\nname = "a"\ndays = 3\n')
    change_settings(path, lambda text: text.replace('"a"', '"b"'), replaced={"name": "b"}, advice="no")
    assert path.read_text() == '# mine\nname = "b"\ndays = 3\n'


def test_what_is_none_is_taken_out(tmp_path: Path) -> None:
    path = written(tmp_path, 'name = "a"\ndays = 3\n')
    change_settings(path, lambda text: text.removeprefix('name = "a"\n'), replaced={"name": None}, advice="")
    assert path.read_text() == "days = 3\n"


@pytest.mark.parametrize("changed", ['name = "b"', "name = ", 'name = "b"\ndays = 4'])
def test_a_text_that_says_anything_else_is_not_kept(tmp_path: Path, changed: str) -> None:
    path = written(tmp_path, 'name = "a"\ndays = 3\n')
    with pytest.raises(ConfigurationError, match=r"service.toml: write it on a line"):
        change_settings(path, lambda _: changed, replaced={"name": "b"}, advice="write it on a line")
    assert path.read_text() == 'name = "a"\ndays = 3\n'

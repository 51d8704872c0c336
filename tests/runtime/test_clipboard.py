"""The picture in the clipboard: read through a program, and said where there is none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from runtime.clipboard import clipboard_picture
from runtime.qr import make_qr, read_qr
from vclib.errors import ComplexityError, ConfigurationError, MalformedValueError


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program of this name first on the path, whose text a test writes."""
    path = tmp_path / "wl-paste"
    path.touch(mode=0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin")
    return path


def test_a_picture_is_what_the_program_writes(program: Path) -> None:
    picture = program.with_name("code.png")
    picture.write_bytes(make_qr("openid4vp://?x").png())
    program.write_text(f'#!/bin/sh\ntest "$3" = image/png && exec cat {picture}\n')
    # Arguments as wl-paste has them: --no-newline --type image/png.
    assert read_qr(clipboard_picture(platform="linux")) == "openid4vp://?x"


def test_a_clipboard_without_a_picture_is_said_so(program: Path) -> None:
    program.write_text("#!/bin/sh\necho Nothing is copied >&2\nexit 1\n")
    with pytest.raises(MalformedValueError, match="the clipboard holds no picture"):
        clipboard_picture(platform="linux", programs=[("wl-paste",)])


def test_a_picture_that_is_too_large_is_refused_before_it_is_decoded(program: Path) -> None:
    """J3."""
    program.write_text("#!/bin/sh\nexec head -c 30000000 /dev/zero\n")
    with pytest.raises(ComplexityError, match="larger than the limit"):
        clipboard_picture(platform="linux", programs=[("wl-paste",)])


def test_a_system_without_such_a_program_is_told_what_to_install() -> None:
    with pytest.raises(ConfigurationError, match="install no-such-1 or no-such-2, or use a file"):
        clipboard_picture(platform="linux", programs=[("no-such-1",), ("no-such-2", "-o")])

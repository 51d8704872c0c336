"""A file is written whole or not at all, for its owner's eyes only."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from runtime.atomic import narrow_permissions, read_file, write_file
from vclib.errors import ComplexityError, StoreError


def _names(directory: Path) -> list[str]:
    return sorted(entry.name for entry in directory.iterdir())


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_content_is_written_for_the_owner_only(tmp_path: Path) -> None:
    """K12."""
    target = tmp_path / "keys"
    write_file(target, b"new")
    assert target.read_bytes() == b"new"
    assert _mode(target) == 0o600
    assert _names(tmp_path) == ["keys"]


def test_an_existing_file_is_replaced_and_narrowed(tmp_path: Path) -> None:
    target = tmp_path / "keys"
    target.write_bytes(b"old")
    target.chmod(0o644)
    write_file(target, b"new")
    assert target.read_bytes() == b"new"
    assert _mode(target) == 0o600


def test_an_existing_file_is_kept_where_it_must_not_be_replaced(tmp_path: Path) -> None:
    target = tmp_path / "backup"
    write_file(target, b"old", overwrite=False)
    with pytest.raises(StoreError, match="it exists already; nothing was changed"):
        write_file(target, b"new", overwrite=False)
    assert target.read_bytes() == b"old"
    assert _names(tmp_path) == ["backup"]


def test_no_hard_links_does_not_mean_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse_links(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse_links)
    target = tmp_path / "backup"
    write_file(target, b"new", overwrite=False)
    assert target.read_bytes() == b"new"
    with pytest.raises(StoreError, match="exists already"):
        write_file(target, b"newer", overwrite=False)
    assert target.read_bytes() == b"new"


def test_a_full_disk_leaves_the_old_file_and_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """K4, K5: the disk is full when the new content is synced."""
    target = tmp_path / "keys"
    write_file(target, b"old")

    def disk_full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", disk_full)
    with pytest.raises(StoreError, match="the disk is full; nothing was changed"):
        write_file(target, b"new")
    assert target.read_bytes() == b"old"
    assert _names(tmp_path) == ["keys"]


def test_content_is_synced_before_it_takes_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """K4: file, name, directory, in this order."""
    order: list[str] = []
    real_fsync, real_replace = os.fsync, os.replace

    def fsync(descriptor: int) -> None:
        order.append("directory" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        real_fsync(descriptor)

    def replace(source: Path, destination: Path) -> None:
        order.append("name")
        real_replace(source, destination)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    write_file(tmp_path / "keys", b"new")
    assert order == ["file", "name", "directory"]


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no such file or directory"):
        write_file(tmp_path / "nowhere" / "keys", b"new")


def test_reading_is_bounded(tmp_path: Path) -> None:
    target = tmp_path / "large"
    target.write_bytes(b"12345")
    assert read_file(target, max_bytes=5) == b"12345"
    with pytest.raises(ComplexityError, match="larger than the limit of 4 bytes"):
        read_file(target, max_bytes=4)


def test_what_does_not_know_its_size_is_read_whole_and_bounded() -> None:
    """A pipe, as a shell gives it for `<(command)`, says that it has nothing."""
    for limit, refused in ((5, False), (4, True)):
        reader, writer = os.pipe()
        os.write(writer, b"12345")
        os.close(writer)
        try:
            path = Path(f"/dev/fd/{reader}")
            if refused:
                with pytest.raises(ComplexityError):
                    read_file(path, max_bytes=limit)
            else:
                assert read_file(path, max_bytes=limit) == b"12345"
        finally:
            os.close(reader)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"cannot read .*: no such file"):
        read_file(tmp_path / "nothing", max_bytes=5)


def test_a_directory_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="it is a directory"):
        read_file(tmp_path, max_bytes=5)


def test_wide_permissions_are_narrowed_and_told(tmp_path: Path) -> None:
    """K12."""
    target = tmp_path / "wallet"
    target.write_bytes(b"")
    target.chmod(0o664)
    assert narrow_permissions(target) is True
    assert _mode(target) == 0o600
    assert narrow_permissions(target) is False


def test_a_device_or_a_pipe_is_never_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(StoreError, match="it is a device or a pipe, not a file; nothing was changed"):
        write_file(pipe, b"new", overwrite=True)
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]


def test_a_name_may_be_as_long_as_a_name_can_be(tmp_path: Path) -> None:
    write_file(tmp_path / ("x" * 255), b"new")
    with pytest.raises(StoreError, match="the name is too long; nothing was changed"):
        write_file(tmp_path / ("x" * 256), b"new")

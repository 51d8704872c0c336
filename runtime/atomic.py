"""Files that are there whole or not at all, readable by their owner only.

A power cut, a full disk or a kill between two bytes must leave the old file or the new one (threat K4), so
content goes to a temporary file in the same directory, is synced, and takes the name in one step; then the
directory is synced, since the name is the directory's content. Every operating-system error becomes a
StoreError here that says what happened to which file. Not here: databases, which have their own journal.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterable
from pathlib import Path

from vclib.errors import ComplexityError, StoreError

OWNER_ONLY = 0o600

_PIECE_BYTES = 1024 * 1024

_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.ENOENT: "no such file or directory",
    errno.EISDIR: "it is a directory",
    errno.EEXIST: "it exists already",
    errno.ENOTDIR: "a part of the path is not a directory",
    errno.ELOOP: "its symbolic links lead in a circle",
    errno.ENAMETOOLONG: "the name is too long",
    errno.EFBIG: "the file would be too large",
    errno.EIO: "the disk reports an error",
}


def write_file(path: Path, content: bytes, *, mode: int = OWNER_ONLY, overwrite: bool = True) -> None:
    """Write `content` to `path` at once, or change nothing.

    With `overwrite=False` an existing file of that name is never replaced; a device or a pipe is not in any
    case. Raises StoreError; then neither a half-written nor a temporary file stays behind.
    """
    _write(path, (content,), mode, overwrite=overwrite)


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write lines of text to `path` at once, as `write_file` does, without holding all of them."""
    _write(path, (f"{line}\n".encode() for line in lines), OWNER_ONLY, overwrite=True)


def _write(path: Path, pieces: Iterable[bytes], mode: int, *, overwrite: bool) -> None:
    temporary = temporary_beside(path)
    try:
        _write_new(temporary, pieces, mode)
        if overwrite:
            _refuse_special_file(path)
            os.replace(temporary, path)
        else:
            take_free_name(temporary, path)
        sync_directory(path.parent)
    except OSError as err:
        raise StoreError(f"cannot write {path}: {reason(err)}; nothing was changed") from err
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def temporary_beside(path: Path) -> Path:
    """Return a new name in the folder of `path`, for what is to take its place when it is complete.

    It is not made of the file's own name, which may be as long as a name can be.
    """
    return path.with_name(f".ddcc-{secrets.token_hex(8)}.tmp")


def take_free_name(temporary: Path, path: Path) -> None:
    """Give a complete temporary file its name unless somebody has it; raises OSError (EEXIST)."""
    try:
        os.link(temporary, path)
    except OSError as err:
        if err.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS):
            raise
        # A file system without hard links: claim the name first, then fill it.
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY))
        os.replace(temporary, path)


def read_file(path: Path | str, *, max_bytes: int) -> bytes:
    """Return the content of `path`; ComplexityError above `max_bytes`, StoreError if it cannot be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            content = _read_all(descriptor, max_bytes)
        finally:
            os.close(descriptor)
    except OSError as err:
        raise StoreError(f"cannot read {path}: {reason(err)}") from err
    if len(content) > max_bytes:
        raise ComplexityError(f"{path} is larger than the limit of {max_bytes} bytes")
    return content


def _read_all(descriptor: int, max_bytes: int) -> bytes:
    # The buffer is made as large as is asked for, so no more is asked for than the file says it has.
    expected = min(os.fstat(descriptor).st_size, max_bytes)
    content = os.read(descriptor, expected + 1)
    if len(content) == expected:
        return content
    # A pipe says that it has nothing, and gives what is in it; a file may grow meanwhile.
    pieces, size = [content], len(content)
    while size <= max_bytes and (piece := os.read(descriptor, min(max_bytes + 1 - size, _PIECE_BYTES))):
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)


def narrow_permissions(path: Path) -> bool:
    """Take away what group and others may do with the file; True if there was something to take (K12)."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if not mode & 0o077:
            return False
        path.chmod(mode & 0o700)
    except FileNotFoundError as err:
        raise StoreError(f"cannot read {path}: {reason(err)}") from err
    except OSError as err:
        raise StoreError(f"cannot protect {path} from other users: {reason(err)}") from err
    return True


def sync_directory(directory: Path) -> None:
    """Make a new or changed name in `directory` survive a power cut; raises OSError."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as err:
        # Some network file systems cannot sync a directory; the content itself has been synced.
        if err.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


def reason(err: OSError) -> str:
    """Return what went wrong in a few words, without the path."""
    return _REASONS.get(err.errno or 0) or err.strerror or type(err).__name__


def _refuse_special_file(path: Path) -> None:
    """Refuse what taking the name would destroy for everybody, such as /dev/null under its administrator."""
    if path.exists() and not path.is_file() and not path.is_dir():
        raise StoreError(f"cannot write {path}: it is a device or a pipe, not a file; nothing was changed")


def _write_new(path: Path, pieces: Iterable[bytes], mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.writelines(pieces)
        file.flush()
        os.fsync(file.fileno())

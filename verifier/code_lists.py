"""Text files with a code on each line: recognised by their beginning, read line by line.

A scanner that saves what it read, or a table of codes, is such a file. One that has one code alone is that
code. A long file is cut into pieces at its line breaks, so that several processes can share it. Not here:
what the codes say.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from health.formats import FORMATS
from runtime.atomic import reason
from vclib.errors import ComplexityError, StoreError

# What is looked at to tell a list from other files.
HEAD_BYTES = 64 * 1024
# Some five hundred codes.
_PIECE_BYTES = 256 * 1024
# Longer than any code; what is longer is no line of a list and is refused as a whole.
_MAX_LINE_BYTES = 64 * 1024


@dataclass(frozen=True)
class Piece:
    """Some lines of a list: where they begin and end in bytes, the number of the first, how many they are.

    Empty lines are counted.
    """

    file: str
    start: int
    end: int
    first_line: int
    codes: int

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return self.end - self.start


def is_code_list(head: bytes) -> bool:
    """Say whether a file that begins like this has codes on several lines."""
    count = 0
    for line in head.split(b"\n"):
        if line.strip() and any(each.recognises(line) for each in FORMATS.values()):
            count += 1
        elif line.strip() and not count:
            return False
        if count > 1:
            return True
    return False


def has_many(path: Path) -> bool:
    """Say whether a path is a folder, or a file with a code on each of several lines; StoreError."""
    return path.is_dir() or (path.is_file() and is_code_list(read_head(str(path))))


def numbered_lines(content: bytes, first_line: int) -> Iterator[tuple[int, bytes]]:
    """Give the lines that are not empty with their numbers."""
    for number, line in enumerate(content.split(b"\n"), start=first_line):
        if line and not line.isspace():
            yield number, line


def read_head(file: str) -> bytes:
    """Return the beginning of a file; StoreError."""
    try:
        with open(file, "rb") as opened:
            return opened.read(HEAD_BYTES)
    except OSError as err:
        raise StoreError(f"cannot read {file}: {reason(err)}") from err


def read_piece(piece: Piece) -> bytes:
    """Return the bytes of a piece; StoreError, also where the file is shorter by now."""
    try:
        with open(piece.file, "rb") as opened:
            content = os.pread(opened.fileno(), piece.size, piece.start)
    except OSError as err:
        raise StoreError(f"cannot read {piece.file}: {reason(err)}") from err
    if len(content) != piece.size:
        raise StoreError(f"{piece.file} was changed while it was read; run it again")
    return content


def cut(file: str) -> Iterator[Piece]:
    """Give the pieces of a list, which end where lines do.

    Raises StoreError, and ComplexityError for a line that does not end.
    """
    start, line = 0, 1
    try:
        with open(file, "rb") as opened:
            while block := os.pread(opened.fileno(), _PIECE_BYTES, start):
                end = len(block) if len(block) < _PIECE_BYTES else block.rfind(b"\n") + 1
                if end == 0 or len(block) - end > _MAX_LINE_BYTES:
                    raise ComplexityError(f"{file}: a line is longer than any code")
                breaks = block.count(b"\n", 0, end)
                yield Piece(file, start, start + end, line, breaks + (not block.endswith(b"\n", 0, end)))
                start, line = start + end, line + breaks
    except OSError as err:
        raise StoreError(f"cannot read {file}: {reason(err)}") from err

"""How text fits a terminal: its width, and lines broken between words, with what follows indented.

A terminal by itself breaks a line wherever it is full, in the middle of a word, and goes on at the left edge;
a list of what is about to leave a wallet is then hard to read. What goes to a file or a pipe stays one line,
since programs read it. Not here: making text harmless (`runtime.inert`), which comes first.
"""

from __future__ import annotations

import os
import re
from typing import TextIO

from rich.cells import cell_len

# With less there is no room for words.
_LEAST_COLUMNS = 20
_WORD = re.compile(r"( *)([^ ]+)")
_COLUMN_GAP = re.compile(r"\S {2,}(?=\S)")


def columns_of(stream: TextIO) -> int | None:
    """Return how wide the terminal is that a stream goes to; None where it goes somewhere else."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or None if stream.isatty() else None
    except (OSError, ValueError):
        return None


def wrap_line(text: str, columns: int | None) -> list[str]:
    """Return one line as lines of at most `columns`, broken between words; None is no limit.

    Characters that take two columns, as Chinese ones, count as two.

    What follows is indented to where the last column of a table begins, or a little more than the line is. A
    word that is too long, such as a DID, stays whole, so that it can be copied.
    """
    if columns is None or columns < _LEAST_COLUMNS or cell_len(text) <= columns:
        return [text]
    indent = " " * _indent(text, columns)
    lines: list[str] = []
    # A word with the spaces before it.
    for spaces, word in _WORD.findall(text):
        if not lines:
            lines.append(spaces + word)
        elif cell_len(lines[-1] + spaces + word) <= columns:
            lines[-1] += spaces + word
        else:
            lines.append(indent + word)
    return lines or [text]


def _indent(text: str, columns: int) -> int:
    """Return how far the lines after the first are indented."""
    begins = [cell_len(text[: match.end()]) for match in _COLUMN_GAP.finditer(text)]
    longest = max((cell_len(word) for word in text.split()), default=0)
    for begin in reversed(begins):
        if begin <= columns // 2 and begin + longest <= columns:
            return begin
    own = len(text) - len(text.lstrip(" "))
    return own + 2 if own + 2 + longest <= columns else 0

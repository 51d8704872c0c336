"""Large files of rows, read piece by piece: lines of text (CSV, JSON Lines) and Parquet.

A file may be larger than the memory, so nothing here holds more than a block of it. Each row comes as text
with its place in the file: the number of its line (from 1), or of its row in Parquet. A line that is too
long is given cut short and marked, so that one forgotten quotation mark does not swallow the rest. Not
here: what the rows mean.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from runtime.atomic import reason
from vclib.errors import ConfigurationError, ParsingError, StoreError

if TYPE_CHECKING:
    import pyarrow.parquet

MAX_LINE_BYTES = 1024 * 1024

_BLOCK = 1024 * 1024
_LINE_BREAK = re.compile(rb"\r\n|\r|\n")
_PARQUET_MAGIC = b"PAR1"
_ROWS_AT_ONCE = 1000


class Line(NamedTuple):
    """One line without its line break; `too_long` where it was cut."""

    number: int
    content: bytes
    too_long: bool = False


@dataclass(frozen=True)
class Fingerprint:
    """What tells whether a file is still the same, and about how many rows it has."""

    sha256: str
    rows: int


def is_parquet(path: Path) -> bool:
    """Whether a file begins as Parquet files do; StoreError where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(len(_PARQUET_MAGIC)) == _PARQUET_MAGIC
    except OSError as err:
        raise StoreError(f"cannot read {path}: {reason(err)}") from err


def fingerprint(path: Path) -> Fingerprint:
    """Return the SHA-256 of a file's bytes, and its number of lines or of rows; StoreError."""
    digest, lines, last = hashlib.sha256(), 0, b"\n"
    for block in _blocks(path):
        digest.update(block)
        lines += block.count(b"\n") or block.count(b"\r")
        last = block[-1:]
    rows = len_parquet(path) if is_parquet(path) else lines + (last not in (b"\n", b"\r"))
    return Fingerprint(digest.hexdigest(), rows)


def read_lines(path: Path) -> Iterator[Line]:
    """Give each line of a file; LF, CR and CRLF end one. Raises StoreError."""
    number, rest, skipping = 1, b"", False
    for block in _blocks(path):
        # A CR at the end of a block may be half a line break.
        text = rest + block
        held = text[-1:] if text.endswith(b"\r") else b""
        *whole, rest = _LINE_BREAK.split(text[: len(text) - len(held)])
        rest += held
        for content in whole:
            if not skipping:
                yield Line(number, content[:MAX_LINE_BYTES], len(content) > MAX_LINE_BYTES)
            skipping = False
            number += 1
        if len(rest) > MAX_LINE_BYTES:
            if not skipping:
                yield Line(number, rest[:MAX_LINE_BYTES], too_long=True)
            skipping, rest = True, rest[-1:] if rest.endswith(b"\r") else b""
    last = rest.removesuffix(b"\r")
    if last and not skipping:
        yield Line(number, last)


def parquet_columns(path: Path) -> tuple[str, ...]:
    """Return the names of a Parquet file's columns; ParsingError, StoreError, ConfigurationError."""
    return tuple(_open_parquet(path).schema_arrow.names)


def len_parquet(path: Path) -> int:
    """Return how many rows a Parquet file has."""
    return int(_open_parquet(path).metadata.num_rows)


def read_parquet(path: Path, columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
    """Give each row of a Parquet file by its columns, dates as text; ParsingError, StoreError."""
    import pyarrow

    # Any: a column holds whatever its file says.
    try:
        for batch in _open_parquet(path).iter_batches(batch_size=_ROWS_AT_ONCE, columns=columns):
            for row in batch.to_pylist():
                yield {name: _plain(value) for name, value in row.items()}
    except pyarrow.ArrowException as err:
        raise ParsingError(f"{path}: the Parquet file cannot be read: {type(err).__name__}") from err


def parquet_as_json(path: Path) -> Iterator[Line]:
    """Give each row of a Parquet file as a line of JSON, columns that are null left out."""
    for number, row in enumerate(read_parquet(path), start=1):
        members = {name: value for name, value in row.items() if value is not None}
        yield Line(number, json.dumps(members, ensure_ascii=False, default=str).encode("utf-8", "replace"))


def import_pyarrow() -> None:
    """Check that Parquet can be read and written; ConfigurationError says what to install."""
    try:
        import pyarrow.parquet  # noqa: F401  asked for here once
    except ModuleNotFoundError as err:
        raise ConfigurationError("Parquet needs pyarrow: install ddcc-wallet[parquet]") from err


def _open_parquet(path: Path) -> pyarrow.parquet.ParquetFile:
    import_pyarrow()
    import pyarrow
    import pyarrow.parquet

    try:
        return pyarrow.parquet.ParquetFile(path)
    except pyarrow.ArrowException as err:
        raise ParsingError(f"{path}: expected a Parquet file: {type(err).__name__}") from err
    except OSError as err:
        raise StoreError(f"cannot read {path}: {reason(err)}") from err


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date | datetime) else value


def _blocks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                yield block
    except OSError as err:
        raise StoreError(f"cannot read {path}: {reason(err)}") from err

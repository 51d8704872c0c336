"""Sections of `docs/benchmarks.md` between markers: each benchmark replaces its own and no other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path


def write_section(path: Path, name: str, text: str) -> None:
    """Put `text` into the file in place of the section of this name, or at the end."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    written = path.read_text(encoding="utf-8") if path.exists() else "# Benchmarks\n"
    section = f"{begin}\n{text}{end}\n"
    before, found, rest = written.partition(begin)
    others = (before, rest.partition(f"{end}\n")[2]) if found else (f"{written.rstrip()}\n\n", "")
    path.write_text(section.join(others), encoding="utf-8")


def markdown_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Return the lines of a table."""
    yield f"| {' | '.join(headings)} |"
    yield f"| {' | '.join('---' for _ in headings)} |"
    for row in rows:
        yield f"| {' | '.join(row)} |"

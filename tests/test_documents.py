"""What the documents say about each other: an index that forgets a page misleads whoever reads it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DECISIONS = ROOT / "docs" / "decisions"
PAGES = sorted(path.name for path in DECISIONS.glob("[0-9]*.md"))
VECTORS = sorted(path for path in (ROOT / "tests" / "vectors").iterdir() if path.is_dir())


def test_the_index_of_decisions_names_every_page_once_and_in_order() -> None:
    index = (DECISIONS / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^- \[[0-9]{4}\]\((.*?)\)", index, re.MULTILINE) == PAGES


@pytest.mark.parametrize("page", PAGES)
def test_a_decision_begins_with_its_number(page: str) -> None:
    first, _, _ = (DECISIONS / page).read_text(encoding="utf-8").partition("\n")
    assert first.startswith(f"# {page[:4]} ")


@pytest.mark.parametrize("folder", VECTORS, ids=lambda folder: folder.name)
def test_every_folder_of_vectors_names_source_commit_and_licence(folder: Path) -> None:
    sources = (folder / "SOURCES.md").read_text(encoding="utf-8")
    assert re.search(r"^- source: .*github", sources, re.MULTILINE | re.IGNORECASE)
    assert re.search(r"^- commit: [0-9a-f]{40} ", sources, re.MULTILINE)
    assert re.search(r"^- licence: ", sources, re.MULTILINE)

"""The EU's published test certificates, each step as the files expect it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.samples import eu_steps

_VECTORS = Path(__file__).parents[2] / "vectors" / "eu-dcc"
_FILES = sorted(_VECTORS.rglob("*.json"))


def _short(file: Path) -> str:
    root = _VECTORS / file.relative_to(_VECTORS).parts[0]
    # Folders here cannot have a slash in their name.
    return eu_steps.name_of(file, root).replace("PL-1.3.0", "PL/1.3.0")


@pytest.mark.parametrize("file", _FILES, ids=lambda file: str(file.relative_to(_VECTORS)))
def test_every_step_gives_what_the_sample_expects(file: Path) -> None:
    sample = eu_steps.load(file)
    steps = list(eu_steps.expectations(sample))
    differences = []
    for step, expected in steps:
        succeeded, problem = eu_steps.run(step, sample)
        if succeeded != expected and (_short(file), step) not in eu_steps.DIFFERENCES:
            differences.append((step, expected, problem))
    assert steps
    assert differences == []


def test_every_explained_difference_of_the_copied_files_is_one() -> None:
    copied = {_short(file): file for file in _FILES}
    explained = [(name, step) for name, step in eu_steps.DIFFERENCES if name in copied]
    for name, step in explained:
        sample = eu_steps.load(copied[name])
        assert eu_steps.run(step, sample)[0] != sample["EXPECTEDRESULTS"][step]
    assert explained

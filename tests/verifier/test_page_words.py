"""The words of the page: complete in every language, and with the same places for values."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import pytest

from runtime.words import LANGUAGES, read_catalogue
from verifier import page_result
from verifier.page_words import MATCHES, REASONS, SITUATION_WORDS

VERIFIER = Path(__file__).parents[2] / "verifier"
OTHERS = [code for code in LANGUAGES if code != "en"]
_IN_TEMPLATE = re.compile(r'\bt(?:\.count)?\(\s*"([^"]+)"')
_SAYING = ("words", "count", "trouble", "show_trouble")


def said() -> set[str]:
    """Return every sentence that templates and modules of the page say."""
    found = {
        sentence
        for path in (VERIFIER / "templates").glob("*.html")
        for sentence in _IN_TEMPLATE.findall(path.read_text())
    }
    for path in VERIFIER.glob("page*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            name = getattr(
                getattr(node, "func", None), "attr", getattr(getattr(node, "func", None), "id", "")
            )
            if isinstance(node, ast.Call) and name in _SAYING:
                for each in node.args[:2]:
                    if isinstance(each, ast.Constant) and isinstance(each.value, str):
                        found.add(each.value)
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "sentence":
                found.add(ast.literal_eval(node.value))
    tables = (
        MATCHES,
        REASONS,
        SITUATION_WORDS,
        page_result._WORDS,
        page_result._SENTENCES,
        page_result._PAPER,
    )
    return found | {text for table in tables for text in table.values()}


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_has_every_sentence(language: str) -> None:
    plurals = {text for text in said() if re.search(r"\{count\} \w+s\b", text)}
    assert said() - plurals - read_catalogue("verifier", language).keys() == set()


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_same_values_in_it(language: str) -> None:
    def values(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    for message, translations in read_catalogue("verifier", language).items():
        assert all(translations), message
        assert values(translations[-1]) - {"count"} == values(message) - {"count"}, message


@pytest.mark.parametrize("language", OTHERS)
def test_no_translation_is_left_over(language: str) -> None:
    months = {"January", "February", "March", "April", "May", "June", "July"}
    months |= {"August", "September", "October", "November", "December"}
    frames = {"{day} {month} {year}", "{date}, {time}"}
    assert read_catalogue("verifier", language).keys() - said() - months - frames == set()

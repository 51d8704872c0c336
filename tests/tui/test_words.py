"""The words of the wallet: complete in every language, and with the same places for values."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from runtime.words import parse_catalogue, read_catalogue
from tests.tui.stage import Stage, says
from vclib.errors import ConfigurationError
from wallet.cards import Badge
from wallet.recollections import ACTIONS, OUTCOMES
from wallet.reviews import Mark
from wallet.strength import Strength
from wallet.words import LANGUAGES, Words, words_of

WALLET = Path(__file__).parents[2] / "wallet"
# Names of tables and class members whose strings are said.
SAID = {
    "NAME",
    "HELP",
    "ABOUT",
    "DO",
    "KEYS",
    "FIELDS",
    "_ALWAYS",
    "_NOTHING_LEAVES",
    "_USUAL",
    "_ABOUT",
    "_THERE_IS_ONE",
    "_WRITE",
    "_TYPE",
    "_WHY",
    "_SHORT",
}
NOT_SAID = {
    "enter",
    "escape",
    "space",
    "slash",
    "ctrl+q",
    "ctrl+e",
    "ctrl+d",
    "f1",
    "F1",
    "l",
    "s",
    "n",
    "q",
    "p",
    "a",
}
NOT_SAID |= {
    "c",
    "j",
    "u",
    "d",
    "y",
    "1 ... 9, 0",
    "ctrl+p",
    "ctrl+l",
    "file",
    "passphrase",
    "again",
    "phrase",
}


def strings(node: ast.AST) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield each.value


def said() -> set[str]:
    """Return every sentence that the code says by `words(...)`, `words.count(...)` and its tables."""
    found: set[str] = set()
    for path in sorted(WALLET.rglob("*.py")):
        if path.name.startswith("cli"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                first = node.args[0]
                if name == "words" and isinstance(first, ast.Constant):
                    found.add(str(first.value))
                if name == "count" and len(node.args) > 2 and isinstance(first, ast.Constant):
                    found.add(str(first.value))
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                if isinstance(target, ast.Name) and target.id in SAID:
                    found |= set(strings(node.value)) - NOT_SAID
    found |= {str(each) for kind in (Badge, Mark, Strength) for each in kind}
    found |= {*ACTIONS.values(), *(word for word, _ in OUTCOMES.values())}
    return {text for text in found if text}


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
def test_a_language_has_every_sentence(language: str) -> None:
    assert said() - read_catalogue("wallet", language).keys() == set()


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
def test_a_translation_has_the_same_values_in_it(language: str) -> None:
    def values(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    for message, translations in read_catalogue("wallet", language).items():
        assert all(translations), message
        assert values(translations[-1]) - {"count"} == values(message) - {"count"}, message


def test_a_sentence_without_a_translation_stays_english() -> None:
    assert words_of("fr")("Not in any catalogue {x}", x=1) == "Not in any catalogue 1"


def test_dates_are_written_as_the_language_writes_them() -> None:
    moment = datetime(2026, 8, 6, 14, 5, tzinfo=UTC)
    assert words_of("en_GB.UTF-8").date(moment) == "6 August 2026"
    assert words_of("fr_CH.UTF-8").moment(moment) == "6 août 2026, 14:05"


def test_french_says_zero_in_the_singular() -> None:
    assert words_of("fr").count("{count} credential", "{count} credentials", 0) == "0 attestation"
    assert words_of("en").count("{count} credential", "{count} credentials", 0) == "0 credentials"


def test_text_of_a_stranger_is_never_a_sentence_with_places() -> None:
    assert Words()("calls itself: {name}", name="{link} {0}") == "calls itself: {link} {0}"


def test_a_broken_catalogue_is_refused_by_its_line() -> None:
    with pytest.raises(ConfigurationError, match="line 2"):
        parse_catalogue('msgid "a"\nmsgstr b\n')


@pytest.mark.anyio
async def test_the_screens_speak_the_language_that_is_set(stage: Stage) -> None:
    stage.family()
    stage.desk.set_preference("language", "fr")
    async with stage.playing((80, 24)) as pilot:
        assert says(pilot.app, "5 attestations")
        assert says(pilot.app, "expire bientôt")
        assert says(pilot.app, "jusqu’au 1 juillet 2027")

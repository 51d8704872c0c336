"""The words of the wallet: complete in every language, and with the same places for values."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from textual.command import CommandPalette
from textual.widgets import Input

from runtime.words import parse_catalogue, read_catalogue
from tests.tui.stage import Stage, says, settle, until
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


# What the screens can come to say of errors: raised by the wallet and by what reads and writes for it.
RAISING = (
    *(path for path in sorted(WALLET.glob("*.py")) if not path.name.startswith(("cli", "holder_service"))),
    *(WALLET / "screens" / f"{name}.py" for name in ("forms",)),
    *(
        WALLET.parent / "runtime" / f"{name}.py"
        for name in ("atomic", "clipboard", "sealing", "fetch", "exchange", "qr")
    ),
)
# Said by what is behind them, never by themselves; or by a command, a developer's mistake, a broken seal.
NEVER_SHOWN = {
    "{0}: {1}",
    "{0}: {1}. {2}",
    "cannot {0} {1}: {2}; nothing was changed",
    "the verifier answers with status {0}{1}",
    "{0} answers with status {1}{2}",
    "{0} in the wallet with an id that begins with {1}",
    "the wallet has {0}{1}: say which to bind to (ddcc wallet did list)",
    "expected a GET without or a POST with a body, found {0}",
    "the value for the header {0} is not one line of ASCII text",
    "the QR code needs a window of {0} columns, this one has {1}: write a picture with --qr FILE",
    "rows are not those of the manifest",
    "a row is not of bytes",
    "sealed content is padded in another way than this program does",
    "manifest version {0} is not supported",
    "the wallet's table of contents cannot be read",
    "not a held credential",
}


def raised() -> set[str]:
    """Return the messages of errors, with `{0}`, `{1}` where values are put in."""
    found: set[str] = set()
    for path in RAISING:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
                argument = node.exc.args[0]
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    found.add(argument.value)
                if isinstance(argument, ast.JoinedStr):
                    found.add(with_places(argument))
    return found


def with_places(text: ast.JoinedStr) -> str:
    parts, count = "", 0
    for value in text.values:
        if isinstance(value, ast.Constant):
            parts += str(value.value)
        else:
            parts += f"{{{count}}}"
            count += 1
    return parts


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
def test_a_language_has_every_message_of_an_error(language: str) -> None:
    assert raised() - NEVER_SHOWN - read_catalogue("wallet", language).keys() == set()
    assert raised() >= NEVER_SHOWN


def test_a_message_with_values_is_told_in_the_language() -> None:
    french = Words.of("fr", "wallet")
    assert french.told("cannot write /tmp/x: the disk is full; nothing was changed") == (
        "impossible d’écrire /tmp/x : le disque est plein ; rien n’a été changé"
    )
    assert french.told("word 3, 'grabb', is not in the list; perhaps grab?") == (
        "le mot 3, 'grabb', n’est pas dans la liste ; peut-être grab ?"
    )
    assert french.told("nobody has said this") == "nobody has said this"
    assert Words().told("cannot read a: b") == "cannot read a: b"


def test_a_value_of_a_stranger_is_put_into_a_message_as_it_is() -> None:
    """J6."""
    told = Words.of("fr", "wallet").told("the credential is issued by {0} {name} [bold], another issuer")
    assert told == "l’attestation est émise par {0} {name} [bold], un autre émetteur"


@pytest.mark.anyio
async def test_a_failure_is_told_in_the_language_that_is_set(stage: Stage) -> None:
    stage.create("Anna").desk.set_preference("language", "fr")
    async with stage.playing((80, 24)) as pilot:
        pilot.app.action_go("restore")
        await settle(pilot)
        pilot.app.screen.query_one("#file", Input).value = "/nowhere/at/all"
        pilot.app.screen.query_one("#passphrase", Input).focus()
        await pilot.press("x", "enter")
        await until(pilot, lambda: says(pilot.app, "impossible de lire /nowhere/at/all"))


@pytest.mark.anyio
async def test_the_palette_asks_in_the_language_that_is_set(stage: Stage) -> None:
    stage.create("Anna").desk.set_preference("language", "fr")
    async with stage.playing((80, 24)) as pilot:
        await pilot.press("ctrl+p")
        await until(pilot, lambda: says(pilot.app, "Chercher que faire ..."))


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("language", "nothing", "again"),
    [("fr", "Rien ne correspond.", "Chercher encore"), ("en", "Nothing fits.", "Search again")],
)
async def test_the_palette_says_that_nothing_fits_in_the_language_that_is_set(
    stage: Stage, language: str, nothing: str, again: str
) -> None:
    stage.create("Anna").desk.set_preference("language", language)
    async with stage.playing((80, 24)) as pilot:
        await pilot.press("ctrl+p")
        await pilot.press(*"xyzzy")
        await until(pilot, lambda: says(pilot.app, nothing) and says(pilot.app, again))
        assert not says(pilot.app, "No matches found")
        # Chosen, it asks again, without what was typed.
        await pilot.press("down", "enter")
        await until(pilot, lambda: not says(pilot.app, "xyzzy") and CommandPalette.is_open(pilot.app))


@pytest.mark.anyio
async def test_the_palette_does_not_say_that_nothing_fits_where_something_does(stage: Stage) -> None:
    stage.create("Anna")
    async with stage.playing((80, 24)) as pilot:
        await pilot.press("ctrl+p")
        await pilot.press(*"recovery")
        await until(pilot, lambda: says(pilot.app, "Recovery phrase"))
        assert not says(pilot.app, "Nothing fits.")

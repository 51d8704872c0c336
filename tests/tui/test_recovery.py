"""The recovery phrase on the screen: shown once, asked back, a way in when the passphrase is forgotten."""

from __future__ import annotations

import re

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.tui.stage import Stage, says, screen_text, settle, until
from tests.wallet.conftest import CHEAP, PASSPHRASE
from tests.wallet.test_phrases import PHRASE
from wallet.screens.home import HomeScreen
from wallet.screens.recovery import RecoveryScreen
from wallet.screens.safekeeping import RecoverScreen
from wallet.screens.unlock import UnlockScreen

pytestmark = pytest.mark.anyio

NUMBERED = re.compile(r"\b([0-9]{1,2})  ([a-z]{3,8})\b")


async def words_shown(pilot: Pilot[None]) -> dict[int, str]:
    """Go to the screen, let the words be shown, and read them."""
    pilot.app.action_go("recovery")  # type: ignore[attr-defined]  # the wallet's application
    await settle(pilot)
    await pilot.press("enter")
    await settle(pilot)
    return {int(number): word for number, word in NUMBERED.findall(screen_text(pilot.app))}  # type: ignore[arg-type]


async def answer(pilot: Pilot[None], words: dict[int, str]) -> None:
    """Say that they are written down, and type what is asked back."""
    # A button that was pressed a moment ago does not take a second press.
    await until(pilot, lambda: not pilot.app.screen.query("Button.-active"))
    await pilot.press("enter")
    await until(pilot, lambda: says(pilot.app, "from your paper"))  # type: ignore[arg-type]
    asked = [int(number) for number in re.findall(r"Word ([0-9]+)", screen_text(pilot.app))]  # type: ignore[arg-type]
    assert len(asked) == 3
    for place in asked:
        await pilot.press(*words[place], "enter")
    await settle(pilot)


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
async def test_words_are_shown_asked_back_and_then_open_the_wallet(
    stage: Stage, size: tuple[int, int]
) -> None:
    stage.create("Anna")
    async with stage.playing(size) as pilot:
        words = await words_shown(pilot)
        assert sorted(words) == list(range(1, 13))
        assert not stage.desk.safekeeping.has_phrase
        await answer(pilot, words)
        await until(pilot, lambda: says(pilot.app, "The recovery phrase counts from now on."))
        assert isinstance(pilot.app.screen, HomeScreen)
        await pilot.press("ctrl+l")
        await until(pilot, lambda: says(pilot.app, "Forgotten? F2 opens it with the recovery phrase."))
        await pilot.press("f2")
        await settle(pilot)
        phrase, first, again = pilot.app.screen.query(Input)
        phrase.value = "  ".join(words[number] for number in range(1, 13)).upper()
        first.value = again.value = "quite another phrase"
        again.focus()
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, HomeScreen))
    stage.desk.lock()
    stage.desk.unlock("quite another phrase")


async def test_words_that_were_not_written_down_count_for_nothing(stage: Stage) -> None:
    """K11: nothing is written before the words that are asked back fit."""
    stage.create("Anna")
    async with stage.playing((80, 24)) as pilot:
        saves = stage.desk.holder.saves
        words = await words_shown(pilot)
        await answer(pilot, dict.fromkeys(words, "xylophone"))
        await until(pilot, lambda: says(pilot.app, "is another one; look at what you wrote down"))
        assert says(pilot.app, "Nothing was saved.")
        assert stage.desk.holder.saves == saves
        # Back to the words, which are the same, then out.
        await pilot.press("escape")
        await settle(pilot)
        assert words == {int(n): word for n, word in NUMBERED.findall(screen_text(pilot.app))}
        await pilot.press("escape", "escape")
        await settle(pilot)
        assert isinstance(pilot.app.screen, HomeScreen)
        assert not stage.desk.safekeeping.has_phrase


async def test_the_words_cannot_be_copied_and_go_when_the_wallet_locks(stage: Stage) -> None:
    """K8, K9."""
    stage.create("Anna")
    async with stage.playing((80, 24)) as pilot:
        words = await words_shown(pilot)
        assert isinstance(pilot.app.screen, RecoveryScreen)
        assert not pilot.app.screen.ALLOW_SELECT
        await pilot.press("ctrl+c", "y")
        assert pilot.app.clipboard == ""
        await pilot.press("ctrl+l")
        await settle(pilot)
        assert isinstance(pilot.app.screen, UnlockScreen)
        assert not NUMBERED.findall(screen_text(pilot.app))
        assert words


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (PHRASE.replace("grab", "grabb"), "is not in the list; perhaps grab?"),
        (PHRASE.replace("ozone drill", "drill ozone"), "or the order is wrong"),
        ("legal winner thank year wave sausage worth useful legal winner thank yellow", "not those of this"),
    ],
)
async def test_other_words_open_nothing_and_say_why(stage: Stage, typed: str, message: str) -> None:
    """K11."""
    stage.create("Anna").desk.holder.recovery.set(PHRASE, parameters=CHEAP)
    stage.desk.lock()
    before = stage.path.read_bytes()
    async with stage.playing((80, 24)) as pilot:
        await pilot.press("f2")
        await settle(pilot)
        phrase, first, again = pilot.app.screen.query(Input)
        phrase.value = typed
        first.value = again.value = "quite another phrase"
        again.focus()
        await pilot.press("enter")
        await until(pilot, lambda: says(pilot.app, message))
        assert isinstance(pilot.app.screen, RecoverScreen)
        assert not stage.desk.is_open
    assert stage.path.read_bytes() == before


async def test_a_phrase_is_taken_away_after_a_question(stage: Stage) -> None:
    stage.create("Anna").desk.holder.recovery.set(PHRASE, parameters=CHEAP)
    async with stage.playing((80, 24)) as pilot:
        pilot.app.action_go("recovery")
        await settle(pilot)
        assert says(pilot.app, "There is a recovery phrase.")
        await pilot.press("tab", "enter")
        await settle(pilot)
        await pilot.press("tab", "enter")
        await until(pilot, lambda: says(pilot.app, "There is no recovery phrase any more."))
        assert not stage.desk.safekeeping.has_phrase


async def test_without_a_phrase_the_key_does_nothing(stage: Stage) -> None:
    stage.create("Anna")
    stage.desk.lock()
    async with stage.playing((80, 24)) as pilot:
        assert not says(pilot.app, "Forgotten?")
        await pilot.press("f2")
        await settle(pilot)
        assert isinstance(pilot.app.screen, UnlockScreen)
        pilot.app.screen.query_one("#passphrase", Input).value = PASSPHRASE

"""Opening and making a wallet."""

from __future__ import annotations

import pytest
from textual.widgets import Button, Input

from tests.tui.stage import Stage, says, screen_text, settle, until
from tests.wallet.conftest import PASSPHRASE
from wallet.desk import Strength, strength_of
from wallet.screens.home import HomeScreen
from wallet.screens.unlock import UnlockScreen

pytestmark = pytest.mark.anyio


async def test_a_first_run_makes_a_wallet_by_keyboard_alone(stage: Stage) -> None:
    async with stage.playing((80, 24)) as pilot:
        await pilot.press(*"seven", "space", *"green", "space", *"lakes", "space", *"north")
        assert says(pilot.app, "fair") or says(pilot.app, "good")
        await pilot.press("enter")
        await pilot.press(*"seven", "space", *"green", "space", *"lakes", "space", *"north", "enter")
        await pilot.press(*"Anna", "enter")
        await settle(pilot)
        assert isinstance(pilot.app.screen, HomeScreen)
        assert [person.name for person in stage.desk.people()] == ["Anna"]


async def test_two_passphrases_that_differ_make_nothing(stage: Stage) -> None:
    async with stage.playing((80, 24)) as pilot:
        await pilot.press(*"long enough", "enter", *"another one", "enter")
        await settle(pilot)
        assert says(pilot.app, "The two passphrases differ.")
        assert not stage.path.exists()


async def test_a_wrong_passphrase_says_only_that_and_makes_one_wait(stage: Stage) -> None:
    """K7."""
    stage.create("Anna")
    stage.desk.lock()
    size = stage.path.stat().st_size
    async with stage.playing((80, 24), pace=1000.0) as pilot:
        await pilot.press(*"wrong one", "enter")
        await settle(pilot)
        assert says(pilot.app, "Wrong. Wait one second.")
        assert pilot.app.screen.query_one("#open", Button).disabled
        # While waiting nothing is tried.
        pilot.app.screen.query_one("#passphrase", Input).value = PASSPHRASE
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(pilot.app.screen, UnlockScreen)
    assert stage.path.stat().st_size == size


async def test_each_wrong_passphrase_makes_the_next_wait_longer(stage: Stage) -> None:
    """K7."""
    stage.create("Anna")
    stage.desk.lock()
    async with stage.playing((80, 24)) as pilot:
        for said in ("Wait one second", "Wait 2 seconds", "Wait 4 seconds"):
            button = pilot.app.screen.query_one("#open", Button)
            await until(pilot, lambda button=button: not button.disabled)
            await pilot.press(*"wrong one", "enter")
            await settle(pilot)
            assert says(pilot.app, said)
        await until(pilot, lambda: not pilot.app.screen.query_one("#open", Button).disabled)
        pilot.app.screen.query_one("#passphrase", Input).value = PASSPHRASE
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(pilot.app.screen, HomeScreen)


async def test_a_wallet_that_another_program_has_open_says_so(stage: Stage) -> None:
    """K6."""
    stage.create("Anna")
    other = Stage(stage.world, stage.folder)
    async with other.app().run_test(size=(80, 24)) as pilot:
        await pilot.press(*PASSPHRASE, "enter")
        await settle(pilot)
        assert isinstance(pilot.app.screen, UnlockScreen)
        assert not other.desk.is_open


@pytest.mark.parametrize(
    ("passphrase", "strength"),
    [
        ("short", Strength.SHORT),
        ("12345678", Strength.WEAK),
        ("aaaaaaaaaaaaaaaa", Strength.WEAK),
        ("password password", Strength.WEAK),
        ("seven green lakes north wind", Strength.GOOD),
        ("seven green lakes north wind umbrella", Strength.STRONG),
    ],
)
def test_strength_counts_what_a_guesser_would_have_to_try(passphrase: str, strength: Strength) -> None:
    assert strength_of(passphrase) is strength


async def test_a_passphrase_that_is_typed_ahead_is_never_shown_as_a_name(stage: Stage) -> None:
    """K8: whoever thinks that there is a wallet types its passphrase at once, and again, and another one."""
    async with stage.playing((80, 24)) as pilot:
        for typed in ("correcthorse", "correcthorsf", "correcthorseb"):
            await pilot.press(*typed, "enter")
            assert "hors" not in screen_text(pilot.app)
        assert says(pilot.app, "The two passphrases differ.")
        assert pilot.app.screen.query_one("#name", Input).value == ""
        assert not stage.path.exists()

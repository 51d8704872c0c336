"""What keeps things from being lost or overlooked: history, backups, reminders, badges that explain."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from textual.widgets import Input

from tests.tui.stage import Stage, says, settle, until
from tests.wallet.conftest import CHEAP, PASSPHRASE
from tests.wallet.test_phrases import PHRASE
from tests.world import VACCINATION
from wallet.screens.detail import DetailScreen
from wallet.screens.history import HistoryScreen
from wallet.screens.home import HomeScreen

anyio = pytest.mark.anyio


# --- badges ---------------------------------------------------------------------------------------


@anyio
@pytest.mark.parametrize(
    ("days", "badge", "explained"),
    [
        (-1, "expired", "Ask the issuer for a new one."),
        (3, "expires soon", "It is valid until"),
        (200, "not checked", "Whether the issuer revoked it was never asked. Press u to ask now."),
    ],
)
async def test_enter_says_why_the_badge_is_red_or_amber(
    stage: Stage, days: int, badge: str, explained: str
) -> None:
    stage.create("Anna")
    stage.hold(VACCINATION, valid_days=max(days, 1))
    if days < 0:
        stage.world.clock.now += timedelta(days=3)
    async with stage.playing((80, 24)) as pilot:
        assert says(pilot.app, badge)
        await pilot.press("enter")
        await until(pilot, lambda: says(pilot.app, explained))
        assert isinstance(pilot.app.screen, DetailScreen)


@anyio
async def test_an_issuer_that_is_on_no_list_is_amber_and_said_why(stage: Stage) -> None:
    stage.create("Anna")
    stage.hold(VACCINATION)
    stage.desk.lock()
    stage.desk = stage.make_desk(known_issuers=["did:web:somebody.example"])
    stage.desk.unlock(PASSPHRASE)
    async with stage.playing((80, 24)) as pilot:
        assert says(pilot.app, "! unknown issuer")
        await pilot.press("enter")
        await until(pilot, lambda: says(pilot.app, "The issuer is not on your list of issuers."))


# --- history --------------------------------------------------------------------------------------


@anyio
async def test_the_history_is_written_to_a_file_of_its_owner(stage: Stage) -> None:
    """K12."""
    stage.family()
    path = stage.folder / "history.json"
    async with stage.playing((100, 30)) as pilot:
        await pilot.press("l")
        await settle(pilot)
        await pilot.press("ctrl+e")
        await settle(pilot)
        pilot.app.screen.query_one(Input).value = str(path)
        await pilot.press("enter")
        await until(pilot, lambda: says(pilot.app, "Written:"))
    entries = json.loads(path.read_text())["history"]
    assert [entry["action"] for entry in entries][:3] == ["new-key"] * 3
    assert path.stat().st_mode & 0o077 == 0


@anyio
async def test_a_history_is_not_deleted_by_enter_alone(stage: Stage) -> None:
    stage.family()
    count = len(stage.desk.history())
    async with stage.playing((100, 30)) as pilot:
        await pilot.press("l")
        await settle(pilot)
        await pilot.press("ctrl+d")
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(pilot.app.screen, HistoryScreen)
        assert len(stage.desk.history()) == count


# --- backups --------------------------------------------------------------------------------------


async def fill(stage: Stage, screen: str, *values: str, says_then: str) -> None:
    """Fill a form with values, press Enter and wait for a sentence."""
    async with stage.playing((80, 24)) as pilot:
        pilot.app.action_go(screen)
        await settle(pilot)
        fields = list(pilot.app.screen.query(Input))
        for field, value in zip(fields, values, strict=True):
            field.value = value
        fields[-1].focus()
        await pilot.press("enter")
        await until(pilot, lambda: says(pilot.app, says_then))


@anyio
async def test_a_backup_is_restored_on_another_computer_and_says_so(stage: Stage, tmp_path: Path) -> None:
    """K10."""
    stage.create("Anna")
    stage.hold(VACCINATION)
    backup = str(tmp_path / "wallet.backup")
    await fill(stage, "backup", backup, "another phrase", "another phrase", says_then="Backed up to")
    await fill(stage, "backup", backup, "another phrase", "another phrase", says_then="exists already")
    other = Stage(stage.world, tmp_path / "elsewhere")
    other.folder.mkdir()
    other.path = other.folder / "wallet.ddcc"
    other.desk = other.make_desk()
    other.create("Ben")
    await fill(other, "restore", backup, "wrong phrase", says_then="wrong passphrase")
    assert other.desk.cards() == ()
    said = "Another wallet made this backup: both can present what is in it."
    await fill(other, "restore", backup, "another phrase", says_then=said)
    assert [card.person for card in other.desk.cards()] == ["Aulus Agerius"]


@anyio
async def test_a_backup_takes_the_words_of_the_phrase_and_no_others(stage: Stage, tmp_path: Path) -> None:
    stage.create("Anna").desk.holder.recovery.set(PHRASE, parameters=CHEAP)
    backup, slip = str(tmp_path / "wallet.backup"), PHRASE.replace("grab", "grabb")
    await fill(stage, "backup", backup, slip, slip, says_then="is not in the list; perhaps grab?")
    assert not Path(backup).exists()
    await fill(stage, "backup", backup, PHRASE, PHRASE, says_then="Backed up to")
    await fill(stage, "restore", backup, PHRASE.upper(), says_then="were there already")


# --- reminders ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (31, []),
        (30, ["Vaccination status, Aulus Agerius: ends in 30 days"]),
        (7, ["Vaccination status, Aulus Agerius: ends in 7 days"]),
        (1, ["Vaccination status, Aulus Agerius: ends in one day"]),
        (0, ["Vaccination status, Aulus Agerius: ends within a day"]),
        (-1, []),
    ],
)
def test_a_credential_reminds_before_it_ends(stage: Stage, days: int, said: list[str]) -> None:
    stage.create("Anna")
    stage.hold(VACCINATION, valid_days=100)
    (card,) = stage.desk.cards()
    assert card.valid_until is not None
    stage.world.clock.now = card.valid_until - timedelta(days=days, minutes=-1 if days < 0 else -0)
    assert list(stage.desk.reminders()) == said


@anyio
async def test_the_first_screen_reminds(stage: Stage) -> None:
    stage.create("Anna")
    stage.hold(VACCINATION, valid_days=3)
    async with stage.playing((80, 24)) as pilot:
        assert isinstance(pilot.app.screen, HomeScreen)
        assert says(pilot.app, "! Vaccination status, Aulus Agerius: ends in")

"""History, people, settings, safekeeping, presenting offline, help: by keyboard, with their errors."""

from __future__ import annotations

import contextlib
import stat
from pathlib import Path

import pytest
from textual.widgets import Input

from tests.tui.stage import Stage, says, screen_text, settle, until
from tests.wallet.conftest import PASSPHRASE
from tests.world import VACCINATION
from vclib.errors import StoreError, VCError
from wallet.screens.code import CodeScreen
from wallet.screens.home import HomeScreen
from wallet.screens.review import ReviewScreen
from wallet.widgets.code_view import CodeView

pytestmark = pytest.mark.anyio


async def test_a_code_is_shown_whole_black_on_white_in_any_theme(stage: Stage) -> None:
    stage.create("Anna")
    stage.hold(VACCINATION)
    for theme in ("dark", "light"):
        stage.desk.set_preference("theme", theme)
        async with stage.playing((200, 90)) as pilot:
            await pilot.press("q")
            await until(
                pilot, lambda: isinstance(pilot.app.screen, ReviewScreen) and pilot.app.screen.is_armed
            )
            await pilot.press("s")
            await until(pilot, lambda: isinstance(pilot.app.screen, CodeScreen))
            await settle(pilot)
            view = pilot.app.screen.query_one(CodeView)
            assert view.fits
            colours = {
                (segment.style.color.name, segment.style.bgcolor.name)
                for line in range(view.size.height)
                for segment in view.render_line(line)
                if segment.style and segment.style.color and segment.style.bgcolor
            }
            assert colours <= {(a, b) for a in ("#000000", "#ffffff") for b in ("#000000", "#ffffff")}


async def test_a_code_that_does_not_fit_is_not_drawn_but_written(stage: Stage, tmp_path: Path) -> None:
    stage.create("Anna")
    stage.hold(VACCINATION)
    async with stage.playing((80, 24)) as pilot:
        await pilot.press("q")
        await until(pilot, lambda: isinstance(pilot.app.screen, ReviewScreen) and pilot.app.screen.is_armed)
        await pilot.press("s")
        await until(pilot, lambda: says(pilot.app, "The code needs a window of"))
        assert not pilot.app.screen.query_one(CodeView).display
        await pilot.press("f")
        await settle(pilot)
        pilot.app.screen.query_one(Input).value = str(tmp_path / "code.png")
        await pilot.press("enter")
        await until(pilot, lambda: says(pilot.app, "Show this file to the verifier instead:"))
        # K8: it is its owner's alone. The address is a link, and can be read.
        assert stat.S_IMODE((tmp_path / "code.png").stat().st_mode) == 0o600
        address = (tmp_path / "code.png").as_uri()
        shown = "".join(line.strip() for line in screen_text(pilot.app).splitlines())
        assert address in shown
        links = {
            segment.style.link
            for strip in pilot.app.screen._compositor.render_strips()
            for segment in strip
            if segment.style
        }
        assert address in links


async def test_a_value_turned_off_is_not_in_what_is_signed(stage: Stage) -> None:
    """L2."""
    stage.create("Anna")
    stage.hold(VACCINATION)
    async with stage.playing((120, 40)) as pilot:
        await pilot.press("p", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ReviewScreen) and pilot.app.screen.is_armed)
        await pilot.press("space")
        await until(pilot, lambda: says(pilot.app, "[ ] Name Aulus Agerius stays here"))
        await until(pilot, lambda: pilot.app.screen.is_armed)
        await pilot.press("s")
        await until(pilot, lambda: isinstance(pilot.app.screen, CodeScreen))
        assert "Aulus Agerius" not in str(pilot.app.screen._code.document)


async def test_history_is_filtered_by_typing_opened_and_deleted(stage: Stage) -> None:
    async with stage.family().playing((100, 30)) as pilot:
        await pilot.press("l")
        await settle(pilot)
        assert says(pilot.app, "8 of 8")
        await pilot.press(*"new key")
        await settle(pilot)
        assert says(pilot.app, "3 of 8")
        await pilot.press("ctrl+d")
        await settle(pilot)
        await pilot.press("tab", "enter")
        await settle(pilot)
        assert [entry.action for entry in stage.desk.history()] == ["Deleted the history"]


async def test_a_person_is_added_and_chosen(stage: Stage) -> None:
    async with stage.create("Anna").playing((80, 24)) as pilot:
        pilot.app.action_go("people")
        await settle(pilot)
        await pilot.press("a")
        await settle(pilot)
        await pilot.press(*"Ben", "enter")
        await settle(pilot)
        assert [person.name for person in stage.desk.people()] == ["Anna", "Ben"]
        await pilot.press("down", "enter")
        await settle(pilot)
        assert isinstance(pilot.app.screen, HomeScreen)
        assert pilot.app.screen.person == "Ben"


async def test_a_setting_is_kept_for_the_next_start(stage: Stage) -> None:
    async with stage.create("Anna").playing((80, 24)) as pilot:
        pilot.app.action_go("settings")
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert pilot.app.theme == "wallet-light"
    stage.desk.lock()
    stage.desk.unlock(PASSPHRASE)
    assert stage.desk.preferences.theme == "light"


async def test_a_backup_is_written_and_restored(stage: Stage, tmp_path: Path) -> None:
    stage.create("Anna")
    backup = tmp_path / "wallet.backup"
    async with stage.playing((80, 24)) as pilot:
        pilot.app.action_go("backup")
        await settle(pilot)
        file, first, again = pilot.app.screen.query(Input)
        file.value, first.value, again.value = str(backup), "another phrase", "another phrase"
        again.focus()
        await pilot.press("enter")
        await until(pilot, backup.exists)
        await settle(pilot)
        pilot.app.action_go("restore")
        await settle(pilot)
        file, phrase = pilot.app.screen.query(Input)
        file.value, phrase.value = str(backup), "wrong phrase"
        phrase.focus()
        await pilot.press("enter")
        await settle(pilot)
        assert not isinstance(pilot.app.screen, HomeScreen)


async def test_a_disk_that_is_full_is_told_before_anything_is_called_saved(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """K5."""

    def full(name: str, value: object) -> None:
        raise StoreError("the disk is full")

    async with stage.create("Anna").playing((80, 24)) as pilot:
        monkeypatch.setattr(stage.desk, "set_preference", full)
        pilot.app.action_go("settings")
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert says(pilot.app, "the disk is full")
        await pilot.press("escape")
        assert not says(pilot.app, "saved")


async def test_help_explains_the_screen_one_is_on(stage: Stage) -> None:
    async with stage.create("Anna").playing((80, 24)) as pilot:
        pilot.app.action_go("people")
        await settle(pilot)
        await pilot.press("f1")
        await settle(pilot)
        assert says(pilot.app, "Each person has a key of their own")


async def test_the_name_that_is_proposed_for_a_file_is_one_that_is_free(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "presentation.png").write_bytes(b"another")
    stage.create("Anna").hold(VACCINATION)
    async with stage.playing((80, 24)) as pilot:
        await pilot.press("q")
        await until(pilot, lambda: isinstance(pilot.app.screen, ReviewScreen) and pilot.app.screen.is_armed)
        await pilot.press("s")
        await until(pilot, lambda: isinstance(pilot.app.screen, CodeScreen))
        await pilot.press("f")
        await settle(pilot)
        assert pilot.app.screen.query_one(Input).value == str(tmp_path / "presentation-2.png")


async def test_an_entry_of_the_history_takes_one_line_in_a_small_window(stage: Stage) -> None:
    stage.create("Anna")
    with (
        contextlib.suppress(VCError),
        stage.desk.holder.shelf.recording_failure(
            "receive", {"issuer": "https://an-issuer-with-a-long-name.example"}
        ),
    ):
        raise StoreError("the disk is gone")
    async with stage.playing((60, 24)) as pilot:
        await pilot.press("l")
        await settle(pilot)
        entries = [line for line in screen_text(pilot.app).splitlines() if " 2026, " in line]
        assert len(entries) == len(stage.desk.history())
        assert any(line.rstrip().endswith("…") for line in entries)
        assert not any(line.startswith(" https") for line in screen_text(pilot.app).splitlines())

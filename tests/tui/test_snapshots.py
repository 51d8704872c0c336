"""What the eye sees, line by line: each screen at 80x24 and 120x40, in tests/tui/screens.

DDCC_UPDATE_SCREENS=1 writes them anew; a change is then reviewed as the difference of a text.
"""

from __future__ import annotations

import os
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from protocols.oid4vp import ClaimReason, purpose_info
from tests.tui.stage import SIZES, Stage, paste, screen_text, settle, until
from tests.wallet.scripted_verifier import DOSE, ScriptedVerifier
from tests.world import VACCINATION
from wallet.screens.review import ReviewScreen

pytestmark = pytest.mark.anyio

SCREENS = Path(__file__).parent / "screens"
# What is another one in every run.
IDENTIFIER = re.compile(r"[^\n]*urn:uuid:")

Steps = Callable[[Pilot[None]], Awaitable[None]]


async def home(pilot: Pilot[None]) -> None:
    await settle(pilot)


async def unlock(pilot: Pilot[None]) -> None:
    await pilot.press("ctrl+l")


async def present(pilot: Pilot[None]) -> None:
    await pilot.press("p")


async def review(pilot: Pilot[None]) -> None:
    await pilot.press("q")
    await until(pilot, lambda: isinstance(pilot.app.screen, ReviewScreen) and pilot.app.screen.is_armed)


async def history(pilot: Pilot[None]) -> None:
    await pilot.press("l")


async def show_help(pilot: Pilot[None]) -> None:
    await pilot.press("f1")


async def settings(pilot: Pilot[None]) -> None:
    pilot.app.action_go("settings")  # type: ignore[attr-defined]  # the wallet's application


STEPS: dict[str, Steps] = {
    "home": home,
    "unlock": unlock,
    "present": present,
    "review": review,
    "history": history,
    "help": show_help,
    "settings": settings,
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_a_screen_looks_as_it_was_reviewed(
    stage: Stage, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The first screen says where the wallet is: here, whatever the folder of this run is called.
    monkeypatch.chdir(stage.folder)
    stage.path = Path("wallet.ddcc")
    stage.desk = stage.make_desk()
    stage.family()
    different = []
    async with stage.playing(size) as pilot:
        for name, steps in STEPS.items():
            if name == "unlock":
                continue
            await settle(pilot)
            await steps(pilot)
            await settle(pilot)
            if not _is_as_reviewed(f"{name}-{size[0]}x{size[1]}", screen_text(pilot.app)):
                different.append(name)
            if name != "home":
                await pilot.press("escape")
        await settle(pilot)
        await unlock(pilot)
        await settle(pilot)
        if not _is_as_reviewed(f"unlock-{size[0]}x{size[1]}", screen_text(pilot.app)):
            different.append("unlock")
    assert different == []


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_a_request_with_reasons_looks_as_it_was_reviewed(stage: Stage, size: tuple[int, int]) -> None:
    stage.create("Aulus").hold(VACCINATION, "Aulus")
    verifier = stage.asked_by(ScriptedVerifier(stage.world))
    why = ClaimReason(DOSE, "needed by rule VR-XX-0001: two doses, or one if it is of this year")
    verifier.asked = replace(
        verifier.asked, verifier_info=(purpose_info("Entry to the concert", "venue", reasons=[why]),)
    )
    async with stage.playing(size) as pilot:
        await paste(pilot, verifier.link)
        await until(pilot, lambda: isinstance(pilot.app.screen, ReviewScreen) and pilot.app.screen.is_armed)
        await pilot.press("down")
        await settle(pilot)
        assert _is_as_reviewed(f"asked-{size[0]}x{size[1]}", screen_text(pilot.app))


def _is_as_reviewed(name: str, text: str) -> bool:
    # Below the first identifier everything is another in each run.
    shown = IDENTIFIER.split(text)[0]
    path = SCREENS / f"{name}.txt"
    if os.environ.get("DDCC_UPDATE_SCREENS") == "1":
        path.parent.mkdir(exist_ok=True)
        path.write_text(shown, encoding="utf-8")
    return path.read_text(encoding="utf-8") == shown

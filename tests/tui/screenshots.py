"""`make screenshots`: the pictures of the wallet, drawn by the program itself over fixed data."""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import secrets
import tempfile
import uuid
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from issuer.service import Issuer
from issuer.store import IssuerStore
from protocols.oid4vp import purpose_info
from runtime.database import sqlite_url
from tests.tables import tables_as_before
from tests.tui.stage import Stage, paste, settle, until
from tests.wallet.scripted_verifier import CENTRE, DISEASE, DOSE, NAME, ScriptedVerifier, query
from tests.world import World
from wallet.desk import Card
from wallet.screens.review import ReviewScreen

IMAGES = Path(__file__).parents[2] / "docs" / "images"
# The library makes its class names unique by a number that is another one each time.
_UNIQUE = re.compile(r"terminal-[0-9]+-")

Steps = Callable[[Pilot[None], Stage], Awaitable[None]]


async def home(pilot: Pilot[None], stage: Stage) -> None:
    await settle(pilot)


async def detail(pilot: Pilot[None], stage: Stage) -> None:
    await pilot.press("enter")
    await settle(pilot)


async def review(pilot: Pilot[None], stage: Stage) -> None:
    for card in stage.desk.cards():
        if _is_other_vaccination(card):
            stage.desk.remove(card.id)
    verifier = stage.asked_by(ScriptedVerifier(stage.world))
    verifier.asked = replace(
        verifier.asked,
        query=query(NAME, DISEASE, DOSE, CENTRE),
        verifier_info=(purpose_info("Entry to the concert", "venue"),),
    )
    await paste(pilot, verifier.link)
    await until(pilot, lambda: isinstance(pilot.app.screen, ReviewScreen) and pilot.app.screen.is_armed)


async def offline(pilot: Pilot[None], stage: Stage) -> None:
    await pilot.press("q")
    await until(pilot, lambda: isinstance(pilot.app.screen, ReviewScreen) and pilot.app.screen.is_armed)


async def history(pilot: Pilot[None], stage: Stage) -> None:
    await offline(pilot, stage)
    await pilot.press("s")
    await settle(pilot)
    await pilot.press("escape")
    await settle(pilot)
    await pilot.press("l")
    await settle(pilot)
    await pilot.press("down", "enter")
    await settle(pilot)


PICTURES: dict[str, tuple[tuple[int, int], str, Steps]] = {
    "home": ((132, 34), "dark", home),
    "home-light": ((132, 34), "light", home),
    "home-small": ((80, 24), "dark", home),
    "detail": ((80, 32), "dark", detail),
    "review": ((100, 36), "dark", review),
    "present": ((100, 36), "light", offline),
    "history": ((100, 30), "dark", history),
}


def make_stage(folder: Path) -> Stage:
    """Return a stage whose world's database several threads can use."""
    world = World(folder / "issuer")
    with tables_as_before():
        world.store = IssuerStore.open(sqlite_url(folder / "issuer.sqlite"))
    world.issuer = Issuer(world.config, world.store, world.keys)
    return Stage(world, folder)


def _is_other_vaccination(card: Card) -> bool:
    return card.title.startswith("Vaccination") and "dose 2" not in card.about


@contextlib.contextmanager
def _always_the_same() -> Iterator[None]:
    """Let identifiers and keys be the same in each run, so that a picture changes only if the screen does."""
    chance = random.Random(2026)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(secrets, "randbelow", chance.randrange)
        patch.setattr(secrets, "token_bytes", lambda count=32: chance.randbytes(count))
        patch.setattr(secrets, "token_hex", lambda count=32: chance.randbytes(count).hex())
        patch.setattr(uuid, "uuid4", lambda: uuid.UUID(int=chance.getrandbits(128), version=4))
        defaults = {**Issuer.__init__.__kwdefaults__, "random_below": chance.randrange}
        patch.setattr(Issuer.__init__, "__kwdefaults__", defaults)
        yield


async def draw(name: str) -> None:
    """Draw one picture."""
    size, theme, steps = PICTURES[name]
    with tempfile.TemporaryDirectory() as folder, _always_the_same():
        stage = make_stage(Path(folder)).family()
        stage.desk.set_preference("theme", theme)
        async with stage.playing(size) as pilot:
            await steps(pilot, stage)
            await settle(pilot)
            svg = pilot.app.export_screenshot(title="Health wallet")
        stage.desk.lock()
    IMAGES.mkdir(parents=True, exist_ok=True)
    (IMAGES / f"wallet-{name}.svg").write_text(_UNIQUE.sub("terminal-", svg), encoding="utf-8")
    print(f"docs/images/wallet-{name}.svg")


async def main() -> None:
    """Draw all pictures."""
    for name in PICTURES:
        await draw(name)


if __name__ == "__main__":
    asyncio.run(main())

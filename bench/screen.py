"""`python -m bench.screen`: how quickly the wallet answers on the screen, with a thousand credentials in it.

The application runs as it does in a terminal, but draws into memory; keys come in as events, and one counts
as answered when a frame was drawn that shows what it did. Writing to a
terminal and drawing letters there are not in it. The wallet is a file with real rows; its credentials are
copies of one that was signed, with other names, issuers and dates, since showing one checks no signature.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import NoReturn

from rich.console import Console, RenderableType
from rich.table import Table
from textual.screen import Screen
from textual.widgets import Input

import wallet.app
from bench.machine import processor
from bench.sections import markdown_table, write_section
from bench.timing import Timing
from vclib.did import resolver
from vclib.errors import FetchError
from vclib.strict_json import JSONObject
from wallet.app import WalletApp
from wallet.demo_credential import demo_credential
from wallet.desk import Card, Desk
from wallet.holdings import CREDENTIAL, HeldCredential, to_row
from wallet.network import Network
from wallet.screens.detail import DetailScreen
from wallet.screens.home import HomeScreen
from wallet.widgets.card_list import CardList
from wallet.widgets.detail_view import DetailView

CREDENTIALS = 1000
PASSPHRASE = "seven green lakes"
FIRST_SCREEN_MS, KEY_MS = 500.0, 50.0

_HEADINGS = ("window", "measured", "count", "p50 ms", "p95 ms", "highest ms", "asked for")
_NAMES = (
    "Mira Sandovar-Lind",
    "林安然",
    "Lucia Montfalcon",
    "Jørgen Ås",
    "ليلى حداد",
    "Ana Lirio",
    "Ivo Tamm",
)
# Reading a sealed row in a thread; the screen answers meanwhile.
_READ = "open, until its values are read"
_PAUSE_SECONDS = 0.05
_LONGEST_SECONDS = 20.0
_SIZES = ((80, 24), (200, 60))
_ABOUT = """\
The wallet with {credentials:,} credentials of {people} people, in a window held in memory. *First screen* is
from the open wallet to the drawn list, in a new application each time; a key is answered when the screen is
drawn that shows what it did. *Open* shows what the card knows at once, and the values when the sealed row was
read. Unlocking itself, Argon2id (decision 0060) and the check of every row, took {unlock:.0f} ms."""


@dataclass(frozen=True)
class Measured:
    """One thing in one window: how long it took, and how long it may take."""

    size: tuple[int, int]
    name: str
    timing: Timing
    most: float | None

    def cells(self) -> tuple[str, ...]:
        """Return the row of a table."""
        values = (self.timing.median, self.timing.p95, self.timing.milliseconds[-1])
        return (
            f"{self.size[0]} x {self.size[1]}",
            self.name,
            str(len(self.timing.milliseconds)),
            *(f"{value:.0f}" for value in values),
            "-" if self.most is None else f"{self.most:.0f} ms",
        )


def make_wallet(path: Path, count: int) -> None:
    """Make a wallet with so many credentials, in one save."""
    now = datetime.now(UTC)
    desk = _desk(path)
    desk.create(PASSPHRASE, _NAMES[0])
    for name in _NAMES[1:]:
        desk.add_person(name)
    keys = desk.holder.keys()
    signed = [demo_credential(key.did, now=now) for key in keys]
    with desk.holder.shelf.store.change() as change:
        for number in range(count):
            place = number % len(keys)
            document = _varied(signed[place], keys[place].name, number, now)
            held = HeldCredential(document=document, added=now)
            checked = desk.holder.check_credential(signed[place])
            change.put(CREDENTIAL, to_row(held.to_json()), summary=held.summary(checked.credential))
    desk.lock()


def measured(path: Path, size: tuple[int, int], rounds: int) -> list[Measured]:
    """Return what was measured in a window of this size."""
    first = [asyncio.run(_first_screen(path, size)) for _ in range(rounds)]
    keys = asyncio.run(_keys(path, size, rounds))
    return [
        Measured(size, "first screen", _timing(first), FIRST_SCREEN_MS),
        *(
            Measured(size, name, _timing(taken), None if name == _READ else KEY_MS)
            for name, taken in keys.items()
        ),
    ]


async def _first_screen(path: Path, size: tuple[int, int]) -> float:
    desk = _desk(path)
    desk.unlock(PASSPHRASE)
    app = TimedApp(desk)
    answered = app.answered(lambda: bool(_cards(app)))
    async with app.run_test(size=size):
        taken = await _in_time(answered)
    desk.lock()
    return taken


async def _keys(path: Path, size: tuple[int, int], rounds: int) -> dict[str, list[float]]:
    """Return name -> milliseconds of each key press."""
    desk = _desk(path)
    desk.unlock(PASSPHRASE)
    app = TimedApp(desk)
    taken: dict[str, list[float]] = {}

    async def press(name: str, key: str, done: Callable[[], bool]) -> None:
        answered = app.answered(done)
        app.simulate_key(key)
        taken.setdefault(name, []).append(await _in_time(answered))
        await asyncio.sleep(_PAUSE_SECONDS)

    async with app.run_test(size=size):
        await _in_time(app.answered(lambda: bool(_cards(app))))
        await asyncio.sleep(1)
        for key in (*("down",) * rounds, *("pagedown",) * rounds, "end", "home"):
            before = _list(app).current
            await press("arrow" if key == "down" else "page", key, lambda: _list(app).current is not before)  # noqa: B023
        for word in ("montfalcon", "ministry", "lirio")[: max(1, rounds // 3)]:
            await press("begin a search", "slash", lambda: app.screen.query_one("#search").has_focus)
            for number, letter in enumerate(word, start=1):
                typed = word[:number]
                await press("letter of a search", letter, lambda: _found(app) == typed)  # noqa: B023
            await press("end a search", "escape", lambda: len(_cards(app)) == CREDENTIALS)
        for number in range(2 * rounds):
            if number % 2:
                await press(_READ, "enter", lambda: _detail(app))
            else:
                await press("open a credential", "enter", lambda: _opened(app))
            await asyncio.sleep(0.5)
            await press("go back", "escape", lambda: isinstance(app.screen, HomeScreen))
            await press("arrow", "down", lambda: True)
    desk.lock()
    return taken


class TimedApp(WalletApp):
    """The wallet, telling when it has drawn what one waits for."""

    # The library looks for it beside the class.
    CSS_PATH = str(Path(wallet.app.__file__).with_name("wallet.tcss"))

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._waiting: tuple[float, Callable[[], bool], asyncio.Future[float]] | None = None

    def answered(self, done: Callable[[], bool]) -> asyncio.Future[float]:
        """Return the milliseconds from now until a frame is drawn in which `done` is true."""
        future: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._waiting = (time.perf_counter(), done, future)
        return future

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        super()._display(screen, renderable)
        if self._waiting is not None:
            start, done, future = self._waiting
            if done():
                self._waiting = None
                future.set_result((time.perf_counter() - start) * 1000.0)


async def _in_time(answered: asyncio.Future[float]) -> float:
    """Wait for an answer; one that never comes must not hang the benchmark."""
    return await asyncio.wait_for(answered, _LONGEST_SECONDS)


def _list(app: WalletApp) -> CardList:
    return app.screen.query_one(CardList)


def _cards(app: WalletApp) -> tuple[Card, ...]:
    return _list(app).cards if isinstance(app.screen, HomeScreen) else ()


def _found(app: WalletApp) -> str:
    """Return what was typed, once the list shows what fits it."""
    typed = app.screen.query_one("#search", Input).value
    return typed if all(card.matches(typed) for card in _cards(app)) else ""


def _opened(app: WalletApp) -> bool:
    """Say whether what the card knows is there."""
    return isinstance(app.screen, DetailScreen) and any(
        view.line_count for view in app.screen.query(DetailView)
    )


def _detail(app: WalletApp) -> bool:
    return _opened(app) and app.screen.query_one(DetailView).detail is not None


def _desk(path: Path) -> Desk:
    def down(*_: object, **__: object) -> NoReturn:
        raise FetchError("nobody is asked")

    return Desk(path, lambda: Network(down, down, resolver()), clock=lambda: datetime.now(UTC))


def _varied(document: JSONObject, name: str, number: int, now: datetime) -> JSONObject:
    """Return the document with another name, issuer, dose and last day."""
    subject = document["credentialSubject"]
    vaccination = subject["vaccination"] if isinstance(subject, dict) else None
    if not isinstance(subject, dict) or not isinstance(vaccination, dict):
        raise TypeError("the demonstration credential is of a vaccination")
    given = f"{now - timedelta(days=30 + number):%Y-%m-%d}"
    return {
        **document,
        "issuer": {"id": f"did:web:health{number % 9}.example", "name": f"Ministry of Health {number % 9}"},
        "validUntil": f"{now + timedelta(days=40 + number):%Y-%m-%d}T00:00:00Z",
        "credentialSubject": {**subject, "name": name, "vaccination": {**vaccination, "occurrence": given}},
    }


def main(arguments: list[str]) -> int:
    """Measure, print a table, write what is asked for."""
    options = _parser().parse_args(arguments)
    when, load = datetime.now(UTC), os.getloadavg()
    with tempfile.TemporaryDirectory(prefix="ddcc-bench-") as folder:
        path = Path(folder) / "wallet.ddcc"
        make_wallet(path, CREDENTIALS)
        start = time.perf_counter()
        desk = _desk(path)
        desk.unlock(PASSPHRASE)
        unlock = (time.perf_counter() - start) * 1000.0
        desk.lock()
        found = [each for size in _SIZES for each in measured(path, size, options.rounds)]
    table = Table(title=f"the wallet's screen with {CREDENTIALS:,} credentials, load {load[0]:.1f}")
    for heading in _HEADINGS:
        table.add_column(heading)
    for each in found:
        table.add_row(*each.cells())
    Console(width=110).print(table)
    if options.section:
        about = _ABOUT.format(credentials=CREDENTIALS, people=len(_NAMES), unlock=unlock)
        told = (
            f"Measured {when:%Y-%m-%d %H:%M} UTC by `python -m bench.screen` on {processor()}, "
            f"{os.cpu_count()} processors; Python {platform.python_version()}, Textual {version('textual')}. "
            f"Load average before: {load[0]:.2f}."
        )
        lines = ["## The wallet's screen", "", about, "", told, ""]
        lines += markdown_table(_HEADINGS, (each.cells() for each in found))
        write_section(options.section, "screen", "\n".join(lines) + "\n")
    return int(options.check and any(each.timing.p95 > (each.most or math.inf) for each in found))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.screen", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="how often each thing is done (default 20)")
    parser.add_argument("--section", type=Path, metavar="FILE", help="put them into FILE, docs/benchmarks.md")
    parser.add_argument("--check", action="store_true", help="exit with 1 if the 95th percentile is too high")
    return parser


def _timing(milliseconds: list[float]) -> Timing:
    return Timing(tuple(sorted(milliseconds)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

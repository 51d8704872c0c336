"""A wallet with cheap key derivation, in a world with an issuer and a verifier."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from runtime.sealing import Argon2Parameters
from tests.tables import tables_as_before
from tests.world import CHALLENGE, VENUE, Person, World
from vclib.did import resolver
from wallet.cli import app
from wallet.holder import Holder, Request

CHEAP = Argon2Parameters(memory_kib=64, iterations=1, lanes=1)
PASSPHRASE = "correct horse battery"
Run = Callable[..., Result]

VENUE_REQUEST = Request(CHALLENGE, VENUE, situation="venue")


def outcomes(holder: Holder) -> list[tuple[str, str]]:
    """Return action and outcome of each entry of the history."""
    return [(entry.action, entry.outcome) for entry in holder.history()]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "issuer")


@pytest.fixture
def make_holder(world: World, tmp_path: Path) -> Iterator[Callable[[str], Holder]]:
    """A maker of wallets by file name, each with one key."""
    made: list[Holder] = []

    def make(name: str) -> Holder:
        with tables_as_before():
            holder = Holder.create(
                tmp_path / name, PASSPHRASE, resolve=resolver(), clock=lambda: world.clock.now
            )
        holder.new_key("Anna")
        made.append(holder)
        return holder

    yield make
    for holder in made:
        holder.close()


@pytest.fixture
def holder(make_holder: Callable[[str], Holder]) -> Holder:
    return make_holder("wallet.ddcc")


@pytest.fixture
def anna(holder: Holder, world: World) -> Person:
    """The person whom the wallet's key belongs to, as somebody to mint for."""
    (key,) = holder.shelf.held_keys()
    return Person(key, world.clock)


@pytest.fixture
def at_the_worlds_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the time from the world."""
    for module in ("cli", "cli_backup", "cli_recovery", "cli_screen", "cli_shared"):
        monkeypatch.setattr(f"wallet.{module}.utc_now", lambda: world.clock.now)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_the_worlds_time: None) -> Run:
    """Run a command of the wallet in an empty folder; the passphrase comes from the environment."""
    folder = tmp_path / "folder"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name, value in {
        "DDCC_WALLET": "wallet.ddcc",
        "DDCC_PASSPHRASE": PASSPHRASE,
        "DDCC_BACKUP_PASSPHRASE": "a passphrase for backups",
    }.items():
        monkeypatch.setenv(name, value)

    def invoke(*arguments: object, stdin: str = "") -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)

    return invoke


@pytest.fixture
def owner(run: Run, world: World) -> Person:
    """The owner of a wallet that was made, as somebody to mint for."""
    assert run("init", "--name", "Anna").exit_code == 0
    with Holder.open(
        Path("wallet.ddcc"), PASSPHRASE, resolve=resolver(), clock=lambda: world.clock.now
    ) as holder:
        (key,) = holder.shelf.held_keys()
    return Person(key, world.clock)

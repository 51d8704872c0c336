"""A wallet with cheap key derivation, in a world with an issuer and a verifier."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from runtime import sealing
from runtime.sealing import Argon2Parameters
from tests.world import CHALLENGE, VENUE, Person, World
from vclib.did import resolver
from wallet import backups
from wallet.cli import app
from wallet.holder import Holder, Request
from wallet.recovery import Recovery
from wallet.store import WalletStore

CHEAP = Argon2Parameters(memory_kib=64, iterations=1, lanes=1)
PASSPHRASE = "correct horse battery"
Run = Callable[..., Result]

# Whatever derives a key, as plain functions. Any: the functions behind class methods are not in their types.
_SEALING: tuple[Any, ...] = (
    sealing.seal,
    getattr(WalletStore.create, "__func__"),  # noqa: B009
    getattr(Holder.create, "__func__"),  # noqa: B009
    WalletStore.change_passphrase,
    Holder.change_passphrase,
    Holder.make_backup,
    Recovery.set,
    WalletStore.set_phrase,
    backups.seal_backup,
)

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
        holder = Holder.create(
            tmp_path / name,
            PASSPHRASE,
            resolve=resolver(),
            clock=lambda: world.clock.now,
            parameters=CHEAP,
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
def cheap_and_at_the_worlds_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Derive keys cheaply and take the time from the world; both are settings, not what is tested here."""
    for function in _SEALING:
        defaults = {**(function.__kwdefaults__ or {}), "parameters": CHEAP}
        monkeypatch.setattr(function, "__kwdefaults__", defaults)
    for module in ("cli", "cli_backup", "cli_recovery", "cli_screen", "cli_shared"):
        monkeypatch.setattr(f"wallet.{module}.utc_now", lambda: world.clock.now)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cheap_and_at_the_worlds_time: None) -> Run:
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

"""A wallet with cheap key derivation, in a world with an issuer and a verifier."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runtime.sealing import Argon2Parameters
from tests.world import CHALLENGE, VENUE, Person, World
from vclib.did import resolver
from wallet.holder import Holder, Request

CHEAP = Argon2Parameters(memory_kib=64, iterations=1, lanes=1)
PASSPHRASE = "correct horse battery"
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

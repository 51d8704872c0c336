"""A wallet answers the real verifier service: every message of both sides, without a socket."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from runtime.exchange import Answer
from tests.protocols.oid4vp_parties import DID, document
from tests.verifier.presenters import URL, Asking, unencrypted
from tests.wallet.conftest import CHEAP, PASSPHRASE
from tests.world import RECOVERY, TEST, VACCINATION, Person, World
from vclib.did import resolver
from vclib.strict_json import JSONObject
from wallet.answering import Answerer, situation_of
from wallet.holder import Holder
from wallet.verifier_client import VerifierClient


@dataclass
class Wire:
    """An exchange with the verifier's application."""

    asking: Asking

    def __call__(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        assert url.startswith(f"{URL}/"), url
        response = self.asking.client.ask(
            method, urlsplit(url).path, content=body or b"", headers=dict(headers or {})
        )
        return Answer(response.status_code, dict(response.headers), response.content)


def resolve(did: str) -> JSONObject:
    return document() if did == DID else resolver()(did)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "issuer")


@pytest.fixture
def asking(world: World, tmp_path: Path) -> Iterator[Asking]:
    asking = Asking(world, tmp_path)
    yield asking
    asking.store.close()


@pytest.fixture
def answerer(world: World, asking: Asking, tmp_path: Path) -> Iterator[Answerer]:
    with Holder.create(
        tmp_path / "wallet.ddcc",
        PASSPHRASE,
        resolve=resolver(),
        clock=lambda: world.clock.now,
        parameters=CHEAP,
    ) as holder:
        holder.new_key("Anna")
        yield Answerer(holder, VerifierClient(Wire(asking), resolve))


def hold(answerer: Answerer, world: World, record: JSONObject, **options: object) -> None:
    (key,) = answerer.holder.shelf.held_keys()
    answerer.holder.add_credential(world.mint(record, Person(key, world.clock), **options))


@pytest.mark.parametrize("record", [VACCINATION, TEST, RECOVERY])
@pytest.mark.parametrize("encrypted", [True, False])
def test_a_venue_asks_and_accepts_what_the_wallet_answers(
    answerer: Answerer, world: World, asking: Asking, record: JSONObject, encrypted: bool
) -> None:
    hold(answerer, world, record)
    made = asking.ask() if encrypted else unencrypted(asking).ask()
    asked = answerer.read(made.link)
    assert (asked.identity.name, asked.request.purpose) == (DID, "Entry to the concert")
    assert answerer.send(answerer.plan(asked)) is None
    result = made.result().json()
    assert (result["state"], result["result"]["outcome"]) == ("answered", "accepted")


@pytest.mark.parametrize("situation", ["border", "clinic", "status"])
def test_every_situation_is_answered(
    answerer: Answerer, world: World, asking: Asking, situation: str
) -> None:
    hold(answerer, world, VACCINATION)
    made = asking.ask(situation, kinds=["vaccination"])
    answerer.send(answerer.plan(answerer.read(made.link)))
    assert made.result().json()["result"]["outcome"] == "accepted"


def test_an_unlinkable_credential_is_accepted(answerer: Answerer, world: World, asking: Asking) -> None:
    """D10."""
    answerer.holder.add_credential(world.mint(VACCINATION, suite="bbs-2023"))
    made = asking.ask()
    answerer.send(answerer.plan(answerer.read(made.link)))
    assert made.result().json()["result"]["outcome"] == "accepted"


def test_a_bare_credential_is_taken_where_no_holder_is_asked_for(
    answerer: Answerer, world: World, asking: Asking
) -> None:
    hold(answerer, world, VACCINATION)
    made = asking.ask(holderBinding=False)
    answerer.send(answerer.plan(answerer.read(made.link)))
    # Genuine, and nobody knows whose: that is not for the verifier to accept by itself.
    assert made.result().json()["result"]["outcome"] == "undecided"


def test_an_unsigned_request_is_answered_as_such(answerer: Answerer, world: World, asking: Asking) -> None:
    """L4."""
    hold(answerer, world, VACCINATION)
    asking.signer = None
    made = asking.ask()
    plan = answerer.plan(answerer.read(made.link))
    assert plan.asked.identity.is_authenticated is False
    answerer.send(plan)
    assert made.result().json()["result"]["outcome"] == "accepted"


def test_the_same_device_is_sent_back_with_a_code(answerer: Answerer, world: World, asking: Asking) -> None:
    """E14."""
    hold(answerer, world, VACCINATION)
    made = asking.ask(redirectUri="https://venue.example/done")
    redirect_uri = answerer.send(answerer.plan(answerer.read(made.link)))
    assert redirect_uri is not None
    code = redirect_uri.partition("response_code=")[2]
    assert made.result(code).json()["result"]["outcome"] == "accepted"


def test_the_situation_that_is_asked_in_needs_all_that_is_asked(
    answerer: Answerer, world: World, asking: Asking
) -> None:
    """L1: our own verifier says the situation, and asks for nothing beyond it."""
    hold(answerer, world, VACCINATION)
    for situation in ("venue", "border", "clinic", "status"):
        asked = answerer.read(asking.ask(situation, kinds=["vaccination"]).link)
        assert situation_of(asked) == situation
        assert answerer.plan(asked).surplus == ()


def test_a_refusal_is_told_without_a_reason(answerer: Answerer, asking: Asking) -> None:
    """L5."""
    made = asking.ask()
    answerer.refuse(answerer.read(made.link))
    assert made.result().json()["result"] == {"outcome": "none", "error": "access_denied"}

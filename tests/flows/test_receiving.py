"""A wallet receives from the real issuer service: every message of both sides, without a socket."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from protocols.oid4vci import InvalidGrantError, TxCode
from runtime.exchange import Answer
from tests.asgi import Client
from tests.issuer.wallet_client import Desk
from tests.wallet.conftest import CHEAP, PASSPHRASE
from vclib.did import resolver
from vclib.errors import FetchError
from wallet.holder import Holder
from wallet.issuer_client import IssuerClient
from wallet.receiving import AskCode, Choice, Receiver


@dataclass
class Wire:
    """An exchange with one application; the answer from a path in `lose` does not arrive."""

    desk: Desk
    lose: set[str] = field(default_factory=set)
    paths: list[str] = field(default_factory=list)

    def __call__(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        assert url.startswith(self.desk.url), url
        path = urlsplit(url).path
        self.paths.append(path)
        response = Client(self.desk.app).ask(method, path, content=body or b"", headers=dict(headers or {}))
        if path in self.lose:
            self.lose.discard(path)
            raise FetchError("the answer took longer than the time limit")
        return Answer(response.status_code, dict(response.headers), response.content)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    folder = tmp_path / "issuer"
    folder.mkdir()
    return Desk(folder)


@pytest.fixture
def wire(desk: Desk) -> Wire:
    return Wire(desk)


@pytest.fixture
def receiver(desk: Desk, wire: Wire, tmp_path: Path) -> Iterator[Receiver]:
    with Holder.create(
        tmp_path / "wallet.ddcc",
        PASSPHRASE,
        resolve=resolver(),
        clock=lambda: desk.clock.now,
        parameters=CHEAP,
    ) as holder:
        holder.new_key("Anna")
        yield Receiver(holder, IssuerClient(wire), sleep=lambda seconds: desk.clock.advance(seconds=seconds))


def minted(desk: Desk) -> int:
    """Return how many credentials the issuer has made."""
    with desk.store.reading() as reading:
        return len(list(reading.records()))


def typed(code: str | None) -> AskCode:
    def ask(tx_code: TxCode, attempt: int) -> str | None:
        return code

    return ask


def test_a_credential_is_offered_issued_and_kept(receiver: Receiver, desk: Desk, wire: Wire) -> None:
    created = desk.offer()
    planned = receiver.plan(created.link)
    assert (planned.issuer, planned.issuer_name) == ("https://issuer.example", "Ministry of Health")
    result = receiver.receive(planned, typed(created.tx_code))
    (stored,) = result.stored
    assert (stored.added.view.title, stored.added.view.key_name) == ("Vaccination status", "Anna")
    ((_, told),) = desk.issuance.offering.listed(now=desk.clock.now)
    assert told == ("credential_accepted",)


def test_an_unlinkable_credential_is_bound_to_no_key(receiver: Receiver, desk: Desk) -> None:
    created = desk.offer(suite="bbs-2023")
    planned = receiver.plan(created.link)
    assert planned.key is None
    (stored,) = receiver.receive(planned, typed(created.tx_code)).stored
    assert stored.added.view.bound_to == ()


def test_copies_for_one_use_come_with_a_new_key_each(receiver: Receiver, desk: Desk) -> None:
    created = desk.offer()
    planned = receiver.plan(created.link, Choice(copies=3))
    assert len(receiver.receive(planned, typed(created.tx_code)).stored) == 3
    views = receiver.holder.credentials()
    assert len({view.bound_to for view in views}) == 3
    assert all(view.single_use for view in views)


def test_a_wrong_transaction_code_is_refused_and_the_right_one_still_works(
    receiver: Receiver, desk: Desk
) -> None:
    """F3."""
    created = desk.offer()
    codes = iter(["000000" if created.tx_code != "000000" else "111111", created.tx_code])
    result = receiver.receive(receiver.plan(created.link), lambda tx_code, attempt: next(codes))
    assert len(result.stored) == 1


def test_a_guessed_transaction_code_kills_the_offer(receiver: Receiver, desk: Desk) -> None:
    """F2."""
    created = desk.offer()
    wrong = "000000" if created.tx_code != "000000" else "111111"
    planned = receiver.plan(created.link)
    for code in (wrong, created.tx_code):
        with pytest.raises(InvalidGrantError):
            receiver.receive(planned, typed(code))
    assert receiver.holder.credentials() == []


@pytest.mark.parametrize("copies", [1, 3])
def test_a_lost_credential_comes_again_and_is_the_same(
    receiver: Receiver, desk: Desk, wire: Wire, copies: int
) -> None:
    """F10: never two status indexes for one dose."""
    created = desk.offer()
    wire.lose = {"/credential"}
    with pytest.raises(FetchError):
        receiver.receive(receiver.plan(created.link, Choice(copies=copies)), typed(created.tx_code))
    result = receiver.receive(receiver.plan(created.link), typed(None))
    assert len(result.stored) == copies
    assert wire.paths.count("/token") == 1
    assert minted(desk) == copies


def test_a_deferred_credential_comes_when_the_issuer_decided(receiver: Receiver, desk: Desk) -> None:
    created = desk.offer(deferred=True)
    promised = receiver.receive(receiver.plan(created.link), typed(created.tx_code))
    assert (promised.stored, len(promised.waiting)) == ((), 1)
    assert len(receiver.resume(wait=20).waiting) == 1
    desk.issuance.offering.decide(created.offer_id, approve=True, now=desk.clock.now)
    assert len(receiver.resume(wait=20).stored) == 1


def test_a_lost_deferred_credential_is_not_minted_twice(receiver: Receiver, desk: Desk, wire: Wire) -> None:
    """F10: the transaction is used up, and the same request for the same key gets the same credential."""
    created = desk.offer(deferred=True)
    receiver.receive(receiver.plan(created.link), typed(created.tx_code))
    desk.issuance.offering.decide(created.offer_id, approve=True, now=desk.clock.now)
    desk.clock.advance(seconds=5)
    wire.lose = {"/deferred_credential"}
    with pytest.raises(FetchError):
        receiver.resume()
    assert len(receiver.resume().stored) == 1
    assert minted(desk) == 1


def test_a_deferred_credential_that_the_issuer_refuses_is_given_up(receiver: Receiver, desk: Desk) -> None:
    created = desk.offer(deferred=True)
    receiver.receive(receiver.plan(created.link), typed(created.tx_code))
    desk.issuance.offering.decide(created.offer_id, approve=False, now=desk.clock.now)
    desk.clock.advance(seconds=5)
    assert [err.code for err in receiver.resume().refused] == ["credential_request_denied"]
    assert receiver.unfinished == 0


def test_a_used_offer_gives_nothing_again(receiver: Receiver, desk: Desk) -> None:
    """F1."""
    created = desk.offer()
    planned = receiver.plan(created.link)
    receiver.receive(planned, typed(created.tx_code))
    with pytest.raises(InvalidGrantError):
        receiver.receive(planned, typed(created.tx_code))
    with pytest.raises(FetchError, match="redeemed before"):
        receiver.plan(created.link)
    assert len(receiver.holder.credentials()) == 1

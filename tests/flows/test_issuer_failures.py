"""The issuer's service when its database is locked, and when it is killed while wallets fetch credentials.

Over real sockets, with OpenID4VCI: what the management calls do then is in `test_issuer_service.py`.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from issuer.auditing import verify_audit
from issuer.store import IssuerStore
from protocols.oid4vci import PRE_AUTHORIZED_GRANT, build_jwt_proof
from tests.flows.network import Network, Offer, issuer_running, make_network
from tests.issuer.wallet_client import VACCINATION_SD, status_indexes, wallet_key
from tests.processes import wait_until

WALLETS = 6


@pytest.fixture
def network(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Network:
    if database_url.startswith("postgresql"):
        monkeypatch.setenv("DDCC_ISSUER_DATABASE", database_url)
    return make_network(tmp_path)


@pytest.fixture
def small_network(tmp_path: Path) -> Network:
    return make_network(tmp_path)


def database(network: Network) -> str:
    return os.environ.get("DDCC_ISSUER_DATABASE") or f"sqlite:///{network.folder}/issuer/issuer.sqlite"


def redeem(network: Network, offer: Offer) -> httpx.Response:
    fields = {"grant_type": PRE_AUTHORIZED_GRANT, "pre-authorized_code": offer.code}
    return httpx.post(f"{network.issuer_url}/token", data=fields, timeout=60)


def fetch(network: Network, token: str, number: int) -> httpx.Response:
    """Ask for the credential of a token with a proof of this wallet's key."""
    nonce = httpx.post(f"{network.issuer_url}/nonce", timeout=60).json()["c_nonce"]
    proof = build_jwt_proof(
        wallet_key(number + 1), issuer=network.issuer_url, now=datetime.now(UTC), nonce=nonce
    )
    body = {"credential_configuration_id": VACCINATION_SD, "proofs": {"jwt": [proof]}}
    headers = {"authorization": f"Bearer {token}"}
    return httpx.post(f"{network.issuer_url}/credential", json=body, headers=headers, timeout=60)


@contextmanager
def locked(network: Network) -> Iterator[None]:
    """Let another process hold the database's only right to write."""
    other = sqlite3.connect(network.folder / "issuer" / "issuer.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.rollback()
        other.close()


def test_with_its_database_locked_no_wallet_gets_anything_and_afterwards_each_gets_its_own(
    small_network: Network,
) -> None:
    """M11: 503, nothing spent and nothing signed, and no start by hand."""
    network = small_network
    first, second = network.offer("--no-tx-code"), network.offer("--no-tx-code")
    with issuer_running(network):
        token = redeem(network, second).json()["access_token"]
        with locked(network), ThreadPoolExecutor(3) as threads:
            asked = (
                threads.submit(redeem, network, first),
                threads.submit(fetch, network, token, 1),
                threads.submit(httpx.get, f"{network.issuer_url}/readyz", timeout=60),
            )
            refused = [each.result() for each in asked]
            assert [answer.status_code for answer in refused] == [503] * 3
            assert not any("sqlite" in answer.text or "locked" in answer.text for answer in refused)
            assert httpx.get(f"{network.issuer_url}/healthz", timeout=60).status_code == 200
        assert records(network) == {}
        assert redeem(network, first).status_code == 200
        assert fetch(network, token, 1).status_code == 200
        assert httpx.get(f"{network.issuer_url}/readyz", timeout=60).status_code == 200
    assert len(records(network)) == 1


def records(network: Network) -> dict[str, list[str]]:
    """The status positions of each record, after the audit log was found whole."""
    store = IssuerStore.open(database(network), make=False)
    try:
        report = verify_audit(store)
        with store.reading() as reading:
            found = {
                record.record_id: [
                    f"{each.status_list.url} {each.position}"
                    for each in reading.lists.positions(record.record_id)
                ]
                for record in reading.records()
            }
    finally:
        store.close()
    assert report.records == len(found)
    return found


def test_killed_while_wallets_fetch_it_starts_again_and_each_gets_one_credential(network: Network) -> None:
    """M10, M12, F1, F10: every wallet asks again; no code is spent twice and no index used twice."""
    place = database(network)
    offers = [network.offer("--no-tx-code") for _ in range(WALLETS)]
    tokens: dict[int, str] = {}
    got: dict[int, Any] = {}

    def collect(number: int) -> None:
        # The connection breaks when the service is killed.
        with suppress(httpx.HTTPError, KeyError):
            if number not in tokens:
                tokens[number] = redeem(network, offers[number]).json()["access_token"]
            answer = fetch(network, tokens[number], number)
            if answer.status_code == 200:
                got.setdefault(number, answer.json()["credentials"])
                assert got[number] == answer.json()["credentials"]

    def all_at_once(meanwhile: Callable[[], None]) -> None:
        threads = [threading.Thread(target=collect, args=(number,)) for number in range(WALLETS)]
        for thread in threads:
            thread.start()
        meanwhile()
        for thread in threads:
            thread.join(120)
            assert not thread.is_alive()

    with issuer_running(network, "--workers", 2, "--database", place) as process:
        children = Path(f"/proc/{process.popen.pid}/task/{process.popen.pid}/children").read_text().split()

        def kill() -> None:
            wait_until(lambda: len(tokens) >= 2)
            for pid in (process.popen.pid, *map(int, children)):
                os.kill(pid, signal.SIGKILL)

        all_at_once(kill)
    kept = records(network)
    assert len(kept) >= len(got)

    with issuer_running(network, "--database", place):
        all_at_once(lambda: None)
        # Whose token was spent while the answer got lost cannot have another: it is gone with the answer.
        lost = {number for number in range(WALLETS) if number not in tokens}
        assert all(redeem(network, offers[number]).status_code == 400 for number in lost)
    assert got.keys() == tokens.keys()
    positions = records(network)
    assert len(positions) == len(got)
    taken = [each for mine in positions.values() for each in mine]
    assert len(taken) == len(set(taken))
    shown = [
        index for credentials in got.values() for index in status_indexes([credentials[0]["credential"]])
    ]
    assert {f"{url} {index}" for url, index in shown} == set(taken)

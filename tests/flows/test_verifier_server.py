"""`ddcc verifier serve` and `ddcc wallet serve` as processes: real sockets, real races, one answer taken."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from runtime.database import sqlite_url
from runtime.serving import bind_loopback, port_of
from tests.flows.conftest import Site, in_process
from tests.processes import Process, running

ENTRY = {
    "type": "QueryByExample",
    "credentialQuery": {
        "example": {"type": "VaccinationStatusCredential", "credentialSubject": {"name": ""}},
    },
}
RACING = 8


@dataclass
class Venue:
    """A verifier's home, its URL, and a token to start exchanges with."""

    site: Site
    url: str
    database: str
    token: str

    @property
    def home(self) -> tuple[object, ...]:
        return ("--home", self.site.folder / "verifier")

    @contextmanager
    def serving(self, port: int, *options: object) -> Iterator[Process]:
        """Serve in a process of its own, and let it end well."""
        place = ("--port", port, "--offline", "--database", self.database)
        with running("ddcc", "verifier", "serve", *self.home, *place, *options) as process:
            assert f"http://127.0.0.1:{port}" in process.read_line()
            yield process
            process.ask_to_stop()
            code, errors = process.wait()
        # It ended when it was asked to, and had nothing to complain about (M12).
        assert (code, complaints(errors)) == (0, [])


def complaints(errors: str) -> list[str]:
    """Return what a server wrote besides its log of requests and the warnings it starts with."""
    lines = [line for line in errors.splitlines() if not line.startswith("warning: ")]
    return [line for line in lines if '"level": "info"' not in line]


def free_port() -> int:
    with bind_loopback(0) as bound:
        return port_of(bound)


def venue_at(site: Site, port: int, database: str) -> Venue:
    url = f"http://127.0.0.1:{port}"
    home = site.folder / "verifier"
    made = in_process("verifier", "init", "--name", "Venue", "--url", url, "--home", home)
    assert made.code == 0, made.err
    shutil.copy(site.folder / "trust.json", home / "trust.json")
    token = in_process("verifier", "token", "create", "desk", "--home", home, "--database", database)
    return Venue(site, url, database, token.out.strip())


@pytest.fixture
def venue(site: Site, database_url: str, tmp_path: Path) -> Venue:
    """On each kind of database that several processes can share."""
    database = sqlite_url(tmp_path / "venue.sqlite") if database_url == "sqlite://" else database_url
    return venue_at(site, free_port(), database)


@pytest.fixture
def small_venue(site: Site, tmp_path: Path) -> Venue:
    return venue_at(site, free_port(), sqlite_url(tmp_path / "venue.sqlite"))


def held(site: Site) -> None:
    """Let Alice's wallet hold a credential."""
    _, file = site.mint()
    added = in_process("wallet", "add", file, *site.alice)
    assert added.code == 0, added.err


def port_in(url: str) -> int:
    return int(url.rpartition(":")[2])


def test_two_servers_over_one_database_take_one_answer(venue: Venue) -> None:
    """E1, M10: clients race for one challenge, at two processes; afterwards both know that it is spent."""
    held(venue.site)
    other = free_port()
    with venue.serving(port_in(venue.url)), venue.serving(other):
        servers = [venue.url, f"http://127.0.0.1:{other}"]
        sent = httpx.post(f"{venue.url}/challenges", timeout=30).json()
        asked = ("--challenge", sent["challenge"], "--domain", sent["domain"])
        presented = in_process("wallet", "present", "--for", "venue", *asked, "--yes", *venue.site.alice)
        assert presented.code == 0, presented.err
        body = {"verifiablePresentation": presented.json, "options": {"challenge": sent["challenge"]}}
        results: list[bool] = []

        def answer(number: int) -> None:
            done = httpx.post(f"{servers[number % 2]}/presentations/verify", json=body, timeout=60)
            results.append(done.json()["verified"])

        threads = [threading.Thread(target=answer, args=(number,)) for number in range(RACING)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        assert sorted(results) == [False] * (RACING - 1) + [True]
        for server in servers:
            again = httpx.post(f"{server}/presentations/verify", json=body, timeout=60).json()
            assert [problem["title"] for problem in again["problemDetails"]] == ["INVALID_CHALLENGE_ERROR"]


def begin(venue: Venue) -> tuple[Any, dict[str, str]]:
    """Return a new exchange and the headers to look at it with. Any: JSON."""
    headers = {"authorization": f"Bearer {venue.token}"}
    step = {"verifiablePresentationRequest": {"query": [ENTRY]}}
    workflow = httpx.post(
        f"{venue.url}/workflows",
        json={"steps": {"ask": step}, "initialStep": "ask"},
        headers=headers,
        timeout=30,
    )
    exchanges = f"{workflow.headers['location']}/exchanges"
    return httpx.post(exchanges, json={}, headers=headers, timeout=30).json(), headers


def test_a_wallet_answers_an_exchange_over_the_network(small_venue: Venue) -> None:
    venue = small_venue
    held(venue.site)
    with venue.serving(port_in(venue.url), "--workers", 2):
        exchange, headers = begin(venue)
        interact = ("wallet", "interact", exchange["interactionUrl"], *venue.site.alice)
        unasked = in_process(*interact, "--allow-loopback")
        assert (unasked.code, "nothing left the wallet" in unasked.err) == (1, True)
        refused = in_process(*interact, "--yes")
        assert refused.code == 3, "plain http is for development"
        answered = in_process(*interact, "--allow-loopback", "--yes")
        assert (answered.code, answered.out) == (0, "sent\n"), answered.err
        assert "Aulus Agerius" in answered.err
        ended = httpx.get(exchange["id"], headers=headers, timeout=30).json()
        assert ended["state"] == "complete"
        result = ended["variables"]["results"]["ask"]
        # It serves offline, so whether the credential was withdrawn is open.
        assert (result["outcome"], {reason["code"] for reason in result["reasons"]}) == (
            "undecided",
            {"not-checked"},
        )
        again = in_process(*interact, "--allow-loopback", "--yes")
        assert (again.code, "409" in again.err) == (1, True)


def test_the_holders_service_asks_for_its_token(site: Site) -> None:
    held(site)
    token = site.folder / "token"
    with running("ddcc", "wallet", "serve", "--port", 0, "--token-file", token, *site.alice) as process:
        url = process.read_line()
        headers = {"authorization": f"Bearer {token.read_text().strip()}"}
        assert httpx.get(f"{url}/presentations", timeout=30).status_code == 401
        assert httpx.get(f"{url}/presentations", headers=headers, timeout=30).status_code == 200
        process.ask_to_stop()
        code, errors = process.wait()
    assert (code, errors.splitlines()) == (
        0,
        ["warning: nobody is asked: whoever has the token decides what leaves the wallet"],
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--host", "0.0.0.0"), "can be reached from other machines"),
        (("--tls-certificate", "venue.pem"), "--tls-certificate and --tls-key are needed together"),
    ],
)
def test_a_server_that_would_be_unsafe_does_not_start(
    small_venue: Venue, options: tuple[str, ...], message: str
) -> None:
    refused = in_process("verifier", "serve", *small_venue.home, *options)
    assert (refused.code, message in refused.err) == (2, True)


def test_the_settings_in_effect_are_shown(small_venue: Venue) -> None:
    shown = in_process("verifier", "config", *small_venue.home, "--json").json
    assert shown["name"] == {"value": "Venue", "source": "file"}
    assert shown["challenge_seconds"] == {"value": 600, "source": "default"}
    lines = in_process("verifier", "config", *small_venue.home).out.splitlines()
    assert any(line.startswith("url ") and small_venue.url in line for line in lines)


def test_a_verifier_is_set_up_once(small_venue: Venue) -> None:
    again = in_process("verifier", "init", "--name", "Other", *small_venue.home)
    again.assert_error(5, "store")
    wrong = in_process("verifier", "init", "--name", "V", "--url", "http://v.example", *small_venue.home)
    wrong.assert_error(2, "configuration")


def test_tokens_are_listed_and_revoked(small_venue: Venue) -> None:
    place = (*small_venue.home, "--database", small_venue.database)
    assert in_process("verifier", "token", "list", *place, "--json").json["tokens"][0]["name"] == "desk"
    assert in_process("verifier", "token", "revoke", "desk", *place).code == 0
    in_process("verifier", "token", "revoke", "desk", *place).assert_error(2, "configuration")

"""`ddcc issuer serve` as real processes: several over one database, killed and stopped in the middle."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from issuer.access import Role, create_token
from issuer.auditing import AuditReport, verify_audit
from issuer.config import IssuerConfig, save_config
from issuer.keys import generate_keys, save_keys
from issuer.store import IssuerStore
from runtime.commands import utc_now
from runtime.database import sqlite_url
from runtime.serving import loopback_certificate
from tests.flows.conftest import CHEAP, PASSPHRASE, in_process
from tests.processes import Process, running, wait_until
from tests.world import VACCINATION, changed
from vclib.strict_json import JSONObject, dump_json

URL = "https://issuer.example"


@dataclass(frozen=True)
class Site:
    """An issuer's folder and its database, and tokens for both kinds of management."""

    home: Path
    database: str
    minter: str
    revoker: str

    @contextmanager
    def serving(self, *options: object) -> Iterator[tuple[Process, str]]:
        """Run the service; gives the process and the address it answers at."""
        command = ("issuer", "serve", "--port", 0, "--home", self.home, "--database", self.database)
        secret = ("--passphrase-file", self.home / "passphrase")
        with running("ddcc", *command, *secret, *options) as process:
            first = process.read_line()
            yield process, first.partition(" answers at ")[2].partition(" ")[0]

    def audit(self) -> AuditReport:
        store = IssuerStore.open(self.database, make=False)
        try:
            return verify_audit(store)
        finally:
            store.close()

    def positions(self) -> dict[str, list[str]]:
        """The status positions of each record."""
        store = IssuerStore.open(self.database, make=False)
        with store.reading() as reading:
            found = {
                record.record_id: [
                    f"{each.status_list.url} {each.position}"
                    for each in reading.lists.positions(record.record_id)
                ]
                for record in reading.records()
            }
        store.close()
        return found


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Site:
    home = tmp_path / "issuer"
    home.mkdir()
    database = (
        sqlite_url(home / "issuer.sqlite")
        if request.param == "sqlite"
        else str(request.getfixturevalue("postgres_url"))
    )
    keys = generate_keys()
    config = IssuerConfig(home=home, name="Ministry of Health", url=URL, dids=keys.dids)
    save_keys(keys, config.keys_path, PASSPHRASE, parameters=CHEAP)
    save_config(config)
    (home / "passphrase").write_text(PASSPHRASE)
    (home / "passphrase").chmod(0o600)
    store = IssuerStore.open(database)
    minter, revoker = (
        create_token(store, name="tests", role=role, days=1, now=utc_now())[0]
        for role in (Role.MINTER, Role.REVOKER)
    )
    store.close()
    return Site(home, database, minter, revoker)


def _mint(address: str, token: str, name: str, key: str | None = None) -> httpx.Response:
    record = changed(VACCINATION, name=name)
    headers = {"authorization": f"Bearer {token}"} | ({"idempotency-key": key} if key else {})
    body = {"record": record, "options": {"unbound": True}}
    return httpx.post(f"{address}/mint", json=body, headers=headers, timeout=60)


def _revoke(address: str, token: str, credential_id: str) -> httpx.Response:
    body: JSONObject = {
        "credentialId": credential_id,
        "credentialStatus": {"type": "BitstringStatusListEntry", "statusPurpose": "revocation"},
        "status": True,
    }
    headers = {"authorization": f"Bearer {token}"}
    return httpx.post(f"{address}/credentials/status", json=body, headers=headers, timeout=60)


def _together(*deeds: Any) -> None:
    """Do all at once. Any: functions without arguments."""
    threads = [threading.Thread(target=deed) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
        assert not thread.is_alive()


def test_two_services_and_racing_clients_behave_as_one(site: Site) -> None:
    """M10, H9, F10: no index twice, no credential without a record, no revocation lost."""
    with ExitStack() as stack:
        addresses = [stack.enter_context(site.serving("--workers", 2))[1] for _ in range(2)]
        answers: list[httpx.Response] = []

        def client(number: int) -> None:
            for turn in range(3):
                address = addresses[(number + turn) % 2]
                mine = _mint(address, site.minter, f"Person {number} {turn}")
                shared = _mint(addresses[turn % 2], site.minter, f"Shared {turn}", key=f"shared {turn}")
                revoked = _revoke(address, site.revoker, mine.json()["verifiableCredential"]["id"])
                answers.extend((mine, shared, revoked))

        _together(*(lambda number=number: client(number) for number in range(4)))
        assert [answer.status_code for answer in answers] == [201, 201, 200] * 12
        lists = {httpx.get(f"{address}/status-lists/revocation-1").content for address in addresses}
    assert len(lists) == 1
    minted = {answer.json()["recordId"] for answer in answers if answer.status_code == 201}
    positions = site.positions()
    assert positions.keys() == minted
    assert len(minted) == 4 * 3 + 3
    taken = [each for mine in positions.values() for each in mine]
    assert len(taken) == len(set(taken)) == 2 * 15
    # The audit compares the published lists with the register, so no change was lost.
    assert site.audit().records == 15


def test_killed_in_the_middle_of_issuing_it_starts_again_and_nothing_is_lost(site: Site) -> None:
    """M10, M12: what somebody has is remembered, and asking again gives the same."""
    answers: dict[str, JSONObject] = {}

    def issue(address: str, number: int) -> None:
        # The connection breaks when the service is killed.
        with suppress(httpx.HTTPError):
            for turn in range(50):
                name = f"Person {number} {turn}"
                answer = _mint(address, site.minter, name, key=name)
                if answer.status_code == 201:
                    answers[name] = answer.json()

    with site.serving("--workers", 2) as (process, address):

        def kill() -> None:
            wait_until(lambda: len(answers) >= 4)
            children = Path(f"/proc/{process.popen.pid}/task/{process.popen.pid}/children").read_text()
            for pid in (process.popen.pid, *map(int, children.split())):
                os.kill(pid, signal.SIGKILL)

        _together(kill, *(lambda number=number: issue(address, number) for number in range(4)))
    positions = site.positions()
    assert {str(answer["recordId"]) for answer in answers.values()} <= positions.keys()
    taken = [each for mine in positions.values() for each in mine]
    assert len(taken) == len(set(taken))
    assert site.audit().records == len(positions)
    with site.serving() as (_, address):
        for name, answer in answers.items():
            assert _mint(address, site.minter, name, key=name).json() == answer
        assert _mint(address, site.minter, "Somebody else").status_code == 201
    assert site.audit().records == len(positions) + 1


def test_asked_to_stop_it_finishes_what_is_in_flight(site: Site) -> None:
    """M12: every answer that was given is complete, and every record was answered."""
    answered: list[str] = []
    with site.serving() as (process, address):

        def client() -> None:
            with suppress(httpx.HTTPError):
                for turn in range(100):
                    answer = _mint(address, site.minter, f"Person {turn}")
                    assert answer.status_code == 201
                    answered.append(answer.json()["recordId"])

        def stop() -> None:
            wait_until(lambda: len(answered) >= 2)
            process.ask_to_stop()

        _together(client, stop)
        assert process.wait()[0] == 0
    assert site.positions().keys() == set(answered)


def test_commands_can_be_used_beside_the_service(site: Site) -> None:
    home = ("--home", site.home)
    secret = ("--passphrase-file", site.home / "passphrase")
    (site.home / "record.json").write_text(dump_json(VACCINATION))
    with site.serving() as (_, address), pytest.MonkeyPatch.context() as environment:
        environment.setenv("DDCC_ISSUER_DATABASE", site.database)
        minted = in_process(
            "issuer",
            "mint",
            site.home / "record.json",
            "--no-holder",
            "--out",
            site.home,
            "--json",
            *home,
            *secret,
        )
        assert minted.code == 0, minted.err
        (record,) = minted.json["minted"]
        before = httpx.get(f"{address}/status-lists/revocation-1").headers["etag"]
        assert in_process("issuer", "revoke", record["recordId"], *home, *secret).code == 0
        assert httpx.get(f"{address}/status-lists/revocation-1").headers["etag"] != before
        created = in_process("issuer", "token", "create", "--name", "x", "--role", "minter", "--json", *home)
        token = created.json["token"]
        assert _mint(address, token, "Somebody").status_code == 201
        assert in_process("issuer", "token", "revoke", created.json["id"], *home).code == 0
        assert _mint(address, token, "Somebody else").status_code == 401
        assert in_process("issuer", "audit", "verify", *home, "--json").json["records"] == 2
    assert not (site.home / "status").exists()


def test_it_serves_over_tls(site: Site) -> None:
    with loopback_certificate(utc_now()) as tls:
        options = ("--tls-certificate", tls.certificate, "--tls-key", tls.key)
        with site.serving(*options) as (_, address):
            assert address.startswith("https://")
            answer = httpx.get(f"{address}/audit", verify=False)  # noqa: S501  our own throw-away certificate
            assert answer.status_code == 401


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--host", "0.0.0.0"), "would be reached without TLS"),
        (("--tls-key", "key.pem"), "needed together"),
        (("--database", "sqlite:////nowhere/issuer.sqlite"), "nowhere"),
    ],
)
def test_a_service_that_would_be_unsafe_or_useless_does_not_start(
    site: Site, options: tuple[str, ...], message: str
) -> None:
    secret = ("--passphrase-file", site.home / "passphrase")
    with running("ddcc", "issuer", "serve", "--port", 0, "--home", site.home, *secret, *options) as process:
        code, errors = process.wait(60)
    assert code != 0
    assert message in errors
    assert "Traceback" not in errors

"""verifier.caching with a real host on this machine: what it is asked, and what counts when it is gone."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from issuer.service import Issuer
from runtime.database import sqlite_url
from runtime.fetch import Fetcher
from tests.runtime.servers import Server
from tests.world import RECOVERY, VACCINATION, World, reasons
from vclib.keys import KeyType, PrivateKey, encode_multikey
from vclib.policy import Outcome, TrustedIssuers
from vclib.proofs import add_proof
from vclib.strict_json import JSONObject, dump_json
from verifier.caching import Ages, DocumentCache
from verifier.environment import Sources
from verifier.service import CheckResult, Question, Verifier
from verifier.store import VerifierStore

AGES = Ages(timedelta(minutes=5), timedelta(hours=24))
CHALLENGE, DOMAIN = "c-1", "https://venue.example"


class Host:
    """A host on this machine with documents by path; everything else is not there."""

    def __init__(self) -> None:
        self.documents: dict[str, JSONObject] = {}
        self.is_down = False
        self.server = Server(self._answer)

    def _answer(self, connection: socket.socket, request: bytes) -> None:
        if self.is_down:
            # It hangs up without a word.
            return
        path = request.split(b" ")[1].decode()
        found = self.documents.get(path)
        body = b"" if found is None else dump_json(found).encode()
        status = b"404 Not Found" if found is None else b"200 OK"
        head = b"HTTP/1.1 %s\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % (status, len(body))
        connection.sendall(head + body)


@pytest.fixture
def host() -> Iterator[Host]:
    host = Host()
    yield host
    host.server.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[VerifierStore]:
    store = VerifierStore.open(sqlite_url(tmp_path / "verifier.sqlite"))
    yield store
    store.close()


def verifier(store: VerifierStore, trusted: TrustedIssuers | None) -> Verifier:
    fetch = Fetcher(allow_loopback=True)
    documents = DocumentCache(store.database, fetch, status=AGES, dids=AGES)
    return Verifier(trusted, sources=Sources(trusted, fetch=fetch, documents=documents))


def publish(world: World, host: Host) -> None:
    """Let the host serve the issuer's lists as they are now."""
    origin = f"https://localhost:{host.server.port}"
    host.documents = {url.removeprefix(origin): document for url, document in world.status_lists.items()}


def test_a_host_of_lists_is_asked_the_same_whoever_is_checked(
    world: World, host: Host, store: VerifierStore
) -> None:
    """H12: whole lists, by their path alone, without cookie, referrer or anything of a holder."""
    url = f"https://localhost:{host.server.port}/lists"
    world.issuer = Issuer(replace(world.config, status_url=url), world.store, world.keys)
    people = [(world.person(11), VACCINATION), (world.person(12), RECOVERY)]
    shown = [
        person.present(world.mint(record, person), challenge=CHALLENGE, domain=DOMAIN)
        for person, record in people
    ]
    publish(world, host)
    for presentation in shown:
        # Each by a verifier that has no copy yet.
        checking = verifier(VerifierStore.open("sqlite://"), world.trusted)
        result = checking.check(presentation, Question(CHALLENGE, DOMAIN), now=world.clock.now)
        assert result.verdict.outcome is Outcome.ACCEPTED
    first, second = host.server.requests[:2], host.server.requests[2:]
    assert sorted(first) == sorted(second)
    for request in first:
        head = request.decode().lower()
        assert "?" not in head.splitlines()[0]
        assert not any(name in head for name in ("cookie", "referer", "authorization", "did:"))


def test_a_list_whose_host_is_gone_counts_for_its_time_and_is_said_to_be_old(
    world: World, host: Host, store: VerifierStore
) -> None:
    """G10, H1, M4."""
    url = f"https://localhost:{host.server.port}/lists"
    world.issuer = Issuer(replace(world.config, status_url=url), world.store, world.keys)
    alice = world.person(11)
    credential = world.mint(VACCINATION, alice)
    publish(world, host)
    checking = verifier(store, world.trusted)

    def check() -> CheckResult:
        shown = alice.present(credential, challenge=CHALLENGE, domain=DOMAIN)
        return checking.check(shown, Question(CHALLENGE, DOMAIN), now=world.clock.now)

    assert check().verdict.outcome is Outcome.ACCEPTED
    host.is_down = True
    world.clock.advance(hours=1)
    old = check()
    assert (old.verdict.outcome, reasons(old)) == (Outcome.UNDECIDED, ["old-copy", "old-copy"])
    checking = replace(checking, accept_old_copies=True)
    assert check().verdict.outcome is Outcome.ACCEPTED
    world.clock.advance(hours=24)
    late = check()
    assert (late.verdict.outcome, reasons(late)) == (Outcome.UNDECIDED, ["not-checked", "not-checked"])


def test_a_did_web_issuer_is_checked_by_a_copy_while_its_host_is_gone(
    world: World, host: Host, store: VerifierStore
) -> None:
    """G10: could not be checked, which is another answer than forged."""
    did = f"did:web:localhost%3A{host.server.port}"
    key = PrivateKey.from_secret_bytes(KeyType.P256, bytes([9]) * 32)
    method: JSONObject = {
        "id": f"{did}#key-1",
        "type": "Multikey",
        "controller": did,
        "publicKeyMultibase": encode_multikey(key.public_key),
    }
    host.documents["/.well-known/did.json"] = {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
        "id": did,
        "verificationMethod": [method],
        "assertionMethod": [f"{did}#key-1"],
    }
    credential = add_proof(
        {
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "type": ["VerifiableCredential"],
            "issuer": did,
            "credentialSubject": {"description": "Recovered"},
        },
        cryptosuite="ecdsa-rdfc-2019",
        key=key,
        verification_method=f"{did}#key-1",
        created=world.clock.now,
    )
    trusted = TrustedIssuers.from_json({"issuers": [{"id": did, "name": "Ministry"}]})
    checking = verifier(store, trusted)

    def check() -> CheckResult:
        return checking.check(credential, Question(), now=world.clock.now)

    assert check().verdict.outcome is Outcome.ACCEPTED
    host.is_down = True
    world.clock.advance(hours=2)
    old = check()
    assert (old.verdict.outcome, "old-copy" in reasons(old)) == (Outcome.UNDECIDED, True)
    world.clock.advance(hours=24)
    late = check()
    assert (late.verdict.outcome, reasons(late)) == (Outcome.UNDECIDED, ["not-checked"])

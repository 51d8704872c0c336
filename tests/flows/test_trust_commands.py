"""`ddcc trust` as a person types it, on real files."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from runtime.serving import bind_loopback, port_of
from tests.flows.conftest import Ran, in_process
from tests.processes import running
from tests.registries import PUBLISHER, VACCINATION_TYPE, action, entity
from tests.registries import registry as unsigned
from tests.trust_lists import (
    CONTEXT,
    CONTEXTS,
    NOW,
    SIGNING_DID,
    YEAR,
    Authority,
    Network,
    content,
    gateway_entry,
    method,
    pem,
)
from tests.vclib.parties import party
from vclib.datetimes import parse_datetime
from vclib.strict_json import JSONObject, JSONValue

AUTHORITY = Authority()
MINISTRY = party(22).did
# The clock of a command is the machine's, so what it takes in has begun long ago and does not end.
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)
LATER = {"validFrom": "2025-02-01T00:00:00Z"}


def endless(*entities: JSONObject, **members: JSONValue) -> bytes:
    """Return a signed registry, by default one that recognises the ministry for vaccinations."""
    registry = unsigned(*(entities or (entity(MINISTRY, action(VACCINATION_TYPE)),)))
    del registry["validUntil"]
    begun = registry | {"validFrom": "2025-01-01T00:00:00Z"} | members
    return content(PUBLISHER.sign(begun, created=parse_datetime(begun["validFrom"])))


def trust(*arguments: object) -> Ran:
    return in_process("trust", *arguments)


def credential(number: int) -> JSONObject:
    """Return a credential by the party of this number."""
    issuer = party(number)
    document: JSONObject = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiableCredential"],
        "issuer": issuer.did,
        "credentialSubject": {"id": "did:example:holder"},
    }
    return issuer.sign(document, created=LONG_AGO)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DDCC_VERIFIER_HOME", str(tmp_path / "venue"))
    return tmp_path / "venue"


@pytest.fixture
def who(tmp_path: Path) -> Path:
    """A list of two signers, of whom one has ended."""
    ended = AUTHORITY.signer(2, valid_until=NOW - YEAR / 2)
    document = Network().document(
        method(AUTHORITY.signer(), AUTHORITY.certificate),
        method(ended, AUTHORITY.certificate, country="XBB"),
        method(AUTHORITY.certificate, usage="CSCA"),
    )
    path = tmp_path / "who" / "did.json"
    path.parent.mkdir()
    path.write_bytes(content(document))
    return path


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    path = tmp_path / "registry.json"
    path.write_bytes(endless())
    return path


def test_an_audit_needs_no_home_and_counts_by_country(who: Path) -> None:
    ran = trust("audit", who, "--at", "2026-07-01T12:00:00Z")
    assert ran.code == 0
    assert "1 of 2 signer certificates have expired; 1 can be used now" in ran.out
    lines = [line.split() for line in ran.out.splitlines()]
    assert ["XAA", "2", "1", "0", "1"] in lines
    assert ["XBB", "1", "1", "1", "0", "expired", "1"] in lines


def test_an_audit_as_json(who: Path) -> None:
    [found] = trust("audit", who, "--at", "2026-07-01T12:00:00Z", "--json").json["audits"]
    assert (found["kind"], found["ageDays"]) == ("gdhcn", 1)
    assert (found["whole"]["signers"], found["whole"]["signersExpired"]) == (2, 1)
    assert [finding["country"] for finding in found["findings"] if finding["code"] == "expired"] == ["XBB"]


def test_a_list_is_taken_in_listed_audited_and_removed(home: Path, registry: Path) -> None:
    ran = trust("import", registry, "--publisher", PUBLISHER.did, "--name", "ours")
    assert ran.code == 0
    assert f"signed by {PUBLISHER.did}" in ran.out
    listed = trust("list")
    assert "Ministry of Health  (ours)" in listed.out
    assert "for        VaccinationStatusCredential" in listed.out
    [issuer] = trust("list", "--json").json["issuers"]
    assert (issuer["id"], issuer["types"], issuer["source"]) == (MINISTRY, [VACCINATION_TYPE], "ours")
    [source] = trust("sources", "--json").json["sources"]
    assert (source["name"], source["location"]) == ("ours", str(registry))
    assert trust("audit", "ours").out.startswith("ours  recognized-entities of ")
    assert trust("refresh").out == "ours: unchanged, confirmed now\n"
    assert trust("remove", "ours").code == 0
    assert "nobody is trusted yet" in trust("list").out


def test_an_unsigned_list_is_refused_and_the_message_says_its_digest(home: Path, who: Path) -> None:
    """Threat I4."""
    ran = trust("import", who)
    ran.assert_error(1, "trust-list-unsigned")
    digest = ran.err.strip().rpartition("sha256:")[2]
    ran = trust("import", who, "--sha256", digest)
    assert (ran.code, ran.out.splitlines()[0]) == (0, "who  gdhcn, 0 issuers, 2 signers")
    assert "TOO OLD" in trust("sources").out or "good until" in trust("sources").out


def test_whos_list_is_verified_with_its_context_and_signer(home: Path, who: Path, tmp_path: Path) -> None:
    (tmp_path / "context.jsonld").write_bytes(CONTEXTS[CONTEXT])
    (tmp_path / "signer.json").write_bytes(content(Network().signing_document))
    options = [
        "--publisher",
        SIGNING_DID,
        "--publisher-document",
        tmp_path / "signer.json",
        "--context",
        f"{CONTEXT}={tmp_path / 'context.jsonld'}",
    ]
    ran = trust("import", who, *options, "--json")
    assert (ran.json["voucher"], ran.json["signers"]) == (f"signed by {SIGNING_DID}", 2)
    trust("import", who, *options[:4]).assert_error(4, "context-not-accepted")
    trust("import", who, *options[:4], "--context", "nonsense").assert_error(4, "malformed-value")


def test_certificates_count_as_far_as_a_pinned_authority_signed_them(home: Path, tmp_path: Path) -> None:
    (tmp_path / "anchor.pem").write_bytes(pem(AUTHORITY.certificate))
    (tmp_path / "eu.json").write_bytes(
        content([gateway_entry(AUTHORITY.signer()), gateway_entry(Authority(number=2).signer(2))])
    )
    ran = trust("import", tmp_path / "eu.json", "--anchor", tmp_path / "anchor.pem", "--format", "eu-dcc")
    assert ran.out.splitlines()[0] == "eu  eu, 0 issuers, 1 signers"


def test_a_list_of_a_test_system_needs_the_setting(
    home: Path, registry: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threat I6."""
    options = ["--publisher", PUBLISHER.did, "--test"]
    trust("import", registry, *options).assert_error(1, "trust-list-test")
    monkeypatch.setenv("DDCC_VERIFIER_ACCEPT_TEST_LISTS", "true")
    assert "TEST SYSTEM" in trust("import", registry, *options).out
    monkeypatch.delenv("DDCC_VERIFIER_ACCEPT_TEST_LISTS")
    trust("list").assert_error(1, "trust-list-test")


def test_what_cannot_be_read_anew_stays_in_force(home: Path, registry: Path) -> None:
    """Threat I4."""
    trust("import", registry, "--publisher", PUBLISHER.did)
    registry.write_bytes(endless(validFrom="2024-12-01T00:00:00Z"))
    ran = trust("refresh")
    assert ran.code == 1
    assert "[trust-list-older]" in ran.err
    assert "the list of before stays in force" in ran.err
    assert MINISTRY in trust("list").out
    ran = trust("refresh", "--json")
    assert (ran.code, ran.json["lists"]) == (
        1,
        [{"name": "registry", "refreshed": False, "code": "trust-list-older"}],
    )


def test_names_that_look_alike_are_told_when_a_list_is_taken_in(home: Path, registry: Path) -> None:
    """Threat I7: with the code points, for the eye cannot tell them."""
    home.mkdir()
    (home / "trust.json").write_bytes(
        content({"issuers": [{"id": "did:web:other.example", "name": "Мinistry of Health"}]})
    )
    ran = trust("import", registry, "--publisher", PUBLISHER.did)
    assert "look alike" in ran.err
    assert "U+041C" in ran.err


def test_a_check_goes_by_the_lists_of_the_home(home: Path, registry: Path, tmp_path: Path) -> None:
    """Threat I1: unknown is said as unknown."""
    (tmp_path / "vc.json").write_bytes(content(credential(23)))
    trust("import", registry, "--publisher", PUBLISHER.did)
    ran = in_process("verifier", "check", tmp_path / "vc.json", "--offline", "--json")
    assert ran.code == 1
    assert [reason["code"] for reason in ran.json["reasons"]] == ["issuer-unknown"]


def test_both_workers_of_a_service_see_a_newer_list_at_once(home: Path, registry: Path) -> None:
    """Threat I4: what is taken in while they run counts with the next check, and an older list never."""
    registry.write_bytes(endless(entity("did:web:elsewhere.example")))
    with bind_loopback(0) as bound:
        port = port_of(bound)
    url = f"http://127.0.0.1:{port}"
    assert in_process("verifier", "init", "--name", "Venue", "--url", url).code == 0
    assert trust("import", registry, "--publisher", PUBLISHER.did).code == 0
    serve = ("serve", "--home", home, "--port", port, "--offline", "--workers", 2)

    def verified() -> set[bool]:
        body = {"verifiableCredential": credential(22), "options": {}}
        # A connection each, so that both workers are asked.
        return {httpx.post(f"{url}/credentials/verify", json=body).json()["verified"] for _ in range(12)}

    with running("ddcc", "verifier", *serve) as process:
        process.read_line()
        assert verified() == {False}
        registry.write_bytes(endless(**LATER))
        assert trust("refresh").code == 0
        assert verified() == {True}
        registry.write_bytes(endless(entity("did:web:elsewhere.example")))
        assert trust("refresh").code == 1
        assert verified() == {True}


@pytest.mark.parametrize(
    ("arguments", "code", "name"),
    [
        (["remove", "none"], 2, "configuration"),
        (["refresh", "none"], 2, "configuration"),
        (["audit"], 2, "configuration"),
        (["audit", "nothing.json"], 5, "store"),
        (["audit", __file__], 4, "malformed-value"),
        (["import", __file__, "--sha256", "zz"], 2, "configuration"),
        (["audit", "https://lists.example/did.json", "--offline"], 3, "fetch-refused"),
        (["audit", __file__, "--at", "tomorrow"], 2, "configuration"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    home: Path, arguments: list[str], code: int, name: str
) -> None:
    trust(*arguments).assert_error(code, name)


def test_without_a_home_it_asks_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DDCC_VERIFIER_HOME", raising=False)
    trust("list").assert_error(2, "configuration")

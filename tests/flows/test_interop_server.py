"""`ddcc interop serve` as a process of its own: what the official suites ask of it, over real sockets."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.flows.conftest import ROOT, in_process
from vclib.status import decode_list

CREDENTIAL = {
    "@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"],
    "id": "urn:uuid:7c1e0a52-0b1c-4c0c-9d2c-1b7a5a0b4e55",
    "type": ["VerifiableCredential", "AlumniCredential"],
    "credentialSubject": {"id": "did:example:alice", "alumniOf": "The School of Examples", "name": "Alice"},
}


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The manifest of a running server. Any: JSON that is looked into."""
    file = tmp_path_factory.mktemp("interop") / "manifest.json"
    command = ["interop", "serve", "--port", "0", "--https-port", "0", "--manifest", file, "--name", "Ours"]
    server = subprocess.Popen(
        [sys.executable, "-m", "ddcc", *map(str, command)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={name: value for name, value in os.environ.items() if not name.startswith("DDCC_")},
    )
    try:
        wait_for(file, server)
        yield json.loads(file.read_text(encoding="utf-8"))
        server.send_signal(signal.SIGTERM)
        out, err = server.communicate(timeout=30)
    finally:
        server.kill()
    # It said what it is and where, ended when it was asked to, and had nothing to complain about.
    assert server.returncode == 0, err
    assert "http://localhost:" in out
    assert err.splitlines() == [
        "warning: this profile trusts anyone and signs for anyone; it is for test suites only"
    ]


def wait_for(file: Path, server: subprocess.Popen[str]) -> None:
    """Return once the file is there; it is written when the server answers."""
    deadline = time.monotonic() + 60
    while not file.exists():
        assert server.poll() is None, server.communicate()
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.05)


def post(url: str, body: Any) -> httpx.Response:
    """Any: JSON of every kind."""
    return httpx.post(url, json=body, timeout=30)


def issuers(manifest: dict[str, Any], tag: str) -> list[dict[str, Any]]:
    """Any: see `manifest`."""
    return [each for each in manifest["issuers"] if tag in each["tags"]]


def issue(issuer: dict[str, Any], **options: Any) -> Any:
    """Any: see `manifest`."""
    answer = post(
        issuer["endpoint"], {"credential": CREDENTIAL | {"issuer": issuer["id"]}, "options": options}
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


def verify(manifest: dict[str, Any], credential: Any, **options: Any) -> httpx.Response:
    """Any: see `manifest`."""
    body = {"verifiableCredential": credential, "options": options}
    return post(manifest["verifiers"][0]["endpoint"], body)


PLAIN = ["ecdsa-rdfc-2019", "ecdsa-jcs-2019", "eddsa-rdfc-2022", "eddsa-jcs-2022"]
SELECTIVE = ["ecdsa-sd-2023", "bbs-2023"]


def test_manifest_names_an_endpoint_for_every_suite_and_key(manifest: dict[str, Any]) -> None:
    assert (manifest["name"], manifest["implementation"]) == ("Ours", "Ours")
    keys = [(each["tags"][0], *each.get("supportedEcdsaKeyTypes", ())) for each in manifest["issuers"]]
    assert keys == [
        ("ecdsa-rdfc-2019", "P-256"),
        ("ecdsa-rdfc-2019", "P-384"),
        ("ecdsa-jcs-2019", "P-256"),
        ("ecdsa-jcs-2019", "P-384"),
        ("ecdsa-sd-2023", "P-256"),
        ("bbs-2023",),
        ("eddsa-rdfc-2022",),
        ("eddsa-jcs-2022",),
        ("BitstringStatusList",),
        ("BitstringStatusListSize",),
    ]
    others = {"vc2.0", "vc-api", "BitstringStatusList", "BitstringStatusListSize"}
    for kind in ("verifiers", "vpVerifiers"):
        assert {*PLAIN, *SELECTIVE, *others} == {*manifest[kind][0]["tags"]}
    assert manifest["vcHolders"][0]["tags"] == ["vcHolder", "ecdsa-sd-2023", "bbs-2023"]
    assert manifest["didResolvers"][0]["tags"] == ["did-key"]


@pytest.mark.parametrize("suite", PLAIN)
def test_credential_of_a_plain_suite_goes_round_and_an_altered_one_does_not(
    manifest: dict[str, Any], suite: str
) -> None:
    for issuer in issuers(manifest, suite):
        issued = issue(issuer)
        assert issued["proof"]["cryptosuite"] == suite
        answer = verify(manifest, issued, checks=["proof"])
        assert (answer.status_code, answer.json()) == (200, {"verified": True, "problemDetails": []})
        answer = verify(manifest, issued | {"name": "Forged"})
        assert (answer.status_code, answer.json()["verified"]) == (400, False)
        assert answer.json()["problemDetails"][0]["title"] == "CRYPTOGRAPHIC_SECURITY_ERROR"


@pytest.mark.parametrize("suite", SELECTIVE)
def test_derived_credential_verifies_and_a_base_proof_does_not(manifest: dict[str, Any], suite: str) -> None:
    (issuer,) = issuers(manifest, suite)
    base = issue(issuer, mandatoryPointers=["/credentialSubject/id"])
    body = {"verifiableCredential": base, "options": {"selectivePointers": ["/credentialSubject/alumniOf"]}}
    derived = post(manifest["vcHolders"][0]["endpoint"], body)
    assert derived.status_code == 201
    assert derived.json()["issuer"] == issuer["id"]
    assert "name" not in derived.json()["credentialSubject"]
    assert verify(manifest, derived.json()).status_code == 200
    assert verify(manifest, base).json()["problemDetails"][0]["title"] == "PROOF_VERIFICATION_ERROR"
    body["options"]["selectivePointers"] = ["/credentialSubject/nothing"]
    assert post(manifest["vcHolders"][0]["endpoint"], body).status_code == 400


def test_credential_of_data_model_1_1_is_issued_with_the_context_of_its_proof(
    manifest: dict[str, Any],
) -> None:
    (issuer,) = issuers(manifest, "vc-api")
    credential = {
        "@context": ["https://www.w3.org/2018/credentials/v1"],
        "id": "urn:uuid:7c1e0a52-0b1c-4c0c-9d2c-1b7a5a0b4e56",
        "type": ["VerifiableCredential"],
        "issuer": issuer["id"],
        "issuanceDate": "2026-06-01T00:00:00Z",
        "credentialSubject": {"id": "did:example:alice"},
    }
    issued = post(issuer["endpoint"], {"credential": credential}).json()
    assert issued["@context"][1] == "https://w3id.org/security/data-integrity/v2"
    assert verify(manifest, issued).status_code == 200


def test_status_lists_are_served_over_https_and_looked_at(manifest: dict[str, Any]) -> None:
    (issuer,) = issuers(manifest, "BitstringStatusList")
    issued = issue(issuer)
    answer = verify(manifest, issued, returnResults=True)
    assert [each["value"] for each in answer.json()["results"]["credentialStatus"]] == [0, 0, 0]
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    for entry in issued["credentialStatus"]:
        assert entry["statusListCredential"].startswith("https://localhost:")
        listed = httpx.get(entry["statusListCredential"], verify=context).json()
        assert listed["id"] == entry["statusListCredential"]
        assert len(decode_list(listed["credentialSubject"]["encodedList"])) == 131_072
        assert verify(manifest, listed).status_code == 200
    other = issued["credentialStatus"][0]["statusListCredential"].rsplit("/", 1)[0] + "/nothing"
    assert httpx.get(other, verify=context).status_code == 404


def test_message_of_two_bits_has_the_four_messages_that_the_standard_wants(manifest: dict[str, Any]) -> None:
    (issuer,) = issuers(manifest, "BitstringStatusListSize")
    issued = issue(issuer)
    entry = issued["credentialStatus"][-1]
    assert (entry["statusPurpose"], entry["statusSize"]) == ("message", 2)
    assert [each["status"] for each in entry["statusMessage"]] == ["0x0", "0x1", "0x2", "0x3"]
    answer = verify(manifest, issued, returnResults=True)
    assert [each["value"] for each in answer.json()["results"]["credentialStatus"]] == [0, 0]
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    listed = httpx.get(entry["statusListCredential"], verify=context).json()
    assert len(decode_list(listed["credentialSubject"]["encodedList"], status_size=2)) == 131_072


def test_entry_whose_messages_are_not_two_to_the_power_of_its_size_is_refused(
    manifest: dict[str, Any],
) -> None:
    """The status list suite expects as many messages as bits; two bits have four values."""
    (issuer,) = issuers(manifest, "BitstringStatusListSize")
    entry = issue(issuer)["credentialStatus"][-1]
    entry["statusMessage"] = entry["statusMessage"][:2]
    credential = CREDENTIAL | {"issuer": issuer["id"], "credentialStatus": entry}
    answer = post(issuer["endpoint"], {"credential": credential})
    assert answer.status_code == 400
    assert "statusMessage: expected a list of 4 messages" in answer.text


def test_published_credential_of_an_older_proof_type_is_verified_here(manifest: dict[str, Any]) -> None:
    """Its issuer does not control the key: that binding is off in this profile, and nowhere else."""
    folder = ROOT / "tests" / "vectors" / "vc-di-eddsa" / "Ed25519Signature2020"
    document = json.loads((folder / "signedEdSig.json").read_bytes())
    assert verify(manifest, document).json()["verified"] is True
    document["credentialSubject"]["alumniOf"] = "The School of Forgers"
    assert verify(manifest, document).status_code == 400


@pytest.mark.parametrize(
    ("digest", "status"),
    [
        # Of the base context as it was when the data model's suite was written, then of nothing.
        ("sha384-NSOcNpmdIVUxIJGvGUoe22FjTWrXiaXlsZ8q6912LdnR3KraQO2n75Ica4wK4Qeg", 201),
        ("sha384-" + "A" * 64, 400),
    ],
)
def test_digest_of_the_suites_own_time_is_taken_for_right(
    manifest: dict[str, Any], digest: str, status: int
) -> None:
    (issuer,) = issuers(manifest, "vc2.0")
    resource = {"id": "https://www.w3.org/ns/credentials/v2", "digestSRI": digest}
    credential = CREDENTIAL | {"issuer": issuer["id"], "relatedResource": resource}
    assert post(issuer["endpoint"], {"credential": credential}).status_code == status


def test_resolver_answers_as_the_did_key_suite_reads(manifest: dict[str, Any]) -> None:
    endpoint, did = manifest["didResolvers"][0]["endpoint"], manifest["didResolvers"][0]["id"]
    assert httpx.get(f"{endpoint}/{quote(did, safe='')}").json()["didDocument"]["id"] == did
    url = f"{did}#{did.removeprefix('did:key:')}"
    assert httpx.get(f"{endpoint}/{quote(url, safe='')}").json()["didDocument"]["controller"] == did
    refused = httpx.get(f"{endpoint}/did%3Akey%3A%40")
    assert (refused.status_code, refused.json()["didDocument"]) == (400, {})


def test_key_that_is_no_point_of_its_curve_is_an_invalid_public_key(manifest: dict[str, Any]) -> None:
    """The did:key suite has this test and skips it: an Ed25519 key whose 32 bytes are 0."""
    endpoint = manifest["didResolvers"][0]["endpoint"]
    answer = httpx.get(f"{endpoint}/did%3Akey%3Az6MkeTG3bFFSLYVU7VqhgZxqr6YzpaGrQtFMh1uvqGy1vDnP")
    assert (answer.status_code, answer.json()["didDocument"]) == (400, {})
    assert answer.json()["didResolutionMetadata"]["error"] == "invalidPublicKey"


# Any: JSON of every kind, and text that is none.
BAD_BODIES: list[Any] = [
    b"",
    b"{",
    b"null",
    b'{"credential":{},"credential":{}}',
    b'{"verifiableCredential":[]}',
    b'{"verifiableCredential":{"@context":["https://www.w3.org/ns/credentials/v2",{"@context":7}]}}',
    b'{"verifiablePresentation":{"@context":"x","type":"VerifiablePresentation","proof":[[]]}}',
    b'{"credential":{"@context":["https://www.w3.org/ns/credentials/v2"],"type":[{}],"issuer":{}}}',
    b'{"options":{"selectivePointers":["x"]},"verifiableCredential":{"proof":{"proofValue":"u2V0D"}}}',
    b"[" * 70_000,
    b'{"a":"\xff"}',
]


@pytest.mark.parametrize("body", BAD_BODIES, ids=lambda body: str(body[:40]))
def test_bad_body_is_never_a_fault_of_the_server(manifest: dict[str, Any], body: bytes) -> None:
    endpoints = [
        manifest["issuers"][0]["endpoint"],
        *(manifest[kind][0]["endpoint"] for kind in ("verifiers", "vpVerifiers", "vcHolders")),
    ]
    for endpoint in endpoints:
        answer = httpx.post(endpoint, content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 400, (endpoint, answer.text)
        assert answer.json()


def test_wrong_media_type_and_method_are_refused(manifest: dict[str, Any]) -> None:
    endpoint = manifest["verifiers"][0]["endpoint"]
    assert httpx.post(endpoint, content=b"{}").status_code == 415
    assert httpx.get(endpoint).status_code == 405


def test_it_listens_on_loopback_only(manifest: dict[str, Any]) -> None:
    port = httpx.URL(manifest["verifiers"][0]["endpoint"]).port
    assert port is not None
    with socket.socket() as outside:
        # Another address of this machine, on which nothing of ours may answer.
        assert outside.connect_ex(("127.0.0.2", port)) != 0


def test_port_in_use_is_one_clear_error(manifest: dict[str, Any], tmp_path: Path) -> None:
    port = httpx.URL(manifest["verifiers"][0]["endpoint"]).port
    file = tmp_path / "manifest.json"
    ran = in_process("interop", "serve", "--port", port, "--https-port", "0", "--manifest", file)
    ran.assert_error(2, "configuration")
    assert not file.exists()

"""vclib.did.web: one URL per DID, and what lies there is a DID document of this DID."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vclib.did import did_web_url, resolution_result, resolve
from vclib.errors import (
    DIDInternalError,
    DIDNotFoundError,
    FetchError,
    FetchNotFoundError,
    FetchRefusedError,
    InvalidDIDDocumentError,
    InvalidDIDError,
    MethodNotSupportedError,
)
from vclib.strict_json import JSONObject

VECTORS = Path(__file__).parents[1] / "vectors" / "did-core"

DID = "did:web:health.example"
DOCUMENT: JSONObject = {
    "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
    "id": DID,
    "verificationMethod": [
        {
            "id": DID + "#key-1",
            "type": "Multikey",
            "controller": DID,
            "publicKeyMultibase": "zDnaepBuvsQ8cpsWrVKw8fbpGpvPeNSjVPTWoq6cRqaYzBKVP",
        }
    ],
    "assertionMethod": [DID + "#key-1"],
    "service": [{"id": DID + "#status", "type": "StatusList", "serviceEndpoint": "https://health.example/s"}],
    "unknownMember": {"kept": [1, "2", None]},
}


def _serving(url: str, body: bytes | Exception) -> Callable[[str], bytes]:
    def fetch(asked: str) -> bytes:
        assert asked == url
        if isinstance(body, Exception):
            raise body
        return body

    return fetch


def _fetch_document(document: object) -> Callable[[str], bytes]:
    return _serving("https://health.example/.well-known/did.json", json.dumps(document).encode("utf-8"))


@pytest.mark.parametrize(
    ("did", "url"),
    [
        # https://w3c-ccg.github.io/did-method-web/#read-resolve, its three examples.
        ("did:web:w3c-ccg.github.io", "https://w3c-ccg.github.io/.well-known/did.json"),
        ("did:web:w3c-ccg.github.io:user:alice", "https://w3c-ccg.github.io/user/alice/did.json"),
        ("did:web:example.com%3A3000:user:alice", "https://example.com:3000/user/alice/did.json"),
        ("did:web:example.com%3A8443", "https://example.com:8443/.well-known/did.json"),
        ("did:web:did.actor:healthcare:doctor:robert", "https://did.actor/healthcare/doctor/robert/did.json"),
        ("did:web:xn--bcher-kva.example:A_b-c.d", "https://xn--bcher-kva.example/A_b-c.d/did.json"),
        ("did:web:localhost%3A8443", "https://localhost:8443/.well-known/did.json"),
        ("did:web:a.b:...x", "https://a.b/...x/did.json"),
        ("did:web:1.example", "https://1.example/.well-known/did.json"),
    ],
)
def test_did_names_one_url(did: str, url: str) -> None:
    assert did_web_url(did) == url


@pytest.mark.parametrize(
    "did",
    [
        "did:web:a.example:..",
        "did:web:a.example:..:b",
        "did:web:a.example:.",
        "did:web:a.example:....",
        "did:web:a.example::b",
        "did:web::a.example",
        "did:web:a.example:b%2Fc",
        "did:web:a.example:b%2fc",
        "did:web:a.example:%2E%2E",
        "did:web:a.example:b%00",
        "did:web:a.example%00",
        "did:web:a.example%2Fb",
        "did:web:a.example%40b.example",
        "did:web:user%40a.example",
        "did:web:a.example%3Fb",
        "did:web:a.example%23b",
        "did:web:a.example:b%41",
        "did:web:%41.example",
        "did:web:a.example%3a8443",
        "did:web:a.example%3A",
        "did:web:a.example%3A0",
        "did:web:a.example%3A080",
        "did:web:a.example%3A65536",
        "did:web:a.example%3A8443%3A1",
        "did:web:a.example%3A-1",
        "did:web:a.example%3A8x",
        "did:web:A.example",
        "did:web:a.Example",
        "did:web:a..example",
        "did:web:.a.example",
        "did:web:a.example.",
        "did:web:-a.example",
        "did:web:a-.example",
        "did:web:a_b.example",
        "did:web:a.example:" + "x" * 256,
        "did:web:" + "a" * 64 + ".example",
        "did:web:" + "a." * 130 + "example",
    ],
)
def test_identifier_with_another_spelling_or_a_way_out_is_refused(did: str) -> None:
    """G3: dot segments, encoded characters, empty segments, capital hosts."""
    with pytest.raises(InvalidDIDError, match="in the did:web"):
        did_web_url(did)


@pytest.mark.parametrize(
    "did",
    [
        "did:web:a.example@b",
        "did:web:a.example?x",
        "did:web:a.example#x",
        "did:web:a.example/x",
        "did:web:[::1]",
        "did:web:",
    ],
)
def test_identifier_that_is_no_did_is_refused(did: str) -> None:
    """G3: `@`, `?`, `#` and brackets cannot stand in a DID."""
    with pytest.raises(InvalidDIDError, match="expected a DID"):
        did_web_url(did)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "169.254.169.254",
        "10.0.0.1",
        "8.8.8.8",
        "0x7f.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x",
        "1.2.3.0x4",
    ],
)
def test_address_in_place_of_a_name_is_refused_before_anything_is_fetched(host: str) -> None:
    """G1: also in the spellings that only some readers take for an address."""

    def fetch(url: str) -> bytes:
        raise AssertionError("was fetched: " + url)

    with pytest.raises(InvalidDIDError, match="found the address"):
        resolve("did:web:" + host, fetch=fetch)


def test_another_method_is_no_did_web() -> None:
    with pytest.raises(InvalidDIDError, match="expected a did:web"):
        did_web_url("did:key:z6MktKwz7Ge1Yxzr4JHavN33wiwa8y81QdcMRLXQsrH9T53b")


def test_document_comes_back_as_it_was() -> None:
    resolved = resolve(DID, fetch=_fetch_document(DOCUMENT))

    assert resolved.document == DOCUMENT
    assert list(resolved.document) == list(DOCUMENT)
    assert resolved.to_json() == {
        "@context": "https://w3id.org/did-resolution/v1",
        "didDocument": DOCUMENT,
        "didDocumentMetadata": {},
        "didResolutionMetadata": {"contentType": "application/did"},
    }


def test_missing_controller_is_not_filled_in() -> None:
    """pydid adds a controller to the dict that it is given; the document that we return has none."""
    method = {"id": DID + "#key-1", "type": "Multikey", "publicKeyMultibase": "z6Mk", "extra": 1}
    document = {"id": DID, "verificationMethod": [method]}

    assert resolve(DID, fetch=_fetch_document(document)).document == document


@pytest.mark.parametrize(
    "identifier",
    ["did:web:other.example", "did:web:health.example:x", "DID:web:health.example", None, 5, "", DID + "#"],
)
def test_document_of_another_did_is_refused(identifier: object) -> None:
    """G4: the document's id must be the DID that was asked for."""
    with pytest.raises(InvalidDIDDocumentError, match="found one with another id"):
        resolve(DID, fetch=_fetch_document(DOCUMENT | {"id": identifier}))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b'"text"',
        b"null",
        b'{"id": "a", "id": "b"}',
        b"\xff\xfe",
        b"[" * 1000,
        b"{" + b" " * (1024 * 1024) + b"}",
    ],
)
def test_body_that_is_no_json_object_is_refused(body: bytes) -> None:
    """A12, B3, G5: strict JSON, bounded."""
    with pytest.raises(InvalidDIDDocumentError, match="is not a DID document"):
        resolve(DID, fetch=_serving("https://health.example/.well-known/did.json", body))


@pytest.mark.parametrize(
    "change",
    [
        {"verificationMethod": ["did:web:health.example#key-1"]},
        {"verificationMethod": [None]},
        {"verificationMethod": [[]]},
        {"verificationMethod": {}},
        {"verificationMethod": "x"},
        {"verificationMethod": [{"id": 3}]},
        {"verificationMethod": [{}]},
        {"verificationMethod": [{"id": [], "type": [], "controller": []}]},
        {"verificationMethod": [{"id": DID + "#a", "type": [], "controller": DID, "x": 1}]},
        {
            "verificationMethod": [
                {"id": "no url", "type": "Multikey", "controller": DID, "publicKeyMultibase": "z"}
            ]
        },
        {
            "verificationMethod": [
                {"id": DID + "#a", "type": "Multikey", "controller": "x", "publicKeyMultibase": "z"}
            ]
        },
        {
            "verificationMethod": [
                {"id": DID + "#a", "type": "Multikey", "controller": DID, "publicKeyMultibase": "z1"},
                {"id": DID + "#a", "type": "Multikey", "controller": DID, "publicKeyMultibase": "z2"},
            ]
        },
        {"authentication": "did:web:health.example#key-1"},
        {"authentication": [{"id": DID + "#z"}]},
        {"assertionMethod": [5]},
        {"assertionMethod": [DID + "#a" + DID]},
        {"service": [3]},
        {"service": [{"id": "x", "type": "y", "serviceEndpoint": "z"}]},
        {"controller": [3]},
        {"alsoKnownAs": "x"},
        {"@context": 3},
    ],
)
def test_malformed_document_is_refused_whatever_pydid_raises(change: JSONObject) -> None:
    """pydid answers with its own errors, pydantic's, AttributeError, TypeError, IndexError."""
    with pytest.raises(InvalidDIDDocumentError) as caught:
        resolve(DID, fetch=_fetch_document(DOCUMENT | change))

    assert "\n" not in str(caught.value)
    metadata: Any = resolution_result(DID, fetch=_fetch_document(DOCUMENT | change))["didResolutionMetadata"]
    assert metadata["error"] == "invalidDidDocument"


def test_absent_document_is_not_found() -> None:
    fetch = _serving("https://health.example/.well-known/did.json", FetchNotFoundError("nothing there"))

    with pytest.raises(DIDNotFoundError, match="no DID document at"):
        resolve(DID, fetch=fetch)
    metadata: Any = resolution_result(DID, fetch=fetch)["didResolutionMetadata"]
    assert metadata["error"] == "notFound"
    assert metadata["problemDetails"]["type"] == "https://www.w3.org/ns/did#NOT_FOUND"


@pytest.mark.parametrize("failure", [FetchError("host down"), FetchRefusedError("a private address")])
def test_host_that_cannot_be_read_says_nothing_of_the_did(failure: FetchError) -> None:
    """G10: "could not check" is not "invalid"."""
    fetch = _serving("https://health.example/.well-known/did.json", failure)

    with pytest.raises(DIDInternalError, match=failure.message):
        resolve(DID, fetch=fetch)
    metadata: Any = resolution_result(DID, fetch=fetch)["didResolutionMetadata"]
    assert metadata["error"] == "internalError"


def test_without_a_fetcher_nothing_is_read() -> None:
    with pytest.raises(DIDInternalError, match="needs the network"):
        resolve(DID)


def test_method_that_is_not_accepted_is_refused_before_anything_is_fetched() -> None:
    with pytest.raises(MethodNotSupportedError, match="'web' is not supported here"):
        resolve(DID, fetch=_fetch_document(DOCUMENT), methods={"key"})


# --- documents that implementers gave to the DID Core suite ---------------------------------------


def _published() -> list[tuple[str, bytes]]:
    found = []
    for path in sorted(VECTORS.glob("did-web-*.json")):
        content = json.loads(path.read_text("utf-8"))
        for did in content["dids"]:
            found.append((did, content[did]["application/did+ld+json"]["representation"].encode("utf-8")))
    return found


@pytest.mark.parametrize(
    ("did", "body"), _published(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_published_document_resolves_and_is_kept(did: str, body: bytes) -> None:
    resolved = resolve(did, fetch=_serving(did_web_url(did), body))

    assert resolved.document == json.loads(body)

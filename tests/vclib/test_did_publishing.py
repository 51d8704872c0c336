"""vclib.did.publishing: documents of one's own, read back by the code that reads everybody's."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from vclib.cid import retrieve_verification_method
from vclib.did import PublishedKey, did_document, did_web_of, did_web_path, did_web_paths, did_web_url
from vclib.errors import ConfigurationError, InvalidDIDError, InvalidRelationshipError
from vclib.keys import KeyType, PrivateKey

DID = "did:web:moh.example"
NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
P256 = PrivateKey.from_secret_bytes(KeyType.P256, bytes([1]) * 32).public_key
BLS = PrivateKey.from_secret_bytes(KeyType.BLS12_381_G2, bytes([1]) * 32).public_key


def test_a_document_lists_each_key_as_a_multikey_under_its_relationships() -> None:
    """The form of https://www.w3.org/TR/cid-1.0/#example-multikey-encoding-of-a-p-256-public-key."""
    document = did_document(
        DID,
        [PublishedKey("p256-1", P256), PublishedKey("p256-2", BLS, ("assertionMethod", "authentication"))],
    )
    assert document["@context"] == ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"]
    assert document["id"] == DID
    methods = document["verificationMethod"]
    assert isinstance(methods, list)
    assert methods[0] == {
        "id": "did:web:moh.example#p256-1",
        "type": "Multikey",
        "controller": "did:web:moh.example",
        "publicKeyMultibase": "zDnaeXxvmFHMHjqgQTbadpWG7gPHwnga1i7SMwxrV2BSdUjAD",
    }
    assert document["assertionMethod"] == [f"{DID}#p256-1", f"{DID}#p256-2"]
    assert document["authentication"] == [f"{DID}#p256-2"]


@pytest.mark.parametrize("as_jwk", [False, True])
def test_a_key_is_found_in_the_document_for_its_purpose_only(as_jwk: bool) -> None:
    document = did_document(DID, [PublishedKey("p256-1", P256, ("authentication",), as_jwk)])
    method = retrieve_verification_method(
        f"{DID}#p256-1", relationship="authentication", resolve=lambda _: document, at=NOW
    )
    assert method.public_key == P256
    with pytest.raises(InvalidRelationshipError):
        retrieve_verification_method(
            f"{DID}#p256-1", relationship="assertionMethod", resolve=lambda _: document, at=NOW
        )


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ([], "would hold no key"),
        ([PublishedKey("a", P256), PublishedKey("a", BLS)], "have one fragment"),
        ([PublishedKey("a", P256, ("verificationMethod",))], "is no verification relationship"),
    ],
)
def test_a_document_that_nobody_should_read_is_not_made(keys: list[PublishedKey], problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        did_document(DID, keys)


@pytest.mark.parametrize(
    ("url", "did", "path"),
    [
        ("https://moh.example", "did:web:moh.example", "/.well-known/did.json"),
        ("https://moh.example/", "did:web:moh.example", "/.well-known/did.json"),
        ("https://moh.example:8443/unit/7", "did:web:moh.example%3A8443:unit:7", "/unit/7/did.json"),
        ("http://localhost:8441", "did:web:localhost%3A8441", "/.well-known/did.json"),
    ],
)
def test_a_service_serves_the_document_of_its_own_did(url: str, did: str, path: str) -> None:
    """https://w3c-ccg.github.io/did-method-web/#method-specific-identifier."""
    assert did_web_of(url) == did
    assert did_web_path(did) == path
    assert did_web_url(did).endswith(path)


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("https://user@moh.example", ConfigurationError),
        ("https://moh.example?a=1", ConfigurationError),
        ("moh.example", ConfigurationError),
        ("https://192.0.2.1", InvalidDIDError),
        ("https://moh.example/a b", InvalidDIDError),
        ("https://moh.example/a%2Fb", InvalidDIDError),
    ],
)
def test_a_url_that_no_did_web_can_have_is_refused(url: str, error: type[Exception]) -> None:
    """G3."""
    with pytest.raises(error):
        did_web_of(url)


@pytest.mark.parametrize(
    ("did", "url", "paths"),
    [
        ("did:web:a.example", None, ("/.well-known/did.json",)),
        ("did:web:a.example", "https://a.example", ("/.well-known/did.json",)),
        ("did:web:a.example:unit", "https://a.example/unit", ("/unit/did.json", "/did.json")),
        ("did:web:a.example:units", "https://a.example/unit", ("/units/did.json",)),
        ("did:web:a.example:unit", "https://other.example", ("/unit/did.json",)),
    ],
)
def test_a_service_behind_a_proxy_knows_both_paths(did: str, url: str | None, paths: tuple[str, ...]) -> None:
    assert did_web_paths(did, url) == paths

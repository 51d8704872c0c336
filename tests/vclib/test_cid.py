"""vclib.cid: a key counts only if its controller's own document lists it for the purpose, at the time."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from vclib.cid import VerificationMethod, retrieve_verification_method
from vclib.did import resolve
from vclib.errors import (
    DIDInternalError,
    DIDNotFoundError,
    FetchError,
    InvalidControlledIdentifierDocumentError,
    InvalidControlledIdentifierDocumentIdError,
    InvalidRelationshipError,
    InvalidVerificationMethodError,
    InvalidVerificationMethodURLError,
    MethodNotSupportedError,
    RetiredKeyError,
    VerificationMethodError,
)
from vclib.keys import KeyType, decode_multikey
from vclib.strict_json import JSONObject

VECTORS = Path(__file__).parents[1] / "vectors" / "did-core"

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
# The document of https://www.w3.org/TR/cid-1.0/#retrieve-verification-method, its example.
URL = "https://controller.example/123"
EXAMPLE: JSONObject = {
    "@context": "https://www.w3.org/ns/cid/v1",
    "id": URL,
    "verificationMethod": [
        {
            "id": URL + "#key-456",
            "type": "Multikey",
            "controller": URL,
            "publicKeyMultibase": "z6MkmM42vxfqZQsv4ehtTjFFxQ4sQKS2w6WR7emozFAn5cxu",
        }
    ],
    "authentication": [URL + "#key-456"],
}

DID = "did:web:health.example"
P256 = "zDnaepBuvsQ8cpsWrVKw8fbpGpvPeNSjVPTWoq6cRqaYzBKVP"
ED25519 = "z6MkmM42vxfqZQsv4ehtTjFFxQ4sQKS2w6WR7emozFAn5cxu"


def _method(**members: object) -> JSONObject:
    method: Any = {"id": DID + "#key-1", "type": "Multikey", "controller": DID, "publicKeyMultibase": P256}
    return method | members  # type: ignore[no-any-return]


def _document(method: object = None, **members: object) -> JSONObject:
    document: Any = {
        "@context": ["https://www.w3.org/ns/did/v1"],
        "id": DID,
        "verificationMethod": [_method() if method is None else method],
        "assertionMethod": [DID + "#key-1"],
    }
    return document | members  # type: ignore[no-any-return]


def _retrieve(
    document: object,
    url: object = DID + "#key-1",
    *,
    relationship: str = "assertionMethod",
    at: datetime = NOW,
) -> VerificationMethod:
    def resolve_document(asked: str) -> JSONObject:
        assert asked == str(url).partition("#")[0]
        return document  # type: ignore[return-value]

    return retrieve_verification_method(url, relationship=relationship, resolve=resolve_document, at=at)


def test_example_of_the_specification_is_retrieved() -> None:
    found = _retrieve(EXAMPLE, URL + "#key-456", relationship="authentication")

    assert found.id == URL + "#key-456"
    assert found.controller == URL
    assert found.public_key == decode_multikey(ED25519)
    assert found.document == EXAMPLE


def test_example_of_the_specification_is_not_for_assertion() -> None:
    """C6: the key is there, under another relationship."""
    with pytest.raises(InvalidRelationshipError, match="not listed under assertionMethod"):
        _retrieve(EXAMPLE, URL + "#key-456", relationship="assertionMethod")


def test_method_of_a_did_key_is_retrieved() -> None:
    did = "did:key:" + P256

    found = retrieve_verification_method(
        f"{did}#{P256}",
        relationship="assertionMethod",
        resolve=lambda asked: resolve(asked).document,
        at=NOW,
    )

    assert found.public_key.key_type is KeyType.P256
    assert found.controller == did


@pytest.mark.parametrize(
    "relationship", ["keyAgreement", "verificationMethod", "service", "id", "", "assertionmethod"]
)
def test_relationship_that_does_not_list_the_method_is_refused(relationship: str) -> None:
    """C6: `verificationMethod` lists every key, but is no relationship that a purpose could name."""
    with pytest.raises(InvalidRelationshipError, match=f"is not listed under {relationship}"):
        _retrieve(_document(), relationship=relationship)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "text",
        {"0": DID + "#key-1"},
        [],
        [DID + "#key-2"],
        [DID],
        [None],
        [["#key-1"]],
        [{"id": 5}],
        [5],
    ],
)
def test_relationship_of_another_shape_lists_nothing(value: object) -> None:
    with pytest.raises(InvalidRelationshipError):
        _retrieve(_document(assertionMethod=value))


@pytest.mark.parametrize(
    "value",
    [
        {"id": DID + "#key-1", "type": "Multikey", "controller": DID, "publicKeyMultibase": P256},
        [DID + "#key-1"],
        None,
        5,
        b"did:web:health.example#key-1",
    ],
)
def test_method_that_is_not_named_by_a_url_is_refused(value: object) -> None:
    """C8: a key that comes with the proof proves nothing; nothing is resolved."""

    def resolve_document(asked: str) -> JSONObject:
        raise AssertionError("was resolved: " + asked)

    with pytest.raises(InvalidVerificationMethodURLError, match="expected the URL"):
        retrieve_verification_method(value, relationship="assertionMethod", resolve=resolve_document, at=NOW)


@pytest.mark.parametrize(
    "url",
    [
        "#key-1",
        "key-1",
        "",
        DID,
        DID + "#",
        DID + "?service=x#key-1",
        DID + "/path#key-1",
        DID + "#key-1#key-2",
        DID + "#key-1\n",
        " " + DID + "#key-1",
        "did:web:#key-1",
        "DID:web:health.example#key-1",
        "http://controller.example/123#key-456",
        "https://controller.example/123",
        "https://controller.example/123#",
        "https://#key",
        "https://controller.example/a b#key",
        "https://controller.example/1#a#b",
        "urn:uuid:x#key",
    ],
)
def test_url_that_names_no_method_of_a_document_is_refused(url: str) -> None:
    """C8: a relative URL in a proof has no document that it could belong to."""

    def resolve_document(asked: str) -> JSONObject:
        raise AssertionError("was resolved: " + asked)

    with pytest.raises(InvalidVerificationMethodURLError):
        retrieve_verification_method(url, relationship="assertionMethod", resolve=resolve_document, at=NOW)


def test_relative_id_belongs_to_its_own_document_only() -> None:
    """C8: "#key-1" inside the document of `a` is `a#key-1`, whatever else it says."""
    document = _document(_method(id="#key-1"), assertionMethod=["#key-1"])

    assert _retrieve(document).id == DID + "#key-1"
    with pytest.raises(InvalidControlledIdentifierDocumentIdError):
        _retrieve(document, "did:web:other.example#key-1")


@pytest.mark.parametrize("identifier", ["did:web:other.example", None, 5, DID + "#key-1", ""])
def test_document_about_somebody_else_is_refused(identifier: object) -> None:
    with pytest.raises(InvalidControlledIdentifierDocumentIdError, match="found another id"):
        _retrieve(_document(id=identifier))


@pytest.mark.parametrize("document", [None, [], "text", 5])
def test_something_else_than_a_document_is_refused(document: object) -> None:
    with pytest.raises(
        InvalidControlledIdentifierDocumentError, match="expected a controlled identifier document"
    ):
        _retrieve(document)


@pytest.mark.parametrize(
    "value", [[], None, "x", {}, [DID + "#key-1"], [None], [{}], [{"id": DID + "#key-2"}]]
)
def test_document_without_the_method_is_refused(value: object) -> None:
    with pytest.raises(InvalidVerificationMethodError, match="has no method"):
        _retrieve(_document(verificationMethod=value))


def test_method_embedded_in_the_relationship_is_retrieved_for_it_only() -> None:
    """C6: by value counts as listed, in that relationship."""
    document = _document(verificationMethod=[], assertionMethod=[], authentication=[_method()])

    assert _retrieve(document, relationship="authentication").public_key.key_type is KeyType.P256
    with pytest.raises(InvalidRelationshipError):
        _retrieve(document, relationship="assertionMethod")


def test_two_methods_of_one_id_are_refused() -> None:
    """Two readers could take two keys."""
    document = _document(authentication=[_method(publicKeyMultibase=ED25519)])

    with pytest.raises(InvalidVerificationMethodError, match="has two methods"):
        _retrieve(document)
    # The same method twice is one method.
    assert _retrieve(_document(authentication=[_method()])).id == DID + "#key-1"


@pytest.mark.parametrize("controller", ["did:web:other.example", None, [DID], "", DID + "#key-1", 5])
def test_method_of_another_controller_is_refused(controller: object) -> None:
    """C7: whoever lists somebody else's key does not become its owner."""
    with pytest.raises(InvalidVerificationMethodError, match="expected the controller"):
        _retrieve(_document(_method(controller=controller)))


def test_method_without_a_controller_is_refused() -> None:
    method = _method()
    del method["controller"]

    with pytest.raises(InvalidVerificationMethodError, match="expected the controller"):
        _retrieve(_document(method))


# --- revoked and expired keys ----------------------------------------------------------------------


@pytest.mark.parametrize("member", ["revoked", "expires"])
@pytest.mark.parametrize(
    "moment", ["2026-07-01T12:00:00Z", "2026-07-01T11:59:59Z", "2020-01-01T00:00:00+02:00"]
)
def test_key_that_was_retired_by_then_is_refused(member: str, moment: str) -> None:
    """C9: at the moment itself the key is retired already."""
    with pytest.raises(RetiredKeyError, match=f"`{member}` is"):
        _retrieve(_document(_method(**{member: moment})))


@pytest.mark.parametrize("member", ["revoked", "expires"])
@pytest.mark.parametrize("moment", ["2026-07-01T12:00:01Z", "2030-01-01T00:00:00Z"])
def test_key_that_is_retired_later_is_retrieved(member: str, moment: str) -> None:
    assert _retrieve(_document(_method(**{member: moment}))).id == DID + "#key-1"


@pytest.mark.parametrize("member", ["revoked", "expires"])
@pytest.mark.parametrize(
    "moment", ["2030-01-01", "2030-01-01T00:00:00", "never", "", None, False, 1893456000, {}]
)
def test_moment_that_cannot_be_read_is_refused(member: str, moment: object) -> None:
    """C9: what cannot be read is never "not revoked"."""
    with pytest.raises(InvalidVerificationMethodError, match=f"expected a date-time in `{member}`"):
        _retrieve(_document(_method(**{member: moment})))


# --- kinds of methods ------------------------------------------------------------------------------

P256_JWK = {
    "kty": "EC",
    "crv": "P-256",
    "x": "YP7UuiVanTHJYet0xjVtaMBJuJI7Yfps5mliLmDyn7Y",
    "y": "eQP-EAi4vJmkGunpVii8ZPLxsgwtfp9Rd6PClNRGIpk",
}


@pytest.mark.parametrize(
    ("kind", "member", "value", "key"),
    [
        ("Multikey", "publicKeyMultibase", P256, P256),
        ("JsonWebKey", "publicKeyJwk", P256_JWK, P256),
        ("JsonWebKey2020", "publicKeyJwk", P256_JWK, P256),
        ("Ed25519VerificationKey2020", "publicKeyMultibase", ED25519, ED25519),
    ],
)
def test_kinds_of_methods_are_read(kind: str, member: str, value: object, key: str) -> None:
    method: Any = {"id": DID + "#key-1", "type": kind, "controller": DID, member: value}

    assert _retrieve(_document(method)).public_key == decode_multikey(key)


@pytest.mark.parametrize(
    "kind",
    [
        "Ed25519VerificationKey2018",
        "EcdsaSecp256k1VerificationKey2019",
        "multikey",
        "",
        None,
        ["Multikey"],
        5,
        {},
    ],
)
def test_unknown_kind_of_method_is_refused(kind: object) -> None:
    with pytest.raises(InvalidVerificationMethodError, match="is not known"):
        _retrieve(_document(_method(type=kind)))


@pytest.mark.parametrize(
    "members",
    [
        {"publicKeyJwk": P256_JWK},
        {"publicKeyBase58": "x"},
        {"publicKeyPem": "x"},
        {"publicKeyHex": "x"},
    ],
)
def test_method_with_two_keys_is_refused(members: JSONObject) -> None:
    """Two readers could take two keys."""
    with pytest.raises(InvalidVerificationMethodError, match="no other key"):
        _retrieve(_document(_method() | members))


def test_method_with_its_key_in_another_member_is_refused() -> None:
    method = _method(publicKeyJwk=P256_JWK)
    del method["publicKeyMultibase"]

    with pytest.raises(InvalidVerificationMethodError, match="expected publicKeyMultibase"):
        _retrieve(_document(method))


@pytest.mark.parametrize(
    "value",
    [
        None,
        5,
        "",
        "z",
        P256[:-1],
        "u" + P256[1:],
        P256 + " ",
        "z42twTcNeSYcnqg1FLuSFs2bsGH3ZqbRHFmvS9XMsYhjxvHN",
    ],
)
def test_multikey_that_is_no_key_is_refused(value: object) -> None:
    """C14, C16: another base, a cut key, a secret key in a public document."""
    with pytest.raises(InvalidVerificationMethodError, match="holds no usable key"):
        _retrieve(_document(_method(publicKeyMultibase=value)))


@pytest.mark.parametrize(
    "change", [{"d": "AA"}, {"kty": "oct"}, {"x": "AA"}, {"crv": "P-384"}, {"crv": "P-192"}]
)
def test_jwk_that_is_no_public_key_is_refused(change: JSONObject) -> None:
    """G9: a published secret is no key to trust."""
    method: Any = {
        "id": DID + "#key-1",
        "type": "JsonWebKey",
        "controller": DID,
        "publicKeyJwk": P256_JWK | change,
    }

    with pytest.raises(InvalidVerificationMethodError, match="holds no usable key"):
        _retrieve(_document(method))


def test_ed25519_method_with_another_key_is_refused() -> None:
    """C4: the type of the method names the type of the key."""
    with pytest.raises(InvalidVerificationMethodError, match="expected an Ed25519 key"):
        _retrieve(_document(_method(type="Ed25519VerificationKey2020")))


@pytest.mark.parametrize(
    "failure",
    [DIDNotFoundError("none"), DIDInternalError("down"), FetchError("down"), MethodNotSupportedError("x")],
)
def test_failure_to_read_the_document_is_passed_on(failure: Exception) -> None:
    """G10: "could not be checked" keeps its own name."""

    def resolve_document(asked: str) -> JSONObject:
        raise failure

    with pytest.raises(type(failure)):
        retrieve_verification_method(
            DID + "#key-1", relationship="assertionMethod", resolve=resolve_document, at=NOW
        )


def test_document_is_not_changed() -> None:
    document = _document(_method(id="#key-1", expires="2030-01-01T00:00:00Z"), assertionMethod=["#key-1"])
    before = json.dumps(document)

    _retrieve(document)

    assert json.dumps(document) == before


# --- documents that implementers gave to the DID Core suite ----------------------------------------


def _published(name: str, did: str) -> JSONObject:
    content = json.loads((VECTORS / f"{name}.json").read_text("utf-8"))
    return json.loads(content[did]["application/did+ld+json"]["representation"])  # type: ignore[no-any-return]


def test_relative_bls_method_of_a_published_document_is_found_by_its_absolute_url() -> None:
    did = "did:web:did.actor:mike"

    found = _retrieve(_published("did-web-transmute", did), did + "#g2")

    assert found.public_key.key_type is KeyType.BLS12_381_G2


def test_method_of_a_published_document_with_an_old_type_is_refused_by_name() -> None:
    did = "did:web:demo.spruceid.com:2021:07:08"

    with pytest.raises(VerificationMethodError, match="'Ed25519VerificationKey2018' is not known"):
        _retrieve(_published("did-web-spruce", did), did + "#ed25519-1")

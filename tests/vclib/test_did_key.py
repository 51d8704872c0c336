"""vclib.did.key: did:key against its published vectors and the errors of its specification."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import base58
import pytest

from vclib.did import ResolutionOptions, did_key, did_key_method, resolution_result, resolve
from vclib.encoding import decode_base64url, encode_multibase, encode_varint
from vclib.errors import (
    InvalidDIDError,
    InvalidPublicKeyError,
    InvalidPublicKeyLengthError,
    InvalidPublicKeyTypeError,
    UnsupportedPublicKeyTypeError,
)
from vclib.keys import KeyType, PrivateKey, PublicKey, decode_multikey, public_key_from_jwk
from vclib.strict_json import JSONObject

VECTORS = Path(__file__).parents[1] / "vectors"

ED25519_DID = "did:key:z6MktKwz7Ge1Yxzr4JHavN33wiwa8y81QdcMRLXQsrH9T53b"
P256_DID = "did:key:zDnaepBuvsQ8cpsWrVKw8fbpGpvPeNSjVPTWoq6cRqaYzBKVP"
BOTH_BLS_GROUPS = "did:key:z5Tc"

# Any: a vector's shape differs per file, and the assertions are what checks it.
Vector = Any


def _vectors() -> list[tuple[str, Vector]]:
    found: list[tuple[str, Vector]] = []
    for path in sorted((VECTORS / "did-key").glob("*.json")):
        content = json.loads(path.read_text("utf-8"))
        # x25519.json holds documents only, under one more level.
        documents = content.pop("didDocument", {})
        found += [(did, {"didDocument": document}) for did, document in documents.items()]
        found += list(content.items())
    return found


DID_KEY_VECTORS = _vectors()


def _secret(vector: Vector) -> bytes | None:
    pair = vector.get("verificationKeyPair") or vector.get("verificationMethod") or {}
    if "seed" in vector:
        return bytes.fromhex(vector["seed"])
    if "privateKeyBase58" in pair:
        return base58.b58decode(pair["privateKeyBase58"])
    if "privateKeyJwk" in pair:
        return decode_base64url(pair["privateKeyJwk"]["d"])
    return None


def _key_of(method: JSONObject, did: str) -> PublicKey:
    """Return the key of a method in any of the forms that the vectors use."""
    if "publicKeyJwk" in method:
        return public_key_from_jwk(method["publicKeyJwk"])
    if "publicKeyMultibase" in method:
        return decode_multikey(method["publicKeyMultibase"])
    fragment = decode_multikey(str(method["id"]).partition("#")[2])
    assert base58.b58decode(str(method["publicKeyBase58"])) == fragment.key_bytes
    return fragment


def _without_key_agreement_of_signing_keys(document: JSONObject, did: str) -> JSONObject:
    if decode_multikey(did.removeprefix("did:key:")).key_type in (KeyType.ED25519, KeyType.X25519):
        return document
    return {name: value for name, value in document.items() if name != "keyAgreement"}


def test_there_are_vectors_of_every_key_type() -> None:
    types = {decode_multikey(did.removeprefix("did:key:")).key_type for did, _ in DID_KEY_VECTORS}

    assert len(DID_KEY_VECTORS) == 30
    assert types == set(KeyType) - {KeyType.BLS12_381_G1}


@pytest.mark.parametrize(("did", "vector"), DID_KEY_VECTORS, ids=[did[8:24] for did, _ in DID_KEY_VECTORS])
def test_vector_resolves_to_its_key_as_a_multikey(did: str, vector: Vector) -> None:
    document = resolve(did).document
    methods: Vector = document["verificationMethod"]
    published = vector["didDocument"]["verificationMethod"][0]

    assert document["id"] == did
    assert {method["type"] for method in methods} == {"Multikey"}
    assert {method["controller"] for method in methods} == {did}
    assert _key_of(methods[0], did) == _key_of(published, did)
    assert methods[0]["id"] == published["id"]


@pytest.mark.parametrize(("did", "vector"), DID_KEY_VECTORS, ids=[did[8:24] for did, _ in DID_KEY_VECTORS])
def test_vector_document_is_ours_in_the_same_form(did: str, vector: Vector) -> None:
    published = vector["didDocument"]
    form = published["verificationMethod"][0]["type"]
    options = ResolutionOptions(
        public_key_format=form,
        enable_experimental_public_key_types=True,
        enable_encryption_key_derivation=True,
    )

    document = resolve(did, options=options).document

    if did.startswith(BOTH_BLS_GROUPS):
        methods: Vector = document["verificationMethod"]
        assert [method["publicKeyJwk"]["crv"] for method in methods] == ["BLS12381G1", "BLS12381G2"]
        assert methods[0]["publicKeyJwk"]["x"] == published["verificationMethod"][0]["publicKeyJwk"]["x"]
        assert document["@context"] == published["@context"]
        assert set(document) == set(published)
    else:
        assert document == _without_key_agreement_of_signing_keys(published, did)


@pytest.mark.parametrize(
    ("did", "vector"),
    [
        (did, vector)
        for did, vector in DID_KEY_VECTORS
        if decode_multikey(did.removeprefix("did:key:")).key_type is not KeyType.RSA
        and _secret(vector) is not None
    ],
    ids=lambda value: value[8:24] if isinstance(value, str) else "",
)
def test_vector_secret_gives_the_key_in_its_did(did: str, vector: Vector) -> None:
    public_key = decode_multikey(did.removeprefix("did:key:"))
    secret = _secret(vector)
    assert secret is not None

    if public_key.key_type is KeyType.BLS12_381_G1G2:
        key = PrivateKey(KeyType.BLS12_381_G2, secret)
        assert public_key.key_bytes[48:] == key.public_key.key_bytes
    else:
        key = PrivateKey(public_key.key_type, secret)
        assert key.public_key == public_key
        assert did_key(key.public_key) == did


def test_document_has_the_relationships_of_the_specification_and_no_encryption_key() -> None:
    method = f"{ED25519_DID}#{ED25519_DID[8:]}"

    assert resolve(ED25519_DID).document == {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
        "id": ED25519_DID,
        "verificationMethod": [
            {
                "id": method,
                "type": "Multikey",
                "controller": ED25519_DID,
                "publicKeyMultibase": ED25519_DID[8:],
            }
        ],
        "authentication": [method],
        "assertionMethod": [method],
        "capabilityInvocation": [method],
        "capabilityDelegation": [method],
    }


def test_encryption_key_is_derived_if_asked_for() -> None:
    # The key agreement key that the did:key test suite expects for this DID.
    agreement = f"{ED25519_DID}#z6LSfHfAMAopsuBxaBzvp51GXrPf38Az13j2fmwqadbwwrzJ"

    document = resolve(ED25519_DID, options=ResolutionOptions(enable_encryption_key_derivation=True)).document

    assert document["keyAgreement"] == [agreement]
    assert document["assertionMethod"] == [f"{ED25519_DID}#{ED25519_DID[8:]}"]


def test_x25519_key_is_for_agreement_only() -> None:
    document = resolve("did:key:z6LSeu9HkTHSfLLeUs2nnzUSNedgDUevfNQgQjQC23ZCit6F").document

    assert "keyAgreement" in document
    assert "authentication" not in document
    assert "assertionMethod" not in document


def test_did_and_method_of_a_key_are_named() -> None:
    key = decode_multikey(P256_DID[8:])

    assert did_key(key) == P256_DID
    assert did_key_method(key) == f"{P256_DID}#{P256_DID[8:]}"


@pytest.mark.parametrize(
    "did",
    [
        "did:key:6MktKwz7Ge1Yxzr4JHavN33wiwa8y81QdcMRLXQsrH9T53b",  # no multibase prefix
        "did:key:uMktKwz7Ge1Yxzr4JHavN33wiwa8y81QdcMRLXQsrH9T53b",  # another base
        "did:key:-v4:z6MktKwz7Ge1Yxzr4JHavN33wiwa8y81QdcMRLXQsrH9T53b",
        "did:key:0:z6MktKwz7Ge1Yxzr4JHavN33wiwa8y81QdcMRLXQsrH9T53b",
        "did:key:01:z6MktKwz7Ge1Yxzr4JHavN33wiwa8y81QdcMRLXQsrH9T53b",
        "did:key:2:z6MktKwz7Ge1Yxzr4JHavN33wiwa8y81QdcMRLXQsrH9T53b",
        "did:key:1:1:z6MktKwz7Ge1Yxzr4JHavN33wiwa8y81QdcMRLXQsrH9T53b",
        "did:key::z6MktKwz7Ge1Yxzr4JHavN33wiwa8y81QdcMRLXQsrH9T53b",
        "did:key:z6MktKwz7Ge1Yxzr4JHavN33wiwa8y81QdcMRLXQsrH9T53%62",  # an encoded letter
        "did:key:z6MktKwz7Ge1Yxzr4JHavN33wiwa8y81QdcMRLXQsrH9T530",  # 0 is not base58
        "did:key:z",
        "did:key:z6MktKwz7Ge1Yxzr4JHavN33wiwa8y81QdcMRLXQsrH9T53b#z6Mk",
        "did:key:z6MktKwz7Ge1Yxzr4JHavN33wiwa8y81QdcMRLXQsrH9T53b\n",
    ],
)
def test_malformed_did_key_is_refused(did: str) -> None:
    """G3, G8: shape, version, base and alphabet."""
    with pytest.raises(InvalidDIDError):
        resolve(did)
    metadata: Vector = resolution_result(did)["didResolutionMetadata"]
    assert metadata["error"] == "invalidDid"


def test_version_one_may_be_written() -> None:
    did = "did:key:1:" + ED25519_DID[8:]

    assert resolve(did).document["id"] == did


def _did(codec: int | bytes, key: bytes) -> str:
    prefix = codec if isinstance(codec, bytes) else encode_varint(codec)
    return "did:key:" + encode_multibase(prefix + key, base="z")


@pytest.mark.parametrize("codec", [0x00, 0x1203, 0x1206, 0x1300, 0x2561])
def test_key_of_an_unknown_codec_is_refused(codec: int) -> None:
    """G8: the multicodec decides before the key is looked at."""
    with pytest.raises(UnsupportedPublicKeyTypeError, match=f"multicodec 0x{codec:x}"):
        resolve(_did(codec, bytes(32)))


@pytest.mark.parametrize(
    ("codec", "length"),
    [(0xED, 31), (0xED, 33), (0x1200, 32), (0x1200, 65), (0x1201, 48), (0xEB, 48), (0xE7, 0)],
)
def test_key_of_a_wrong_length_is_refused(codec: int, length: int) -> None:
    """G8: `invalidPublicKeyLength`, as the specification names it."""
    with pytest.raises(InvalidPublicKeyLengthError):
        resolve(_did(codec, b"\x02" * length))


def test_did_of_the_suite_with_a_short_key_is_refused() -> None:
    metadata: Vector = resolution_result("did:key:zTjsVPtY")["didResolutionMetadata"]

    assert metadata["error"] == "invalidPublicKeyLength"


def test_varint_that_is_not_minimal_is_refused() -> None:
    """G8: 0xed 0x81 0x00 would be 0xed as well."""
    with pytest.raises(InvalidDIDError, match="shortest form"):
        resolve(_did(bytes.fromhex("ed8100"), decode_multikey(ED25519_DID[8:]).key_bytes))


@pytest.mark.parametrize(
    ("codec", "key"),
    [
        (0x1200, b"\x04" + bytes(32)),
        (0x1200, b"\x02" + (1).to_bytes(32, "big")),
        (0xED, bytes(32)),
        (0xED, b"\x02" + bytes(31)),
        (0xEB, b"\xc0" + bytes(95)),
        (0x1205, b"\x30\x00"),
    ],
)
def test_key_that_is_no_point_is_refused(codec: int, key: bytes) -> None:
    """C14, C13, C15: `invalidPublicKey`."""
    with pytest.raises(InvalidPublicKeyError):
        resolve(_did(codec, key))
    metadata: Vector = resolution_result(_did(codec, key))["didResolutionMetadata"]
    assert metadata["error"] == "invalidPublicKey"


def test_unknown_form_is_unsupported() -> None:
    with pytest.raises(UnsupportedPublicKeyTypeError, match="'PgpVerificationKey2021' is not known"):
        resolve(ED25519_DID, options=ResolutionOptions(public_key_format="PgpVerificationKey2021"))


def test_experimental_form_must_be_enabled() -> None:
    form = "Ed25519VerificationKey2018"

    with pytest.raises(InvalidPublicKeyTypeError, match="experimental, and not enabled"):
        resolve(ED25519_DID, options=ResolutionOptions(public_key_format=form))
    enabled = ResolutionOptions(public_key_format=form, enable_experimental_public_key_types=True)
    methods: Vector = resolve(ED25519_DID, options=enabled).document["verificationMethod"]
    assert methods[0]["type"] == form


@pytest.mark.parametrize(
    ("did", "form"),
    [
        (P256_DID, "Ed25519VerificationKey2020"),
        (ED25519_DID, "X25519KeyAgreementKey2020"),
    ],
)
def test_form_of_another_key_type_is_refused(did: str, form: str) -> None:
    with pytest.raises(InvalidPublicKeyTypeError, match="cannot be written as"):
        resolve(did, options=ResolutionOptions(public_key_format=form))


@pytest.mark.parametrize("form", ["JsonWebKey", "JsonWebKey2020"])
def test_jwk_form_holds_the_key(form: str) -> None:
    methods: Vector = resolve(P256_DID, options=ResolutionOptions(public_key_format=form)).document[
        "verificationMethod"
    ]

    assert methods[0]["type"] == form
    assert methods[0]["publicKeyJwk"] == {
        "kty": "EC",
        "crv": "P-256",
        "x": "YP7UuiVanTHJYet0xjVtaMBJuJI7Yfps5mliLmDyn7Y",
        "y": "eQP-EAi4vJmkGunpVii8ZPLxsgwtfp9Rd6PClNRGIpk",
    }


# --- the implementers' fixtures of the DID Core suite --------------------------------------------


def _fixture(name: str) -> Vector:
    return json.loads((VECTORS / "did-core" / f"{name}.json").read_text("utf-8"))


def _documents(name: str) -> list[tuple[str, JSONObject]]:
    content = _fixture(name)
    found = []
    for did in content["dids"]:
        representation = content[did]["application/did+ld+json"]["representation"]
        found.append((did, json.loads(representation)))
    return found


def _absolute(document: JSONObject, did: str) -> JSONObject:
    """Return a document with its relative ids made absolute."""
    return json.loads(json.dumps(document).replace('"#', f'"{did}#'))  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("did", "published", "form"),
    [(*entry, "Ed25519VerificationKey2020") for entry in _documents("did-key-2020-db")]
    + [(*entry, "JsonWebKey2020") for entry in _documents("did-key-transmute")],
    ids=lambda value: value[8:24] if isinstance(value, str) else "",
)
def test_implementers_document_has_our_keys_and_relationships(
    did: str, published: JSONObject, form: str
) -> None:
    options = ResolutionOptions(public_key_format=form, enable_encryption_key_derivation=True)
    ours: Vector = resolve(did, options=options).document
    theirs: Vector = _absolute(_without_key_agreement_of_signing_keys(published, did), did)

    key_methods = [
        [(method["id"], method["type"], _key_of(method, did)) for method in document["verificationMethod"]]
        for document in (ours, theirs)
    ]
    # One implementation embeds the key agreement key in its relationship.
    embedded = [entry for entry in theirs.get("keyAgreement", []) if isinstance(entry, dict)]
    key_methods[1] += [(method["id"], method["type"], _key_of(method, did)) for method in embedded]
    assert key_methods[0] == key_methods[1]
    for relationship in ("authentication", "assertionMethod", "capabilityInvocation", "capabilityDelegation"):
        assert ours.get(relationship) == theirs.get(relationship)


@pytest.mark.parametrize(
    ("did", "published"), _documents("did-key-spruce"), ids=["Ed25519", "P-256", "secp256k1"]
)
def test_implementers_jwk_is_the_key_in_the_did(did: str, published: JSONObject) -> None:
    methods: Vector = published["verificationMethod"]

    assert public_key_from_jwk(methods[0]["publicKeyJwk"]) == decode_multikey(did.removeprefix("did:key:"))
    assert methods[0]["id"] == resolve(did).document["assertionMethod"][0]  # type: ignore[index]


def test_implementers_errors_are_ours() -> None:
    spruce = _fixture("resolver-spruce-key")["executions"][3]
    mattr = _fixture("resolver-mattr-key")["executions"]

    for execution, code in ((spruce, "invalidDid"), (mattr[1], "invalidDid"), (mattr[2], "invalidDid")):
        result: Vector = resolution_result(execution["input"]["did"])
        assert result["didDocument"] is None
        assert result["didResolutionMetadata"]["error"] == code
    assert spruce["output"]["didResolutionMetadata"]["error"] == "invalidDid"
    assert mattr[1]["output"]["didResolutionMetadata"]["error"] == "invalidDid"


def test_a_changed_document_changes_nothing_for_the_next_reader() -> None:
    did = did_key(PrivateKey.from_secret_bytes(KeyType.ED25519, bytes(32)).public_key)
    first = resolve(did).document
    expected = json.dumps(first)
    first["assertionMethod"].append("did:key:z6MkMallory#z6MkMallory")
    first["verificationMethod"][0]["publicKeyMultibase"] = "z6MkMallory"
    assert json.dumps(resolve(did).document) == expected

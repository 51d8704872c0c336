"""vclib.did.jwk: did:jwk against the examples of its specification."""

from __future__ import annotations

import json
from typing import Any

import pytest

from vclib.did import did_jwk, resolve
from vclib.encoding import encode_base64url
from vclib.errors import InvalidDIDError, InvalidPublicKeyError, UnsupportedPublicKeyTypeError
from vclib.keys import KeyType, PublicKey, decode_multikey, generate_private_key, public_key_from_jwk

# https://github.com/quartzjer/did-jwk/blob/main/spec.md, examples P-256 and X25519.
P256_DID = (
    "did:jwk:eyJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieCI6ImFjYklRaXVNczNpOF91c3pFakoydHBUdFJNNEVVM3l6OTFQSDZDZEgyV"
    "jAiLCJ5IjoiX0tjeUxqOXZXTXB0bm1LdG00NkdxRHo4d2Y3NEk1TEtncmwyR3pIM25TRSJ9"
)
P256_JWK = {
    "crv": "P-256",
    "kty": "EC",
    "x": "acbIQiuMs3i8_uszEjJ2tpTtRM4EU3yz91PH6CdH2V0",
    "y": "_KcyLj9vWMptnmKtm46GqDz8wf74I5LKgrl2GzH3nSE",
}
X25519_DID = (
    "did:jwk:eyJrdHkiOiJPS1AiLCJjcnYiOiJYMjU1MTkiLCJ1c2UiOiJlbmMiLCJ4IjoiM3A3YmZYdDl3YlRUVzJIQzdPUTFOei1EUThoY"
    "mVHZE5yZngtRkctSUswOCJ9"
)
X25519_JWK = {
    "kty": "OKP",
    "crv": "X25519",
    "use": "enc",
    "x": "3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08",
}


def _did_of(value: object) -> str:
    return "did:jwk:" + encode_base64url(json.dumps(value).encode("utf-8"))


def test_example_of_the_specification_resolves_to_its_document() -> None:
    assert resolve(P256_DID).document == {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/jws-2020/v1"],
        "id": P256_DID,
        "verificationMethod": [
            {
                "id": P256_DID + "#0",
                "type": "JsonWebKey2020",
                "controller": P256_DID,
                "publicKeyJwk": P256_JWK,
            }
        ],
        "assertionMethod": [P256_DID + "#0"],
        "authentication": [P256_DID + "#0"],
        "capabilityInvocation": [P256_DID + "#0"],
        "capabilityDelegation": [P256_DID + "#0"],
        "keyAgreement": [P256_DID + "#0"],
    }


def test_encryption_key_of_the_specification_is_for_agreement_only() -> None:
    document: Any = resolve(X25519_DID).document

    assert document["verificationMethod"][0]["publicKeyJwk"] == X25519_JWK
    assert document["keyAgreement"] == [X25519_DID + "#0"]
    assert "assertionMethod" not in document
    assert "authentication" not in document


def test_signing_key_is_not_for_agreement() -> None:
    document = resolve(_did_of(P256_JWK | {"use": "sig"})).document

    assert "keyAgreement" not in document
    assert "assertionMethod" in document


def test_key_is_written_as_in_the_specification() -> None:
    assert did_jwk(public_key_from_jwk(P256_JWK)) == P256_DID


@pytest.mark.parametrize("key_type", [KeyType.ED25519, KeyType.P256, KeyType.P384, KeyType.SECP256K1])
@pytest.mark.parametrize("use", [None, "sig", "enc"])
def test_what_is_written_resolves(key_type: KeyType, use: str | None) -> None:
    key = generate_private_key(key_type).public_key

    document: Any = resolve(did_jwk(key, use=use)).document

    assert public_key_from_jwk(document["verificationMethod"][0]["publicKeyJwk"]) == key
    assert ("keyAgreement" in document) is (use != "sig")
    assert ("assertionMethod" in document) is (use != "enc")


def test_other_members_of_the_jwk_stay() -> None:
    document: Any = resolve(_did_of(P256_JWK | {"kid": "urn:x", "alg": "ES256"})).document

    assert document["verificationMethod"][0]["publicKeyJwk"] == P256_JWK | {"kid": "urn:x", "alg": "ES256"}


@pytest.mark.parametrize("member", ["d", "p", "q", "dp", "dq", "qi", "oth", "k"])
def test_private_member_is_refused(member: str) -> None:
    """G9: a did:jwk with a private key has published it."""
    with pytest.raises(InvalidPublicKeyError, match="private or symmetric"):
        resolve(_did_of(P256_JWK | {member: "AA"}))


def test_symmetric_key_is_refused() -> None:
    """G9: an "oct" key is a secret."""
    with pytest.raises(InvalidPublicKeyError, match="private or symmetric"):
        resolve(_did_of({"kty": "oct", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ"}))


@pytest.mark.parametrize(
    "jwk",
    [
        {},
        {"kty": "EC"},
        {"kty": "EC", "crv": "P-192", "x": "AA", "y": "AA"},
        {"kty": "OKP", "crv": "Ed448", "x": "AA"},
    ],
)
def test_unknown_key_type_is_refused(jwk: dict[str, str]) -> None:
    with pytest.raises(UnsupportedPublicKeyTypeError):
        resolve(_did_of(jwk))


@pytest.mark.parametrize(
    "change",
    [{"x": "AA"}, {"y": P256_JWK["x"]}, {"x": None}, {"x": P256_JWK["x"] + "="}, {"y": 5}],
)
def test_key_that_is_none_is_refused(change: dict[str, object]) -> None:
    """C14: as everywhere where a key is read."""
    with pytest.raises(InvalidPublicKeyError):
        resolve(_did_of(P256_JWK | change))


@pytest.mark.parametrize(
    "value", [[], "text", 5, None, P256_JWK | {"use": 5}, {"a": {"b": {"c": {"d": {}}}}}]
)
def test_something_else_than_a_jwk_is_refused(value: object) -> None:
    with pytest.raises(InvalidDIDError):
        resolve(_did_of(value))


@pytest.mark.parametrize(
    "identifier",
    [
        "AAAA",  # not JSON
        "eyJrdHkiOiJFQyJ9=",
        "eyJrdHkiOiJFQyJ9.",
        "e30:e30",
        "e31",  # stray bits
        encode_base64url(b'{"kty": "EC", "kty": "OKP"}'),
        encode_base64url(b'{"kty": "\xff"}'),
        encode_base64url(b"{" + b" " * 3000 + b"}"),
    ],
)
def test_identifier_that_holds_no_json_object_is_refused(identifier: str) -> None:
    """A12, C16, J4: strict base64url, strict JSON, bounded."""
    with pytest.raises(InvalidDIDError):
        resolve("did:jwk:" + identifier)


def test_key_without_a_jwk_cannot_be_written() -> None:
    from vclib.errors import UnsupportedKeyError

    pair: PublicKey = decode_multikey(
        "z5TcCmGLu7HrkT5FTnejDTKcH11LPMQLXMPHTRyzY4KdRvqpPLprH7s1ddWFD38cAkZoiDtofUmJVZyEweUTfwjG5H3znk3ir4tzmu"
        "DBUSNbNQ7U6jJqj5bkQLKRaQB1bpFJKGLEq3EBwsfPutL5D7p78kFeLNHznqbf5oGpik7ScaDbGLaTLh1Jtadi6VmPNNd44Cojk"
    )
    with pytest.raises(UnsupportedKeyError):
        did_jwk(pair)

"""protocols.oid4vci: key proofs of both types, by the specification's example and by what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.jose import sign_jws
from protocols.oid4vci import (
    InvalidProofError,
    KeyProof,
    build_di_vp_proof,
    build_jwt_proof,
    verify_di_vp_proof,
    verify_jwt_proof,
)
from vclib.did import did_jwk, did_key, did_key_method, resolver
from vclib.keys import KeyType, PrivateKey
from vclib.presentations import new_presentation
from vclib.proofs import AUTHENTICATION, add_proof
from vclib.strict_json import JSONObject, JSONValue

ISSUER = "https://issuer.example"
NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
P256 = PrivateKey.from_secret_bytes(KeyType.P256, bytes([11]) * 32)
ED25519 = PrivateKey.from_secret_bytes(KeyType.ED25519, bytes([12]) * 32)
KEYS = {"ecdsa-rdfc-2019": P256, "eddsa-rdfc-2022": ED25519}

# OpenID4VCI 1.0 appendix F.1.
EXAMPLE = (
    "eyJ0eXAiOiJvcGVuaWQ0dmNpLXByb29mK2p3dCIsImFsZyI6IkVTMjU2Iiwiand"
    "rIjp7Imt0eSI6IkVDIiwiY3J2IjoiUC0yNTYiLCJ4IjoiblVXQW9BdjNYWml0aDh"
    "FN2kxOU9kYXhPTFlGT3dNLVoyRXVNMDJUaXJUNCIsInkiOiJIc2tIVThCalVpMVU"
    "5WHFpN1N3bWo4Z3dBS18weGtjRGpFV183MVNvc0VZIn19.eyJhdWQiOiJodHRwcz"
    "ovL2NyZWRlbnRpYWwtaXNzdWVyLmV4YW1wbGUuY29tIiwiaWF0IjoxNzAxOTYwND"
    "Q0LCJub25jZSI6IkxhclJHU2JtVVBZdFJZTzZCUTR5bjgifQ.-a3EDsxClUB4O3L"
    "eDD5DVGEnNMT01FCQW4P6-2-BNBqc_Zxf0Qw4CWayLEpqkAomlkLb9zioZoipdP-"
    "jvh1WlA"
)


def verify(proof: object, **options: Any) -> KeyProof:
    """Verify a `jwt` proof now. Any: options of `verify_jwt_proof`."""
    members: dict[str, Any] = {"issuer": ISSUER, "resolve": resolver(), "now": NOW, **options}
    return verify_jwt_proof(proof, **members)


def verify_vp(proof: object, **options: Any) -> KeyProof:
    """Verify a `di_vp` proof now. Any: options of `verify_di_vp_proof`."""
    members: dict[str, Any] = {"issuer": ISSUER, "resolve": resolver(), "now": NOW, **options}
    return verify_di_vp_proof(proof, **members)


def signed(*, header: JSONObject | None = None, **claims: JSONValue) -> str:
    """Return a proof of the P-256 key with other members; a claim set to ... is left out."""
    payload: JSONObject = {"aud": ISSUER, "iat": int(NOW.timestamp()), "nonce": "n"}
    members: JSONObject = {"typ": "openid4vci-proof+jwt", "kid": did_key_method(P256.public_key)}
    payload = {name: value for name, value in (payload | claims).items() if value is not ...}
    return sign_jws(members | (header or {}), payload, P256)


def vp(**options: Any) -> JSONObject:
    """Return a `di_vp` proof of the P-256 key. Any: options of `build_di_vp_proof`."""
    members: dict[str, Any] = {
        "issuer": ISSUER,
        "nonce": "n",
        "now": NOW,
        "cryptosuite": "ecdsa-rdfc-2019",
        **options,
    }
    return build_di_vp_proof(P256, **members)


# --- jwt ------------------------------------------------------------------------------------------


def test_example_of_the_specification_verifies() -> None:
    proof = verify(
        EXAMPLE,
        issuer="https://credential-issuer.example.com",
        now=datetime.fromtimestamp(1701960444, UTC),
    )
    assert proof.nonce == "LarRGSbmUPYtRYO6BQ4yn8"
    assert proof.holder == did_jwk(proof.public_key)


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_proof_is_verified_as_it_was_built(key: PrivateKey) -> None:
    proof = build_jwt_proof(key, issuer=ISSUER, nonce="n", now=NOW)
    assert verify(proof) == KeyProof(did_key(key.public_key), key.public_key, "n")


def test_kid_may_be_a_did_jwk() -> None:
    did = did_jwk(P256.public_key)
    proof = build_jwt_proof(P256, issuer=ISSUER, nonce="n", now=NOW, kid=f"{did}#0")
    assert verify(proof).holder == did


def test_key_attestation_and_trust_chain_are_ignored() -> None:
    assert verify(signed(header={"key_attestation": "eyJ", "trust_chain": []})).nonce == "n"


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        ({"aud": ...}, "aud"),
        ({"aud": [ISSUER]}, "aud"),
        ({"aud": "https://other.example"}, "aud"),
        ({"iat": ...}, "iat"),
        ({"iat": "2026-07-01"}, "iat"),
        ({"iat": True}, "iat"),
        ({"iat": int((NOW - timedelta(minutes=11)).timestamp())}, "too old"),
        ({"iat": int((NOW + timedelta(minutes=6)).timestamp())}, "future"),
        ({"exp": int(NOW.timestamp())}, "exp"),
        ({"nbf": int((NOW + timedelta(minutes=6)).timestamp())}, "nbf"),
        ({"iss": "did:key:zWallet"}, "iss"),
        ({"nonce": 1}, "nonce"),
        ({"nonce": ""}, "nonce"),
    ],
)
def test_proof_with_other_claims_is_refused(claims: JSONObject, message: str) -> None:
    with pytest.raises(InvalidProofError, match=message):
        verify(signed(**claims))


def test_iss_is_the_client_that_the_token_was_given_to() -> None:
    proof = build_jwt_proof(P256, issuer=ISSUER, nonce="n", now=NOW, client_id="wallet-1")
    assert verify(proof, client_id="wallet-1").nonce == "n"
    with pytest.raises(InvalidProofError, match="iss"):
        verify(proof, client_id="wallet-2")


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ({"kid": did_key(P256.public_key)}, "fragment"),
        ({"kid": "#0"}, "DID"),
        ({"kid": "did:key:zUnknown#zUnknown"}, "multicodec"),
        ({"kid": did_key_method(ED25519.public_key)}, "alg"),
        ({"jwk": {"kty": "oct", "k": "AA"}}, "one of kid"),
        ({"x5c": ["AA"]}, "one of kid"),
    ],
)
def test_proof_with_another_header_is_refused(header: JSONObject, message: str) -> None:
    with pytest.raises(InvalidProofError, match=message):
        verify(signed(header=header))


def test_certificate_chain_is_refused_by_name() -> None:
    header: JSONObject = {"typ": "openid4vci-proof+jwt", "x5c": ["AA"]}
    proof = sign_jws(header, {"aud": ISSUER, "iat": int(NOW.timestamp())}, P256)
    with pytest.raises(InvalidProofError, match="x5c"):
        verify(proof)


def test_algorithm_that_the_metadata_do_not_list_is_refused() -> None:
    with pytest.raises(InvalidProofError, match="alg"):
        verify(signed(), algs=("EdDSA",))


@given(st.text() | st.none() | st.integers())
def test_any_text_is_refused_by_name(text: object) -> None:
    with pytest.raises(InvalidProofError):
        verify(text)


# --- di_vp ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("suite", KEYS)
def test_presentation_is_verified_as_it_was_built(suite: str) -> None:
    key = KEYS[suite]
    proof = build_di_vp_proof(key, issuer=ISSUER, nonce="n", now=NOW, cryptosuite=suite)
    assert verify_vp(proof) == KeyProof(did_key(key.public_key), key.public_key, "n")


def test_proof_may_be_an_array_of_one() -> None:
    document = vp()
    assert verify_vp(document | {"proof": [document["proof"]]}).nonce == "n"


def test_holder_may_be_left_out() -> None:
    document = add_proof(
        new_presentation([]),
        cryptosuite="ecdsa-rdfc-2019",
        key=P256,
        verification_method=did_key_method(P256.public_key),
        created=NOW,
        purpose=AUTHENTICATION,
        challenge="n",
        domain=ISSUER,
    )
    assert verify_vp(document).holder == did_key(P256.public_key)


def _altered(**members: JSONValue) -> JSONObject:
    document = vp()
    proof = document["proof"]
    assert isinstance(proof, dict)
    return document | {"proof": proof | members}


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"proof": []},
        vp(issuer="https://other.example"),
        vp(issuer=f"{ISSUER}/"),
        vp(holder=did_key(ED25519.public_key)),
        vp(verification_method=did_key_method(ED25519.public_key)),
        vp(now=NOW + timedelta(hours=1)),
        _altered(challenge="other"),
        _altered(challenge=1),
        _altered(domain="https://other.example"),
        _altered(proofPurpose="assertionMethod"),
        _altered(cryptosuite="eddsa-rdfc-2022"),
        {name: value for name, value in vp().items() if name != "proof"},
        vp() | {"verifiableCredential": [{"type": ["VerifiableCredential"]}]},
    ],
)
def test_presentation_that_is_no_proof_is_refused(document: object) -> None:
    with pytest.raises(InvalidProofError, match="di_vp proof"):
        verify_vp(document)


def test_cryptosuite_that_the_metadata_do_not_list_is_refused() -> None:
    with pytest.raises(InvalidProofError):
        verify_vp(vp(), suites=("eddsa-rdfc-2022",))


def test_proofs_of_two_keys_are_refused() -> None:
    twice = add_proof(
        {name: value for name, value in vp().items() if name != "holder"},
        cryptosuite="eddsa-rdfc-2022",
        key=ED25519,
        verification_method=did_key_method(ED25519.public_key),
        created=NOW,
        purpose=AUTHENTICATION,
        challenge="n",
        domain=ISSUER,
    )
    with pytest.raises(InvalidProofError):
        verify_vp(twice)

"""issuer.did_web: a did:web issuer answers for its own keys, and others read it as strictly as anybody's."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from issuer.app import create_issuer_app
from issuer.config import IssuerConfig
from issuer.did_documents import publish
from issuer.keys import IssuerKeys, generate_keys, load_keys, save_keys
from issuer.store import IssuerStore
from runtime.keys import KeptKey, KeyState
from runtime.sealing import Argon2Parameters
from tests.asgi import Client
from vclib.did import PublishedKey, did_document, resolver
from vclib.errors import (
    InvalidDIDDocumentError,
    InvalidRelationshipError,
    InvalidSignatureError,
    InvalidVerificationMethodError,
    InvalidVerificationMethodURLError,
    RetiredKeyError,
    UnsupportedKeyError,
    VCError,
)
from vclib.keys import KeyType, PrivateKey
from vclib.proofs import add_proof
from vclib.strict_json import JSONObject, dump_json
from vclib.verification import Environment, verify_credential

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
DID = "did:web:moh.example"
CHEAP = Argon2Parameters(memory_kib=64, iterations=1, lanes=1)
P256, OTHER = (PrivateKey.from_secret_bytes(KeyType.P256, bytes([number]) * 32) for number in (1, 2))
ED25519 = PrivateKey.from_secret_bytes(KeyType.ED25519, bytes([3]) * 32)
CREDENTIAL: JSONObject = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "type": ["VerifiableCredential"],
    "issuer": DID,
    "credentialSubject": {"id": "urn:uuid:2f8d0a4e-3c5c-4d1f-8d57-0d8c1a5f6b11"},
}


def signed(key: PrivateKey = P256, fragment: str = "p256-1", **options: object) -> JSONObject:
    chosen: dict[str, object] = {"cryptosuite": "ecdsa-rdfc-2019", "created": NOW} | options
    method = fragment if ":" in fragment or fragment.startswith("#") else f"{DID}#{fragment}"
    return add_proof(CREDENTIAL, key=key, verification_method=method, **chosen)  # type: ignore[arg-type]


def document(*keys: PublishedKey) -> JSONObject:
    return did_document(DID, keys or (PublishedKey("p256-1", P256.public_key),))


def verify(credential: JSONObject, published: JSONObject, *, now: datetime = NOW) -> None:
    fetched = dump_json(published).encode()
    verify_credential(credential, Environment(resolver(fetch=lambda _: fetched), now))


def test_a_credential_verifies_under_its_issuers_document() -> None:
    verify(signed(), document())


@pytest.mark.parametrize(
    ("published", "error"),
    [
        # C4: the suite names another type of key than the one that is listed.
        (PublishedKey("p256-1", ED25519.public_key), UnsupportedKeyError),
        (PublishedKey("p256-1", OTHER.public_key), InvalidSignatureError),
        # C5, C6: another purpose.
        (PublishedKey("p256-1", P256.public_key, ("authentication",)), InvalidRelationshipError),
        # C7: not in the document.
        (PublishedKey("p256-2", P256.public_key), InvalidVerificationMethodError),
    ],
)
def test_another_key_type_or_purpose_is_refused(published: PublishedKey, error: type[VCError]) -> None:
    """C4 to C7."""
    with pytest.raises(error):
        verify(signed(), document(published))


@pytest.mark.parametrize("method", ["#p256-1", "did:web:moh.example", "did:web:moh.example?a=1#p256-1"])
def test_a_method_that_names_no_document_is_refused(method: str) -> None:
    """C8."""
    credential = signed()
    proof = credential["proof"]
    assert isinstance(proof, dict)
    with pytest.raises(InvalidVerificationMethodURLError):
        verify({**credential, "proof": {**proof, "verificationMethod": method}}, document())


@pytest.mark.parametrize("member", ["revoked", "expires"])
def test_a_key_that_was_revoked_before_is_refused_and_one_revoked_later_is_not(member: str) -> None:
    """C9: measured at `created`, so a stolen key is withdrawn by leaving it out, not by this member."""

    def with_member(moment: str) -> JSONObject:
        whole = document()
        methods = whole["verificationMethod"]
        assert isinstance(methods, list)
        return {**whole, "verificationMethod": [{**methods[0], member: moment}]}  # type: ignore[dict-item]

    with pytest.raises(RetiredKeyError):
        verify(signed(), with_member("2026-06-30T00:00:00Z"))
    verify(signed(), with_member("2026-07-02T00:00:00Z"), now=NOW + timedelta(days=30))


def test_an_old_key_without_a_time_in_its_proofs_must_not_be_marked_revoked() -> None:
    """A proof without `created` is judged now: overlapping keys are listed plainly, for the sake of BBS."""
    timeless = signed(created=None)
    whole = document()
    methods = whole["verificationMethod"]
    assert isinstance(methods, list)
    revoked = {**methods[0], "revoked": "2026-07-02T00:00:00Z"}  # type: ignore[dict-item]
    later = NOW + timedelta(days=30)
    verify(timeless, whole, now=later)
    with pytest.raises(RetiredKeyError):
        verify(timeless, {**whole, "verificationMethod": [revoked]}, now=later)


def test_a_document_of_another_did_is_refused() -> None:
    """G4."""
    other = did_document("did:web:evil.example", [PublishedKey("p256-1", P256.public_key)])
    with pytest.raises(InvalidDIDDocumentError):
        verify(signed(), other)


@pytest.fixture
def config(tmp_path: Path) -> IssuerConfig:
    dids = {key_type.value: DID for key_type in (KeyType.P256, KeyType.ED25519, KeyType.BLS12_381_G2)}
    return IssuerConfig(tmp_path, "Ministry", url="https://moh.example", dids=dids, did=DID)


def _client(config: IssuerConfig, keys: IssuerKeys) -> Client:
    return Client(create_issuer_app(config, IssuerStore.open("sqlite://"), keys, clock=lambda: NOW))


def test_the_service_serves_its_document(config: IssuerConfig) -> None:
    keys = generate_keys(DID)
    publish(config.document_path, DID, save_keys(keys, config.keys_path, "a passphrase", parameters=CHEAP))
    answer = _client(config, load_keys(config.keys_path, "a passphrase", dids=config.dids)).get(
        "/.well-known/did.json"
    )
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/did")
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert answer.json()["id"] == DID
    assert answer.json()["assertionMethod"] == [f"{DID}#{name}-1" for name in ("p256", "ed25519", "bls")]


def test_an_issuer_of_did_keys_serves_no_document(config: IssuerConfig) -> None:
    keys = generate_keys()
    client = _client(replace(config, did=None, dids=keys.dids), keys)
    assert client.get("/.well-known/did.json").status_code == 404


def test_a_document_of_somebody_else_in_the_folder_is_not_served(config: IssuerConfig) -> None:
    """K2, G4."""
    kept = (KeptKey("p256-1", P256.public_key, KeyState.SIGNING, secret=P256),)
    publish(config.document_path, "did:web:evil.example", kept)
    client = _client(config, IssuerKeys({KeyType.P256: P256}))
    assert client.get("/.well-known/did.json").status_code == 503

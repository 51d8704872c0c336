"""Base proofs beside plain ones: add, derive, drop, and never show (D1, D3, C3)."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import pytest

from vclib import did
from vclib.cryptosuites import CRYPTOSUITES, SELECTIVE_SUITES, is_selective
from vclib.did.key import did_key, did_key_method
from vclib.errors import (
    BaseProofPresentedError,
    InvalidSignatureError,
    PointerError,
    PreviousProofError,
    ProofGenerationError,
    ProofVerificationError,
    UnsupportedKeyError,
)
from vclib.keys import KeyType, PrivateKey
from vclib.proofs import (
    ASSERTION_METHOD,
    VerifiedProof,
    add_proof,
    base_proofs,
    derive,
    drop_base_proofs,
    mandatory_part,
    proofs_of,
    verify_proofs,
)
from vclib.strict_json import JSONObject

NOW = datetime(2026, 7, 1, 12, 0, 0, tzinfo=UTC)
KEYS = {
    "eddsa-rdfc-2022": PrivateKey.from_secret_bytes(KeyType.ED25519, bytes(range(32))),
    "ecdsa-sd-2023": PrivateKey.from_secret_bytes(KeyType.P256, bytes(range(1, 33))),
    "bbs-2023": PrivateKey.from_secret_bytes(KeyType.BLS12_381_G2, bytes(range(1, 33))),
}

UNSIGNED: JSONObject = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "type": ["VerifiableCredential"],
    "issuer": did_key(KEYS["ecdsa-sd-2023"].public_key),
    "validUntil": "2027-01-01T00:00:00Z",
    "credentialSubject": {"id": "did:example:alice", "name": "Alice", "description": "Recovered"},
}
MANDATORY = ("/issuer", "/validUntil")

each_selective = pytest.mark.parametrize("suite", ["ecdsa-sd-2023", "bbs-2023"])


def add(document: JSONObject, suite: str, **options: Any) -> dict[str, Any]:
    """Add a proof of the suite. Any: options are passed through, tests alter the result."""
    if suite in SELECTIVE_SUITES:
        options = {"mandatory_pointers": MANDATORY, "hmac_key": bytes(32), **options}
    method = did_key_method(KEYS[suite].public_key)
    return copy.deepcopy(
        add_proof(
            document, cryptosuite=suite, key=KEYS[suite], verification_method=method, created=NOW, **options
        )
    )


def verify(document: JSONObject, **options: Any) -> tuple[VerifiedProof, ...]:
    """Verify for assertions at NOW. Any: options are passed through."""
    return verify_proofs(
        document,
        purpose=ASSERTION_METHOD,
        resolve=lambda identifier: did.resolve(identifier).document,
        now=NOW,
        **options,
    )


def test_six_suites_are_supported_and_two_are_selective() -> None:
    assert sorted(CRYPTOSUITES) == [
        "bbs-2023",
        "ecdsa-jcs-2019",
        "ecdsa-rdfc-2019",
        "ecdsa-sd-2023",
        "eddsa-jcs-2022",
        "eddsa-rdfc-2022",
    ]
    assert [name for name, suite in sorted(CRYPTOSUITES.items()) if is_selective(suite)] == [
        "bbs-2023",
        "ecdsa-sd-2023",
    ]
    assert all(suite.name == name for name, suite in CRYPTOSUITES.items())


@each_selective
def test_derived_proof_verifies_and_an_altered_claim_does_not(suite: str) -> None:
    derived: dict[str, Any] = derive(
        add(UNSIGNED, suite), selective_pointers=["/credentialSubject/description"]
    )
    assert derived["credentialSubject"] == {"id": "did:example:alice", "description": "Recovered"}
    assert [proof.cryptosuite for proof in verify(derived)] == [suite]
    derived["credentialSubject"]["description"] = "Vaccinated"
    with pytest.raises(InvalidSignatureError):
        verify(derived)


@each_selective
def test_base_proof_is_refused(suite: str) -> None:
    """D1: a base proof reaches the verifier."""
    with pytest.raises(BaseProofPresentedError, match="expected derived proofs, found a base proof"):
        verify(add(UNSIGNED, suite))


@each_selective
def test_base_proof_beside_a_valid_proof_is_refused(suite: str) -> None:
    """D1, C3: also where its suite is not accepted, and whatever else is proven."""
    both = add(add(UNSIGNED, suite), "eddsa-rdfc-2022")
    with pytest.raises(BaseProofPresentedError):
        verify(both)
    with pytest.raises(BaseProofPresentedError):
        verify(both, accepted_suites={"eddsa-rdfc-2022"})
    assert [proof.cryptosuite for proof in verify(drop_base_proofs(both))] == ["eddsa-rdfc-2022"]


@each_selective
def test_base_proof_under_another_type_is_still_one(suite: str) -> None:
    """D1: beside a valid proof it would pass as of an unknown suite, and give away everything."""
    both = add(add(UNSIGNED, suite), "eddsa-rdfc-2022")
    both["proof"][0]["type"] = "OtherProof"
    with pytest.raises(BaseProofPresentedError):
        verify(both)
    assert drop_base_proofs(both) == {**UNSIGNED, "proof": both["proof"][1]}


def test_base_proofs_are_found_and_dropped_in_a_set() -> None:
    everything = add(add(add(UNSIGNED, "ecdsa-sd-2023"), "eddsa-rdfc-2022"), "bbs-2023")
    first, plain, third = proofs_of(everything)
    assert base_proofs(everything) == [first, third]
    assert drop_base_proofs(everything) == {**UNSIGNED, "proof": plain}
    assert drop_base_proofs({**UNSIGNED, "proof": first}) == UNSIGNED
    assert base_proofs(drop_base_proofs(everything)) == []


@each_selective
def test_derived_proof_is_not_a_base_proof(suite: str) -> None:
    derived = derive(add(UNSIGNED, suite), selective_pointers=["/credentialSubject/name"])
    assert base_proofs(derived) == []
    assert drop_base_proofs(derived) == derived


def test_derivation_takes_the_base_proof_asked_for_and_leaves_the_others() -> None:
    everything = add(add(add(UNSIGNED, "ecdsa-sd-2023"), "eddsa-rdfc-2022"), "bbs-2023")
    pointers = ["/credentialSubject/name"]
    first: dict[str, Any] = derive(everything, selective_pointers=pointers)
    chosen: dict[str, Any] = derive(everything, selective_pointers=pointers, cryptosuite="bbs-2023")
    assert first["proof"]["cryptosuite"] == "ecdsa-sd-2023"
    assert chosen["proof"]["cryptosuite"] == "bbs-2023"
    assert len(verify(first)) == len(verify(chosen)) == 1


def test_derivation_without_a_base_proof_is_refused() -> None:
    plain = add(UNSIGNED, "eddsa-rdfc-2022")
    with pytest.raises(ProofGenerationError, match="has no base proof to derive from"):
        derive(plain, selective_pointers=["/issuer"])
    with pytest.raises(ProofGenerationError, match="has no base proof of bbs-2023 to derive from"):
        derive(add(plain, "ecdsa-sd-2023"), selective_pointers=["/issuer"], cryptosuite="bbs-2023")
    derived = derive(add(UNSIGNED, "bbs-2023"), selective_pointers=["/credentialSubject/name"])
    with pytest.raises(ProofGenerationError, match="has no base proof to derive from"):
        derive(derived, selective_pointers=["/issuer"])


@each_selective
def test_derivation_with_no_selection_shows_what_is_mandatory(suite: str) -> None:
    """D3: works if mandatory pointers exist, gives a clear error otherwise."""
    derived = derive(add(UNSIGNED, suite), selective_pointers=[])
    assert sorted(derived) == ["@context", "issuer", "proof", "type", "validUntil"]
    assert len(verify(derived)) == 1
    with pytest.raises(ProofGenerationError):
        derive(add(UNSIGNED, suite, mandatory_pointers=()), selective_pointers=[])


@each_selective
def test_pointer_to_nothing_is_refused_when_signing_and_deriving(suite: str) -> None:
    """D4: by name."""
    with pytest.raises(PointerError, match="/validFrom"):
        add(UNSIGNED, suite, mandatory_pointers=["/validFrom"])
    with pytest.raises(PointerError, match="/credentialSubject/birthDate"):
        derive(add(UNSIGNED, suite), selective_pointers=["/credentialSubject/birthDate"])


@each_selective
def test_foreign_context_inside_a_derived_proof_is_refused(suite: str) -> None:
    """C19: the algorithm overwrites it, so it would not be signed."""
    derived: dict[str, Any] = derive(add(UNSIGNED, suite), selective_pointers=["/credentialSubject/name"])
    derived["proof"]["@context"] = ["https://w3id.org/security/data-integrity/v2"]
    with pytest.raises(ProofVerificationError, match="proof's @context is not the document's"):
        verify(derived)


@each_selective
@pytest.mark.parametrize("member", ["created", "verificationMethod"])
def test_altered_option_of_a_derived_proof_is_refused(suite: str, member: str) -> None:
    """C1: options of a derived proof are those the issuer signed."""
    derived: dict[str, Any] = derive(add(UNSIGNED, suite), selective_pointers=["/credentialSubject/name"])
    other = PrivateKey.from_secret_bytes(KEYS[suite].key_type, bytes([7]) * 32)
    derived["proof"][member] = {
        "created": "2026-06-30T12:00:00Z",
        "verificationMethod": did_key_method(other.public_key),
    }[member]
    with pytest.raises(InvalidSignatureError):
        verify(derived)


@each_selective
def test_key_of_another_kind_is_refused_by_a_selective_suite(suite: str) -> None:
    """C4: before any arithmetic."""
    derived: dict[str, Any] = derive(add(UNSIGNED, suite), selective_pointers=["/credentialSubject/name"])
    derived["proof"]["verificationMethod"] = did_key_method(KEYS["eddsa-rdfc-2022"].public_key)
    with pytest.raises(UnsupportedKeyError, match=f"{suite} needs a key of type"):
        verify(derived)


@each_selective
def test_base_proof_upon_another_proof_is_not_made(suite: str) -> None:
    """C18: its derived document would have to show the other proof."""
    plain = add(UNSIGNED, "eddsa-rdfc-2022", proof_id="urn:example:1")
    with pytest.raises(ProofGenerationError, match="cannot show the proofs"):
        add(plain, suite, previous_proof="urn:example:1")


@each_selective
def test_derived_proof_upon_another_proof_is_refused(suite: str) -> None:
    """C18: somebody writes previousProof into a derived proof."""
    derived: dict[str, Any] = derive(add(UNSIGNED, suite), selective_pointers=["/credentialSubject/name"])
    both = add(derived, "eddsa-rdfc-2022", proof_id="urn:example:1")
    assert len(verify(both)) == 2
    both["proof"][0]["previousProof"] = "urn:example:1"
    with pytest.raises(PreviousProofError, match=f"a derived proof of {suite} cannot be made upon another"):
        verify(both)


def test_presentation_header_needs_a_suite_that_has_one() -> None:
    base = add(UNSIGNED, "ecdsa-sd-2023")
    with pytest.raises(ProofGenerationError, match="presentation header"):
        derive(base, selective_pointers=["/credentialSubject/name"], presentation_header=b"header")


@each_selective
def test_the_mandatory_part_is_what_no_derived_document_can_withhold(suite: str) -> None:
    signed = add(UNSIGNED, suite)
    assert mandatory_part(signed, cryptosuite=suite) == {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiableCredential"],
        "issuer": UNSIGNED["issuer"],
        "validUntil": "2027-01-01T00:00:00Z",
    }


def test_without_a_base_proof_there_is_no_mandatory_part() -> None:
    with pytest.raises(ProofGenerationError, match="no base proof of bbs-2023"):
        mandatory_part(add(UNSIGNED, "ecdsa-sd-2023"), cryptosuite="bbs-2023")

"""Adding and verifying proofs: presence, suites, purpose, keys, times, domain and challenge."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from vclib import did
from vclib.did.key import did_key, did_key_method
from vclib.errors import (
    DIDNotFoundError,
    InvalidChallengeError,
    InvalidDomainError,
    InvalidRelationshipError,
    InvalidSignatureError,
    InvalidVerificationMethodURLError,
    MalformedValueError,
    NoProofError,
    ProofExpiredError,
    ProofGenerationError,
    ProofPurposeError,
    ProofVerificationError,
    RetiredKeyError,
    UnsupportedCryptosuiteError,
    UnsupportedKeyError,
)
from vclib.jsonld import UNSAFE_ANY_CONTEXT
from vclib.keys import KeyType, PrivateKey, encode_multikey
from vclib.proofs import (
    ALL_SUITES,
    ASSERTION_METHOD,
    AUTHENTICATION,
    VerifiedProof,
    add_proof,
    verify_proofs,
    without_proofs,
)
from vclib.strict_json import JSONObject, parse_json_object

NOW = datetime(2026, 7, 1, 12, 0, 0, tzinfo=UTC)
CHALLENGE = "b31d37d4-dd59-47d3-9dd8-c973da43b63a"
DOMAIN = "https://venue.example"

ED25519 = PrivateKey.from_secret_bytes(KeyType.ED25519, bytes(range(32)))
P256 = PrivateKey.from_secret_bytes(KeyType.P256, bytes(range(1, 33)))
OTHER = PrivateKey.from_secret_bytes(KeyType.ED25519, bytes([9]) * 32)

UNSIGNED: JSONObject = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "type": ["VerifiableCredential"],
    "issuer": "did:web:ministry.example",
    "credentialSubject": {"id": "did:example:alice", "description": "Recovered"},
}


def resolve(identifier: str) -> JSONObject:
    """Resolve did:key, which needs no network."""
    return did.resolve(identifier).document


def signed(key: PrivateKey = ED25519, suite: str = "eddsa-rdfc-2022", **options: Any) -> dict[str, Any]:
    """Return the document signed by a did:key. Any: options are passed through, results are altered."""
    document = options.pop("document", UNSIGNED)
    options = {"created": NOW, "verification_method": did_key_method(key.public_key), **options}
    return copy.deepcopy(add_proof(document, cryptosuite=suite, key=key, **options))


def verify(document: JSONObject, **options: Any) -> tuple[VerifiedProof, ...]:
    """Verify at NOW for assertions, unless told otherwise. Any: options are passed through."""
    return verify_proofs(document, **{"purpose": ASSERTION_METHOD, "resolve": resolve, "now": NOW, **options})


# --- what comes back ------------------------------------------------------------------------------


def test_verified_proof_says_what_was_checked() -> None:
    document = signed(challenge=CHALLENGE, domain=DOMAIN, expires=NOW + timedelta(days=1))
    (proof,) = verify(document)
    assert proof.proof == document["proof"]
    assert proof.cryptosuite == "eddsa-rdfc-2022"
    assert proof.method.public_key == ED25519.public_key
    assert proof.method.controller == did_key(ED25519.public_key)
    assert proof.created == NOW


def test_proof_has_exactly_the_members_asked_for() -> None:
    proof = signed(created=None)["proof"]
    assert sorted(proof) == ["cryptosuite", "proofPurpose", "proofValue", "type", "verificationMethod"]
    assert (proof["type"], proof["proofPurpose"]) == ("DataIntegrityProof", "assertionMethod")
    full = signed(
        expires=NOW + timedelta(days=1), domain=DOMAIN, challenge=CHALLENGE, proof_id="urn:example:1"
    )
    assert {name: full["proof"][name] for name in ("created", "expires", "domain", "challenge", "id")} == {
        "created": "2026-07-01T12:00:00Z",
        "expires": "2026-07-02T12:00:00Z",
        "domain": "https://venue.example",
        "challenge": "b31d37d4-dd59-47d3-9dd8-c973da43b63a",
        "id": "urn:example:1",
    }


def test_proof_without_created_verifies() -> None:
    (proof,) = verify(signed(created=None))
    assert proof.created is None


def test_second_proof_makes_a_set_and_both_are_verified() -> None:
    first = signed()
    both = signed(P256, "ecdsa-jcs-2019", document=first)
    assert both["proof"][0] == first["proof"]
    assert [proof.cryptosuite for proof in verify(both)] == ["eddsa-rdfc-2022", "ecdsa-jcs-2019"]


@pytest.mark.parametrize("suite", ["eddsa-rdfc-2022", "eddsa-jcs-2022"])
@pytest.mark.parametrize("inner_suite", ["eddsa-rdfc-2022", "eddsa-jcs-2022"])
def test_presentation_covers_the_credential_and_its_proof(suite: str, inner_suite: str) -> None:
    """A JCS proof brings its `@context` into the presentation, where every suite can sign it."""
    presentation: JSONObject = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiablePresentation"],
        "verifiableCredential": [signed(suite=inner_suite)],
    }
    document = signed(OTHER, suite, document=presentation, purpose=AUTHENTICATION)
    assert len(verify(document, purpose=AUTHENTICATION)) == 1
    document["verifiableCredential"][0]["proof"]["created"] = "2026-06-30T12:00:00Z"
    with pytest.raises(InvalidSignatureError):
        verify(document, purpose=AUTHENTICATION)


# --- C2, C3, C20: presence and suites -------------------------------------------------------------


@pytest.mark.parametrize("change", [None, []])
def test_document_without_a_proof_is_not_verified(change: Any) -> None:
    """C2: absent or empty is never "nothing to check, fine". Any: whatever JSON allows."""
    document = dict(UNSIGNED) if change is None else {**UNSIGNED, "proof": change}
    with pytest.raises(NoProofError, match="the document has no proof"):
        verify(document)


@pytest.mark.parametrize("value", ["proof", None, 1, True, ["proof"]])
def test_proof_of_another_kind_is_not_verified(value: Any) -> None:
    """C2: a string is not a proof. Any: whatever JSON allows."""
    with pytest.raises(MalformedValueError, match="expected a proof to be an object"):
        verify({**UNSIGNED, "proof": value})


@pytest.mark.parametrize(
    ("proof", "message"),
    [
        ({}, "expected the proof to have a type"),
        ([{}], "expected the proof to have a type"),
        ({"type": ["DataIntegrityProof"]}, "expected the proof to have a type"),
        ({"type": "DataIntegrityProof"}, "expected the proof to have a cryptosuite"),
        ({"type": "DataIntegrityProof", "cryptosuite": 7}, "expected the proof to have a cryptosuite"),
    ],
)
def test_empty_proof_is_not_verified(proof: Any, message: str) -> None:
    """C2: an object that says nothing. Any: whatever JSON allows."""
    with pytest.raises(ProofVerificationError, match=message):
        verify({**UNSIGNED, "proof": proof})


def test_empty_proof_beside_a_valid_one_is_refused() -> None:
    """C2, C3: a valid proof does not excuse one that says nothing."""
    document = signed()
    document["proof"] = [document["proof"], {}]
    with pytest.raises(ProofVerificationError, match="expected the proof to have a type"):
        verify(document)


@pytest.mark.parametrize(
    "unknown",
    [
        {"type": "DataIntegrityProof", "cryptosuite": "mldsa44-rdfc-2024", "proofValue": "z1"},
        {"type": "Ed25519Signature2020", "proofValue": "z1"},
    ],
)
def test_known_proof_decides_beside_one_of_an_unknown_suite(unknown: JSONObject) -> None:
    """C3: one valid and one of an unknown suite, and the known one invalid."""
    document = signed()
    document["proof"] = [unknown, document["proof"]]
    assert [proof.cryptosuite for proof in verify(document)] == ["eddsa-rdfc-2022"]
    document["credentialSubject"]["description"] = "Vaccinated"
    with pytest.raises(InvalidSignatureError):
        verify(document)


def test_unknown_suite_is_unsupported_and_not_forged() -> None:
    """C20: a suite of another time is told apart from a forgery, by class and message."""
    document = signed()
    document["proof"]["cryptosuite"] = "mldsa44-rdfc-2024"
    with pytest.raises(UnsupportedCryptosuiteError, match=r"accepted cryptosuite, found 'mldsa44-rdfc-2024'"):
        verify(document)


def older() -> dict[str, Any]:
    """Return the published document with a proof of the older type. Any: its members are altered."""
    folder = Path(__file__).parents[1] / "vectors" / "vc-di-eddsa" / "Ed25519Signature2020"
    return parse_json_object((folder / "signedEdSig.json").read_bytes())


def verify_older(document: JSONObject) -> tuple[VerifiedProof, ...]:
    return verify(
        document, contexts=UNSAFE_ANY_CONTEXT, accepted_suites=ALL_SUITES | {"Ed25519Signature2020"}
    )


def test_published_ed25519signature2020_document_is_unsupported() -> None:
    """C20: the published document of an older proof type is not called forged."""
    with pytest.raises(UnsupportedCryptosuiteError, match="found 'Ed25519Signature2020'"):
        verify(older(), contexts=UNSAFE_ANY_CONTEXT)


def test_published_ed25519signature2020_document_verifies_where_its_type_is_accepted() -> None:
    (proof,) = verify_older(older())
    assert proof.cryptosuite == "Ed25519Signature2020"
    assert proof.method.controller == "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"


def test_altered_ed25519signature2020_document_is_refused() -> None:
    """C1: the document, then an option of the proof."""
    document = older()
    document["credentialSubject"]["alumniOf"] = "The School of Forgers"
    with pytest.raises(InvalidSignatureError):
        verify_older(document)
    document = older()
    document["proof"]["created"] = "2023-02-24T23:36:39Z"
    with pytest.raises(InvalidSignatureError):
        verify_older(document)


@pytest.mark.parametrize("member", ["created", "verificationMethod", "proofPurpose", "proofValue"])
def test_ed25519signature2020_proof_without_one_of_its_members_is_refused(member: str) -> None:
    document = older()
    del document["proof"][member]
    with pytest.raises((ProofVerificationError, InvalidSignatureError)):
        verify_older(document)


def test_older_type_and_cryptosuite_cannot_stand_for_each_other() -> None:
    """The same signature under the other kind of proof's name is neither."""
    document = older()
    document["proof"]["cryptosuite"] = "eddsa-rdfc-2022"
    with pytest.raises(UnsupportedCryptosuiteError, match="without a cryptosuite"):
        verify_older(document)
    document["proof"] |= {"type": "DataIntegrityProof", "cryptosuite": "Ed25519Signature2020"}
    with pytest.raises(UnsupportedCryptosuiteError, match="expected a proof of type Ed25519Signature2020"):
        verify_older(document)


def test_no_new_proof_is_made_of_an_older_type() -> None:
    with pytest.raises(ProofGenerationError, match="'Ed25519Signature2020' is not supported"):
        signed(suite="Ed25519Signature2020")


def test_proof_type_cannot_take_the_name_of_a_suite() -> None:
    """Only DataIntegrityProof has cryptosuites; the name of one as type is another proof."""
    document = signed()
    document["proof"]["type"] = "eddsa-rdfc-2022"
    with pytest.raises(UnsupportedCryptosuiteError):
        verify(document)


def test_suite_that_is_supported_but_not_accepted_is_passed_over() -> None:
    """C3: supported and accepted are two sets."""
    both = signed(P256, "ecdsa-rdfc-2019", document=signed())
    accepted = verify(both, accepted_suites={"ecdsa-rdfc-2019"})
    assert [proof.cryptosuite for proof in accepted] == ["ecdsa-rdfc-2019"]
    with pytest.raises(UnsupportedCryptosuiteError, match="'ecdsa-rdfc-2019', 'eddsa-rdfc-2022'"):
        verify(both, accepted_suites={"bbs-2023"})
    with pytest.raises(UnsupportedCryptosuiteError):
        verify(both, accepted_suites=())


def test_accepted_name_that_is_no_suite_does_not_become_one() -> None:
    document = signed()
    document["proof"]["cryptosuite"] = "none"
    with pytest.raises(UnsupportedCryptosuiteError):
        verify(document, accepted_suites={"none"})


@pytest.mark.parametrize("position", [0, 1])
def test_one_invalid_of_two_known_proofs_is_refused(position: int) -> None:
    """C3: two known ones, one invalid."""
    both = signed(P256, "ecdsa-rdfc-2019", document=signed())
    both["proof"][position]["created"] = "2026-06-01T12:00:00Z"
    with pytest.raises(InvalidSignatureError):
        verify(both)


# --- C4, C5, C6, C8, C9: purpose and key ----------------------------------------------------------


def test_proof_for_another_purpose_is_refused() -> None:
    """C5: authentication on a credential, and assertionMethod on a presentation."""
    with pytest.raises(ProofPurposeError, match="for assertionMethod, found 'authentication'"):
        verify(signed(purpose=AUTHENTICATION))
    with pytest.raises(ProofPurposeError, match="for authentication, found 'assertionMethod'"):
        verify(signed(), purpose=AUTHENTICATION)
    assert len(verify(signed(purpose=AUTHENTICATION), purpose=AUTHENTICATION)) == 1


@pytest.mark.parametrize("value", [["assertionMethod"], None, {"@id": "assertionMethod"}, "AssertionMethod"])
def test_purpose_in_another_spelling_is_refused(value: Any) -> None:
    """C5: the purpose is one string. Any: whatever JSON allows."""
    document = signed()
    document["proof"]["proofPurpose"] = value
    with pytest.raises(ProofPurposeError, match="expected a proof for assertionMethod"):
        verify(document)


def test_missing_purpose_is_refused() -> None:
    """C5: a proof for no purpose is for none of ours."""
    document = signed()
    del document["proof"]["proofPurpose"]
    with pytest.raises(ProofPurposeError, match="expected a proof for assertionMethod"):
        verify(document)


def test_key_of_another_kind_than_the_suite_is_refused() -> None:
    """C4: the suite is ecdsa-rdfc-2019, the key is Ed25519."""
    document = signed(P256, "ecdsa-rdfc-2019")
    document["proof"]["verificationMethod"] = did_key_method(ED25519.public_key)
    with pytest.raises(UnsupportedKeyError, match="ecdsa-rdfc-2019 needs a key of type"):
        verify(document)


def test_verification_method_of_somebody_else_is_refused() -> None:
    """C1: the proof names a key that did not sign."""
    document = signed()
    document["proof"]["verificationMethod"] = did_key_method(OTHER.public_key)
    with pytest.raises(InvalidSignatureError):
        verify(document)


def test_missing_verification_method_is_refused() -> None:
    document = signed()
    del document["proof"]["verificationMethod"]
    with pytest.raises(ProofVerificationError, match="expected the proof to name its verificationMethod"):
        verify(document)


@pytest.mark.parametrize(
    "value",
    [
        {"id": "did:web:ministry.example#key-1", "type": "Multikey", "publicKeyMultibase": "z6Mk"},
        "#key-1",
        "key-1",
        None,
        ["did:web:ministry.example#key-1"],
    ],
)
def test_verification_method_that_is_no_absolute_url_is_refused(value: Any) -> None:
    """C8: an inline object or a relative form names no document. Any: whatever JSON allows."""
    document = signed()
    document["proof"]["verificationMethod"] = value
    with pytest.raises(InvalidVerificationMethodURLError):
        verify(document)


def web_resolver(*, relationship: str, **retirement: str) -> Callable[[str], JSONObject]:
    """Return a resolver for a did:web whose document lists ED25519 under one relationship."""
    method: JSONObject = {
        "id": "did:web:ministry.example#key-1",
        "type": "Multikey",
        "controller": "did:web:ministry.example",
        "publicKeyMultibase": encode_multikey(ED25519.public_key),
        **retirement,
    }
    document: JSONObject = {
        "@context": ["https://www.w3.org/ns/cid/v1"],
        "id": "did:web:ministry.example",
        "verificationMethod": [method],
        relationship: ["did:web:ministry.example#key-1"],
    }

    def resolve_web(identifier: str) -> JSONObject:
        if identifier != "did:web:ministry.example":
            raise DIDNotFoundError(identifier)
        return document

    return resolve_web


WEB_METHOD = "did:web:ministry.example#key-1"


def test_key_without_the_relationship_is_refused() -> None:
    """C6: the key is in the document, but not for this purpose."""
    document = signed(verification_method=WEB_METHOD)
    assert len(verify(document, resolve=web_resolver(relationship="assertionMethod"))) == 1
    with pytest.raises(InvalidRelationshipError):
        verify(document, resolve=web_resolver(relationship="authentication"))


def test_unresolvable_key_is_not_called_forged() -> None:
    """G10: what could not be looked up is told by its own class."""
    document = signed(verification_method="did:web:elsewhere.example#key-1")
    with pytest.raises(DIDNotFoundError):
        verify(document, resolve=web_resolver(relationship="assertionMethod"))


@pytest.mark.parametrize("member", ["revoked", "expires"])
def test_key_retired_before_the_proof_was_made_is_refused(member: str) -> None:
    """C9: judged at `created` for an assertion, which outlives its key."""
    document = signed(verification_method=WEB_METHOD)
    after = web_resolver(relationship="assertionMethod", **{member: "2026-07-01T13:00:00Z"})
    before = web_resolver(relationship="assertionMethod", **{member: "2026-07-01T11:00:00Z"})
    assert len(verify(document, resolve=after, now=NOW + timedelta(days=90))) == 1
    with pytest.raises(RetiredKeyError):
        verify(document, resolve=before)


def test_retired_key_cannot_authenticate_with_an_old_date() -> None:
    """C9: an authentication happens now, whatever `created` says."""
    document = signed(purpose=AUTHENTICATION, verification_method=WEB_METHOD)
    resolver = web_resolver(relationship="authentication", revoked="2026-07-01T13:00:00Z")
    assert len(verify(document, purpose=AUTHENTICATION, resolve=resolver)) == 1
    with pytest.raises(RetiredKeyError):
        verify(document, purpose=AUTHENTICATION, resolve=resolver, now=NOW + timedelta(days=1))


def test_retired_key_is_judged_now_if_the_proof_has_no_date() -> None:
    """C9: a proof without `created` may have been made at any time, so also today."""
    document = signed(created=None, verification_method=WEB_METHOD)
    resolver = web_resolver(relationship="assertionMethod", revoked="2026-07-01T13:00:00Z")
    assert len(verify(document, resolve=resolver)) == 1
    with pytest.raises(RetiredKeyError):
        verify(document, resolve=resolver, now=NOW + timedelta(days=1))


# --- C10: times -----------------------------------------------------------------------------------


def test_proof_from_the_future_is_refused() -> None:
    """C10: `created` beyond the clock skew."""
    document = signed(created=NOW + timedelta(minutes=6))
    with pytest.raises(ProofExpiredError, match="created in the future, at 2026-07-01T12:06:00Z"):
        verify(document)
    assert len(verify(document, clock_skew=timedelta(minutes=6))) == 1
    assert len(verify(document, now=NOW + timedelta(minutes=1))) == 1


def test_expired_proof_is_refused() -> None:
    """C10: `expires` has passed by more than the clock skew."""
    document = signed(expires=NOW + timedelta(hours=1))
    assert len(verify(document, now=NOW + timedelta(hours=1, minutes=4))) == 1
    with pytest.raises(ProofExpiredError, match="the proof expired at 2026-07-01T13:00:00Z"):
        verify(document, now=NOW + timedelta(hours=1, minutes=5))
    with pytest.raises(ProofExpiredError, match="the proof expired"):
        verify(document, now=NOW + timedelta(hours=1), clock_skew=timedelta(0))


@pytest.mark.parametrize("minutes", [0, 1])
def test_proof_created_after_its_own_expiry_is_refused(minutes: int) -> None:
    """C10: no clock skew explains that."""
    document = signed(created=NOW, expires=NOW - timedelta(minutes=minutes))
    with pytest.raises(ProofExpiredError, match="created after it had expired"):
        verify(document)


@pytest.mark.parametrize("member", ["created", "expires"])
@pytest.mark.parametrize("value", ["2026-07-01T12:00:00", "2026-07-01", "2016-12-31T23:59:60Z", 0, None])
def test_malformed_time_of_a_proof_is_refused(member: str, value: Any) -> None:
    """A14, C10: times of proofs are read strictly. Any: whatever JSON allows."""
    document = signed()
    document["proof"][member] = value
    with pytest.raises(ProofVerificationError, match=f"the proof's {member}: "):
        verify(document)


def test_year_9999_is_a_time_like_any_other() -> None:
    """A14: no overflow where a proof never ends."""
    assert len(verify(signed(expires=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)))) == 1
    with pytest.raises(ProofExpiredError, match="created in the future"):
        verify(signed(created=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)))


# --- E2, E3: domain and challenge -----------------------------------------------------------------


def test_expected_domain_and_challenge_are_accepted() -> None:
    document = signed(domain=DOMAIN, challenge=CHALLENGE)
    assert len(verify(document, domain=DOMAIN, challenge=CHALLENGE)) == 1
    assert len(verify(document)) == 1


@pytest.mark.parametrize(
    "expected",
    [
        "https://other.example",
        "https://venue.example/",
        "https://Venue.example",
        "venue.example",
        "https://venue.exampl",
        "https://venue.example ",
        "",
    ],
)
def test_proof_for_another_domain_is_refused(expected: str) -> None:
    """E2, E3: another venue, or the same but for case, slash or space."""
    with pytest.raises(InvalidDomainError, match="alone, found another"):
        verify(signed(domain=DOMAIN, challenge=CHALLENGE), domain=expected)


@pytest.mark.parametrize("expected", ["another", CHALLENGE.upper(), CHALLENGE[:-1], CHALLENGE + " ", ""])
def test_proof_for_another_challenge_is_refused(expected: str) -> None:
    """E3: another challenge, or the same but for case or length."""
    with pytest.raises(InvalidChallengeError, match="carries another"):
        verify(signed(domain=DOMAIN, challenge=CHALLENGE), challenge=expected)


def test_absent_domain_and_challenge_are_refused_when_asked_for() -> None:
    """E3: the proof is for nobody in particular."""
    with pytest.raises(InvalidDomainError, match="alone, found none"):
        verify(signed(challenge=CHALLENGE), domain=DOMAIN, challenge=CHALLENGE)
    with pytest.raises(InvalidChallengeError, match="the proof carries none"):
        verify(signed(domain=DOMAIN), domain=DOMAIN, challenge=CHALLENGE)


@pytest.mark.parametrize(
    "value",
    [[DOMAIN, "https://other.example"], ["https://other.example", DOMAIN], [DOMAIN, DOMAIN], [], None, {}, 1],
)
def test_domain_among_others_is_refused(value: Any) -> None:
    """E3: an array that contains the right value among others. Any: whatever JSON allows."""
    document = signed(domain=DOMAIN)
    document["proof"]["domain"] = value
    with pytest.raises(InvalidDomainError, match="alone, found another"):
        verify(document, domain=DOMAIN)


def test_domain_as_an_array_of_one_is_the_same_set() -> None:
    """Data Integrity 1.0, verify proof: a single string is a set of just that string."""
    document = signed(domain=DOMAIN)
    document["proof"]["domain"] = [DOMAIN]
    assert len(verify(document, domain=DOMAIN)) == 1


@pytest.mark.parametrize("value", [[CHALLENGE], None, {}, 1])
def test_challenge_that_is_no_string_is_refused(value: Any) -> None:
    """E3: an array that contains the right value. Any: whatever JSON allows."""
    document = signed(challenge=CHALLENGE)
    document["proof"]["challenge"] = value
    with pytest.raises(InvalidChallengeError, match="carries another"):
        verify(document, challenge=CHALLENGE)


def test_every_proof_of_a_set_must_answer_the_challenge() -> None:
    """C3, E3: one that answers does not excuse one that does not."""
    document = signed(P256, "ecdsa-rdfc-2019", document=signed(challenge=CHALLENGE))
    with pytest.raises(InvalidChallengeError, match="carries none"):
        verify(document, challenge=CHALLENGE)


def test_messages_do_not_hold_the_challenge() -> None:
    """K8: an unspent nonce stays out of messages and logs."""
    with pytest.raises(InvalidChallengeError) as caught:
        verify(signed(challenge=CHALLENGE), challenge="expected-nonce")
    assert CHALLENGE not in str(caught.value)
    assert "expected-nonce" not in str(caught.value)


# --- what is not signed ---------------------------------------------------------------------------


def test_unsupported_suite_is_not_signed_with() -> None:
    with pytest.raises(ProofGenerationError, match="the cryptosuite 'eddsa-2031' is not supported"):
        signed(suite="eddsa-2031")


def test_pointers_for_a_plain_suite_are_refused() -> None:
    """A plain proof hides nothing, so mandatory pointers there are a misunderstanding."""
    with pytest.raises(ProofGenerationError, match="eddsa-rdfc-2022 covers the whole document"):
        signed(mandatory_pointers=["/issuer"])
    with pytest.raises(ProofGenerationError, match="eddsa-rdfc-2022 covers the whole document"):
        signed(hmac_key=bytes(32))


def test_signed_document_is_not_changed_by_its_proof() -> None:
    assert without_proofs(signed()) == UNSIGNED
    assert "proof" not in UNSIGNED

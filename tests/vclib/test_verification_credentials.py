"""The procedure for one credential: integrity raises by name, everything else is told as a value."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.vclib.parties import Party
from vclib.did import resolver
from vclib.encoding import encode_multibase
from vclib.environment import Environment
from vclib.errors import (
    BaseProofPresentedError,
    ContextNotAcceptedError,
    CredentialError,
    DIDInternalError,
    DIDNotFoundError,
    FetchError,
    InvalidSignatureError,
    IssuerKeyMismatchError,
    IssuerNotAcceptedError,
    MalformedValueError,
    NoProofError,
    ProofPurposeError,
    RelatedResourceError,
    UnsupportedCryptosuiteError,
    VCError,
)
from vclib.proofs import derive
from vclib.schemas import SchemaOutcome
from vclib.strict_json import JSONObject, dump_json
from vclib.verification import Validity, VerifiedCredential, verify_credential

Maker = Callable[..., JSONObject]
MakeEnvironment = Callable[..., Environment]

V2 = "https://www.w3.org/ns/credentials/v2"
DDCC = "https://w3id.org/ddcc/v1"


def test_a_genuine_credential_is_verified(
    ministry: Party, unsigned: Maker, environment: MakeEnvironment
) -> None:
    verified = verify_credential(ministry.sign(unsigned()), environment())
    assert verified.credential.issuer_id == ministry.did
    assert [proof.cryptosuite for proof in verified.proofs] == ["eddsa-rdfc-2022"]
    assert verified.validity is Validity.VALID
    assert (verified.status, verified.schemas, verified.warnings) == ((), (), ())


def test_verifying_does_not_change_the_document(
    ministry: Party, unsigned: Maker, environment: MakeEnvironment
) -> None:
    document = ministry.sign(unsigned())
    before = dump_json(document)
    verify_credential(document, environment())
    assert dump_json(document) == before


def test_a_changed_claim_is_refused(ministry: Party, unsigned: Maker, environment: MakeEnvironment) -> None:
    """C1."""
    document = ministry.sign(unsigned())
    subject = {**document["credentialSubject"], "name": "Mallory Example"}
    with pytest.raises(InvalidSignatureError):
        verify_credential({**document, "credentialSubject": subject}, environment())


@pytest.mark.parametrize(
    ("proof", "error"),
    [(..., NoProofError), ({}, MalformedValueError), ([], MalformedValueError), ("ok", MalformedValueError)],
)
def test_a_missing_proof_is_never_nothing_to_check(
    unsigned: Maker, environment: MakeEnvironment, proof: object, error: type[VCError]
) -> None:
    """C2."""
    with pytest.raises(error, match="proof"):
        verify_credential(unsigned(proof=proof), environment())


def test_a_proof_for_authentication_does_not_make_a_credential(
    ministry: Party, unsigned: Maker, environment: MakeEnvironment
) -> None:
    """C5."""
    document = ministry.sign(unsigned(), purpose="authentication")
    with pytest.raises(ProofPurposeError, match="expected a proof for assertionMethod"):
        verify_credential(document, environment())


def test_a_right_signature_of_somebody_else_is_refused(
    mallory: Party, unsigned: Maker, environment: MakeEnvironment
) -> None:
    """C7."""
    with pytest.raises(IssuerKeyMismatchError, match="no proof was made by a key of the issuer"):
        verify_credential(mallory.sign(unsigned()), environment())


def test_the_issuers_other_did_is_the_issuer_where_the_relying_party_knows_it(
    ministry: Party, ministry_bbs: Party, unsigned: Maker, environment: MakeEnvironment
) -> None:
    """C7."""
    document = ministry.sign(unsigned(issuer=ministry_bbs.did))
    with pytest.raises(IssuerKeyMismatchError):
        verify_credential(document, environment())
    known = environment(issuer_keys=lambda issuer_id: {ministry_bbs.did: [ministry.did]}.get(issuer_id, []))
    assert verify_credential(document, known).credential.issuer_id == ministry_bbs.did


def test_a_credential_of_a_known_type_has_the_contexts_known_for_it(
    ministry: Party, unsigned: Maker, environment: MakeEnvironment
) -> None:
    """A3."""
    document = ministry.sign(unsigned())
    contexts = document["@context"]
    assert isinstance(contexts, list)
    type_iri = verify_credential(document, environment()).credential.type_iris[-1]
    known = {type_iri: (tuple(map(str, contexts)),)}
    verify_credential(document, environment(context_sequences=known))
    extended = {**document, "@context": [*contexts, "https://w3id.org/citizenship/v2"]}
    verify_credential(extended, environment())
    with pytest.raises(ContextNotAcceptedError, match="not those known for credentials of"):
        verify_credential(extended, environment(context_sequences=known))


def test_the_binding_of_issuer_and_key_can_be_switched_off_for_vectors(
    mallory: Party, unsigned: Maker, environment: MakeEnvironment
) -> None:
    verify_credential(mallory.sign(unsigned()), environment(bind_issuer_to_key=False))


def test_a_second_signer_is_told_and_does_no_harm(
    ministry: Party, alice: Party, unsigned: Maker, environment: MakeEnvironment
) -> None:
    verified = verify_credential(alice.sign(ministry.sign(unsigned())), environment())
    assert [note.code for note in verified.warnings] == ["other-signer"]


def test_of_two_proofs_a_broken_one_refuses_both(
    ministry: Party, alice: Party, unsigned: Maker, environment: MakeEnvironment
) -> None:
    """C3."""
    document = alice.sign(ministry.sign(unsigned()))
    proofs: Any = document["proof"]
    proofs[1]["proofValue"] = encode_multibase(bytes(64), base="z")
    with pytest.raises(InvalidSignatureError):
        verify_credential(document, environment())


def test_a_suite_that_is_not_accepted_is_unsupported_and_not_forged(
    ministry: Party, unsigned: Maker, environment: MakeEnvironment
) -> None:
    """C20."""
    with pytest.raises(UnsupportedCryptosuiteError):
        verify_credential(ministry.sign(unsigned()), environment(accepted_suites={"ecdsa-rdfc-2019"}))


def test_a_base_proof_is_refused(ministry_sd: Party, unsigned: Maker, environment: MakeEnvironment) -> None:
    """D1."""
    document = ministry_sd.sign(unsigned(issuer=ministry_sd.did), mandatory_pointers=["/issuer"])
    with pytest.raises(BaseProofPresentedError):
        verify_credential(document, environment())


def test_a_derived_credential_is_verified(
    ministry_sd: Party, unsigned: Maker, environment: MakeEnvironment
) -> None:
    document = ministry_sd.sign(
        unsigned(issuer=ministry_sd.did),
        mandatory_pointers=["/issuer", "/validUntil", "/credentialSubject/id"],
    )
    derived = derive(document, selective_pointers=["/credentialSubject/name"])
    verified = verify_credential(derived, environment())
    assert verified.credential.subjects[0]["name"] == "Alice Example"
    assert verified.credential.valid_from is None


def test_a_context_outside_the_policy_stops_before_anything_is_resolved(
    ministry: Party, unsigned: Maker, environment: MakeEnvironment
) -> None:
    """A1, A3."""
    document = ministry.sign(unsigned()) | {"@context": [V2, "https://evil.example/v1"]}
    with pytest.raises(ContextNotAcceptedError, match=r"evil\.example"):
        verify_credential(document, environment(resolve=_must_not_resolve))


def test_a_member_lost_in_expansion_is_refused_under_a_suite_that_signs_the_text(
    ministry: Party, unsigned: Maker, environment: MakeEnvironment
) -> None:
    """A6: eddsa-jcs-2022 signs the JSON, undefined members and all; they are refused all the same."""
    document = ministry.sign(unsigned(), cryptosuite="eddsa-jcs-2022")
    verify_credential(document, environment())
    changed = {**unsigned(), "fullyVaccinted": True}
    with pytest.raises(VCError, match="fullyVaccinted"):
        verify_credential(ministry.sign(changed, cryptosuite="eddsa-jcs-2022"), environment())


def test_a_respelt_expiry_is_refused_though_its_signature_holds(
    ministry: Party, unsigned: Maker, environment: MakeEnvironment
) -> None:
    """A7: the same statements under the full IRI, so eddsa-rdfc-2022 alone would accept it."""
    document = ministry.sign(unsigned(validUntil="2026-06-15T00:00:00Z"))
    until = {"@type": "http://www.w3.org/2001/XMLSchema#dateTime", "@value": document.pop("validUntil")}
    document["https://www.w3.org/2018/credentials#validUntil"] = until
    with pytest.raises(CredentialError, match="is not a term"):
        verify_credential(document, environment())


# --- versions, time -------------------------------------------------------------------------------


def _version_1(ministry: Party, unsigned: Maker) -> JSONObject:
    return ministry.sign(
        unsigned(
            context=["https://www.w3.org/2018/credentials/v1", "https://w3id.org/security/data-integrity/v2"],
            type=["VerifiableCredential"],
            issuer=ministry.did,
            issuanceDate="2026-06-01T00:00:00Z",
            validFrom=...,
            validUntil=...,
            credentialSubject={"id": "did:example:alice"},
        )
    )


def test_data_model_1_1_is_refused_by_its_version_where_2_0_is_required(
    ministry: Party, unsigned: Maker, environment: MakeEnvironment
) -> None:
    """A16."""
    document = _version_1(ministry, unsigned)
    assert verify_credential(document, environment()).credential.version == "1.1"
    with pytest.raises(CredentialError, match=r"expected data model 2\.0, found 1\.1"):
        verify_credential(document, environment(accepted_versions=["2.0"]))


@pytest.mark.parametrize(
    ("moment", "validity"),
    [
        (datetime(2026, 5, 31, 23, 54, 59, tzinfo=UTC), Validity.NOT_YET_VALID),
        (datetime(2026, 5, 31, 23, 55, 0, tzinfo=UTC), Validity.VALID),
        (datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC), Validity.VALID),
        (datetime(2027, 1, 1, 0, 0, 0, tzinfo=UTC), Validity.EXPIRED),
    ],
)
def test_the_validity_period_is_told_and_does_not_raise(
    ministry: Party, unsigned: Maker, environment: MakeEnvironment, moment: datetime, validity: Validity
) -> None:
    """A14: June 1, less five minutes for an issuer's fast clock, to the last second of December 31."""
    document = ministry.sign(unsigned(), created=datetime(2026, 5, 1, tzinfo=UTC))
    assert verify_credential(document, environment(now=moment)).validity is validity


def test_several_subjects_are_told(ministry: Party, unsigned: Maker, environment: MakeEnvironment) -> None:
    """A15."""
    document = ministry.sign(unsigned(credentialSubject=[{"name": "Alice"}, {"name": "Bob"}]))
    verified = verify_credential(document, environment())
    assert [subject["name"] for subject in verified.credential.subjects] == ["Alice", "Bob"]
    assert [note.code for note in verified.warnings] == ["several-subjects"]


# --- what is looked up ----------------------------------------------------------------------------


def _must_not_resolve(did: str) -> JSONObject:
    raise AssertionError(f"{did} was resolved")


def test_an_issuer_that_is_not_acceptable_is_refused_before_anything_is_looked_up(
    ministry: Party, unsigned: Maker, environment: MakeEnvironment
) -> None:
    """G11, I1."""
    document = ministry.sign(unsigned())
    with pytest.raises(IssuerNotAcceptedError):
        verify_credential(
            document, environment(resolve=_must_not_resolve, is_issuer_acceptable=lambda _: False)
        )
    verify_credential(document, environment(is_issuer_acceptable=lambda did: did == ministry.did))


@pytest.mark.parametrize(
    "failure", [DIDInternalError("host down"), FetchError("host down"), DIDNotFoundError("gone")]
)
def test_a_host_that_is_down_is_told_apart_from_a_forgery(
    ministry: Party, unsigned: Maker, environment: MakeEnvironment, failure: VCError
) -> None:
    """G10."""

    def resolve(did: str) -> JSONObject:
        raise failure

    with pytest.raises(type(failure), match=r"host down|gone"):
        verify_credential(ministry.sign(unsigned()), environment(resolve=resolve))


def test_one_document_is_resolved_once(
    ministry: Party, unsigned: Maker, environment: MakeEnvironment
) -> None:
    """G11."""
    asked: list[str] = []

    def resolve(did: str) -> JSONObject:
        asked.append(did)
        return resolver()(did)

    verify_credential(ministry.sign(ministry.sign(unsigned())), environment(resolve=resolve))
    assert asked == [ministry.did]


# --- related resources and schemas ----------------------------------------------------------------

LOGO = "https://moh.example/logo.png"
# `printf hello | openssl dgst -sha256 -binary | base64`
HELLO = "sha256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="


def test_a_related_resource_with_its_digest_is_accepted(
    ministry: Party, unsigned: Maker, environment: MakeEnvironment
) -> None:
    document = ministry.sign(unsigned(relatedResource={"id": LOGO, "digestSRI": HELLO}))
    verified = verify_credential(document, environment(fetch={LOGO: b"hello"}.__getitem__))
    assert verified.warnings == ()


def test_an_exchanged_related_resource_is_refused(
    ministry: Party, unsigned: Maker, environment: MakeEnvironment
) -> None:
    document = ministry.sign(unsigned(relatedResource={"id": LOGO, "digestSRI": HELLO}))
    with pytest.raises(RelatedResourceError, match=r"moh\.example/logo\.png"):
        verify_credential(document, environment(fetch={LOGO: b"hallo"}.__getitem__))


def test_a_related_resource_that_cannot_be_had_is_told(
    ministry: Party, unsigned: Maker, environment: MakeEnvironment
) -> None:
    document = ministry.sign(unsigned(relatedResource={"id": LOGO, "digestSRI": HELLO}))
    verified = verify_credential(document, environment())
    assert [note.code for note in verified.warnings] == ["resource-not-checked"]


SCHEMA_URL = "https://moh.example/schemas/test.json"
SCHEMA = (
    b'{"$id":"https://moh.example/schemas/test.json",'
    b'"$schema":"https://json-schema.org/draft/2020-12/schema",'
    b'"properties":{"credentialSubject":{"required":["name"]}},"required":["validUntil"]}'
)


def _with_schema(
    ministry: Party, unsigned: Maker, environment: Environment, **changes: Any
) -> VerifiedCredential:
    entry = {"id": SCHEMA_URL, "type": "JsonSchema"}
    return verify_credential(ministry.sign(unsigned(credentialSchema=entry, **changes)), environment)


def test_a_credential_that_fits_its_schema_says_so(
    ministry: Party, unsigned: Maker, environment: MakeEnvironment
) -> None:
    settings = environment(fetch=lambda _: SCHEMA, is_issuer_acceptable=lambda _: True)
    (result,) = _with_schema(ministry, unsigned, settings).schemas
    assert (result.schema_id, result.outcome) == (SCHEMA_URL, SchemaOutcome.SUCCESS)


def test_a_credential_that_does_not_fit_its_schema_is_told_as_a_failure(
    ministry: Party, unsigned: Maker, environment: MakeEnvironment
) -> None:
    settings = environment(fetch=lambda _: SCHEMA, is_issuer_acceptable=lambda _: True)
    (result,) = _with_schema(ministry, unsigned, settings, validUntil=...).schemas
    assert (result.outcome, result.reason) == (SchemaOutcome.FAILURE, "$ does not fit the rule required")


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({}, "schemas are not fetched here"),
        ({"fetch": lambda _: SCHEMA}, "only for issuers known to be acceptable"),
        ({"fetch": lambda _: b"<html>", "is_issuer_acceptable": lambda _: True}, "expected JSON"),
        ({"fetch": lambda _: b"{}", "is_issuer_acceptable": lambda _: True}, "not of the dialect"),
    ],
)
def test_a_schema_that_could_not_be_evaluated_is_told(
    ministry: Party, unsigned: Maker, environment: MakeEnvironment, settings: dict[str, Any], reason: str
) -> None:
    (result,) = _with_schema(ministry, unsigned, environment(**settings)).schemas
    assert result.outcome is SchemaOutcome.INDETERMINATE
    assert reason in result.reason


def test_a_schema_with_another_digest_is_a_failure(
    ministry: Party, unsigned: Maker, environment: MakeEnvironment
) -> None:
    entry = {"id": SCHEMA_URL, "type": "JsonSchema", "digestSRI": HELLO}
    settings = environment(fetch=lambda _: SCHEMA, is_issuer_acceptable=lambda _: True)
    (result,) = verify_credential(ministry.sign(unsigned(credentialSchema=entry)), settings).schemas
    assert result.outcome is SchemaOutcome.FAILURE
    assert "does not have the sha256 digest" in result.reason


def test_a_part_of_a_credential_is_not_held_against_the_schema_of_the_whole(
    ministry_sd: Party, unsigned: Maker, environment: MakeEnvironment
) -> None:
    entry = {"id": SCHEMA_URL, "type": "JsonSchema"}
    base = ministry_sd.sign(
        unsigned(issuer=ministry_sd.did, credentialSchema=entry),
        mandatory_pointers=["/issuer", "/credentialSchema", "/credentialSubject/id"],
    )
    settings = environment(fetch=lambda _: SCHEMA, is_issuer_acceptable=lambda _: True)
    (result,) = verify_credential(derive(base, selective_pointers=[]), settings).schemas
    assert (result.outcome, result.reason) == (
        SchemaOutcome.INDETERMINATE,
        "the credential shows a part of itself only",
    )


def _schema_credential(unsigned: Maker, **changes: Any) -> JSONObject:
    members: dict[str, Any] = {
        "context": [V2],
        "type": ["VerifiableCredential", "JsonSchemaCredential"],
        "id": SCHEMA_URL,
        "credentialSubject": {
            "type": "JsonSchema",
            "jsonSchema": {
                "$id": "https://moh.example/schemas/carried.json",
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "properties": {"credentialSubject": {"required": ["birthDate"]}},
            },
        },
    }
    return unsigned(**(members | changes))


def test_a_schema_in_a_genuine_credential_is_evaluated(
    ministry: Party, unsigned: Maker, environment: MakeEnvironment
) -> None:
    carrier = dump_json(ministry.sign(_schema_credential(unsigned))).encode()
    entry = {"id": SCHEMA_URL, "type": "JsonSchemaCredential"}
    settings = environment(fetch=lambda _: carrier, is_issuer_acceptable=lambda _: True)
    (result,) = verify_credential(ministry.sign(unsigned(credentialSchema=entry)), settings).schemas
    assert result.outcome is SchemaOutcome.FAILURE
    assert result.reason == "$.credentialSubject does not fit the rule required"


def test_a_schema_in_a_forged_or_expired_credential_is_not_evaluated(
    ministry: Party, mallory: Party, unsigned: Maker, environment: MakeEnvironment
) -> None:
    entry = {"id": SCHEMA_URL, "type": "JsonSchemaCredential"}
    document = ministry.sign(unsigned(credentialSchema=entry))
    forged = mallory.sign(_schema_credential(unsigned))
    expired = ministry.sign(_schema_credential(unsigned, validUntil="2026-06-15T00:00:00Z"))
    for carrier, reason in ((forged, "no proof was made by a key"), (expired, "valid now")):
        content = dump_json(carrier).encode()
        settings = environment(fetch=lambda _, c=content: c, is_issuer_acceptable=lambda _: True)
        (result,) = verify_credential(document, settings).schemas
        assert result.outcome is SchemaOutcome.INDETERMINATE
        assert reason in result.reason

"""The procedure for a presentation: who signed, for which request, and whose the credentials are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.vclib.parties import Party
from vclib.did import resolver
from vclib.environment import Environment
from vclib.errors import (
    ComplexityError,
    CredentialError,
    FetchRefusedError,
    HolderBindingError,
    InvalidChallengeError,
    InvalidDomainError,
    InvalidSignatureError,
    IssuerNotAcceptedError,
    MalformedValueError,
    NoProofError,
    ProofPurposeError,
    UnsupportedSecuringMechanismError,
    VCError,
)
from vclib.presentations import presentation_header_for
from vclib.proofs import derive
from vclib.strict_json import JSONObject
from vclib.verification import (
    BindingState,
    CredentialFailure,
    VerifiedCredential,
    VerifiedPresentation,
    verify_credential,
    verify_presentation,
)

Maker = Callable[..., JSONObject]
MakeEnvironment = Callable[..., Environment]

CHALLENGE = "8f1c4e0a"
DOMAIN = "https://venue.example"


def _verify(document: JSONObject, environment: Environment, **request: Any) -> VerifiedPresentation:
    asked: dict[str, Any] = {"challenge": CHALLENGE, "domain": DOMAIN}
    return verify_presentation(document, environment, **(asked | request))


def test_a_presentation_by_the_holder_for_this_request_is_verified(
    ministry: Party, alice: Party, unsigned: Maker, presentation: Maker, environment: MakeEnvironment
) -> None:
    document = alice.present(presentation(ministry.sign(unsigned()), holder=alice.did))
    verified = _verify(document, environment())
    assert verified.holder == alice.did
    assert verified.signers == (alice.did,)
    assert [type(item) for item in verified.credentials] == [VerifiedCredential]
    assert [(binding.state, binding.did) for binding in verified.bindings if binding] == [
        (BindingState.BOUND, alice.did)
    ]
    assert verified.failures == ()


def test_a_presentation_that_names_no_holder_is_its_signers(
    ministry: Party, alice: Party, unsigned: Maker, presentation: Maker, environment: MakeEnvironment
) -> None:
    verified = _verify(alice.present(presentation(ministry.sign(unsigned()))), environment())
    assert verified.holder == alice.did


def test_a_presentation_without_credentials_is_a_proof_of_a_key(
    alice: Party, presentation: Maker, environment: MakeEnvironment
) -> None:
    verified = _verify(alice.present(presentation()), environment())
    assert (verified.signers, verified.credentials, verified.bindings) == ((alice.did,), (), ())


# --- the request ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("signed", "error"),
    [
        ({"challenge": "another"}, InvalidChallengeError),
        ({"challenge": None}, InvalidChallengeError),
        ({"challenge": "8F1C4E0A"}, InvalidChallengeError),
        ({"domain": "https://other.example"}, InvalidDomainError),
        ({"domain": "https://venue.example/"}, InvalidDomainError),
        ({"domain": None}, InvalidDomainError),
    ],
)
def test_an_answer_to_another_request_is_refused(
    ministry: Party,
    alice: Party,
    unsigned: Maker,
    presentation: Maker,
    environment: MakeEnvironment,
    signed: dict[str, Any],
    error: type[VCError],
) -> None:
    """E2, E3."""
    document = alice.present(presentation(ministry.sign(unsigned())), **signed)
    with pytest.raises(error):
        _verify(document, environment())


@pytest.mark.parametrize(
    ("proof", "error"),
    [(..., NoProofError), ({}, MalformedValueError), ([], MalformedValueError), ("ok", MalformedValueError)],
)
def test_a_presentation_without_a_proof_is_refused(
    ministry: Party,
    unsigned: Maker,
    presentation: Maker,
    environment: MakeEnvironment,
    proof: Any,
    error: type[VCError],
) -> None:
    """C2."""
    document = presentation(ministry.sign(unsigned()))
    if proof is not ...:
        document["proof"] = proof
    with pytest.raises(error, match="proof"):
        _verify(document, environment())


def test_a_proof_for_an_assertion_does_not_make_a_presentation(
    alice: Party, presentation: Maker, environment: MakeEnvironment
) -> None:
    """C5."""
    document = alice.present(presentation(), purpose="assertionMethod")
    with pytest.raises(ProofPurposeError, match="expected a proof for authentication"):
        _verify(document, environment())


def test_a_changed_presentation_is_refused(
    ministry: Party, alice: Party, unsigned: Maker, presentation: Maker, environment: MakeEnvironment
) -> None:
    """C1: a second credential is slipped in after the holder signed."""
    document = alice.present(presentation(ministry.sign(unsigned())))
    credential: Any = document["verifiableCredential"]
    with pytest.raises(InvalidSignatureError):
        _verify({**document, "verifiableCredential": [*credential, *credential]}, environment())


# --- the holder -----------------------------------------------------------------------------------


def test_a_presentation_in_another_holders_name_is_refused(
    ministry: Party,
    alice: Party,
    mallory: Party,
    unsigned: Maker,
    presentation: Maker,
    environment: MakeEnvironment,
) -> None:
    """E4."""
    document = mallory.present(presentation(ministry.sign(unsigned()), holder=alice.did))
    with pytest.raises(HolderBindingError, match="somebody other than the holder it names"):
        _verify(document, environment())


def test_a_credential_of_somebody_else_is_refused(
    ministry: Party, mallory: Party, unsigned: Maker, presentation: Maker, environment: MakeEnvironment
) -> None:
    """E4."""
    document = mallory.present(presentation(ministry.sign(unsigned())))
    with pytest.raises(HolderBindingError, match="given to somebody other than who signed"):
        _verify(document, environment())


def test_a_credential_about_several_is_bound_if_one_of_them_signed(
    ministry: Party,
    alice: Party,
    mallory: Party,
    unsigned: Maker,
    presentation: Maker,
    environment: MakeEnvironment,
) -> None:
    """A15, E4: a parent presents the family's credential."""
    subjects = [{"id": "did:example:child", "name": "Child"}, {"id": alice.did, "name": "Alice"}]
    credential = ministry.sign(unsigned(credentialSubject=subjects))
    verified = _verify(alice.present(presentation(credential)), environment())
    assert verified.bindings[0] is not None
    assert verified.bindings[0].did == alice.did
    with pytest.raises(HolderBindingError):
        _verify(mallory.present(presentation(credential)), environment())


@pytest.mark.parametrize("subject", [{}, {"id": "urn:uuid:7"}, {"id": "https://moh.example/people/7"}])
def test_a_credential_bound_to_no_key_says_so(
    ministry: Party,
    mallory: Party,
    unsigned: Maker,
    presentation: Maker,
    environment: MakeEnvironment,
    subject: JSONObject,
) -> None:
    """D11: a copy in a third person's hands."""
    credential = ministry.sign(unsigned(credentialSubject={"name": "Alice Example", **subject}))
    verified = _verify(mallory.present(presentation(credential)), environment())
    assert [(binding.state, binding.did) for binding in verified.bindings if binding] == [
        (BindingState.UNBOUND, None)
    ]


def test_the_binding_of_holder_and_key_can_be_switched_off_for_vectors(
    ministry: Party, mallory: Party, unsigned: Maker, presentation: Maker, environment: MakeEnvironment
) -> None:
    document = mallory.present(presentation(ministry.sign(unsigned())))
    verified = _verify(document, environment(bind_holder_to_key=False))
    assert [binding.state for binding in verified.bindings if binding] == [BindingState.NOT_PROVEN]


# --- several credentials --------------------------------------------------------------------------


def test_of_several_credentials_each_is_told_by_itself(
    ministry: Party,
    alice: Party,
    mallory: Party,
    unsigned: Maker,
    presentation: Maker,
    environment: MakeEnvironment,
) -> None:
    """E5: one good, one of another subject, one forged, one that does not conform, one enveloped."""
    good = ministry.sign(unsigned())
    others = ministry.sign(unsigned(credentialSubject={"id": mallory.did, "name": "Mallory"}))
    forged = {**good, "validUntil": "2099-01-01T00:00:00Z"}
    broken = {name: value for name, value in good.items() if name != "issuer"}
    enveloped = {
        "@context": "https://www.w3.org/ns/credentials/v2",
        "type": "EnvelopedVerifiableCredential",
        "id": "data:application/vc+jwt,e30.e30.AAAA",
    }
    document = alice.present(
        presentation(good, others, forged, broken, enveloped), cryptosuite="eddsa-jcs-2022"
    )
    verified = _verify(document, environment())
    found = [
        type(item.error) if isinstance(item, CredentialFailure) else type(item)
        for item in verified.credentials
    ]
    assert found == [
        VerifiedCredential,
        HolderBindingError,
        InvalidSignatureError,
        MalformedValueError,
        UnsupportedSecuringMechanismError,
    ]
    assert [binding is None for binding in verified.bindings] == [False, True, True, True, True]
    assert [failure.document for failure in verified.failures] == [others, forged, broken, enveloped]


def test_the_only_credential_raises_its_own_failure(
    ministry: Party, alice: Party, unsigned: Maker, presentation: Maker, environment: MakeEnvironment
) -> None:
    forged = {**ministry.sign(unsigned()), "validUntil": "2099-01-01T00:00:00Z"}
    with pytest.raises(InvalidSignatureError):
        _verify(alice.present(presentation(forged)), environment())


def test_too_many_credentials_are_refused_before_any_is_looked_at(
    ministry: Party, alice: Party, unsigned: Maker, presentation: Maker, environment: MakeEnvironment
) -> None:
    """G11."""
    document = alice.present(presentation(*[ministry.sign(unsigned())] * 3))
    _verify(document, environment(max_credentials=3))
    with pytest.raises(ComplexityError, match="3 credentials, more than the limit of 2"):
        _verify(document, environment(max_credentials=2))


def test_twenty_hostile_issuers_are_asked_up_to_a_bound(
    alice: Party, mallory: Party, unsigned: Maker, presentation: Maker, environment: MakeEnvironment
) -> None:
    """G11."""
    asked: list[str] = []

    def resolve(did: str) -> JSONObject:
        if did.startswith("did:key:"):
            return resolver()(did)
        asked.append(did)
        raise FetchRefusedError("host down")

    hosts = [f"did:web:host{number}.example" for number in range(20)]
    credentials = [
        mallory.sign(unsigned(issuer=host, credentialSubject={"name": "A"})) | {"issuer": host}
        for host in hosts
    ]
    for credential, host in zip(credentials, hosts, strict=True):
        credential["proof"]["verificationMethod"] = f"{host}#key"
    document = alice.present(presentation(*credentials), cryptosuite="eddsa-jcs-2022")
    verified = _verify(document, environment(resolve=resolve, max_credentials=20, max_fetches=5))
    assert asked == hosts[:5]
    assert len(verified.failures) == 20


def test_issuers_that_are_not_acceptable_are_not_asked_at_all(
    alice: Party, mallory: Party, unsigned: Maker, presentation: Maker, environment: MakeEnvironment
) -> None:
    """G11."""
    credential = mallory.sign(unsigned(issuer="did:web:evil.example"))
    document = alice.present(presentation(credential, credential))
    verified = _verify(document, environment(is_issuer_acceptable=lambda _: False))
    assert [type(failure.error) for failure in verified.failures] == [IssuerNotAcceptedError] * 2


def test_a_stranger_who_signs_an_acceptable_issuers_credential_is_not_asked(
    ministry: Party, mallory: Party, unsigned: Maker, environment: MakeEnvironment
) -> None:
    """G11: a holder can add a proof whose key lies on any host."""
    twice = mallory.sign(ministry.sign(unsigned()))
    twice["proof"][1]["verificationMethod"] = "did:web:evil.example#key"

    def resolve(did: str) -> JSONObject:
        assert did.startswith("did:key:"), "a host was asked"
        return resolver()(did)

    settings = environment(resolve=resolve, is_issuer_acceptable={ministry.did}.__contains__)
    with pytest.raises(IssuerNotAcceptedError):
        verify_credential(twice, settings)
    # One that holds its own key asks nobody, and is told as before.
    both = verify_credential(mallory.sign(ministry.sign(unsigned())), settings)
    assert [warning.code for warning in both.warnings] == ["other-signer"]


@pytest.mark.parametrize("count", [2, 8, 16])
def test_credentials_of_the_same_form_are_presented_together(
    ministry: Party,
    alice: Party,
    unsigned: Maker,
    presentation: Maker,
    environment: MakeEnvironment,
    count: int,
) -> None:
    """B1: the doses of one person look alike to the canonicalization, and are no poison."""
    doses = [
        ministry.sign(
            unsigned(
                type=["VerifiableCredential", "VaccinationStatusCredential"],
                hcid="1234567890",
                schemaVersion="DDCC:VS RC2",
                credentialSubject={
                    "id": alice.did,
                    "type": "HealthSubject",
                    "name": "Alice Example",
                    "vaccination": {"dose": number + 1, "totalDoses": count, "disease": "icd11:RA01"},
                },
            )
        )
        for number in range(count)
    ]
    verified = _verify(alice.present(presentation(*doses)), environment())
    assert (len(verified.credentials), verified.failures) == (count, ())


# --- derived proofs and unsigned presentations ----------------------------------------------------


@pytest.fixture
def unlinkable(ministry_bbs: Party, unsigned: Maker) -> Callable[..., JSONObject]:
    """A derived bbs-2023 credential that is bound to no key, for the request in its header."""
    base = ministry_bbs.sign(
        unsigned(
            issuer=ministry_bbs.did, credentialSubject={"type": "HealthSubject", "name": "Alice Example"}
        ),
        mandatory_pointers=["/issuer", "/validUntil"],
    )

    def run(header: bytes) -> JSONObject:
        return derive(base, selective_pointers=["/credentialSubject/name"], presentation_header=header)

    return run


def test_a_derived_proof_answers_the_request_by_its_header(
    unlinkable: Callable[..., JSONObject], presentation: Maker, environment: MakeEnvironment
) -> None:
    """D10: without any key of the holder, in a presentation that nobody signed."""
    header = presentation_header_for(challenge=CHALLENGE, domain=DOMAIN)
    verified = _verify(presentation(unlinkable(header)), environment(), require_proof=False)
    assert (verified.holder, verified.signers) == (None, ())
    assert [binding.state for binding in verified.bindings if binding] == [BindingState.UNBOUND]


@pytest.mark.parametrize(
    "header",
    [
        b"",
        presentation_header_for(challenge=CHALLENGE, domain="https://other.example"),
        presentation_header_for(challenge="another", domain=DOMAIN),
        presentation_header_for(challenge=CHALLENGE, domain=None),
    ],
    ids=["none", "another domain", "another challenge", "no domain"],
)
def test_a_derived_proof_for_another_request_is_refused(
    unlinkable: Callable[..., JSONObject],
    mallory: Party,
    presentation: Maker,
    environment: MakeEnvironment,
    header: bytes,
) -> None:
    """D10: replayed bare, and replayed inside a presentation that a third person signed for us."""
    with pytest.raises(InvalidChallengeError, match="made for another request"):
        _verify(presentation(unlinkable(header)), environment(), require_proof=False)
    with pytest.raises(InvalidChallengeError, match="made for another request"):
        _verify(mallory.present(presentation(unlinkable(header))), environment())


def test_the_holders_signature_answers_for_a_derived_proof_bound_to_the_holder(
    ministry_bbs: Party, alice: Party, unsigned: Maker, presentation: Maker, environment: MakeEnvironment
) -> None:
    """D10: an enclosing holder proof carries the request; a header for another is refused all the same."""
    base = ministry_bbs.sign(
        unsigned(issuer=ministry_bbs.did), mandatory_pointers=["/issuer", "/credentialSubject/id"]
    )
    bare = derive(base, selective_pointers=["/credentialSubject/name"])
    verified = _verify(alice.present(presentation(bare)), environment())
    assert [binding.state for binding in verified.bindings if binding] == [BindingState.BOUND]
    other = presentation_header_for(challenge="another", domain=DOMAIN)
    strange = derive(base, selective_pointers=["/credentialSubject/name"], presentation_header=other)
    with pytest.raises(InvalidChallengeError, match="made for another request"):
        _verify(alice.present(presentation(strange)), environment())


def test_an_unsigned_presentation_is_looked_into_only_if_asked_to(
    ministry: Party, unsigned: Maker, presentation: Maker, environment: MakeEnvironment
) -> None:
    document = presentation(ministry.sign(unsigned()))
    with pytest.raises(NoProofError):
        _verify(document, environment(), challenge=None, domain=None)
    verified = _verify(document, environment(), challenge=None, domain=None, require_proof=False)
    assert [binding.state for binding in verified.bindings if binding] == [BindingState.NOT_PROVEN]


def test_an_unsigned_presentation_of_a_plain_credential_answers_no_request(
    ministry: Party, unsigned: Maker, presentation: Maker, environment: MakeEnvironment
) -> None:
    """E1: a copy of a credential is no answer."""
    with pytest.raises(InvalidChallengeError, match="nothing in it answers the request"):
        _verify(presentation(ministry.sign(unsigned())), environment(), require_proof=False)


def test_a_bad_proof_is_not_excused_by_none_being_required(
    alice: Party, presentation: Maker, environment: MakeEnvironment
) -> None:
    """C2."""
    document = alice.present(presentation())
    with pytest.raises(InvalidSignatureError):
        _verify({**document, "id": "urn:uuid:other"}, environment(), require_proof=False)


def test_a_presentation_of_data_model_1_1_is_refused_by_its_version_where_2_0_is_required(
    alice: Party, presentation: Maker, environment: MakeEnvironment
) -> None:
    """A16."""
    contexts = ["https://www.w3.org/2018/credentials/v1", "https://w3id.org/security/data-integrity/v2"]
    document = alice.present(presentation() | {"@context": contexts})
    _verify(document, environment())
    with pytest.raises(CredentialError, match=r"expected data model 2\.0, found 1\.1"):
        _verify(document, environment(accepted_versions=["2.0"]))

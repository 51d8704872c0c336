"""wallet.answering: who asks, what answers it, what leaves, and what stops the wallet."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from protocols.jose import sign_jws
from protocols.oid4vp import (
    AccessDeniedError,
    ClaimsQuery,
    ClientMetadata,
    CredentialQuery,
    CredentialSetQuery,
    DCQLQuery,
    ErrorResponse,
    InvalidRequestError,
    InvalidTransactionDataError,
    RequestURIMethod,
    VPFormatsNotSupportedError,
    parse_client_id,
    purpose_info,
)
from tests.protocols.oid4vp_parties import (
    CLIENT,
    DID,
    KEY,
    KID,
    OTHER_KEY,
    REQUEST,
    certificates,
    claims,
    request_object,
)
from tests.wallet.conftest import outcomes
from tests.wallet.scripted_verifier import CENTRE, DISEASE, DOSE, NAME, TYPES, ScriptedVerifier, query
from tests.world import RECOVERY, TEST, VACCINATION, Person, World, changed
from vclib.encoding import encode_base64url
from vclib.errors import ConfigurationError, FetchError, FetchRefusedError, ProofGenerationError
from vclib.proofs import proofs_of
from vclib.strict_json import JSONObject
from wallet.answering import Answerer, AnswerPlan
from wallet.disclosure import Reason
from wallet.holder import CredentialView, Holder
from wallet.verifier_client import VerifierClient


@pytest.fixture
def verifier(world: World) -> ScriptedVerifier:
    return ScriptedVerifier(world)


@pytest.fixture
def answerer(verifier: ScriptedVerifier, holder: Holder, world: World, anna: Person) -> Answerer:
    holder.add_credential(world.mint(VACCINATION, anna))
    return Answerer(holder, VerifierClient(verifier, verifier.resolve))


def planned(answerer: Answerer, verifier: ScriptedVerifier, **choice: Any) -> AnswerPlan:
    return answerer.plan(answerer.read(verifier.link), **choice)


def leaving(plan: AnswerPlan, *reasons: Reason) -> set[str]:
    """Return the pointers of what would leave for one of the reasons."""
    return {
        value.pointer
        for part in plan.parts
        for item in part.planned.disclosures
        for value in item.values
        if value.reason in (reasons or tuple(Reason))
    }


def credential_of(presentation: JSONObject) -> JSONObject:
    credentials = presentation["verifiableCredential"]
    assert isinstance(credentials, list)
    (credential,) = credentials
    assert isinstance(credential, dict)
    return credential


# --- what is shown and what is sent -------------------------------------------------------------


@pytest.mark.parametrize("method", list(RequestURIMethod))
@pytest.mark.parametrize("encrypted", [False, True])
def test_what_was_asked_is_shown_signed_and_sent(
    answerer: Answerer, verifier: ScriptedVerifier, world: World, method: RequestURIMethod, encrypted: bool
) -> None:
    verifier.method = method
    if encrypted:
        verifier.encrypts()
    plan = planned(answerer, verifier)
    assert (plan.asked.identity.name, plan.asked.identity.is_authenticated) == (DID, True)
    assert leaving(plan, Reason.CHOSEN) == {
        "/credentialSubject/name",
        "/credentialSubject/vaccination/dose",
    }
    assert verifier.responses == []

    assert answerer.send(plan) is None
    (presentation,) = verifier.presentations()
    result = world.check(presentation, challenge=REQUEST.nonce, domain=CLIENT.text)
    assert result.verdict.outcome == "accepted"
    (checked,) = result.credentials
    assert {claim.pointer for claim in checked.claims} == leaving(plan)
    assert outcomes(answerer.holder)[-1] == ("present", "done")


def test_what_is_shown_is_read_from_the_bytes_that_leave(
    answerer: Answerer, verifier: ScriptedVerifier
) -> None:
    """L2, L3: the sent presentation is the planned one and a proof, and nothing else."""
    plan = planned(answerer, verifier)
    answerer.send(plan)
    (sent,) = verifier.presentations()
    assert {name: value for name, value in sent.items() if name != "proof"} == plan.parts[0].planned.document


@pytest.mark.parametrize("part", ["presentation", "request"])
def test_a_request_or_presentation_that_changes_after_it_was_shown_is_not_sent(
    answerer: Answerer, verifier: ScriptedVerifier, part: str
) -> None:
    """L3."""
    plan = planned(answerer, verifier)
    if part == "presentation":
        document = credential_of(plan.parts[0].planned.document)
        document["credentialSubject"] = {"id": "did:key:z", "name": "Somebody"}
    else:
        other = replace(plan.asked.request, response_uri="https://evil.example/r")
        plan = replace(plan, asked=replace(plan.asked, request=other))
    with pytest.raises(ProofGenerationError, match="is not the one that was shown; nothing was s"):
        answerer.send(plan)
    assert verifier.responses == []


def test_without_claims_only_the_mandatory_part_leaves(
    answerer: Answerer, verifier: ScriptedVerifier
) -> None:
    """VP 6.4.1."""
    verifier.asked = replace(verifier.asked, query=query())
    plan = planned(answerer, verifier)
    assert leaving(plan, Reason.CHOSEN) == set()
    assert "/credentialSubject/name" not in leaving(plan)
    answerer.send(plan)
    assert "name" not in json.dumps(credential_of(verifier.presentations()[0])["credentialSubject"])


def test_the_first_claim_set_that_can_be_met_is_used(answerer: Answerer, verifier: ScriptedVerifier) -> None:
    asked = query(NAME, DOSE, ("credentialSubject", "passport"), claim_sets=(("c2",), ("c1",), ("c0", "c1")))
    verifier.asked = replace(verifier.asked, query=asked)
    plan = planned(answerer, verifier)
    assert leaving(plan, Reason.CHOSEN) == {"/credentialSubject/vaccination/dose"}


def test_a_bare_credential_is_sent_where_no_holder_is_to_be_proven(
    answerer: Answerer, verifier: ScriptedVerifier
) -> None:
    """VP B.1."""
    verifier.asked = replace(verifier.asked, query=query(DOSE, holder_binding=False))
    answerer.send(planned(answerer, verifier))
    (sent,) = verifier.presentations()
    assert sent["type"] == ["VerifiableCredential", "VaccinationStatusCredential"]
    assert [proof["cryptosuite"] for proof in proofs_of(sent)] == ["ecdsa-sd-2023"]


def test_where_to_go_afterwards_is_returned_and_not_opened(
    answerer: Answerer, verifier: ScriptedVerifier
) -> None:
    verifier.redirect_uri = "https://venue.example/done#response_code=091535f699ea"
    assert answerer.send(planned(answerer, verifier)) == verifier.redirect_uri
    assert len(verifier.requests) == 2


def test_who_asked_and_how_that_is_known_are_remembered(
    answerer: Answerer, verifier: ScriptedVerifier
) -> None:
    verifier.asked = replace(verifier.asked, verifier_info=(purpose_info("Entry to the concert"),))
    answerer.send(planned(answerer, verifier))
    entry = answerer.holder.history()[-1].members
    assert (entry["domain"], entry["verifier"], entry["authenticated"], entry["purpose"]) == (
        CLIENT.text,
        DID,
        True,
        "Entry to the concert",
    )


def test_a_failure_to_send_is_remembered_and_the_answer_can_be_sent_again(
    answerer: Answerer, verifier: ScriptedVerifier
) -> None:
    verifier.lose_answer = True
    with pytest.raises(FetchError):
        answerer.send(planned(answerer, verifier))
    assert outcomes(answerer.holder)[-2:] == [("present", "done"), ("send", "failed")]
    verifier.lose_answer = False
    answerer.send(planned(answerer, verifier))
    assert len(verifier.responses) == 2


def test_an_answered_request_is_not_answered_again(answerer: Answerer, verifier: ScriptedVerifier) -> None:
    """L6: neither when it is read again nor with a plan from before."""
    first, second = planned(answerer, verifier), planned(answerer, verifier)
    answerer.send(first)
    with pytest.raises(ProofGenerationError, match="was answered already"):
        answerer.send(second)
    with pytest.raises(ProofGenerationError, match="was answered already"):
        answerer.read(verifier.link)
    assert len(verifier.responses) == 1


def test_answers_to_two_requests_go_each_to_their_own(answerer: Answerer, verifier: ScriptedVerifier) -> None:
    """L6: a plan holds its request, whatever was read since."""
    first = planned(answerer, verifier)
    verifier.asked = replace(verifier.asked, nonce="another-nonce-0123456789", query=query(DISEASE))
    second = planned(answerer, verifier)
    answerer.send(first)
    answerer.send(second)
    challenges = [
        proof["challenge"]
        for response in verifier.responses
        if not isinstance(response, ErrorResponse)
        for proof in proofs_of(response.vp_token.presentations["vaccination"][0])
    ]
    assert challenges == [REQUEST.nonce, "another-nonce-0123456789"]


# --- which credential ---------------------------------------------------------------------------


def test_of_several_that_fit_the_holder_chooses(
    answerer: Answerer, verifier: ScriptedVerifier, world: World, anna: Person
) -> None:
    second = answerer.holder.add_credential(
        world.mint(changed(VACCINATION, "vaccination", dose=2, date="2026-06-06"), anna)
    ).view
    asked = answerer.read(verifier.link)
    with pytest.raises(ConfigurationError, match=r"several credentials answer this: name one of"):
        answerer.plan(asked)

    def choose(query_id: str, views: Sequence[CredentialView]) -> CredentialView:
        assert (query_id, len(views)) == ("vaccination", 2)
        return views[1]

    for plan in (answerer.plan(asked, choose_one=choose), answerer.plan(asked, wanted=[second.short_id])):
        assert [item.credential_id for item in plan.parts[0].planned.disclosures] == [second.id]


def test_a_copy_for_one_use_is_used_once_and_stands_for_the_others(
    verifier: ScriptedVerifier, holder: Holder, world: World, anna: Person
) -> None:
    for _ in range(2):
        holder.add_credential(world.mint(VACCINATION, anna, again=True), single_use=True)
    answerer = Answerer(holder, VerifierClient(verifier, verifier.resolve))
    for number in range(2):
        verifier.asked = replace(verifier.asked, nonce=f"nonce-number-{number}-0123456789")
        answerer.send(planned(answerer, verifier))
    verifier.asked = replace(verifier.asked, nonce="nonce-number-2-0123456789")
    with pytest.raises(AccessDeniedError):
        planned(answerer, verifier)
    assert [view.presented for view in holder.credentials()] == [1, 1]


def test_an_expired_credential_is_presented_only_if_it_is_named(
    answerer: Answerer, verifier: ScriptedVerifier, world: World
) -> None:
    world.clock.advance(days=400)
    asked = answerer.read(verifier.link)
    with pytest.raises(AccessDeniedError):
        answerer.plan(asked)
    (view,) = answerer.holder.credentials()
    assert len(answerer.plan(asked, wanted=[view.id]).parts) == 1


def test_a_query_for_two_credentials_gets_a_presentation_each(
    answerer: Answerer, verifier: ScriptedVerifier, world: World, anna: Person
) -> None:
    answerer.holder.add_credential(world.mint(RECOVERY, anna))
    recovery = CredentialQuery(
        "recovery", type_values=(("https://w3id.org/ddcc#RecoveryCredential",),), claims=(ClaimsQuery(NAME),)
    )
    types = answerer.holder.credentials()[1].types
    recovery = replace(recovery, type_values=((f"https://w3id.org/ddcc#{types[1]}",),))
    verifier.asked = replace(verifier.asked, query=DCQLQuery((*query(DOSE).credentials, recovery)))
    answerer.send(planned(answerer, verifier))
    (response,) = verifier.responses
    assert not isinstance(response, ErrorResponse)
    assert {name: len(found) for name, found in response.vp_token.presentations.items()} == {
        "vaccination": 1,
        "recovery": 1,
    }


def test_one_credential_may_answer_two_queries(answerer: Answerer, verifier: ScriptedVerifier) -> None:
    again = replace(query(DISEASE).credentials[0], id="again")
    verifier.asked = replace(verifier.asked, query=DCQLQuery((*query(DOSE).credentials, again)))
    answerer.send(planned(answerer, verifier))
    assert answerer.holder.credentials()[0].presented == 2


def test_an_optional_set_that_cannot_be_met_is_left_out(
    answerer: Answerer, verifier: ScriptedVerifier
) -> None:
    other = CredentialQuery("other", type_values=(("https://other.example/Type",),))
    sets = (CredentialSetQuery((("vaccination",),)), CredentialSetQuery((("other",),), required=False))
    verifier.asked = replace(verifier.asked, query=DCQLQuery((*query(DOSE).credentials, other), sets))
    assert [part.query_id for part in planned(answerer, verifier).parts] == ["vaccination"]


def test_a_credential_bound_to_no_key_does_not_answer_where_its_holder_is_to_be_proven(
    verifier: ScriptedVerifier, holder: Holder, world: World
) -> None:
    holder.add_credential(world.mint(VACCINATION, unbound=True))
    answerer = Answerer(holder, VerifierClient(verifier, verifier.resolve))
    with pytest.raises(AccessDeniedError, match="nothing answers this part"):
        planned(answerer, verifier)


def test_an_unlinkable_credential_proves_its_holder_by_being_derived_for_the_request(
    verifier: ScriptedVerifier, holder: Holder, world: World
) -> None:
    """D10: no key of the wallet signs, and no holder is named."""
    holder.add_credential(world.mint(VACCINATION, suite="bbs-2023"))
    answerer = Answerer(holder, VerifierClient(verifier, verifier.resolve))
    answerer.send(planned(answerer, verifier))
    (sent,) = verifier.presentations()
    assert "holder" not in sent
    assert world.check(sent, challenge=REQUEST.nonce, domain=CLIENT.text).verdict.outcome == "accepted"


# --- what the verifier takes --------------------------------------------------------------------


def test_a_verifier_that_takes_no_selective_proof_gets_nothing_instead_of_everything(
    answerer: Answerer, verifier: ScriptedVerifier
) -> None:
    """L1: the plain proof beside the base proof would disclose all of it."""
    metadata = ClientMetadata(cryptosuites=("ecdsa-rdfc-2019",))
    verifier.asked = replace(verifier.asked, client_metadata=metadata)
    with pytest.raises(VPFormatsNotSupportedError, match="the verifier takes none of ecdsa-sd-2023"):
        planned(answerer, verifier)


def test_a_verifier_that_takes_no_presentation_of_the_key_gets_nothing(
    answerer: Answerer, verifier: ScriptedVerifier
) -> None:
    """VP B.1.3.2: suites of credential and presentation."""
    metadata = ClientMetadata(cryptosuites=("ecdsa-sd-2023", "eddsa-rdfc-2022"))
    verifier.asked = replace(verifier.asked, client_metadata=metadata)
    with pytest.raises(VPFormatsNotSupportedError, match="no presentation signed with ecdsa-rdfc-2019"):
        planned(answerer, verifier)


def test_a_verifier_of_other_formats_gets_nothing(answerer: Answerer, verifier: ScriptedVerifier) -> None:
    verifier.asked = replace(verifier.asked, client_metadata=ClientMetadata(takes_ldp_vc=False))
    with pytest.raises(VPFormatsNotSupportedError):
        planned(answerer, verifier)


# --- what is asked beyond the purpose -----------------------------------------------------------


def test_what_is_asked_beyond_the_stated_situation_is_marked(
    answerer: Answerer, verifier: ScriptedVerifier
) -> None:
    """L1."""
    info = purpose_info("Entry", "venue")
    asked = query(NAME, CENTRE, ("credentialSubject", "sex"), ("validUntil",))
    verifier.asked = replace(verifier.asked, query=asked, verifier_info=(info,))
    assert planned(answerer, verifier).surplus == (
        "/credentialSubject/vaccination/centre",
        "/credentialSubject/sex",
    )
    verifier.asked = replace(verifier.asked, query=query(NAME, DOSE))
    assert planned(answerer, verifier).surplus == ()


# --- no answer ----------------------------------------------------------------------------------


def test_that_nothing_matches_is_told_only_after_the_holder_agreed(
    answerer: Answerer, verifier: ScriptedVerifier
) -> None:
    """L5: planning tells the verifier nothing."""
    types = (("https://other.example/Type",),)
    verifier.asked = replace(verifier.asked, query=DCQLQuery((CredentialQuery("other", type_values=types),)))
    asked = answerer.read(verifier.link)
    with pytest.raises(AccessDeniedError) as none:
        answerer.plan(asked)
    assert verifier.responses == []
    answerer.refuse(asked, none.value)
    assert verifier.responses == [ErrorResponse("access_denied", None, verifier.asked.state)]


def test_no_match_and_refusal_are_one_answer(answerer: Answerer, verifier: ScriptedVerifier) -> None:
    """L5, VP 15.9."""
    asked = answerer.read(verifier.link)
    answerer.refuse(asked, AccessDeniedError("vaccination: nothing answers this part of the request"))
    answerer.refuse(asked)
    assert verifier.responses[0] == verifier.responses[1]
    assert outcomes(answerer.holder)[-1] == ("present", "declined")


def test_declining_tells_nobody(answerer: Answerer, verifier: ScriptedVerifier) -> None:
    """L4, L5."""
    asked = answerer.read(verifier.link)
    answerer.decline(asked)
    assert verifier.responses == []
    assert outcomes(answerer.holder)[-1] == ("present", "declined")


# --- what stops the wallet ----------------------------------------------------------------------


def test_another_client_identifier_inside_stops_the_wallet(
    answerer: Answerer, verifier: ScriptedVerifier
) -> None:
    """E6."""
    evil = "decentralized_identifier:did:web:evil.example"
    verifier.sign = lambda request, nonce: request_object(client_id=evil)
    with pytest.raises(InvalidRequestError, match="inside the request object is another than outside"):
        answerer.read(verifier.link)
    assert outcomes(answerer.holder)[-1] == ("present", "failed")


def test_another_key_than_the_named_one_stops_the_wallet(
    answerer: Answerer, verifier: ScriptedVerifier
) -> None:
    """E7."""
    verifier.sign = lambda request, nonce: request_object(key=OTHER_KEY)
    with pytest.raises(InvalidRequestError):
        answerer.read(verifier.link)


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_no_signature_and_hmac_stop_the_wallet(
    answerer: Answerer, verifier: ScriptedVerifier, algorithm: str
) -> None:
    """E7."""
    header = json.dumps({"alg": algorithm, "typ": "oauth-authz-req+jwt", "kid": KID})
    body = request_object().split(".")[1]
    verifier.sign = lambda request, nonce: f"{encode_base64url(header.encode())}.{body}.AAAA"
    with pytest.raises(InvalidRequestError, match="expected alg"):
        answerer.read(verifier.link)


def test_an_answer_to_another_host_than_the_certificate_names_stops_the_wallet(
    answerer: Answerer, verifier: ScriptedVerifier
) -> None:
    """E8: before the holder is asked."""
    chain = certificates("venue.example")
    client_id = parse_client_id("x509_san_dns:venue.example")
    verifier.asked = replace(
        verifier.asked, client_id=client_id, response_uri="https://evil.example/responses/1"
    )
    verifier.sign = lambda request, nonce: _signed_with(chain, request)
    client = VerifierClient(verifier, verifier.resolve, trust_anchors=[chain.anchor])
    with pytest.raises(InvalidRequestError, match="response_uri: is on another host"):
        Answerer(answerer.holder, client).read(verifier.link)


def test_a_verifier_with_a_certificate_is_known_by_its_name(
    answerer: Answerer, verifier: ScriptedVerifier
) -> None:
    chain = certificates("venue.example")
    client_id = parse_client_id("x509_san_dns:venue.example")
    verifier.asked = replace(verifier.asked, client_id=client_id)
    verifier.sign = lambda request, nonce: _signed_with(chain, request)
    client = VerifierClient(verifier, verifier.resolve, trust_anchors=[chain.anchor])
    asked = Answerer(answerer.holder, client).read(verifier.link)
    assert (asked.identity.name, asked.identity.is_authenticated) == ("venue.example", True)
    with pytest.raises(InvalidRequestError, match="x5c"):
        answerer.read(verifier.link)


def test_redirect_uri_and_response_uri_together_stop_the_wallet(
    answerer: Answerer, verifier: ScriptedVerifier
) -> None:
    """E9."""
    verifier.sign = lambda request, nonce: request_object(redirect_uri="https://venue.example/cb")
    with pytest.raises(InvalidRequestError, match="redirect_uri"):
        answerer.read(verifier.link)


def test_a_request_uri_that_redirects_is_an_error(answerer: Answerer, verifier: ScriptedVerifier) -> None:
    """E10: tests/runtime/test_exchange.py has the redirects themselves."""
    verifier.redirects = True
    with pytest.raises(FetchRefusedError, match="which is not followed"):
        answerer.read(verifier.link)
    assert len(verifier.requests) == 1


@pytest.mark.parametrize("nonce", [None, "another-wallet-nonce"])
def test_a_wallet_nonce_that_does_not_come_back_stops_the_wallet(
    answerer: Answerer, verifier: ScriptedVerifier, nonce: str | None
) -> None:
    """E11."""
    verifier.method = RequestURIMethod.POST
    verifier.sign = lambda request, sent: request_object(wallet_nonce=nonce)
    with pytest.raises(InvalidRequestError, match="wallet_nonce"):
        answerer.read(verifier.link)


def test_every_post_has_a_fresh_wallet_nonce(answerer: Answerer, verifier: ScriptedVerifier) -> None:
    verifier.method = RequestURIMethod.POST
    answerer.read(verifier.link)
    answerer.read(verifier.link)
    nonces = [fields["wallet_nonce"] for _, _, fields in verifier.requests]
    assert len(set(nonces)) == 2
    assert all(len(nonce) >= 22 for nonce in nonces)
    metadata = json.loads(verifier.requests[0][2]["wallet_metadata"])
    assert "ecdsa-sd-2023" in metadata["vp_formats_supported"]["ldp_vc"]["cryptosuite_values"]


@pytest.mark.parametrize("prefix", ["origin:https://venue.example", "https://venue.example", "made_up:x"])
def test_an_unknown_prefix_stops_the_wallet(
    answerer: Answerer, verifier: ScriptedVerifier, prefix: str
) -> None:
    """E12."""
    link = f"openid4vp://?client_id={prefix}&request_uri=https%3A%2F%2Fvenue.example%2Frequests%2F1%2Fobject"
    with pytest.raises(InvalidRequestError):
        answerer.read(link)
    assert verifier.requests == []


@pytest.mark.parametrize("data", [["eyJ0eXBlIjoicGF5bWVudCJ9"], "x", [], None])
def test_transaction_data_stop_the_wallet(answerer: Answerer, verifier: ScriptedVerifier, data: Any) -> None:
    """E13: also malformed ones; no credential leaves."""
    payload = {**claims(), "transaction_data": data}
    verifier.sign = lambda request, nonce: sign_jws({"typ": "oauth-authz-req+jwt", "kid": KID}, payload, KEY)
    with pytest.raises(InvalidTransactionDataError):
        answerer.read(verifier.link)
    assert verifier.responses == []


def test_who_asks_and_that_a_code_can_be_passed_on_are_shown(
    answerer: Answerer, verifier: ScriptedVerifier
) -> None:
    """E14."""
    (warning,) = planned(answerer, verifier).warnings
    assert warning == (
        "go on only if you are dealing with did:web:venue.example right now: "
        "a code can be passed on by somebody else"
    )


def test_that_nobody_proves_who_asks_is_shown(answerer: Answerer, verifier: ScriptedVerifier) -> None:
    """L4."""
    address = "https://venue.example/responses/1"
    request = replace(
        verifier.asked, client_id=parse_client_id(f"redirect_uri:{address}"), response_uri=address
    )
    plan = answerer.plan(answerer.read(request.to_url()))
    assert plan.asked.identity.is_authenticated is False
    assert plan.warnings[0] == f"NOBODY PROVES WHO ASKS: known is only where the answer goes, {address}"
    answerer.send(plan)
    (sent,) = proofs_of(verifier.presentations()[0])
    assert sent["domain"] == f"redirect_uri:{address}"


def test_an_answer_to_another_address_than_the_verifiers_is_shown(
    answerer: Answerer, verifier: ScriptedVerifier
) -> None:
    """E8: a DID does not forbid it, so the holder is told."""
    verifier.asked = replace(verifier.asked, response_uri="https://other.example/responses/1")
    assert planned(answerer, verifier).warnings[0] == (
        "the answer goes to another address than that of who asks: https://other.example/responses/1"
    )


# --- limits -------------------------------------------------------------------------------------


def _asked(query_id: str, claims: Any = None) -> Any:
    """Return a credential query as JSON, whatever its claims."""
    whole = {"id": query_id, "format": "ldp_vc", "meta": {"type_values": [list(TYPES)]}}
    return whole if claims is None else {**whole, "claims": claims}


@pytest.mark.parametrize(
    "asked",
    [
        {"credentials": [_asked(f"q{number}") for number in range(2000)]},
        {"credentials": [_asked("q", [{"id": f"c{number}", "path": ["a"]} for number in range(2000)])]},
        {"credentials": [_asked("q", [{"id": "c", "path": ["a"] * 1000}])]},
    ],
    ids=["credentials", "claims", "depth"],
)
def test_a_query_beyond_all_measure_is_refused_by_limit(
    answerer: Answerer, verifier: ScriptedVerifier, asked: Any
) -> None:
    """E19."""
    verifier.sign = lambda request, nonce: request_object(dcql_query=asked)
    with pytest.raises(InvalidRequestError):
        answerer.read(verifier.link)


def test_a_claim_that_is_asked_for_many_times_is_shown_once(
    answerer: Answerer, verifier: ScriptedVerifier
) -> None:
    """E20."""
    claims = tuple(ClaimsQuery(NAME, f"c{number}") for number in range(100))
    verifier.asked = replace(
        verifier.asked,
        query=DCQLQuery((CredentialQuery("vaccination", type_values=(TYPES,), claims=claims),)),
    )
    plan = planned(answerer, verifier)
    (disclosure,) = plan.parts[0].planned.disclosures
    assert [value.pointer for value in disclosure.values].count("/credentialSubject/name") == 1
    assert leaving(plan, Reason.CHOSEN) == {"/credentialSubject/name"}


def _signed_with(chain: Any, request: Any) -> str:
    payload = {"aud": "https://self-issued.me/v2", **request.to_parameters()}
    return sign_jws({"typ": "oauth-authz-req+jwt", "x5c": chain.x5c}, payload, chain.key)


def test_a_test_result_does_not_answer_a_question_about_a_vaccination(
    verifier: ScriptedVerifier, holder: Holder, world: World, anna: Person
) -> None:
    holder.add_credential(world.mint(TEST, anna))
    answerer = Answerer(holder, VerifierClient(verifier, verifier.resolve))
    with pytest.raises(AccessDeniedError):
        planned(answerer, verifier)

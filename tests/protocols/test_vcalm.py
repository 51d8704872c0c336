"""protocols.vcalm: requests are read by the members they may have, results keep errors and warnings apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from protocols.vcalm import (
    DeriveRequest,
    IssueRequest,
    ResultOptions,
    UnknownOptionError,
    VerifyCredentialRequest,
    VerifyPresentationRequest,
    credential_result,
    presentation_result,
)
from tests.vclib.parties import NOW, Party, party
from vclib.did import resolver
from vclib.errors import InvalidSignatureError, MalformedValueError, StatusRetrievalError, StoreError
from vclib.proofs import AUTHENTICATION
from vclib.status import new_status_list, status_list_credential
from vclib.strict_json import JSONObject
from vclib.verification import Environment, verify_credential, verify_presentation

MINISTRY, ALICE = party(1), party(4)
LIST_URL = "https://ministry.example/status/1"
ENTRY: JSONObject = {
    "type": "BitstringStatusListEntry",
    "statusPurpose": "revocation",
    "statusListIndex": "7",
    "statusListCredential": LIST_URL,
}
ENVIRONMENT = Environment(resolver(), NOW)

# --- requests -------------------------------------------------------------------------------------


def test_issue_request_is_read() -> None:
    body: JSONObject = {
        "credential": {"type": "VerifiableCredential"},
        "options": {"mandatoryPointers": ["/issuer"], "credentialId": "urn:uuid:1"},
    }
    assert IssueRequest.from_json(body) == IssueRequest(
        {"type": "VerifiableCredential"}, ("/issuer",), "urn:uuid:1"
    )
    assert IssueRequest.from_json({"credential": {}}) == IssueRequest({})


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "credential: expected an object, found none"),
        ({"credential": "eyJ"}, "credential: expected an object, found a string"),
        ({"credential": {}, "options": None}, "options: expected an object, found null"),
        ({"credential": {}, "verifiableCredential": {}}, "verifiableCredential: no member of this request"),
        ({"credential": {}, "options": {"mandatoryPointers": "/issuer"}}, "expected a list"),
        ({"credential": {}, "options": {"mandatoryPointers": [1]}}, "expected JSON pointers, each a string"),
        ({"credential": {}, "options": {"mandatoryPointers": ["/a"] * 1001}}, "at most 1000 pointers"),
        ({"credential": {}, "options": {"credentialId": 7}}, "options.credentialId: expected a text"),
        ({"credential": {}, "options": {"credentialId": ""}}, "options.credentialId: expected a text"),
    ],
    ids=str,
)
def test_issue_request_of_another_shape_is_refused(body: JSONObject, message: str) -> None:
    with pytest.raises(MalformedValueError, match=message):
        IssueRequest.from_json(body)


def test_derive_request_is_read() -> None:
    body: JSONObject = {"verifiableCredential": {}, "options": {"selectivePointers": ["/issuer"]}}
    assert DeriveRequest.from_json(body) == DeriveRequest({}, ("/issuer",))
    with pytest.raises(MalformedValueError, match="verifiableCredential: expected an object"):
        DeriveRequest.from_json({"options": {}})


@pytest.mark.parametrize(
    ("read", "document"),
    [
        (IssueRequest.from_json, "credential"),
        (DeriveRequest.from_json, "verifiableCredential"),
        (VerifyCredentialRequest.from_json, "verifiableCredential"),
    ],
)
def test_unknown_option_is_refused_by_its_problem_type(read: Callable[..., Any], document: str) -> None:
    """Any: the three requests have nothing in common but this."""
    body: JSONObject = {document: {}, "options": {"checks": ["proof"]}}
    with pytest.raises(UnknownOptionError, match=r"options\.checks") as caught:
        read(body)
    assert caught.value.type == "https://www.w3.org/TR/vcalm#UNKNOWN_OPTION_PROVIDED"
    assert read(body, ignored_options=("checks",))


def test_what_the_result_holds_is_asked_for() -> None:
    options: JSONObject = {"returnCredential": True, "returnProblemDetails": False, "returnResults": True}
    request = VerifyCredentialRequest.from_json({"verifiableCredential": {}, "options": options})
    assert request.result == ResultOptions(problem_details=False, results=True, document=True)
    with pytest.raises(MalformedValueError, match="expected a boolean"):
        VerifyCredentialRequest.from_json({"verifiableCredential": {}, "options": {"returnResults": "yes"}})


def test_ignored_challenge_of_a_credential_is_read_all_the_same() -> None:
    """Whoever sends one believes that it is compared."""
    body: JSONObject = {"verifiableCredential": {}, "options": {"challenge": "c", "domain": "d"}}
    request = VerifyCredentialRequest.from_json(body, ignored_options=("challenge", "domain"))
    assert (request.challenge, request.domain) == ("c", "d")


def test_presentation_request_may_have_other_options() -> None:
    body: JSONObject = {
        "verifiablePresentation": {},
        "options": {"challenge": "c", "domain": "d", "checks": ["proof"], "returnPresentation": True},
    }
    request = VerifyPresentationRequest.from_json(body)
    assert (request.challenge, request.domain, request.result.document) == ("c", "d", True)
    with pytest.raises(MalformedValueError, match=r"options\.challenge: expected a text"):
        VerifyPresentationRequest.from_json({"verifiablePresentation": {}, "options": {"challenge": None}})


# --- results --------------------------------------------------------------------------------------


def credential(**changes: Any) -> JSONObject:
    """Return a credential of the ministry about Alice, signed. Any: members are JSON of every kind."""
    return MINISTRY.sign(
        {
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "type": ["VerifiableCredential"],
            "issuer": MINISTRY.did,
            "validFrom": "2026-06-01T00:00:00Z",
            "credentialSubject": {"id": ALICE.did, "description": "Recovered"},
            **changes,
        }
    )


def result(shown: JSONObject, environment: Environment = ENVIRONMENT, /, **asked: bool) -> Any:
    """Return what is answered about a credential. Any: JSON that is looked into."""
    return credential_result(shown, verify_credential(shown, environment)).to_json(ResultOptions(**asked))


def test_true_credential_is_verified_and_nothing_is_said_against_it() -> None:
    document = credential()
    assert result(document) == {"verified": True, "problemDetails": []}
    assert result(document, problem_details=False, document=True) == {
        "verified": True,
        "credential": document,
    }


def test_results_tell_of_each_part() -> None:
    document = credential(validUntil="2027-01-01T00:00:00Z")
    assert result(document, results=True)["results"] == {
        "validFrom": {"verified": True, "input": "2026-06-01T00:00:00Z"},
        "validUntil": {"verified": True, "input": "2027-01-01T00:00:00Z"},
        "credentialStatus": [],
        "credentialSchema": [],
        "proof": [{"verified": True, "input": document["proof"]}],
    }


def test_error_makes_a_credential_unverified() -> None:
    answered = credential_result({}, InvalidSignatureError("the signature does not fit"))
    assert answered.to_json(ResultOptions()) == {
        "verified": False,
        "problemDetails": [
            {
                "type": "https://www.w3.org/TR/vc-data-model#CRYPTOGRAPHIC_SECURITY_ERROR",
                "title": "CRYPTOGRAPHIC_SECURITY_ERROR",
                "status": 400,
                "detail": "the signature does not fit",
            }
        ],
    }


def test_error_without_a_standard_has_a_type_of_ours() -> None:
    (problem,) = credential_result({}, StoreError("x")).problems
    assert problem.type == "https://w3id.org/ddcc/problems#store"


@pytest.mark.parametrize(
    ("members", "member", "code"),
    [
        ({"validUntil": "2026-06-02T00:00:00Z"}, "validUntil", "expired"),
        ({"validFrom": "2026-12-01T00:00:00Z"}, "validFrom", "not-yet-valid"),
    ],
)
def test_credential_out_of_its_period_is_verified_with_a_warning(
    members: JSONObject, member: str, code: str
) -> None:
    answered = result(credential(**members), results=True)
    assert answered["verified"] is True
    (problem,) = answered["problemDetails"]
    assert problem["type"] == f"https://w3id.org/ddcc/problems#{code}"
    assert "status" not in problem
    assert answered["results"][member]["verified"] is False


def with_list(*revoked: int) -> Environment:
    status_list = new_status_list().set_all(dict.fromkeys(revoked, 1))
    document = MINISTRY.sign(
        status_list_credential(
            status_list, url=LIST_URL, issuer=MINISTRY.did, purposes=["revocation"], valid_from=NOW
        )
    )
    return replace(ENVIRONMENT, fetch_status=lambda url: document)


def test_revoked_credential_is_verified_with_a_warning() -> None:
    answered = result(credential(credentialStatus=ENTRY), with_list(7), results=True)
    assert answered["verified"] is True
    assert [problem["title"] for problem in answered["problemDetails"]] == ["status-set"]
    assert answered["results"]["credentialStatus"] == [{"value": 1, "verified": True, "input": ENTRY}]


def test_credential_that_is_not_revoked_has_no_warning() -> None:
    answered = result(credential(credentialStatus=ENTRY), with_list(8), results=True)
    assert answered["problemDetails"] == []
    assert answered["results"]["credentialStatus"] == [{"value": 0, "verified": True, "input": ENTRY}]


def test_status_that_could_not_be_checked_is_not_called_good() -> None:
    """H1."""
    answered = result(credential(credentialStatus=ENTRY), results=True)
    (problem,) = answered["problemDetails"]
    assert problem["type"] == StatusRetrievalError.type
    assert answered["results"]["credentialStatus"] == [{"verified": False, "input": ENTRY}]


def present(*credentials: JSONObject, holder: Party = ALICE) -> JSONObject:
    return holder.sign(
        {
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "type": ["VerifiablePresentation"],
            "holder": holder.did,
            "verifiableCredential": list(credentials),
        },
        purpose=AUTHENTICATION,
        challenge="c",
        domain="d",
    )


def presentation_answer(document: JSONObject) -> Any:
    """Return what is answered about a presentation. Any: JSON that is looked into."""
    outcome = verify_presentation(document, ENVIRONMENT, challenge="c", domain="d")
    return presentation_result(document, outcome, challenge="c", domain="d").to_json(
        ResultOptions(results=True)
    )


def test_presentation_is_told_with_its_credentials() -> None:
    document = present(credential())
    answered = presentation_answer(document)
    assert (answered["verified"], answered["problemDetails"]) == (True, [])
    assert answered["results"]["presentation"] == {
        "challenge": {"verified": True, "input": "c"},
        "domain": {"verified": True, "input": "d"},
        "holder": {"verified": True, "input": ALICE.did},
        "proof": [{"verified": True, "input": document["proof"]}],
    }
    assert [part["verified"] for part in answered["results"]["credentials"]] == [True]


def test_one_bad_credential_makes_the_presentation_unverified_and_the_others_are_still_told() -> None:
    """E5."""
    bad = credential() | {"validFrom": "2026-06-02T00:00:00Z"}
    answered = presentation_answer(present(credential(), bad))
    assert answered["verified"] is False
    assert [part["verified"] for part in answered["results"]["credentials"]] == [True, False]
    assert [problem["title"] for problem in answered["problemDetails"]] == ["CRYPTOGRAPHIC_SECURITY_ERROR"]


def test_presentation_that_fails_as_a_whole_has_no_results() -> None:
    answered = presentation_result({}, InvalidSignatureError("no"), challenge="c", domain=None)
    assert answered.to_json(ResultOptions(results=True, document=True)) == {
        "verified": False,
        "verifiablePresentation": {},
        "problemDetails": [problem.to_json() for problem in answered.problems],
        "results": {},
    }

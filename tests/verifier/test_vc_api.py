"""verifier.vc_api: verification results, over HTTP and without."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from typing import Any

import pytest

from protocols.vcalm import VerifyCredentialRequest
from runtime.web import create_app
from tests.asgi import Client
from tests.vclib.parties import NOW, party
from vclib.did import resolver
from vclib.errors import ContextIntegrityError, InvalidChallengeError
from vclib.strict_json import JSONObject
from vclib.verification import Environment
from verifier.vc_api import VerificationService, verify_router

MINISTRY, ALICE = party(1), party(4)


def credential() -> JSONObject:
    return MINISTRY.sign(
        {
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "type": ["VerifiableCredential"],
            "issuer": MINISTRY.did,
            "credentialSubject": {"id": ALICE.did, "description": "Recovered"},
        }
    )


def presentation() -> JSONObject:
    return ALICE.present(
        {
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "type": ["VerifiablePresentation"],
            "verifiableCredential": [credential()],
        }
    )


def environment(now: datetime) -> Environment:
    return Environment(resolver(), now)


def client(**settings: Any) -> Client:
    """Any: settings of the routes are passed through."""
    app = create_app("test", version="1")
    app.include_router(verify_router(VerificationService(environment), clock=lambda: NOW, **settings))
    return Client(app)


ASKED: JSONObject = {"challenge": "8f1c4e0a", "domain": "https://venue.example"}


def test_true_credential_and_presentation_are_verified() -> None:
    answer = client().post_json("/credentials/verify", {"verifiableCredential": credential()})
    assert (answer.status_code, answer.json()) == (200, {"verified": True, "problemDetails": []})
    body: JSONObject = {"verifiablePresentation": presentation(), "options": ASKED}
    answer = client().post_json("/presentations/verify", body)
    assert (answer.status_code, answer.json()) == (200, {"verified": True, "problemDetails": []})


@pytest.mark.parametrize(
    ("path", "body", "problem"),
    [
        ("/credentials/verify", {"verifiableCredential": {}}, "MALFORMED_VALUE_ERROR"),
        (
            "/credentials/verify",
            {"verifiableCredential": credential() | {"name": "other"}},
            "CRYPTOGRAPHIC_SECURITY_ERROR",
        ),
        (
            "/presentations/verify",
            {"verifiablePresentation": presentation(), "options": ASKED | {"challenge": "another"}},
            "INVALID_CHALLENGE_ERROR",
        ),
        (
            "/presentations/verify",
            {
                "verifiablePresentation": presentation(),
                "options": ASKED | {"domain": "https://venue.example/"},
            },
            "INVALID_DOMAIN_ERROR",
        ),
    ],
)
def test_not_verified_is_an_answer_and_its_status_is_the_callers_choice(
    path: str, body: JSONObject, problem: str
) -> None:
    """C1, E2, E3."""
    for status, settings in ((200, {}), (400, {"refused_status": HTTPStatus.BAD_REQUEST})):
        answer = client(**settings).post_json(path, body)
        assert answer.status_code == status
        assert answer.json()["verified"] is False
        assert [each["title"] for each in answer.json()["problemDetails"]] == [problem]


@pytest.mark.parametrize(
    ("path", "body", "detail"),
    [
        ("/credentials/verify", {}, "verifiableCredential: expected an object, found none"),
        ("/credentials/verify", {"verifiableCredential": "eyJ.eyJ.x"}, "found a string"),
        ("/credentials/verify", {"verifiableCredential": {}, "options": {"checks": []}}, "options.checks"),
        ("/presentations/verify", {"verifiableCredential": {}}, "no member of this request"),
    ],
)
def test_request_that_is_none_is_a_problem_and_no_result(path: str, body: JSONObject, detail: str) -> None:
    answer = client().post_json(path, body)
    assert answer.status_code == 400
    assert "verified" not in answer.json()
    assert detail in answer.json()["detail"]


def test_credential_alone_never_answers_a_challenge() -> None:
    service = VerificationService(environment)
    request = replace(VerifyCredentialRequest(credential()), challenge="8f1c4e0a")
    result = service.verify_credential(request, now=NOW)
    assert [problem.type for problem in result.problems] == [InvalidChallengeError.type]
    assert not result.verified


def test_our_own_fault_is_not_a_result() -> None:
    """M11: a context that was altered here says nothing about what was presented."""

    def broken(_: datetime) -> Environment:
        raise ContextIntegrityError("credentials-v2.jsonld was altered")

    app = create_app("test", version="1")
    app.include_router(verify_router(VerificationService(broken), clock=lambda: NOW))
    for path, body in (
        ("/credentials/verify", {"verifiableCredential": credential()}),
        ("/presentations/verify", {"verifiablePresentation": presentation()}),
    ):
        answer = Client(app).post_json(path, body)
        assert answer.status_code == 503
        assert "verified" not in answer.json()
        assert "jsonld" not in answer.text

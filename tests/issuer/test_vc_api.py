"""issuer.vc_api: what is signed conforms and names its issuer, over HTTP and without."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from issuer.vc_api import CredentialIssuer, issue_router, with_proof_context
from protocols.vcalm import IssueRequest
from runtime.web import create_app
from tests.asgi import Client
from tests.vclib.parties import NOW, Party, party
from vclib.did import resolver
from vclib.errors import (
    ContextNotAcceptedError,
    CredentialError,
    DataLossError,
    MalformedValueError,
    PointerError,
    ProofGenerationError,
)
from vclib.keys import KeyType
from vclib.proofs import mandatory_part
from vclib.strict_json import JSONObject
from vclib.verification import Environment, verify_credential

MINISTRY = party(1)
MINISTRY_SD = party(3, KeyType.P256, "ecdsa-sd-2023")


def issuer(signer: Party = MINISTRY, **settings: Any) -> CredentialIssuer:
    """Return an issuer with the party's key. Any: settings are passed through."""
    return CredentialIssuer(signer.did, signer.method, signer.key, signer.cryptosuite, **settings)


def unsigned(signer: Party = MINISTRY, **changes: Any) -> JSONObject:
    """Return a credential to be issued; a member set to ... is left out. Any: JSON of every kind."""
    members: dict[str, Any] = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": "urn:uuid:7c1e0a52-0b1c-4c0c-9d2c-1b7a5a0b4e55",
        "type": ["VerifiableCredential"],
        "issuer": signer.did,
        "credentialSubject": {"id": "did:example:alice", "name": "Alice Example"},
        **changes,
    }
    return {name: value for name, value in members.items() if value is not ...}


def issue(by: CredentialIssuer, credential: JSONObject, *pointers: str) -> JSONObject:
    return by.issue(IssueRequest(credential, pointers), now=NOW)


def test_issued_credential_verifies() -> None:
    issued = issue(issuer(), unsigned())
    verified = verify_credential(issued, Environment(resolver(), NOW))
    assert verified.credential.issuer_id == MINISTRY.did
    assert verified.proofs[0].created == NOW


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"issuer": "did:web:other.example"}, CredentialError, f"issuer: expected {MINISTRY.did}"),
        ({"issuer": ...}, MalformedValueError, "issuer: expected one absolute URL"),
        ({"proof": {"type": "DataIntegrityProof"}}, CredentialError, "proof: expected a credential without"),
        ({"inventedMember": 1}, DataLossError, "inventedMember"),
        (
            {"@context": ["https://www.w3.org/ns/credentials/v2", {"p": "urn:p"}]},
            ContextNotAcceptedError,
            "a context object",
        ),
        (
            {"credentialStatus": {"type": "BitstringStatusListEntry", "statusPurpose": "revocation"}},
            MalformedValueError,
            "statusListIndex",
        ),
        ({"validFrom": "yesterday"}, MalformedValueError, "validFrom"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_does_not_conform_is_not_signed(
    changes: JSONObject, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        issue(issuer(), unsigned(**changes))


def test_another_issuer_is_signed_for_only_where_that_is_called_unsafe() -> None:
    credential = unsigned(issuer="did:web:other.example")
    with pytest.raises(CredentialError, match="who signs here"):
        issue(issuer(), credential)
    assert issue(issuer(unsafe_accept_any_issuer=True), credential)["issuer"] == "did:web:other.example"


def test_credential_id_of_the_request_becomes_the_id() -> None:
    asked = IssueRequest(unsigned(id=...), credential_id="urn:uuid:1")
    assert issuer().issue(asked, now=NOW)["id"] == "urn:uuid:1"
    with pytest.raises(MalformedValueError, match="the credential has another id"):
        issuer().issue(replace(asked, credential=unsigned()), now=NOW)


def test_pointers_of_issuer_and_request_are_both_mandatory() -> None:
    issued = issue(
        issuer(MINISTRY_SD, mandatory_pointers=("/issuer",)),
        unsigned(MINISTRY_SD),
        "/issuer",
        "/credentialSubject/name",
    )
    part = mandatory_part(issued)
    assert part is not None
    assert part["issuer"] == MINISTRY_SD.did
    assert part["credentialSubject"] == {"id": "did:example:alice", "name": "Alice Example"}


def test_pointer_that_selects_nothing_is_refused() -> None:
    with pytest.raises(PointerError, match="/credentialSubject/age"):
        issue(issuer(MINISTRY_SD), unsigned(MINISTRY_SD), "/credentialSubject/age")


def test_suite_that_signs_everything_takes_no_pointers() -> None:
    with pytest.raises(ProofGenerationError, match="takes no pointers"):
        issue(issuer(), unsigned(), "/issuer")


def test_status_is_added_where_the_credential_has_none() -> None:
    entry: JSONObject = {
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "7",
        "statusListCredential": "https://ministry.example/status/1",
    }
    by = issuer(status_entries=lambda: [entry])
    assert issue(by, unsigned())["credentialStatus"] == [entry]
    own = entry | {"statusListIndex": "8"}
    assert issue(by, unsigned(credentialStatus=own))["credentialStatus"] == own


OLDER = "https://www.w3.org/2018/credentials/v1"
PROOF_V2 = "https://w3id.org/security/data-integrity/v2"
PROOF_V1 = "https://w3id.org/security/data-integrity/v1"


def test_credential_of_data_model_1_1_gets_the_context_of_its_proof() -> None:
    credential = unsigned(**{"@context": [OLDER], "issuanceDate": "2026-06-01T00:00:00Z"}) | {
        "credentialSubject": {"id": "did:example:alice"}
    }
    issued = issue(issuer(), credential)
    assert issued["@context"] == [OLDER, PROOF_V2]
    assert verify_credential(issued, Environment(resolver(), NOW)).credential.version == "1.1"


@pytest.mark.parametrize(
    "contexts",
    [
        [OLDER, PROOF_V1],
        [OLDER, "https://w3id.org/ddcc/v1", PROOF_V2],
        ["https://www.w3.org/ns/credentials/v2"],
        OLDER,
        [],
        None,
    ],
)
def test_contexts_that_need_nothing_or_are_none_stay_as_they_are(contexts: Any) -> None:
    """Any: whatever JSON allows."""
    assert with_proof_context({"@context": contexts}) == {"@context": contexts}


# --- over HTTP ------------------------------------------------------------------------------------


def client(**settings: Any) -> Client:
    """Any: settings of the route are passed through."""
    app = create_app("test", version="1")
    app.include_router(issue_router(issuer(MINISTRY_SD), clock=lambda: NOW, **settings))
    return Client(app)


def test_issued_credential_is_201_and_wrapped() -> None:
    answer = client().post_json("/credentials/issue", {"credential": unsigned(MINISTRY_SD)})
    assert answer.status_code == 201
    assert answer.json()["verifiableCredential"]["proof"]["cryptosuite"] == "ecdsa-sd-2023"
    bare = client(bare=True).post_json("/credentials/issue", {"credential": unsigned(MINISTRY_SD)})
    assert bare.json()["proof"]["cryptosuite"] == "ecdsa-sd-2023"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"credential": {}}, "MALFORMED_VALUE_ERROR"),
        ({"credential": unsigned(MINISTRY_SD), "options": {"type": "x"}}, "UNKNOWN_OPTION_PROVIDED"),
        (
            {"credential": unsigned(MINISTRY_SD), "options": {"mandatoryPointers": ["/nothing"]}},
            "PROOF_GENERATION_ERROR",
        ),
        ({"credential": unsigned(MINISTRY_SD, extra=1)}, "PROOF_TRANSFORMATION_ERROR"),
    ],
)
def test_what_is_not_issued_is_400_with_its_problem(body: JSONObject, problem: str) -> None:
    answer = client().post_json("/credentials/issue", body)
    assert (answer.status_code, answer.json()["title"]) == (400, problem)

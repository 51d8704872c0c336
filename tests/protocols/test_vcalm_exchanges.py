"""protocols.vcalm_exchanges: what is asked, by example and in groups, and the messages of an exchange."""

from __future__ import annotations

from typing import Any

import pytest

from protocols.vcalm_exchanges import (
    CreateExchange,
    DIDAuthentication,
    ExchangeMessage,
    PresentationRequest,
    QueryByExample,
    UnsupportedQuery,
    WorkflowConfig,
    example_misfit,
    example_pointers,
)
from vclib.errors import MalformedError, MalformedValueError
from vclib.strict_json import JSONObject

# Any: JSON that tests change.
ENTRY: dict[str, Any] = {
    "type": "QueryByExample",
    "group": "entry",
    "credentialQuery": {
        "reason": "Entry to the venue",
        "example": {
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "type": "VaccinationCertificate",
            "credentialSubject": {"fullyVaccinated": ""},
        },
        "acceptedIssuers": [{"id": "did:web:health.example"}],
        "acceptedCryptosuites": [{"cryptosuite": "bbs-2023"}, {"cryptosuite": "ecdsa-sd-2023"}],
    },
}
AUTHENTICATION: dict[str, Any] = {
    "type": "DIDAuthentication",
    "group": "entry",
    "acceptedMethods": [{"method": "key"}],
    "acceptedCryptosuites": [{"cryptosuite": "ecdsa-rdfc-2019"}],
}
REQUEST: dict[str, Any] = {
    "query": [ENTRY, AUTHENTICATION],
    "challenge": "5e34826e-14da-11f0-98a5-8b1c0a196728",
    "domain": "venue.example",
}
CREDENTIAL: JSONObject = {
    "@context": ["https://www.w3.org/ns/credentials/v2", "https://issuer.example/v1"],
    "type": ["VerifiableCredential", "VaccinationCertificate"],
    "credentialSubject": {
        "name": "Aulus Agerius",
        "dose": 2,
        "vaccination": [{"lot": "A", "dose": 1}, {"lot": "B", "dose": 2}],
    },
}


def test_the_request_of_the_standard_is_read_and_written() -> None:
    request = PresentationRequest.from_json(REQUEST)
    assert request.to_json() == REQUEST
    assert (request.challenge, request.domain) == (REQUEST["challenge"], "venue.example")
    ((example, authentication),) = request.alternatives()
    assert isinstance(example, QueryByExample)
    (query,) = example.credentials
    assert (query.accepted_issuers, query.accepted_cryptosuites) == (
        ("did:web:health.example",),
        ("bbs-2023", "ecdsa-sd-2023"),
    )
    assert authentication == DIDAuthentication(("key",), ("ecdsa-rdfc-2019",), "entry")


def test_one_group_belongs_together_and_others_are_alternatives() -> None:
    ungrouped = {name: value for name, value in AUTHENTICATION.items() if name != "group"}
    other = {**AUTHENTICATION, "group": "other"}
    request = PresentationRequest.from_json({"query": [ENTRY, ungrouped, AUTHENTICATION, ungrouped, other]})
    assert [len(alternative) for alternative in request.alternatives()] == [2, 1, 1, 1]


def test_lists_and_plain_texts_of_older_requests_are_read() -> None:
    query = {**ENTRY, "credentialQuery": [ENTRY["credentialQuery"]] * 2}
    query["credentialQuery"][0] = {"example": {"type": "A"}, "acceptedCryptosuites": ["ecdsa-rdfc-2019"]}
    (example,) = PresentationRequest.from_json({"query": query}).queries
    assert isinstance(example, QueryByExample)
    assert example.credentials[0].accepted_cryptosuites == ("ecdsa-rdfc-2019",)


def test_a_query_of_another_kind_is_told_apart() -> None:
    (query,) = PresentationRequest.from_json(
        {"query": {"type": "AuthorizationCapabilityQuery", "capabilityQuery": {}}}
    ).queries
    assert query == UnsupportedQuery("AuthorizationCapabilityQuery")


@pytest.mark.parametrize(
    "request_json",
    [
        None,
        [],
        {},
        {"query": []},
        {"query": [ENTRY] * 21},
        {"query": "x"},
        {"query": [{"type": 5}]},
        {"query": [{**ENTRY, "group": 5}]},
        {"query": [{**ENTRY, "credentialQuery": []}]},
        {"query": [{**ENTRY, "credentialQuery": [ENTRY["credentialQuery"]] * 11}]},
        {"query": [{**ENTRY, "credentialQuery": {}}]},
        {"query": [{**ENTRY, "credentialQuery": {"example": {"a": "x" * 20_001}}}]},
        {"query": [{**AUTHENTICATION, "acceptedMethods": []}]},
        {"query": [{**AUTHENTICATION, "acceptedMethods": [{"method": 5}]}]},
        {"query": [{**AUTHENTICATION, "acceptedMethods": [{"method": "key"}] * 101}]},
        {**REQUEST, "challenge": ""},
        {**REQUEST, "domain": ["venue.example"]},
        {**REQUEST, "challenge": "c" * 2001},
    ],
)
def test_a_request_that_is_none_or_too_much_is_refused(request_json: Any) -> None:
    """E19. Any: see above."""
    with pytest.raises(MalformedValueError):
        PresentationRequest.from_json(request_json)


def test_a_deeply_nested_example_is_refused() -> None:
    """E19."""
    example: JSONObject = {"a": ""}
    for _ in range(10):
        example = {"a": example}
    with pytest.raises(MalformedValueError, match="more deeply nested"):
        PresentationRequest.from_json({"query": [{**ENTRY, "credentialQuery": {"example": example}}]})


@pytest.mark.parametrize(
    ("example", "misfit"),
    [
        ({}, None),
        ({"type": "VaccinationCertificate"}, None),
        ({"type": ["VerifiableCredential", "VaccinationCertificate"]}, None),
        ({"type": "TestCertificate"}, "/type"),
        ({"@context": "https://issuer.example/v1"}, None),
        ({"@context": ["https://other.example/v1"]}, "/@context"),
        ({"credentialSubject": {}}, None),
        ({"credentialSubject": {"name": ""}}, None),
        ({"credentialSubject": {"name": "Aulus Agerius"}}, None),
        ({"credentialSubject": {"name": "Numerius"}}, "/credentialSubject/name"),
        ({"credentialSubject": {"birthDate": ""}}, "/credentialSubject/birthDate"),
        ({"credentialSubject": {"dose": 2}}, None),
        ({"credentialSubject": {"dose": "2"}}, "/credentialSubject/dose"),
        ({"credentialSubject": {"dose": True}}, "/credentialSubject/dose"),
        ({"credentialSubject": {"name": {"given": ""}}}, "/credentialSubject/name"),
        ({"credentialSubject": {"vaccination": {"lot": "B", "dose": 2}}}, None),
        (
            {"credentialSubject": {"vaccination": {"lot": "B", "dose": 1}}},
            "/credentialSubject/vaccination/dose",
        ),
        ({"credentialSubject": {"vaccination": [{"lot": "A"}, {"lot": "B"}]}}, None),
        ({"credentialSubject": {"vaccination": [{"lot": "C"}]}}, "/credentialSubject/vaccination/lot"),
        ({"issuer": ""}, "/issuer"),
    ],
)
def test_an_example_fits_what_has_its_members(example: JSONObject, misfit: str | None) -> None:
    assert example_misfit(example, CREDENTIAL) == misfit


def test_what_an_example_asks_for_are_its_leaves() -> None:
    example: JSONObject = {
        "@context": ["https://issuer.example/v1"],
        "type": "VaccinationCertificate",
        "hcid": "",
        "credentialSubject": {"type": "Person", "a/b~c": "", "vaccination": {"dose": "", "lot": "B"}},
    }
    assert example_pointers(example) == (
        "/hcid",
        "/credentialSubject/a~1b~0c",
        "/credentialSubject/vaccination/dose",
        "/credentialSubject/vaccination/lot",
    )


def test_messages_are_read_and_written() -> None:
    for body in (
        {},
        {"verifiablePresentation": CREDENTIAL, "referenceId": "urn:uuid:1"},
        {"verifiablePresentationRequest": REQUEST},
        {"redirectUrl": "https://venue.example/done"},
    ):
        assert ExchangeMessage.from_json(body).to_json() == body
    assert ExchangeMessage.from_json({"protocols": {}}, ignore_unknown=True) == ExchangeMessage()


@pytest.mark.parametrize(
    "body",
    [
        {"presentation": {}},
        {"verifiablePresentation": "eyJ"},
        {"verifiablePresentation": [CREDENTIAL]},
        {"redirectUrl": 5},
        {"referenceId": ""},
    ],
)
def test_a_message_that_is_none_is_refused(body: JSONObject) -> None:
    with pytest.raises(MalformedValueError):
        ExchangeMessage.from_json(body)


def workflow(**changes: Any) -> JSONObject:
    """Any: JSON that tests change."""
    step = {"verifiablePresentationRequest": {"query": [ENTRY]}} | changes
    return {"steps": {"ask": step}, "initialStep": "ask"}


def test_a_workflow_of_one_step_is_read_and_written() -> None:
    config = WorkflowConfig.from_json(workflow())
    assert config.step == "ask"
    assert WorkflowConfig.from_json(config.to_json()) == config


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "steps"),
        ({"steps": {}, "initialStep": "ask"}, "expected one step, found 0"),
        ({**workflow(), "initialStep": "other"}, "initialStep"),
        ({**workflow(), "credentialTemplates": []}, "credentialTemplates: not known here"),
        (workflow(issueRequests=[]), "issueRequests: not known here"),
        (workflow(createChallenge=False), "createChallenge"),
        (workflow(verifiablePresentationRequest=REQUEST), "challenge and domain"),
        (workflow(verifiablePresentationRequest={"query": {"type": "Other"}}), "'Other' is not supported"),
    ],
)
def test_a_workflow_that_would_do_something_else_is_refused(body: JSONObject, message: str) -> None:
    with pytest.raises(MalformedValueError, match=message):
        WorkflowConfig.from_json(body)


@pytest.mark.parametrize(
    "body",
    [
        {"expires": "soon"},
        {"expires": 5},
        {"variables": []},
        {"variables": {"a": "x" * 16_000}},
        {"openId": {}},
    ],
)
def test_an_exchange_that_cannot_be_created_so_is_refused(body: JSONObject) -> None:
    with pytest.raises(MalformedError):
        CreateExchange.from_json(body)

"""protocols.oid4vci: tokens, credential requests and answers, notifications, errors."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.oauth import describe
from protocols.oid4vci import (
    AuthorizationDetail,
    AuthorizationServerMetadata,
    CredentialIssuerMetadata,
    CredentialOffer,
    CredentialRequest,
    CredentialResponse,
    DeferredCredentialRequest,
    InvalidAuthorizationDetailsError,
    InvalidCredentialRequestError,
    InvalidEncryptionParametersError,
    InvalidGrantError,
    InvalidMessageError,
    InvalidNotificationRequestError,
    InvalidProofError,
    InvalidRequestError,
    InvalidTxCodeError,
    KeyProofs,
    NonceResponse,
    Notification,
    OAuthError,
    PreAuthorizedGrant,
    TokenRequest,
    TokenResponse,
    UnknownOAuthError,
    UnsupportedGrantTypeError,
    error_from_json,
    parse_offer_uri,
)
from vclib.strict_json import JSONObject, JSONValue

GRANT = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
# OpenID4VCI 1.0 section 6.2.
TOKEN: JSONObject = {
    "access_token": "eyJhbGciOiJSUzI1NiIsInR5cCI6Ikp..sHQ",
    "token_type": "Bearer",
    "expires_in": 86400,
    "authorization_details": [
        {
            "type": "openid_credential",
            "credential_configuration_id": "UniversityDegreeCredential",
            "credential_identifiers": ["CivilEngineeringDegree-2023", "ElectricalEngineeringDegree-2023"],
        }
    ],
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=8),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["credential_issuer", "proofs", "jwt", "credentials", "credential", "grants", GRANT, "format"]
            )
            | st.text(max_size=8),
            children,
            max_size=4,
        )
    ),
)
OBJECTS = st.dictionaries(st.text(max_size=8), JSON, max_size=4)


# --- tokens ---------------------------------------------------------------------------------------


def test_token_request_is_read_as_it_was_written() -> None:
    details = (AuthorizationDetail("UniversityDegreeCredential"),)
    request = TokenRequest("SplxlOBeZQQYbYS6WxSbIA", "493536", "s6BhdRkqt3", details)
    assert TokenRequest.from_form(request.to_form()) == request


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"grant_type": ""}, InvalidRequestError),
        ({"grant_type": "authorization_code"}, UnsupportedGrantTypeError),
        ({"pre-authorized_code": ""}, InvalidRequestError),
        ({"pre-authorized_code": "x" * 5000}, InvalidRequestError),
        ({"authorization_details": "{"}, InvalidAuthorizationDetailsError),
        ({"authorization_details": "[1]"}, InvalidAuthorizationDetailsError),
        ({"authorization_details": '[{"type":"other"}]'}, InvalidAuthorizationDetailsError),
    ],
)
def test_token_request_of_another_form_is_refused(changes: dict[str, str], error: type[OAuthError]) -> None:
    form = {"grant_type": GRANT, "pre-authorized_code": "SplxlOBeZQQYbYS6WxSbIA"}
    with pytest.raises(error):
        TokenRequest.from_form(form | changes)


def test_token_response_of_the_specification_is_read_and_written() -> None:
    read = TokenResponse.from_json(TOKEN)
    assert read.authorization_details[0].credential_identifiers[0] == "CivilEngineeringDegree-2023"
    assert read.to_json() == TOKEN


@pytest.mark.parametrize(
    "changes",
    [
        {"token_type": "DPoP"},
        {"token_type": None},
        {"access_token": "with space"},
        {"access_token": "line\nbreak"},
        {"access_token": ""},
        {"expires_in": "600"},
        {"authorization_details": {}},
        {"authorization_details": [{"type": "openid_credential", "credential_configuration_id": "x"}]},
    ],
)
def test_token_response_of_another_form_is_refused(changes: JSONObject) -> None:
    with pytest.raises(InvalidMessageError):
        TokenResponse.from_json(TOKEN | changes)


def test_nonce_of_the_specification_is_read_and_written() -> None:
    body: JSONObject = {"c_nonce": "wKI4LT17ac15ES9bw8ac4"}
    assert NonceResponse.from_json(body).to_json() == body
    with pytest.raises(InvalidMessageError):
        NonceResponse.from_json({"c_nonce": ""})


# --- credential requests -----------------------------------------------------------------------------


def test_credential_request_is_read_and_written() -> None:
    body: JSONObject = {
        "credential_configuration_id": "org.iso.18013.5.1.mDL",
        "proofs": {"jwt": ["eyJ0eXAiOiJvcGVuaWQ0dmNpLXByb29mK2p3dCJ9.e30.AA"]},
        "credential_response_encryption": {"jwk": {"kty": "EC"}, "enc": "A128GCM"},
    }
    assert CredentialRequest.from_json(body).to_json() == body


def test_request_by_identifier_with_di_vp_is_read() -> None:
    body: JSONObject = {"credential_identifier": "CivilEngineeringDegree-2023", "proofs": {"di_vp": [{}]}}
    assert CredentialRequest.from_json(body).proofs == KeyProofs("di_vp", ({},))


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, InvalidCredentialRequestError),
        (
            {"credential_configuration_id": "a", "credential_identifier": "b"},
            InvalidCredentialRequestError,
        ),
        ({"credential_configuration_id": 1}, InvalidCredentialRequestError),
        ({"credential_configuration_id": "a", "proofs": []}, InvalidCredentialRequestError),
        ({"credential_configuration_id": "a", "proofs": {}}, InvalidProofError),
        ({"credential_configuration_id": "a", "proofs": {"jwt": []}}, InvalidProofError),
        ({"credential_configuration_id": "a", "proofs": {"jwt": ["x"] * 101}}, InvalidProofError),
        (
            {"credential_configuration_id": "a", "credential_response_encryption": {}},
            InvalidEncryptionParametersError,
        ),
    ],
)
def test_credential_request_of_another_form_is_refused(body: JSONObject, error: type[OAuthError]) -> None:
    with pytest.raises(error):
        CredentialRequest.from_json(body)


def test_deferred_request_is_read_and_written() -> None:
    body: JSONObject = {"transaction_id": "8xLOxBtZp8"}
    assert DeferredCredentialRequest.from_json(body).to_json() == body
    with pytest.raises(InvalidCredentialRequestError):
        DeferredCredentialRequest.from_json({})


# --- answers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        {"credentials": [{"credential": {"type": ["VerifiableCredential"]}}], "notification_id": "3fwe98js"},
        {"transaction_id": "8xLOxBtZp8", "interval": 3600},
    ],
)
def test_credential_response_is_read_and_written(body: JSONObject) -> None:
    read = CredentialResponse.from_json(body)
    assert read.is_deferred is ("transaction_id" in body)
    assert read.to_json() == body


def test_interval_may_be_any_positive_number() -> None:
    assert CredentialResponse.from_json({"transaction_id": "x", "interval": 0.5}).interval == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"credentials": [{"credential": {}}], "transaction_id": "x", "interval": 1},
        {"credentials": []},
        {"credentials": [{}]},
        {"credentials": [{"credential": "eyJ"}]},
        {"transaction_id": "x"},
        {"transaction_id": "x", "interval": 0},
        {"transaction_id": "x", "interval": 1, "notification_id": "y"},
    ],
)
def test_credential_response_of_another_form_is_refused(body: JSONObject) -> None:
    with pytest.raises(InvalidMessageError):
        CredentialResponse.from_json(body)


def test_notification_of_the_specification_is_read_and_written() -> None:
    body: JSONObject = {
        "notification_id": "3fwe98js",
        "event": "credential_failure",
        "event_description": "Could not store the Credential. Out of storage.",
    }
    assert Notification.from_json(body).to_json() == body


@pytest.mark.parametrize("event", ["Credential_Accepted", "", None, 1])
def test_notification_of_another_event_is_refused(event: JSONValue) -> None:
    with pytest.raises(InvalidNotificationRequestError):
        Notification.from_json({"notification_id": "3fwe98js", "event": event})


# --- errors ---------------------------------------------------------------------------------------


def test_error_is_written_in_the_characters_that_are_allowed() -> None:
    error = InvalidGrantError('the "code" \\ is größer\n')
    expected = {"error": "invalid_grant", "error_description": "the 'code' / is gr??er?"}
    assert error.to_json() == expected
    assert len(describe("x" * 1000)) == 500


def test_error_is_read_as_the_class_it_was() -> None:
    error = error_from_json({"error": "invalid_tx_code", "error_description": "wrong"})
    assert isinstance(error, InvalidTxCodeError)
    assert error.message == "wrong"


def test_error_that_nobody_knows_keeps_its_code() -> None:
    error = error_from_json({"error": "slow_down"})
    assert isinstance(error, UnknownOAuthError)
    assert error.found == "slow_down"


@pytest.mark.parametrize("body", [{}, {"error": 1}, {"error": ""}, {"error": "x" * 101}])
def test_answer_that_is_no_error_is_refused(body: JSONObject) -> None:
    with pytest.raises(InvalidMessageError):
        error_from_json(body)


# --- arbitrary input ------------------------------------------------------------------------------

READERS: tuple[Callable[[JSONObject], object], ...] = (
    CredentialOffer.from_json,
    CredentialRequest.from_json,
    CredentialResponse.from_json,
    DeferredCredentialRequest.from_json,
    NonceResponse.from_json,
    Notification.from_json,
    TokenResponse.from_json,
    error_from_json,
    lambda body: CredentialIssuerMetadata.from_json(
        body | {"credential_issuer": "https://a.example"}, expected_issuer="https://a.example"
    ),
    lambda body: AuthorizationServerMetadata.from_json(
        body | {"issuer": "https://a.example"}, expected_issuer="https://a.example"
    ),
)


# Making an object takes far longer than reading it: each is made once and given to all.
@given(body=OBJECTS)
def test_any_object_is_read_or_refused_by_the_protocols_own_errors(body: JSONObject) -> None:
    for read in READERS:
        with contextlib.suppress(OAuthError, InvalidMessageError):
            read(body)


EXAMPLES: tuple[tuple[Callable[[JSONObject], object], JSONObject], ...] = (
    (TokenResponse.from_json, TOKEN),
    (
        CredentialRequest.from_json,
        {
            "credential_configuration_id": "a",
            "proofs": {"jwt": ["x"]},
            "credential_response_encryption": {"jwk": {}, "enc": "A128GCM"},
        },
    ),
    (CredentialResponse.from_json, {"transaction_id": "x", "interval": 1}),
    (
        CredentialOffer.from_json,
        {
            "credential_issuer": "https://a.example",
            "credential_configuration_ids": ["a"],
            "grants": {GRANT: {"pre-authorized_code": "x", "tx_code": {}}},
        },
    ),
)


@given(value=JSON)
def test_any_change_of_a_message_is_read_or_refused(value: JSONValue) -> None:
    for read, example in EXAMPLES:
        for name in example:
            with contextlib.suppress(OAuthError, InvalidMessageError):
                read(example | {name: value})


@given(fields=st.dictionaries(st.sampled_from(["grant_type", "pre-authorized_code", "tx_code"]), st.text()))
def test_any_form_is_read_or_refused(fields: dict[str, str]) -> None:
    with contextlib.suppress(OAuthError):
        TokenRequest.from_form(fields)


@given(query=st.text())
def test_any_link_is_read_or_refused(query: str) -> None:
    for text in (query, f"openid-credential-offer://?credential_offer={query}"):
        with contextlib.suppress(InvalidMessageError):
            parse_offer_uri(text)


@pytest.mark.parametrize(
    "message",
    [
        TokenRequest("SplxlOBeZQQYbYS6WxSbIA", "SplxlOBeZQQYbYS6WxSbIA"),
        TokenResponse("SplxlOBeZQQYbYS6WxSbIA"),
        NonceResponse("SplxlOBeZQQYbYS6WxSbIA"),
        PreAuthorizedGrant("SplxlOBeZQQYbYS6WxSbIA"),
    ],
    ids=lambda message: type(message).__name__,
)
def test_no_secret_is_in_the_words_for_a_message(message: object) -> None:
    """M8: what ends in a log or a trace opens nothing."""
    assert "SplxlOBeZQQYbYS6WxSbIA" not in repr(message)

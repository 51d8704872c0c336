"""protocols.oid4vp: requests by value and by reference are read, or refused by the parameter at fault."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.jose import encryption_jwk
from protocols.oid4vp import (
    AuthorizationError,
    AuthorizationRequest,
    ClientIdPrefix,
    ClientMetadata,
    InvalidRequestError,
    InvalidRequestURIMethodError,
    InvalidScopeError,
    InvalidTransactionDataError,
    RequestReference,
    RequestURIMethod,
    RequestURIPost,
    ResponseMode,
    UnsupportedResponseTypeError,
    VPFormatsNotSupportedError,
    WalletMetadata,
    parse_client_id,
    parse_invocation,
    purpose_info,
)
from protocols.oid4vp.verifier_info import PURPOSE_FORMAT, ClaimReason
from tests.protocols.oid4vp_parties import CLIENT, KEY, REFERENCE, REQUEST
from vclib.strict_json import JSONObject, dump_json

RESPONSE_URI = "https://client.example.org/post"
UNSIGNED = replace(
    REQUEST, client_id=parse_client_id(f"redirect_uri:{RESPONSE_URI}"), response_uri=RESPONSE_URI
)
JWK = encryption_jwk(KEY.public_key, kid="enc-1")


def _parameters(**changes: Any) -> JSONObject:
    whole: dict[str, Any] = REQUEST.to_parameters() | changes
    return {name: value for name, value in whole.items() if value is not ...}


# --- invocation -----------------------------------------------------------------------------------


def test_a_link_with_a_reference_is_read() -> None:
    """VP 5.4, the example with x509_san_dns."""
    found = parse_invocation(
        "openid4vp://?client_id=x509_san_dns%3Aclient.example.org"
        "&request_uri=https%3A%2F%2Fclient.example.org%2Frequest%2Fvapof4ql2i7m41m68uep"
        "&request_uri_method=post"
    )
    assert found == RequestReference(
        parse_client_id("x509_san_dns:client.example.org"),
        "https://client.example.org/request/vapof4ql2i7m41m68uep",
        RequestURIMethod.POST,
    )


def test_a_reference_is_written_as_the_link_that_is_read() -> None:
    for reference in (REFERENCE, replace(REFERENCE, method=RequestURIMethod.POST)):
        assert parse_invocation(reference.to_url()) == reference
    assert REFERENCE.to_url() == (
        "openid4vp://?client_id=decentralized_identifier%3Adid%3Aweb%3Avenue.example"
        "&request_uri=https%3A%2F%2Fvenue.example%2Frequests%2F1%2Fobject"
    )


def test_an_unsigned_request_by_value_is_read() -> None:
    assert parse_invocation(UNSIGNED.to_url()) == UNSIGNED


def test_a_client_that_has_to_sign_cannot_ask_by_value() -> None:
    with pytest.raises(InvalidRequestError, match="signs its requests"):
        REQUEST.to_url()
    with pytest.raises(InvalidRequestError, match="has to sign its requests"):
        parse_invocation(_link(REQUEST.to_parameters()))


@pytest.mark.parametrize(
    ("link", "error", "message"),
    [
        ("", InvalidRequestError, "expected a link"),
        ("openid4vp://", InvalidRequestError, "response_type: expected a text"),
        ("https://wallet.example/?client_id=a", InvalidRequestError, "begins with openid4vp"),
        ("openid4vp://?client_id=a#x", InvalidRequestError, "begins with openid4vp"),
        ("openid4vp://?client_id", InvalidRequestError, "expected a link with parameters"),
        ("openid4vp://?client_id=%ff", InvalidRequestError, "expected a link with parameters"),
        ("openid4vp://?client_id=a&client_id=a", InvalidRequestError, "occurs twice"),
        ("openid4vp://?" + "a=1&" * 50 + "b=1", InvalidRequestError, "expected a link with parameters"),
        ("openid4vp://?a=" + "b" * 40_000, InvalidRequestError, "more than 32768"),
        ("openid4vp://[::1?a=b", InvalidRequestError, "expected a link with parameters"),
        (
            "openid4vp://?client_id=a&request=eyJ",
            InvalidRequestError,
            "request: a request object in the link",
        ),
    ],
)
def test_what_is_no_invocation_is_refused(link: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        parse_invocation(link)


@pytest.mark.parametrize("method", ["", "put", "GET", "Post"])
def test_another_way_of_fetching_is_refused(method: str) -> None:
    with pytest.raises(InvalidRequestURIMethodError, match="expected get or post"):
        parse_invocation(REFERENCE.to_url() + f"&request_uri_method={method}")


def test_a_way_of_fetching_without_anything_to_fetch_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="not without request_uri"):
        parse_invocation(UNSIGNED.to_url() + "&request_uri_method=post")


@pytest.mark.parametrize(
    "request_uri",
    ["http://venue.example/1", "https://user@venue.example/1", "https://venue.example/1#x", "venue", "https://",
     "https://[::1]/1", "https://venue.example/ü", "https://venue.example:99999/", "javascript:alert(1)",
     "http://localhost:1/", "https://venue.example/\n", "https://a/" + "b" * 3000],
)  # fmt: skip
def test_a_request_uri_that_is_no_https_url_is_refused(request_uri: str) -> None:
    with pytest.raises(InvalidRequestError, match="request_uri: expected"):
        parse_invocation(f"openid4vp://?client_id={quote(CLIENT.text)}&request_uri={quote(request_uri)}")


def test_http_is_read_on_this_machine_where_it_is_allowed() -> None:
    link = f"openid4vp://?client_id={quote(CLIENT.text)}&request_uri={quote('http://localhost:8080/r')}"
    assert isinstance(parse_invocation(link, allow_loopback=True), RequestReference)
    other = link.replace("localhost", "venue.example")
    with pytest.raises(InvalidRequestError, match="expected an https URL"):
        parse_invocation(other, allow_loopback=True)


def test_a_client_that_cannot_sign_has_no_request_uri() -> None:
    client = quote(f"redirect_uri:{RESPONSE_URI}")
    with pytest.raises(InvalidRequestError, match="cannot sign"):
        parse_invocation(f"openid4vp://?client_id={client}&request_uri=https://a.example/")


# --- client identifiers ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "prefix"),
    [
        ("decentralized_identifier:did:example:123", ClientIdPrefix.DECENTRALIZED_IDENTIFIER),
        ("x509_san_dns:client.example.org", ClientIdPrefix.X509_SAN_DNS),
        ("x509_hash:Uvo3HtuIxuhC92rShpgqcT3YXwrqRxWEviRiA0OZszk", ClientIdPrefix.X509_HASH),
        ("redirect_uri:https://client.example.org/cb", ClientIdPrefix.REDIRECT_URI),
    ],
)
def test_the_identifiers_of_the_specification_are_read(text: str, prefix: ClientIdPrefix) -> None:
    assert (parse_client_id(text).prefix, parse_client_id(text).text) == (prefix, text)


@pytest.mark.parametrize(
    "text",
    [
        "origin:https://verifier.example.com",
        "verifier_attestation:verifier.example",
        "openid_federation:https://federation-verifier.example.com",
    ],
)
def test_e12_a_prefix_that_is_not_supported_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidRequestError, match=f"the prefix '{text.partition(':')[0]}' is not supported"):
        parse_client_id(text)


@pytest.mark.parametrize(
    "text",
    ["example-client", "https://client.example.org/cb", "did:web:venue.example", "unknown:x", "Redirect_uri:https://a.example",
     "", None, 1, ":", "x" * 3000],
)  # fmt: skip
def test_e12_an_unknown_prefix_or_a_client_without_one_is_refused(text: Any) -> None:
    with pytest.raises(InvalidRequestError, match="client_id") as caught:
        parse_client_id(text)
    assert caught.value.code == "invalid_request"


@pytest.mark.parametrize(
    "text",
    [
        "decentralized_identifier:venue.example",
        "decentralized_identifier:did:web:venue.example#key-1",
        "x509_san_dns:Venue.example",
        "x509_san_dns:venue",
        "x509_san_dns:*.example",
        "x509_san_dns:venue.example/x",
        "x509_hash:abc",
        "redirect_uri:http://client.example.org/cb",
        "redirect_uri:",
    ],
)
def test_an_identifier_that_is_not_of_its_prefix_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequestError, match="client_id"):
        parse_client_id(text)


# --- parameters -----------------------------------------------------------------------------------


def test_the_parameters_of_a_request_come_back() -> None:
    assert AuthorizationRequest.from_parameters(REQUEST.to_parameters()) == REQUEST


def test_unknown_parameters_are_ignored() -> None:
    assert AuthorizationRequest.from_parameters(_parameters(new_thing={"a": 1}, iss="x")) == REQUEST


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"response_type": ...}, InvalidRequestError, "response_type: expected a text"),
        ({"response_type": "code"}, UnsupportedResponseTypeError, "expected vp_token"),
        ({"response_type": "vp_token id_token"}, UnsupportedResponseTypeError, "expected vp_token"),
        ({"client_id": ...}, InvalidRequestError, "client_id"),
        ({"nonce": ...}, InvalidRequestError, "nonce: expected"),
        ({"nonce": "a b"}, InvalidRequestError, "nonce: expected"),
        ({"nonce": "n" * 513}, InvalidRequestError, "nonce: expected"),
        ({"nonce": "ä"}, InvalidRequestError, "nonce: expected"),
        ({"state": "a+b"}, InvalidRequestError, "state: expected"),
        ({"state": None}, InvalidRequestError, "state: expected"),
        ({"response_mode": ...}, InvalidRequestError, "response_mode: expected a text"),
        ({"response_mode": "fragment"}, InvalidRequestError, "found 'fragment'"),
        ({"response_mode": "dc_api"}, InvalidRequestError, "found 'dc_api'"),
        ({"response_uri": ...}, InvalidRequestError, "response_uri: expected"),
        ({"response_uri": "http://venue.example/"}, InvalidRequestError, "response_uri: expected an https"),
        ({"dcql_query": ...}, InvalidRequestError, "exactly one of dcql_query and scope"),
        ({"scope": "health"}, InvalidRequestError, "exactly one of dcql_query and scope"),
        ({"dcql_query": ..., "scope": "health"}, InvalidScopeError, "no scope stands for a query"),
        ({"dcql_query": "{}"}, InvalidRequestError, "dcql_query: expected an object"),
        ({"request_uri": "https://a.example"}, InvalidRequestError, "does not lead to another"),
        ({"client_metadata": []}, InvalidRequestError, "client_metadata: expected an object"),
        ({"client_metadata": {"jwks": {}}}, InvalidRequestError, "client_metadata.jwks"),
        ({"verifier_info": []}, InvalidRequestError, "verifier_info: expected a list"),
        ({"verifier_info": [{"format": "jwt"}]}, InvalidRequestError, "as data"),
        (
            {"verifier_info": [{"format": "jwt", "data": "e", "credential_ids": ["other"]}]},
            InvalidRequestError,
            "not asked for",
        ),
    ],
)
def test_a_parameter_at_fault_is_named(
    changes: dict[str, Any], error: type[AuthorizationError], message: str
) -> None:
    with pytest.raises(error, match=message):
        AuthorizationRequest.from_parameters(_parameters(**changes))


@pytest.mark.parametrize("mode", ["direct_post", "direct_post.jwt"])
def test_e9_redirect_uri_beside_direct_post_is_an_invalid_request(mode: str) -> None:
    with pytest.raises(InvalidRequestError, match="redirect_uri: not with a response") as caught:
        AuthorizationRequest.from_parameters(
            _parameters(response_mode=mode, redirect_uri="https://venue.example/cb")
        )
    assert caught.value.code == "invalid_request"


@pytest.mark.parametrize("value", [["eyJ0eXBlIjoicGF5bWVudCJ9"], [], "x", None, {}, ["***"], [1]])
def test_e13_transaction_data_of_any_kind_is_refused(value: Any) -> None:
    with pytest.raises(InvalidTransactionDataError) as caught:
        AuthorizationRequest.from_parameters(_parameters(transaction_data=value))
    assert caught.value.code == "invalid_transaction_data"


def test_e13_malformed_transaction_data_in_a_link_is_refused() -> None:
    with pytest.raises(InvalidTransactionDataError):
        parse_invocation(UNSIGNED.to_url() + "&transaction_data=%5B")


def test_the_address_of_an_unsigned_request_is_the_one_of_its_client() -> None:
    whole = UNSIGNED.to_parameters()
    without = {name: value for name, value in whole.items() if name != "response_uri"}
    assert AuthorizationRequest.from_parameters(without) == UNSIGNED
    with pytest.raises(InvalidRequestError, match="not the one that the client identifier names"):
        AuthorizationRequest.from_parameters(whole | {"response_uri": RESPONSE_URI + "/"})


def test_an_unsigned_request_tells_its_metadata_itself() -> None:
    whole = UNSIGNED.to_parameters()
    del whole["client_metadata"]
    with pytest.raises(InvalidRequestError, match="nothing else tells about this client"):
        AuthorizationRequest.from_parameters(whole)


def test_a_credential_without_its_holders_proof_needs_a_state() -> None:
    """VP 5.3."""
    query = replace(REQUEST.query, credentials=(replace(REQUEST.query.credentials[0], holder_binding=False),))
    parameters = _parameters(dcql_query=query.to_json(), state=...)
    with pytest.raises(InvalidRequestError, match="state: expected where a credential"):
        AuthorizationRequest.from_parameters(parameters)
    assert AuthorizationRequest.from_parameters(parameters | {"state": "s"}).query == query


def test_an_encrypted_answer_needs_a_key_that_can_be_used() -> None:
    metadata: JSONObject = {"jwks": {"keys": [JWK]}}
    changes: dict[str, Any] = {"response_mode": "direct_post.jwt", "client_metadata": metadata}
    request = AuthorizationRequest.from_parameters(_parameters(**changes))
    assert request.response_mode is ResponseMode.DIRECT_POST_JWT
    assert request.client_metadata.encryption() == (JWK, "A128GCM")
    for broken in (
        {},
        {"jwks": {"keys": []}},
        {"jwks": {"keys": [JWK | {"use": "sig"}]}},
        {"jwks": {"keys": [JWK | {"alg": "RSA-OAEP"}]}},
        {"jwks": {"keys": [JWK]}, "encrypted_response_enc_values_supported": ["A128CBC-HS256"]},
        {"jwks": {"keys": [JWK | {"d": "AAAA"}]}},
    ):
        with pytest.raises(InvalidRequestError, match="client_metadata"):
            AuthorizationRequest.from_parameters(_parameters(**changes | {"client_metadata": broken}))


def test_the_content_encryption_is_the_first_that_both_have() -> None:
    enc = ["A128CBC-HS256", "A256GCM", "A128GCM"]
    metadata = ClientMetadata.from_json(
        {"jwks": {"keys": [JWK]}, "encrypted_response_enc_values_supported": enc}
    )
    assert metadata.encryption()[1] == "A256GCM"


def test_the_purpose_stands_in_the_request_itself() -> None:
    info = purpose_info("Entry to the concert")
    request = AuthorizationRequest.from_parameters(
        _parameters(verifier_info=[{"format": "jwt", "data": "eyJ"}, info])
    )
    assert request.purpose == "Entry to the concert"
    assert REQUEST.purpose is None


def test_a_purpose_without_end_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="purpose: expected a text"):
        AuthorizationRequest.from_parameters(_parameters(verifier_info=[purpose_info("x" * 501)]))


def test_the_reasons_of_single_claims_are_read() -> None:
    reason = ClaimReason(
        ("credentialSubject", "vaccination", "dose"), "needed by rule VR-XX-0001: Two doses."
    )
    info = purpose_info("Entry", "venue", [reason])
    request = AuthorizationRequest.from_parameters(_parameters(verifier_info=[info]))
    assert request.reasons == (reason,)
    assert REQUEST.reasons == ()


@pytest.mark.parametrize(
    ("reasons", "message"),
    [
        ([], "reasons: expected a list"),
        ("text", "reasons: expected a list"),
        ([{"path": ["a"]}], "reason: expected a text"),
        ([{"path": ["a"], "reason": "x" * 301}], "reason: expected a text"),
        ([{"path": "a", "reason": "x"}], "path"),
        ([{"reason": "x"}], "path"),
        ([{"path": ["a"], "reason": "x"}] * 101, "reasons: expected a list"),
    ],
)
def test_reasons_of_another_form_are_refused(reasons: Any, message: str) -> None:
    info: JSONObject = {"format": PURPOSE_FORMAT, "data": {"purpose": "Entry", "reasons": reasons}}
    with pytest.raises(InvalidRequestError, match=message):
        AuthorizationRequest.from_parameters(_parameters(verifier_info=[info]))


# --- metadata -------------------------------------------------------------------------------------


def test_the_formats_that_a_verifier_takes_are_compared() -> None:
    """VP B.1.3.2."""
    metadata = ClientMetadata.from_json(
        {
            "vp_formats_supported": {
                "ldp_vc": {
                    "proof_type_values": ["DataIntegrityProof"],
                    "cryptosuite_values": ["ecdsa-sd-2023", "eddsa-rdfc-2022"],
                }
            }
        }
    )
    metadata.check_format()
    assert metadata.accepts("ecdsa-sd-2023")
    assert not metadata.accepts("bbs-2023")


@pytest.mark.parametrize(
    "formats",
    [{}, {"dc+sd-jwt": {}}, {"ldp_vc": {"proof_type_values": ["Ed25519Signature2018"]}}],
)
def test_a_verifier_that_takes_no_data_integrity_is_refused(formats: JSONObject) -> None:
    with pytest.raises(VPFormatsNotSupportedError):
        ClientMetadata.from_json({"vp_formats_supported": formats}).check_format()


def test_a_verifier_that_says_nothing_of_formats_is_not_restricted() -> None:
    metadata = ClientMetadata.from_json({})
    metadata.check_format()
    assert metadata.accepts("bbs-2023")


def test_what_a_wallet_posts_comes_back() -> None:
    post = RequestURIPost("qPmxiNFCR3QTm19POc8u", WalletMetadata.of_ours(("bbs-2023",)))
    assert RequestURIPost.from_form(post.to_form() | {"new": "x"}) == post
    assert RequestURIPost.from_form({}) == RequestURIPost()


@pytest.mark.parametrize(
    "fields",
    [
        {"wallet_nonce": ""},
        {"wallet_nonce": "n" * 3000},
        {"wallet_metadata": "{"},
        {"wallet_metadata": "[]"},
        {"wallet_metadata": "{}"},
        {"wallet_metadata": '{"vp_formats_supported": {}, "response_modes_supported": "x"}'},
        {"wallet_metadata": '{"a":"' + "x" * 40_000 + '"}'},
    ],
)
def test_what_a_wallet_must_not_post_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(InvalidRequestError):
        RequestURIPost.from_form(fields)


def test_a_wallet_that_cannot_take_the_request_is_told() -> None:
    wallet = WalletMetadata.of_ours(("bbs-2023",))
    wallet.check_can_answer(prefix="x509_hash", algorithm="ES256")
    for other in (
        replace(wallet, formats={"dc+sd-jwt": {}}),
        replace(wallet, client_id_prefixes=("x509_san_dns",)),
        replace(wallet, signing_algorithms=("RS256",)),
    ):
        with pytest.raises(InvalidRequestError, match="wallet_metadata"):
            other.check_can_answer(prefix="x509_hash", algorithm="ES256")


# --- properties -----------------------------------------------------------------------------------

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from([*REQUEST.to_parameters(), "verifier_info", "scope"]), _JSON))
def test_no_parameters_do_anything_but_raise_their_error(changes: dict[str, Any]) -> None:
    with contextlib.suppress(AuthorizationError):
        AuthorizationRequest.from_parameters(REQUEST.to_parameters() | changes)


@given(st.text(max_size=60), st.dictionaries(st.text(max_size=10), st.text(max_size=20), max_size=4))
def test_no_link_does_anything_but_raise_its_error(start: str, parameters: dict[str, str]) -> None:
    for link in (start, f"openid4vp://?{urlencode(parameters)}", f"openid4vp://{start}"):
        with contextlib.suppress(AuthorizationError):
            parse_invocation(link)


def _link(parameters: JSONObject) -> str:
    values = {name: item if isinstance(item, str) else dump_json(item) for name, item in parameters.items()}
    return f"openid4vp://?{urlencode(values)}"

"""protocols.oid4vp: responses are read as a whole or not at all, in clear and encrypted."""

from __future__ import annotations

from typing import Any

import pytest

from protocols.jose import encrypt_jwe, encryption_jwk, generate_encryption_key
from protocols.oid4vp import (
    ERRORS,
    AuthorizationResponse,
    ClientMetadata,
    ErrorResponse,
    InvalidRequestError,
    InvalidResponseError,
    InvalidTransactionDataError,
    NotSatisfiedError,
    VPToken,
    decrypt_response,
    direct_post_answer,
    parse_direct_post_answer,
)
from vclib.encoding import decode_base64url, encode_base64url
from vclib.strict_json import JSONObject, dump_json, parse_json_object

PRESENTATION: JSONObject = {"type": ["VerifiablePresentation"], "verifiableCredential": [{"type": "x"}]}
RESPONSE = AuthorizationResponse(VPToken({"vaccination": (PRESENTATION,)}), "eyJhb6-sVA")
KEY = generate_encryption_key()
JWK = encryption_jwk(KEY.public_key, kid="enc-1")
METADATA = ClientMetadata(jwks=(JWK,), enc_values=("A256GCM",))


def _read(response: AuthorizationResponse | ErrorResponse) -> tuple[Any, str | None]:
    assert isinstance(response, AuthorizationResponse)
    return response.vp_token.to_json(), response.state


def test_a_response_in_clear_comes_back() -> None:
    assert _read(AuthorizationResponse.from_form(RESPONSE.to_form())) == (
        {"vaccination": [PRESENTATION]},
        "eyJhb6-sVA",
    )


def test_an_encrypted_response_opens_with_the_key_of_the_request() -> None:
    fields = RESPONSE.to_encrypted_form(METADATA)
    assert fields.keys() == {"response"}
    assert _read(decrypt_response(fields["response"], KEY, kid="enc-1"))[0] == {"vaccination": [PRESENTATION]}


@pytest.mark.parametrize(
    "token",
    [
        None,
        "eyJ",
        [],
        {},
        {"vaccination": PRESENTATION},
        {"vaccination": []},
        {"vaccination": ["eyJhbGciOi"]},
        {"vaccination": [PRESENTATION, "eyJ"]},
        {"vaccination": [[PRESENTATION]]},
        {"vaccination": None},
        {"a b": [PRESENTATION]},
        {"vaccination": [PRESENTATION] * 21},
        {f"q{number}": [PRESENTATION] for number in range(21)},
    ],
)
def test_e16_a_token_of_another_shape_is_refused_as_a_whole(token: Any) -> None:
    with pytest.raises(InvalidResponseError):
        VPToken.from_json(token)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"state": "s"},
        {"vp_token": ""},
        {"vp_token": "[]"},
        {"vp_token": '{"a":[{}],"a":[{}]}'},
        {"vp_token": '{"a":' + "[" * 100 + "]" * 100 + "}"},
        {"vp_token": '{"a":[{}]}', "state": "a b"},
        {"vp_token": '{"a":[{}]}', "error": "access_denied"},
        {"error": ""},
        {"error": "access denied"},
        {"error": "access_denied", "error_description": "x" * 501},
    ],
)
def test_fields_that_are_no_response_are_refused(fields: dict[str, str]) -> None:
    with pytest.raises(InvalidResponseError):
        AuthorizationResponse.from_form(fields)


def test_e18_an_answer_to_another_key_is_refused() -> None:
    other = generate_encryption_key()
    text = RESPONSE.to_encrypted_form(METADATA)["response"]
    with pytest.raises(InvalidResponseError, match="does not open"):
        decrypt_response(text, other, kid="enc-1")
    with pytest.raises(InvalidResponseError, match="names another key"):
        decrypt_response(text, KEY, kid="enc-2")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"zip": "DEF"}, "'zip' is not supported"),
        ({"alg": "ECDH-ES+A256KW"}, "expected alg ECDH-ES"),
        ({"enc": "A128CBC-HS256"}, "expected enc"),
        ({"enc": "A128GCM"}, "expected enc A256GCM"),
    ],
)
def test_e18_another_way_of_encrypting_is_refused(change: JSONObject, message: str) -> None:
    header, rest = RESPONSE.to_encrypted_form(METADATA)["response"].split(".", 1)
    members = parse_json_object(decode_base64url(header)) | change
    text = f"{encode_base64url(dump_json(members).encode())}.{rest}"
    with pytest.raises(InvalidResponseError, match=message):
        decrypt_response(text, KEY, kid="enc-1", enc_allowed=["A256GCM"])


@pytest.mark.parametrize("payload", [b"", b"[]", b"{}", b'{"vp_token":{}}', b"\xff", b'{"vp_token":"eyJ"}'])
def test_what_is_inside_is_read_as_strictly(payload: bytes) -> None:
    with pytest.raises(InvalidResponseError):
        decrypt_response(encrypt_jwe(payload, JWK, "A128GCM"), KEY, kid="enc-1")


def test_an_error_comes_back_in_clear_and_encrypted() -> None:
    error = ErrorResponse("access_denied", "no", "s")
    assert AuthorizationResponse.from_form(error.to_form()) == error
    inside = encrypt_jwe(dump_json({"error": "access_denied"}).encode(), JWK, "A128GCM")
    assert decrypt_response(inside, KEY, kid="enc-1") == ErrorResponse("access_denied")


def test_an_error_tells_the_verifier_nothing_but_its_code() -> None:
    """VP 15.9: whether nothing matches or the holder refused is not for the verifier to know."""
    sent = ErrorResponse.of(NotSatisfiedError("vaccination: there is none"), "s").to_form()
    assert sent == {"error": "access_denied", "state": "s"}


def test_every_code_of_the_specification_is_one_class() -> None:
    """VP 8.5."""
    assert ERRORS.keys() >= {
        "invalid_scope",
        "invalid_request",
        "invalid_client",
        "access_denied",
        "vp_formats_not_supported",
        "invalid_request_uri_method",
        "invalid_transaction_data",
        "wallet_unavailable",
    }
    assert ERRORS["invalid_transaction_data"] is InvalidTransactionDataError
    assert ErrorResponse.of(InvalidTransactionDataError("x"), None).code == "invalid_transaction_data"


def test_the_verifiers_answer_names_where_to_go_or_nothing() -> None:
    url = "https://client.example.org/cb#response_code=091535f699ea575c7937fa5f0f454aee"
    assert direct_post_answer(url) == {"redirect_uri": url}
    assert parse_direct_post_answer({"redirect_uri": url}) == url
    assert direct_post_answer() == {}
    assert parse_direct_post_answer({}) is None


@pytest.mark.parametrize(
    "value",
    [None, 1, "", "javascript:alert(1)", "http://a.example", "https://a.example/#a\n", "https://u@a.example"],
)
def test_the_holders_browser_is_sent_nowhere_else(value: Any) -> None:
    with pytest.raises(InvalidResponseError, match="redirect_uri"):
        parse_direct_post_answer({"redirect_uri": value})


def test_nothing_is_encrypted_without_a_key() -> None:
    with pytest.raises(InvalidRequestError, match="gives no P-256 key"):
        RESPONSE.to_encrypted_form(ClientMetadata())

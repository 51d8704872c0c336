"""protocols.oid4vci: offers as links and as JSON, and every one that must not be followed (threat F12)."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from protocols.oid4vci import (
    AuthorizationCodeGrant,
    CredentialOffer,
    InvalidOfferError,
    PreAuthorizedGrant,
    TxCode,
    offer_reference_uri,
    parse_offer,
    parse_offer_uri,
)
from vclib.strict_json import JSONObject, JSONValue, dump_json

GRANT = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
# OpenID4VCI 1.0 section 4.1.1, credential_offer_multiple_credentials.json.
EXAMPLE: JSONObject = {
    "credential_issuer": "https://credential-issuer.example.com",
    "credential_configuration_ids": ["UniversityDegreeCredential", "org.iso.18013.5.1.mDL"],
    "grants": {
        GRANT: {
            "pre-authorized_code": "oaKazRN8I0IbtZ0C7JuMn5",
            "tx_code": {
                "length": 4,
                "input_mode": "numeric",
                "description": "Please provide the one-time code that was sent via e-mail",
            },
        }
    },
}


def offer(**changes: JSONValue) -> JSONObject:
    return EXAMPLE | changes


def grants(members: JSONObject) -> JSONObject:
    return offer(grants={GRANT: members})


def test_example_of_the_specification_is_read_and_written_again() -> None:
    read = CredentialOffer.from_json(EXAMPLE)
    assert read == CredentialOffer(
        "https://credential-issuer.example.com",
        ("UniversityDegreeCredential", "org.iso.18013.5.1.mDL"),
        PreAuthorizedGrant(
            "oaKazRN8I0IbtZ0C7JuMn5",
            TxCode("numeric", 4, "Please provide the one-time code that was sent via e-mail"),
        ),
    )
    assert read.to_json() == EXAMPLE


def test_link_of_the_specification_by_reference_is_read() -> None:
    link = (
        "openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fserver.example.com%2Fcredential-offer"
    )
    read = parse_offer_uri(f"{link}%2FGkurKxf5T0Y-mnPFCHqWOMiZi4VS138cQO_V7PZHAdM")
    reference = "https://server.example.com/credential-offer/GkurKxf5T0Y-mnPFCHqWOMiZi4VS138cQO_V7PZHAdM"
    assert (read.offer, read.reference) == (None, reference)
    assert parse_offer_uri(offer_reference_uri(reference)) == read


def test_link_by_value_is_read_as_it_was_written() -> None:
    read = CredentialOffer.from_json(EXAMPLE)
    assert parse_offer_uri(read.to_uri()).offer == read


def test_empty_tx_code_asks_for_one() -> None:
    read = CredentialOffer.from_json(grants({"pre-authorized_code": "adhjhdjajkdkhjhdj", "tx_code": {}}))
    assert read.pre_authorized is not None
    assert read.pre_authorized.tx_code == TxCode("numeric", None, None)


def test_authorization_code_grant_is_read_and_written() -> None:
    body = offer(grants={"authorization_code": {"issuer_state": "eyJhbGciOiJSU0Et"}})
    read = CredentialOffer.from_json(body)
    assert read.authorization_code == AuthorizationCodeGrant("eyJhbGciOiJSU0Et")
    assert read.to_json() == body


@pytest.mark.parametrize("changes", [{"other": 1}, {"grants": {}}, {"grants": {"other": {}}}])
def test_what_nobody_knows_is_ignored(changes: JSONObject) -> None:
    assert CredentialOffer.from_json(EXAMPLE | changes).credential_issuer == EXAMPLE["credential_issuer"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        offer(credential_issuer="http://credential-issuer.example.com"),
        offer(credential_issuer="https://user@credential-issuer.example.com"),
        offer(credential_issuer="https://credential-issuer.example.com?x=1"),
        offer(credential_issuer="https://credential-issuer.example.com#x"),
        offer(credential_issuer="https://"),
        offer(credential_issuer="https://[::1"),
        offer(credential_issuer=["https://credential-issuer.example.com"]),
        offer(credential_configuration_ids=[]),
        offer(credential_configuration_ids=["a", "a"]),
        offer(credential_configuration_ids=[1]),
        offer(credential_configuration_ids="a"),
        offer(grants=[]),
        grants({}),
        grants({"pre-authorized_code": ""}),
        grants({"pre-authorized_code": "x" * 5000}),
        grants({"pre-authorized_code": "x", "tx_code": None}),
        grants({"pre-authorized_code": "x", "tx_code": {"input_mode": "voice"}}),
        grants({"pre-authorized_code": "x", "tx_code": {"length": 0}}),
        grants({"pre-authorized_code": "x", "tx_code": {"length": True}}),
        grants({"pre-authorized_code": "x", "tx_code": {"description": "x" * 301}}),
    ],
)
def test_offer_of_another_form_is_refused(body: JSONObject) -> None:
    with pytest.raises(InvalidOfferError):
        CredentialOffer.from_json(body)


@pytest.mark.parametrize("text", [b"", b"[]", b"{", b'{"a":1,"a":2}', b"\xff", b"[" * 50 + b"]" * 50])
def test_text_that_is_no_offer_is_refused(text: bytes) -> None:
    with pytest.raises(InvalidOfferError):
        parse_offer(text)


BY_VALUE = "credential_offer=" + quote(dump_json(EXAMPLE))
BY_REFERENCE = "credential_offer_uri=https%3A%2F%2Fissuer.example%2Foffers%2F1"


@pytest.mark.parametrize(
    "link",
    [
        "",
        "openid-credential-offer://",
        "openid-credential-offer://?other=1",
        f"openid-credential-offer://?{BY_VALUE}&{BY_REFERENCE}",
        f"openid-credential-offer://?{BY_REFERENCE}&{BY_REFERENCE}",
        f"openid-credential-offer://?{BY_REFERENCE}#fragment",
        f"https://wallet.example/?{BY_REFERENCE}",
        f"javascript://?{BY_REFERENCE}",
        f"file:///?{BY_REFERENCE}",
        "openid-credential-offer://?credential_offer_uri=http%3A%2F%2Fissuer.example%2Foffers%2F1",
        "openid-credential-offer://?credential_offer_uri=http%3A%2F%2Flocalhost%3A8080%2Foffers%2F1",
        "openid-credential-offer://?credential_offer_uri=file%3A%2F%2F%2Fetc%2Fpasswd",
        "openid-credential-offer://?credential_offer_uri=javascript%3Aalert(1)",
        "openid-credential-offer://?credential_offer_uri=%2Foffers%2F1",
        "openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fissuer.example%2F%0A",
        "openid-credential-offer://?credential_offer=%FF",
        "openid-credential-offer://?credential_offer=" + "x" * 70_000,
        "openid-credential-offer://[?x",
    ],
)
def test_f12_link_that_must_not_be_followed_is_refused(link: str) -> None:
    with pytest.raises(InvalidOfferError):
        parse_offer_uri(link)


@pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1:8080", "[::1]:8080"])
def test_http_is_for_loopback_where_the_caller_allows_it(host: str) -> None:
    link = offer_reference_uri(f"http://{host}/offers/1")
    assert parse_offer_uri(link, allow_loopback=True).reference == f"http://{host}/offers/1"
    with pytest.raises(InvalidOfferError):
        parse_offer_uri(link)


@pytest.mark.parametrize("host", ["issuer.example", "localhost.example", "127.0.0.2", "10.0.0.1"])
def test_http_to_anywhere_else_is_never_allowed(host: str) -> None:
    with pytest.raises(InvalidOfferError):
        parse_offer_uri(offer_reference_uri(f"http://{host}/offers/1"), allow_loopback=True)

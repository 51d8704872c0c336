"""protocols.oid4vp.authentication: the wallet stops before it asks anybody, by the reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from protocols.jose import sign_jws
from protocols.oid4vp import (
    AuthenticatedRequest,
    InvalidRequestError,
    InvalidTransactionDataError,
    RequestReference,
    authenticate_request,
    parse_client_id,
    sign_request_object,
    unsigned_request,
)
from tests.protocols.oid4vp_parties import (
    CLIENT,
    DID,
    KEY,
    KID,
    NOW,
    OTHER_KEY,
    REFERENCE,
    REQUEST,
    Certificates,
    Signer,
    certificates,
    claims,
    document,
    request_object,
)
from vclib.encoding import encode_base64url
from vclib.errors import DIDNotFoundError
from vclib.keys import PrivateKey
from vclib.strict_json import JSONObject, dump_json

CHAIN = certificates("venue.example", "other.example")
DNS_CLIENT = "x509_san_dns:venue.example"
HASH_CLIENT = f"x509_hash:{CHAIN.digest}"


def _authenticate(
    text: str,
    reference: RequestReference = REFERENCE,
    *,
    known: JSONObject | None = None,
    wallet_nonce: str | None = None,
    anchors: tuple[bytes, ...] = (CHAIN.anchor,),
) -> AuthenticatedRequest:
    return authenticate_request(
        text,
        reference,
        resolve=lambda _did: document() if known is None else known,
        trust_anchors=anchors,
        now=NOW,
        wallet_nonce=wallet_nonce,
    )


# --- decentralized_identifier ---------------------------------------------------------------------


@pytest.mark.parametrize("relationship", ["authentication", "assertionMethod"])
def test_a_request_signed_by_a_key_of_the_did_is_authenticated(relationship: str) -> None:
    text = sign_request_object(REQUEST, Signer(), issued=NOW, expires=NOW + timedelta(minutes=5))
    found = _authenticate(text, known=document(**{relationship: [KID]}))
    assert found.request == REQUEST
    assert (found.identity.name, found.identity.is_authenticated) == (DID, True)


def test_e6_another_client_identifier_inside_stops_the_wallet() -> None:
    outer = replace(REFERENCE, client_id=parse_client_id("redirect_uri:https://good.example/cb"))
    with pytest.raises(InvalidRequestError, match="inside the request object is another than outside"):
        _authenticate(request_object(), outer)
    inner = request_object(client_id="decentralized_identifier:did:web:evil.example")
    with pytest.raises(InvalidRequestError, match="inside the request object is another than outside"):
        _authenticate(inner)


def test_e7_a_signature_of_another_key_of_the_document_stops_the_wallet() -> None:
    with pytest.raises(InvalidRequestError, match="signature does not fit"):
        _authenticate(request_object(key=OTHER_KEY))


@pytest.mark.parametrize("relationship", ["keyAgreement", "capabilityInvocation"])
def test_e7_a_key_without_the_relationship_stops_the_wallet(relationship: str) -> None:
    with pytest.raises(InvalidRequestError, match="lists this key for no signature"):
        _authenticate(request_object(), known=document(**{relationship: [KID]}))


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_e7_no_signature_and_hmac_stop_the_wallet(algorithm: str) -> None:
    header = encode_base64url(
        dump_json({"alg": algorithm, "typ": "oauth-authz-req+jwt", "kid": KID}).encode()
    )
    body = encode_base64url(dump_json(claims()).encode())
    with pytest.raises(InvalidRequestError, match=f"expected alg .* found '{algorithm}'"):
        _authenticate(f"{header}.{body}.AAAA")


@pytest.mark.parametrize("kid", ["#key-1", "did:web:evil.example#key-1", "key-1", DID + "?a=b#key-1", "", 1])
def test_a_kid_that_names_no_key_of_the_client_stops_the_wallet(kid: Any) -> None:
    with pytest.raises(InvalidRequestError, match="kid"):
        _authenticate(request_object({"kid": kid}))


def test_a_missing_kid_stops_the_wallet() -> None:
    text = sign_jws({"typ": "oauth-authz-req+jwt"}, claims(), KEY)
    with pytest.raises(InvalidRequestError, match="kid: expected a key of the DID"):
        _authenticate(text)


def test_a_key_that_was_revoked_stops_the_wallet() -> None:
    known = document()
    known["verificationMethod"][0]["revoked"] = "2026-06-01T00:00:00Z"  # type: ignore[index,call-overload]
    with pytest.raises(InvalidRequestError, match="revoked"):
        _authenticate(request_object(), known=known)


def test_a_did_that_cannot_be_looked_up_is_no_fault_of_the_request() -> None:
    def resolve(_did: str) -> JSONObject:
        raise DIDNotFoundError("there is no document")

    with pytest.raises(DIDNotFoundError):
        authenticate_request(
            request_object(), REFERENCE, resolve=resolve, trust_anchors=(), now=NOW, wallet_nonce=None
        )


# --- claims of the request object -----------------------------------------------------------------


def test_e11_the_wallet_nonce_has_to_come_back() -> None:
    assert _authenticate(
        request_object(wallet_nonce="qPmxiNFCR3QTm19POc8u"), wallet_nonce="qPmxiNFCR3QTm19POc8u"
    )
    for returned in (None, "QPMXINFCR3QTM19POC8U", ["qPmxiNFCR3QTm19POc8u"], ""):
        with pytest.raises(InvalidRequestError, match="wallet_nonce: is not the one"):
            _authenticate(request_object(wallet_nonce=returned), wallet_nonce="qPmxiNFCR3QTm19POc8u")


@pytest.mark.parametrize("aud", [None, "https://wallet.example", ["https://self-issued.me/v2", "x"], []])
def test_another_audience_stops_the_wallet(aud: Any) -> None:
    with pytest.raises(InvalidRequestError, match="aud: expected https://self-issued"):
        _authenticate(request_object(aud=aud))


@pytest.mark.parametrize("typ", [None, "JWT", "oauth-authz-req"])
def test_another_typ_stops_the_wallet(typ: Any) -> None:
    with pytest.raises(InvalidRequestError, match="expected typ 'oauth-authz-req"):
        _authenticate(request_object({"typ": typ}))


@pytest.mark.parametrize(
    ("name", "minutes", "fits"),
    [
        ("exp", -4, True),
        ("exp", -6, False),
        ("nbf", 4, True),
        ("nbf", 6, False),
        ("iat", -600, True),
        ("iat", 6, False),
    ],
)
def test_times_of_the_request_object_are_compared_with_leeway(name: str, minutes: int, fits: bool) -> None:
    text = request_object(**{name: int((NOW + timedelta(minutes=minutes)).timestamp())})
    if fits:
        assert _authenticate(text)
        return
    with pytest.raises(InvalidRequestError, match=f"{name}: the request object is not in force"):
        _authenticate(text)


@pytest.mark.parametrize("moment", ["1", True, None, []])
def test_a_time_that_is_no_number_stops_the_wallet(moment: Any) -> None:
    text = sign_jws({"typ": "oauth-authz-req+jwt", "kid": KID}, claims() | {"exp": moment}, KEY)
    with pytest.raises(InvalidRequestError, match="exp: expected a number"):
        _authenticate(text)


def test_only_what_is_inside_counts() -> None:
    """VP 5.10: the reference has no part in what is asked."""
    text = request_object(nonce="inside-0123456789")
    assert _authenticate(text).request.nonce == "inside-0123456789"


def test_e13_transaction_data_inside_stops_the_wallet() -> None:
    with pytest.raises(InvalidTransactionDataError):
        _authenticate(request_object(transaction_data=["eyJ0eXBlIjoieCJ9"]))


@pytest.mark.parametrize("text", ["", "a.b.c", "eyJ9", "A" * 300_000])
def test_what_is_no_request_object_stops_the_wallet(text: str) -> None:
    with pytest.raises(InvalidRequestError, match="the request object"):
        _authenticate(text)


# --- x509_san_dns, x509_hash ----------------------------------------------------------------------


def _by_certificate(
    client_id: str, chain: Certificates = CHAIN, key: PrivateKey | None = None, **changes: Any
) -> str:
    header: JSONObject = {"typ": "oauth-authz-req+jwt", "x5c": chain.x5c}
    return sign_jws(header, claims(client_id=client_id, **changes), key or chain.key)


def _reference(client_id: str) -> RequestReference:
    return RequestReference(parse_client_id(client_id), REFERENCE.request_uri)


def test_a_request_of_a_certified_host_is_authenticated() -> None:
    found = _authenticate(_by_certificate(DNS_CLIENT), _reference(DNS_CLIENT))
    assert (found.identity.name, found.identity.is_authenticated) == ("venue.example", True)


def test_a_request_of_a_certificate_by_its_digest_is_authenticated() -> None:
    found = _authenticate(_by_certificate(HASH_CLIENT), _reference(HASH_CLIENT))
    assert (found.identity.name, found.identity.is_authenticated) == ("CN=Venue", True)


def test_the_certificate_may_itself_be_the_anchor() -> None:
    text, reference = _by_certificate(HASH_CLIENT), _reference(HASH_CLIENT)
    assert _authenticate(text, reference, anchors=(CHAIN.leaf,)).identity.is_authenticated


def test_e8_an_answer_to_another_host_than_the_certified_one_stops_the_wallet() -> None:
    text = _by_certificate(DNS_CLIENT, response_uri="https://other.example/responses/1")
    with pytest.raises(InvalidRequestError, match="response_uri: is on another host"):
        _authenticate(text, _reference(DNS_CLIENT))


def test_a_certificate_of_another_host_stops_the_wallet() -> None:
    client = "x509_san_dns:evil.example"
    with pytest.raises(InvalidRequestError, match="does not name this host"):
        _authenticate(_by_certificate(client), _reference(client))


def test_a_wildcard_in_the_certificate_names_no_host() -> None:
    chain = certificates("*.example")
    with pytest.raises(InvalidRequestError, match="does not name this host"):
        _authenticate(_by_certificate(DNS_CLIENT, chain), _reference(DNS_CLIENT))


def test_the_digest_of_another_certificate_stops_the_wallet() -> None:
    client = f"x509_hash:{certificates('venue.example').digest[:-1]}A"
    with pytest.raises(InvalidRequestError, match="digest of another certificate"):
        _authenticate(_by_certificate(client), _reference(client))


@pytest.mark.parametrize(
    ("chain", "message"),
    [
        (certificates("venue.example", not_after=NOW - timedelta(seconds=1)), "not in force"),
        (certificates("venue.example", is_ca=True), "found one of a certificate authority"),
        (certificates("venue.example", may_sign=False), "may not be used for signatures"),
        (certificates("venue.example", issuer_key=2), "does not lead to a trusted authority"),
    ],
)
def test_a_chain_that_does_not_hold_stops_the_wallet(chain: Certificates, message: str) -> None:
    with pytest.raises(InvalidRequestError, match=message):
        _authenticate(_by_certificate(DNS_CLIENT, chain), _reference(DNS_CLIENT))


def test_without_a_trusted_authority_no_certificate_is_believed() -> None:
    with pytest.raises(InvalidRequestError, match="no certificate authority is trusted"):
        _authenticate(_by_certificate(DNS_CLIENT), _reference(DNS_CLIENT), anchors=())


def test_a_signature_by_another_key_than_the_certified_one_stops_the_wallet() -> None:
    with pytest.raises(InvalidRequestError, match="signature does not fit"):
        _authenticate(_by_certificate(DNS_CLIENT, key=KEY), _reference(DNS_CLIENT))


@pytest.mark.parametrize("x5c", [None, [], "MII", ["MII="], ["*"], [1], [""], ["A" * 30_000], ["TUlJ"] * 7])
def test_what_is_no_chain_stops_the_wallet(x5c: Any) -> None:
    text = sign_jws({"typ": "oauth-authz-req+jwt", "x5c": x5c}, claims(client_id=DNS_CLIENT), KEY)
    with pytest.raises(InvalidRequestError, match="x5c"):
        _authenticate(text, _reference(DNS_CLIENT))


# --- redirect_uri, signing ------------------------------------------------------------------------


def test_of_an_unsigned_request_only_the_address_is_known() -> None:
    client = parse_client_id("redirect_uri:https://venue.example/responses/1")
    found = unsigned_request(replace(REQUEST, client_id=client))
    assert (found.identity.name, found.identity.is_authenticated) == (
        "https://venue.example/responses/1",
        False,
    )


def test_a_client_that_has_to_sign_cannot_ask_unsigned() -> None:
    with pytest.raises(InvalidRequestError, match="has to sign"):
        unsigned_request(REQUEST)


def test_a_client_redirect_uri_has_no_request_object() -> None:
    client = "redirect_uri:https://venue.example/responses/1"
    with pytest.raises(InvalidRequestError, match="cannot sign"):
        _authenticate(request_object(client_id=client), _reference(client))


def test_a_request_is_signed_by_the_client_that_it_names_only() -> None:
    with pytest.raises(InvalidRequestError, match="not the signer's"):
        sign_request_object(
            REQUEST, Signer(client_id="x509_hash:other"), issued=NOW, expires=NOW + timedelta(minutes=5)
        )
    assert CLIENT.text == Signer().client_id

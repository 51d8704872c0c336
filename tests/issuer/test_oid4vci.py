"""issuer.openid.routes: offer, token, nonce, credential, deferred and notification as a wallet meets them."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from issuer.openid.offering import IssuanceSettings
from protocols.oid4vci import (
    CredentialIssuerMetadata,
    CredentialOffer,
    CredentialRequest,
    CredentialResponse,
    KeyProofs,
    TokenResponse,
    issuer_metadata_url,
    parse_offer_uri,
    server_metadata_url,
)
from tests.issuer.wallet_client import (
    ISSUER,
    VACCINATION_BBS,
    VACCINATION_SD,
    Desk,
    Wallet,
    credentials_of,
    status_indexes,
    wallet_key,
)
from tests.world import TEST, VACCINATION
from vclib.did import did_jwk, did_key, resolver
from vclib.proofs import derive
from vclib.strict_json import JSONObject
from vclib.verification import Environment, verify_credential


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def wallet(desk: Desk) -> Wallet:
    return Wallet(desk)


def assert_error(response: httpx.Response, error: str, *, status: int = 400) -> None:
    assert (response.status_code, response.json().get("error")) == (status, error), response.text
    assert response.headers["cache-control"] == "no-store"


def subject_of(credential: JSONObject) -> JSONObject:
    subject = credential["credentialSubject"]
    assert isinstance(subject, dict)
    return subject


def verify(credential: JSONObject, wallet: Wallet, desk: Desk) -> str:
    """Return the id of the issuer that a derived copy of the credential verifies under."""
    derived = derive(credential, selective_pointers=["/credentialSubject/name"])
    known = set(desk.keys.dids.values())
    environment = Environment(resolver(), wallet.now, issuer_keys=lambda _issuer: known)
    return verify_credential(derived, environment).credential.issuer_id


# --- the whole way --------------------------------------------------------------------------------


def test_credential_bound_to_the_wallets_key_is_issued_by_jwt_proof(desk: Desk, wallet: Wallet) -> None:
    created = desk.offer()
    reference = parse_offer_uri(created.link).reference
    assert reference is not None
    offer = CredentialOffer.from_json(wallet.get(reference).json())
    assert offer == created.offer

    metadata_path = issuer_metadata_url(offer.credential_issuer)
    metadata = CredentialIssuerMetadata.from_json(wallet.get(metadata_path).json(), expected_issuer=ISSUER)
    configuration = metadata.configurations[offer.configuration_ids[0]]
    assert configuration.types == ("VerifiableCredential", "VaccinationStatusCredential")

    token = wallet.redeem(created)
    assert token.headers["cache-control"] == "no-store"
    assert TokenResponse.from_json(token.json()).expires_in == 600

    response = wallet.ask()
    assert response.status_code == 200
    answer = CredentialResponse.from_json(response.json())
    (credential,) = answer.credentials
    assert subject_of(credential)["id"] == wallet.did
    assert verify(credential, wallet, desk) == desk.keys.did("ecdsa-sd-2023")

    notification: JSONObject = {"notification_id": answer.notification_id, "event": "credential_accepted"}
    assert wallet.post("/notification", notification).status_code == 204
    assert wallet.post("/notification", notification).status_code == 204
    ((_, told),) = desk.issuance.offering.listed(now=desk.clock.now)
    assert told == ("credential_accepted",)


def test_credential_is_issued_by_di_vp_proof(desk: Desk, wallet: Wallet) -> None:
    wallet.redeem(desk.offer())
    response = wallet.ask(proofs={"di_vp": [wallet.di_vp_proof()]})
    (credential,) = credentials_of(response.json())
    assert subject_of(credential)["id"] == wallet.did


def test_jwk_in_the_proof_binds_to_its_did_jwk(desk: Desk, wallet: Wallet) -> None:
    wallet.redeem(desk.offer())
    response = wallet.ask(proofs={"jwt": [wallet.jwt_proof(with_jwk=True)]})
    (credential,) = credentials_of(response.json())
    assert subject_of(credential)["id"] == did_jwk(wallet.key.public_key)


def test_unlinkable_credential_is_issued_without_a_proof(desk: Desk, wallet: Wallet) -> None:
    wallet.redeem(desk.offer(suite="bbs-2023"))
    response = wallet.ask(configuration=VACCINATION_BBS, proofs=None)
    (credential,) = credentials_of(response.json())
    assert "id" not in subject_of(credential)
    assert verify(credential, wallet, desk) == desk.keys.did("bbs-2023")


def test_proof_for_an_unlinkable_credential_is_refused(desk: Desk, wallet: Wallet) -> None:
    wallet.redeem(desk.offer(suite="bbs-2023"))
    assert_error(wallet.ask(configuration=VACCINATION_BBS), "invalid_credential_request")


def test_batch_gives_one_credential_for_each_key_with_its_own_status(desk: Desk, wallet: Wallet) -> None:
    wallet.redeem(desk.offer())
    nonce = wallet.nonce()
    proofs = {"jwt": [wallet.jwt_proof(number=number, nonce=nonce) for number in (21, 22, 23)]}
    credentials = credentials_of(wallet.ask(proofs=proofs).json())
    holders = [did_key(wallet_key(number).public_key) for number in (21, 22, 23)]
    assert [subject_of(credential)["id"] for credential in credentials] == holders
    indexes = status_indexes(credentials)
    assert len(indexes) == 6
    assert len(set(indexes)) == 6


@pytest.mark.parametrize(
    ("numbers", "error"), [(range(31, 40), "invalid_credential_request"), ((31, 31), "invalid_proof")]
)
def test_batch_that_is_too_large_or_has_a_key_twice_is_refused(
    desk: Desk, wallet: Wallet, numbers: tuple[int, ...], error: str
) -> None:
    wallet.redeem(desk.offer())
    nonce = wallet.nonce()
    proofs = {"jwt": [wallet.jwt_proof(number=number, nonce=nonce) for number in numbers]}
    assert_error(wallet.ask(proofs=proofs), error)


def test_deferred_credential_is_fetched_once_it_is_approved(desk: Desk, wallet: Wallet) -> None:
    created = desk.offer(deferred=True)
    assert wallet.redeem(created).json()["expires_in"] == 7 * 86_400
    response = wallet.ask()
    assert response.status_code == 202
    promise = CredentialResponse.from_json(response.json())
    again = wallet.post("/deferred_credential", {"transaction_id": promise.transaction_id})
    assert again.status_code == 202
    assert again.json() == response.json() == {"transaction_id": promise.transaction_id, "interval": 5}

    desk.issuance.offering.decide(created.offer_id, approve=True, now=desk.clock.now)
    issued = wallet.post("/deferred_credential", {"transaction_id": promise.transaction_id})
    (credential,) = credentials_of(issued.json())
    assert subject_of(credential)["id"] == wallet.did
    # Section 9: the id is invalid once the credential was obtained.
    gone = wallet.post("/deferred_credential", {"transaction_id": promise.transaction_id})
    assert_error(gone, "invalid_transaction_id")


def test_refused_deferred_credential_ends_the_polling(desk: Desk, wallet: Wallet) -> None:
    created = desk.offer(deferred=True)
    wallet.redeem(created)
    promise = wallet.ask().json()
    desk.issuance.offering.decide(created.offer_id, approve=False, now=desk.clock.now)
    answer = wallet.post("/deferred_credential", {"transaction_id": promise["transaction_id"]})
    assert_error(answer, "credential_request_denied")


def test_transaction_of_another_offer_is_not_known(desk: Desk, wallet: Wallet) -> None:
    wallet.redeem(desk.offer(deferred=True))
    promise = wallet.ask().json()
    other = Wallet(desk, number=12)
    other.redeem(desk.offer(TEST, deferred=True))
    other.ask(configuration="TestResultCredential-ecdsa-sd-2023")
    answer = other.post("/deferred_credential", {"transaction_id": promise["transaction_id"]})
    assert_error(answer, "invalid_transaction_id")


# --- authorization details ------------------------------------------------------------------------


DETAILS = f'[{{"type":"openid_credential","credential_configuration_id":"{VACCINATION_SD}"}}]'


def test_identifiers_of_the_token_response_have_to_be_used(desk: Desk, wallet: Wallet) -> None:
    response = wallet.redeem(desk.offer(), authorization_details=DETAILS)
    (detail,) = response.json()["authorization_details"]
    assert_error(wallet.ask(), "invalid_credential_request")
    request = CredentialRequest(
        credential_identifier=detail["credential_identifiers"][0],
        proofs=KeyProofs("jwt", (wallet.jwt_proof(),)),
    )
    assert wallet.post("/credential", request.to_json()).status_code == 200


def test_unknown_identifier_is_refused(desk: Desk, wallet: Wallet) -> None:
    wallet.redeem(desk.offer(), authorization_details=DETAILS)
    body: JSONObject = {"credential_identifier": "other", "proofs": {"jwt": [wallet.jwt_proof()]}}
    assert_error(wallet.post("/credential", body), "unknown_credential_identifier")


def test_identifier_without_details_in_the_token_request_is_refused(desk: Desk, wallet: Wallet) -> None:
    wallet.redeem(desk.offer())
    body: JSONObject = {"credential_identifier": "credential-1", "proofs": {"jwt": [wallet.jwt_proof()]}}
    assert_error(wallet.post("/credential", body), "invalid_credential_request")


@pytest.mark.parametrize(
    "details",
    [
        "no json",
        "[]",
        "{}",
        '[{"type":"other","credential_configuration_id":"x"}]',
        DETAILS.replace("Vaccination", "Other"),
        DETAILS.replace("}]", ',"locations":["https://other.example"]}]'),
    ],
)
def test_details_that_do_not_fit_the_offer_are_refused_and_cost_nothing(
    desk: Desk, wallet: Wallet, details: str
) -> None:
    created = desk.offer()
    answer = wallet.redeem(created, authorization_details=details)
    assert_error(answer, "invalid_authorization_details")
    assert wallet.redeem(created, authorization_details=DETAILS).status_code == 200


# --- encryption -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("configuration", "options"),
    [(VACCINATION_SD, {}), (VACCINATION_BBS, {"suite": "bbs-2023"})],
    ids=["ecdsa-sd-2023", "bbs-2023"],
)
def test_request_and_response_are_encrypted(
    desk: Desk, wallet: Wallet, configuration: str, options: dict[str, str]
) -> None:
    wallet.redeem(desk.offer(**options))
    body: JSONObject = {
        "credential_configuration_id": configuration,
        "credential_response_encryption": wallet.response_encryption,
    }
    if configuration == VACCINATION_SD:
        body["proofs"] = {"jwt": [wallet.jwt_proof()]}
    answer = wallet.open(wallet.ask_sealed("/credential", body))
    (credential,) = credentials_of(answer)
    assert verify(credential, wallet, desk) == desk.keys.did(options.get("suite", "ecdsa-sd-2023"))


def test_deferred_answers_are_encrypted_as_each_request_asks(desk: Desk, wallet: Wallet) -> None:
    created = desk.offer(deferred=True)
    wallet.redeem(created)
    promise = wallet.ask().json()
    desk.issuance.offering.decide(created.offer_id, approve=True, now=desk.clock.now)
    body: JSONObject = {
        "transaction_id": promise["transaction_id"],
        "credential_response_encryption": wallet.response_encryption,
    }
    assert len(credentials_of(wallet.open(wallet.ask_sealed("/deferred_credential", body)))) == 1


def test_encrypted_answer_needs_an_encrypted_request(desk: Desk, wallet: Wallet) -> None:
    wallet.redeem(desk.offer())
    answer = wallet.ask(credential_response_encryption=wallet.response_encryption)
    assert_error(answer, "invalid_encryption_parameters")


def test_required_encryption_is_told_and_kept(tmp_path: Path) -> None:
    desk = Desk(tmp_path, settings=IssuanceSettings(encryption_required=True))
    wallet = Wallet(desk)
    metadata = wallet.get(issuer_metadata_url(ISSUER)).json()
    assert metadata["credential_request_encryption"]["encryption_required"] is True
    assert metadata["credential_response_encryption"]["encryption_required"] is True
    wallet.redeem(desk.offer())
    assert_error(wallet.ask(), "invalid_encryption_parameters")
    body: JSONObject = {
        "credential_configuration_id": VACCINATION_SD,
        "proofs": {"jwt": [wallet.jwt_proof()]},
    }
    assert_error(wallet.ask_sealed("/credential", body), "invalid_encryption_parameters")
    body["credential_response_encryption"] = wallet.response_encryption
    assert len(credentials_of(wallet.open(wallet.ask_sealed("/credential", body)))) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"zip": "DEF"},
        {"enc": "A128CBC-HS256"},
        {"enc": 1},
        {"jwk": {"kty": "EC", "crv": "P-256"}},
        {"jwk": "key"},
        {"jwk": {"kty": "oct", "k": "c2VjcmV0", "alg": "ECDH-ES"}},
    ],
)
def test_encryption_that_is_not_possible_is_refused_in_clear(
    desk: Desk, wallet: Wallet, changes: JSONObject
) -> None:
    wallet.redeem(desk.offer())
    body: JSONObject = {
        "credential_configuration_id": VACCINATION_SD,
        "proofs": {"jwt": [wallet.jwt_proof()]},
        "credential_response_encryption": wallet.response_encryption | changes,
    }
    assert_error(wallet.ask_sealed("/credential", body), "invalid_encryption_parameters")


def test_request_to_another_key_or_in_no_jwe_is_refused(desk: Desk, wallet: Wallet) -> None:
    wallet.redeem(desk.offer())
    body: JSONObject = {"credential_configuration_id": VACCINATION_SD}
    assert_error(wallet.ask_sealed("/credential", body, kid="other"), "invalid_encryption_parameters")
    garbage = wallet.post("/credential", b"a.b.c.d.e", media_type="application/jwt")
    assert_error(garbage, "invalid_encryption_parameters")


# --- metadata -------------------------------------------------------------------------------------


def test_metadata_lie_under_the_inserted_well_known_path(tmp_path: Path) -> None:
    desk = Desk(tmp_path, url="https://issuer.example/tenant")
    wallet = Wallet(desk)
    for url, member in (
        ("https://issuer.example/.well-known/openid-credential-issuer/tenant", "credential_issuer"),
        ("https://issuer.example/.well-known/oauth-authorization-server/tenant", "issuer"),
    ):
        response = wallet.get(url)
        assert response.headers["content-type"] == "application/json"
        assert response.json()[member] == "https://issuer.example/tenant"
    assert server_metadata_url(desk.url).endswith("/oauth-authorization-server/tenant")


def test_only_bound_configurations_have_proof_types(desk: Desk, wallet: Wallet) -> None:
    supported = wallet.get(issuer_metadata_url(ISSUER)).json()["credential_configurations_supported"]
    assert len(supported) == 6
    bound, unbound = supported[VACCINATION_SD], supported[VACCINATION_BBS]
    assert set(bound["proof_types_supported"]) == {"jwt", "di_vp"}
    assert bound["credential_signing_alg_values_supported"] == ["ecdsa-sd-2023", "ecdsa-rdfc-2019"]
    assert "proof_types_supported" not in unbound
    assert "cryptographic_binding_methods_supported" not in unbound


def test_metadata_show_no_private_key(desk: Desk, wallet: Wallet) -> None:
    (key,) = wallet.get(issuer_metadata_url(ISSUER)).json()["credential_request_encryption"]["jwks"]["keys"]
    assert set(key) == {"kty", "crv", "x", "y", "use", "alg", "kid"}


# --- tokens at the credential endpoints -----------------------------------------------------------


@pytest.mark.parametrize("path", ["/credential", "/deferred_credential", "/notification"])
def test_request_without_a_token_is_told_nothing_but_the_scheme(
    desk: Desk, wallet: Wallet, path: str
) -> None:
    response = wallet.post(path, {}, token=None)
    assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")
    assert response.json() == {}


@pytest.mark.parametrize("path", ["/credential", "/deferred_credential", "/notification"])
def test_unknown_token_is_invalid(desk: Desk, wallet: Wallet, path: str) -> None:
    response = wallet.post(path, {}, token="unknown")
    assert_error(response, "invalid_token", status=401)
    assert response.headers["www-authenticate"] == 'Bearer error="invalid_token"'


def test_expired_token_is_invalid(desk: Desk, wallet: Wallet) -> None:
    wallet.redeem(desk.offer())
    desk.clock.advance(seconds=601)
    assert_error(wallet.ask(), "invalid_token", status=401)


# --- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"grant_type=x&grant_type=x", 400),
        (b"grant_type=authorization_code&code=1", 400),
        (b"\xff", 400),
        (b"a=" + b"b" * 70_000, 413),
    ],
)
def test_token_requests_that_are_none_are_refused(
    desk: Desk, wallet: Wallet, content: bytes, status: int
) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    response = wallet.client.ask("POST", "/token", content=content, headers=headers)
    error = "unsupported_grant_type" if b"authorization_code" in content else "invalid_request"
    assert_error(response, error, status=status)


def test_json_at_the_token_endpoint_is_refused(desk: Desk, wallet: Wallet) -> None:
    assert_error(wallet.client.post_json("/token", {}), "invalid_request", status=415)


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{", b'{"a":1,"a":1}', b"\xff", b"[" * 100_000, b'{"proofs": {}}'],
)
def test_credential_requests_that_are_none_are_refused(desk: Desk, wallet: Wallet, content: bytes) -> None:
    wallet.redeem(desk.offer())
    assert_error(wallet.post("/credential", content), "invalid_credential_request")


def test_other_media_types_are_refused(desk: Desk, wallet: Wallet) -> None:
    wallet.redeem(desk.offer())
    answer = wallet.post("/credential", b"{}", media_type="text/plain")
    assert_error(answer, "invalid_credential_request", status=415)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "invalid_notification_request"),
        ({"notification_id": "x", "event": "other"}, "invalid_notification_request"),
        ({"notification_id": 1, "event": "credential_accepted"}, "invalid_notification_request"),
        ({"notification_id": "x", "event": "credential_accepted"}, "invalid_notification_id"),
    ],
)
def test_notifications_that_are_none_are_refused(
    desk: Desk, wallet: Wallet, body: JSONObject, error: str
) -> None:
    wallet.redeem(desk.offer())
    wallet.ask()
    assert_error(wallet.post("/notification", body), error)


def test_members_that_nobody_knows_are_ignored(desk: Desk, wallet: Wallet) -> None:
    wallet.redeem(desk.offer(), unknown="field")
    assert wallet.ask(unknown={"member": True}).status_code == 200


def test_unknown_configuration_is_refused(desk: Desk, wallet: Wallet) -> None:
    wallet.redeem(desk.offer())
    assert_error(wallet.ask(configuration="Other"), "unknown_credential_configuration")


# --- making offers --------------------------------------------------------------------------------


def test_offer_is_made_over_http(desk: Desk, wallet: Wallet) -> None:
    response = wallet.client.post_json(
        "/offers", {"record": VACCINATION, "options": {"cryptosuite": "bbs-2023"}}
    )
    assert response.status_code == 201
    body = response.json()
    assert body["credentialOffer"]["credential_configuration_ids"] == [VACCINATION_BBS]
    assert len(body["txCode"]) == 6
    assert wallet.get(parse_offer_uri(body["link"]).reference or "").json() == body["credentialOffer"]


@pytest.mark.parametrize(
    "changes",
    [
        {"record": []},
        {"other": 1},
        {"options": {"holder": "did:key:z"}},
        {"options": {"cryptosuite": "eddsa-rdfc-2022"}},
        {"options": {"mandatoryPointers": ["/none"]}},
        {"options": {"unbound": True}},
        {"txCode": "yes"},
        {"minutes": 0},
        {"minutes": "1"},
    ],
)
def test_offers_that_cannot_be_made_are_problems_of_the_caller(wallet: Wallet, changes: JSONObject) -> None:
    response = wallet.client.post_json("/offers", {"record": VACCINATION} | changes)
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"


def test_offers_are_not_made_where_nobody_may(desk: Desk) -> None:
    from issuer.openid.routes import oid4vci_router

    routes = oid4vci_router(desk.issuance, clock=lambda: desk.clock.now).routes
    assert "/offers" not in {getattr(route, "path", "") for route in routes}


def test_ended_or_unknown_offer_is_not_found(desk: Desk, wallet: Wallet) -> None:
    created = desk.offer()
    assert wallet.get(f"{ISSUER}/offers/unknown").status_code == 404
    wallet.redeem(created)
    assert wallet.get(created.url).status_code == 404

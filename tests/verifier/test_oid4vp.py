"""verifier.oid4vp: requests over HTTP, answered by a wallet; what is no answer, and what is not believed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from protocols.jose import encrypt_jwe
from protocols.oid4vp import ErrorResponse, InvalidRequestError, WalletMetadata, parse_invocation
from tests.protocols.oid4vp_parties import CLIENT
from tests.verifier.presenters import SETTINGS, Asking, unencrypted
from tests.world import RECOVERY, TEST, VACCINATION, World
from vclib.proofs import AUTHENTICATION, add_proof, without_proofs
from vclib.strict_json import JSONObject, dump_json
from verifier.store import TABLES

ASKED = "https://venue.example/requests"


@pytest.fixture
def asking(world: World, tmp_path: Path) -> Iterator[Asking]:
    asking = Asking(world, tmp_path)
    yield asking
    asking.store.close()


@pytest.fixture
def credential(world: World) -> JSONObject:
    return world.mint(VACCINATION, world.person(11))


# --- the flow -------------------------------------------------------------------------------------


def test_a_presentation_is_asked_for_answered_and_accepted(
    asking: Asking, world: World, credential: JSONObject
) -> None:
    made = asking.ask()
    found = made.fetch(wallet_nonce="qPmxiNFCR3QTm19POc8u")
    assert found.identity.is_authenticated
    assert found.request.client_metadata.client_name == "The Venue"
    assert found.request.purpose == "Entry to the concert"
    assert made.result().json() == {"state": "fetched"}
    answer = made.answer_with(world.person(11), credential)
    assert (answer.status_code, answer.json()) == (200, {})
    assert answer.headers["cache-control"] == "no-store"
    result = made.result().json()
    assert (result["state"], result["result"]["outcome"]) == ("answered", "accepted")
    (presentation,) = result["result"]["presentations"]
    assert presentation["query"] == "vaccination"
    shown = {claim["pointer"] for claim in presentation["credentials"][0]["claims"]}
    assert "/credentialSubject/vaccination/dose" in shown
    assert "/credentialSubject/vaccination/lot" not in shown


@pytest.mark.parametrize("record", [TEST, RECOVERY])
def test_any_record_that_fits_the_situation_answers(asking: Asking, world: World, record: JSONObject) -> None:
    made = asking.ask()
    assert made.answer_with(world.person(11), world.mint(record, world.person(11))).status_code == 200
    assert made.result().json()["result"]["outcome"] == "accepted"


@pytest.mark.parametrize("situation", ["border", "clinic", "status"])
def test_every_situation_is_answered(
    asking: Asking, world: World, credential: JSONObject, situation: str
) -> None:
    made = asking.ask(situation, kinds=["vaccination"])
    assert made.answer_with(world.person(11), credential).status_code == 200
    assert made.result().json()["result"]["outcome"] == "accepted"


def test_an_answer_in_clear_is_taken_where_it_was_asked_for(
    asking: Asking, world: World, credential: JSONObject
) -> None:
    made = unencrypted(asking).ask()
    assert made.answer_with(world.person(11), credential).status_code == 200
    assert made.result().json()["result"]["outcome"] == "accepted"


def test_an_unsigned_request_is_made_by_a_verifier_without_a_key(
    world: World, tmp_path: Path, credential: JSONObject
) -> None:
    asking = Asking(world, tmp_path, signer=None)
    made = asking.ask()
    request = made.request
    assert request.client_id.text == f"redirect_uri:{request.response_uri}"
    assert made.answer_with(world.person(11), credential).status_code == 200
    assert made.result().json()["result"]["outcome"] == "accepted"
    assert asking.client.get(f"/requests/{request.state}/object").status_code == 404
    asking.store.close()


def test_a_request_object_is_fetched_by_get_and_by_post_and_again(asking: Asking) -> None:
    made = asking.ask()
    assert made.fetch().request == made.fetch(wallet_nonce="one").request == made.fetch("two").request


def test_the_request_object_is_what_the_specification_says(asking: Asking) -> None:
    path = urlsplit(asking.ask().reference.request_uri).path
    answer = asking.client.get(path)
    assert answer.headers["content-type"] == "application/oauth-authz-req+jwt"
    assert answer.headers["cache-control"] == "no-store"


def test_e11_the_wallet_nonce_is_not_in_an_object_that_was_fetched_without(asking: Asking) -> None:
    made = asking.ask()
    path = urlsplit(made.reference.request_uri).path
    with pytest.raises(InvalidRequestError, match="wallet_nonce"):
        _authenticate_as_posted(asking, made, asking.client.get(path).text)


def test_a_wallet_that_cannot_answer_is_told(asking: Asking) -> None:
    made = asking.ask()
    path = urlsplit(made.reference.request_uri).path
    wallet = WalletMetadata.of_ours(("bbs-2023",))
    metadata = dump_json(wallet.to_json())
    assert asking.post(path, {"wallet_metadata": metadata}).status_code == 200
    other = dump_json(replace(wallet, client_id_prefixes=("x509_hash",)).to_json())
    answer = asking.post(path, {"wallet_metadata": other})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_what_the_holder_declines_is_told_without_a_reason(asking: Asking) -> None:
    made = asking.ask()
    error = ErrorResponse("access_denied", None, made.request.state)
    assert made.send(error.to_form()).status_code == 200
    assert made.result().json()["result"] == {"outcome": "none", "error": "access_denied"}


# --- once, and to whom ----------------------------------------------------------------------------


def test_e1_the_same_answer_is_taken_once(asking: Asking, world: World, credential: JSONObject) -> None:
    made = asking.ask()
    request, fields = made.request, made.fields(made.present(world.person(11), credential))
    path = urlsplit(request.response_uri).path
    assert asking.post(path, fields).status_code == 200
    again = asking.post(path, fields)
    assert (again.status_code, again.json()["error"]) == (404, "invalid_request")
    assert "answered before" in again.json()["error_description"]


@pytest.mark.parametrize("kind", ["same", "error"])
def test_e1_of_many_answers_at_once_one_is_taken(
    world: World, tmp_path: Path, database_url: str, credential: JSONObject, kind: str
) -> None:
    url = None if database_url == "sqlite://" else database_url
    asking = Asking(world, tmp_path, database_url=url)
    made = asking.ask()
    request, fields = made.request, made.fields(made.present(world.person(11), credential))
    if kind == "error":
        fields = ErrorResponse("access_denied", None, request.state).to_form()
    path, statuses = urlsplit(request.response_uri).path, []
    start = threading.Barrier(6)
    # Made once for all threads, as one process would.
    client = asking.client

    def post() -> None:
        start.wait()
        statuses.append(asking.post(path, fields, client=client).status_code)

    threads = [threading.Thread(target=post) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 404, 404, 404, 404, 404]
    assert client.get("/requests/none/result").status_code == 404
    asking.store.close()


def test_e1_an_answer_to_another_request_is_refused_and_leaves_this_one_open(
    asking: Asking, world: World, credential: JSONObject
) -> None:
    first, second = asking.ask(), asking.ask()
    token = first.present(world.person(11), credential)
    answer = second.send(second.fields(token))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert "answers another request" in answer.json()["error_description"]
    assert second.answer_with(world.person(11), credential).status_code == 200


@pytest.mark.parametrize(
    "domain",
    [
        "https://venue.example",
        "decentralized_identifier:did:web:other.example",
        CLIENT.original,
        CLIENT.text + "/",
        CLIENT.text.upper(),
    ],
)
def test_e2_e3_a_presentation_for_another_audience_is_refused(
    asking: Asking, world: World, credential: JSONObject, domain: str
) -> None:
    made = asking.ask()
    answer = made.answer_with(world.person(11), credential, domain=domain)
    assert (answer.status_code, made.result().json()["state"]) == (400, "fetched")


def test_e3_a_nonce_of_other_case_or_none_is_refused(
    asking: Asking, world: World, credential: JSONObject
) -> None:
    made = asking.ask()
    nonce = made.request.nonce
    for changes in ({"challenge": nonce.swapcase()}, {"challenge": None, "domain": None}):
        assert made.answer_with(world.person(11), credential, **changes).status_code == 400


def test_an_unsigned_presentation_is_no_answer(asking: Asking, world: World, credential: JSONObject) -> None:
    made = asking.ask()
    token: Any = made.present(world.person(11), credential)
    token["vaccination"] = [without_proofs(token["vaccination"][0])]
    assert made.send(made.fields(token)).status_code == 400
    assert made.result().json()["state"] == "fetched"


def test_an_answer_after_the_time_is_refused(asking: Asking, world: World, credential: JSONObject) -> None:
    made = asking.ask()
    fields = made.fields(made.present(world.person(11), credential))
    path = urlsplit(made.request.response_uri).path
    world.clock.advance(minutes=16)
    assert asking.post(path, fields).status_code == 404
    assert made.result().status_code == 404


def test_e15_the_state_of_the_request_opens_no_result(
    asking: Asking, world: World, credential: JSONObject
) -> None:
    made = asking.ask()
    request = made.request
    assert made.answer_with(world.person(11), credential).status_code == 200
    for stranger in (request.state, request.nonce, "x" * 300):
        assert asking.client.get(f"/requests/{stranger}/result").status_code == 404
    assert made.result().json()["state"] == "answered"
    assert made.result().json() == {"state": "collected"}


def test_e14_the_same_device_comes_back_with_a_code(
    asking: Asking, world: World, credential: JSONObject
) -> None:
    made = asking.ask(redirectUri="https://venue.example/done")
    answer = made.answer_with(world.person(11), credential).json()
    page, _, code = answer["redirect_uri"].partition("#response_code=")
    assert page == "https://venue.example/done"
    assert made.result().status_code == 404
    assert made.result(code="A" * 43).status_code == 404
    assert made.result(code=code).json()["result"]["outcome"] == "accepted"


# --- what is asked again --------------------------------------------------------------------------


def test_e4_anothers_credential_is_refused(asking: Asking, world: World, credential: JSONObject) -> None:
    made = asking.ask()
    assert made.answer_with(world.person(12), credential).status_code == 200
    result = made.result().json()["result"]
    assert (result["outcome"], result["presentations"][0]["reasons"][0]["code"]) == (
        "refused",
        "wrong-holder",
    )


def test_e5_several_credentials_in_one_presentation_are_not_what_was_asked(
    asking: Asking, world: World, credential: JSONObject
) -> None:
    made = asking.ask(kinds=["vaccination"])
    request = made.request
    others = world.mint(VACCINATION, world.person(12))
    presentation = world.person(11).present(
        credential, others, challenge=request.nonce, domain=request.client_id.text
    )
    assert made.send(made.fields({"vaccination": [presentation]})).status_code == 200
    result = made.result().json()["result"]
    codes = [reason["code"] for reason in result["presentations"][0]["reasons"]]
    assert result["outcome"] == "refused"
    assert {"wrong-holder", "not-as-asked"} <= set(codes)
    assert [item["verdict"]["outcome"] for item in result["presentations"][0]["credentials"]] == [
        "accepted",
        "refused",
    ]


@pytest.mark.parametrize(
    "token",
    [
        {"passport": [{}]},
        {"vaccination": [{}, {}]},
        {"vaccination": [{}], "test": [{}], "other": [{}]},
    ],
)
def test_e16_what_was_not_asked_for_is_refused_as_a_whole(asking: Asking, token: JSONObject) -> None:
    made = asking.ask()
    answer = made.send(made.fields(token))
    assert (answer.status_code, made.result().json()["state"]) == (400, "fetched")


@pytest.mark.parametrize("token", ['{"vaccination":["eyJ"]}', '{"vaccination":{}}', "[]", "{}", "eyJ"])
def test_e16_a_text_where_an_object_is_due_is_refused(asking: Asking, token: str) -> None:
    made = unencrypted(asking).ask()
    answer = made.send({"vp_token": token, "state": str(made.request.state)})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_e16_a_bare_credential_is_no_presentation(asking: Asking, credential: JSONObject) -> None:
    made = asking.ask()
    assert made.send(made.fields({"vaccination": [credential]})).status_code == 400


def test_e17_fewer_claims_than_asked_are_refused(
    asking: Asking, world: World, credential: JSONObject
) -> None:
    made = asking.ask()
    assert (
        made.answer_with(world.person(11), credential, pointers=["/credentialSubject/name"]).status_code
        == 200
    )
    result = made.result().json()["result"]
    reasons = result["presentations"][0]["reasons"]
    assert (result["outcome"], [reason["code"] for reason in reasons]) == ("refused", ["not-as-asked"])
    assert "credentialSubject.birthDate" in reasons[0]["detail"]


def test_e17_another_type_than_asked_is_refused(asking: Asking, world: World) -> None:
    made = asking.ask(kinds=["vaccination"])
    test = world.mint(TEST, world.person(11))
    pointers = ["/credentialSubject/name"]
    assert made.answer_with(world.person(11), test, pointers=pointers, query="vaccination").status_code == 200
    result = made.result().json()["result"]
    assert result["outcome"] == "refused"
    assert "another type" in result["presentations"][0]["reasons"][0]["detail"]


def test_e17_another_issuer_than_accepted_is_refused(asking: Asking, tmp_path: Path) -> None:
    stranger = World(tmp_path / "stranger", name="Stranger", seed=5)
    made = asking.ask()
    holder = stranger.person(11)
    assert made.answer_with(holder, stranger.mint(VACCINATION, holder)).status_code == 200
    result = made.result().json()["result"]
    assert (result["outcome"], result["presentations"][0]["reasons"][0]["code"]) == (
        "refused",
        "issuer-unknown",
    )


def test_e17_a_withdrawn_credential_is_refused(asking: Asking, world: World, credential: JSONObject) -> None:
    world.issuer.revoke(world.last_record_id, reason=None, now=world.clock.now)
    made = asking.ask()
    assert made.answer_with(world.person(11), credential).status_code == 200
    assert made.result().json()["result"]["outcome"] == "refused"


def test_a_credential_that_is_bound_to_nobody_is_asked_for_only_on_request(
    asking: Asking, world: World
) -> None:
    free = world.mint(VACCINATION, unbound=True)
    made = asking.ask()
    assert made.answer_with(world.person(11), free).status_code == 200
    result = made.result().json()["result"]
    assert result["outcome"] == "refused"
    assert "bound to its holder" in result["presentations"][0]["reasons"][0]["detail"]
    made = asking.ask(holderBinding=False)
    assert made.answer_with(world.person(11), free).status_code == 200
    assert made.result().json()["result"]["outcome"] == "accepted"


def test_an_unlinkable_credential_proves_its_holder_by_deriving_for_the_request(
    asking: Asking, world: World
) -> None:
    free = world.mint(VACCINATION, suite="bbs-2023")
    made = asking.ask()
    assert made.answer_with(world.person(11), free).status_code == 200
    assert made.result().json()["result"]["outcome"] == "accepted"


def test_e1_an_unlinkable_credential_derived_for_another_request_is_refused(
    asking: Asking, world: World
) -> None:
    free = world.mint(VACCINATION, suite="bbs-2023")
    first, second = asking.ask(), asking.ask()
    token: Any = first.present(world.person(11), free)
    request, thief = second.request, world.person(12)
    stolen = add_proof(
        without_proofs(token["vaccination"][0]),
        cryptosuite=thief.key.cryptosuite,
        key=thief.key.private_key,
        verification_method=thief.key.verification_method,
        purpose=AUTHENTICATION,
        created=world.clock.now,
        challenge=request.nonce,
        domain=request.client_id.text,
    )
    answer = second.send(second.fields({"vaccination": [stolen]}))
    assert (answer.status_code, second.result().json()["state"]) == (400, "fetched")


# --- encryption -----------------------------------------------------------------------------------


def test_e18_an_answer_that_is_not_encrypted_as_asked_is_refused(
    asking: Asking, world: World, credential: JSONObject
) -> None:
    first, second = asking.ask(), asking.ask()
    token = first.present(world.person(11), credential)
    assert first.send(second.fields(token)).status_code == 400
    assert first.send({"vp_token": dump_json(token), "state": str(first.request.state)}).status_code == 400
    assert first.send({"response": "a.b.c.d.e"}).status_code == 400
    assert first.send({"response": "x" * 100, "state": "s"}).status_code == 400
    inside = encrypt_jwe(b'{"vp_token": {}}', first.request.client_metadata.jwks[0], "A128GCM")
    assert first.send({"response": inside}).status_code == 400
    assert first.result().json()["state"] == "fetched"


def test_an_encrypted_answer_where_it_was_not_asked_for_is_refused(asking: Asking) -> None:
    made = unencrypted(asking).ask()
    assert made.send({"response": "a.b.c.d.e"}).status_code == 400


@pytest.mark.parametrize("state", [None, "other"])
def test_an_answer_with_another_state_is_refused(
    asking: Asking, world: World, credential: JSONObject, state: str | None
) -> None:
    made = unencrypted(asking).ask()
    fields = made.fields(made.present(world.person(11), credential), state=state)
    answer = made.send(fields)
    assert (answer.status_code, "state" in answer.json()["error_description"]) == (400, True)


# --- HTTP -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"situation": "party"},
        {"situation": 1},
        {"situation": "venue", "kinds": "test"},
        {"situation": "venue", "kinds": [1]},
        {"situation": "venue", "kinds": ["passport"]},
        {"situation": "venue", "kinds": ["test"] * 11},
        {"situation": "venue", "purpose": "x" * 501},
        {"situation": "venue", "redirectUri": "http://venue.example"},
        {"situation": "venue", "redirectUri": "javascript:alert(1)"},
        {"situation": "venue", "holderBinding": "yes"},
        {"situation": "venue", "new": 1},
    ],
)
def test_an_order_that_is_none_is_answered_with_a_problem(asking: Asking, body: JSONObject) -> None:
    answer = asking.client.post_json("/requests", body)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


def test_an_unknown_request_is_answered_as_oauth_does(asking: Asking) -> None:
    for method, path in (
        ("GET", "/requests/none/object"),
        ("POST", "/requests/none/object"),
        ("POST", "/responses/none"),
    ):
        answer = asking.client.ask(
            method,
            path,
            content=b"error=access_denied",
            headers={"content-type": "application/x-www-form-urlencoded"},
        )
        assert (answer.status_code, answer.json()["error"]) == (404, "invalid_request")
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"{}", "application/json", 415),
        (b"", "application/x-www-form-urlencoded", 400),
        (b"error=a&error=b", "application/x-www-form-urlencoded", 400),
        (b"error=%ff", "application/x-www-form-urlencoded", 400),
        (b"\xff", "application/x-www-form-urlencoded", 400),
        (b"a=" + b"b" * 10_000_000, "application/x-www-form-urlencoded", 413),
    ],
)
def test_a_body_that_is_no_form_is_answered_as_oauth_does(
    asking: Asking, content: bytes, content_type: str, status: int
) -> None:
    made = asking.ask()
    path = urlsplit(made.request.response_uri).path
    answer = asking.client.ask("POST", path, content=content, headers={"content-type": content_type})
    assert (answer.status_code, answer.json()["error"]) == (status, "invalid_request")


def test_a_lost_database_is_answered_as_unavailable(asking: Asking) -> None:
    made = asking.ask()
    path = urlsplit(made.request.response_uri).path
    with asking.store.database.writing() as connection:
        TABLES.drop_all(connection)
    answer = asking.post(path, {"error": "access_denied"})
    assert (answer.status_code, answer.json()["error"]) == (503, "server_error")
    assert asking.client.post_json("/requests", {"situation": "venue"}).status_code == 503


def test_a_description_of_an_error_is_plain_ascii(asking: Asking) -> None:
    """RFC 6749 section 5.2."""
    made = unencrypted(asking).ask()
    answer = made.send({"error": 'ä"\\', "state": "s"})
    text = answer.json()["error_description"]
    assert text.isascii()
    assert '"' not in text


def test_no_more_requests_wait_than_the_settings_say(asking: Asking) -> None:
    asking.settings = replace(SETTINGS, max_open=1)
    asking.ask()
    answer = asking.client.post_json("/requests", {"situation": "venue"})
    assert answer.status_code == 400
    assert "requests wait" in answer.json()["detail"]


def test_a_link_fits_a_qr_code(asking: Asking) -> None:
    made = asking.ask()
    assert len(made.link) < 300
    assert parse_invocation(made.link) == made.reference
    assert made.answer["clientId"] == CLIENT.text


def test_a_request_ends_when_its_time_is_over(asking: Asking, world: World) -> None:
    asking.settings = replace(SETTINGS, lifetime=timedelta(minutes=2))
    made = asking.ask()
    path = urlsplit(made.reference.request_uri).path
    assert asking.client.get(path).status_code == 200
    world.clock.advance(minutes=3)
    assert asking.client.get(path).status_code == 404


def _authenticate_as_posted(asking: Asking, made: Any, text: str) -> None:
    from protocols.oid4vp import authenticate_request
    from tests.protocols.oid4vp_parties import document

    authenticate_request(
        text,
        made.reference,
        resolve=lambda _did: document(),
        trust_anchors=(),
        now=asking.world.clock.now,
        wallet_nonce="qPmxiNFCR3QTm19POc8u",
    )

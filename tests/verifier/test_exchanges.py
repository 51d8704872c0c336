"""verifier.exchanges and its routes: asked, answered once, compared with what was asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.asgi import Client
from tests.venue import DOMAIN, Venue
from tests.verifier.rule_samples import BOOSTED, rule_set
from tests.world import World
from vclib.strict_json import JSONObject, dump_json
from verifier.access import AccessTokens
from verifier.rule_store import rule_store

ENTRY: JSONObject = {
    "type": "QueryByExample",
    "credentialQuery": {
        "example": {"type": "VaccinationStatusCredential", "credentialSubject": {"name": ""}},
        "acceptedCryptosuites": [{"cryptosuite": "ecdsa-sd-2023"}],
    },
}


class Desk:
    """Who starts exchanges at a venue: with a token, and with a wallet's view of them."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        token = AccessTokens(venue.store.database).create("desk", now=venue.world.clock.now)
        self.headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        self.client = venue.client()

    def post(self, path: str, body: JSONObject) -> httpx.Response:
        return self.client.ask("POST", path, content=dump_json(body).encode(), headers=self.headers)

    def begin(self, *queries: JSONObject, **members: Any) -> str:
        """Return the path of a new exchange. Any: members of the request."""
        query: Any = list(queries or [ENTRY])
        step: JSONObject = {"verifiablePresentationRequest": {"query": query}}
        workflow = self.post("/workflows", {"steps": {"ask": step}, "initialStep": "ask"})
        assert workflow.status_code == 201, workflow.text
        path = workflow.headers["location"].removeprefix(DOMAIN)
        begun = self.post(f"{path}/exchanges", members)
        assert begun.status_code == 201, begun.text
        return str(begun.headers["location"].removeprefix(DOMAIN))

    def state(self, path: str) -> Any:
        """Any: JSON that is looked into."""
        return self.client.get(path, headers=self.headers).json()

    def ask(self, path: str) -> Any:
        """Return the request, as a wallet gets it. Any: see `state`."""
        return self.client.post_json(path, {}).json()["verifiablePresentationRequest"]

    def answer(self, path: str, client: Client | None = None, **changes: Any) -> httpx.Response:
        """Let Alice answer. Any: what she does otherwise than asked."""
        request = self.ask(path) | changes
        presentation = self.venue.world.person(11).present(
            self.venue.credential, challenge=request["challenge"], domain=request["domain"]
        )
        return (client or self.client).post_json(path, {"verifiablePresentation": presentation})


@pytest.fixture
def desk(world: World, tmp_path: Path) -> Iterator[Desk]:
    venue = Venue(world, tmp_path)
    yield Desk(venue)
    venue.store.close()


def test_an_exchange_is_asked_answered_and_complete(desk: Desk) -> None:
    path = desk.begin(variables={"table": 7})
    assert desk.state(path)["state"] == "pending"
    request = desk.ask(path)
    assert request["domain"] == DOMAIN
    assert desk.ask(path) == request
    assert desk.state(path)["state"] == "active"
    answer = desk.answer(path)
    assert (answer.status_code, answer.json()) == (200, {})
    ended = desk.state(path)
    assert (ended["state"], ended["step"], ended["variables"]["table"]) == ("complete", "ask", 7)
    assert ended["variables"]["results"]["ask"]["outcome"] == "accepted"
    assert "lastError" not in ended


def test_an_exchange_is_answered_once(desk: Desk) -> None:
    """E1."""
    path = desk.begin()
    request = desk.ask(path)
    presentation = desk.venue.world.person(11).present(
        desk.venue.credential, challenge=request["challenge"], domain=request["domain"]
    )
    body: JSONObject = {"verifiablePresentation": presentation}
    assert desk.client.post_json(path, body).status_code == 200
    again = desk.client.post_json(path, body)
    assert (again.status_code, again.json()["detail"]) == (409, "this exchange is complete")
    assert desk.client.post_json(path, {}).status_code == 409
    assert desk.client.get(f"{path}/request").json() == {}


def test_of_answers_at_the_same_moment_one_ends_it(desk: Desk) -> None:
    """E1, M10: two applications over one database, as two workers are."""
    path = desk.begin()
    clients = [desk.client, desk.venue.client()]
    request = desk.ask(path)
    presentation = desk.venue.world.person(11).present(
        desk.venue.credential, challenge=request["challenge"], domain=request["domain"]
    )
    statuses: list[int] = []

    def answer(number: int) -> None:
        sent = clients[number % 2].post_json(path, {"verifiablePresentation": presentation})
        statuses.append(sent.status_code)

    threads = [threading.Thread(target=answer, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(statuses)[0] == 200
    assert set(sorted(statuses)[1:]) <= {400, 409}


@pytest.mark.parametrize(
    "changes", [{"challenge": "other"}, {"domain": "https://other.example"}, {"domain": f"{DOMAIN}/"}]
)
def test_what_answers_something_else_does_not_end_it(desk: Desk, changes: dict[str, str]) -> None:
    """E2, E3."""
    path = desk.begin()
    refused = desk.answer(path, **changes)
    assert refused.status_code == 400
    state = desk.state(path)
    assert (state["state"], state["lastError"]["code"]) == ("active", "not-verified")
    assert desk.answer(path).status_code == 200


@pytest.mark.parametrize(
    ("queries", "detail"),
    [
        ([{"credentialQuery": {"example": {"type": "TestResultCredential"}}}], "/type"),
        (
            [{"credentialQuery": {"example": {"credentialSubject": {"vaccination": {"lot": ""}}}}}],
            "/credentialSubject/vaccination/lot",
        ),
        (
            [{"credentialQuery": {"example": {}, "acceptedIssuers": [{"id": "did:web:other.example"}]}}],
            "another issuer",
        ),
        (
            [{"credentialQuery": {"example": {}, "acceptedCryptosuites": [{"cryptosuite": "bbs-2023"}]}}],
            "another cryptosuite",
        ),
        ([{"type": "DIDAuthentication", "acceptedMethods": [{"method": "web"}]}], "another method"),
        (
            [{"type": "DIDAuthentication", "acceptedCryptosuites": [{"cryptosuite": "eddsa-rdfc-2022"}]}],
            "another cryptosuite",
        ),
        (
            [
                {"group": "a", "credentialQuery": {"example": {}}},
                {"group": "a", "type": "DIDAuthentication", "acceptedMethods": [{"method": "web"}]},
            ],
            "another method",
        ),
    ],
)
def test_an_answer_to_less_than_was_asked_ends_it_as_invalid(
    desk: Desk, queries: list[JSONObject], detail: str
) -> None:
    """E17."""
    path = desk.begin(*({"type": "QueryByExample"} | query for query in queries))
    refused = desk.answer(path)
    assert refused.status_code == 400
    assert detail in refused.json()["detail"]
    state = desk.state(path)
    assert (state["state"], state["lastError"]["code"]) == ("invalid", "not-answered")
    assert desk.client.post_json(path, {}).status_code == 409


def test_one_alternative_that_is_answered_is_enough(desk: Desk) -> None:
    other: JSONObject = {
        "type": "QueryByExample",
        "credentialQuery": {"example": {"type": "TestResultCredential"}},
    }
    path = desk.begin(other, ENTRY)
    assert desk.answer(path).status_code == 200


def test_all_of_a_group_that_is_answered_is_enough(desk: Desk) -> None:
    authentication: JSONObject = {
        "type": "DIDAuthentication",
        "group": "g",
        "acceptedMethods": [{"method": "key"}],
    }
    path = desk.begin({**ENTRY, "group": "g"}, authentication)
    assert desk.answer(path).status_code == 200


def test_what_was_withdrawn_ends_it_as_invalid(desk: Desk) -> None:
    world = desk.venue.world
    world.issuer.revoke(world.last_record_id, reason=None, now=world.clock.now)
    path = desk.begin()
    assert "revoked" in desk.answer(path).json()["detail"]
    state = desk.state(path)
    assert (state["state"], state["lastError"]) == ("invalid", {"code": "refused", "reasons": ["revoked"]})


def test_an_exchange_expires_and_is_forgotten_with_what_was_disclosed(desk: Desk) -> None:
    """M7, M8."""
    answered, unanswered = desk.begin(), desk.begin()
    desk.answer(answered)
    desk.venue.world.clock.advance(minutes=16)
    for path in (answered, unanswered):
        assert desk.client.get(path, headers=desk.headers).status_code == 404
        assert desk.client.post_json(path, {}).status_code == 404
        assert desk.client.get(f"/interactions/{path.rpartition('/')[2]}?iuv=1").status_code == 404
    desk.begin()
    with desk.venue.store.database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM exchanges").scalar_one() == 1


def test_logs_tell_nothing_of_a_person(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """M8: neither for an answer that is taken nor for those that are refused."""
    caplog.set_level(0)
    path = desk.begin()
    desk.answer(path, challenge="other")
    desk.answer(path)
    desk.client.post_json("/credentials/verify", {"verifiableCredential": desk.venue.credential})
    # What the tests' own client says of itself is not the service's.
    logged = "\n".join(record.getMessage() for record in caplog.records if record.name != "httpx")
    for private in ("Aulus", desk.venue.world.person(11).did, path.rpartition("/")[2], "proofValue"):
        assert private not in logged


def test_open_exchanges_are_bounded(desk: Desk) -> None:
    """M7."""
    desk.client = desk.venue.client(max_open_exchanges=1)
    path = desk.begin()
    refused = desk.post(path.rpartition("/")[0], {})
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")


def test_only_who_starts_exchanges_may_read_their_outcome(desk: Desk) -> None:
    """E15."""
    path = desk.begin()
    desk.answer(path)
    workflow = path.partition("/exchanges")[0]
    for answer in (
        desk.client.get(path),
        desk.client.get(workflow),
        desk.client.post_json("/workflows", {}),
        desk.client.post_json(f"{workflow}/exchanges", {}),
    ):
        assert answer.status_code == 401


def test_the_database_holds_no_exchange_id_and_no_challenge(desk: Desk) -> None:
    path = desk.begin()
    challenge = desk.ask(path)["challenge"]
    with desk.venue.store.database.reading() as connection:
        rows = str(connection.exec_driver_sql("SELECT * FROM exchanges").all())
    assert path.rpartition("/")[2] not in rows
    assert challenge not in rows


def test_an_exchange_of_another_workflow_is_not_found(desk: Desk) -> None:
    first, second = desk.begin(), desk.begin()
    mixed = first.partition("/exchanges")[0] + "/exchanges/" + second.rpartition("/")[2]
    assert desk.client.post_json(mixed, {}).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"verifiablePresentation": {"type": "VerifiableCredential"}},
        {"verifiablePresentation": {}},
        {"verifiablePresentationRequest": {"query": {"type": "DIDAuthentication"}}},
        {"unknown": 1},
    ],
)
def test_a_turn_that_is_none_changes_nothing(desk: Desk, body: JSONObject) -> None:
    path = desk.begin()
    assert desk.client.post_json(path, body).status_code == 400
    assert desk.state(path)["state"] == "pending"


def test_a_wallet_is_told_the_protocols_and_a_person_gets_a_page(desk: Desk) -> None:
    path = desk.begin()
    interaction = f"/interactions/{path.rpartition('/')[2]}?iuv=1"
    expected = {"protocols": {"vcapi": DOMAIN + path}}
    told = desk.client.get(interaction, headers={"accept": "application/json"})
    assert told.json() == expected
    assert desk.client.get(f"{path}/protocols").json() == expected
    page = desk.client.get(interaction, headers={"accept": "text/html,*/*"})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert DOMAIN + interaction in page.text
    for foreign in ("<script", "src=", "<link", "style="):
        assert foreign not in page.text
    assert len(DOMAIN + interaction) <= 400


def test_the_page_shows_names_as_text(desk: Desk) -> None:
    """J7."""
    desk.client = desk.venue.client(name="<script>alert(1)</script>", purpose="a & b")
    path = desk.begin()
    page = desk.client.get(f"/interactions/{path.rpartition('/')[2]}?iuv=1").text
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "a &amp; b" in page


@pytest.mark.parametrize("query", ["", "?iuv=2", "?iuv=1x"])
def test_an_interaction_url_of_another_version_is_refused(desk: Desk, query: str) -> None:
    path = desk.begin()
    assert desk.client.get(f"/interactions/{path.rpartition('/')[2]}{query}").status_code == 400


def test_reference_ids_are_echoed(desk: Desk) -> None:
    path = desk.begin()
    turn = desk.client.post_json(path, {"referenceId": "urn:uuid:1"}).json()
    assert turn["referenceId"] == "urn:uuid:1"


def test_an_exchange_is_judged_by_the_rules_of_the_settings(desk: Desk) -> None:
    config = desk.venue.config
    rule_store(config).save("strict", rule_set(BOOSTED), source="test", now=desk.venue.world.clock.now)
    asking = desk.venue.client(rules="strict", rules_country="XX")
    path = desk.begin()

    answer = desk.answer(path, asking)

    assert answer.status_code == 400
    state = desk.state(path)
    assert (state["state"], state["lastError"]["code"]) == ("invalid", "refused")
    assert "rules-not-met" in state["lastError"]["reasons"]

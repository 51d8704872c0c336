"""verifier.app: the verifier over HTTP, with a database, tokens and challenges of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from runtime.service_app import RateLimit
from tests.asgi import Client
from tests.venue import DOMAIN, Venue
from tests.world import World
from vclib.proofs import drop_base_proofs
from vclib.strict_json import JSONObject
from verifier.access import AccessTokens
from verifier.app import create_verifier_app


@pytest.fixture
def venue(world: World, tmp_path: Path) -> Iterator[Venue]:
    venue = Venue(world, tmp_path)
    yield venue
    venue.store.close()


def ask(client: Client) -> tuple[str, str]:
    sent = client.ask("POST", "/challenges").json()
    return sent["challenge"], sent["domain"]


def verify(client: Client, presentation: JSONObject, **options: str) -> httpx.Response:
    return client.post_json(
        "/presentations/verify", {"verifiablePresentation": presentation, "options": dict(options)}
    )


def titles(answer: httpx.Response) -> list[str]:
    return [problem["title"] for problem in answer.json()["problemDetails"]]


def present(venue: Venue, challenge: str, domain: str = DOMAIN) -> JSONObject:
    return venue.world.person(11).present(venue.credential, challenge=challenge, domain=domain)


def test_a_challenge_is_answered_once(venue: Venue) -> None:
    """E1."""
    client = venue.client()
    challenge, domain = ask(client)
    assert domain == DOMAIN
    presentation = present(venue, challenge)
    answer = verify(client, presentation, challenge=challenge, domain=domain)
    assert (answer.status_code, answer.json()) == (200, {"verified": True, "problemDetails": []})
    again = verify(client, presentation, challenge=challenge, domain=domain)
    assert (again.status_code, again.json()["verified"]) == (200, False)
    assert titles(again) == ["INVALID_CHALLENGE_ERROR"]


def test_the_domain_is_the_verifiers_own_whatever_the_caller_says(venue: Venue) -> None:
    """E2, E3."""
    client = venue.client()
    challenge, _ = ask(client)
    elsewhere = present(venue, challenge, "https://other.example")
    for options in ({"domain": "https://other.example"}, {"domain": f"{DOMAIN}/"}):
        answer = verify(client, elsewhere, challenge=challenge, **options)
        assert (answer.json()["verified"], titles(answer)) == (False, ["INVALID_DOMAIN_ERROR"])
    assert titles(verify(client, elsewhere, challenge=challenge)) == ["INVALID_DOMAIN_ERROR"]
    # None of these answered it.
    assert verify(client, present(venue, challenge), challenge=challenge).json()["verified"] is True


def test_a_challenge_that_was_not_sent_here_is_refused(venue: Venue) -> None:
    client = venue.client()
    answer = verify(client, present(venue, "mine"), challenge="mine", domain=DOMAIN)
    assert (answer.json()["verified"], titles(answer)) == (False, ["INVALID_CHALLENGE_ERROR"])
    assert titles(verify(client, present(venue, "mine"), domain=DOMAIN)) == ["INVALID_CHALLENGE_ERROR"]


def test_a_presentation_nobody_asked_for_carries_a_warning(venue: Venue) -> None:
    client = venue.client()
    answer = verify(client, present(venue, "mine"))
    assert (answer.json()["verified"], titles(answer)) == (True, ["not-fresh"])


def test_of_answers_at_the_same_moment_one_is_taken(venue: Venue) -> None:
    """E1, M10: two applications over one database, as two workers are."""
    clients = [venue.client(), venue.client()]
    challenge, _ = ask(clients[0])
    presentation = present(venue, challenge)
    verified: list[bool] = []

    def answer(number: int) -> None:
        result = verify(clients[number % 2], presentation, challenge=challenge)
        verified.append(result.json()["verified"])

    threads = [threading.Thread(target=answer, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(verified) == [False] * 5 + [True]


def test_open_challenges_are_bounded(venue: Venue) -> None:
    """M7."""
    client = venue.client(max_open_challenges=2)
    assert [client.ask("POST", "/challenges").status_code for _ in range(2)] == [200, 200]
    refused = client.ask("POST", "/challenges")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
    assert refused.headers["content-type"] == "application/problem+json"
    venue.world.clock.advance(minutes=11)
    assert client.ask("POST", "/challenges").status_code == 200


@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [
        (b"", None, 200),
        (b"{}", "application/json", 200),
        (b'{"domain": "https://evil.example"}', "application/json", 400),
        (b"{}", None, 413),
        (b"{}", "text/plain", 415),
        (b"{", "application/json", 400),
    ],
)
def test_there_is_nothing_to_choose_about_a_challenge(
    venue: Venue, content: bytes, media_type: str | None, status: int
) -> None:
    headers = {} if media_type is None else {"content-type": media_type}
    assert venue.client().ask("POST", "/challenges", content=content, headers=headers).status_code == status


def test_many_requests_of_one_address_are_slowed_down(venue: Venue) -> None:
    """M7."""
    app = create_verifier_app(
        venue.config,
        venue.store,
        None,
        clock=lambda: venue.world.clock.now,
        fetch=None,
        rate=RateLimit(requests_per_second=1, burst=2),
    )
    statuses = [Client(app).ask("POST", "/challenges").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]


def test_nothing_is_fetched_for_an_issuer_that_nobody_trusts(venue: Venue) -> None:
    """G11."""
    credential = drop_base_proofs(venue.credential)
    stranger = {**credential, "issuer": {"id": "did:web:evil.example"}}
    answer = venue.client().post_json("/credentials/verify", {"verifiableCredential": stranger})
    assert (answer.status_code, answer.json()["verified"], venue.fetched) == (200, False, [])


def test_a_list_is_fetched_once_for_many_checks(venue: Venue) -> None:
    """H12: and its host learns nothing but that somebody is checked."""
    client = venue.client()
    for _ in range(3):
        challenge, _ = ask(client)
        assert verify(client, present(venue, challenge), challenge=challenge).json()["verified"]
    assert sorted(venue.fetched) == sorted(venue.world.status_lists)


def test_a_copy_that_is_old_is_said_to_be(venue: Venue) -> None:
    """G10, H1, M4."""
    client = venue.client()
    credential = drop_base_proofs(venue.credential)
    assert client.post_json("/credentials/verify", {"verifiableCredential": credential}).json()["verified"]
    venue.is_down = True
    venue.world.clock.advance(hours=1)
    answer = client.post_json("/credentials/verify", {"verifiableCredential": credential})
    assert (answer.json()["verified"], titles(answer)) == (True, ["old-copy", "old-copy"])
    venue.world.clock.advance(days=2)
    answer = client.post_json("/credentials/verify", {"verifiableCredential": credential})
    assert titles(answer) == ["fetch", "fetch"]


def test_an_older_list_is_said_to_be(venue: Venue) -> None:
    """H7."""
    client = venue.client()
    credential = drop_base_proofs(venue.credential)
    before = dict(venue.world.status_lists)
    venue.world.clock.advance(minutes=1)
    venue.world.issuer.revoke(venue.world.last_record_id, reason=None, now=venue.world.clock.now)
    body: JSONObject = {"verifiableCredential": credential}
    assert titles(client.post_json("/credentials/verify", body)) == ["status-set"]
    venue.served = before
    venue.world.clock.advance(minutes=10)
    assert titles(client.post_json("/credentials/verify", body)) == ["status-list-older"]


def test_requests_need_a_token_where_the_settings_say_so(venue: Venue) -> None:
    token = AccessTokens(venue.store.database).create("door-1", now=venue.world.clock.now)
    client = venue.client(tokens_for="everything")
    refused = client.ask("POST", "/challenges")
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    for header in ("Bearer", "Bearer wrong", f"Basic {token}", f"bearer {token} x"):
        answer = client.ask("POST", "/challenges", headers={"authorization": header})
        assert answer.status_code == 401
    accepted = client.ask("POST", "/challenges", headers={"authorization": f"Bearer {token}"})
    assert accepted.status_code == 200


@pytest.mark.parametrize(
    ("tokens_for", "path", "needs_name"),
    [
        ("nothing", "/", True),
        ("nothing", "/desk", True),
        ("nothing", "/requests", True),
        ("nothing", "/page/text", True),
        ("nothing", "/credentials/verify", True),
        ("exchanges", "/credentials/verify", True),
        ("exchanges", "/challenges", True),
        ("exchanges", "/page/text", False),
        ("everything", "/credentials/verify", False),
        ("nothing", "/healthz", False),
    ],
)
def test_where_no_token_is_asked_for_a_request_needs_the_verifiers_name(
    venue: Venue, tokens_for: str, path: str, needs_name: bool
) -> None:
    """M6: a page that gives this machine's address to its own name is not answered."""
    config = replace(venue.config, tokens_for=tokens_for)
    clock = venue.world.clock
    app = create_verifier_app(
        config, venue.store, None, clock=lambda: clock.now, fetch=None, hosts={"venue.example"}
    )
    method = "GET" if path in ("/", "/desk", "/healthz") else "POST"
    headers = {"content-type": "application/json"}

    def status(host: str) -> int:
        return Client(app).ask(method, path, content=b"{}", headers={**headers, "host": host}).status_code

    assert (status("evil.example") == 421) is needs_name
    assert status("venue.example:8442") != 421


def test_answers_are_for_nobody_else(venue: Venue) -> None:
    """M6."""
    answer = venue.client().ask("POST", "/challenges")
    assert answer.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_a_database_that_is_gone_decides_nothing(venue: Venue) -> None:
    """M11: 503, without a word of what is wrong inside, and in order again when it is back."""
    client = venue.client()
    challenge, _ = ask(client)
    presentation = present(venue, challenge)
    file = venue.config.database_path
    venue.store.close()
    kept = file.rename(file.with_suffix(".away"))
    file.mkdir()
    answer = verify(client, presentation, challenge=challenge)
    assert answer.status_code == 503
    assert "verified" not in answer.json()
    assert "sqlite" not in answer.text
    file.rmdir()
    kept.rename(file)
    assert verify(client, presentation, challenge=challenge).json()["verified"] is True


def test_dids_are_resolved(venue: Venue) -> None:
    did = venue.world.person(11).did
    answer = venue.client().get(f"/identifiers/{did}")
    assert (answer.status_code, answer.json()["didDocument"]["id"]) == (200, did)

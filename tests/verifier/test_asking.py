"""verifier.asking and `ddcc verifier request`: a request is made by the service, its result is waited for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from runtime.door import Answer
from tests.verifier.presenters import Asking, Made
from tests.world import VACCINATION, World
from vclib.errors import FetchError
from vclib.policy import Outcome
from vclib.strict_json import parse_json_object
from verifier import cli_requests
from verifier.asking import VerifierClient, outcome_of, result_text
from verifier.cli import app

URL = "https://venue.example"


class Wire:
    """Carries requests to an application in this process, and notes them."""

    def __init__(self, asking: Asking) -> None:
        self.asking = asking
        self.sent: list[tuple[str, str, dict[str, str]]] = []

    def __call__(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        assert url.startswith(URL)
        self.sent.append((method, url, dict(headers or {})))
        found = self.asking.client.ask(
            method, url.removeprefix(URL), content=body or b"", headers=dict(headers or {})
        )
        return Answer(found.status_code, dict(found.headers), found.content)


@pytest.fixture
def wire(world: World, tmp_path: Path) -> Iterator[Wire]:
    asking = Asking(world, tmp_path)
    yield Wire(asking)
    asking.store.close()


def _made(wire: Wire, link: str) -> Made:
    return Made(wire.asking, {"link": link})


def test_a_request_is_made_and_its_result_waited_for(wire: Wire, world: World) -> None:
    client = VerifierClient(URL, wire, "secret-token")
    asked = client.ask("venue", kinds=["vaccination"], purpose="Entry")
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 2:
            holder = world.person(11)
            _made(wire, asked.link).answer_with(holder, world.mint(VACCINATION, holder))

    result = client.wait(asked, clock=lambda: world.clock.now, sleep=sleep)
    assert (outcome_of(result), slept) == (Outcome.ACCEPTED, [2.0, 2.0])
    lines = result_text(result)
    assert lines[:2] == ["ACCEPTED", "vaccination: accepted"]
    assert any("Aulus Agerius" in line for line in lines)
    assert not any("Status list" in line for line in lines)
    assert wire.sent[0][2]["authorization"] == "Bearer secret-token"


def test_waiting_ends_when_the_request_does(wire: Wire, world: World) -> None:
    client = VerifierClient(URL, wire)
    asked = client.ask("venue")
    with pytest.raises(FetchError, match="nobody answered in time"):
        client.wait(asked, clock=lambda: asked.expires, sleep=lambda _: None)
    world.clock.advance(minutes=30)
    with pytest.raises(FetchError, match="refuses: there is no such request"):
        client.result(asked)


def test_a_refused_order_is_told_in_the_services_words(wire: Wire) -> None:
    with pytest.raises(FetchError, match=r"expected a situation of venue.* \(400\)"):
        VerifierClient(URL, wire).ask("party")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (201, b"[]"),
        (201, b"{}"),
        (201, b'{"link":"x"}'),
        (201, b"\xff"),
        (200, b"{}"),
        (401, b""),
        (500, b"<html>"),
    ],
)
def test_a_service_that_answers_something_else_is_refused(status: int, body: bytes) -> None:
    def exchange(method: str, url: str, **_: Any) -> Answer:
        return Answer(status, {}, body)

    with pytest.raises(FetchError, match=URL):
        VerifierClient(URL, exchange).ask("venue")


def test_what_a_wallet_declined_is_told() -> None:
    result = {"outcome": "none", "error": "access_denied"}
    assert outcome_of(result) is Outcome.REFUSED
    assert result_text(result) == ["NOTHING WAS PRESENTED: the wallet answers access_denied"]


def test_what_was_refused_is_told_with_its_reasons() -> None:
    reason = {"code": "not-as-asked", "message": "A part is missing."}
    result: Any = {
        "outcome": "refused",
        "presentations": [{"query": "test", "outcome": "refused", "reasons": [reason], "credentials": [{}]}],
    }
    assert outcome_of(result) is Outcome.REFUSED
    assert result_text(result)[:3] == ["REFUSED", "test: refused", "  [not-as-asked] A part is missing."]


def test_an_issuer_is_called_as_the_verifier_knows_it() -> None:
    """I7: what a credential calls its issuer is not shown."""
    claims = [{"pointer": "/issuer/name", "label": "Issuer", "display": "Ministry of Health"}]
    credential = {"verdict": {"outcome": "refused"}, "issuer": "did:key:z6Mk", "claims": claims}
    result: Any = {"outcome": "refused", "presentations": [{"query": "test", "credentials": [credential]}]}
    assert [line.split() for line in result_text(result)[2:]] == [
        ["issued", "by", "not", "recognised:", "did:key:z6Mk"]
    ]


# --- the command ----------------------------------------------------------------------------------


@pytest.fixture
def command(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> Wire:
    monkeypatch.setattr(cli_requests, "Exchanger", lambda **_: wire)
    return wire


def test_the_command_prints_the_link_and_a_code(command: Wire, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("abc\n")
    run = CliRunner().invoke(
        app, ["request", "--for", "venue", "--url", URL + "/", "--token-file", str(token)]
    )
    assert run.exit_code == 0, run.output
    assert run.stdout.startswith("openid4vp://?client_id=decentralized_identifier%3A")
    assert "\u2580" in run.stdout
    assert command.sent[0][2]["authorization"] == "Bearer abc"


def test_the_command_writes_a_picture_and_json(command: Wire, tmp_path: Path) -> None:
    picture = tmp_path / "request.png"
    run = CliRunner().invoke(app, ["request", "--for", "test", "--url", URL, "--qr", str(picture), "--json"])
    assert run.exit_code == 0, run.output
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert parse_json_object(run.stdout).keys() == {"link", "expires", "transactionId"}


def test_the_command_waits_and_ends_with_the_outcome(
    command: Wire, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sleep(_seconds: float) -> None:
        transaction = command.sent[0]
        assert transaction[0] == "POST"
        request_id = _only_request(command)
        command.asking.post(f"/responses/{request_id}", {"error": "access_denied", "state": request_id})

    monkeypatch.setattr(cli_requests.time, "sleep", sleep)
    monkeypatch.setattr(cli_requests, "utc_now", lambda: world.clock.now)
    run = CliRunner().invoke(app, ["request", "--for", "venue", "--url", URL, "--wait", "--json"])
    assert run.exit_code == 1, run.output
    assert parse_json_object(run.stdout)["result"] == {"outcome": "none", "error": "access_denied"}


def test_what_was_kept_opens_the_result_once(command: Wire, tmp_path: Path) -> None:
    kept = tmp_path / "asked.json"
    asked = CliRunner().invoke(app, ["request", "--for", "venue", "--url", URL, "--keep", str(kept)])
    assert asked.stdout.splitlines()[-1] == f"next: ddcc verifier result {kept}"
    assert kept.stat().st_mode & 0o077 == 0
    early = CliRunner().invoke(app, ["result", str(kept)])
    assert (early.exit_code, early.stdout.startswith("nobody has answered yet")) == (3, True)
    request_id = _only_request(command)
    command.asking.post(f"/responses/{request_id}", {"error": "access_denied", "state": request_id})
    told = CliRunner().invoke(app, ["result", str(kept)])
    assert told.exit_code == 1
    assert told.stdout == "NOTHING WAS PRESENTED: the wallet answers access_denied\n"
    again = CliRunner().invoke(app, ["result", str(kept)])
    assert (again.exit_code, "has told the result before" in again.stderr) == (3, True)


@pytest.mark.parametrize("content", ["{}", "[]", '{"url":"https://venue.example"}'])
def test_a_file_that_keeps_no_request_is_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / "asked.json").write_text(content)
    assert CliRunner().invoke(app, ["result", str(tmp_path / "asked.json")]).exit_code == 4


def test_who_may_not_ask_is_told_that_a_token_is_missing() -> None:
    def exchange(method: str, url: str, **_: Any) -> Answer:
        return Answer(401, {}, b"")

    with pytest.raises(FetchError, match="wants an access token"):
        VerifierClient(URL, exchange).ask("venue")
    with pytest.raises(FetchError, match="wants another access token"):
        VerifierClient(URL, exchange, "abc").ask("venue")


@pytest.mark.parametrize(
    "options",
    [
        ["--for", "party"],
        ["--for", "venue", "--qr", "code.gif"],
        ["--for", "venue", "--token-file", "missing"],
    ],
)
def test_the_command_refuses_by_name(command: Wire, options: list[str]) -> None:
    run = CliRunner().invoke(app, ["request", "--url", URL, *options])
    assert run.exit_code not in (0, 1), run.output
    assert "Traceback" not in run.output


def test_an_empty_token_file_is_refused(command: Wire, tmp_path: Path) -> None:
    empty = tmp_path / "token"
    empty.write_bytes(b"")
    run = CliRunner().invoke(app, ["request", "--for", "venue", "--url", URL, "--token-file", str(empty)])
    assert run.exit_code != 0
    assert "expected an access token in its first line" in run.stderr


def _only_request(wire: Wire) -> str:
    from sqlalchemy import select

    from verifier.store import TABLES

    with wire.asking.store.database.reading() as connection:
        table = TABLES.tables["presentation_requests"]
        return str(connection.execute(select(table.c.request_id)).scalar_one())

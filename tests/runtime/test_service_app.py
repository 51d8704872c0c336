"""runtime.service_app: what every service answers alike, and what is written down about it."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import schemathesis
from fastapi import APIRouter, FastAPI, HTTPException
from fastapi.responses import Response
from hypothesis import settings

from runtime.limits import RateLimit
from runtime.logs import configure_logging
from runtime.service_app import create_service_app
from runtime.web import JSONBody, describe_body, json_response
from tests.asgi import Client
from vclib.errors import MalformedValueError, StoreError

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def nothing() -> None:
    return


def make_app(*, rate: RateLimit | None = None, clock: Clock | None = None, **options: object) -> FastAPI:
    app = create_service_app(
        "Test & Co",
        version="1",
        ready=options.pop("ready", nothing),  # type: ignore[arg-type]
        clock=clock or Clock(),
        rate=rate,
        **options,  # type: ignore[arg-type]
    )
    router = APIRouter(prefix="/people")

    @router.get("/{name}")
    def get(name: str) -> Response:
        """Return a person, <b>if</b> there is one."""
        if name == "nobody":
            raise HTTPException(404)
        if name == "fault":
            raise KeyError("Aulus Agerius")
        return json_response({"name": name})

    @router.delete("/{name}", status_code=204)
    def remove(name: str) -> Response:
        return Response(status_code=204)

    @router.post("", openapi_extra=describe_body(name={"type": "string"}), status_code=201)
    def add(body: JSONBody) -> Response:
        if set(body) != {"name"} or not isinstance(body["name"], str):
            raise MalformedValueError("expected a name and nothing else")
        return json_response({}, status=201)

    app.include_router(router)
    return app


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    root, stream = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    configure_logging(stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(log: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_a_request_leaves_one_line_in_which_nobody_is(log: io.StringIO) -> None:
    """M8."""
    answer = Client(make_app()).get("/people/Aulus?born=1960", headers={"x-secret": "opensesame"})
    (line,) = lines(log)
    assert isinstance(line.pop("duration_ms"), float)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", str(line.pop("timestamp")))
    assert re.fullmatch("[0-9a-f]{16}", answer.headers["x-request-id"])
    assert line == {
        "level": "info",
        "logger": "runtime.requests",
        "event": "request",
        "request_id": answer.headers["x-request-id"],
        "method": "GET",
        "route": "/people/{name}",
        "status": 200,
    }
    for private in ("Aulus", "1960", "opensesame", "127.0.0.1"):
        assert private not in log.getvalue()


def test_ids_of_requests_are_not_repeated_nor_taken_from_the_client() -> None:
    client = Client(make_app())
    ids = {client.get("/healthz", headers={"x-request-id": "mine"}).headers["x-request-id"] for _ in range(3)}
    assert len(ids) == 3
    assert "mine" not in ids


def test_a_fault_is_logged_by_class_and_place_only(log: io.StringIO) -> None:
    """M8: messages of exceptions repeat what was sent."""
    answer = Client(make_app()).get("/people/fault")
    assert answer.status_code == 500
    assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    (line,) = lines(log)
    assert (line["level"], line["status"], line["request_id"]) == (
        "error",
        500,
        answer.headers["x-request-id"],
    )
    try:
        {}["Aulus Agerius"]
    except KeyError:
        logging.getLogger("uvicorn.error").exception("Exception in %s\nAulus", "Agerius")
    line = lines(log)[1]
    assert line["event"] == "Exception in %s"
    assert isinstance(line["fault"], list)
    assert line["fault"][0] == "KeyError"
    assert "Aulus" not in log.getvalue()
    assert "Agerius" not in log.getvalue()


def test_messages_of_our_own_are_written_whole(log: io.StringIO) -> None:
    logging.getLogger("runtime.database").warning("the database %s was brought forward", "x")
    (line,) = lines(log)
    assert (line["event"], line["level"], line["logger"]) == (
        "the database x was brought forward",
        "warning",
        "runtime.database",
    )


def test_metrics_count_by_route_and_hold_nobody() -> None:
    """M8."""
    client = Client(make_app())
    for path in ("/people/Aulus", "/people/Numerius", "/people/nobody", "/nowhere/Aulus"):
        client.get(path)
    client.ask("AULUS", "/people/x")
    answer = client.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert 'ddcc_http_requests_total{method="GET",route="/people/{name}",status="2xx"} 2.0' in answer.text
    assert 'ddcc_http_requests_total{method="GET",route="/people/{name}",status="4xx"} 1.0' in answer.text
    assert 'ddcc_http_requests_total{method="GET",route="none",status="4xx"} 1.0' in answer.text
    assert 'ddcc_http_requests_total{method="other",route="/people/{name}",status="4xx"} 1.0' in answer.text
    assert 'ddcc_http_request_seconds_count{route="/people/{name}"} 4.0' in answer.text
    assert "Aulus" not in answer.text
    assert "AULUS" not in answer.text


def test_a_service_lives_and_is_ready_or_says_that_it_is_not(log: io.StringIO) -> None:
    """M11."""
    problems = [StoreError("the database /secret/place is locked")]

    def ready() -> None:
        if problems:
            raise problems.pop()

    client = Client(make_app(ready=ready))
    assert client.get("/healthz").json() == {"status": "ok"}
    refused = client.get("/readyz")
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert "/secret" not in refused.text
    assert "the database /secret/place is locked" in log.getvalue()
    assert client.get("/readyz").json() == {"status": "ready"}


def test_who_asks_too_often_is_told_when_to_come_again_and_others_are_served() -> None:
    """M7."""
    clock = Clock()
    app = make_app(rate=RateLimit(requests_per_second=0.5, burst=2), clock=clock)
    assert [ask_from(app, "192.0.2.1").status_code for _ in range(3)] == [200, 200, 429]
    refused = ask_from(app, "192.0.2.1")
    assert refused.headers["retry-after"] == "2"
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["status"] == 429
    assert ask_from(app, "192.0.2.2").status_code == 200
    clock.now += timedelta(seconds=2)
    assert [ask_from(app, "192.0.2.1").status_code for _ in range(2)] == [200, 429]


def ask_from(app: FastAPI, address: str, path: str = "/people/x") -> httpx.Response:
    async def from_address(scope, receive, send):  # type: ignore[no-untyped-def]
        await app({**scope, "client": (address, 1)}, receive, send)

    return Client(from_address).get(path)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/people/a%00b", 404),
        ("/people/%0d%0aSet-Cookie:x", 404),
        ("/people/%ff", 400),
        ("/%C0%AF", 400),
        ("/people/%ED%A0%80", 400),
    ],
)
def test_a_path_that_is_no_text_is_refused(path: str, status: int) -> None:
    answer = Client(make_app()).get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_head_that_is_too_large_is_refused() -> None:
    client = Client(make_app())
    assert client.get("/people/x", headers={"x-large": "a" * 17_000}).status_code == 431
    assert client.get("/people/" + "x" * 17_000).status_code == 431
    assert client.get("/people/" + "x" * 9_000).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/people/x", "GET, HEAD, DELETE"),
        ("OPTIONS", "/people/x", "GET, HEAD, DELETE"),
        ("GET", "/people", "POST"),
        ("HEAD", "/people", "POST"),
        ("POST", "/healthz", "GET, HEAD"),
    ],
)
def test_a_method_that_a_path_does_not_know_is_answered_with_those_it_does(
    method: str, path: str, allow: str
) -> None:
    answer = Client(make_app()).ask(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allow)


def test_head_is_get_without_a_body() -> None:
    client = Client(make_app())
    got, headed = client.get("/people/x"), client.ask("HEAD", "/people/x")
    assert (headed.status_code, headed.content) == (200, b"")
    assert headed.headers["content-length"] == got.headers["content-length"] == str(len(got.content))
    assert client.ask("HEAD", "/people/nobody").status_code == 404


def test_the_description_names_every_refusal_and_no_error_of_the_framework() -> None:
    document = Client(make_app()).get("/openapi.json").json()
    assert "HTTPValidationError" not in json.dumps(document)
    assert {"/people", "/people/{name}"} == set(document["paths"])
    answers = document["paths"]["/people"]["post"]["responses"]
    refused = {"400", "401", "403", "404", "405", "408", "411", "413", "415", "422", "429", "431", "503"}
    assert set(answers) == {"201", *refused}
    assert document["components"]["responses"]["Refused429"]["headers"]["Retry-After"]


def test_the_page_of_the_description_loads_nothing() -> None:
    answer = Client(make_app()).get("/docs")
    assert answer.status_code == 200
    assert "POST /people" in answer.text
    assert "Test &amp; Co" in answer.text
    assert "&lt;b&gt;if&lt;/b&gt;" in answer.text
    assert re.findall(r"(?:src|href)=\"(.*?)\"", answer.text) == ["openapi.json"]
    assert "<script" not in answer.text
    (style,) = re.findall(r"<style>(.*?)</style>", answer.text)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = answer.headers["content-security-policy"]
    assert f"style-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; frame-ancestors 'none'")


def test_the_page_can_be_left_out() -> None:
    assert Client(make_app(docs=False)).get("/docs").status_code == 404


schema = schemathesis.openapi.from_asgi("/openapi.json", make_app())


@schema.parametrize()
@settings(max_examples=25)
def test_what_is_described_is_what_is_answered(case: schemathesis.Case) -> None:
    case.call_and_validate()

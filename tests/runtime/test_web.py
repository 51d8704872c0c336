"""runtime.web: bodies under limits, and failures answered as problems that say nothing of the inside."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Annotated, Any

import httpx
import pytest
from fastapi import Depends, Query, Request
from fastapi.responses import Response

from runtime.web import (
    PROBLEM_MEDIA_TYPE,
    JSONBody,
    RequestError,
    create_app,
    describe_body,
    json_body,
    json_response,
)
from tests.asgi import Client
from vclib.errors import ConfigurationError, InvalidDomainError, RecordError, StoreError, VCError
from vclib.strict_json import JSONObject

SmallBody = Annotated[JSONObject, Depends(json_body(max_bytes=64))]
FAILURES: dict[str, Exception] = {
    "domain": InvalidDomainError("expected another domain"),
    "record": RecordError("cannot be", element="dose"),
    "store": StoreError("cannot open /var/lib/ddcc/issuer.sqlite"),
    "configuration": ConfigurationError("no such key file: /etc/secret"),
    "fault": KeyError("Mira Okafor"),
}


def client() -> Client:
    app = create_app("test", version="1")

    @app.post("/echo", openapi_extra=describe_body(member={"type": "string"}))
    def echo(body: JSONBody) -> Response:
        return json_response(body)

    @app.post("/small")
    def small(body: SmallBody) -> Response:
        return json_response(body)

    @app.get("/fails/{how}")
    def fails(how: str, times: Annotated[int, Query()] = 1) -> Response:
        raise FAILURES[how]

    return Client(app)


CLIENT = client()


def post(content: bytes | Iterable[bytes], path: str = "/echo", **headers: str) -> httpx.Response:
    """Send a body; names of headers are written with "_" for "-"."""
    sent = {"content-type": "application/json", **{name.replace("_", "-"): headers[name] for name in headers}}
    return CLIENT.ask("POST", path, content=content, headers=sent)


def assert_problem(answer: httpx.Response, status: int, detail: str, type_: str = "about:blank") -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM_MEDIA_TYPE
    problem = answer.json()
    assert problem.keys() == {"type", "title", "status", "detail"}
    assert (problem["type"], problem["status"]) == (type_, status)
    assert detail in problem["detail"]


@pytest.mark.parametrize(
    "media_type",
    [
        "application/json",
        "application/ld+json",
        "Application/JSON; charset=UTF-8",
        'application/vc+json;profile="x"',
    ],
)
def test_json_under_any_of_its_names_is_read(media_type: str) -> None:
    answer = post(b'{"name":"M\xc3\xafra"}', content_type=media_type)
    assert (answer.status_code, answer.json()) == (200, {"name": "Mïra"})


@pytest.mark.parametrize(
    "headers",
    [
        {"content_type": "text/plain"},
        {"content_type": "application/x-www-form-urlencoded"},
        {"content_type": ""},
        {"content_type": "application/json; charset=utf-16"},
        {"content_type": "application/json, text/plain"},
        {"content_encoding": "gzip"},
    ],
    ids=str,
)
def test_body_of_another_kind_is_not_looked_at(headers: dict[str, str]) -> None:
    assert_problem(post(b"{}", **headers), 415, "expected")


def test_two_content_types_are_none() -> None:
    headers = [("content-type", "application/json"), ("content-type", "text/plain")]
    assert_problem(CLIENT.ask("POST", "/echo", content=b"{}", headers=headers), 415, "application/json")


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b"", "expected JSON"),
        (b'{"a":1', "expected JSON"),
        (b'{"a":1,"a":2}', "occurs twice"),
        (b'{"a":NaN}', "NaN"),
        (b'{"a":"\xff"}', "UTF-8"),
        (b'{"a":"\\ud800"}', "surrogate"),
        (b"[]", "expected a JSON object"),
        (b'{"a":9007199254740993}', "beyond 2^53"),
    ],
)
def test_body_that_is_not_one_strict_json_object_is_a_parsing_error(content: bytes, detail: str) -> None:
    assert_problem(post(content), 400, detail, "https://www.w3.org/TR/vc-data-model#PARSING_ERROR")


def test_deep_body_is_refused_before_it_is_parsed() -> None:
    content = b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}"
    assert_problem(post(content), 400, "deeper", "https://w3id.org/security#PROOF_TRANSFORMATION_ERROR")


def test_body_is_read_up_to_its_limit_and_no_byte_further() -> None:
    fits = b'{"a":"' + b"x" * 56 + b'"}'
    assert post(fits, "/small").status_code == 200
    assert_problem(post(fits + b" ", "/small"), 413, "limit of 64 bytes")


def test_large_body_is_cut_off_although_nothing_announced_it() -> None:
    sent = []

    def chunks() -> Iterator[bytes]:
        for number in range(1000):
            sent.append(number)
            yield b" " * 32

    assert_problem(post(chunks(), "/small"), 413, "limit of 64 bytes")


@pytest.mark.parametrize("announced", ["65", "99999999999999999999999"])
def test_announced_length_is_reason_enough_to_refuse(announced: str) -> None:
    assert_problem(post(b"{}", "/small", content_length=announced), 413, "limit of 64 bytes")


def asked(receive: Callable[[], Awaitable[dict[str, Any]]], seconds: float) -> JSONObject:
    """Read a body from an ASGI channel. Any: a message's type is the framework's."""
    scope = {"type": "http", "method": "POST", "headers": [(b"content-type", b"application/json")]}

    async def read() -> JSONObject:
        return await json_body(seconds=seconds)(Request(scope, receive))

    return asyncio.run(read())


def test_body_that_never_arrives_is_given_up() -> None:
    async def receive() -> dict[str, Any]:
        # Any: see `asked`.
        await asyncio.Event().wait()
        return {}

    with pytest.raises(RequestError, match="took too long") as caught:
        asked(receive, 0.01)
    assert caught.value.status is HTTPStatus.REQUEST_TIMEOUT


def test_client_that_leaves_early_has_sent_nothing() -> None:
    async def receive() -> dict[str, Any]:
        # Any: see `asked`.
        return {"type": "http.disconnect"}

    with pytest.raises(RequestError, match="before it was complete"):
        asked(receive, 5)


def test_refusal_has_the_type_of_its_standard() -> None:
    answer = CLIENT.get("/fails/domain")
    assert_problem(answer, 400, "another domain", "https://w3id.org/security#INVALID_DOMAIN_ERROR")
    assert answer.json()["title"] == "INVALID_DOMAIN_ERROR"


def test_refusal_that_no_standard_names_is_about_blank() -> None:
    assert_problem(CLIENT.get("/fails/record"), 400, "dose: cannot be")


@pytest.mark.parametrize("how", ["store", "configuration"])
def test_our_own_failure_is_503_and_is_told_to_the_log_only(
    how: str, caplog: pytest.LogCaptureFixture
) -> None:
    """M11."""
    answer = CLIENT.get(f"/fails/{how}")
    assert_problem(answer, 503, "cannot answer at the moment")
    failure = FAILURES[how]
    assert isinstance(failure, VCError)
    assert "/" not in answer.json()["detail"]
    assert failure.message in caplog.text


def test_mistake_of_ours_shows_neither_itself_nor_what_it_was_about() -> None:
    answer = CLIENT.get("/fails/fault")
    assert_problem(answer, 500, "made a mistake")
    assert "Mira" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_what_is_not_there_is_a_problem_too() -> None:
    assert_problem(CLIENT.get("/nothing"), 404, "")
    wrong = CLIENT.ask("DELETE", "/echo")
    assert_problem(wrong, 405, "")
    assert wrong.headers["allow"] == "POST"


def test_wrong_parameter_is_named_and_not_repeated() -> None:
    answer = CLIENT.get("/fails/domain", params={"times": "Mira"})
    assert_problem(answer, 400, "query.times")
    assert "Mira" not in answer.text


@pytest.mark.parametrize("path", ["/fails/domain", "/nothing", "/openapi.json"])
def test_no_answer_is_cached_framed_or_guessed_at(path: str) -> None:
    """M6."""
    headers = CLIENT.get(path).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_bodies_are_described_and_no_page_loads_scripts_of_others() -> None:
    described = CLIENT.get("/openapi.json").json()["paths"]["/echo"]["post"]["requestBody"]
    assert described["content"]["application/json"]["schema"]["required"] == ["member"]
    assert CLIENT.get("/docs").status_code == CLIENT.get("/redoc").status_code == 404

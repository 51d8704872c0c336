"""runtime.bearer: one token in one header, and RFC 6750's answers."""

from __future__ import annotations

from http import HTTPStatus

import httpx
import pytest
from fastapi import Depends
from fastapi.responses import Response

from runtime.bearer import bearer_refusal, bearer_token, require_token
from runtime.web import create_app
from tests.asgi import Client


def ask(*authorization: str) -> httpx.Response:
    app = create_app("test", version="1")

    @app.get("/", dependencies=[Depends(require_token("mF_9.B5f-4.1JqM".__eq__))])
    def read() -> Response:
        return Response()

    return Client(app).ask("GET", "/", headers=[("authorization", value) for value in authorization])


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_token_of_a_header_is_read(scheme: str) -> None:
    # The token of RFC 6750 section 2.1.
    assert bearer_token([f"{scheme} mF_9.B5f-4.1JqM"]) == "mF_9.B5f-4.1JqM"


@pytest.mark.parametrize(
    "headers",
    [
        [],
        ["Basic YTpi"],
        ["Bearer"],
        ["Bearer "],
        ["Bearer a b"],
        ["Bearer a,b"],
        ["Bearer \u00e9"],
        ["Bearer " + "a" * 501],
        ["Bearer a", "Bearer a"],
    ],
)
def test_anything_but_one_token_in_one_header_is_none(headers: list[str]) -> None:
    assert bearer_token(headers) is None


def test_a_route_lets_in_who_has_an_accepted_token() -> None:
    assert ask("Bearer mF_9.B5f-4.1JqM").status_code == 200


@pytest.mark.parametrize("authorization", [(), ("Bearer other",)])
def test_a_route_refuses_whoever_has_none(authorization: tuple[str, ...]) -> None:
    answer = ask(*authorization)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_a_refusal_names_realm_error_and_scope() -> None:
    refusal = bearer_refusal(HTTPStatus.FORBIDDEN, realm="example", error="insufficient_scope", scope="a b")
    assert refusal.status_code == 403
    assert refusal.headers == {
        "WWW-Authenticate": 'Bearer realm="example", error="insufficient_scope", scope="a b"'
    }

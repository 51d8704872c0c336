"""runtime.hosts: a request without a token was meant for this service, or is refused."""

from __future__ import annotations

import httpx
import pytest
from fastapi import Depends
from fastapi.responses import Response

from runtime.hosts import own_hosts, require_host
from runtime.web import create_app
from tests.asgi import Client


def ask(*hosts: str, listens_on: str = "127.0.0.1") -> httpx.Response:
    app = create_app("test", version="1")
    names = own_hosts("https://Venue.example:8442", listens_on=listens_on)

    @app.get("/", dependencies=[Depends(require_host(names))])
    def read() -> Response:
        return Response()

    return Client(app).ask("GET", "/", headers=[("host", host) for host in hosts])


@pytest.mark.parametrize(
    "host", ["venue.example", "VENUE.example:9", "localhost:8442", "127.0.0.1", "[::1]:8442"]
)
def test_its_own_name_and_loopback_are_answered_whatever_the_port(host: str) -> None:
    assert ask(host).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "venue.example.evil.example",
        "127.0.0.1.evil.example",
        "192.168.1.9",
        "",
        "[::1",
        "x@venue.example.evil",
    ],
)
def test_another_name_is_misdirected(host: str) -> None:
    answer = ask(host)
    assert answer.status_code == 421
    assert answer.headers["content-type"] == "application/problem+json"
    assert "another name" in answer.json()["detail"]


def test_two_names_are_refused() -> None:
    assert ask("venue.example", "evil.example").status_code == 421


def test_loopback_names_are_of_a_service_that_listens_there() -> None:
    """Where others reach it, a Host of loopback was made by somebody."""
    assert ask("localhost", listens_on="0.0.0.0").status_code == 421
    assert ask("venue.example", listens_on="0.0.0.0").status_code == 200
    assert ask("localhost", listens_on="localhost").status_code == 200

"""runtime.exchange: requests with bodies, and answers of every status. All on the loopback interface."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
from collections.abc import Sequence
from itertools import count

import pytest

from runtime.exchange import Answer, Exchanger
from runtime.fetch import LOOPBACK_WARNING
from tests.runtime.servers import Serve, answer, loopback
from vclib.errors import FetchError, FetchRefusedError


def local(**settings: object) -> Exchanger:
    return Exchanger(allow_loopback=True, resolve_host=loopback, **settings)  # type: ignore[arg-type]


def unreachable(host: str, port: int) -> Sequence[str]:
    raise AssertionError(f"{host} was resolved")


def test_posted_body_and_headers_arrive_and_the_answer_is_returned(serve: Serve) -> None:
    server = serve(answer(b'{"a": 1}', headers="Content-Type: Application/JSON; charset=utf-8\r\n"))

    got = local()(
        "POST",
        f"http://localhost:{server.port}/token?x=1",
        headers={"Content-Type": "application/x-www-form-urlencoded", "Authorization": "Bearer t"},
        body=b"grant_type=x",
    )

    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    lines = head.decode("ascii").lower().split("\r\n")
    assert lines[0] == "post /token?x=1 http/1.1"
    assert {"content-type: application/x-www-form-urlencoded", "authorization: bearer t"} <= set(lines)
    assert {"content-length: 12", "accept-encoding: identity", "user-agent: ddcc"} <= set(lines)
    assert body == b"grant_type=x"
    assert (got.status, got.media_type, got.body) == (200, "application/json", b'{"a": 1}')


def test_post_without_a_body_says_so(serve: Serve) -> None:
    """The nonce endpoint of OpenID4VCI takes an empty POST (VCI 7.1)."""
    server = serve(answer(b"{}"))

    local()("POST", f"http://localhost:{server.port}/nonce")
    assert b"\r\ncontent-length: 0\r\n" in server.requests[0].lower()


@pytest.mark.parametrize("status", ["201 Created", "202 Accepted", "400 Bad", "401 No", "404 No", "500 Oops"])
def test_answer_of_another_status_is_returned_with_its_body(serve: Serve, status: str) -> None:
    """A protocol's error is a JSON object in an answer of status 400."""
    server = serve(answer(b'{"error": "invalid_grant"}', status=status))

    got = local()("POST", f"http://localhost:{server.port}/token", body=b"")
    assert (got.status, got.body) == (int(status[:3]), b'{"error": "invalid_grant"}')


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", ["/again", "https://evil.example/", "javascript:x", None])
def test_redirect_is_never_followed(serve: Serve, method: str, status: int, location: str | None) -> None:
    """E10: not within the host, not even to the same path; whoever asked is told."""
    headers = f"Location: {location}\r\n" if location else ""
    server = serve(answer(b"", status=f"{status} Moved", headers=headers))

    with pytest.raises(FetchRefusedError, match=f"the redirect {status}, which is not followed"):
        local()(method, f"http://localhost:{server.port}/start")
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://health.example/token",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://user@health.example/",
        "https://xn--a/",
        "",
    ],
)
def test_url_that_is_no_plain_https_url_is_refused_before_anything_is_sent(url: str) -> None:
    """F12, G6."""
    with pytest.raises(FetchRefusedError):
        Exchanger(resolve_host=unreachable)("POST", url, body=b"secret")


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["10.1.2.3"], ["93.184.216.34", "::1"]])
def test_name_that_leads_to_a_private_address_is_refused_before_connecting(
    addresses: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """F12, G1."""
    connected: list[object] = []
    monkeypatch.setattr(socket, "create_connection", lambda *a, **k: connected.append(a))

    with pytest.raises(FetchRefusedError, match="is not a public address"):
        Exchanger(resolve_host=lambda host, port: addresses)("POST", "https://health.example/", body=b"x")
    assert connected == []


def test_header_that_would_begin_another_is_refused_and_not_shown() -> None:
    """K8: a token of another party is no line of ours, and no text for a message."""
    with pytest.raises(FetchRefusedError, match="'Authorization' is not one line") as caught:
        Exchanger(resolve_host=unreachable)(
            "POST", "https://health.example/", headers={"Authorization": "Bearer secret\r\nX: y"}
        )
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "name", ["Host", "content-length", "Transfer-Encoding", "Accept-Encoding", "connection"]
)
def test_headers_that_frame_the_message_are_not_a_callers(name: str) -> None:
    with pytest.raises(ValueError, match="is not a caller's to set"):
        Exchanger(resolve_host=unreachable)("GET", "https://health.example/", headers={name: "x"})


@pytest.mark.parametrize(
    ("method", "body"), [("GET", b""), ("DELETE", None), ("post", b""), ("CONNECT", None)]
)
def test_only_get_and_post_are_spoken(method: str, body: bytes | None) -> None:
    with pytest.raises(ValueError, match="expected a GET"):
        Exchanger(resolve_host=unreachable)(method, "https://health.example/", body=body)


def test_body_beyond_the_limit_is_neither_sent_nor_read(serve: Serve) -> None:
    """G5."""
    server = serve(answer(b"x" * 1001))

    with pytest.raises(FetchRefusedError, match="a body of 1001 bytes is not sent"):
        local(max_bytes=1000)("POST", f"http://localhost:{server.port}/", body=b"x" * 1001)
    assert server.requests == []
    with pytest.raises(FetchError, match="answers with 1001 bytes, more than 1000"):
        local(max_bytes=1000)("POST", f"http://localhost:{server.port}/", body=b"x")


def test_compressed_answer_is_refused_unopened(serve: Serve) -> None:
    """G5, J2: also in an error answer."""
    server = serve(answer(b"\x1f\x8b", status="400 Bad", headers="Content-Encoding: gzip\r\n"))

    with pytest.raises(FetchError, match="compressed"):
        local()("POST", f"http://localhost:{server.port}/", body=b"x")


def test_slow_answer_is_cut_off_at_the_time_limit(serve: Serve) -> None:
    """G5: a clock that runs one second per look stands for a body that trickles."""

    def endless(connection: socket.socket, request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 400 Bad\r\n\r\n")
        while True:
            connection.sendall(b"x" * 1000)

    ticks = count()
    server = serve(endless)
    with pytest.raises(FetchError, match="longer than the time limit"):
        local(clock=lambda: float(next(ticks)), timeout=12.0)("POST", f"http://localhost:{server.port}/")
    assert next(ticks) < 20


def test_server_that_never_answers_is_left(serve: Serve) -> None:
    """G5: the one wait that only real time can show; it is short."""
    finished = threading.Event()
    server = serve(lambda connection, request: finished.wait(10) and None)

    with pytest.raises(FetchError, match="longer than the time limit"):
        local(timeout=0.05)("POST", f"http://localhost:{server.port}/", body=b"x")
    finished.set()


def test_query_and_body_are_not_in_the_message(serve: Serve) -> None:
    """K8."""
    server = serve(b"garbage\r\n\r\n")

    with pytest.raises(FetchError) as caught:
        local()("POST", f"http://localhost:{server.port}/path?code=secret", body=b"tx_code=secret")
    assert "secret" not in str(caught.value)


def test_answer_shows_neither_headers_nor_body() -> None:
    """K8: what is printed by accident, in a traceback or a log line, holds no token."""
    assert repr(Answer(200, {"a": "secret"}, b"secret")) == "Answer(status=200)"


def test_allowing_loopback_is_said_loudly(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        Exchanger()
        assert caplog.records == []
        Exchanger(allow_loopback=True)
    assert [record.getMessage() for record in caplog.records] == [LOOPBACK_WARNING]


def test_context_that_does_not_verify_is_refused() -> None:
    """G7."""
    unverified = ssl.create_default_context()
    unverified.check_hostname = False

    with pytest.raises(ValueError, match="verifies certificates and host names"):
        Exchanger(ssl_context=unverified)


def test_https_url_of_this_machine_is_asked_over_tls(serve: Serve) -> None:
    """A server there that speaks none is not sent in clear what was meant to be encrypted."""
    server = serve(answer(b"{}"), at_once=True)
    with pytest.raises(FetchError, match=f"https://localhost:{server.port}"):
        local()("POST", f"https://localhost:{server.port}/token", body=b"secret")
    assert not any(b"secret" in request for request in server.requests)

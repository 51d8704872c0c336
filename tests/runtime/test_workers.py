"""runtime.serving with worker processes: real processes, real signals, one socket on loopback."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import threading
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from runtime.http_server import HTTPServer, tls_context
from runtime.serving import TLSFiles, bind, loopback_certificate, port_of, serve_workers
from tests.processes import running, wait_until
from tests.runtime.clients import SERVICE, ask_pid, pids, service
from vclib.errors import ConfigurationError


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.mark.parametrize(("workers", "number"), [(1, signal.SIGTERM), (2, signal.SIGINT)])
def test_a_service_answers_and_ends_well_when_it_is_asked_to(
    tmp_path: Path, workers: int, number: int
) -> None:
    with service(tmp_path, "--workers", workers) as (process, url):
        answered = pids(url, workers)
        assert process.popen.pid not in answered
        process.popen.send_signal(number)
        assert process.wait() == (0, "")
    # What the applications opened was closed.
    assert {f"closed-{pid}" for pid in answered} == {file.name for file in tmp_path.glob("closed-*")}


def test_a_request_in_flight_is_finished_and_no_other_begun(tmp_path: Path) -> None:
    """M12."""
    with service(tmp_path) as (process, url):
        answers: list[str] = []
        client = threading.Thread(target=lambda: answers.append(httpx.get(f"{url}/slow", timeout=30).text))
        client.start()
        wait_until((tmp_path / "asked").exists)
        process.ask_to_stop()
        wait_until(lambda: is_refused(url))
        (tmp_path / "go").touch()
        client.join()
        assert answers == ['"done"']
        assert process.wait() == (0, "")


def is_refused(url: str) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", int(url.rpartition(":")[2]))) != 0


def test_a_killed_worker_is_replaced_and_the_others_go_on(tmp_path: Path) -> None:
    with service(tmp_path, "--workers", 2) as (process, url):
        first, second = pids(url, 2)
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: not is_alive(first))
        # No request is lost meanwhile, but for what the killed one was doing.
        assert {ask_pid(url) for _ in range(5)} <= pids(url, 2) - {first}
        assert second in pids(url, 2)
        process.ask_to_stop()
        code, errors = process.wait()
    assert (code, errors) == (0, "a worker was ended by signal 9\n")


def test_workers_end_when_the_first_process_is_killed(tmp_path: Path) -> None:
    with service(tmp_path, "--workers", 2) as (process, url):
        answered = pids(url, 2)
        process.popen.kill()
        wait_until(lambda: not any(map(is_alive, answered)))


def test_a_worker_that_cannot_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "broken").touch()
    with running(SERVICE, tmp_path, "--workers", 2) as process:
        assert process.wait() == (5, "error: [store] the database is gone\n")


def test_workers_that_cannot_start_again_end_the_service(tmp_path: Path) -> None:
    with service(tmp_path) as (process, url):
        (tmp_path / "broken").touch()
        os.kill(ask_pid(url), signal.SIGKILL)
        code, errors = process.wait()
    lines = errors.splitlines()
    assert code == 5
    assert lines[0] == "a worker was ended by signal 9"
    assert set(lines[1:-1]) == {"a worker did not start: the database is gone"}
    assert lines[-1] == "error: [store] the database is gone"


def test_a_worker_starts_again_once_it_can(tmp_path: Path) -> None:
    with service(tmp_path) as (_, url):
        (tmp_path / "broken").touch()
        first = ask_pid(url)
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: not is_alive(first))
        (tmp_path / "broken").unlink()
        assert ask_pid(url) != first


def test_a_taken_port_is_one_clear_error(tmp_path: Path) -> None:
    with bind("127.0.0.1", 0) as bound, running(SERVICE, tmp_path, "--port", port_of(bound)) as process:
        assert process.wait() == (
            2,
            f"error: [configuration] port {port_of(bound)} of 127.0.0.1 cannot be used: "
            "Address already in use\n",
        )


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host", "host.invalid", "\ud800"])
def test_an_address_of_another_machine_is_refused(host: str) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot be used|is no address of this machine"):
        bind(host, 0)


def test_the_certificate_is_shown_and_old_tls_refused(tmp_path: Path) -> None:
    with (
        loopback_certificate(datetime.now(UTC)) as tls,
        running(SERVICE, tmp_path, "--tls", tls.certificate, tls.key) as process,
    ):
        port = int(process.read_line())
        context = ssl.create_default_context(cafile=str(tls.certificate))
        assert httpx.get(f"https://localhost:{port}/pid", verify=context).status_code == 200
        old = ssl.create_default_context(cafile=str(tls.certificate))
        with pytest.deprecated_call():
            old.maximum_version = old.minimum_version = ssl.TLSVersion.TLSv1_1
        old.set_ciphers("DEFAULT:@SECLEVEL=0")
        with socket.create_connection(("127.0.0.1", port)) as raw, pytest.raises(ssl.SSLError):
            old.wrap_socket(raw, server_hostname="localhost")
        process.ask_to_stop()
        assert process.wait() == (0, "")


def test_files_that_are_no_certificate_are_named_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_text("dear diary")
    with pytest.raises(ConfigurationError, match=r"cannot use the certificate .*a\.pem"):
        tls_context(TLSFiles(tmp_path / "a.pem", tmp_path / "a.pem"))
    with pytest.raises(ConfigurationError, match=r"cannot read the certificate .*none\.pem"):
        tls_context(TLSFiles(tmp_path / "none.pem", tmp_path / "a.pem"))


def test_workers_are_not_forked_beside_other_threads() -> None:
    """A lock that another thread holds would be held for ever in the worker."""
    go = threading.Event()
    other = threading.Thread(target=go.wait)
    other.start()
    try:
        with pytest.raises(ConfigurationError, match="before any thread"), bind("127.0.0.1", 0) as bound:
            serve_workers(lambda: pytest.fail("made"), bound, workers=1, tls=None, on_ready=pytest.fail)
    finally:
        go.set()
        other.join()


def test_a_head_without_an_end_is_refused(tmp_path: Path) -> None:
    with service(tmp_path) as (process, url):
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=30) as client:
            client.sendall(b"GET /pid HTTP/1.1\r\nhost: localhost\r\nx-large: " + b"a" * 20_000)
            assert client.recv(20) == b"HTTP/1.1 400 Bad Req"
        process.ask_to_stop()
        assert process.wait() == (0, "")


def test_a_connection_that_sends_no_request_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slow heads: each byte that trickles in would reset a time that only counts silence."""
    monkeypatch.setattr("runtime.http_server._HEAD_SECONDS", 0.2)
    started = threading.Event()
    app = FastAPI()
    with bind("127.0.0.1", 0) as bound:
        server = HTTPServer(app, None, on_started=started.set)
        thread = threading.Thread(target=server.serve_on, args=(bound,))
        thread.start()
        assert started.wait(30)
        with socket.create_connection(bound.getsockname(), timeout=30) as client:
            client.sendall(b"GET / HTTP/1.1\r\nhost:")
            assert client.recv(20) == b""
        server.stop()
        thread.join()

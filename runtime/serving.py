"""Run applications on sockets until the process is asked to stop; a throw-away certificate for loopback.

The sockets are bound before anything else starts, so that a port in use is one clear error, and port 0 means
any free port. A service runs in worker processes of one socket (`serve_workers`), a few applications for
tests in threads of this process (`serve`). Not here: what the applications do.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI

from runtime.atomic import reason
from runtime.http_server import STOP_SECONDS, HTTPServer, TLSFiles, tls_context
from runtime.metrics import sharing_metrics
from runtime.workers import Worker, run_workers
from vclib.errors import ConfigurationError

__all__ = [
    "Listener",
    "TLSFiles",
    "bind",
    "bind_loopback",
    "loopback_certificate",
    "port_of",
    "serve",
    "serve_workers",
]

_START_SECONDS = 20.0
_CERTIFICATE_DAYS = 2


@dataclass(frozen=True)
class Listener:
    """An application on a bound socket, over TLS if it has a certificate."""

    app: FastAPI
    socket: socket.socket
    tls: TLSFiles | None = None


def bind(host: str, port: int) -> socket.socket:
    """Return a socket bound to `port` of a host name or address of this machine, any free port for 0.

    Raises ConfigurationError if the address is not this machine's, or the port is taken.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as err:
        raise ConfigurationError(f"{host!r} is no address of this machine") from err
    family, kind, protocol, _, address = found[0]
    # With the protocol named asyncio switches off Nagle's algorithm, which costs 40 ms for each answer.
    bound = socket.socket(family, kind, protocol or socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        # SO_REUSEADDR lets two sockets have one port until the first of them listens.
        bound.listen()
    except OSError as err:
        bound.close()
        raise ConfigurationError(f"port {port} of {host} cannot be used: {reason(err)}") from err
    return bound


def bind_loopback(port: int) -> socket.socket:
    """Return a socket bound to `port` of 127.0.0.1, any free one for 0; ConfigurationError if it is taken."""
    return bind("127.0.0.1", port)


def port_of(bound: socket.socket) -> int:
    """Return the port that a socket is bound to."""
    return int(bound.getsockname()[1])


@contextlib.contextmanager
def loopback_certificate(now: datetime) -> Iterator[TLSFiles]:
    """Give a certificate for localhost that no authority signed; its files are gone afterwards."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=_CERTIFICATE_DAYS))
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
            ),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    with tempfile.TemporaryDirectory() as folder:
        files = TLSFiles(Path(folder) / "certificate.pem", Path(folder) / "key.pem")
        files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        files.key.touch(mode=0o600)
        files.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        yield files


def serve(listeners: Sequence[Listener], *, on_ready: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM; `on_ready` is called once every listener answers.

    Requests in flight are finished first. Must be called in the main thread. Raises ConfigurationError if a
    listener does not start.
    """
    asked_to_stop = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        asked_to_stop.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    servers = [
        HTTPServer(listener.app, None if listener.tls is None else tls_context(listener.tls))
        for listener in listeners
    ]
    threads = [
        threading.Thread(target=server.serve_on, args=(listener.socket,), daemon=True)
        for server, listener in zip(servers, listeners, strict=True)
    ]
    try:
        for thread in threads:
            thread.start()
        _wait_until_started(servers, threads)
        on_ready()
        asked_to_stop.wait()
    finally:
        for server in servers:
            server.stop()
        for thread in threads:
            thread.join(STOP_SECONDS + 5)
        for number, handler in before.items():
            signal.signal(number, handler)


def serve_workers(
    make_app: Callable[[], FastAPI],
    bound: socket.socket,
    *,
    workers: int,
    tls: TLSFiles | None,
    on_ready: Callable[[], None],
) -> None:
    """Serve with `workers` processes on one socket until SIGINT or SIGTERM, and close the socket.

    Each worker calls `make_app` after it was forked: there, and not before, databases and sessions of
    hardware are opened; what the application's lifespan says is done at its end. `on_ready` is called once
    all answer. Requests in flight are finished first. Must be called in the main thread, and before any
    other is started. Raises ConfigurationError, StoreError where workers cannot start.
    """
    context = None if tls is None else tls_context(tls)

    def work(worker: Worker) -> None:
        def started() -> None:
            # The server listens on a copy, which it closes as soon as it is to stop.
            bound.close()
            asyncio.get_running_loop().add_reader(worker.lifeline, leave)
            worker.ready()

        def leave() -> None:
            asyncio.get_running_loop().remove_reader(worker.lifeline)
            server.stop()

        server = HTTPServer(make_app(), context, on_started=started)
        signal.signal(signal.SIGTERM, lambda _number, _frame: server.stop())
        server.serve_on(bound)

    with sharing_metrics():
        run_workers(
            work, workers=workers, on_ready=on_ready, on_stop=bound.close, stop_seconds=STOP_SECONDS + 5
        )


def _wait_until_started(servers: Sequence[HTTPServer], threads: Sequence[threading.Thread]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not all(server.started for server in servers):
        if time.monotonic() > deadline or not all(thread.is_alive() for thread in threads):
            raise ConfigurationError("the server did not start")
        time.sleep(0.02)

"""Run applications on sockets until the process is asked to stop; a throw-away certificate for loopback.

The sockets are bound before anything else starts, so that a port in use is one clear error, and port 0 means
any free port. Not here: what the applications do.
"""

from __future__ import annotations

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

import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI

from runtime.atomic import reason
from vclib.errors import ConfigurationError

_START_SECONDS = 20.0
_STOP_SECONDS = 5
_CERTIFICATE_DAYS = 2


@dataclass(frozen=True)
class TLSFiles:
    """A server certificate and its private key, both PEM files."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class Listener:
    """An application on a bound socket, over TLS if it has a certificate."""

    app: FastAPI
    socket: socket.socket
    tls: TLSFiles | None = None


def bind_loopback(port: int) -> socket.socket:
    """Return a socket bound to `port` of 127.0.0.1, any free one for 0; ConfigurationError if it is taken."""
    # With the protocol named asyncio switches off Nagle's algorithm, which costs 40 ms for each answer.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(("127.0.0.1", port))
    except OSError as err:
        bound.close()
        raise ConfigurationError(f"port {port} of this machine cannot be used: {reason(err)}") from err
    return bound


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
    servers = [_server(listener) for listener in listeners]
    threads = [
        threading.Thread(target=server.run, kwargs={"sockets": [listener.socket]}, daemon=True)
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
            server.should_exit = True
        for thread in threads:
            thread.join(_STOP_SECONDS * 2)
        for number, handler in before.items():
            signal.signal(number, handler)


def _server(listener: Listener) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            listener.app,
            # Addresses and paths of requests can name people, so they are not logged.
            access_log=False,
            log_level="warning",
            server_header=False,
            date_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_STOP_SECONDS,
            ssl_certfile=None if listener.tls is None else str(listener.tls.certificate),
            ssl_keyfile=None if listener.tls is None else str(listener.tls.key),
        )
    )


def _wait_until_started(servers: Sequence[uvicorn.Server], threads: Sequence[threading.Thread]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not all(server.started for server in servers):
        if time.monotonic() > deadline or not all(thread.is_alive() for thread in threads):
            raise ConfigurationError("the server did not start")
        time.sleep(0.02)

"""One HTTP/1.1 server: uvicorn without what is not wanted, and with patience that ends.

Requests come from strangers, so a connection may not stay silent for ever, not even before its first request
(slow headers), and there is a bound on open connections and on the size of a request's head. Nothing of a
request is logged here: addresses and paths can name people. Upgrades (WebSockets, HTTP/2) are not offered.
TLS is 1.2 or newer, with the library's own choice of ciphers.

Not here: processes and signals (`runtime.workers`), limits on bodies (`runtime.web`) and on how many requests
are answered at a time (`runtime.limits`).
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from runtime.atomic import reason
from vclib.errors import ConfigurationError

# How long requests in flight may take to finish once a server is asked to stop.
STOP_SECONDS = 10

# From the connection, or from the answer before, until the head of a request is complete.
_HEAD_SECONDS = 10.0
_IDLE_SECONDS = 5
# How long the reader of an answer may take for what is left of it.
_READ_SECONDS = 30.0
_MAX_HEAD_BYTES = 16 * 1024
_MAX_CONNECTIONS = 1000
_BACKLOG = 1024


@dataclass(frozen=True)
class TLSFiles:
    """A server certificate, followed by those that lead to its authority, and its private key: PEM files."""

    certificate: Path
    key: Path


def tls_context(files: TLSFiles) -> ssl.SSLContext:
    """Return what a server needs to speak TLS 1.2 or newer. Raises ConfigurationError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(files.certificate, files.key, password=_no_passphrase)
    except ssl.SSLError as err:
        raise ConfigurationError(
            f"cannot use the certificate {files.certificate} with the key {files.key}: "
            f"{(err.reason or 'not PEM').lower().replace('_', ' ')}"
        ) from err
    except OSError as err:
        raise ConfigurationError(
            f"cannot read the certificate {files.certificate} or the key {files.key}: {reason(err)}"
        ) from err
    return context


class HTTPServer(uvicorn.Server):
    """A server for one application; `stop` may be called from a signal handler or another thread.

    `on_started` is called in its event loop once it answers.
    """

    def __init__(
        self, app: FastAPI, tls: ssl.SSLContext | None, *, on_started: Callable[[], None] | None = None
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=_Connection,
                ws="none",
                access_log=False,
                log_config=None,
                log_level="error",
                server_header=False,
                proxy_headers=False,
                # One at a time: a worker that is awake must not take all waiting connections from the others.
                backlog=1,
                h11_max_incomplete_event_size=_MAX_HEAD_BYTES,
                timeout_keep_alive=_IDLE_SECONDS,
                timeout_graceful_shutdown=STOP_SECONDS,
                ssl_context_factory=None if tls is None else lambda _config, _default: tls,
            )
        )
        self._on_started = on_started

    def stop(self) -> None:
        """Take no more connections, finish the requests in flight, and end."""
        self.should_exit = True

    def serve_on(self, bound: socket.socket) -> None:
        """Serve on a bound socket, of which this takes a copy, until it is stopped."""
        self.run(sockets=[_Listening.copy_of(bound)])

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen (uvicorn calls this)."""
        await super().startup(sockets)
        if self._on_started is not None and not self.should_exit:
            self._on_started()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to whoever runs this server (uvicorn calls this)."""
        yield


class _Listening(socket.socket):
    """A listening socket whose queue does not shrink to the number of connections taken at a time."""

    @classmethod
    def copy_of(cls, bound: socket.socket) -> _Listening:
        # The protocol is kept: without it asyncio leaves Nagle's algorithm on.
        return cls(bound.family, bound.type, bound.proto, fileno=bound.dup().detach())

    def listen(self, _backlog: int = 0, /) -> None:
        super().listen(_BACKLOG)


class _Connection(H11Protocol):
    """A connection that is closed where no request comes, or where nobody reads the answer."""

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > _MAX_CONNECTIONS:
            transport.abort()
            return
        self._await_request()

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel_timer()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._await_request()

    def _await_request(self) -> None:
        self._cancel_timer()
        if self.transport.is_closing():
            self._timer = self.loop.call_later(_READ_SECONDS, self.transport.abort)
        else:
            self._timer = self.loop.call_later(_HEAD_SECONDS, self._close_without_request)

    def _close_without_request(self) -> None:
        # While a request is answered nothing is late; afterwards the time begins anew.
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()
            self._timer = self.loop.call_later(_READ_SECONDS, self.transport.abort)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


def _no_passphrase() -> str:
    raise ConfigurationError("the key for TLS is protected by a passphrase; it has to be readable by itself")

"""Servers on the loopback interface, for tests of what goes out and what comes in."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import threading
from collections.abc import Callable, Sequence

Handler = Callable[[socket.socket, bytes], None]


class Server:
    """A server on 127.0.0.1: `handler` answers each request, and every request is kept.

    With `at_once` it answers before anything was asked.
    """

    def __init__(
        self, handler: Handler, context: ssl.SSLContext | None = None, *, at_once: bool = False
    ) -> None:
        self._handler = handler
        self._at_once = at_once
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.requests: list[bytes] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        # The client may leave at any point; that is what many of these tests are about.
        with contextlib.suppress(OSError, ssl.SSLError), connection:
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
            request = b""
            while b"\r\n\r\n" not in request and not self._at_once:
                received = connection.recv(65536)
                if not received:
                    return
                request += received
            self.requests.append(request + _rest(connection, request))
            self._handler(connection, request)
            connection.close()

    def close(self) -> None:
        self._listener.close()


Serve = Callable[..., Server]


def answer(body: bytes = b"body", *, status: str = "200 OK", headers: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


def loopback(host: str, port: int) -> Sequence[str]:
    """Resolve every name to this machine."""
    return ("127.0.0.1",)


def _rest(connection: socket.socket, request: bytes) -> bytes:
    """Return what is still to come of a request's body."""
    announced = re.search(rb"(?i)\r\ncontent-length: *(\d+)", request)
    missing = int(announced[1]) - len(request.partition(b"\r\n\r\n")[2]) if announced else 0
    rest = b""
    while len(rest) < missing:
        received = connection.recv(65536)
        if not received:
            break
        rest += received
    return rest

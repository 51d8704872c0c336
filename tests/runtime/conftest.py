"""Servers that live as long as one test."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import pytest

from tests.runtime.servers import Handler, Serve, Server


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[Server] = []

    def start(
        handler: Handler | bytes, context: ssl.SSLContext | None = None, *, at_once: bool = False
    ) -> Server:
        def answer(connection: socket.socket, request: bytes) -> None:
            connection.sendall(handler)  # type: ignore[arg-type]

        server = Server(answer if isinstance(handler, bytes) else handler, context, at_once=at_once)
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.close()

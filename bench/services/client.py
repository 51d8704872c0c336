"""A client that costs little, because it shares the machine with the servers it measures.

HTTP/1.1 over kept-alive connections on asyncio's transports, requests as prepared bytes, of an answer only
status and length are parsed. It takes about a tenth of a millisecond of processor time for a request, where
a general client takes one or more. Not here: TLS, chunked bodies, redirects: the services send none to it.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from vclib.strict_json import JSONObject, dump_json

_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class UnexpectedAnswerError(Exception):
    """A service answered something else than what is measured."""


@dataclass(frozen=True)
class Answer:
    """Status and body of an answer."""

    status: int
    body: bytes

    def json(self, status: int) -> JSONObject:
        """Return the body; UnexpectedAnswerError where the status is another."""
        if self.status != status:
            raise UnexpectedAnswerError(f"expected {status}, found {self.status}: {self.body[:300]!r}")
        answer: JSONObject = json.loads(self.body)
        return answer


def get(path: str) -> bytes:
    """Return a GET request as bytes."""
    return f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".encode()


def post(
    path: str, body: bytes, *, media_type: str | None, headers: Mapping[str, str] = _NO_HEADERS
) -> bytes:
    """Return a POST request as bytes."""
    lines = [f"POST {path} HTTP/1.1", "host: 127.0.0.1", f"content-length: {len(body)}"]
    lines += [f"content-type: {media_type}"] if media_type is not None else []
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def post_json(path: str, body: JSONObject, *, token: str | None = None) -> bytes:
    """Return a POST request with a JSON body as bytes."""
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    return post(path, dump_json(body).encode(), media_type="application/json", headers=headers)


class Client:
    """The connections to one service; to be made and closed in one event loop."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[_Connection] = []

    async def ask(self, request: bytes) -> Answer:
        """Send a request on a connection that is free, or on a new one, and return the answer."""
        connection = self._idle.pop() if self._idle else None
        while connection is not None and connection.is_closed:
            connection = self._idle.pop() if self._idle else None
        if connection is None:
            loop = asyncio.get_running_loop()
            _, connection = await loop.create_connection(_Connection, "127.0.0.1", self._port)
        answer = await connection.ask(request)
        self._idle.append(connection)
        return answer

    async def close(self) -> None:
        """Close all connections."""
        for connection in self._idle:
            connection.close()
        # Transports close in the loop's next round.
        await asyncio.sleep(0)


class _Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._answer: asyncio.Future[Answer] | None = None

    @property
    def is_closed(self) -> bool:
        return self._transport is None or self._transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, rest = self._received.partition(b"\r\n\r\n")
        found = _LENGTH.search(head) if end else None
        if found is None or len(rest) < int(found[1]) or self._answer is None:
            return
        answer, self._answer = self._answer, None
        self._received = bytearray()
        # Whoever asked may have been cancelled because another request failed; that failure is the news.
        if not answer.done():
            answer.set_result(Answer(int(head[9:12]), bytes(rest)))

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("the service closed the connection"))

    async def ask(self, request: bytes) -> Answer:
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

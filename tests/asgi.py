"""Ask an application without a socket: one request at a time, as a client would."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI

from vclib.strict_json import JSONValue, dump_json


@dataclass(frozen=True)
class Client:
    """Requests to `app`; a mistake in it becomes its answer, as it would in a server."""

    app: FastAPI

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Any: whatever httpx takes."""
        return self.ask("GET", path, **options)

    def post_json(self, path: str, body: JSONValue) -> httpx.Response:
        """Send one JSON value."""
        return self.ask(
            "POST", path, content=dump_json(body).encode(), headers={"content-type": "application/json"}
        )

    def ask(
        self, method: str, path: str, *, content: bytes | Iterable[bytes] = b"", **options: Any
    ) -> httpx.Response:
        """Send a request; chunks of `content` are sent one by one. Any: whatever httpx takes."""
        sent = content if isinstance(content, bytes) else _one_by_one(content)

        async def answer() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                return await client.request(method, path, content=sent, **options)

        return asyncio.run(answer())


async def _one_by_one(chunks: Iterable[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk

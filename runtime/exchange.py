"""Talking over the network: one GET or POST and whatever was answered, failures of the protocol included.

Reading is `fetch.py`; a protocol needs more: a body to send, a status and an error object to look at, a
token in a header. It goes through the same door. A redirect is never followed, for GET neither: what is sent
is for the one place that was named and checked, and a presentation or a token must not travel on because
that place said so (threat E10). Not here: what a message means.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from runtime.connection import ResolveHost, resolve_host
from runtime.door import MAX_BYTES, TIMEOUT_SECONDS, Answer, Door, shown
from vclib.errors import FetchRefusedError

__all__ = ["METHODS", "Answer", "Exchange", "Exchanger"]

METHODS = frozenset({"GET", "POST"})


class Exchange(Protocol):
    """What a protocol's client is given to talk with; `Exchanger` is one, a script in a test another."""

    def __call__(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """Return the answer to one request, of any status but a redirect; FetchError if there is none."""
        ...


@dataclass(frozen=True)
class Exchanger:
    """Sends requests to https URLs: `Exchanger()("POST", url, headers={...}, body=b"...")`.

    `timeout` is seconds for one whole exchange, `max_bytes` bounds both bodies. `allow_loopback` and
    `ssl_context` are as in `runtime.fetch.Fetcher`, but an https URL is always asked over TLS.
    """

    max_bytes: int = MAX_BYTES
    timeout: float = TIMEOUT_SECONDS
    allow_loopback: bool = False
    ssl_context: ssl.SSLContext | None = None
    resolve_host: ResolveHost = field(default=resolve_host, repr=False)
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)

    def __post_init__(self) -> None:
        # Made now: settings that cannot be used are refused, and a loud one is said, before anything is sent.
        _ = self._door

    def __call__(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """Send one request and return what was answered, whatever its status.

        Raises FetchRefusedError for a URL that must not be asked, a header or body that cannot be sent and
        for every redirect; FetchError for a broken, large or slow answer, a bad certificate, a host that is
        down. After a FetchError the request may or may not have arrived.
        """
        if method not in METHODS or (method == "GET" and body is not None):
            raise ValueError(f"expected a GET without or a POST with a body, found {method!r}")
        target = self._door.checked_url(url)
        if body is not None and len(body) > self.max_bytes:
            raise FetchRefusedError(f"a body of {len(body)} bytes is not sent to {shown(target)}")
        answer = self._door.send(
            method,
            target,
            self._door.budget(),
            reads_body=lambda status: not 300 <= status < 400,
            headers=_checked_headers(headers or {}),
            body=b"" if method == "POST" and body is None else body,
        )
        if 300 <= answer.status < 400:
            raise FetchRefusedError(
                f"{shown(target)} answers with the redirect {answer.status}, which is not followed"
            )
        return answer

    @cached_property
    def _door(self) -> Door:
        return Door(
            max_bytes=self.max_bytes,
            timeout=self.timeout,
            allow_loopback=self.allow_loopback,
            ssl_context=self.ssl_context,
            resolve_host=self.resolve_host,
            clock=self.clock,
        )


def _checked_headers(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return the headers; FetchRefusedError, without its value, for text that could begin another header.

    A token comes from another party's answer, so it is not trusted to be one line.
    """
    for name, text in headers.items():
        if not (text.isascii() and text.isprintable()):
            raise FetchRefusedError(f"the value for the header {name!r} is not one line of ASCII text")
    return headers

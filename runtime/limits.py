"""How much a service does for whom: a rate for each address, and a bound on what is done at a time.

An address has a bucket of tokens that fills at a steady rate; a request takes one, and without one it is
answered with 429 and when to come again (threat M7). Of the requests that are being answered no address may
have more than a share, and all together not more than a bound; the rest is told so with 503 at once, so that
a flood costs neither memory nor the time of the others. Both are answered before any body is read.

The address is that of the connection: what a header says about it is not believed. Each worker counts by
itself, so N workers admit N times the rate at most. IPv6 addresses count by /64, which one customer gets.
Not here: limits on one request (`runtime.web`) and on connections (`runtime.http_server`).
"""

from __future__ import annotations

import math
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from ipaddress import IPv6Address, IPv6Network, ip_address

from starlette.types import ASGIApp, Receive, Scope, Send

from runtime.addresses import is_loopback
from runtime.web import Problem, problem_response

MAX_CONCURRENT = 100


@dataclass(frozen=True)
class RateLimit:
    """What one client address may ask of one worker."""

    requests_per_second: float = 20.0
    # How many may come at once after a while of silence.
    burst: int = 60
    # For a reverse proxy on the same machine, which is then the one to limit its clients.
    exempt_loopback: bool = False
    # The bucket of whoever has not been heard of for longest is forgotten past this number.
    max_addresses: int = 10_000


class Buckets:
    """The buckets of all addresses."""

    def __init__(self, rate: RateLimit, clock: Callable[[], datetime]) -> None:
        self._rate = rate
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str) -> int:
        """Take a token of an address: 0, or in how many seconds there will be one."""
        now = self._clock().timestamp()
        tokens, filled = self._buckets.pop(address, (float(self._rate.burst), now))
        # A clock that was set back does not empty a bucket, nor keep it from filling.
        passed = max(0.0, now - filled)
        tokens = min(float(self._rate.burst), tokens + passed * self._rate.requests_per_second)
        is_empty = tokens < 1
        self._buckets[address] = (tokens if is_empty else tokens - 1, now)
        if len(self._buckets) > self._rate.max_addresses:
            self._buckets.popitem(last=False)
        return math.ceil((1 - tokens) / self._rate.requests_per_second) if is_empty else 0

    def __len__(self) -> int:
        return len(self._buckets)


class Limits:
    """ASGI middleware that refuses what is too much."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        rate: RateLimit | None,
        clock: Callable[[], datetime],
        max_concurrent: int = MAX_CONCURRENT,
    ) -> None:
        self._app = app
        self._rate = rate
        self._buckets = None if rate is None else Buckets(rate, clock)
        self._max_concurrent = max_concurrent
        self._share = max(1, max_concurrent // 4)
        self._in_flight: Counter[str] = Counter()
        self._total = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        address = client_of(scope)
        refusal = self._refusal(address)
        if refusal is not None:
            status, seconds, detail = refusal
            problem = Problem(status, "about:blank", status.phrase, detail)
            answer = problem_response(problem, headers={"Retry-After": str(seconds)})
            await answer(scope, receive, send)
            return
        self._in_flight[address] += 1
        self._total += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._total -= 1
            self._in_flight[address] -= 1
            if not self._in_flight[address]:
                del self._in_flight[address]

    def _refusal(self, address: str) -> tuple[HTTPStatus, int, str] | None:
        if self._buckets is not None and not self._is_exempt(address):
            seconds = self._buckets.take(address)
            if seconds:
                return HTTPStatus.TOO_MANY_REQUESTS, seconds, "too many requests came from this address"
            if self._in_flight[address] >= self._share:
                return HTTPStatus.TOO_MANY_REQUESTS, 1, "too many requests of this address are unanswered"
        if self._total >= self._max_concurrent:
            return HTTPStatus.SERVICE_UNAVAILABLE, 1, "This service has too much to do at the moment."
        return None

    def _is_exempt(self, address: str) -> bool:
        return self._rate is not None and self._rate.exempt_loopback and address == "loopback"


def client_of(scope: Scope) -> str:
    """Return whom a request counts for: an IPv4 address, an IPv6 network, "loopback" or "unknown"."""
    try:
        address = ip_address((scope.get("client") or ("",))[0])
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if is_loopback(address):
        return "loopback"
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address), 64), strict=False))
    return str(address)

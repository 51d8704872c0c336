"""Reading from the network: the bytes of an https URL, or a named refusal.

A verifier reads URLs that strangers wrote, by the rules of `runtime.door`. A redirect is followed only
within the same host, and all of them share one limit on time (threat G6).
Not here: what the bytes mean, and caching.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import httpx

from runtime.connection import Budget, ResolveHost, resolve_host
from runtime.door import LOOPBACK_WARNING, MAX_BYTES, TIMEOUT_SECONDS, Door, shown
from vclib.errors import FetchError, FetchNotFoundError, FetchRefusedError

__all__ = ["LOOPBACK_WARNING", "MAX_BYTES", "MAX_REDIRECTS", "TIMEOUT_SECONDS", "Fetcher"]

MAX_REDIRECTS = 3

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NOT_FOUND = frozenset({404, 410})


@dataclass(frozen=True)
class Fetcher:
    """Reads https URLs: `Fetcher()(url)` returns the body.

    `timeout` is seconds for one whole fetch with its redirects, `max_bytes` bounds the body. With
    `allow_loopback` servers on this machine can be read too, also over plain http, and it says so loudly;
    an https URL of localhost is then read over http, because no authority certifies localhost, unless
    `ssl_context` is given. That replaces the default authorities, for private networks; it must verify.
    Beside an `Exchanger` that has said it, a reader need not: `warns`.
    """

    max_bytes: int = MAX_BYTES
    timeout: float = TIMEOUT_SECONDS
    max_redirects: int = MAX_REDIRECTS
    allow_loopback: bool = False
    ssl_context: ssl.SSLContext | None = None
    resolve_host: ResolveHost = field(default=resolve_host, repr=False)
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)
    warns: bool = True

    def __post_init__(self) -> None:
        # Made now: settings that cannot be used are refused, and a loud one is said, before anything is read.
        _ = self._door

    def __call__(self, url: str) -> bytes:
        """Return the body of `url`.

        Raises FetchRefusedError for a URL that must not be read, FetchNotFoundError for 404 and 410,
        FetchError for another status, a broken, large or slow answer, a bad certificate, a host that is down.
        """
        target = self._door.checked_url(url)
        budget = self._door.budget()
        for _ in range(self.max_redirects + 1):
            body, location = self._read(target, budget)
            if location is None:
                return body
            target = _checked_redirect(target, location)
        raise FetchError(f"{shown(target)} redirects more than {self.max_redirects} times")

    def _read(self, url: httpx.URL, budget: Budget) -> tuple[bytes, str | None]:
        """Return the body, or the location of a redirect; FetchError for everything else."""
        answer = self._door.send("GET", url, budget, reads_body=lambda status: status == 200)
        if answer.status == 200:
            return answer.body, None
        if answer.status in _NOT_FOUND:
            raise FetchNotFoundError(f"there is nothing at {shown(url)} (status {answer.status})")
        location = answer.headers.get("location")
        if answer.status in _REDIRECTS and location:
            return b"", location
        raise FetchError(f"{shown(url)} answers with status {answer.status}")

    @cached_property
    def _door(self) -> Door:
        return Door(
            max_bytes=self.max_bytes,
            timeout=self.timeout,
            allow_loopback=self.allow_loopback,
            ssl_context=self.ssl_context,
            resolve_host=self.resolve_host,
            clock=self.clock,
            warns=self.warns,
            localhost_is_plain=True,
        )


def _checked_redirect(source: httpx.URL, location: str) -> httpx.URL:
    """Return where a redirect leads; FetchRefusedError for another host, port or scheme (threat G6)."""
    try:
        target = source.join(location)
        same_host = (target.scheme, target.host, target.port) == (source.scheme, source.host, source.port)
    except (httpx.InvalidURL, UnicodeError) as err:
        raise FetchRefusedError(f"{shown(source)} redirects to something that is not a URL") from err
    if not same_host or target.userinfo:
        raise FetchRefusedError(f"{shown(source)} redirects to {shown(target)}, another place")
    return target.copy_with(fragment=None)

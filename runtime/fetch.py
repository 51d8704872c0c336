"""The one door to the network: the bytes of an https URL, or a named refusal.

A verifier reads URLs that strangers wrote. So: https only, with certificates always verified; only public
addresses, checked at the moment of connecting; a redirect only within the same host; one limit on time
and one on size for the whole answer; no compressed answers, so none can inflate (threats G1, G2, G5 to
G7, A1). Proxies and other settings from the environment are not looked at.
Not here: what the bytes mean, and caching.
"""

from __future__ import annotations

import logging
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import httpcore
import httpx

from runtime.addresses import IPAddress, is_loopback, is_public
from runtime.connection import Budget, CheckedBackend, ResolveHost, resolve_host
from vclib.errors import FetchError, FetchNotFoundError, FetchRefusedError

_logger = logging.getLogger(__name__)

# A status list of 131,072 entries is some 30 kB and a DID document a few; a big trust list is 1 MB.
MAX_BYTES = 4 * 1024 * 1024
TIMEOUT_SECONDS = 10.0
MAX_REDIRECTS = 3

# Room for TLS handshake and headers beside the body; h11 stops one header block at 100 kB by itself.
_OVERHEAD_BYTES = 256 * 1024
_MAX_URL_CHARACTERS = 4096
_HEADERS = (
    (b"accept", b"*/*"),
    (b"accept-encoding", b"identity"),
    (b"connection", b"close"),
    (b"user-agent", b"ddcc"),
)
_LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NOT_FOUND = frozenset({404, 410})

LOOPBACK_WARNING = (
    "LOOPBACK ADDRESSES ARE ALLOWED: this program will read from servers on this machine, over plain http. "
    "That is for development only; whoever can make it fetch a URL can reach your local services."
)


@dataclass(frozen=True)
class Fetcher:
    """Reads https URLs: `Fetcher()(url)` returns the body.

    `timeout` is seconds for one whole fetch with its redirects, `max_bytes` bounds the body. With
    `allow_loopback` servers on this machine can be read too, also over plain http, and it says so loudly;
    an https URL of localhost is then read over http, because no authority certifies localhost, unless
    `ssl_context` is given. That replaces the default authorities, for private networks; it must verify.
    """

    max_bytes: int = MAX_BYTES
    timeout: float = TIMEOUT_SECONDS
    max_redirects: int = MAX_REDIRECTS
    allow_loopback: bool = False
    ssl_context: ssl.SSLContext | None = None
    resolve_host: ResolveHost = field(default=resolve_host, repr=False)
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)

    def __post_init__(self) -> None:
        if self.ssl_context is not None and not (
            self.ssl_context.check_hostname and self.ssl_context.verify_mode is ssl.CERT_REQUIRED
        ):
            raise ValueError("expected an SSL context that verifies certificates and host names")
        if self.allow_loopback:
            _logger.warning(LOOPBACK_WARNING)

    def __call__(self, url: str) -> bytes:
        """Return the body of `url`.

        Raises FetchRefusedError for a URL that must not be read, FetchNotFoundError for 404 and 410,
        FetchError for another status, a broken, large or slow answer, a bad certificate, a host that is down.
        """
        target = self._checked_url(url)
        budget = Budget(self.clock, self.clock() + self.timeout, self.max_bytes + _OVERHEAD_BYTES)
        for _ in range(self.max_redirects + 1):
            body, location = self._read(target, budget)
            if location is None:
                return body
            target = self._checked_redirect(target, location)
        raise FetchError(f"{_shown(target)} redirects more than {self.max_redirects} times")

    def _checked_url(self, url: str) -> httpx.URL:
        if len(url) > _MAX_URL_CHARACTERS:
            raise FetchRefusedError(f"a URL of {len(url)} characters is not read")
        try:
            target = httpx.URL(url)
            # Asked for once, because it decodes an internationalized name, which may be none.
            host = target.host
        except (httpx.InvalidURL, UnicodeError) as err:
            raise FetchRefusedError(f"{url[:80]!a} is not a URL") from err
        if not host or target.userinfo:
            raise FetchRefusedError(f"expected a URL with a host and without user name, found {url[:80]!r}")
        if target.port is not None and not 0 < target.port < 65536:
            raise FetchRefusedError(f"expected a port between 1 and 65535, found {target.port}")
        target = target.copy_with(fragment=None)
        if target.scheme == "https":
            plain = self.allow_loopback and self.ssl_context is None and host in _LOOPBACK_HOSTS
            return target.copy_with(scheme="http") if plain else target
        if target.scheme == "http" and self.allow_loopback and host in _LOOPBACK_HOSTS:
            return target
        raise FetchRefusedError(f"expected an https URL, found {url[:80]!r}")

    def _checked_redirect(self, source: httpx.URL, location: str) -> httpx.URL:
        """Return where a redirect leads; FetchRefusedError for another host, port or scheme (threat G6)."""
        try:
            target = source.join(location)
            same_host = (target.scheme, target.host, target.port) == (source.scheme, source.host, source.port)
        except (httpx.InvalidURL, UnicodeError) as err:
            raise FetchRefusedError(f"{_shown(source)} redirects to something that is not a URL") from err
        if not same_host or target.userinfo:
            raise FetchRefusedError(f"{_shown(source)} redirects to {_shown(target)}, another place")
        return target.copy_with(fragment=None)

    def _read(self, url: httpx.URL, budget: Budget) -> tuple[bytes, str | None]:
        """Return the body, or the location of a redirect."""
        # Without TLS nothing proves who answers, so plain http stays on this machine, whatever a name says.
        permits = is_loopback if url.scheme == "http" else self._permits
        backend = CheckedBackend(budget, self.resolve_host, permits)
        tls = self._tls if url.scheme == "https" else None
        try:
            with (
                httpcore.ConnectionPool(ssl_context=tls, network_backend=backend) as connections,
                connections.stream("GET", _core_url(url), headers=_HEADERS) as response,
            ):
                location = _check_status(url, response)
                return (b"", location) if location is not None else (self._body(url, response), None)
        except httpcore.TimeoutException as err:
            raise FetchError(f"{_shown(url)} took longer than the time limit") from err
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.ConnectionNotAvailable) as err:
            raise FetchError(f"{_shown(url)} could not be read: {_reason(err)}") from err

    def _body(self, url: httpx.URL, response: httpcore.Response) -> bytes:
        headers = httpx.Headers(response.headers)
        # An answer in an encoding that was not asked for is not unpacked, so nothing can inflate.
        encoding = headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("", "identity"):
            raise FetchError(f"{_shown(url)} answers compressed ({encoding[:20]!r}), which was not asked for")
        length = headers.get("content-length", "")
        if length.isdecimal() and len(length) < 20 and int(length) > self.max_bytes:
            raise FetchError(f"{_shown(url)} answers with {length} bytes, more than {self.max_bytes}")
        body = bytearray()
        for chunk in response.iter_stream():
            body += chunk
            if len(body) > self.max_bytes:
                raise FetchError(f"{_shown(url)} answers with more than {self.max_bytes} bytes")
        return bytes(body)

    def _permits(self, address: IPAddress) -> bool:
        return is_public(address) or (self.allow_loopback and is_loopback(address))

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return self.ssl_context or httpx.create_ssl_context(verify=True, trust_env=False)


def _core_url(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)


def _check_status(url: httpx.URL, response: httpcore.Response) -> str | None:
    """Return None for 200, the location for a redirect; FetchError for everything else."""
    status = response.status
    if status == 200:
        return None
    if status in _NOT_FOUND:
        raise FetchNotFoundError(f"there is nothing at {_shown(url)} (status {status})")
    location = httpx.Headers(response.headers).get("location")
    if status in _REDIRECTS and location:
        return str(location)
    raise FetchError(f"{_shown(url)} answers with status {status}")


def _reason(err: Exception) -> str:
    """Return what went wrong in a few words: for TLS why the certificate was refused."""
    cause = err.__cause__ or err.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is refused ({cause.verify_message})"
    return str(err)[:120] or type(err).__name__


def _shown(url: httpx.URL) -> str:
    """Return a URL for a message, without its query, which may hold what nobody else should read."""
    return str(url.copy_with(query=None, fragment=None))[:200]

"""One request over one checked connection: what `Fetcher` and `Exchanger` have in common.

Programs of this project ask URLs that strangers wrote. So: https only, with certificates always verified;
only public addresses, checked at the moment of connecting; one limit on time and one on size for the whole
answer; no compressed answers, so none can inflate (threats G1, G2, G5 to G7, A1). Proxies and other settings
from the environment are not looked at, and nothing is remembered from one request to the next.
Not here: which status is a success, and redirects, which each caller decides (`fetch.py`, `exchange.py`).
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import httpcore
import httpx

from runtime.addresses import IPAddress, is_loopback, is_public
from runtime.connection import Budget, CheckedBackend, ResolveHost
from vclib.errors import FetchError, FetchRefusedError

_logger = logging.getLogger(__name__)

# A status list of 131,072 entries is some 30 kB and a DID document a few; a big trust list is 1 MB.
MAX_BYTES = 4 * 1024 * 1024
TIMEOUT_SECONDS = 10.0

LOOPBACK_WARNING = (
    "LOOPBACK ADDRESSES ARE ALLOWED: this program will read from servers on this machine, over plain http. "
    "That is for development only; whoever can make it fetch a URL can reach your local services."
)

# Room for TLS handshake and headers beside the body; h11 stops one header block at 100 kB by itself.
_OVERHEAD_BYTES = 256 * 1024
_MAX_URL_CHARACTERS = 4096
_HEADERS = {
    "accept": "*/*",
    "accept-encoding": "identity",
    "connection": "close",
    "user-agent": "ddcc",
}
_LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class Answer:
    """What a server answered: any status, header names in lower case, the body as it came (not unpacked)."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def media_type(self) -> str:
        """Return the content type in lower case without its parameters, "" where none is named."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True)
class Door:
    """The way out: which URLs and addresses may be asked, and how long and how much.

    `timeout` is seconds for everything done on one `budget`, `max_bytes` bounds a body. With `allow_loopback`
    servers on this machine can be asked too, also over plain http, and it says so loudly. With
    `localhost_is_plain` an https URL of localhost is then read over http, because a did:web has no way to say
    http and no authority certifies localhost, unless `ssl_context` is given. That replaces the default
    authorities, for private networks; it must verify. Who opens a second door, and has said it, says it once
    more only if it `warns`.
    """

    max_bytes: int
    timeout: float
    allow_loopback: bool
    ssl_context: ssl.SSLContext | None
    resolve_host: ResolveHost = field(repr=False)
    clock: Callable[[], float] = field(repr=False)
    warns: bool = True
    localhost_is_plain: bool = False

    def __post_init__(self) -> None:
        if self.ssl_context is not None and not (
            self.ssl_context.check_hostname and self.ssl_context.verify_mode is ssl.CERT_REQUIRED
        ):
            raise ValueError("expected an SSL context that verifies certificates and host names")
        if self.allow_loopback and self.warns:
            _logger.warning(LOOPBACK_WARNING)

    def budget(self) -> Budget:
        """Return the time and bytes that begin to count now."""
        return Budget(self.clock, self.clock() + self.timeout, self.max_bytes + _OVERHEAD_BYTES)

    def checked_url(self, url: str) -> httpx.URL:
        """Return `url` as it will be asked, without its fragment; FetchRefusedError if it must not be."""
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
            plain = self.localhost_is_plain and self.allow_loopback and self.ssl_context is None
            return target.copy_with(scheme="http") if plain and host in _LOOPBACK_HOSTS else target
        if target.scheme == "http" and self.allow_loopback and host in _LOOPBACK_HOSTS:
            return target
        raise FetchRefusedError(f"expected an https URL, found {url[:80]!r}")

    def send(
        self,
        method: str,
        url: httpx.URL,
        budget: Budget,
        *,
        reads_body: Callable[[int], bool],
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """Ask a checked URL once and return the answer; the body is read where `reads_body(status)`.

        Raises FetchError for a broken, large, compressed or slow answer, a bad certificate, a host that is
        down; FetchRefusedError for an address that must not be asked.
        """
        # Without TLS nothing proves who answers, so plain http stays on this machine, whatever a name says.
        permits = is_loopback if url.scheme == "http" else self._permits
        backend = CheckedBackend(budget, self.resolve_host, permits)
        tls = self._tls if url.scheme == "https" else None
        sent = [(name.encode("ascii"), text.encode("ascii")) for name, text in _all(headers, body).items()]
        try:
            with (
                httpcore.ConnectionPool(ssl_context=tls, network_backend=backend) as connections,
                connections.stream(method, _core_url(url), headers=sent, content=body) as response,
            ):
                received = httpx.Headers(response.headers)
                read = self._body(url, received, response) if reads_body(response.status) else b""
                return Answer(response.status, dict(received.items()), read)
        except httpcore.TimeoutException as err:
            raise FetchError(f"{shown(url)} took longer than the time limit") from err
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.ConnectionNotAvailable) as err:
            raise FetchError(f"{shown(url)} could not be read: {_reason(err)}") from err

    def _body(self, url: httpx.URL, headers: httpx.Headers, response: httpcore.Response) -> bytes:
        # An answer in an encoding that was not asked for is not unpacked, so nothing can inflate.
        encoding = headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("", "identity"):
            raise FetchError(f"{shown(url)} answers compressed ({encoding[:20]!r}), which was not asked for")
        length = headers.get("content-length", "")
        if length.isdecimal() and len(length) < 20 and int(length) > self.max_bytes:
            raise FetchError(f"{shown(url)} answers with {length} bytes, more than {self.max_bytes}")
        body = bytearray()
        for chunk in response.iter_stream():
            body += chunk
            if len(body) > self.max_bytes:
                raise FetchError(f"{shown(url)} answers with more than {self.max_bytes} bytes")
        return bytes(body)

    def _permits(self, address: IPAddress) -> bool:
        return is_public(address) or (self.allow_loopback and is_loopback(address))

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return self.ssl_context or httpx.create_ssl_context(verify=True, trust_env=False)


def shown(url: httpx.URL) -> str:
    """Return a URL for a message, without its query, which may hold what nobody else should read."""
    return str(url.copy_with(query=None, fragment=None))[:200]


def _all(headers: Mapping[str, str] | None, body: bytes | None) -> dict[str, str]:
    """Return the headers to send; what keeps answers plain and connections single is not the caller's."""
    asked = {name.lower(): text for name, text in (headers or {}).items()}
    fixed = {"accept-encoding", "connection", "content-length", "host", "transfer-encoding"} & asked.keys()
    if fixed:
        raise ValueError(f"the header {min(fixed)!r} is not a caller's to set")
    return _HEADERS | asked | ({} if body is None else {"content-length": str(len(body))})


def _core_url(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)


def _reason(err: Exception) -> str:
    """Return what went wrong in a few words: for TLS why the certificate was refused."""
    cause = err.__cause__ or err.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is refused ({cause.verify_message})"
    return str(err)[:120] or type(err).__name__

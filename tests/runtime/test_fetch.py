"""runtime.fetch: https URLs of strangers, read safely. Everything here happens on the loopback interface."""

from __future__ import annotations

import datetime
import logging
import socket
import ssl
import threading
from collections.abc import Sequence
from itertools import count
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from runtime.fetch import LOOPBACK_WARNING, Fetcher
from tests.runtime.servers import Handler, Serve, answer, loopback
from vclib.errors import FetchError, FetchNotFoundError, FetchRefusedError

PUBLIC = "93.184.216.34"


def local(**settings: object) -> Fetcher:
    """Return a fetcher for plain http on this machine; every test of bodies and times uses it."""
    return Fetcher(allow_loopback=True, resolve_host=loopback, **settings)  # type: ignore[arg-type]


def unreachable(host: str, port: int) -> Sequence[str]:
    raise AssertionError(f"{host} was resolved")


# --- what is asked, and what comes back --------------------------------------------------------------


def test_body_is_returned_and_the_request_asks_for_plain_bytes(serve: Serve) -> None:
    server = serve(answer(b'{"id": "did:web:x"}'))

    assert local()(f"http://localhost:{server.port}/user/did.json?a=b#fragment") == b'{"id": "did:web:x"}'
    request = server.requests[0].decode("ascii").lower()
    assert request.startswith("get /user/did.json?a=b http/1.1\r\n")
    assert f"\r\nhost: localhost:{server.port}\r\n" in request
    assert "\r\naccept-encoding: identity\r\n" in request
    assert "\r\nuser-agent: ddcc\r\n" in request
    assert "cookie" not in request
    assert "authorization" not in request


def test_chunked_body_is_returned(serve: Serve) -> None:
    server = serve(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")

    assert local()(f"http://localhost:{server.port}/") == b"abcde"


@pytest.mark.parametrize("status", ["404 Not Found", "410 Gone"])
def test_nothing_there_has_its_own_name(serve: Serve, status: str) -> None:
    server = serve(answer(status=status))

    with pytest.raises(FetchNotFoundError, match=f"status {status[:3]}"):
        local()(f"http://localhost:{server.port}/")


@pytest.mark.parametrize(
    "status",
    ["201 Created", "204 No Content", "206 Partial", "304 Same", "401 No", "403 No", "500 Oops", "503 Later"],
)
def test_another_status_is_no_body(serve: Serve, status: str) -> None:
    server = serve(answer(b"", status=status))

    with pytest.raises(FetchError, match=f"status {status[:3]}") as caught:
        local()(f"http://localhost:{server.port}/")
    assert type(caught.value) is FetchError


@pytest.mark.parametrize(
    "response",
    [
        b"",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nbody",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nbody",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"\x16\x03\x01\x00\x05hello\r\n\r\n",
    ],
)
def test_broken_answer_is_refused_by_name(serve: Serve, response: bytes) -> None:
    server = serve(response)

    with pytest.raises(FetchError, match="could not be read"):
        local()(f"http://localhost:{server.port}/")


@pytest.mark.parametrize(
    "url",
    [
        "https://xn--a/",
        "https://xn--" + "a" * 40 + ".example/",
        "https://a.example/\ud800",
        "https://\ud800/",
    ],
)
def test_text_that_cannot_be_a_url_is_refused_by_name(url: str) -> None:
    """G1, G3: a did:web can name a host in Punycode that decodes to no name."""
    with pytest.raises(FetchRefusedError, match="is not a URL"):
        Fetcher(resolve_host=unreachable)(url)


@pytest.mark.parametrize("location", ["http://xn--a/", "//xn--a/"])
def test_redirect_to_what_cannot_be_a_host_is_refused(serve: Serve, location: str) -> None:
    """G6."""
    server = serve(answer(b"", status="302 Found", headers=f"Location: {location}\r\n"))

    with pytest.raises(FetchRefusedError, match="redirects to"):
        local()(f"http://localhost:{server.port}/")


def test_host_that_does_not_answer_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    with pytest.raises(FetchError, match="localhost does not answer"):
        local()(f"http://localhost:{port}/")


def test_query_is_not_in_the_message(serve: Serve) -> None:
    """K8: a query may hold what nobody else should read."""
    server = serve(answer(status="500 Oops"))

    with pytest.raises(FetchError) as caught:
        local()(f"http://localhost:{server.port}/path?token=secret")
    assert "secret" not in str(caught.value)
    assert "/path" in str(caught.value)


# --- URLs that are not read --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://health.example/",
        "HTTP://health.example/",
        "ftp://health.example/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:text/plain,x",
        "//health.example/",
        "/path",
        "",
        "https:///path",
        "https://",
        "https:health.example",
        "https://user@health.example/",
        "https://user:password@health.example/",
        "https://health.example:99999/",
        "https://health.example:x/",
        "https://health\x00.example/",
        "https://health.example/\n",
        "https://[::1/",
        "https://xn--\u0660.example/",
        "https://health.example/" + "x" * 5000,
    ],
)
def test_url_that_is_no_plain_https_url_is_refused_before_anything_is_resolved(url: str) -> None:
    """G6, F12: https, a host, no user name, nothing that two readers could read differently."""
    with pytest.raises(FetchRefusedError):
        Fetcher(resolve_host=unreachable)(url)


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["169.254.169.254"],
        ["10.1.2.3"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["64:ff9b::7f00:1"],
        ["fe80::1%eth0"],
        [PUBLIC, "192.168.0.1"],
        ["192.168.0.1", PUBLIC],
    ],
)
def test_name_that_leads_to_a_private_address_is_refused_before_connecting(
    addresses: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """G1: also if only one of its addresses is private."""
    connected: list[object] = []
    monkeypatch.setattr(socket, "create_connection", lambda *a, **k: connected.append(a))

    with pytest.raises(FetchRefusedError, match="is not a public address"):
        Fetcher(resolve_host=lambda host, port: addresses)("https://health.example/")
    assert connected == []


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "0x7f.1", "2130706433", "0177.0.0.1", "[::1]", "[::ffff:7f00:1]", "0.0.0.0"],
)
def test_address_of_this_machine_is_refused_in_every_spelling(host: str) -> None:
    """G1: the operating system reads them all as an address; none needs the network."""
    with pytest.raises(FetchRefusedError, match=r"is not a public address|is not a URL"):
        Fetcher()(f"https://{host}/")


def test_connection_goes_to_the_checked_address_and_not_to_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """G2: the name is resolved once, so a second answer is never asked for."""
    asked: list[str] = []
    connected: list[object] = []

    def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return (PUBLIC,) if len(asked) == 1 else ("127.0.0.1",)

    def refuse(address: object, *args: object, **kwargs: object) -> socket.socket:
        connected.append(address)
        raise OSError("no network in tests")

    monkeypatch.setattr(socket, "create_connection", refuse)

    with pytest.raises(FetchError, match=r"health\.example does not answer"):
        Fetcher(resolve_host=rebinding)("https://health.example:8443/did.json")
    assert asked == ["health.example"]
    assert connected == [(PUBLIC, 8443)]


def test_second_address_is_tried_if_the_first_does_not_answer(serve: Serve) -> None:
    server = serve(answer(b"from the second"))
    fetch = Fetcher(allow_loopback=True, resolve_host=lambda host, port: ("127.0.0.2", "127.0.0.1"))

    assert fetch(f"http://localhost:{server.port}/") == b"from the second"


def test_name_without_an_address_is_named() -> None:
    def unknown(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(FetchError, match=r"health\.example cannot be resolved"):
        Fetcher(resolve_host=unknown)("https://health.example/")
    with pytest.raises(FetchError, match=r"health\.example has no address"):
        Fetcher(resolve_host=lambda host, port: ())("https://health.example/")
    with pytest.raises(FetchRefusedError, match="address of an unknown form"):
        Fetcher(resolve_host=lambda host, port: ("not an address",))("https://health.example/")


def test_proxies_of_the_environment_are_not_used(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    server = serve(answer(b"direct"))

    assert local()(f"http://localhost:{server.port}/") == b"direct"


# --- size --------------------------------------------------------------------------------------------


def test_body_at_the_limit_is_returned_and_beyond_it_refused(serve: Serve) -> None:
    """G5: the announced length is looked at before the body."""
    server = serve(answer(b"x" * 1000))

    assert len(local(max_bytes=1000)(f"http://localhost:{server.port}/")) == 1000
    with pytest.raises(FetchError, match="answers with 1000 bytes, more than 999"):
        local(max_bytes=999)(f"http://localhost:{server.port}/")


def test_body_without_end_is_cut_off(serve: Serve) -> None:
    """G5: a body of no announced length."""

    def endless(connection: socket.socket, request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 4096)

    server = serve(endless)

    with pytest.raises(FetchError, match="answers with more than 10000 bytes"):
        local(max_bytes=10_000)(f"http://localhost:{server.port}/")


@pytest.mark.parametrize("line", [b"X-Header: value\r\n", b"X: " + b"v" * 60_000 + b"\r\n", b"x"])
def test_headers_without_end_are_cut_off(serve: Serve, line: bytes) -> None:
    """G5: many headers, long headers, a header line that never ends."""

    def endless(connection: socket.socket, request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            connection.sendall(line * max(1, 4096 // len(line)))

    server = serve(endless)

    with pytest.raises(FetchError):
        local()(f"http://localhost:{server.port}/")


def test_interim_answers_without_end_are_cut_off(serve: Serve) -> None:
    """G5: each "100 Continue" is small and legal."""

    def endless(connection: socket.socket, request: bytes) -> None:
        while True:
            connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" * 100)

    server = serve(endless)

    with pytest.raises(FetchError, match="larger than the limit"):
        local(max_bytes=1000)(f"http://localhost:{server.port}/")


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "deflate", "br", "zstd", "gzip, gzip", "x"])
def test_compressed_answer_is_refused_unopened(serve: Serve, encoding: str) -> None:
    """G5, J2: it was not asked for, so it is not unpacked."""
    server = serve(answer(b"\x1f\x8b" + bytes(100), headers=f"Content-Encoding: {encoding}\r\n"))

    with pytest.raises(FetchError, match="compressed"):
        local()(f"http://localhost:{server.port}/")


def test_answer_that_says_it_is_not_compressed_is_returned(serve: Serve) -> None:
    server = serve(answer(b"plain", headers="Content-Encoding: identity\r\n"))

    assert local()(f"http://localhost:{server.port}/") == b"plain"


# --- time --------------------------------------------------------------------------------------------


def test_slow_body_is_cut_off_at_the_time_limit(serve: Serve) -> None:
    """G5: a clock that runs one second per look stands for a body that trickles."""

    def endless(connection: socket.socket, request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 1000)

    server = serve(endless)
    ticks = count()

    with pytest.raises(FetchError, match="longer than the time limit"):
        local(clock=lambda: float(next(ticks)), timeout=12.0)(f"http://localhost:{server.port}/")
    assert next(ticks) < 20


def test_redirects_share_one_time_limit(serve: Serve) -> None:
    server = serve(answer(b"", status="302 Found", headers="Location: /again\r\n"))
    ticks = count()

    with pytest.raises(FetchError, match="longer than the time limit"):
        local(clock=lambda: float(next(ticks)), timeout=15.0, max_redirects=1000)(
            f"http://localhost:{server.port}/"
        )


def test_server_that_never_answers_is_left(serve: Serve) -> None:
    """G5: the one wait that only real time can show; it is short."""
    finished = threading.Event()
    server = serve(lambda connection, request: finished.wait(10) and None)

    with pytest.raises(FetchError, match="longer than the time limit"):
        local(timeout=0.05)(f"http://localhost:{server.port}/")
    finished.set()


def test_resolver_that_never_answers_is_left() -> None:
    """G5: the time limit covers the name's resolution as well."""
    finished = threading.Event()

    def stuck(host: str, port: int) -> Sequence[str]:
        finished.wait(10)
        return (PUBLIC,)

    with pytest.raises(FetchError, match=r"(within|longer than) the time limit"):
        Fetcher(resolve_host=stuck, timeout=0.05)("https://health.example/")
    finished.set()


# --- redirects ---------------------------------------------------------------------------------------


def _redirecting(target: str) -> Handler:
    def handler(connection: socket.socket, request: bytes) -> None:
        if request.startswith(b"GET /start "):
            location = target.replace("PORT", str(connection.getsockname()[1]))
            connection.sendall(answer(b"", status="302 Found", headers=f"Location: {location}\r\n"))
        else:
            connection.sendall(answer(request.split(b" ")[1]))

    return handler


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("/end", b"/end"),
        ("end?x=1#fragment", b"/end?x=1"),
        ("http://localhost:PORT/end", b"/end"),
        ("//localhost:PORT/end", b"/end"),
        ("http://LOCALHOST:PORT/end", b"/end"),
        ("/a/../end", b"/end"),
    ],
)
def test_redirect_within_the_host_is_followed(serve: Serve, location: str, path: bytes) -> None:
    server = serve(_redirecting(location))

    assert local()(f"http://localhost:{server.port}/start") == path


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:PORT/end",
        "http://other.example:PORT/end",
        "http://localhost:1/end",
        "http://localhost/end",
        "https://localhost:PORT/end",
        "//evil.example/end",
        "http://user@localhost:PORT/end",
        "file:///etc/passwd",
        "javascript:x",
        "http://localhost:PORT@evil.example/",
        "http://[::1/",
    ],
)
def test_redirect_to_another_place_is_refused(serve: Serve, location: str) -> None:
    """G6: another host, port or scheme is another place."""
    server = serve(_redirecting(location))

    with pytest.raises(FetchRefusedError, match="redirects to"):
        local()(f"http://localhost:{server.port}/start")
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_counted(serve: Serve, status: int) -> None:
    server = serve(answer(b"", status=f"{status} Moved", headers="Location: /again\r\n"))

    with pytest.raises(FetchError, match="redirects more than 3 times"):
        local()(f"http://localhost:{server.port}/")
    assert len(server.requests) == 4


def test_redirect_without_a_location_is_no_answer(serve: Serve) -> None:
    server = serve(answer(b"", status="302 Found"))

    with pytest.raises(FetchError, match="status 302"):
        local()(f"http://localhost:{server.port}/")


# --- loopback for development ------------------------------------------------------------------------


def test_allowing_loopback_is_said_loudly(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        Fetcher()
        assert caplog.records == []
        Fetcher(allow_loopback=True)

    assert [record.getMessage() for record in caplog.records] == [LOOPBACK_WARNING]
    assert caplog.records[0].levelno == logging.WARNING
    assert "development only" in LOOPBACK_WARNING


def test_https_url_of_localhost_is_read_over_http_in_development(serve: Serve) -> None:
    """did:web:localhost%3A8080 names an https URL, and nobody certifies localhost."""
    server = serve(answer(b"local"))

    assert local()(f"https://localhost:{server.port}/did.json") == b"local"


@pytest.mark.parametrize(
    "url", ["http://health.example/", "http://127.0.0.2/", "http://localhost.example/", "http://10.0.0.1/"]
)
def test_plain_http_elsewhere_is_refused_in_development_too(url: str) -> None:
    with pytest.raises(FetchRefusedError, match="expected an https URL"):
        Fetcher(allow_loopback=True, resolve_host=unreachable)(url)


def test_localhost_that_leads_elsewhere_is_refused_in_development_too() -> None:
    """G2: a resolver may say anything; without TLS nothing else proves who answers."""
    with pytest.raises(FetchRefusedError, match="is not a public address"):
        Fetcher(allow_loopback=True, resolve_host=lambda host, port: (PUBLIC,))("http://localhost/")


def test_private_address_is_refused_in_development_too() -> None:
    with pytest.raises(FetchRefusedError, match="is not a public address"):
        Fetcher(allow_loopback=True, resolve_host=lambda h, p: ("10.0.0.1",))("https://health.example/")


# --- TLS ---------------------------------------------------------------------------------------------


class Authority:
    """A certificate authority for these tests: signs certificates of any name and time."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test Authority")])
        self.certificate = self._sign(self._name, self._key, None, 2100)
        self.client_context = ssl.create_default_context(
            cadata=self.certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")
        )

    def server_context(self, host: str, *, until: int = 2100) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        certificate = self._sign(name, key, host, until)
        path = self._directory / f"{host}-{until}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def _sign(
        self, name: x509.Name, key: ec.EllipticCurvePrivateKey, host: str | None, until: int
    ) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC))
            .not_valid_after(datetime.datetime(until, 1, 1, tzinfo=datetime.UTC))
            .add_extension(x509.BasicConstraints(ca=host is None, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
        )
        if host is not None:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        return builder.sign(self._key, hashes.SHA256())


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


def test_certificate_for_the_name_is_accepted_at_the_checked_address(
    serve: Serve, authority: Authority
) -> None:
    """G2, G7: connected by address, verified by name."""
    server = serve(answer(b"over TLS"), authority.server_context("health.example"))

    fetch = local(ssl_context=authority.client_context)

    assert fetch(f"https://health.example:{server.port}/did.json") == b"over TLS"
    assert f"host: health.example:{server.port}".encode() in server.requests[0].lower()


def test_certificate_for_another_name_is_refused(serve: Serve, authority: Authority) -> None:
    """G7: the right authority, the wrong name."""
    server = serve(answer(), authority.server_context("other.example"))

    with pytest.raises(FetchError, match=r"its certificate is refused \(.*Hostname mismatch"):
        local(ssl_context=authority.client_context)(f"https://health.example:{server.port}/")
    assert server.requests == []


def test_expired_certificate_is_refused(serve: Serve, authority: Authority) -> None:
    """G7: valid until 2001."""
    server = serve(answer(), authority.server_context("health.example", until=2001))

    with pytest.raises(FetchError, match=r"its certificate is refused \(certificate has expired\)"):
        local(ssl_context=authority.client_context)(f"https://health.example:{server.port}/")
    assert server.requests == []


def test_certificate_of_an_unknown_authority_is_refused(serve: Serve, authority: Authority) -> None:
    """G7: the default authorities do not know ours; there is no switch that ignores it."""
    server = serve(answer(), authority.server_context("health.example"))

    with pytest.raises(FetchError, match="its certificate is refused"):
        local()(f"https://health.example:{server.port}/")
    assert server.requests == []


def test_server_without_tls_is_refused(serve: Serve, authority: Authority) -> None:
    """G6, G7: https never becomes http by itself."""

    server = serve(answer(), at_once=True)

    with pytest.raises(FetchError, match="could not be read"):
        local(ssl_context=authority.client_context)(f"https://health.example:{server.port}/")


@pytest.mark.parametrize("location", ["http://health.example:PORT/end", "https://other.example:PORT/end"])
def test_redirect_out_of_tls_is_refused(serve: Serve, authority: Authority, location: str) -> None:
    """G6: to http, and to another host."""
    server = serve(_redirecting(location), authority.server_context("health.example"))

    with pytest.raises(FetchRefusedError, match="redirects to"):
        local(ssl_context=authority.client_context)(f"https://health.example:{server.port}/start")


def test_context_that_does_not_verify_is_refused() -> None:
    """G7: no certificate check, no fetcher."""
    unverified = ssl.create_default_context()
    unverified.check_hostname = False
    unnamed = ssl.create_default_context()
    unnamed.check_hostname = False
    unverified.verify_mode = ssl.CERT_NONE

    for context in (unverified, unnamed):
        with pytest.raises(ValueError, match="verifies certificates and host names"):
            Fetcher(ssl_context=context)

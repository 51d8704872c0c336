"""An issuer and verifiers as processes on loopback, and a wallet whose commands talk to them over sockets."""

from __future__ import annotations

import itertools
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from runtime.exchange import Exchanger
from runtime.serving import bind_loopback, port_of
from tests.certificates import authority, certificate, write_chain, write_key
from tests.flows.conftest import CHEAP, PASSPHRASE, Ran, in_process
from tests.processes import Process, running
from tests.world import VACCINATION, changed
from vclib.did import resolver
from vclib.keys import KeyType, PrivateKey
from vclib.strict_json import dump_json
from wallet.holder import Holder

FORM = "application/x-www-form-urlencoded"
_numbers = itertools.count(1)


def free_port() -> int:
    with bind_loopback(0) as bound:
        return port_of(bound)


def done(ran: Ran) -> Ran:
    """Return a command that went well."""
    assert ran.code == 0, ran.err
    return ran


@dataclass
class Network:
    """A folder with an issuer that is a did:web, a trust file and a wallet; its passphrase file is in it."""

    folder: Path
    issuer_url: str

    @property
    def secret(self) -> tuple[object, ...]:
        return ("--passphrase-file", self.folder / "passphrase")

    @property
    def issuer_home(self) -> tuple[object, ...]:
        return ("--home", self.folder / "issuer")

    @property
    def wallet(self) -> tuple[object, ...]:
        return ("--wallet", self.folder / "alice.ddcc", *self.secret)

    def new_wallet(self, name: str) -> Network:
        """Return the same network with another wallet in a folder of its own."""
        other = self.folder / name
        other.mkdir()
        for shared in ("issuer", "passphrase", "trust.json"):
            (other / shared).symlink_to(self.folder / shared)
        network = replace(self, folder=other)
        make_wallet(other / "alice.ddcc")
        return network

    def offer(
        self,
        *options: object,
        by_value: bool = False,
        name: str | None = None,
        vaccination: Mapping[str, object] = MappingProxyType({}),
    ) -> Offer:
        """Let the issuer offer a record that nobody was offered before."""
        number = next(_numbers)
        record = changed(VACCINATION, name=name or f"Person {number}")
        record = changed(record, "vaccination", **vaccination)
        path = self.folder / f"record-{number}.json"
        path.write_text(dump_json(record))
        ways = ("--by-value",) if by_value else ()
        told = done(in_process("issuer", "offer", path, "--json", *ways, *options, *self.issuer_home)).json
        return Offer(self.folder, number, told)

    def told(self, offer: Offer) -> Any:
        """Return what the issuer knows of an offer. Any: JSON."""
        listed = done(in_process("issuer", "offers", "--json", *self.issuer_home)).json["offers"]
        return next(each for each in listed if each["offerId"] == offer.id)

    def receive(self, offer: Offer, *options: object) -> Ran:
        """Receive an offer with the wallet's command."""
        return in_process(
            *("wallet", "receive", offer.file, *offer.tx_code_option, "--yes", "--allow-loopback", "--json"),
            *options,
            *self.wallet,
        )

    def hold(self, *options: object) -> None:
        """Let the wallet hold one more credential."""
        done(self.receive(self.offer(*options)))

    def held(self) -> list[Any]:
        """What the wallet holds. Any: JSON."""
        listed: list[Any] = done(in_process("wallet", "list", "--json", *self.wallet)).json["credentials"]
        return listed


@dataclass(frozen=True)
class Offer:
    """An offer that was made, and the files that the wallet reads it from. Any: JSON."""

    folder: Path
    number: int
    told: Any

    @property
    def id(self) -> str:
        return str(self.told["offerId"])

    @property
    def code(self) -> str:
        (grant,) = self.told["credentialOffer"]["grants"].values()
        return str(grant["pre-authorized_code"])

    @property
    def tx_code(self) -> str | None:
        code: str | None = self.told.get("txCode")
        return code

    @property
    def file(self) -> Path:
        path = self.folder / f"offer-{self.number}"
        path.write_text(str(self.told["link"]))
        return path

    @property
    def tx_code_option(self) -> tuple[object, ...]:
        return () if self.tx_code is None else self.with_code(self.tx_code)

    def with_code(self, code: str) -> tuple[object, ...]:
        path = self.folder / f"code-{self.number}"
        path.touch(mode=0o600)
        path.write_text(code)
        return ("--tx-code-file", path)


@dataclass
class Venue:
    """A verifier that is being served, and a token to ask with; `wallet_options` make a wallet trust it."""

    network: Network
    home: Path
    url: str
    token: str
    wallet_options: tuple[object, ...] = ()
    ca: Path | None = None

    @property
    def client(self) -> httpx.Client:
        context = ssl.create_default_context(cafile=self.ca) if self.ca else True
        return httpx.Client(base_url=self.url, timeout=60, verify=context)

    def ask(self, **members: Any) -> Request:
        """Make a request, as a verifier's page does. Any: JSON."""
        headers = {"authorization": f"Bearer {self.token}"}
        with self.client as client:
            made = client.post("/requests", json={"situation": "venue", **members}, headers=headers)
        assert made.status_code == 201, made.text
        return Request(self, made.json())


@dataclass
class Request:
    """A request that was made. Any: JSON."""

    venue: Venue
    made: Any

    @property
    def link(self) -> str:
        return str(self.made["link"])

    @property
    def object_uri(self) -> str:
        return parse_qs(urlsplit(self.link).query)["request_uri"][0]

    @property
    def response_uri(self) -> str:
        return self.object_uri.replace("/requests/", "/responses/").removesuffix("/object")

    def present(self, *options: object, network: Network | None = None) -> Ran:
        """Answer it with the wallet's command; a test has to make it trust a server's own CA."""
        command = ("wallet", "present", self.link, "--allow-loopback", *options, *self.venue.wallet_options)
        arguments = (*command, *(network or self.venue.network).wallet)
        if self.venue.ca is None:
            return in_process(*arguments)
        trusting = partial(Exchanger, ssl_context=ssl.create_default_context(cafile=self.venue.ca))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("wallet.cli_answer.Exchanger", trusting)
            return in_process(*arguments)

    def result(self, **query: str) -> httpx.Response:
        with self.venue.client as client:
            return client.get(f"/requests/{self.made['transactionId']}/result", params=query)

    def post(self, url: str, fields: Mapping[str, str]) -> httpx.Response:
        with self.venue.client as client:
            return client.post(url, content=urlencode(fields), headers={"content-type": FORM})


def make_wallet(path: Path) -> None:
    with Holder.create(
        path, PASSPHRASE, resolve=resolver(), clock=lambda: datetime.now(UTC), parameters=CHEAP
    ) as holder:
        holder.new_key("Alice")


def make_network(folder: Path) -> Network:
    """Make an issuer that is the did:web of a free port, trust in it, and a wallet."""
    (folder / "passphrase").write_text(PASSPHRASE)
    (folder / "passphrase").chmod(0o600)
    network = Network(folder, f"http://localhost:{free_port()}")
    made = ("issuer", "init", "--name", "Ministry", "--url", network.issuer_url, "--did-web")
    done(in_process(*made, *network.issuer_home, *network.secret))
    trust = done(in_process("issuer", "trust-entry", *network.issuer_home)).out
    (folder / "trust.json").write_text(trust)
    make_wallet(folder / "alice.ddcc")
    return network


@contextmanager
def issuer_running(network: Network, *options: object) -> Iterator[Process]:
    """Serve the issuer in a process of its own."""
    place = ("--port", urlsplit(network.issuer_url).port, *options)
    with running(
        "ddcc", "issuer", "serve", *place, *network.issuer_home, *network.secret, log=network.folder / "log"
    ) as process:
        assert "answers at" in process.read_line()
        yield process


@contextmanager
def venue_running(
    network: Network, kind: str, settings: str = "", serving: tuple[object, ...] = ()
) -> Iterator[Venue]:
    """Serve a verifier with one kind of client identifier; `x509_san_dns` over TLS.

    `settings` are lines of its settings file; those that a test does not set look at everything each time.
    `serving` are options of the command.
    """
    home = network.folder / f"verifier-{next(_numbers)}"
    scheme = "https" if kind == "x509_san_dns" else "http"
    port = free_port()
    url = f"{scheme}://localhost:{port}"
    place = ("--home", home)
    done(in_process("verifier", "init", "--name", "Venue", "--purpose", "Entry", "--url", url, *place))
    with (home / "verifier.toml").open("a") as file:
        defaults = {"requests_per_second": 0, "did_refresh": 0, "status_refresh": 0}
        file.write("".join(f"{name} = {value}\n" for name, value in defaults.items() if name not in settings))
        file.write(settings)
    (home / "trust.json").write_text((network.folder / "trust.json").read_text())
    chain, key, ca = certificates(home)
    options: tuple[object, ...] = ()
    if kind.startswith("did:"):
        named: tuple[object, ...] = ("--did-key",) if kind == "did:key" else ()
        done(in_process("verifier", "key", "set", *named, *place, *network.secret))
    elif kind.startswith("x509"):
        named = ("--client-id-prefix", kind, "--certificate", chain, "--private-key", key)
        done(in_process("verifier", "key", "set", *named, *place, *network.secret))
        options = ("--trust-anchors", ca)
    tls = ("--tls-certificate", chain, "--tls-key", key) if scheme == "https" else ()
    token = done(in_process("verifier", "token", "create", "desk", *place)).out.strip()
    serve = ("verifier", "serve", *serving, "--port", port, "--allow-loopback", *tls, *place, *network.secret)
    with running("ddcc", *serve, log=home / "log") as process:
        assert "answers at" in process.read_line()
        yield Venue(network, home, url, token, options, ca if scheme == "https" else None)


def certificates(folder: Path) -> tuple[Path, Path, Path]:
    """Write a certificate for localhost with its authority's, its key, and the authority's alone."""
    key = PrivateKey.from_secret_bytes(KeyType.P256, bytes([77]) * 32)
    now = datetime.now(UTC)
    ca = authority(now=now)
    leaf = certificate(key, "localhost", now=now, until=now + timedelta(days=2))
    chain = write_chain(folder / "chain.pem", leaf, ca)
    private = write_key(folder / "key.pem", key)
    private.chmod(0o600)
    return chain, private, write_chain(folder / "ca.pem", ca)

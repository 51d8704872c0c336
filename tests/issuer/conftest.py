"""What the tests of the issuer's service share: an issuer with a URL, on databases that many can open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from issuer.access import Role, create_token
from issuer.app import create_issuer_app
from issuer.config import IssuerConfig
from issuer.keys import IssuerKeys
from issuer.service import Issuer
from issuer.store import IssuerStore
from runtime.database import sqlite_url
from tests.asgi import Client
from tests.tables import tables_as_before
from tests.world import START, Clock
from vclib.keys import KeyType, PrivateKey
from vclib.strict_json import JSONObject, dump_json

URL = "https://issuer.example"


@dataclass
class Service:
    """An issuer's service on one database, called as a client would, under a clock moved by hand."""

    config: IssuerConfig
    keys: IssuerKeys
    store: IssuerStore
    clock: Clock = field(default_factory=Clock)
    tokens: dict[Role, str] = field(default_factory=dict)

    @property
    def issuer(self) -> Issuer:
        return Issuer(self.config, self.store, self.keys)

    def app(self) -> FastAPI:
        return create_issuer_app(self.config, self.store, self.keys, clock=lambda: self.clock.now)

    def token(self, role: Role) -> str:
        """Return a token of the role, the same each time."""
        if role not in self.tokens:
            self.tokens[role], _ = create_token(
                self.store, name="tests", role=role, days=90, now=self.clock.now
            )
        return self.tokens[role]

    def ask(
        self, method: str, path: str, body: JSONObject | None = None, *, role: Role | None, **headers: str
    ) -> Any:
        """Send one request to a new worker with a token of the role. Any: an answer of httpx."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if role is not None:
            sent["authorization"] = f"Bearer {self.token(role)}"
        content = b""
        if body is not None:
            content = dump_json(body).encode()
            sent.setdefault("content-type", "application/json")
        return Client(self.app()).ask(method, path, content=content, headers=sent)

    def events(self) -> list[str]:
        """The events of the audit log, oldest first."""
        with self.store.reading() as reading:
            return [entry.event for entry in reading.audit_entries()]


def make_service(url: str, home: Path) -> Service:
    keys = IssuerKeys(
        {
            key_type: PrivateKey.from_secret_bytes(key_type, b"\1" * 32)
            for key_type in (KeyType.P256, KeyType.ED25519, KeyType.BLS12_381_G2)
        }
    )
    config = IssuerConfig(home=home, name="Ministry of Health", url=URL, database_url=url, dids=keys.dids)
    with tables_as_before():
        return Service(config, keys, IssuerStore.open(url))


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A service on SQLite."""
    service = make_service(sqlite_url(tmp_path / "issuer.sqlite"), tmp_path)
    yield service
    service.store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def shared_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind that several processes and threads can open."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "issuer.sqlite")
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def shared_service(shared_url: str, tmp_path: Path) -> Iterator[Service]:
    """A service on each kind of database."""
    service = make_service(shared_url, tmp_path)
    yield service
    service.store.close()


__all__ = ["START", "Service", "make_service"]

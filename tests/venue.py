"""A serving verifier in a world, asked without a socket; its network is the world's published lists."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from protocols.oid4vp import RequestSigner
from runtime.database import sqlite_url
from tests.asgi import Client
from tests.world import VACCINATION, World
from vclib.errors import FetchError
from vclib.strict_json import JSONObject, dump_json
from verifier.app import create_verifier_app
from verifier.config import VerifierConfig
from verifier.store import VerifierStore

DOMAIN = "https://venue.example"


class Venue:
    """A serving verifier in a world whose status lists it fetches."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.config = VerifierConfig(folder, name="Venue", url=DOMAIN)
        self.store = VerifierStore.open(sqlite_url(folder / "verifier.sqlite"))
        self.is_down = False
        self.signer: RequestSigner | None = None
        self.fetched: list[str] = []
        self.served: dict[str, JSONObject] | None = None
        self.credential = world.mint(VACCINATION, world.person(11))

    def client(self, **settings: object) -> Client:
        config = replace(self.config, **settings)  # type: ignore[arg-type]  # settings by name
        app = create_verifier_app(
            config,
            self.store,
            self.world.trusted,
            clock=lambda: self.world.clock.now,
            fetch=self.fetch,
            signer=self.signer,
        )
        return Client(app)

    def fetch(self, url: str) -> bytes:
        self.fetched.append(url)
        if self.is_down:
            raise FetchError("down")
        lists = self.served or self.world.status_lists
        return dump_json(lists[url]).encode()

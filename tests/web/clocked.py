"""A venue's server on a socket whose clock stands still: published samples have ended long ago."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import uvicorn
from playwright.sync_api import BrowserContext

from runtime.serving import bind_loopback, port_of
from tests.flows.network import Network, Venue
from tests.web.desk import Desk
from verifier.app import create_verifier_app
from verifier.config import VerifierConfig
from verifier.desks import Desks
from verifier.revocation_lists import RevocationSource
from verifier.store import VerifierStore
from verifier.trust_lists import TrustSource

_START_SECONDS = 30


@dataclass
class ClockedVenue:
    """The verifier of a folder, served at one moment; its files may change while it is."""

    home: Path
    url: str
    now: datetime
    store: VerifierStore

    def sign_in(self, context: BrowserContext, path: str = "/") -> Desk:
        link = Desks(self.store.database).new_link(now=self.now, lifetime=timedelta(minutes=10))
        page = context.new_page()
        page.goto(f"{self.url}/enter#{link}")
        page.wait_for_url(f"{self.url}/")
        if path != "/":
            page.goto(f"{self.url}{path}")
        return Desk(Venue(Network(self.home, self.url), self.home, self.url, ""), context, page)


@contextmanager
def clocked_venue(home: Path, now: datetime) -> Iterator[ClockedVenue]:
    """Serve a verifier that fetches nothing, by threads of this process."""
    home.mkdir(parents=True)
    bound = bind_loopback(0)
    config = VerifierConfig(home, name="Venue", url=f"http://localhost:{port_of(bound)}")
    # Each look at the files finds that it is time to look.
    withdrawn = RevocationSource(config, seconds=itertools.count(step=10).__next__)
    with closing(VerifierStore.open_home(config)) as store:
        app = create_verifier_app(
            config,
            store,
            None,
            clock=lambda: now,
            fetch=None,
            trust=TrustSource(config),
            withdrawn=withdrawn,
        )
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + _START_SECONDS
        while not server.started and time.monotonic() < deadline:
            thread.join(0.05)
        assert server.started, "the server did not start"
        try:
            yield ClockedVenue(home, str(config.url), now, store)
        finally:
            server.should_exit = True
            thread.join(_START_SECONDS)

"""A ministry that serves, guests with wallets, a venue that serves its page, and a Chromium to look at it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.flows.network import Network, Venue, done, issuer_running, make_network, venue_running
from tests.requirements import missing
from tests.web.desk import Desk, browsing, chromium, sign_in

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="package")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """Built only where there is a browser to look at anything."""
    chromium()
    network = make_network(tmp_path_factory.mktemp("web"))
    with issuer_running(network):
        done(network.receive(network.offer(name="Mira Sandovar-Lind")))
        yield network


@pytest.fixture(scope="package")
def venue(network: Network) -> Iterator[Venue]:
    with venue_running(network, "did:web") as venue:
        yield venue


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    with browsing(playwright) as browser:
        yield browser


@pytest.fixture
def desk(venue: Venue, browser: Browser) -> Iterator[Desk]:
    """A device that is signed in, with a browser profile of its own."""
    with closing(browser.new_context(viewport={"width": 1280, "height": 800})) as context:
        yield sign_in(venue, context)


@pytest.fixture(scope="package")
def axe() -> str:
    """The source of axe-core."""
    if not AXE.exists():
        missing("needs axe-core: run `make web`", required_by="DDCC_REQUIRE_CHROMIUM")
    return AXE.read_text()

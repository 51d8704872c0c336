"""`make screenshots`: the pictures of the venue's page, of real servers and a real browser."""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path

from playwright.sync_api import Browser, ViewportSize, sync_playwright

from protocols.compact import decode_presentation, encode_presentation
from tests.flows.conftest import in_process
from tests.flows.network import Network, Venue, done, issuer_running, make_network, venue_running
from tests.web.desk import Desk, browsing, compact, present, sign_in

IMAGES = Path(__file__).parents[2] / "docs" / "images"
RULES = Path(__file__).parents[1] / "vectors" / "eu-rules" / "rules"
DESK: ViewportSize = {"width": 1120, "height": 760}
PHONE: ViewportSize = {"width": 390, "height": 800}


def shoot(desk: Desk, name: str) -> None:
    """Write one picture, without anything that moves."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    desk.page.screenshot(path=IMAGES / f"venue-{name}.png", animations="disabled")
    print(f"docs/images/venue-{name}.png")


def check(desk: Desk, text: str) -> None:
    desk.page.locator("#text").fill(text)
    desk.page.locator("#typed button").click()
    desk.page.locator("#word").wait_for()


def draw_desk(browser: Browser, venue: Venue, network: Network, code: str) -> None:
    with closing(browser.new_context(viewport=DESK, color_scheme="light")) as context:
        desk = sign_in(venue, context)
        shoot(desk, "start")
        link = desk.show_code()
        shoot(desk, "asking")
        done(present(network, link))
        desk.page.locator("#word").wait_for()
        shoot(desk, "accepted")
        desk.page.locator("[data-do=next]").last.click()
        check(desk, code)
        shoot(desk, "compare")
        desk.page.locator("[data-do=next]").last.click()
        document = decode_presentation(code)
        document["holder"] = "did:web:somebody.example"
        check(desk, encode_presentation(document))
        shoot(desk, "refused")
        desk.page.goto(f"{venue.url}/desk")
        shoot(desk, "desk")


def draw_others(browser: Browser, venue: Venue, network: Network) -> None:
    with closing(browser.new_context(viewport=PHONE, color_scheme="light")) as context:
        desk = sign_in(venue, context, "?lang=fr")
        desk.page.locator("#ask button").click()
        done(present(network, desk.link))
        desk.page.locator("#word").wait_for()
        shoot(desk, "phone")
    with closing(browser.new_context(viewport=DESK, color_scheme="dark")) as context:
        desk = sign_in(venue, context, "?kiosk")
        desk.page.locator("#asking .code svg").wait_for()
        shoot(desk, "kiosk-dark")


def main() -> None:
    """Draw all pictures."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        network = make_network(Path(folder))
        with (
            issuer_running(network),
            venue_running(network, "did:web") as venue,
            browsing(playwright) as browser,
        ):
            done(in_process("verifier", "rules", "import", "eu", RULES, "--home", venue.home))
            done(network.receive(network.offer(name="Mira Sandovar-Lind")))
            draw_desk(browser, venue, network, compact(network, Path(folder)))
            draw_others(browser, venue, network)


if __name__ == "__main__":
    main()

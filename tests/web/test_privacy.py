"""Nothing of a guest stays: not on the screen, not in the browser, not at the server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.flows.network import Network, Venue
from tests.web.desk import SECONDS, Desk, compact, sign_in
from tests.web.pictures import qr_png


@pytest.fixture(scope="module")
def code(network: Network, tmp_path_factory: pytest.TempPathFactory) -> str:
    return compact(network, tmp_path_factory.mktemp("code"))


@pytest.fixture
def timed(venue: Venue, browser: Browser) -> Iterator[Desk]:
    """A desk whose time the test moves."""
    with closing(browser.new_context()) as context:
        desk = sign_in(venue, context)
        desk.page.clock.install()
        desk.page.reload()
        yield desk


def check(desk: Desk, code: str) -> None:
    desk.page.get_by_label("Or paste what the code says").fill(code)
    desk.page.get_by_role("button", name="Check it").click()
    assert desk.word == "Compare"


def test_an_answer_is_cleared_after_its_time(timed: Desk, code: str) -> None:
    """M2."""
    check(timed, code)
    timed.page.clock.run_for(19_000)
    expect(timed.page.locator("#countdown")).to_have_text("This is cleared in 1 seconds.")
    timed.page.clock.run_for(2_000)
    expect(timed.page.locator("#start")).to_be_visible()
    assert "Mira" not in timed.page.content()
    expect(timed.page.locator("#announcer")).to_have_text("Cleared. Ready for the next guest.")


@pytest.mark.parametrize("way", ["key", "button", "pointer"])
def test_whoever_uses_the_page_keeps_the_answer(timed: Desk, code: str, way: str) -> None:
    """WCAG 2.2.1: the time can be had anew by a simple action, as often as somebody likes."""
    check(timed, code)
    for _ in range(3):
        timed.page.clock.run_for(15_000)
        if way == "key":
            timed.page.keyboard.press("Shift")
        elif way == "button":
            timed.page.get_by_role("button", name="Keep it longer").click()
        else:
            timed.page.mouse.move(5, 5)
            timed.page.mouse.move(50, 50)
        expect(timed.page.locator("#countdown")).to_have_text("This is cleared in 20 seconds.")
    assert timed.word == "Compare"


def test_nothing_is_stored_by_the_browser(desk: Desk, code: str) -> None:
    """M2: no storage, no database, no history entry; a cookie that says nothing of a guest."""
    before = desk.page.evaluate("history.length")
    check(desk, code)
    stored = desk.page.evaluate(
        """async () => ({
            local: localStorage.length, session: sessionStorage.length,
            databases: (await indexedDB.databases()).length, caches: (await caches.keys()).length,
            workers: (await navigator.serviceWorker.getRegistrations()).length,
            readable: document.cookie, address: location.href.replace(location.origin, ""),
        })"""
    )
    assert stored == {
        "local": 0,
        "session": 0,
        "databases": 0,
        "caches": 0,
        "workers": 0,
        "readable": "",
        "address": "/",
    }
    assert desk.page.evaluate("history.length") == before


def test_going_away_and_back_shows_nothing(desk: Desk, code: str) -> None:
    """M2."""
    check(desk, code)
    desk.page.goto(f"{desk.venue.url}/docs")
    desk.page.go_back()
    expect(desk.page.locator("#start")).to_be_visible(timeout=SECONDS)
    expect(desk.page.locator("#answer")).to_be_hidden()
    assert "Mira" not in desk.page.content()


def test_the_next_guest_finds_empty_fields(desk: Desk, code: str) -> None:
    """M2."""
    picture = {"name": "code.png", "mimeType": "image/png", "buffer": qr_png(code)}
    desk.page.locator("#picture").set_input_files(picture)  # type: ignore[arg-type]  # a file in memory
    assert desk.word == "Compare"
    desk.page.get_by_role("button", name="Next guest").click()
    expect(desk.page.locator("#start-title")).to_be_focused()
    assert desk.page.locator("#picture").input_value() == ""
    assert desk.page.locator("#text").input_value() == ""
    assert desk.page.locator("#answer").inner_html() == ""


def test_the_server_has_nothing_left_of_an_answer(network: Network, desk: Desk) -> None:
    """M2, M8: neither in its database nor in its log."""
    desk.answer_with(network)
    assert desk.word == "Accepted"
    name = desk.page.locator("dd.name").inner_text()
    desk.page.get_by_role("button", name="Next guest").click()
    expect(desk.page.locator("#start")).to_be_visible()
    for path in sorted(desk.venue.home.iterdir()):
        if path.is_file():
            assert name.encode() not in path.read_bytes(), path.name


def test_a_kiosk_begins_anew_by_itself_and_leads_nowhere(
    venue: Venue, browser: Browser, network: Network, tmp_path: Path
) -> None:
    with closing(browser.new_context()) as context:
        desk = sign_in(venue, context, "?kiosk")
        first = desk.link
        done = desk.page.locator("a[href]").evaluate_all("all => all.map(each => each.getAttribute('href'))")
        assert all(href.startswith("?lang=") and href.endswith("&kiosk") for href in done)
        desk.page.clock.install()
        desk.page.keyboard.type(compact(network, tmp_path))
        desk.page.keyboard.press("Enter")
        assert desk.word == "Compare"
        desk.page.clock.run_for(21_000)
        assert desk.link != first
        expect(desk.page.locator("#answer")).to_be_hidden()


def test_no_other_site_can_show_the_page_in_a_frame(venue: Venue, desk: Desk) -> None:
    """M6: nor can one read or send anything with the desk's cookie."""
    other = desk.context.new_page()
    other.goto(f"{venue.url.replace('localhost', '127.0.0.1')}/healthz")
    framed = other.evaluate(
        """address => new Promise(resolve => {
            const frame = document.createElement("iframe");
            frame.onload = () => { try { resolve(frame.contentDocument === null) } catch { resolve(true) } };
            frame.src = address;
            document.body.append(frame);
        })""",
        venue.url,
    )
    assert framed is True
    assert all("Check a health certificate" not in frame.content() for frame in other.frames)

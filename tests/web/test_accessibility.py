"""The page for everybody: axe-core finds no barrier, the keyboard is enough, 320 pixels are wide enough."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, expect

from protocols.compact import decode_presentation, encode_presentation
from tests.flows.network import Network, Venue, done
from tests.web.desk import SECONDS, Desk, compact, present, sign_in, violations


def check(desk: Desk, code: str) -> None:
    desk.page.locator("#text").fill(code)
    desk.page.locator("#typed button").click()
    expect(desk.page.locator("#word")).to_be_visible(timeout=SECONDS)


def forged(code: str) -> str:
    document = decode_presentation(code)
    document["holder"] = "did:web:somebody.example"
    return encode_presentation(document)


def ask(desk: Desk) -> None:
    desk.page.locator("#ask button").click()
    expect(desk.page.locator("#asking .code svg")).to_be_visible(timeout=SECONDS)


def accept(desk: Desk, code: str) -> None:
    check(desk, code)
    desk.page.locator("[data-do=confirm]").click()
    expect(desk.page.locator("[data-tone=accepted]")).to_be_visible()


STATES: dict[str, Callable[[Desk, str], None]] = {
    "start": lambda desk, code: None,
    "asking": lambda desk, code: ask(desk),
    "compare": check,
    "accepted": accept,
    "refused": lambda desk, code: check(desk, forged(code)),
    "unclear": lambda desk, code: check(desk, "shc:/567629095243"),
    "no camera": lambda desk, code: desk.page.locator("[data-do=camera]").click(),
}


@pytest.fixture(scope="module")
def code(network: Network, tmp_path_factory: pytest.TempPathFactory) -> str:
    return compact(network, tmp_path_factory.mktemp("code"))


@pytest.fixture(params=["light", "dark"])
def coloured(request: pytest.FixtureRequest, venue: Venue, browser: Browser) -> Iterator[Desk]:
    options = {"color_scheme": request.param, "reduced_motion": "reduce"}
    with closing(browser.new_context(viewport={"width": 1280, "height": 900}, **options)) as context:
        yield sign_in(venue, context)


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing_wrong(coloured: Desk, axe: str, code: str, state: str) -> None:
    STATES[state](coloured, code)
    assert violations(coloured.page, axe) == []


def test_axe_finds_nothing_wrong_for_a_device_that_is_signed_out(
    venue: Venue, browser: Browser, axe: str
) -> None:
    with closing(browser.new_context()) as context:
        page = context.new_page()
        for path in ("/", "/enter"):
            page.goto(f"{venue.url}{path}")
            assert violations(page, axe) == []


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("state", STATES)
def test_nothing_is_wider_than_a_phone(
    venue: Venue, browser: Browser, code: str, state: str, language: str
) -> None:
    """WCAG 1.4.10: 320 pixels, which is 1280 at four times the size, without scrolling sideways."""
    with closing(browser.new_context(viewport={"width": 320, "height": 640})) as context:
        desk = sign_in(venue, context, f"?lang={language}")
        STATES[state](desk, code)
        assert desk.page.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_keyboard_is_enough(network: Network, venue: Venue, browser: Browser) -> None:
    """From asking to the next guest, with Tab, Enter and the arrow keys, and the focus is always seen."""
    with closing(browser.new_context(viewport={"width": 1280, "height": 900})) as context:
        desk = sign_in(venue, context)
        reach(desk, "Show the code")
        desk.page.keyboard.press("Enter")
        done(present(network, desk.link))
        assert desk.word == "Accepted"
        expect(desk.page.locator("#word")).to_be_focused()
        reach(desk, "Next guest")
        desk.page.keyboard.press("Enter")
        expect(desk.page.locator("#start")).to_be_visible()
        expect(desk.page.locator("#start-title")).to_be_focused()


def reach(desk: Desk, name: str) -> None:
    """Press Tab until a button has the focus; each stop on the way shows that it has it."""
    for _ in range(30):
        desk.page.keyboard.press("Tab")
        focused = desk.page.evaluate(
            """() => {
                const each = document.activeElement, style = getComputedStyle(each);
                return [each.innerText, style.outlineStyle, each.type];
            }"""
        )
        assert focused[1] != "none" or focused[2] == "file", focused
        if focused[0] == name:
            return
    raise AssertionError(f"the keyboard does not reach {name}")


def test_a_screen_reader_is_told_what_happens(network: Network, desk: Desk) -> None:
    """By live regions, and by the focus on the one word."""
    announcer = desk.page.locator("#announcer")
    assert announcer.get_attribute("aria-live") == "polite"
    link = desk.show_code()
    expect(announcer).to_have_text("The code is shown. Waiting for a wallet.")
    done(present(network, link))
    assert desk.word == "Accepted"
    expect(announcer).to_have_text(
        "Accepted. Everything was checked and is in order. This is cleared in 20 seconds. "
        "Touch the screen or press a key to keep it longer."
    )


def test_nothing_moves_for_who_wants_no_motion(venue: Venue, browser: Browser) -> None:
    with closing(browser.new_context(reduced_motion="reduce")) as context:
        desk = sign_in(venue, context)
        ask(desk)
        moving = desk.page.evaluate("document.getAnimations().length")
        assert moving == 0


def test_every_control_is_large_enough_to_touch(desk: Desk) -> None:
    """WCAG 2.5.8 asks for 24 pixels; a finger for 44."""
    heights = desk.page.locator("button:visible, a.button:visible, select:visible").evaluate_all(
        "all => all.map(each => each.getBoundingClientRect().height)"
    )
    assert heights
    assert min(heights) >= 44

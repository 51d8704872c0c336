"""A country's published rules at the page, with a guest's wallet as a process: what is asked, each colour.

The rules are those that Germany published for its border (`tests/vectors/eu-rules`): complete, by an accepted
vaccine, within a year.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.flows.conftest import Ran, as_process, in_process
from tests.flows.network import Network, Venue, done, venue_running
from tests.web.desk import Desk, compact, sign_in

VECTORS = Path(__file__).parents[1] / "vectors" / "eu-rules"
RECENT = (datetime.now(UTC) - timedelta(days=60)).date().isoformat()


@pytest.fixture(scope="module")
def ruled(network: Network) -> Iterator[Venue]:
    """A venue that took the rules over while it was serving."""
    with venue_running(network, "did:web") as venue:
        files = (VECTORS / "rules" / "DE.json", VECTORS / "valueSets.json")
        done(in_process("verifier", "rules", "import", "eu", *files, "--home", venue.home))
        yield venue


@pytest.fixture
def border(ruled: Venue, browser: Browser) -> Iterator[Desk]:
    """A desk that asks them."""
    with closing(browser.new_context(viewport={"width": 1280, "height": 900})) as context:
        desk = sign_in(ruled, context)
        desk.page.locator("#situation").select_option("border")
        desk.page.locator("#rules").select_option("eu/DE")
        yield desk


def guest(network: Network, name: str, **vaccination: object) -> Network:
    """Return a guest with one vaccination in a wallet."""
    guest = network.new_wallet(name)
    done(guest.receive(guest.offer(name="Aulus Agerius", vaccination={"date": RECENT, **vaccination})))
    return guest


def answer(desk: Desk, guest: Network) -> Ran:
    """Let a wallet that is a process of its own answer the code on the page."""
    link = desk.show_code()
    return done(as_process("wallet", "present", link, "--allow-loopback", "--yes", *guest.wallet))


def test_only_what_the_rules_read_is_asked_and_a_rule_that_is_met_is_green(
    network: Network, border: Desk
) -> None:
    ran = answer(border, guest(network, "complete", dose=2, totalDoses=2))
    assert (border.word, border.tone) == ("Accepted", "accepted")
    assert "The rules that are asked here are met." in border.page.locator(".verdict").inner_text()
    labels = set(border.page.locator("article.answer dt").all_inner_texts())
    assert {"Name", "Date of birth", "Dose number", "Doses in total", "Date of vaccination"} <= labels
    # A border without rules asks for these as well; no rule reads them.
    assert labels & {"Disease", "Vaccine", "Manufacturer", "Country of vaccination", "Sex"} == set()
    assert "needed by rule VR-DE-0001: The vaccination schedule must be complete" in ran.out + ran.err


def test_a_rule_that_is_not_met_is_red_with_its_own_sentence(network: Network, border: Desk) -> None:
    answer(border, guest(network, "begun", dose=1, totalDoses=2))
    assert (border.word, border.tone) == ("Refused", "refused")
    assert "A rule that is asked here is not met." in border.why
    assert "VR-DE-0001: The vaccination schedule must be complete (e.g., 1/1, 2/2)." in border.why


def test_a_rule_that_could_not_be_evaluated_is_amber(network: Network, border: Desk, tmp_path: Path) -> None:
    """What a guest discloses for a venue does not name the vaccine, which a rule reads."""
    code = compact(guest(network, "silent", dose=2, totalDoses=2), tmp_path)
    border.page.get_by_label("Or paste what the code says").fill(code)
    border.page.get_by_role("button", name="Check it").click()
    assert (border.word, border.tone) == ("Unclear", "unclear")
    assert "Limited validity: a rule that is asked here could not be checked." in border.why
    assert "VR-DE-0002: Only the following vaccines are accepted" in border.why


def test_the_desk_shows_which_rules_there_are(border: Desk, ruled: Venue) -> None:
    border.page.goto(f"{ruled.url}/desk")
    rules = border.page.locator(".topic").filter(has_text="Rules")
    assert "eu" in rules.inner_text()
    assert "DE.json, valueSets.json" in rules.inner_text()

"""Paper codes of the EU's published samples at the page: each way in, each colour with its reason.

The server's clock is that of the samples; what they need (signer, revocation lists, rules) reaches it as
files while it serves.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from health.formats import read_certificate
from health.formats.eu_revocation import hashes_of
from tests.flows.conftest import in_process
from tests.flows.network import done
from tests.web.clocked import ClockedVenue, clocked_venue
from tests.web.desk import SECONDS, Desk, browsing, camera_arguments, violations, write_video

VECTORS = Path(__file__).parents[1] / "vectors"
NOW = datetime(2021, 10, 20, 12, 0, tzinfo=UTC)


def sample(name: str) -> Any:  # Any: JSON
    return json.loads((VECTORS / "eu-dcc" / "countries" / name).read_text())


MET, UNMET, OTHER = sample("DE/1.json"), sample("DE/4.json"), sample("AT/1.json")
CODE: str = MET["PREFIX"]
PASSPORT = "Mustermann, Erika 1964-08-12"
# The lines of the specimen of a German passport.
ZONE = "P<D<<MUSTERMANN<<ERIKA<<<<<<<<<<<<<<<<<<<<<<\nC01X00T478D<<6408125F2702283<<<<<<<<<<<<<<<4"


class Door:
    """A venue whose files a test changes, and a desk at it."""

    def __init__(self, venue: ClockedVenue, desk: Desk) -> None:
        self.venue = venue
        self.desk = desk

    def trust(self, of: Any = MET) -> None:
        self._write("signers/de.der", base64.b64decode(of["TESTCTX"]["CERTIFICATE"]))

    def withdraw(self, code: str | None = None, *, written: datetime = NOW) -> None:
        hashes = [bytes(16)] if code is None else list(hashes_of(read_certificate(code)))
        content = {"hashType": "SIGNATURE", "entries": [{"hash": each.hex()} for each in hashes]}
        path = self._write("revoked/list.json", json.dumps(content).encode())
        os.utime(path, (written.timestamp(), written.timestamp()))

    def import_rules(self) -> None:
        files = (VECTORS / "eu-rules" / "rules" / "DE.json", VECTORS / "eu-rules" / "valueSets.json")
        done(in_process("verifier", "rules", "import", "eu", *files, "--home", self.venue.home))
        self.desk.page.reload()
        self.desk.page.locator("#rules").select_option("eu/DE")

    def _write(self, name: str, content: bytes) -> Path:
        path = self.venue.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(".new")
        new.write_bytes(content)
        new.replace(path)
        return path

    def paste(self, code: str = CODE) -> tuple[str, str | None]:
        # An answer stays for 20 seconds, unless somebody takes it away.
        shown = self.desk.page.get_by_role("button", name="Next guest")
        if shown.is_visible():
            shown.click()
        self.desk.page.get_by_label("Or paste what the code says").fill(code)
        self.desk.page.get_by_role("button", name="Check it").click()
        return self.desk.word, self.desk.tone

    def compare(self, line: str) -> None:
        self.desk.page.get_by_label("Line of the passport").fill(line)
        self.desk.page.get_by_role("button", name="Compare it").click()


@pytest.fixture
def door(browser: Browser, tmp_path: Path) -> Iterator[Door]:
    with (
        clocked_venue(tmp_path / "venue", NOW) as venue,
        closing(browser.new_context(viewport={"width": 1280, "height": 900})) as context,
    ):
        yield Door(venue, venue.sign_in(context))


def by_paste(page: Page, code: str) -> None:
    page.locator("#text").fill(code)
    page.locator("#typed button").click()


def by_picture(page: Page, code: str) -> None:
    assert code == CODE
    picture = {"name": "code.png", "mimeType": "image/png", "buffer": base64.b64decode(MET["2DCODE"])}
    page.locator("#picture").set_input_files(picture)  # type: ignore[arg-type]  # a file in memory


def by_hand_scanner(page: Page, code: str) -> None:
    page.keyboard.type(code)
    page.keyboard.press("Enter")


@pytest.mark.parametrize("way", [by_paste, by_picture, by_hand_scanner])
def test_paper_is_compared_and_then_green_whichever_way_it_came(door: Door, way: Any) -> None:
    """M1: signer, dates and lists were looked at; that it is the holder, only a passport can say."""
    door.trust()
    door.withdraw()
    way(door.desk.page, CODE)
    assert (door.desk.word, door.desk.tone) == ("Compare", "compare")
    assert door.desk.page.locator("dd.name").inner_text() == "Erika Mustermann"
    assert door.desk.page.locator("dd.birth").inner_text() == "12 August 1964"
    door.compare(PASSPORT)
    expect(door.desk.page.locator("#match")).to_contain_text("The passport fits.", timeout=SECONDS)
    assert (door.desk.word, door.desk.tone) == ("Accepted", "accepted")


def test_paper_before_the_camera_is_read(playwright: Playwright, door: Door, tmp_path: Path) -> None:
    door.trust()
    door.withdraw()
    video = write_video(tmp_path / "paper.mjpeg", CODE)
    with (
        browsing(playwright, *camera_arguments(video)) as camera,
        closing(camera.new_context()) as context,
    ):
        desk = door.venue.sign_in(context)
        desk.page.get_by_role("button", name="Use the camera").click()
        assert (desk.word, desk.tone) == ("Compare", "compare")


def test_withdrawn_paper_is_red_from_the_moment_the_list_is_there(door: Door) -> None:
    door.trust()
    door.withdraw()
    assert door.paste()[0] == "Compare"
    door.withdraw(CODE)
    assert door.paste() == ("Refused", "refused")
    assert door.desk.why == "Its issuer has withdrawn it."


def test_paper_is_amber_without_a_list_or_by_an_old_one(door: Door) -> None:
    """M1, M4."""
    door.trust()
    assert door.paste() == ("Unclear", "unclear")
    assert door.desk.why == "Whether it was withdrawn cannot be known here."
    door.withdraw(written=NOW - timedelta(days=3))
    assert door.paste() == ("Unclear", "unclear")
    assert door.desk.why == "The list of withdrawn paper codes is older than allowed here."
    expect(door.desk.page.locator("article .small")).to_contain_text("Withdrawn paper codes: 3 days old")


def test_a_broken_list_leaves_the_one_in_force_and_the_page_says_so(door: Door) -> None:
    """M4."""
    door.trust()
    door.withdraw(CODE)
    assert door.paste()[0] == "Refused"
    (door.venue.home / "revoked" / "list.json").write_text('{"entries": [')
    assert door.paste()[0] == "Refused"
    sentence = "The newest lists of withdrawn paper codes cannot be read; those before them count."
    expect(door.desk.page.locator("article .small")).to_contain_text(sentence)


def test_paper_of_a_stranger_is_red_and_not_called_forged(door: Door) -> None:
    """I1: before anybody is trusted it is amber, afterwards it is not recognised."""
    door.withdraw()
    assert door.paste() == ("Unclear", "unclear")
    assert "nobody has said whether to trust its issuer" in door.desk.why
    door.trust(OTHER)
    assert door.paste() == ("Refused", "refused")
    assert door.desk.why == "Its issuer is not recognised here."


def test_changed_paper_is_red_and_called_so(door: Door) -> None:
    door.trust()
    door.withdraw()
    # The last letters of the code are part of the signature.
    assert door.paste(CODE[:-6] + ("A" if CODE[-6] != "A" else "B") + CODE[-5:])[1] == "refused"


@pytest.mark.parametrize(
    ("line", "word", "says"),
    [
        (ZONE, "Accepted", "The passport fits."),
        ("Mustermann, Erika 1964-08-13", "Refused", "The dates of birth differ."),
        ("Mustermann, Erika Maria 1964-08-12", "Compare", "lacks a part of the passport's name"),
        ("12345", "Compare", "That is no line of a passport, and no name with a date."),
    ],
)
def test_the_passport_decides_with_its_reason(door: Door, line: str, word: str, says: str) -> None:
    door.trust()
    door.withdraw()
    door.paste()
    door.compare(line)
    found = door.desk.page.locator("#match")
    expect(found).to_contain_text(says, timeout=SECONDS)
    assert door.desk.word == word
    door.desk.page.get_by_role("button", name="Next guest").click()
    assert line.split()[0].rstrip(",") not in door.desk.page.content()


def test_a_rule_that_is_met_lets_paper_pass_and_one_that_is_not_is_told(door: Door) -> None:
    """The rules that Germany published, asked in the running page from the moment they were imported."""
    door.trust()
    door.withdraw()
    expect(door.desk.page.locator("#rules")).to_have_count(0)
    door.import_rules()
    assert door.paste()[0] == "Compare"
    expect(door.desk.page.locator(".verdict .note").filter(has_text="rules")).to_have_text(
        "The rules that are asked here are met."
    )
    door.trust(UNMET)
    assert door.paste(UNMET["PREFIX"]) == ("Refused", "refused")
    assert "VR-DE-0001: The vaccination schedule must be complete (e.g., 1/1, 2/2)." in door.desk.why


def test_a_rule_that_cannot_be_read_is_limited_validity(door: Door) -> None:
    """A rule set without the value sets that it reads: nobody can say whether the rule is met."""
    door.trust()
    door.withdraw()
    rule = sample_rule("VR-DE-0001") | {
        "Logic": {"in": [{"var": "payload.v.0.mp"}, {"var": "external.valueSets.vaccines-covid-19-names"}]},
        "Description": [{"lang": "en", "desc": "A vaccine of the list."}],
    }
    path = door.venue.home / "open.json"
    path.write_text(json.dumps([rule]))
    done(in_process("verifier", "rules", "import", "open", path, "--home", door.venue.home))
    door.desk.page.reload()
    door.desk.page.locator("#rules").select_option("open/DE")
    assert door.paste() == ("Unclear", "unclear")
    assert "Limited validity" in door.desk.why
    assert "A vaccine of the list." in door.desk.why


def sample_rule(name: str) -> Any:  # Any: JSON
    return json.loads((VECTORS / "eu-rules" / "rules" / "DE.json").read_text())[name]["rule"]


# --- What this desk knows ---------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_what_the_desk_knows_is_shown_without_a_barrier(
    door: Door, browser: Browser, axe: str, scheme: Any, language: str
) -> None:
    door.trust()
    door.withdraw(written=NOW - timedelta(days=3))
    door.import_rules()
    with closing(browser.new_context(viewport={"width": 320, "height": 640}, color_scheme=scheme)) as context:
        page = door.venue.sign_in(context, f"/desk?lang={language}").page
        assert violations(page, axe) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_desk_is_reached_by_keyboard_and_tells_ages(door: Door) -> None:
    door.trust()
    door.withdraw(written=NOW - timedelta(days=3))
    door.import_rules()
    page = door.desk.page
    link = page.get_by_role("link", name="What this desk knows")
    link.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What this desk knows")).to_be_visible(timeout=SECONDS)
    paper = page.locator(".topic").filter(has=page.get_by_role("heading", name="Withdrawn paper codes"))
    expect(paper).to_contain_text("17 October 2021 (3 days old)")
    expect(paper).to_contain_text("TOO OLD")
    rules = page.locator(".topic").filter(has=page.get_by_role("heading", name="Rules", exact=True))
    expect(rules).to_contain_text("eu")
    expect(rules).to_contain_text("DE")
    page.get_by_role("link", name="Back to checking").click()
    expect(page.locator("#start")).to_be_visible(timeout=SECONDS)


def test_the_desk_is_for_devices_that_are_signed_in(door: Door, browser: Browser) -> None:
    with closing(browser.new_context()) as context:
        page = context.new_page()
        answer = page.goto(f"{door.venue.url}/desk")
        assert answer is not None
        assert answer.status == 401
        assert "Whom it trusts" not in page.content()

"""verifier.page: the page's routes without a browser: who may ask, what is answered, what is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from protocols.compact import encode_presentation
from runtime.service_app import RateLimit
from tests.asgi import Client
from tests.protocols.oid4vp_parties import Signer
from tests.venue import Venue
from tests.web.pictures import qr_png
from tests.world import VACCINATION, World, changed
from vclib.strict_json import JSONObject, dump_json
from verifier.app import create_verifier_app
from verifier.desks import Desks
from verifier.page_access import SECURE_COOKIE
from verifier.page_result import Fact, Line, Shown, ShownCredential, Tone
from verifier.page_views import Frame
from verifier.page_words import words_of

JSON = "application/json"
NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
OWN = {"origin": "http://test", "sec-fetch-site": "same-origin"}


class Browser:
    """A browser at the page, with the cookie that it was given."""

    def __init__(self, venue: Venue, client: Client) -> None:
        self.client = client
        self.cookie = ""
        self._desks = Desks(venue.store.database)
        self._now = venue.world.clock.now

    def sign_in(self) -> httpx.Response:
        link = self._desks.new_link(now=self._now, lifetime=timedelta(minutes=10))
        answer = self.post("/page/session", {"link": link})
        self.cookie = answer.headers.get("set-cookie", "").partition(";")[0]
        return answer

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.client.ask("GET", path, headers={"cookie": self.cookie, **headers})

    def post(self, path: str, body: JSONObject | bytes, kind: str = JSON, **headers: str) -> httpx.Response:
        content = body if isinstance(body, bytes) else dump_json(body).encode()
        sent = {"cookie": self.cookie, "content-type": kind, **OWN}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.ask("POST", path, content=content, headers=sent)

    def check(self, text: str) -> str:
        answer = self.post("/page/text", {"text": text})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["html"])


@pytest.fixture
def venue(world: World, tmp_path: Path) -> Iterator[Venue]:
    venue = Venue(world, tmp_path)
    venue.signer = Signer()
    yield venue
    venue.store.close()


@pytest.fixture
def browser(venue: Venue) -> Browser:
    """A device that is signed in."""
    browser = Browser(venue, venue.client())
    browser.sign_in()
    return browser


def shown(venue: Venue, credential: JSONObject | None = None) -> str:
    """What a guest shows as a QR code, made for nobody in particular."""
    presentation = venue.world.person(11).present(
        credential or venue.credential, challenge="c-1", domain="https://door.example"
    )
    return encode_presentation(presentation)


def tone(html: str) -> str:
    return html.partition('data-tone="')[2].partition('"')[0]


# --- Who may use the page ---------------------------------------------------------------------------


def test_a_link_signs_one_device_in_once(venue: Venue) -> None:
    browser = Browser(venue, venue.client())
    link = Desks(venue.store.database).new_link(now=venue.world.clock.now, lifetime=timedelta(minutes=10))
    assert browser.get("/").status_code == 401
    first = browser.post("/page/session", {"link": link})
    assert first.status_code == 200
    cookie = first.headers["set-cookie"].lower()
    assert all(word in cookie for word in ("httponly", "secure", "samesite=strict", "path=/"))
    assert first.headers["set-cookie"].startswith(f"{SECURE_COOKIE}=")
    assert browser.post("/page/session", {"link": link}).status_code == 403
    browser.cookie = first.headers["set-cookie"].partition(";")[0]
    assert browser.get("/").status_code == 200


def test_a_link_ends_and_so_does_a_session(venue: Venue) -> None:
    browser = Browser(venue, venue.client())
    desks = Desks(venue.store.database)
    link = desks.new_link(now=venue.world.clock.now, lifetime=timedelta(minutes=10))
    venue.world.clock.advance(minutes=11)
    assert browser.post("/page/session", {"link": link}).status_code == 403
    browser = Browser(venue, venue.client())
    browser.sign_in()
    assert browser.get("/").status_code == 200
    venue.world.clock.advance(hours=169)
    assert browser.get("/").status_code == 401


def test_signing_out_ends_all_sessions(venue: Venue, browser: Browser) -> None:
    assert Desks(venue.store.database).sign_out_all() == 1
    assert browser.get("/").status_code == 401
    assert browser.post("/page/text", {"text": "x"}).status_code == 401


def test_a_guest_who_is_not_signed_in_learns_nothing(venue: Venue, browser: Browser) -> None:
    """Neither with a transaction's id that was seen, nor with a link's secret as a session."""
    made = browser.post("/page/request", {"situation": "venue"}).json()
    guest = Browser(venue, browser.client)
    for cookie in ("", f"{SECURE_COOKIE}=x", f"{SECURE_COOKIE}={'x' * 5000}"):
        guest.cookie = cookie
        told = guest.post("/page/answer", {"transaction": made["transaction"], "seen": "open"})
        assert (told.status_code, "html" in told.text) == (401, False)
    link = Desks(venue.store.database).new_link(now=venue.world.clock.now, lifetime=timedelta(minutes=10))
    guest.cookie = f"{SECURE_COOKIE}={link}"
    assert guest.get("/").status_code == 401


def test_where_nobody_needs_a_token_the_page_is_open(venue: Venue) -> None:
    guest = Browser(venue, venue.client(tokens_for="nothing"))
    assert guest.get("/").status_code == 200
    assert guest.post("/page/text", {"text": "x"}).status_code == 200


# --- M6: other sites ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
)
def test_another_site_cannot_ask_with_the_desks_cookie(browser: Browser, headers: dict[str, str]) -> None:
    """M6: beside the cookie's own rule."""
    for path, body in (("/page/text", {"text": "x"}), ("/page/request", {"situation": "venue"})):
        answer = browser.post(path, body, **headers)  # type: ignore[arg-type]  # JSON objects
        assert (answer.status_code, "html" in answer.json()) == (403, False)
    assert browser.post("/page/session", {"link": "x"}, **headers).status_code == 403


def test_nothing_of_the_page_is_cached_framed_or_from_elsewhere(browser: Browser) -> None:
    """M6, M2."""
    answers = [browser.get(path) for path in ("/", "/enter", "/page/static/page.js", "/page/static/page.css")]
    answers += [Browser.post(browser, "/page/text", {"text": "x"})]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy.replace("https://www", "")
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["permissions-policy"].startswith("camera=(self)")
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_page_has_nothing_inline_and_nothing_remote(browser: Browser) -> None:
    """J7, M6."""
    html = browser.get("/").text + browser.check("x")
    for forbidden in ("<style", " style=", " onclick=", " onload=", "javascript:", 'src="http', 'href="http'):
        assert forbidden not in html
    assert html.count("<script") == html.count('<script type="module" src="/page/static/')


# --- What is answered ---------------------------------------------------------------------------------


def test_a_genuine_code_is_to_be_compared_and_names_its_holder(venue: Venue, browser: Browser) -> None:
    html = browser.check(shown(venue))
    assert tone(html) == "compare"
    assert "Aulus Agerius" in html
    assert "3 March 2003" in html


def test_a_picture_says_the_same_as_its_text(venue: Venue, browser: Browser) -> None:
    picture = qr_png(shown(venue))
    for path in ("/page/picture", "/page/frame"):
        answer = browser.post(path, picture, kind="image/png")
        assert tone(answer.json()["html"]) == "compare"


def test_a_frame_without_a_code_is_nothing_yet(browser: Browser) -> None:
    answer = browser.post("/page/frame", qr_png(None), kind="image/png")
    assert answer.json() == {"state": "nothing"}


def test_text_of_an_issuer_cannot_become_part_of_the_page(venue: Venue, browser: Browser) -> None:
    """J7: markup is escaped, and nothing is loaded for it."""
    name = "<img src=https://evil.example/x.png onerror=alert(1)>"
    credential = venue.world.mint(changed(VACCINATION, name=name), venue.world.person(11))
    html = browser.check(shown(venue, credential))
    assert tone(html) == "compare"
    assert "<img" not in html
    assert "&lt;img src=https://evil.example/x.png" in html


def test_what_turns_or_hides_text_is_written_out() -> None:
    """J6, J7: an issuer of another country may write anything, and paper is told as it stands."""
    hostile = "eno thgir\u202e<b>\u200b"
    shown = ShownCredential(hostile, hostile, hostile, hostile, "", (Fact(hostile, hostile),), ())
    answer = Shown(Tone.REFUSED, "Refused", (Line(hostile),), (), (shown,))
    html = Frame(hostile, hostile, words_of("en"), False, 20).answer(answer, (), now=NOW)
    assert html.count("eno thgir&lt;U+202E&gt;&lt;b&gt;&lt;U+200B&gt;") == 7
    assert not {"\u202e", "\u200b"} & set(html)


def test_a_server_that_is_down_leaves_the_answer_to_copies_and_their_age_is_told(venue: Venue) -> None:
    """M4: with copies it is as good as before, past their age it is amber; and their age is told."""
    settings: dict[str, Any] = {"status_refresh": 60, "status_max_age": 3600, "accept_old_copies": True}
    browser = Browser(venue, venue.client(**settings))
    browser.sign_in()
    code = shown(venue)
    assert tone(browser.check(code)) == "compare"
    venue.is_down = True
    venue.world.clock.advance(minutes=50)
    html = browser.check(code)
    assert (tone(html), "Lists of withdrawals: 50 minutes old" in html) == ("compare", True)
    assert "A server did not answer, so an older copy of its list or key was used." in html
    venue.world.clock.advance(minutes=20)
    html = browser.check(code)
    assert (tone(html), "could not be looked up now" in html) == ("unclear", True)


def test_an_old_copy_is_amber_where_the_settings_do_not_accept_it(venue: Venue) -> None:
    """M4, M1."""
    browser = Browser(venue, venue.client(status_refresh=60))
    browser.sign_in()
    code = shown(venue)
    assert tone(browser.check(code)) == "compare"
    venue.is_down = True
    venue.world.clock.advance(minutes=50)
    assert tone(browser.check(code)) == "unclear"


def test_a_server_whose_clock_is_a_day_slow_says_that_its_clock_may_be_wrong(venue: Venue) -> None:
    """M3: what was signed just now is from tomorrow, and the page says which time it is here."""
    code = shown(venue)
    venue.world.clock.advance(days=-1)
    browser = Browser(venue, venue.client())
    browser.sign_in()
    html = browser.check(code)
    assert (tone(html), "clock-doubt" in html) == ("refused", True)
    assert "30 June 2026, 12:00 UTC" in html


def test_a_device_whose_clock_is_wrong_is_told(venue: Venue, browser: Browser) -> None:
    """M3."""
    for clock, differs in (("2026-07-01T12:01:00.000Z", False), ("2026-07-02T12:00:00.000Z", True)):
        told = browser.post("/page/state", {"clock": clock}).json()
        assert told["clockDiffers"] is differs


@pytest.mark.parametrize(
    ("line", "outcome", "reason"),
    [
        ("Agerius, Aulus 2003-03-03", "match", "The names are the same."),
        ("Agerius, Aulus 1963", "different", "The dates of birth differ."),
        ("Agerius, Aulus", "by-eye", "The passport line has no date of birth."),
        ("P<<<", "unread", None),
    ],
)
def test_a_passport_line_is_compared_with_the_name(
    browser: Browser, line: str, outcome: str, reason: str | None
) -> None:
    body: JSONObject = {"name": "Aulus Agerius", "birthDate": "2003-03-03", "line": line}
    told = browser.post("/page/compare", body).json()
    assert told["outcome"] == outcome
    assert reason is None or reason in told["reasons"]


# --- What is asked, and forgotten --------------------------------------------------------------------


def rows(venue: Venue) -> int:
    with venue.store.database.reading() as connection:
        count = connection.exec_driver_sql("select count(*) from presentation_requests").scalar_one()
    return int(count)


def test_a_request_that_is_given_up_is_forgotten(venue: Venue, browser: Browser) -> None:
    """M2: with whatever was answered to it."""
    made = browser.post("/page/request", {"situation": "venue"}).json()
    assert (made["state"], "<svg" in made["html"], rows(venue)) == ("open", True, 1)
    assert browser.post("/page/cancel", {"transaction": made["transaction"]}).status_code == 200
    assert rows(venue) == 0
    told = browser.post("/page/answer", {"transaction": made["transaction"], "seen": "open"})
    assert told.json() == {"state": "ended"}


def test_an_unknown_situation_or_rule_set_is_refused(browser: Browser) -> None:
    assert browser.post("/page/request", {"situation": "party"}).status_code == 400
    assert browser.post("/page/request?rules=eu/DE", {"situation": "venue"}).status_code == 400
    assert browser.post("/page/text?rules=eu/DE", {"text": "x"}).status_code == 400


# --- M7, J8: too much, and what is none ----------------------------------------------------------------


def test_a_flood_is_answered_with_when_to_come_again_and_open_requests_are_bounded(venue: Venue) -> None:
    """M7."""
    app = create_verifier_app(
        venue.config,
        venue.store,
        venue.world.trusted,
        clock=lambda: venue.world.clock.now,
        fetch=venue.fetch,
        rate=RateLimit(requests_per_second=1, burst=5),
    )
    browser = Browser(venue, Client(app))
    browser.sign_in()
    answers = [browser.post("/page/text", {"text": "x"}) for _ in range(8)]
    assert [answer.status_code for answer in answers].count(429) == 4
    assert int(answers[-1].headers["retry-after"]) >= 1
    venue.world.clock.advance(seconds=30)
    assert browser.post("/page/text", {"text": "x"}).status_code == 200

    few = Browser(venue, venue.client(max_open_exchanges=2))
    few.sign_in()
    answers = [few.post("/page/request", {"situation": "venue"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert "retry-after" in answers[-1].headers
    venue.world.clock.advance(minutes=16)
    assert few.post("/page/request", {"situation": "venue"}).status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "kind", "status"),
    [
        ("/page/text", b'{"text":"a","text":"b"}', JSON, 400),
        ("/page/text", b'{"text":"a","more":1}', JSON, 400),
        ("/page/text", b"text=a", "application/x-www-form-urlencoded", 415),
        ("/page/text", b'{"text":"%s"}' % (b"a" * 20_001), JSON, 400),
        ("/page/text", b'{"text":"%s"}' % (b"a" * 2_000_000), JSON, 413),
        ("/page/picture", b"<svg/>", "image/svg+xml", 415),
        ("/page/picture", b"<svg/>", "image/png", 400),
        ("/page/picture", b"\x89PNG\r\n\x1a\n", "image/png", 400),
        ("/page/frame", b"\xff\xd8\xff" + b"a" * 3_000_000, "image/jpeg", 413),
        ("/page/state", b'{"clock":"yesterday"}', JSON, 400),
    ],
)
def test_what_is_no_request_is_refused(
    browser: Browser, path: str, body: bytes, kind: str, status: int
) -> None:
    """J8, J3."""
    assert browser.post(path, body, kind=kind).status_code == status


def test_a_compressed_body_is_refused(browser: Browser) -> None:
    """J8."""
    assert browser.post("/page/text", b"x", content_encoding="gzip").status_code == 415

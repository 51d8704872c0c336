"""The review: what is shown is what is sent, and only one key sends it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from textual.pilot import Pilot

from protocols.oid4vp import (
    MAX_REASON,
    AuthorizationResponse,
    ClaimReason,
    ErrorResponse,
    parse_client_id,
    purpose_info,
)
from tests.tui.stage import Stage, paste, says, screen_text, settle, until
from tests.wallet.scripted_verifier import CENTRE, DISEASE, DOSE, NAME, ScriptedVerifier, query
from tests.world import TEST, VACCINATION, changed
from vclib.errors import FetchError
from wallet.desk import ReviewLine
from wallet.screens.home import HomeScreen
from wallet.screens.offline_review import OfflineReview
from wallet.screens.online_review import OnlineReview
from wallet.screens.review import ReviewScreen
from wallet.widgets.review_list import ReviewList

pytestmark = pytest.mark.anyio


@pytest.fixture
def verifier(stage: Stage) -> ScriptedVerifier:
    stage.create("Anna")
    stage.hold(VACCINATION)
    return stage.asked_by(ScriptedVerifier(stage.world))


@contextlib.asynccontextmanager
async def reviewing(stage: Stage, link: str) -> AsyncIterator[Pilot[None]]:
    """Paste a request into a window of 120 by 40 and wait until its review can be answered."""
    async with stage.playing((120, 40)) as pilot:
        await paste(pilot, link)
        await until(pilot, lambda: armed(pilot.app))
        yield pilot


def armed(app: object) -> bool:
    screen = app.screen  # type: ignore[attr-defined]
    return isinstance(screen, OnlineReview) and screen.is_armed


async def test_a_request_is_reviewed_and_shared_by_keyboard(stage: Stage, verifier: ScriptedVerifier) -> None:
    """L2: the list is of the derived credential, mandatory and linkable values among it."""
    async with reviewing(stage, verifier.link) as pilot:
        assert says(pilot.app, "did:web:venue.example")
        assert says(pilot.app, "proven: its signature was checked")
        listed = {line.label: line for line in pilot.app.screen.review.lines}
        assert (listed["Name"].value, str(listed["Name"].mark)) == ("Aulus Agerius", "asked")
        assert str(listed["Valid until"].mark) == "mandatory by the issuer"
        assert listed["Name"].linkable == "It is your name."
        assert "Lot number" in pilot.app.screen.review.stays
        await pilot.press("s")
        await settle(pilot)
        assert isinstance(pilot.app.screen, HomeScreen)
    (sent,) = verifier.presentations()
    (credential,) = sent["verifiableCredential"]
    assert credential["credentialSubject"]["name"] == "Aulus Agerius"
    assert "lot" not in credential["credentialSubject"]["vaccination"]


async def test_enter_never_shares(stage: Stage, verifier: ScriptedVerifier) -> None:
    """L4, L7."""
    async with reviewing(stage, verifier.link) as pilot:
        await pilot.press("enter", "enter", "space", "enter")
        await settle(pilot)
        assert isinstance(pilot.app.screen, OnlineReview)
    assert verifier.responses == []


async def test_the_key_does_nothing_for_a_moment_after_the_screen_appears(
    stage: Stage, verifier: ScriptedVerifier
) -> None:
    """L7."""
    async with stage.playing((120, 40), pace=1000.0) as pilot:
        await paste(pilot, verifier.link)
        await until(pilot, lambda: isinstance(pilot.app.screen, OnlineReview) and pilot.app.screen.review)
        assert says(pilot.app, "Read this first")
        await pilot.press("s", "s", "s")
        await settle(pilot)
        assert isinstance(pilot.app.screen, OnlineReview)
    assert verifier.responses == []


async def test_what_changed_after_it_was_displayed_is_not_sent(
    stage: Stage, verifier: ScriptedVerifier
) -> None:
    """L3: the confirmation belongs to the displayed bytes."""
    async with reviewing(stage, verifier.link) as pilot:
        (part,) = pilot.app.screen.review.source.parts
        part.planned.document["holder"] = "did:example:somebody-else"
        await pilot.press("s")
        await settle(pilot)
        assert says(pilot.app, "not the one that was shown")
        assert says(pilot.app, "No, nothing.")
    assert verifier.responses == []


async def test_surplus_is_marked_off_and_has_to_be_allowed(stage: Stage, verifier: ScriptedVerifier) -> None:
    """L1."""
    verifier.asked = replace(
        verifier.asked,
        query=query(NAME, DOSE, DISEASE, CENTRE),
        verifier_info=(purpose_info("Entry", "venue"),),
    )
    async with reviewing(stage, verifier.link) as pilot:
        assert says(pilot.app, "[ ] Vaccination centre Vaccination Site BEYOND THE PURPOSE")
        await pilot.press("s")
        await settle(pilot)
        assert verifier.responses == []
        values = pilot.app.screen.query_one(ReviewList)
        lines = pilot.app.screen.review.lines
        number = next(place for place, line in enumerate(lines) if line.surplus)
        values.highlighted = values.get_option_index(str(number))
        await pilot.press("space")
        await until(pilot, lambda: armed(pilot.app))
        assert says(pilot.app, "[x] Vaccination centre")
        await pilot.press("s")
        await settle(pilot)
    assert len(verifier.responses) == 1


async def test_an_unproven_verifier_is_named_so_and_refused_with_one_key(
    stage: Stage, verifier: ScriptedVerifier
) -> None:
    """L4: one key refuses, a second says whether the verifier is told."""
    response_uri = verifier.asked.response_uri
    asked = replace(verifier.asked, client_id=parse_client_id(f"redirect_uri:{response_uri}"))
    async with reviewing(stage, asked.to_url()) as pilot:
        assert says(pilot.app, "NOBODY PROVES WHO ASKS")
        await pilot.press("n", "enter")
        await until(pilot, lambda: says(pilot.app, "Nothing left the wallet."))
        assert isinstance(pilot.app.screen, HomeScreen)
    assert verifier.responses == []


async def test_a_refusal_is_told_only_if_the_holder_says_so(stage: Stage, verifier: ScriptedVerifier) -> None:
    async with reviewing(stage, verifier.link) as pilot:
        await pilot.press("n", "tab", "enter")
        await until(pilot, lambda: says(pilot.app, "Nothing left the wallet, and the verifier knows."))
    (told,) = verifier.responses
    assert isinstance(told, ErrorResponse)


async def test_that_nothing_matches_is_told_only_after_a_question(
    stage: Stage, verifier: ScriptedVerifier
) -> None:
    """L5."""
    card = stage.desk.cards()[0]
    stage.desk.remove(card.id)
    stage.hold(TEST)
    async with stage.playing((120, 40)) as pilot:
        await paste(pilot, verifier.link)
        await until(pilot, lambda: says(pilot.app, "Tell the verifier that nothing is presented?"))
        assert verifier.responses == []
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(pilot.app.screen, HomeScreen)
    assert verifier.responses == []


async def test_a_second_request_waits_until_the_first_is_finished(
    stage: Stage, verifier: ScriptedVerifier
) -> None:
    """L6."""
    async with reviewing(stage, verifier.link) as pilot:
        first = pilot.app.screen
        await paste(pilot, verifier.link)
        assert pilot.app.screen is first
        assert says(pilot.app, "Finish this first, then paste the link again.")


async def test_an_answered_request_is_not_answered_again(stage: Stage, verifier: ScriptedVerifier) -> None:
    """L6."""
    async with reviewing(stage, verifier.link) as pilot:
        await pilot.press("s")
        await settle(pilot)
        await paste(pilot, verifier.link)
        await until(pilot, lambda: says(pilot.app, "this request was answered already"))
    assert len(verifier.responses) == 1


async def test_the_venue_is_named_with_a_warning_that_codes_are_passed_on(
    stage: Stage, verifier: ScriptedVerifier
) -> None:
    """E14."""
    async with reviewing(stage, verifier.link) as pilot:
        assert says(pilot.app, "go on only if you are dealing with did:web:venue.example right now")


async def test_where_the_browser_is_to_go_is_shown_and_not_opened(
    stage: Stage, verifier: ScriptedVerifier
) -> None:
    """E14: the same-device flow ends with the address that has the response code."""
    verifier.redirect_uri = "https://venue.example/done?response_code=r1"
    async with reviewing(stage, verifier.link) as pilot:
        await pilot.press("s")
        await until(pilot, lambda: says(pilot.app, "https://venue.example/done?response_code=r1"))
        assert len(verifier.responses) == 1


async def test_a_lost_answer_says_that_it_may_have_arrived(stage: Stage, verifier: ScriptedVerifier) -> None:
    verifier.lose_answer = True
    async with reviewing(stage, verifier.link) as pilot:
        await pilot.press("s")
        await until(pilot, lambda: says(pilot.app, "It may have arrived"))


async def test_a_network_that_is_down_says_that_nothing_left(
    stage: Stage, verifier: ScriptedVerifier
) -> None:
    def down(*_: object, **__: object) -> object:
        raise FetchError("the host does not answer")

    stage.exchange = down  # type: ignore[assignment]  # a network that is down
    async with stage.playing((80, 24)) as pilot:
        await paste(pilot, verifier.link)
        await until(pilot, lambda: says(pilot.app, "the host does not answer"))
        assert says(pilot.app, "No, nothing.")
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, HomeScreen)


async def test_a_slow_verifier_blocks_nothing_and_can_be_left(
    stage: Stage, verifier: ScriptedVerifier
) -> None:
    answered = threading.Event()
    stage.before_work = lambda: answered.wait(20)  # type: ignore[assignment]  # its answer is not used
    async with stage.playing((80, 24)) as pilot:
        pilot.app.follow(verifier.link, person=None)
        await until(pilot, lambda: says(pilot.app, "finding out who asks ..."))
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, HomeScreen)
        answered.set()
        await settle(pilot)
    assert verifier.responses == []


async def test_the_holder_chooses_between_different_credentials(
    stage: Stage, verifier: ScriptedVerifier
) -> None:
    stage.hold(changed(VACCINATION, "vaccination", dose=2))
    async with stage.playing((120, 40)) as pilot:
        await paste(pilot, verifier.link)
        await until(pilot, lambda: says(pilot.app, "Several credentials answer this."))
        await pilot.press("down", "enter")
        await until(pilot, lambda: armed(pilot.app))
        await pilot.press("s")
        await settle(pilot)
    assert isinstance(verifier.responses[0], AuthorizationResponse)


REASON = ClaimReason(
    DOSE, "needed by rule VR-XX-0001: \x1b[2J[reverse]two doses\u202e are needed where the last one is old"
)

LONG_REASON = ClaimReason(NAME, ("because " * 50)[:MAX_REASON].strip())


async def test_why_each_value_is_asked_for_is_shown_and_can_repaint_nothing(
    stage: Stage, verifier: ScriptedVerifier
) -> None:
    """J6: the reasons of a venue's rules, beside who asks and with the value itself."""
    verifier.asked = replace(
        verifier.asked, verifier_info=(purpose_info("Entry", "venue", reasons=[REASON]),)
    )
    told = "needed by rule VR-XX-0001: <U+001B>[2J[reverse]two doses<U+202E> are needed"
    async with reviewing(stage, verifier.link) as pilot:
        assert says(pilot.app, f"Dose number: {told}")
        values = pilot.app.screen.query_one(ReviewList)
        lines = pilot.app.screen.review.lines
        number = next(place for place, line in enumerate(lines) if line.label == "Dose number")
        values.highlighted = values.get_option_index(str(number))
        await settle(pilot)
        assert says(pilot.app, f'The verifier asks for it. It says: "{told}')
        assert not {"\x1b", "\u202e"} & set(screen_text(pilot.app))
        assert [line.label for line in lines if line.reason] == ["Dose number"]


async def test_a_long_reason_of_a_stranger_does_not_push_our_warning_away(
    stage: Stage, verifier: ScriptedVerifier
) -> None:
    """D14: that a value makes one recognisable is said before what the verifier says of it."""
    verifier.asked = replace(
        verifier.asked, verifier_info=(purpose_info("Entry", "venue", reasons=[LONG_REASON]),)
    )
    async with reviewing(stage, verifier.link) as pilot:
        values = pilot.app.screen.query_one(ReviewList)
        lines = pilot.app.screen.review.lines
        number = next(place for place, line in enumerate(lines) if line.label == "Name")
        values.highlighted = values.get_option_index(str(number))
        await settle(pilot)
        assert says(pilot.app, 'The verifier asks for it. It is your name. It says: "because')


@pytest.mark.parametrize("size", [(80, 24), (58, 24), (40, 20)])
async def test_everything_that_will_be_sent_is_reached_by_keyboard(
    stage: Stage, verifier: ScriptedVerifier, size: tuple[int, int]
) -> None:
    """L2: also in a small window each value is seen, what else makes one recognisable, and what stays."""
    verifier.asked = replace(
        verifier.asked, verifier_info=(purpose_info("Entry", "venue", reasons=[REASON]),)
    )
    async with stage.playing(size) as pilot:
        await paste(pilot, verifier.link)
        await until(pilot, lambda: armed(pilot.app))
        review = pilot.app.screen.review
        seen = [screen_text(pilot.app)]
        for _ in range(pilot.app.screen.query_one(ReviewList).option_count):
            await pilot.press("down")
            seen.append(screen_text(pilot.app))
        await pilot.press("shift+tab")
        for _ in range(20):
            await pilot.press("down")
            seen.append(screen_text(pilot.app))
    # Of a scroll bar a block may touch the last word of a line; names end in a comma or a colon.
    shown = {
        word.rstrip("\u2581\u2582\u2583\u2584\u2585\u2586\u2587").rstrip(",:")
        for screen in seen
        for word in screen.split()
    }
    for text in (
        *(f"{line.label} {line.value}" for line in review.lines),
        *(f"{name} {reason}" for name, reason in review.links),
        *review.stays,
        review.asker.name,
        review.asker.address,
        "needed by rule VR-XX-0001:",
    ):
        assert [word for word in text.split() if not is_read(word.rstrip(",:"), shown)] == [], text


def is_read(word: str, shown: set[str]) -> bool:
    """Say whether a word is shown: whole, or in pieces, each at the end or the beginning of a line."""
    ends = {0}
    for end in range(1, len(word) + 1):
        if any(word[begin:end] in shown for begin in ends):
            ends.add(end)
    return len(word) in ends


async def test_going_back_to_the_first_value_shows_its_heading_again(
    stage: Stage, verifier: ScriptedVerifier
) -> None:
    async with stage.playing((80, 24)) as pilot:
        await paste(pilot, verifier.link)
        await until(pilot, lambda: armed(pilot.app))
        await pilot.press("end")
        assert not says(pilot.app, "Leaves the wallet:")
        await pilot.press("home")
        assert says(pilot.app, "Leaves the wallet:")


async def test_credentials_to_choose_from_can_be_told_apart(stage: Stage, verifier: ScriptedVerifier) -> None:
    stage.hold(changed(VACCINATION, "vaccination", dose=2))
    stage.world.clock.advance(days=1)
    stage.hold(VACCINATION, again=True)
    async with stage.playing((120, 40)) as pilot:
        await paste(pilot, verifier.link)
        await until(pilot, lambda: says(pilot.app, "Several credentials answer this."))
        shown = screen_text(pilot.app)
        assert says(pilot.app, "COVID-19 · dose 2 of 2 · 6 May 2026, Aulus Agerius")
        assert shown.count("dose 1 of 2") == shown.count("received") == 2


async def test_of_an_own_choice_what_can_be_turned_on_stands_first_and_nothing_twice(stage: Stage) -> None:
    """L2."""
    stage.create("Anna").hold(VACCINATION)
    async with stage.playing((80, 24)) as pilot:
        await pilot.press("p", "up", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, OfflineReview) and pilot.app.screen.is_armed)
        values = pilot.app.screen.query_one(ReviewList)
        assert values.line_of(values.highlighted_option.id).switch is not None
        lines = pilot.app.screen.review.lines
        leaving = {line.label for line in lines if line.leaves}
        assert "Credential identifier" in leaving
        assert leaving & {line.label for line in lines if not line.leaves} == set()
        turned = values.line_of(values.highlighted_option.id)
        await pilot.press("space")
        await until(pilot, lambda: len(leaving) < len([line for line in review_of(pilot) if line.leaves]))
        now = values.line_of(values.highlighted_option.id)
        assert (now.switch, now.leaves) == (turned.switch, True)


def review_of(pilot: Pilot[None]) -> tuple[ReviewLine, ...]:
    screen = pilot.app.screen
    assert isinstance(screen, ReviewScreen)
    review = screen.review
    return () if review is None else review.lines

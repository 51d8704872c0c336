"""The first screen: cards by person, search, the empty wallet."""

from __future__ import annotations

import gc

import pytest
from textual.widgets import Input

from tests.tui.stage import Stage, says, screen_text, settle, until
from tests.world import VACCINATION, changed
from vclib.errors import StoreError
from wallet.screens.detail import DetailScreen
from wallet.screens.home import HomeScreen
from wallet.widgets.card_list import CardList
from wallet.widgets.themes import DARK

pytestmark = pytest.mark.anyio


async def test_an_empty_wallet_says_what_to_do_and_offers_a_demonstration(stage: Stage) -> None:
    async with stage.create("Anna").playing((80, 24)) as pilot:
        assert says(pilot.app, "Paste an offer that an issuer gave you")
        await pilot.press("enter")
        await settle(pilot)
        assert says(pilot.app, "Alex Example")
        assert says(pilot.app, "nobody trusts this issuer")


async def test_cards_stand_under_their_person_with_badges_in_words(stage: Stage) -> None:
    async with stage.family().playing((80, 24)) as pilot:
        cards = pilot.app.screen.query_one(CardList).cards
        assert [(card.person, str(card.badge)) for card in cards] == [
            ("Aulus Agerius", "valid"),
            ("Aulus Agerius", "not checked"),
            ("Tan Chen Chen", "expires soon"),
            ("Gabriele Musterfrau-Gößinger", "not checked"),
            ("Gabriele Musterfrau-Gößinger", "revoked"),
        ]
        assert says(pilot.app, "Vaccination status · COVID-19 · dose 1 of 2 · 6 May 2026")


async def test_search_lists_what_fits_as_it_is_typed(stage: Stage) -> None:
    async with stage.family().playing((80, 24)) as pilot:
        await pilot.press("slash", *"dose 2")
        await settle(pilot)
        assert [card.about for card in pilot.app.screen.query_one(CardList).cards] == [
            "COVID-19 · dose 1 of 2 · 6 May 2026",
            "COVID-19 · dose 2 of 2 · 20 June 2026",
            "COVID-19 · dose 1 of 2 · 6 May 2026",
        ]
        await pilot.press(*" of 2 20 june")
        await settle(pilot)
        assert says(pilot.app, "1 of 5")
        await pilot.press("escape")
        await settle(pilot)
        assert len(pilot.app.screen.query_one(CardList).cards) == 5


async def test_a_digit_shows_one_person_and_0_all(stage: Stage) -> None:
    async with stage.family().playing((80, 24)) as pilot:
        await pilot.press("2")
        await settle(pilot)
        assert {card.person for card in pilot.app.screen.query_one(CardList).cards} == {"Tan Chen Chen"}
        await pilot.press("0")
        await settle(pilot)
        assert len(pilot.app.screen.query_one(CardList).cards) == 5


async def test_enter_opens_a_card_and_explains_its_badge(stage: Stage) -> None:
    async with stage.family().playing((80, 24)) as pilot:
        await pilot.press("end", "enter")
        await settle(pilot)
        assert isinstance(pilot.app.screen, DetailScreen)
        assert says(pilot.app, "The issuer revoked it; that was found on 1 July 2026.")
        await pilot.press("c")
        await settle(pilot)
        await pilot.press("j")
        await settle(pilot)
        assert says(pilot.app, '"proofValue"') or says(pilot.app, '"@context"')
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, HomeScreen)


async def test_a_click_on_a_card_chooses_it_and_a_second_opens_it(stage: Stage) -> None:
    async with stage.family().playing((80, 24)) as pilot:
        await pilot.click(CardList, offset=(5, 4))
        await settle(pilot)
        card = pilot.app.screen.query_one(CardList).current
        assert card is not None
        assert card.about == "COVID-19 · dose 2 of 2 · 20 June 2026"
        await pilot.click(CardList, offset=(5, 4))
        await settle(pilot)
        assert isinstance(pilot.app.screen, DetailScreen)


async def test_the_status_is_asked_for_on_demand_only(stage: Stage) -> None:
    """H12: nothing is fetched before the holder presses the key."""
    stage.family()
    async with stage.playing((80, 24)) as pilot:
        await pilot.press("down")
        assert not says(pilot.app, "asking for the status")
        await pilot.press("u")
        await settle(pilot)
        cards = pilot.app.screen.query_one(CardList).cards
        assert str(cards[1].badge) == "valid"


async def test_a_wallet_that_cannot_be_read_says_so(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.create("Anna")

    def broken() -> None:
        raise StoreError("the disk is gone")

    monkeypatch.setattr(stage.desk, "home", broken)
    async with stage.playing((80, 24)) as pilot:
        assert says(pilot.app, "the disk is gone")
        assert says(pilot.app, "Did anything leave the wallet? No, nothing.")


async def test_below_sixty_columns_a_card_is_one_line(stage: Stage) -> None:
    async with stage.family().playing((50, 24)) as pilot:
        assert not says(pilot.app, "Ministry of Health")
        assert says(pilot.app, "revoked")


async def test_a_wide_window_shows_everything_about_the_card_beside_the_list(stage: Stage) -> None:
    async with stage.family().playing((200, 60)) as pilot:
        await settle(pilot)
        assert says(pilot.app, "Vaccination centre")


async def test_nothing_of_somebody_else_stays_beside_an_empty_list(stage: Stage) -> None:
    stage.create("Anna", "Ben").hold(VACCINATION, "Anna")
    async with stage.playing((200, 60)) as pilot:
        await until(pilot, lambda: says(pilot.app, "Vaccination centre"))
        await pilot.press("2")
        await until(pilot, lambda: not says(pilot.app, "Vaccination centre"))


async def test_the_wallet_locks_by_itself_and_by_a_key(stage: Stage) -> None:
    async with stage.family().playing((80, 24)) as pilot:
        app = pilot.app
        now = app.idle_clock()
        app.idle_clock = lambda: now + 4 * 60
        app.lock_if_idle()
        assert stage.desk.is_open
        app.idle_clock = lambda: now + 6 * 60
        app.lock_if_idle()
        await settle(pilot)
        assert not stage.desk.is_open
        assert says(app, "nobody touched a key")
        assert not says(app, "Aulus")
        app.screen.query_one("#passphrase", Input).value = "correct horse battery"
        await pilot.press("enter")
        await settle(pilot)
        assert says(app, "Aulus Agerius")
        await pilot.press("ctrl+l")
        await settle(pilot)
        assert not stage.desk.is_open


async def test_the_palette_goes_to_one_person(stage: Stage) -> None:
    async with stage.family().playing((100, 30)) as pilot:
        await pilot.press("ctrl+p")
        await pilot.press(*"only chen")
        await until(pilot, lambda: says(pilot.app, "Show only Tan Chen Chen"))
        await pilot.press("down", "enter")
        await until(pilot, lambda: pilot.app.screen.person == "Tan Chen Chen")
        assert {card.person for card in pilot.app.screen.query_one(CardList).cards} == {"Tan Chen Chen"}


async def test_an_unchanged_wallet_is_not_read_again_and_a_changed_one_is(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.create("Anna").hold(VACCINATION)
    read, home = [], stage.desk.home
    monkeypatch.setattr(stage.desk, "home", lambda: read.append(1) or home())
    async with stage.playing((80, 24)) as pilot:
        await pilot.press("enter")
        await settle(pilot)
        await pilot.press("escape")
        await settle(pilot)
        assert len(read) == 1
        await pilot.press("enter")
        await settle(pilot)
        stage.hold(changed(VACCINATION, "vaccination", dose=2))
        await pilot.press("escape")
        await until(pilot, lambda: len(pilot.app.screen.query_one(CardList).cards) == 2)
        await pilot.press("enter")
        await settle(pilot)
        stage.world.clock.advance(days=1)
        await pilot.press("escape")
        await until(pilot, lambda: len(read) == 3)


async def test_what_does_not_fit_beside_the_badge_stands_below_it(stage: Stage) -> None:
    stage.create("Anna").hold(changed(VACCINATION, "vaccination", date="2026-05-16"))
    async with stage.playing((66, 24)) as pilot:
        lines = [line.rstrip() for line in screen_text(pilot.app).splitlines() if "▌" in line]
        assert "dose 1 of 2" in lines[0]
        assert lines[0].endswith("○ not checked")
        assert lines[1].startswith("  ▌ 16 May 2026 · Ministry of Health")


async def test_memory_is_looked_through_while_nobody_types(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, collected = gc.get_threshold(), []
    async with stage.create("Anna").playing((80, 24)) as pilot:
        app = pilot.app
        assert gc.get_threshold()[2] > 100_000
        monkeypatch.setattr(gc, "collect", lambda: collected.append(1))
        monkeypatch.setattr(gc, "get_count", lambda: (0, 0, 50))
        now = app.idle_clock()
        app.idle_clock = lambda: now
        app.touch()
        app._rest()
        assert collected == []
        app.idle_clock = lambda: now + 3
        app._rest()
        assert collected == [1]
    assert gc.get_threshold() == before


async def test_a_badge_has_its_colour_in_the_list_and_beside_it(stage: Stage) -> None:
    stage.create("Anna").hold(VACCINATION)
    stage.check_all()
    async with stage.playing((200, 60)) as pilot:
        await until(pilot, lambda: says(pilot.app, "Vaccination centre"))
        strips = pilot.app.screen._compositor.render_strips()
        coloured = [
            segment
            for strip in strips
            for segment in strip
            if "✓ valid" in segment.text and segment.style and segment.style.color
        ]
        assert [segment.style.color.name for segment in coloured] == [DARK.success] * 2

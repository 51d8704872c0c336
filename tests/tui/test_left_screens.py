"""A screen that was left gets no news: whatever ends after locking, the unlock screen stands alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tests.tui.stage import Stage, says, settle, until
from tests.wallet.scripted_verifier import ScriptedVerifier
from tests.world import VACCINATION
from vclib.errors import FetchError, VCError
from wallet.screens.base import WalletScreen
from wallet.screens.detail import DetailScreen
from wallet.screens.home import HomeScreen
from wallet.screens.unlock import UnlockScreen

pytestmark = pytest.mark.anyio


class Slow:
    """Work that ends when the test says so, well or badly."""

    def __init__(self, error: VCError | None) -> None:
        self._error = error
        self._may_end = threading.Event()
        self.begun = threading.Event()
        self.ended = threading.Event()

    def __call__(self) -> str:
        self.begun.set()
        self._may_end.wait(20)
        self.ended.set()
        if self._error is not None:
            raise self._error
        return "news"

    def end(self) -> None:
        self._may_end.set()


@pytest.fixture(params=[None, FetchError("the host does not answer")], ids=["well", "badly"])
def slow(request: pytest.FixtureRequest) -> Iterator[Slow]:
    work = Slow(request.param)
    yield work
    work.end()


async def test_work_that_ends_after_locking_tells_nothing(stage: Stage, slow: Slow) -> None:
    news: list[object] = []
    async with stage.create("Anna").playing((80, 24)) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, WalletScreen)
        screen.work(slow, news.append, failed=news.append)
        await until(pilot, slow.begun.is_set)
        assert screen.is_there
        await pilot.press("ctrl+l")
        assert not screen.is_there
        slow.end()
        await until(pilot, slow.ended.is_set)
        await settle(pilot)
        assert isinstance(pilot.app.screen, UnlockScreen)
    assert news == []


async def test_a_notice_that_is_on_its_way_while_the_wallet_locks_is_not_shown(stage: Stage) -> None:
    async with stage.create("Anna").playing((80, 24)) as pilot:
        pilot.app.notify("Anna's vaccination was stored", markup=False)
        await pilot.pause()
        assert len(pilot.app.screen.query("Toast")) == 1
        pilot.app.notify("Anna's test was stored", markup=False)
        pilot.app.action_lock()
        await settle(pilot)
        assert isinstance(pilot.app.screen, UnlockScreen)
        assert len(pilot.app.screen.query("Toast")) == 0


async def test_work_that_ends_after_its_screen_was_left_tells_nothing(stage: Stage, slow: Slow) -> None:
    news: list[object] = []
    stage.create("Anna").hold(VACCINATION)
    async with stage.playing((80, 24)) as pilot:
        await pilot.press("enter")
        await settle(pilot)
        screen = pilot.app.screen
        assert isinstance(screen, DetailScreen)
        screen.work(slow, news.append, failed=news.append)
        await until(pilot, slow.begun.is_set)
        await pilot.press("escape")
        assert not screen.is_there
        slow.end()
        await until(pilot, slow.ended.is_set)
        await settle(pilot)
        assert isinstance(pilot.app.screen, HomeScreen)
    assert news == []


async def test_work_that_ends_on_the_screen_that_began_it_tells_its_news(stage: Stage, slow: Slow) -> None:
    news: list[object] = []
    async with stage.create("Anna").playing((80, 24)) as pilot:
        pilot.app.screen.work(slow, news.append, failed=news.append)
        slow.end()
        await until(pilot, lambda: len(news) == 1)


async def test_a_request_whose_verifier_answers_after_locking_shows_nothing(stage: Stage) -> None:
    """L6: neither a review nor a failure of an earlier request stands over the unlock screen."""
    stage.create("Anna").hold(VACCINATION)
    verifier = stage.asked_by(ScriptedVerifier(stage.world))
    asked, may_answer = threading.Event(), threading.Event()

    def wait() -> None:
        asked.set()
        may_answer.wait(20)

    stage.before_work = wait
    async with stage.playing((80, 24)) as pilot:
        pilot.app.follow(verifier.link, person=None)
        await until(pilot, asked.is_set)
        await pilot.press("ctrl+l")
        may_answer.set()
        await settle(pilot)
        assert isinstance(pilot.app.screen, UnlockScreen)
        assert len(pilot.app.screen_stack) == 2
        assert says(pilot.app, "Locked.")
        assert not says(pilot.app, "A verifier asks")
        assert not says(pilot.app, "That did not work")
    assert verifier.responses == []

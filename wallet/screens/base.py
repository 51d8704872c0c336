"""What all screens have in common: words, work in a thread, failures told, and the help of each.

Nothing that derives, writes or talks runs on the screen's own thread. Each piece of work has a thread of its
own that ends with the program, so that a slow network neither blocks the screen nor keeps the program alive;
the screen waits for it in an async worker, and a screen that is left waits no more.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

from textual.screen import Screen
from textual.worker import Worker

from wallet.desk import Desk, VCError, Words
from wallet.widgets.bars import KeyBar, TopBar
from wallet.widgets.themes import Palette

if TYPE_CHECKING:
    from wallet.app import WalletApp

Result = TypeVar("Result")
Value = TypeVar("Value")


class WalletScreen(Screen[Result]):
    """A screen of the wallet. KEYS are those that the bar at the bottom names; HELP explains the screen."""

    NAME: ClassVar[str] = ""
    HELP: ClassVar[str] = ""
    KEYS: ClassVar[tuple[tuple[str, str], ...]] = ()
    # What is pasted here is for this screen, and a link does not lead away from it.
    HOLDS_PASTE: ClassVar[bool] = False
    # Each screen says itself where to begin.
    AUTO_FOCUS = ""

    @property
    def wallet(self) -> WalletApp:
        """The application."""
        return cast("WalletApp", self.app)

    @property
    def desk(self) -> Desk:
        """The wallet itself."""
        return self.wallet.desk

    @property
    def words(self) -> Words:
        """The words of the language that is set."""
        return self.desk.words

    @property
    def palette(self) -> Palette:
        """The styles of the theme that is set."""
        return Palette.of(self.app)

    @property
    def is_there(self) -> bool:
        """Whether the screen is among those that one can go back to: one that was left is drawn no more.

        Leaving takes a moment, in which a screen still wakes up, finds the wallet locked, and has no news.
        """
        return self.is_attached and self in self.app.screen_stack

    def top_bar(self, state: str = "") -> TopBar:
        """Return the line on top."""
        return TopBar(self.words(self.NAME), state)

    def key_bar(self, keys: Iterable[tuple[str, str]] | None = None) -> KeyBar:
        """Return the line at the bottom."""
        return KeyBar((key, self.words(label)) for key, label in (self.KEYS if keys is None else keys))

    def work(
        self,
        call: Callable[[], Value],
        then: Callable[[Value], None],
        *,
        failed: Callable[[VCError], None] | None = None,
        group: str = "work",
    ) -> Worker[None]:
        """Do `call` in a thread and `then` with what it returns; a newer one of the group replaces it."""

        was_open = self.desk.is_open

        async def run() -> None:
            try:
                value = await in_thread(call)
            except VCError as err:
                # What fails because the wallet was locked meanwhile is no news.
                if self.is_there and self.desk.is_open is was_open:
                    (failed or self.tell_failure)(err)
            else:
                if self.is_there:
                    then(value)

        return self.run_worker(run(), group=group, exclusive=True)

    def tell_failure(self, error: VCError) -> None:
        """Say what happened where nothing left the wallet."""
        self.wallet.tell_trouble(error, left=False)

    def leave(self) -> None:
        """Go back to the screen below."""
        self.dismiss()


async def in_thread(call: Callable[[], Value]) -> Value:
    """Return what `call` returns or raise what it raises, from a thread that nothing waits for at the end."""
    future: Future[Value] = Future()

    def run() -> None:
        try:
            value = call()
        except BaseException as err:  # noqa: BLE001 - carried over to the screen's thread, whatever it is
            future.set_exception(err)
        else:
            future.set_result(value)

    threading.Thread(target=run, name="wallet-work", daemon=True).start()
    # A screen that was left gives the waiting up, never the work.
    return await asyncio.shield(asyncio.wrap_future(future))

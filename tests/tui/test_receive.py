"""Receiving on the screen: the offer, the code, and what is refused."""

from __future__ import annotations

import threading

import pytest
from textual.widgets import Button

from protocols.oid4vci import CREDENTIAL_FAILURE, TxCode
from runtime.qr import make_qr
from tests.tui.stage import Stage, paste, says, settle, until
from tests.wallet.scripted import CODE, TX_CODE, ScriptedIssuer
from vclib.errors import FetchError
from wallet.screens.home import HomeScreen
from wallet.screens.receive import ReceiveScreen

pytestmark = pytest.mark.anyio


@pytest.fixture
def issuer(stage: Stage) -> ScriptedIssuer:
    stage.create("Anna")
    issuer = ScriptedIssuer(stage.world)
    stage.exchange = issuer
    return issuer


async def test_an_offer_is_received_by_keyboard_with_its_code(stage: Stage, issuer: ScriptedIssuer) -> None:
    issuer.tx_code = TxCode(length=6, description="The code of the letter")
    async with stage.playing((80, 24)) as pilot:
        await paste(pilot, issuer.link)
        await until(pilot, lambda: says(pilot.app, "The code of the letter"))
        assert says(pilot.app, "https://issuer.example")
        assert says(pilot.app, "nobody has checked that yet")
        await pilot.press(*"000000", "enter")
        await until(pilot, lambda: says(pilot.app, "The issuer does not take this code."))
        await pilot.press(*TX_CODE, "enter")
        await until(pilot, lambda: says(pilot.app, "Saved in the wallet: Vaccination status, Aulus Agerius"))
        # K8: neither code is anywhere on the screen.
        assert not says(pilot.app, TX_CODE)
        assert not says(pilot.app, CODE)
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(pilot.app.screen, HomeScreen)
        assert says(pilot.app, "Aulus Agerius")


async def test_what_is_not_as_offered_is_refused_and_not_kept(stage: Stage, issuer: ScriptedIssuer) -> None:
    """F13."""
    issuer.change = lambda document, number: {**document, "name": "another"}
    async with stage.playing((80, 24)) as pilot:
        await paste(pilot, issuer.link)
        await until(pilot, lambda: pilot.app.screen.query_one("#go").has_focus)
        await pilot.press("enter")
        await until(pilot, lambda: says(pilot.app, "Refused and not kept"))
        assert stage.desk.cards() == ()
    assert [event.event for event in issuer.events] in ([], [CREDENTIAL_FAILURE])


async def test_the_person_is_asked_for_where_there_are_several(stage: Stage, issuer: ScriptedIssuer) -> None:
    stage.desk.add_person("Ben")
    async with stage.playing((80, 24)) as pilot:
        await paste(pilot, issuer.link)
        await until(pilot, lambda: says(pilot.app, "For whom is it?"))
        await pilot.press("down", "enter")
        await until(pilot, lambda: says(pilot.app, "bound to the key of Ben"))


async def test_a_slow_issuer_blocks_nothing_and_can_be_left(stage: Stage, issuer: ScriptedIssuer) -> None:
    answered = threading.Event()
    stage.before_work = lambda: answered.wait(20)  # type: ignore[assignment]  # its answer is not used
    async with stage.playing((80, 24)) as pilot:
        pilot.app.follow(issuer.link, person=None)
        await until(pilot, lambda: says(pilot.app, "reading the offer ..."))
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, HomeScreen)
        answered.set()


async def test_an_interrupted_issuance_is_completed_by_the_same_offer(
    stage: Stage, issuer: ScriptedIssuer
) -> None:
    issuer.lose.add("/credential")
    async with stage.playing((80, 24)) as pilot:
        await paste(pilot, issuer.link)
        await until(
            pilot, lambda: pilot.app.screen.query("#go") and pilot.app.screen.query_one("#go").has_focus
        )
        await pilot.press("enter")
        await until(pilot, lambda: says(pilot.app, "That did not work"))
        await pilot.press("enter")
        await settle(pilot)
        assert says(pilot.app, "begun and not finished")
        await paste(pilot, issuer.link)
        await until(pilot, lambda: says(pilot.app, "only what is missing is asked for"))
        pilot.app.screen.query_one("#go", Button).press()
        await until(pilot, lambda: says(pilot.app, "Saved in the wallet"))


async def test_a_link_that_leads_nowhere_says_what_to_do(stage: Stage, issuer: ScriptedIssuer) -> None:
    def down(*_: object, **__: object) -> object:
        raise FetchError("the host does not answer")

    stage.exchange = down  # type: ignore[assignment]  # a network that is down
    async with stage.playing((80, 24)) as pilot:
        await paste(pilot, issuer.link)
        await until(pilot, lambda: says(pilot.app, "Look whether this computer is connected"))
        assert not isinstance(pilot.app.screen, ReceiveScreen)


async def test_the_picture_in_the_clipboard_is_read(
    stage: Stage, issuer: ScriptedIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wallet.arrivals.clipboard_picture", lambda: make_qr(issuer.link).png())
    async with stage.playing((80, 24)) as pilot:
        await pilot.press("v")
        await until(pilot, lambda: says(pilot.app, "https://issuer.example"))


async def test_a_clipboard_that_cannot_be_read_is_said_so(
    stage: Stage, issuer: ScriptedIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.clipboard.shutil.which", lambda name: None)
    async with stage.playing((80, 24)) as pilot:
        await pilot.press("v")
        await until(pilot, lambda: says(pilot.app, "there is no way to the clipboard here"))
        assert says(pilot.app, "install wl-paste or xclip, or use a file")


async def test_the_name_of_a_picture_is_pasted(stage: Stage, issuer: ScriptedIssuer) -> None:
    """As terminals paste a file that was dropped on them: quoted."""
    picture = stage.folder / "an offer.png"
    picture.write_bytes(make_qr(issuer.link).png())
    async with stage.playing((80, 24)) as pilot:
        await pilot.press("a")
        await settle(pilot)
        await paste(pilot, f"'{picture}'")
        await pilot.press("enter")
        await until(pilot, lambda: says(pilot.app, "https://issuer.example"))

"""Attacks on the screen itself: what is pasted, what strangers write, what is copied."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual import events
from textual.widgets import Input

from protocols.oid4vp import purpose_info
from tests.tui.stage import Stage, paste, says, screen_text, settle, until
from tests.wallet.scripted_verifier import ScriptedVerifier
from wallet.screens.home import HomeScreen

pytestmark = pytest.mark.anyio

# ANSI, a right-to-left override, zero-width characters, markup of the screen library.
EVIL = "[bold red]Anna[/] \x1b[2J\x1b[1;1H\u202eevil\u200b\u2066"


async def test_fifty_megabytes_in_the_clipboard_are_cut_and_nothing_is_followed(stage: Stage) -> None:
    """J5."""
    async with stage.create("Anna").playing((80, 24)) as pilot:
        await pilot.press("a")
        await settle(pilot)
        pilot.app.post_message(events.Paste("openid4vp://" + "x" * 50_000_000))
        await settle(pilot)
        assert len(pilot.app.screen.query_one(Input).value) <= 2000


async def test_pasted_escape_sequences_are_text(stage: Stage) -> None:
    """J5."""
    async with stage.family().playing((80, 24)) as pilot:
        await pilot.press("slash")
        await paste(pilot, "\x1b[2J\x1b[31mdose")
        assert "\x1b" not in screen_text(pilot.app)
        assert isinstance(pilot.app.screen, HomeScreen)


async def test_text_of_an_issuer_cannot_repaint_the_screen(stage: Stage) -> None:
    """J6."""
    stage.create("Anna")
    stage.hold_of_stranger(EVIL, EVIL)
    async with stage.playing((120, 40)) as pilot:
        await settle(pilot)
        text = screen_text(pilot.app)
        assert "[bold red]Anna[/] <U+001B>[2J<U+001B>[1;1H<U+202E>evil<U+200B><U+2066>" in text
        assert not {"\x1b", "\u202e", "\u200b", "\u2066"} & set(text)
        await pilot.press("enter")
        await settle(pilot)
        text = screen_text(pilot.app)
        assert "[bold red]Anna[/]" in text
        assert not {"\x1b", "\u202e", "\u200b", "\u2066"} & set(text)


async def test_text_of_strangers_cannot_repaint_the_review(stage: Stage) -> None:
    """J6: the verifier's purpose and name, the issuer's value."""
    stage.create("Anna")
    stage.hold_of_stranger(EVIL, EVIL)
    verifier = stage.asked_by(ScriptedVerifier(stage.world))
    verifier.asked = replace(
        verifier.asked,
        verifier_info=(purpose_info("[reverse]Entry[/] \x1b[1A\u202e"),),
        client_metadata=replace(verifier.asked.client_metadata, client_name="[link=x]Venue\x1b]8;;x\x07"),
    )
    async with stage.playing((160, 40)) as pilot:
        await paste(pilot, verifier.link)
        await until(pilot, lambda: says(pilot.app, "sends exactly this"))
        text = screen_text(pilot.app)
        assert "for: [reverse]Entry[/] <U+001B>[1A<U+202E>" in text
        assert "[link=x]Venue<U+001B>]8;;x<U+0007>" in text
        assert not {"\x1b", "\u202e", "\u200b", "\u2066", "\x07"} & set(text)


async def test_what_is_copied_is_cleared_after_a_while_if_it_is_still_there(stage: Stage) -> None:
    """K9."""
    async with stage.create("Anna").playing((80, 24)) as pilot:
        pilot.app.action_go("people")
        await settle(pilot)
        await pilot.press("y")
        await settle(pilot)
        await until(pilot, lambda: pilot.app.clipboard == "")


async def test_what_somebody_else_copied_meanwhile_is_left(stage: Stage) -> None:
    """K9."""
    async with stage.create("Anna").playing((80, 24)) as pilot:
        pilot.app.copy("did:key:z", "copied")
        pilot.app.copy_to_clipboard("another text")
        await settle(pilot)
        pilot.app._clear_clipboard("did:key:z")
        assert pilot.app.clipboard == "another text"


async def test_locking_leaves_nothing_on_the_screen(stage: Stage) -> None:
    """K8."""
    async with stage.family().playing((120, 40)) as pilot:
        await pilot.press("enter")
        await settle(pilot)
        await pilot.press("ctrl+l")
        await settle(pilot)
        text = screen_text(pilot.app)
        assert "Agerius" not in text
        assert "did:key" not in text

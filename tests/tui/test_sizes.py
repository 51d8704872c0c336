"""Windows of all sizes: a list where there is little room, and a code whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.strip import Strip

from runtime.inert import inert_text
from runtime.qr import QUIET_ZONE
from tests.tui.stage import Stage, says, screen_text, settle, until
from tests.world import VACCINATION, changed
from wallet.screens.code import CodeScreen
from wallet.screens.review import ReviewScreen
from wallet.widgets.card_list import CardList
from wallet.widgets.code_view import CodeView
from wallet.widgets.detail_view import DetailView

pytestmark = pytest.mark.anyio

# Letters of a right-to-left script, and what could turn a line around.
ARABIC = "ليلى بنت عبد الرحمن الحداد"


async def show_code(pilot: Pilot[None]) -> CodeView:
    """Present the current card to a venue and go to its code."""
    await pilot.press("q")
    await until(pilot, lambda: isinstance(pilot.app.screen, ReviewScreen) and pilot.app.screen.is_armed)
    await pilot.press("s")
    await until(pilot, lambda: isinstance(pilot.app.screen, CodeScreen))
    await settle(pilot)
    return pilot.app.screen.query_one(CodeView)


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize(
    ("size", "whole"), [((40, 20), False), ((80, 24), False), ((130, 60), False), ((180, 90), True)]
)
async def test_a_code_is_whole_with_its_quiet_zone_or_replaced(
    stage: Stage, size: tuple[int, int], whole: bool, theme: str
) -> None:
    stage.create("Anna").hold(VACCINATION)
    stage.desk.set_preference("theme", theme)
    async with stage.playing(size) as pilot:
        view = await show_code(pilot)
        assert view.display is whole
        if whole:
            assert modules_of(view) == view.rows
            assert all(row == bytes(len(row)) for row in view.rows[:QUIET_ZONE])
            assert all(not any(row[:QUIET_ZONE]) and not any(row[-QUIET_ZONE:]) for row in view.rows)
        else:
            assert "\N{UPPER HALF BLOCK}" not in screen_text(pilot.app)
            assert says(pilot.app, "press f to write a picture")


async def test_a_window_that_is_made_smaller_hides_the_code_and_shows_it_again(stage: Stage) -> None:
    stage.create("Anna").hold(VACCINATION)
    async with stage.playing((180, 90)) as pilot:
        view = await show_code(pilot)
        for size, whole in (((60, 20), False), ((180, 90), True)):
            await pilot.resize_terminal(*size)
            await until(pilot, lambda whole=whole: view.display is whole)


async def test_a_code_that_is_not_drawn_is_written_as_a_picture_and_as_a_file(
    stage: Stage, tmp_path: Path
) -> None:
    stage.create("Anna").hold(VACCINATION)
    async with stage.playing((40, 20)) as pilot:
        await show_code(pilot)
        for name, begin in (("code.svg", b"<svg"), ("code.json", b"{")):
            await pilot.press("f")
            await settle(pilot)
            await pilot.press("ctrl+a", *["backspace"] * 3)
            pilot.app.screen.query_one("Input").value = str(tmp_path / name)  # type: ignore[attr-defined]
            await pilot.press("enter")
            await until(pilot, (tmp_path / name).exists)
            assert (tmp_path / name).read_bytes().startswith(begin)


@pytest.mark.parametrize("width", [30, 40, 59])
async def test_below_sixty_columns_each_card_is_one_line_and_its_badge_whole(
    stage: Stage, width: int
) -> None:
    async with stage.family().playing((width, 24)) as pilot:
        lines = screen_text(pilot.app).splitlines()
        cards = [line for line in lines if line.strip().startswith(("▌", "│"))]
        assert len(cards) == len(pilot.app.screen.query_one(CardList).cards)
        badges = ("✓ valid", "○ not checked", "! expires soon", "○ not checked", "✗ revoked")
        assert all(line.rstrip().endswith(badge) for line, badge in zip(cards, badges, strict=True))


@pytest.mark.parametrize("width", [130, 132, 140])
async def test_a_long_value_is_broken_before_the_scroll_bar(stage: Stage, width: int) -> None:
    async with stage.family().playing((width, 34)) as pilot:
        view = pilot.app.screen.query_one(DetailView)
        # The bar has the last column, and the one before it stays empty.
        lines = [line.ljust(width) for line in screen_text(pilot.app).splitlines()]
        bar = view.scrollable_content_region.right
        shown = lines[view.region.y : view.region.bottom]
        assert any("did:key:z" in line for line in shown)
        assert {line[bar - 1] for line in shown} == {" "}


async def test_an_issuer_is_named_whole_where_a_line_has_room_for_it(stage: Stage) -> None:
    async with stage.family().playing((132, 34)) as pilot:
        assert says(pilot.app, "Not detected (negative) · Ministry of Health until 4 July 2026")


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_a_name_written_from_right_to_left_is_shown_whole(stage: Stage, size: tuple[int, int]) -> None:
    stage.create("Anna").hold(changed(VACCINATION, name=ARABIC))
    async with stage.playing(size) as pilot:
        assert inert_text(ARABIC) == ARABIC
        assert ARABIC in screen_text(pilot.app)
        await pilot.press("enter")
        await until(pilot, lambda: screen_text(pilot.app).count(ARABIC) > 0)


def modules_of(view: CodeView) -> tuple[bytes, ...]:
    """Return the modules that are drawn: black is 1, read from the colours of the half blocks."""
    drawn = [view.render_line(line) for line in range(view.size.height)]
    top = (view.size.height - view.lines) // 2
    rows: list[bytes] = []
    for strip in drawn[top : top + view.lines]:
        upper, lower = halves(strip)
        rows += [upper, lower]
    return tuple(rows[: len(view.rows)])


def halves(strip: Strip) -> tuple[bytes, bytes]:
    blocks = [segment for segment in strip if segment.text == "\N{UPPER HALF BLOCK}" and segment.style]
    styles = [segment.style for segment in blocks if segment.style is not None]
    upper = bytes(style.color is not None and style.color.name == "#000000" for style in styles)
    return upper, bytes(style.bgcolor is not None and style.bgcolor.name == "#000000" for style in styles)

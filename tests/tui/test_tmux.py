"""The real program in a real terminal: made, tried, closed by kill -9, opened again."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tui.terminal import Terminal, require_tmux

pytestmark = pytest.mark.slow


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    require_tmux()
    terminal = Terminal(tmp_path)
    yield terminal
    terminal.end()


def test_what_was_shown_as_saved_is_there_after_kill_9(terminal: Terminal, tmp_path: Path) -> None:
    wallet = tmp_path / "wallet.ddcc"
    command = ("env", "LANG=C.UTF-8", sys.executable, "-m", "ddcc.cli", "wallet", "--wallet", str(wallet))
    terminal.start(*command)
    terminal.wait_for("Make your wallet")
    terminal.type("seven green lakes")
    terminal.wait_for("\N{BLACK PARALLELOGRAM}")
    terminal.press("Enter")
    terminal.type("seven green lakes")
    terminal.press("Enter")
    terminal.type("Anna")
    terminal.wait_for("Anna")
    terminal.press("Enter")
    terminal.wait_for("No credentials yet")
    terminal.type("Enter")
    terminal.wait_for("Alex Example")
    terminal.kill_program()
    terminal.end()
    terminal.start(*command)
    terminal.wait_for("Open your wallet")
    terminal.type("seven green lakes")
    terminal.press("Enter")
    terminal.wait_for("Alex Example")
    terminal.type("q")
    terminal.wait_for("signs exactly this and shows it")
    terminal.type("s")
    # 100 columns are too few for the code, and a broken one is never drawn.
    terminal.wait_for("The code needs a window of")
    terminal.type("C-q")

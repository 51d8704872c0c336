"""The real program in a real terminal: made, tried, closed by kill -9, opened again."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import wait_until
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


def test_a_wallet_whose_terminal_is_gone_ends(terminal: Terminal, tmp_path: Path) -> None:
    """Also where the first process of the terminal waits for it, as `make` does, and alone hears of it."""
    wallet = str(tmp_path / "wallet.ddcc")
    program = (sys.executable, "-m", "ddcc.cli", "wallet", "--wallet", wallet)
    terminal.start("env", "LANG=C.UTF-8", "sh", "-c", 'trap "" HUP; "$@"; exit 0', "sh", *program)
    terminal.wait_for("Make your wallet")
    assert _running(wallet)
    terminal.end()
    wait_until(lambda: not _running(wallet), 30)


def _running(argument: str) -> bool:
    """Whether any process has this among its arguments."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if argument.encode() in path.read_bytes().split(b"\0"):
                return True
    return False

"""The real program in a real terminal: made, tried, closed by kill -9, opened again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SECONDS = 60


class Terminal:
    """A tmux session of 100 by 30 with one program in it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tmux: tuple[str, ...] = ()
        self.name = f"wallet-{uuid.uuid4().hex[:8]}"

    def start(self, *command: str) -> None:
        # A server of its own each time: an earlier one may still be on its way out.
        socket = self._folder / f"tmux-{uuid.uuid4().hex[:8]}"
        self._tmux = ("tmux", "-S", str(socket), "-f", "/dev/null")
        self._run("new-session", "-d", "-s", self.name, "-x", "100", "-y", "30", "-c", str(ROOT), *command)

    def type(self, *keys: str) -> None:
        self._run("send-keys", "-t", self.name, *keys)

    def press(self, key: str) -> None:
        """Press a key that moves the focus, as a person does: not within the same millisecond."""
        time.sleep(0.5)
        self.type(key)
        time.sleep(0.5)

    def screen(self) -> str:
        return self._run("capture-pane", "-p", "-t", self.name)

    def wait_for(self, text: str) -> str:
        deadline = time.monotonic() + SECONDS
        while text not in (shown := self.screen()):
            assert time.monotonic() < deadline, shown
            time.sleep(0.1)
        return shown

    def kill_program(self) -> None:
        pid = self._run("list-panes", "-t", self.name, "-F", "#{pane_pid}").strip()
        os.kill(int(pid), 9)

    def end(self) -> None:
        subprocess.run([*self._tmux, "kill-server"], capture_output=True, check=False)

    def _run(self, *arguments: str) -> str:
        done = subprocess.run([*self._tmux, *arguments], capture_output=True, text=True, check=True)
        return done.stdout


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    if shutil.which("tmux") is None:
        if os.environ.get("DDCC_REQUIRE_TMUX") == "1":
            pytest.fail("tmux is required (DDCC_REQUIRE_TMUX=1) and not installed")
        pytest.skip("tmux is not here")
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

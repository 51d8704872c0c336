"""A real terminal for the real program: tmux, from Debian's package, on a socket of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
import uuid
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECONDS = 60


def require_tmux() -> None:
    """Skip the test where tmux is not installed, unless it has to be there."""
    if shutil.which("tmux") is None:
        if os.environ.get("DDCC_REQUIRE_TMUX") == "1":
            pytest.fail("tmux is required (DDCC_REQUIRE_TMUX=1) and not installed")
        pytest.skip("tmux is not here")


class Terminal:
    """A tmux session with one program in it."""

    def __init__(self, folder: Path, size: tuple[int, int] = (100, 30)) -> None:
        self._folder = folder
        self._size = size
        self._tmux: tuple[str, ...] = ()
        self.name = f"wallet-{uuid.uuid4().hex[:8]}"

    def start(self, *command: str) -> None:
        # A server of its own each time: an earlier one may still be on its way out.
        socket = self._folder / f"tmux-{uuid.uuid4().hex[:8]}"
        self._tmux = ("tmux", "-S", str(socket), "-f", "/dev/null")
        width, height = map(str, self._size)
        self._run("new-session", "-d", "-s", self.name, "-x", width, "-y", height, "-c", str(ROOT), *command)

    def type(self, *keys: str) -> None:
        self._run("send-keys", "-t", self.name, *keys)

    def press(self, key: str) -> None:
        """Press a key that moves the focus, as a person does: not within the same millisecond."""
        time.sleep(0.5)
        self.type(key)
        time.sleep(0.5)

    def paste(self, text: str) -> None:
        """Paste between the marks of bracketed paste, as a terminal does that was asked to."""
        self._run("set-buffer", "--", text)
        self._run("paste-buffer", "-p", "-t", self.name)

    def screen(self, *, styles: bool = False) -> str:
        return self._run("capture-pane", "-p", *(("-e",) if styles else ()), "-t", self.name)

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

"""runtime.hangup: a terminal that is gone is known by its own end."""

from __future__ import annotations

import os
import pty

from runtime.hangup import has_hung_up


def test_a_terminal_has_hung_up_once_its_other_end_is_closed() -> None:
    window, terminal = pty.openpty()
    assert not has_hung_up(terminal)
    os.write(window, b"x")
    assert not has_hung_up(terminal)
    os.close(window)
    assert has_hung_up(terminal)
    os.close(terminal)

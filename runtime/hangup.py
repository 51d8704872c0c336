"""Whether the terminal of a program is gone: its window was closed, or the connection to it was cut.

SIGHUP goes to the first process of the terminal alone, and one that waits for its child, as `make` does,
ends too late for the child to hear of it.
"""

from __future__ import annotations

import select


def has_hung_up(descriptor: int) -> bool:
    """Say whether nobody is at the other end of a terminal any more; False where a system cannot tell."""
    if not hasattr(select, "poll"):
        return False
    poll = select.poll()
    poll.register(descriptor, 0)
    return any(event & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, event in poll.poll(0))

"""What files say to a running verifier, read again when they are others; never worse than what was in force.

A file that is broken, half written or gone must neither stop a venue nor let anybody in: what was in force
stays, with a line in the log and a word for whoever answers for the desk. What cannot be read is not tried
again before it is another file. Not here: how a change is noticed (`file_states`), and what is read.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from vclib.errors import VCError

_LOG = logging.getLogger(__name__)
_Meaning = TypeVar("_Meaning")


class InForce(Generic[_Meaning]):
    """What counts now: `value`, and `problem`, why the newest cannot be read, None where it was.

    `what` names the files in the log. `value` may be None for nothing. `kept` makes what counts where the
    newest cannot be read out of what was in force, by default the same. Threads may share it; of several who
    find a change, one reads it and the others wait.
    """

    def __init__(
        self,
        what: str,
        state: Hashable,
        value: _Meaning,
        *,
        kept: Callable[[_Meaning], _Meaning] = lambda value: value,
    ) -> None:
        self.value = value
        self.problem: str | None = None
        self._what = what
        self._state = state
        self._kept = kept
        self._lock = threading.Lock()

    def update(self, state: Hashable, read: Callable[[], _Meaning]) -> _Meaning:
        """Return the value, read again if the files are in another `state` than when it was."""
        if state != self._state:
            with self._lock:
                if state != self._state:
                    self._read(read)
                    self._state = state
        return self.value

    def lose(self, error: VCError) -> None:
        """Keep what is in force where the files are not there; they are read when they are back, whatever."""
        with self._lock:
            self._complain(error)
            self._state = None

    def _read(self, read: Callable[[], _Meaning]) -> None:
        try:
            self.value, self.problem = read(), None
        except VCError as err:
            self._complain(err)
            self.value = self._kept(self.value)

    def _complain(self, error: VCError) -> None:
        if error.message != self.problem:
            others = "" if self.value is None else ", those in force stay"
            _LOG.warning("%s cannot be read%s: %s", self._what, others, error.message)
        self.problem = error.message

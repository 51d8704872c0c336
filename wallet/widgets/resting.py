"""An application that knows how long nobody has touched a key, and looks through memory for garbage then.

A full collection of a wallet with a thousand credentials takes longer than a key may, so it never comes in
the middle of one. The small ones of young objects go on as always.
"""

from __future__ import annotations

import gc
import time

from wallet.widgets.copying import Copying

_CHECK_SECONDS = 5
_REST_SECONDS = 2
# So many collections of the middle generation make a full one worth while.
_DUE = 5
_NEVER = 1_000_000


class Resting(Copying):
    """An application that rests between keys; `idle_clock` is what tests turn."""

    def __init__(self) -> None:
        super().__init__()
        self.idle_clock = time.monotonic
        self._touched = self.idle_clock()
        self._thresholds = gc.get_threshold()

    def on_mount(self) -> None:
        """Put full collections off; what is here already stays and is looked through no more."""
        gc.freeze()
        gc.set_threshold(*self._thresholds[:2], _NEVER)
        self.set_interval(_CHECK_SECONDS, self._rest)

    def on_unmount(self) -> None:
        """Leave memory to Python again."""
        gc.set_threshold(*self._thresholds)
        gc.unfreeze()

    def touch(self) -> None:
        """Note that somebody is there."""
        self._touched = self.idle_clock()

    @property
    def idle_seconds(self) -> float:
        """For how long nobody has touched a key."""
        return self.idle_clock() - self._touched

    def _rest(self) -> None:
        if self.idle_seconds >= _REST_SECONDS and gc.get_count()[2] >= _DUE:
            gc.collect()
            gc.freeze()

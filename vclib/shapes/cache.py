"""A bounded cache that keeps what is asked for again, and nothing of what is asked for once.

Whoever sends documents of ever new shapes makes a verifier remember one number for each, and those are
bounded, too. Reading takes no lock: a dictionary is looked into, and a mark set on what was found.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable
from typing import Protocol

MAX_ENTRIES = 1_000
MAX_BYTES = 32 * 1024 * 1024
MAX_SIGHTINGS = 10_000


class Sized(Protocol):
    """What can be kept: it knows roughly how many bytes it takes, its key included."""

    @property
    def bytes(self) -> int:
        """The bytes, at least."""


class _Entry:
    __slots__ = ("used", "value")

    def __init__(self, value: Sized) -> None:
        self.value = value
        self.used = False


class Cache:
    """Keeps values under keys, at most so many and so many bytes of them.

    `sightings` is how often a key has to come before its value is worth keeping.
    """

    def __init__(
        self,
        *,
        max_entries: int = MAX_ENTRIES,
        max_bytes: int = MAX_BYTES,
        max_sightings: int = MAX_SIGHTINGS,
        sightings: int = 2,
    ) -> None:
        self._max_entries, self._max_bytes, self._max_sightings = max_entries, max_bytes, max_sightings
        self._sightings = sightings
        self._lock = threading.Lock()
        self._entries: dict[Hashable, _Entry] = {}
        self._seen: dict[int, int] = {}
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def bytes(self) -> int:
        """How many bytes the kept values take, by their own account."""
        return self._bytes

    def get(self, key: Hashable) -> Sized | None:
        """Return the value of a key, None if there is none."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        entry.used = True
        return entry.value

    def is_worth_keeping(self, key: Hashable) -> bool:
        """Note that a key without a value has come; say whether it has come often enough."""
        # The number only: two keys of one hash are kept a little early, which does no harm.
        number = hash(key)
        with self._lock:
            count = self._seen.pop(number, 0) + 1
            if count >= self._sightings:
                return True
            while len(self._seen) >= self._max_sightings:
                del self._seen[next(iter(self._seen))]
            self._seen[number] = count
        return False

    def is_too_large(self, value: Sized) -> bool:
        """Say whether a value takes so much of the cache that it is never kept."""
        return value.bytes > self._max_bytes // 16

    def keep(self, key: Hashable, value: Sized) -> None:
        """Keep a value, and give up others for it that were not asked for of late."""
        if self.is_too_large(value) or self._max_entries == 0:
            return
        with self._lock:
            self._drop(key)
            while self._entries and (
                len(self._entries) >= self._max_entries or self._bytes + value.bytes > self._max_bytes
            ):
                self._give_up_one()
            self._entries[key] = _Entry(value)
            self._bytes += value.bytes

    def _give_up_one(self) -> None:
        """Drop the oldest entry that was not used since it was last looked at here."""
        oldest = next(iter(self._entries))
        entry = self._entries[oldest]
        if entry.used:
            # To the end of the queue; a reader in between misses it, and goes the reference path.
            del self._entries[oldest]
            entry.used = False
            self._entries[oldest] = entry
        else:
            self._drop(oldest)

    def _drop(self, key: Hashable) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._bytes -= entry.value.bytes

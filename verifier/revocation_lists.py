"""The lists of withdrawn paper codes of a verifier: files in its home, read again while it runs.

The EU's lists come as files, one or a folder of them, by whatever way an operator has; nothing is fetched
here. All files are read before any of them counts, and one that cannot be read leaves the lists in force. A
list does not say when it was made, so it is as old as its file: whoever confirms one writes it again, or
touches it. Past the configured age paper stays undecided, and what a list withdraws is refused all the same
(threat M4). Not here: what is in a list (`health.formats`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from health.formats import Revocations
from runtime.atomic import reason
from vclib.errors import StoreError
from vclib.policy import Reason, Severity
from verifier.config import VerifierConfig, age_limit
from verifier.file_states import FileState, file_state, newest, oldest
from verifier.in_force import InForce
from verifier.signer_files import read_revocations, revocation_files

# A folder of batches has thousands of files, which are not looked at for every guest.
_LOOK_EVERY = 2.0
_CLOCKS_DIFFER = timedelta(minutes=5)


@dataclass(frozen=True)
class KeptRevocations:
    """Lists as they were read, a `verifier.environment.WithdrawnPaper`.

    The oldest was written at `since`, the newest at `newest`.
    """

    revocations: Revocations
    since: datetime
    newest: datetime
    files: int
    max_age: timedelta | None = None

    def is_old(self, now: datetime) -> bool:
        """Whether the lists are too old to say by them that something was not withdrawn.

        Of a file from the future nobody knows how old it is.
        """
        if self.max_age is None:
            return False
        return now - self.since > self.max_age or self.newest > now + _CLOCKS_DIFFER

    def at(self, now: datetime) -> tuple[Revocations | None, tuple[Reason, ...]]:
        """Return the lists, and what is to be said of their age."""
        if not self.is_old(now):
            return self.revocations, ()
        return self.revocations, (
            Reason(
                "revocations-old",
                "The list of withdrawn paper codes is older than allowed here.",
                Severity.UNDECIDED,
                detail=f"of {(self.since if self.newest <= now else self.newest):%Y-%m-%d %H:%M} UTC",
            ),
        )


class RevocationSource:
    """What a verifier knows to be withdrawn now: its files, read again when one of them was changed.

    A `verifier.environment.WithdrawnPaper`. `seconds` is a clock that only goes forward. Threads may share
    it.
    """

    def __init__(self, config: VerifierConfig, *, seconds: Callable[[], float] = time.monotonic) -> None:
        """Read everything once; raises ConfigurationError, StoreError."""
        self._path = config.revoked_path
        # A folder of that name in the home is an offer; a path that somebody configured has to be there.
        self._may_be_absent = config.revoked is None
        self._max_age = age_limit(config.revoked_max_age)
        self._seconds = seconds
        self._looked = seconds()
        self._lock = threading.Lock()
        state = self._found()
        self._in_force = InForce("the lists of withdrawn paper codes", state, self._read(state))

    @property
    def problem(self) -> str | None:
        """Why the files as they are now cannot be read, None where they were."""
        return self._in_force.problem

    @property
    def kept(self) -> KeptRevocations | None:
        """The lists as the files are now, None without any; those in force where they cannot be read."""
        # Whoever finds another looking goes on with what is in force.
        if self._seconds() - self._looked >= _LOOK_EVERY and self._lock.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._lock.release()
        return self._in_force.value

    def at(self, now: datetime) -> tuple[Revocations | None, tuple[Reason, ...]]:
        """Return the lists, None where there are none, and what is to be said of their age."""
        kept = self.kept
        return (None, ()) if kept is None else kept.at(now)

    def _look(self) -> None:
        self._looked = self._seconds()
        try:
            state = self._found()
        except StoreError as err:
            self._in_force.lose(err)
        else:
            self._in_force.update(state, lambda: self._read(state))

    def _found(self) -> FileState:
        if self._may_be_absent and not self._path.exists():
            return ()
        try:
            return file_state(revocation_files([self._path]))
        except OSError as err:
            raise StoreError(f"cannot read {self._path}: {reason(err)}") from err

    def _read(self, state: FileState) -> KeptRevocations | None:
        """Return the lists of these files; an empty folder withdraws nothing and knows nothing."""
        revocations = read_revocations([Path(name) for name, *_ in state])
        if revocations is None:
            return None
        return KeptRevocations(revocations, oldest(state), newest(state), len(state), self._max_age)


def open_revocations(config: VerifierConfig | None) -> KeptRevocations | None:
    """Return the lists of the verifier with this home, None without any. ConfigurationError, StoreError."""
    return None if config is None else RevocationSource(config).kept

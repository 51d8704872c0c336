"""What a verifier remembers from one check to the next: challenges that it sent, dates of status lists.

`verifier.store.VerifierStore` remembers for good, by a database; `OneChallenge` for one exchange.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from vclib.errors import InvalidChallengeError

if TYPE_CHECKING:
    # Most checks remember nothing, and a database takes longer to load than a check.
    from verifier.store import Challenge


class Memory(Protocol):
    """What a verifier remembers: `verifier.store.VerifierStore`, or one challenge of it."""

    def find_challenge(self, challenge: str, *, now: datetime) -> Challenge:
        """Return a challenge that may be answered at `now`; InvalidChallengeError says why it may not."""
        ...

    def spend_challenge(self, challenge: str, *, now: datetime) -> None:
        """Mark a challenge as answered; InvalidChallengeError where another answer was faster."""
        ...

    def note_status_list(self, url: str, valid_from: datetime) -> bool:
        """Remember a checked status list; False if a newer one of that URL was seen before."""
        ...


@dataclass(frozen=True)
class OneChallenge:
    """A memory that knows one challenge, that of an exchange or a transaction.

    Whoever makes it ends the exchange by one statement, which decides which answer was first.
    """

    challenge: Challenge
    memory: Memory

    def find_challenge(self, challenge: str, *, now: datetime) -> Challenge:
        """Return the challenge while it may be answered; InvalidChallengeError for any other."""
        if challenge != self.challenge.challenge or now > self.challenge.expires:
            raise InvalidChallengeError("this challenge was not sent in this exchange")
        return self.challenge

    def spend_challenge(self, challenge: str, *, now: datetime) -> None:
        """Do nothing: several presentations of one answer may carry it, and ending the exchange spends it."""

    def note_status_list(self, url: str, valid_from: datetime) -> bool:
        """Remember a checked status list; False if a newer one of that URL was seen before."""
        return self.memory.note_status_list(url, valid_from)

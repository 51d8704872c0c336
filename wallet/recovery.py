"""The recovery phrase of an open wallet: set, checked, taken away, and each time written into the history.

What a phrase is: `wallet.phrases`. How it opens a file: `wallet.store`. Why so: docs/decisions/0175.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from runtime.sealing import DEFAULT_PARAMETERS, Argon2Parameters
from wallet.phrases import WORDS, PhraseError, parse_phrase
from wallet.shelf import Shelf

# So many words are asked back before a new phrase counts.
ASKED_BACK = 3


@dataclass(frozen=True)
class Recovery:
    """The phrase of the wallet whose rows are on `shelf`."""

    shelf: Shelf

    @property
    def is_set(self) -> bool:
        """Whether there is a phrase."""
        return self.shelf.store.has_phrase

    def set(self, phrase: str, *, parameters: Argon2Parameters = DEFAULT_PARAMETERS) -> None:
        """Let a phrase open the wallet, instead of an older one; PhraseError, StoreError."""
        self.shelf.store.set_phrase(parse_phrase(phrase), parameters=parameters)
        self.shelf.record("phrase", "done", {})

    def check(self, phrase: str) -> str:
        """Return a phrase in its one form if it is this wallet's; PhraseError, StoreError, SealingError."""
        parsed = parse_phrase(phrase)
        self.shelf.store.check_phrase(parsed)
        return parsed

    def remove(self) -> None:
        """Let no phrase open the wallet; backups that were made with one keep it. StoreError."""
        self.shelf.store.remove_phrase()
        self.shelf.record("phrase", "removed", {})


def places_to_ask() -> tuple[int, ...]:
    """Return which words of a new phrase to ask back: numbers from 1, by chance, in order."""
    return tuple(sorted(secrets.SystemRandom().sample(range(1, WORDS + 1), ASKED_BACK)))


def check_answers(phrase: str, places: tuple[int, ...], answers: tuple[str, ...]) -> None:
    """Return if the words at `places` of a phrase were typed; PhraseError names the first other."""
    words = phrase.split()
    for place, answer in zip(places, answers, strict=True):
        if answer.strip().lower() != words[place - 1]:
            raise PhraseError(f"word {place} is another one; look at what you wrote down")

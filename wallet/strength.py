"""How hard a new passphrase is to guess, roughly and in words: shown while it is typed, never a rule.

NIST SP 800-63B section 3.1.1.2 asks for length and against rules on kinds of characters. The estimate takes
the smaller of what its characters and what its words would cost somebody who guesses, and counts repetition
and runs of the keyboard or the alphabet as nothing. It is no guarantee: a famous line is long and weak.
"""

from __future__ import annotations

import math
from enum import StrEnum

MIN_CHARACTERS = 8

# Bits for a word of a common list, and for one character, by kind.
_WORD_BITS = 11.0
_CHARACTER_BITS = 4.0
_RUNS = "abcdefghijklmnopqrstuvwxyz 0123456789 qwertyuiopasdfghjklzxcvbnm azertyuiopqsdfghjklmwxcvbn"


class Strength(StrEnum):
    """How a passphrase is: too short, weak, fair, good, strong."""

    SHORT = "too short"
    WEAK = "weak"
    FAIR = "fair"
    GOOD = "good"
    STRONG = "strong"

    @property
    def step(self) -> int:
        """0 to 4."""
        return list(Strength).index(self)


def strength_of(passphrase: str) -> Strength:
    """Return how strong a passphrase is."""
    if len(passphrase) < MIN_CHARACTERS:
        return Strength.SHORT
    bits = _bits(passphrase)
    steps = ((35, Strength.WEAK), (48, Strength.FAIR), (62, Strength.GOOD))
    return next((strength for limit, strength in steps if bits < limit), Strength.STRONG)


def _bits(passphrase: str) -> float:
    lowered = passphrase.casefold()
    fresh = [
        character
        for number, character in enumerate(lowered)
        if number == 0 or (lowered[number - 1] + character not in _RUNS and lowered[number - 1] != character)
    ]
    variety = math.log2(max(2, len(set(fresh))))
    by_characters = len(fresh) * min(_CHARACTER_BITS, variety)
    words = [word for word in lowered.replace("-", " ").split() if len(word) > 1]
    if len(words) > 1:
        return min(by_characters, len(set(words)) * _WORD_BITS + 4)
    return by_characters

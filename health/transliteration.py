"""How names are written in the letters A to Z of a machine readable zone: every spelling that may be meant.

A passport writes MUELLER, MULLER or MUXXLLER for Müller, as its country chose; so a name is not turned into
one spelling, it is asked whether a spelling fits. The table is our own (`data/transliteration.tsv`), of the
letters and spellings that ICAO Doc 9303 part 3, section 6 names for Latin, Cyrillic and Arabic script, and of
ELOT 743 for Greek, which Doc 9303 leaves out. Other scripts have no spelling here, and names in them are
for the eye. https://www.icao.int/publications/Documents/9303_p3_cons_en.pdf
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from health.codes import read_rows

# What is compared is bounded: spellings of one word, and letters of a name.
MAX_SPELLINGS = 64
MAX_NAME = 200

_APOSTROPHES = re.compile("['\u2018\u2019\u02bc\u0060\u00b4]")
_LONGEST = 2
# Doubles the letter before it in Arabic; the vowel signs and the lengthening stroke are not written.
_SHADDA, _STROKE = "\u0651", "\u0640"
_ACUTE = "\u0301"


def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a name in capitals; hyphens part words, apostrophes do not (Doc 9303-3, 4.6)."""
    text = _APOSTROPHES.sub("", unicodedata.normalize("NFC", name[:MAX_NAME]))
    capitals = "".join(character if character in _table() else character.upper() for character in text)
    return tuple(re.findall(r"[^\W\d_]+", "".join(_kept(character) for character in capitals)))


def spellings(word: str) -> frozenset[str] | None:
    """Return the spellings of a word in A to Z; None where a letter has none, or there are too many."""
    found = {""}
    previous: dict[int, set[str]] = {0: {""}}
    for end in range(1, len(word) + 1):
        found = set()
        for length in range(1, min(_LONGEST, end) + 1):
            for written in _spelled(word[end - length : end], word[: end - length]):
                found |= {start + written for start in previous[end - length]}
        if not found or len(found) > MAX_SPELLINGS:
            return None
        previous[end] = found
    return frozenset(found)


def is_written_alike(one: str, other: str) -> bool:
    """Whether two words of A to Z differ by one letter at most: added, left out, or another."""
    if abs(len(one) - len(other)) > 1:
        return False
    shorter, longer = sorted((one, other), key=len)
    start = next((at for at, letter in enumerate(shorter) if letter != longer[at]), len(shorter))
    skip = 1 if len(shorter) == len(longer) else 0
    return shorter[start + skip :] == longer[start + 1 :]


def _kept(character: str) -> str:
    """Return a character as words have it: marks that are not written fall away."""
    if character == _STROKE or (unicodedata.combining(character) and character != _SHADDA):
        return ""
    # The sign that doubles a letter is a mark, not a letter; it is kept as the stroke, which is one.
    return _STROKE if character == _SHADDA else character


def _spelled(letters: str, before: str) -> tuple[str, ...]:
    if letters in _table():
        return _table()[letters]
    if len(letters) > 1:
        # The accent of Greek does not part two letters, the diaeresis does.
        plain = unicodedata.normalize("NFD", letters).replace(_ACUTE, "")
        return _table().get(unicodedata.normalize("NFC", plain), ()) if len(plain) > 1 else ()
    if letters.isascii():
        return (letters,)
    if letters == _STROKE and before:
        return _spelled(before[-1], before[:-1])
    # A letter with marks that the table does not name is its base letter.
    plain = "".join(
        character
        for character in unicodedata.normalize("NFD", letters)
        if not unicodedata.combining(character)
    )
    if plain == letters:
        return ()
    return _spelled(plain, before)


@cache
def _table() -> Mapping[str, tuple[str, ...]]:
    rows = read_rows("transliteration.tsv")
    return MappingProxyType({letters: tuple(written.split("|")) for _, letters, written in rows})

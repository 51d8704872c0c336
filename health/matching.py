"""Is this person the one named: a certificate's name and date of birth beside a passport's.

Three answers, each with its reasons: a match, which needs every word of both names and a whole date of birth;
different; and everything between, which is for the eye of whoever holds the passport: names that are missing,
in another order, cut off or spelled otherwise, a surname that may have changed, a date that is not whole.
There is never a yes that nobody sees the reason of. Names are compared by the spellings of
`health.transliteration`. Not here: whether certificate and passport are genuine, and the face.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from health.mrz import MAX_TEXT, parse_mrz
from health.transliteration import is_written_alike, spellings, words_of
from vclib.errors import MalformedValueError

_MAX_WORDS = 20
_SHORTEST_ALIKE = 4
_ISO_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2}|XX)(?:-([0-9]{2}|XX))?)?", re.IGNORECASE)
_DOTTED_DATE = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")
_DATE_AT_END = re.compile(
    r"(?:^|[\s,;])([0-9]{4}(?:-[0-9X]{2}){0,2}|[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4})\s*$", re.I
)


class MatchOutcome(StrEnum):
    """Whether the certificate is the passport holder's; `by-eye`: a person has to decide."""

    MATCH = "match"
    BY_EYE = "by-eye"
    DIFFERENT = "different"


@dataclass(frozen=True)
class MatchReason:
    """One finding, with a stable code and words for people; they hold no name and no date."""

    code: str
    message: str
    outcome: MatchOutcome


@dataclass(frozen=True)
class PersonMatch:
    """What was found, at least one reason for the name and one for the date of birth."""

    reasons: tuple[MatchReason, ...]

    @property
    def outcome(self) -> MatchOutcome:
        """The worst of the reasons."""
        found = {reason.outcome for reason in self.reasons}
        order = (MatchOutcome.DIFFERENT, MatchOutcome.BY_EYE)
        return next((each for each in order if each in found), MatchOutcome.MATCH)


@dataclass(frozen=True)
class BirthDate:
    """A date of birth, of which parts may not be known; of the year perhaps its last two digits alone."""

    year: int | None
    month: int | None
    day: int | None
    short_year: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether year, month and day are known."""
        return None not in (self.year, self.month, self.day)


@dataclass(frozen=True)
class PassportHolder:
    """Whom a passport names. Where it is not known which words are the surname, all are `names`."""

    surnames: tuple[str, ...]
    given_names: tuple[str, ...]
    names: tuple[str, ...]
    birth_date: BirthDate
    truncated: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """All words, surnames first as passports have them."""
        return self.surnames + self.given_names + self.names


def parse_passport(text: str) -> PassportHolder:
    """Return whom a passport line names: a machine readable zone, or typed text.

    Typed is "SURNAME, GIVEN NAMES 1974-08-12", without a comma if the order is not known; the date may be
    1974, 1974-08, 1974-XX-XX or 12.8.1974, or missing. Raises MalformedValueError.
    """
    if "<" in text:
        zone = parse_mrz(text)
        parts = [zone.birth_date[start : start + 2] for start in (0, 2, 4)]
        numbers = [int(part) if part.isdecimal() else None for part in parts]
        born = BirthDate(numbers[0], numbers[1], numbers[2], short_year=True)
        return PassportHolder(zone.surnames, zone.given_names, (), born, zone.truncated)
    return _typed(text)


def match_person(name: str | None, birth_date: str | None, passport: PassportHolder) -> PersonMatch:
    """Return whether a certificate's name and date of birth are the passport holder's.

    Either may be None or empty: it was not disclosed. A date is YYYY, YYYY-MM, YYYY-MM-DD, or has XX.
    """
    dated = _compare_dates(birth_date, passport.birth_date)
    return PersonMatch((*_compare_names(name, passport), dated))


def _typed(text: str) -> PassportHolder:
    if len(text) > MAX_TEXT:
        raise MalformedValueError(f"expected a passport line, found more than {MAX_TEXT} characters")
    found = _DATE_AT_END.search(text)
    named = text[: found.start()] if found else text
    born = _read_date(found[1]) if found else BirthDate(None, None, None)
    if born is None or any(character.isdigit() for character in named):
        raise MalformedValueError(
            'expected a machine readable zone, or "SURNAME, GIVEN NAMES 1974-08-12" with a real date'
        )
    surname, comma, given = named.partition(",")
    if not words_of(named):
        raise MalformedValueError("expected a name, found none")
    if comma:
        return PassportHolder(words_of(surname), words_of(given), (), born)
    return PassportHolder((), (), words_of(named), born)


def _read_date(text: str) -> BirthDate | None:
    """Return the parts of a date, None for text that is none or that no calendar has."""
    dotted = _DOTTED_DATE.fullmatch(text)
    parts = (dotted[3], dotted[2], dotted[1]) if dotted else None
    if parts is None:
        iso = _ISO_DATE.fullmatch(text)
        if iso is None:
            return None
        parts = (iso[1], iso[2] or "XX", iso[3] or "XX")
    year, month, day = (int(part) if part.isdecimal() else None for part in parts)
    try:
        # 2000 has every day that some year has.
        date(year or 2000, month or 1, day or 1) if month or not day else date(2000, 1, day)
    except ValueError:
        return None
    return BirthDate(year, month, day)


def _compare_dates(text: str | None, passport: BirthDate) -> MatchReason:
    if not text:
        return _by_eye("birth-date-not-told", "The certificate tells no date of birth.")
    told = _read_date(text)
    if told is None:
        return _by_eye("birth-date-not-read", "The certificate's date of birth is of an unknown form.")
    if passport == BirthDate(None, None, None):
        return _by_eye("no-passport-date", "The passport line has no date of birth.")
    years = [date.year if date.year is None else date.year % 100 for date in (told, passport)]
    if not passport.short_year:
        years = [told.year, passport.year]
    for ours, theirs in ((years[0], years[1]), (told.month, passport.month), (told.day, passport.day)):
        if ours is not None and theirs is not None and ours != theirs:
            return MatchReason("birth-date-differs", "The dates of birth differ.", MatchOutcome.DIFFERENT)
    if not told.is_whole or not passport.is_whole:
        return _by_eye("birth-date-partial", "The dates of birth agree as far as they are known.")
    return MatchReason("birth-date-equal", "The dates of birth are the same.", MatchOutcome.MATCH)


def _compare_names(name: str | None, passport: PassportHolder) -> tuple[MatchReason, ...]:
    words = words_of(name or "")
    if not words:
        return (_by_eye("name-not-told", "The certificate tells no name."),)
    theirs = passport.words
    if len(words) > _MAX_WORDS or len(theirs) > _MAX_WORDS:
        return (_by_eye("name-too-long", "The names have too many words to be compared here."),)
    spelled = [_spellings(word) for word in words]
    if any(not found for found in (*spelled, *map(_spellings, theirs))):
        return (_by_eye("name-script", "A name has letters that have no spelling in a passport here."),)
    pairs = _pairs(spelled, theirs, truncated=passport.truncated)
    return tuple(_findings(spelled, passport, pairs))


def _findings(
    spelled: Sequence[frozenset[str]], passport: PassportHolder, pairs: dict[int, int]
) -> Iterator[MatchReason]:
    """Give the findings on names; `pairs` are places of the passport's words and of the certificate's."""
    theirs, count = passport.words, len(spelled)
    left = [place for place in range(len(theirs)) if place not in pairs]
    over = [place for place in range(count) if place not in pairs.values()]
    if passport.truncated:
        yield _by_eye("name-cut-off", "The passport's line has no room for the whole name.")
    if not left and not over:
        yield from _order(passport, pairs, count)
        return
    if _joined(spelled) & _joined_either_way(passport):
        yield _by_eye("name-joined", "The names are the same, but divided into words otherwise.")
        return
    if _are_alike(spelled, theirs, over, left):
        yield _by_eye("name-spelling", "A name differs by one letter.")
        return
    if not pairs or (left and over and not _has_common_ground(passport, pairs)):
        yield MatchReason("name-differs", "The names differ.", MatchOutcome.DIFFERENT)
        return
    if left and over:
        yield _by_eye("name-changed", "A part of the name is another one; a surname may have changed.")
    elif left:
        yield _by_eye("name-missing", "The certificate lacks a part of the passport's name.")
    elif not passport.truncated:
        yield _by_eye("name-additional", "The certificate has a name that the passport lacks.")


def _order(passport: PassportHolder, pairs: dict[int, int], count: int) -> Iterator[MatchReason]:
    first = len(passport.surnames)
    ours = [pairs[place] for place in range(count)]
    given_first = ours[first:] + ours[:first]
    if list(range(count)) in (ours, given_first):
        yield MatchReason("name-equal", "The names are the same.", MatchOutcome.MATCH)
    else:
        yield _by_eye("name-order", "The names are the same in another order.")


def _has_common_ground(passport: PassportHolder, pairs: dict[int, int]) -> bool:
    """Whether two names that differ may be one person's: by a given name, or by any word where none is known.

    A surname alone is what siblings share.
    """
    if passport.names or not passport.given_names:
        return bool(pairs)
    return any(place >= len(passport.surnames) for place in pairs)


def _pairs(spelled: Sequence[frozenset[str]], theirs: Sequence[str], *, truncated: bool) -> dict[int, int]:
    """Pair words of both names that fit, as many as can be, in their order where that is possible."""
    owner: dict[int, int] = {}

    def take(place: int, seen: set[int]) -> bool:
        cut = truncated and place == len(theirs) - 1
        for ours, written in enumerate(spelled):
            if ours in seen or not _fits(written, theirs[place], cut=cut):
                continue
            seen.add(ours)
            if ours not in owner or take(owner[ours], seen):
                owner[ours] = place
                return True
        return False

    for place in range(len(theirs)):
        take(place, set())
    return {place: ours for ours, place in owner.items()}


def _fits(written: frozenset[str], word: str, *, cut: bool) -> bool:
    others = _spellings(word)
    if written & others:
        return True
    return cut and any(one.startswith(other) for one in written for other in others)


def _are_alike(
    spelled: Sequence[frozenset[str]], theirs: Sequence[str], over: Sequence[int], left: Sequence[int]
) -> bool:
    """Whether one word is left on each side, and they differ by one letter."""
    if len(over) != 1 or len(left) != 1:
        return False
    return any(
        len(one) >= _SHORTEST_ALIKE and is_written_alike(one, other)
        for one in spelled[over[0]]
        for other in _spellings(theirs[left[0]])
    )


def _joined_either_way(passport: PassportHolder) -> frozenset[str]:
    """Return the passport's words as one, the surname first and last."""
    surnames, others = passport.surnames, passport.given_names + passport.names
    orders = (surnames + others, others + surnames)
    return frozenset[str]().union(*(_joined([_spellings(word) for word in words]) for words in orders))


def _joined(spelled: Sequence[frozenset[str]]) -> frozenset[str]:
    """Return all words as one, in the shortest and in the longest spellings: all others would be too many."""
    ordered = [sorted(found, key=lambda each: (len(each), each)) for found in spelled]
    return frozenset(("".join(each[0] for each in ordered), "".join(each[-1] for each in ordered)))


def _spellings(word: str) -> frozenset[str]:
    return spellings(word) or frozenset()


def _by_eye(code: str, message: str) -> MatchReason:
    return MatchReason(code, message, MatchOutcome.BY_EYE)

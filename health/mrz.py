"""The machine readable zone of a passport or identity card: whom it names, and when they were born.

Documents of the sizes TD1 (three lines of 30), TD2 (two of 36) and TD3 (two of 44). Every check digit is
checked, because the lines are typed or read by a camera, and one wrong letter would compare somebody else.
Source: ICAO Doc 9303, parts 3 (4.9 check digits), 4, 5 and 6. Not here: whether a document is genuine.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from vclib.errors import MalformedValueError

MAX_TEXT = 1000

_SIZES = {(3, 30): "TD1", (2, 36): "TD2", (2, 44): "TD3"}
_LINE = re.compile(r"[A-Z0-9<]+")
_BIRTH = re.compile(r"[0-9]{2}(?:<<<<|[0-9]{2}<<|[0-9]{4})")
_WEIGHTS = (7, 3, 1)


@dataclass(frozen=True)
class MachineReadableZone:
    """What is compared of a zone: names in A to Z, as words; the date of birth as YYMMDD, "<" for unknown.

    `truncated` says that the names fill their field, so that the last may be cut off, or more left out.
    """

    size: str
    surnames: tuple[str, ...]
    given_names: tuple[str, ...]
    birth_date: str
    truncated: bool


def parse_mrz(text: str) -> MachineReadableZone:
    """Return what a zone says; MalformedValueError naming the line or the check digit that is wrong.

    Lines are parted by line ends or blanks, or follow each other without.
    """
    lines = _lines(text)
    size = _SIZES.get((len(lines), len(lines[0]))) if len({len(line) for line in lines}) == 1 else None
    if size is None:
        found = " and ".join(str(len(line)) for line in lines[:4])
        raise MalformedValueError(
            f"expected three lines of 30, two of 36 or two of 44 characters, found lines of {found or '0'}"
        )
    if lines[0].startswith("V"):
        raise MalformedValueError("this is the zone of a visa: take the passport or identity card")
    if size == "TD1":
        first, second, names = lines
        _check("document number", _number(first))
        _check("date of birth", second[0:7])
        _check("date of expiry", second[8:15])
        _check("whole zone", first[5:30] + second[0:7] + second[8:15] + second[18:29] + second[29])
        birth = second[0:6]
    else:
        names, second = lines[0][5:], lines[1]
        _check("document number", second[0:10])
        _check("date of birth", second[13:20])
        _check("date of expiry", second[21:28])
        if size == "TD3" and second[28:43].strip("<"):
            _check("personal number", second[28:43])
        _check("whole zone", second[0:10] + second[13:20] + second[21:])
        birth = second[13:19]
    if not _BIRTH.fullmatch(birth):
        raise MalformedValueError("date of birth: expected six digits, or fewer and <")
    surnames, _, given = names.rstrip("<").partition("<<")
    return MachineReadableZone(size, _words(surnames), _words(given), birth, not names.endswith("<"))


def check_digit(text: str) -> str:
    """Return the check digit of a field: weights 7, 3, 1 modulo 10; A is 10, Z is 35, "<" is 0."""
    values = (int(character, 36) if character != "<" else 0 for character in text)
    total = sum(value * _WEIGHTS[place % 3] for place, value in enumerate(values))
    return str(total % 10)


def _lines(text: str) -> Sequence[str]:
    if len(text) > MAX_TEXT:
        raise MalformedValueError(f"expected a machine readable zone, found more than {MAX_TEXT} characters")
    lines = text.upper().split()
    joined = "".join(lines)
    if not _LINE.fullmatch(joined):
        raise MalformedValueError("expected the letters A to Z, digits and < alone")
    if len(lines) == 1:
        count = {90: 3, 88: 2, 72: 2}.get(len(joined), 1)
        width = len(joined) // count
        lines = [joined[start : start + width] for start in range(0, len(joined), width)]
    return lines


def _number(first: str) -> str:
    """Return a TD1 document number with its check digit; a long one goes on in the optional data."""
    if first[14] != "<":
        return first[5:15]
    rest = first[15:30].partition("<")[0]
    return first[5:14] + rest


def _check(field: str, value: str) -> None:
    digit = "0" if value[-1:] == "<" else value[-1:]
    if not value or check_digit(value[:-1]) != digit:
        raise MalformedValueError(f"{field}: the check digit does not fit; read or type the lines again")


def _words(names: str) -> tuple[str, ...]:
    return tuple(word for word in names.split("<") if word)

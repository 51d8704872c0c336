"""Names that look alike: told apart by code points, never by the eye (threat I7).

Two issuers of one store whose names are drawn alike, or a name that mixes alphabets within a word, are
reported to whoever keeps the store. It is a report and no judgement: whom to trust stands in the DID and the
certificate, and the name shown at the door is the store's own. The letters compared are those of the Cyrillic
and Greek alphabets that are drawn like Latin ones, with digits that stand in for letters, out of
https://www.unicode.org/reports/tr39/ (skeletons); the whole table of that standard is not here.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable

_LIKE = str.maketrans(
    {
        **dict(zip("авекмнорстухіјѕԁԛԝһɡꞓӏгп", "abekmhopctyxijsdqwhgclrn", strict=True)),
        **dict(zip("αβεζηικμνορτυχγω", "abeznikmvoptuxyw", strict=True)),
        "ı": "i",
        "0": "o",
        "1": "l",
        "|": "l",
        "ł": "l",
        "ø": "o",
    }
)
_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "HEBREW", "ARABIC")


def skeleton(name: str) -> str:
    """Return what is compared: without case, accents, spaces, and alphabet where letters look the same."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    letters = [
        each for each in decomposed if (not unicodedata.combining(each) and each.isalnum()) or each == "|"
    ]
    return "".join(letters).translate(_LIKE).replace("rn", "m").replace("vv", "w")


def mixes_scripts(name: str) -> bool:
    """Say whether a word of the name has letters of two alphabets."""
    return any(len(_scripts(word)) > 1 for word in name.split())


def look_alikes(names: Iterable[str]) -> list[tuple[str, ...]]:
    """Return the groups of different names that are drawn alike, and each that mixes alphabets by itself."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for name in dict.fromkeys(names):
        groups[skeleton(name)].append(name)
    found = [tuple(group) for group in groups.values() if len(group) > 1 and _differ(group)]
    told = {name for group in found for name in group}
    alone = [name for group in groups.values() for name in group if mixes_scripts(name) and name not in told]
    return found + [(name,) for name in alone]


def _differ(group: list[str]) -> bool:
    """Whether they differ by more than case and spaces, as one authority's own spellings do."""
    return len({"".join(unicodedata.normalize("NFKC", name.casefold()).split()) for name in group}) > 1


def _scripts(word: str) -> set[str]:
    names = [unicodedata.name(each, "") for each in word if each.isalpha()]
    return {script for name in names for script in _SCRIPTS if name.startswith(script)}

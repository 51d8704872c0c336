"""Values of strangers made ready to be read: inert (threat J6), dates in words, in the language that is set.

Not here: which values those are.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path

from health import LANGUAGES, Language
from runtime.inert import inert_text
from vclib.proofs import is_base_proof, proofs_of
from vclib.strict_json import JSONObject, JSONValue
from wallet.words import Words

_VALUE_CHARACTERS = 300
_DATE = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:T([0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.][0-9]+)?)(Z|[+-][0-9]{2}:[0-9]{2}))?"
)


def language_of(words: Words) -> Language:
    """Return the language for claims and codes."""
    return "fr" if words.language == "fr" and "fr" in LANGUAGES else "en"


def inert(text: str) -> str:
    """Return a text of any length that can control no terminal."""
    return inert_text(text, limit=len(text))


def shown(text: str) -> str:
    """Return a stranger's text for a line of a screen."""
    return inert_text(text, limit=_VALUE_CHARACTERS)


def readable_day(text: str, words: Words) -> str:
    """Return a date, or the day of a date-time, in words; other text inert."""
    return readable(text[:10] if _DATE.fullmatch(text) else text, words)


def readable(text: str, words: Words) -> str:
    """Return a value for a line of a screen: a date in words, to the second where a time is there."""
    match = _DATE.fullmatch(text)
    if match is None:
        return shown(text)
    year, month, day, time, zone = match.groups()
    try:
        date = words.date(datetime(int(year), int(month), int(day), tzinfo=UTC))
    except ValueError:
        return shown(text)
    return date if time is None else f"{date}, {time} {'UTC' if zone == 'Z' else zone}"


def link_to(path: Path) -> str:
    """Return the address of a file on this machine, which a terminal or a browser opens."""
    return path.absolute().as_uri()


def unused(path: Path) -> Path:
    """Return the path, or one beside it with a number that no file has yet."""
    numbered = (path.with_stem(f"{path.stem}-{number}") for number in count(2))
    return next(each for each in chain((path,), numbered) if not each.exists())


def without_base_values(document: JSONObject) -> JSONObject:
    """Return a document to look at: whoever has a base proof could present in the holder's place (D1)."""
    proofs: list[JSONValue] = [
        {**proof, "proofValue": "(stays in the wallet)"} if is_base_proof(proof) else proof
        for proof in proofs_of(document)
    ]
    return {**document, "proof": proofs}

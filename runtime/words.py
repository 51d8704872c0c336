"""The words of a program: every sentence that it shows, in the language of whoever reads it.

English stands in the code; other languages are gettext catalogues (`locale/LANGUAGE.po` of a package), read
as they are written, so that nothing has to be compiled. Values are put in after the sentence was translated,
so text of strangers is never looked up and never read as a sentence. Dates are written as the language writes
them.

Not here: the sentences, which are each program's own, and words for claims and codes (`health`).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from vclib.errors import ConfigurationError

# Code -> the language's own name.
LANGUAGES: Mapping[str, str] = MappingProxyType({"en": "English", "fr": "français"})

# Longer messages are not of ours alone.
_MAX_MESSAGE = 2000
_PLACE = re.compile("[{][0-9][}]")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


@dataclass(frozen=True)
class Words:
    """Says things in one language: `words("Good morning, {name}", name=name)`."""

    language: str = "en"
    _catalogue: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    _package: str = ""

    @classmethod
    def of(cls, language: str, package: str) -> Words:
        """Return a package's words in a language of LANGUAGES; those of English for any other."""
        code = language.partition("_")[0].partition("-")[0].lower()
        if code not in LANGUAGES or code == "en":
            return cls()
        return cls(code, read_catalogue(package, code), package)

    def __call__(self, text: str, **values: object) -> str:
        """Return a sentence in this language, with the values in its braces."""
        found = self._catalogue.get(text)
        sentence = found[0] if found and found[0] else text
        return sentence.format(**values) if values else sentence

    def told(self, message: str) -> str:
        """Return an error's message in this language, as it is where the catalogue has none that fits.

        The values are in it already: a sentence of the catalogue with `{0}`, `{1}` is found by what stands
        between them. A value that is a whole message of ours ("the disk is full") is translated, too.
        """
        found = self._catalogue.get(message)
        if found is not None:
            return found[0]
        if not self._catalogue or len(message) > _MAX_MESSAGE:
            return message
        for pattern, translation in _patterns(self._package, self.language):
            match = pattern.fullmatch(message)
            if match is not None:
                return translation.format(*(self.told(value) for value in match.groups()))
        return message

    def count(self, one: str, many: str, count: int, **values: object) -> str:
        """Return the sentence for a number of things; `{count}` stands for the number."""
        forms = self._catalogue.get(one, (one, many))
        # In French zero is singular, too.
        singular = count in (0, 1) if self.language == "fr" else count == 1
        return forms[0 if singular else -1].format(count=count, **values)

    def date(self, moment: datetime) -> str:
        """Return a day, e.g. "6 May 2026"."""
        month = self(_MONTHS[moment.month - 1])
        return self("{day} {month} {year}", day=moment.day, month=month, year=moment.year)

    def moment(self, moment: datetime) -> str:
        """Return day and time in the time zone of `moment`, e.g. "6 May 2026, 14:05"."""
        return self("{date}, {time}", date=self.date(moment), time=f"{moment:%H:%M}")


@cache
def read_catalogue(package: str, language: str) -> Mapping[str, tuple[str, ...]]:
    """Return message -> its translations, of a catalogue of a package; ConfigurationError."""
    text = files(package).joinpath("locale", f"{language}.po").read_text(encoding="utf-8")
    return MappingProxyType(parse_catalogue(text))


@cache
def _patterns(package: str, language: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return what messages with values look like and their translations, those with most own words first."""
    catalogue = read_catalogue(package, language)
    numbered = [message for message in catalogue if "{0}" in message]
    numbered.sort(key=lambda message: -len(_PLACE.sub("", message)))
    return tuple(
        (re.compile("(.+?)".join(map(re.escape, _PLACE.split(message))), re.DOTALL), catalogue[message][0])
        for message in numbered
    )


def parse_catalogue(text: str) -> dict[str, tuple[str, ...]]:
    """Return message -> its translations (singular and plural) of a .po file; the header is left out.

    Raises ConfigurationError for a line that is none of a catalogue.
    """
    entries: dict[str, tuple[str, ...]] = {}
    message, translations, target = "", [""], ""
    for number, line in enumerate([*text.splitlines(), 'msgid ""'], start=1):
        keyword, _, rest = line.strip().partition(" ")
        if not keyword or keyword.startswith("#"):
            continue
        if keyword == "msgid":
            if message:
                entries[message] = tuple(translations)
            message, translations = _quoted(rest, number), [""]
            target = "message"
        elif keyword == "msgid_plural":
            # The plural is the code's; only its translations are needed.
            target = "plural"
        elif keyword.startswith("msgstr"):
            if keyword != "msgstr[0]" and keyword != "msgstr":
                translations.append("")
            translations[-1] = _quoted(rest, number)
            target = "translation"
        elif target == "message":
            message += _quoted(line.strip(), number)
        elif target == "translation":
            translations[-1] += _quoted(line.strip(), number)
    return entries


def _quoted(text: str, number: int) -> str:
    try:
        value = ast.literal_eval(text)
    except (SyntaxError, ValueError) as err:
        raise ConfigurationError(f"line {number} of the catalogue is not quoted text") from err
    return str(value)

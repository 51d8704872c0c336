"""The values of a certificate's payload as claims: its own member names in words, its codes in our words.

Every value of the payload is told, also of members that no table here knows (their pointer is the label),
since what is signed and not shown would mislead whoever reads it. One table names the members of every
format, and the value set or code system that its codes are of: `health/data/format_fields.tsv`. The words for
codes are those of `health.codes`; the words that a payload brings for its own codes (`display`) are told as
what they are, a value of the payload. Not here: making strangers' text inert, which whoever prints it does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from health.claims import Claim
from health.codes import Language, display, find_country, read_rows, value_set
from health.coding import ICD11, Code, iri_from_code
from vclib.errors import RecordError
from vclib.strict_json import JSONObject, JSONValue, dump_json

_SYSTEMS = MappingProxyType({"icd11": ICD11})
_COUNTRY = "country"
_GENDER = "/administrative-gender"


@dataclass(frozen=True)
class Field:
    """One member of a format: its name in each language, and what its codes are of (empty for plain text)."""

    label: Mapping[str, str]
    codes: str


def tell(table: str, payload: JSONObject, language: Language) -> list[Claim]:
    """Return the claims of a payload, in its order; `table` is the format's name in the table of members."""
    fields = _fields()
    claims = []
    for pointer, key, value in _leaves("", "", payload):
        field = fields.get((table, key))
        label = field.label[language] if field else pointer
        shown, code = _show(field.codes if field else "", value, language)
        claims.append(Claim(pointer, label, shown, code))
    return claims


def find_code(codes: str, text: str) -> Code | None:
    """Return the code of a value set or system that a payload writes without its system, None if unknown."""
    if codes in _SYSTEMS:
        return Code(_SYSTEMS[codes], text)
    return _members(codes).get(text) if codes and codes != _COUNTRY else None


def _leaves(pointer: str, key: str, value: JSONValue) -> Iterator[tuple[str, str, JSONValue]]:
    if isinstance(value, dict) and value and not _is_coding(value):
        for name, member in value.items():
            escaped = name.replace("~", "~0").replace("/", "~1")
            yield from _leaves(f"{pointer}/{escaped}", f"{key}/{escaped}", member)
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from _leaves(f"{pointer}/{index}", key, item)
    elif value is not None:
        yield pointer, key, value


def _is_coding(value: JSONObject) -> bool:
    return isinstance(value.get("code"), str) and value.keys() <= {"code", "system", "display"}


def _show(codes: str, value: JSONValue, language: Language) -> tuple[str, str | None]:
    if isinstance(value, dict):
        return _show_coding(value, language)
    if not isinstance(value, str):
        return dump_json(value), None
    if codes == _COUNTRY:
        country = find_country(value)
        return (country.names[language], value) if country else (value, value)
    code = find_code(codes, value)
    words = display(code, language) if code is not None else None
    return (words or value), (value if codes else None)


def _show_coding(value: JSONObject, language: Language) -> tuple[str, str | None]:
    text, system = value.get("code"), value.get("system")
    if not isinstance(text, str) or not isinstance(system, str):
        return dump_json(value), None
    if system.endswith(_GENDER):
        return _tokens().get((text, language), text), text
    code = Code(system, text)
    words = display(code, language)
    if words is None and (country := find_country(text)) is not None and "3166" in system:
        words = country.names[language]
    try:
        return words or f"{system} {text}", iri_from_code(code)
    except RecordError:
        return dump_json(value), None


@cache
def _fields() -> Mapping[tuple[str, str], Field]:
    return MappingProxyType(
        {
            (table, path): Field(MappingProxyType({"en": en, "fr": fr}), codes)
            for table, path, codes, en, fr in read_rows("format_fields.tsv")
        }
    )


@cache
def _tokens() -> Mapping[tuple[str, str], str]:
    rows = read_rows("tokens.tsv")
    return MappingProxyType(
        {(token, language): words for token, en, fr in rows for language, words in (("en", en), ("fr", fr))}
    )


@cache
def _members(codes: str) -> Mapping[str, Code]:
    return MappingProxyType({code.code: code for code in value_set(codes)})

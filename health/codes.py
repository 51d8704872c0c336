"""What codes mean: our own words for them, value sets, maps between systems, countries, test outcomes.

Code lists and maps are facts and come from WHO's and the EU's published sets (health/data/SOURCES.md says
which, and which entries were left out because they state something else than the code does). The words
are this project's own, in English and French: WHO's texts are licensed for non-commercial use only, and
words carried inside a credential would let an issuer write on a verifier's screen.

Only codes listed here have words; the data sets accept any code, so an unknown one is no error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Literal, TypeAlias

from health.coding import ICD11, ISO3166, Code, canonical_code, code_from_iri
from vclib.errors import RecordError

Language: TypeAlias = Literal["en", "fr"]
LANGUAGES: tuple[Language, ...] = ("en", "fr")

# Outcomes of a test, by code. RA01.1 is none of the result value set: WHO's own concept maps once sent
# "negative" there, although ICD-11 uses it for a kind of COVID-19. It is read as "negative", with a warning.
RESULT_DETECTED = Code(ICD11, "RA01.0")
RESULT_NOT_DETECTED = Code(ICD11, "QA02")
RESULT_NEGATIVE_BY_OLD_MAPS = Code(ICD11, "RA01.1")


class Outcome(StrEnum):
    """What a test result says of the pathogen."""

    DETECTED = "detected"
    NOT_DETECTED = "not-detected"


@dataclass(frozen=True, slots=True)
class Country:
    """One entry of ISO 3166-1; `numeric` is empty for Kosovo, whose codes are user-assigned (EU practice)."""

    alpha2: str
    alpha3: str
    numeric: str
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class MappedCode:
    """The code another system has for the same thing.

    `equivalence` is FHIR's word as the source map gives it: "equivalent", or "wider" where the target says
    less than the source (https://hl7.org/fhir/R4/valueset-concept-map-equivalence.html).
    """

    code: Code
    equivalence: str


def display(code: Code, language: Language = "en") -> str | None:
    """Return our words for `code`, None if we have none; text without a registry is its own words."""
    code = canonical_code(code)
    if code.system is None:
        return code.code
    if code.system == ISO3166:
        country = find_country(code.code)
        return country.names[language] if country else None
    words = _words().get(code)
    if words is None:
        # A product known under another system's number has the same name there.
        mapped = map_code(code, to=ICD11)
        words = _words().get(mapped.code) if mapped and mapped.equivalence == "equivalent" else None
    return words[language] if words else None


def value_set(name: str) -> frozenset[Code]:
    """Return the codes of a value set, e.g. "brand" or "eu-product"; RecordError for an unknown name."""
    try:
        return _value_sets()[name]
    except KeyError as err:
        raise RecordError(f"expected one of the value sets {', '.join(sorted(_value_sets()))}") from err


def map_code(code: Code, *, to: str) -> MappedCode | None:
    """Return the code of the system `to` for the same thing, None if no map has it.

    Maps lead into ICD-11. The way back is taken only where exactly one code of `to` is equivalent: "wider"
    reversed would claim more than the code says.
    """
    code = canonical_code(code)
    if to == ICD11:
        return _maps().get(code)
    candidates = [source for source in _sources().get(code, ()) if source.system == to]
    return MappedCode(candidates[0], "equivalent") if len(candidates) == 1 else None


def find_country(code: str) -> Country | None:
    """Return the country of an ISO 3166-1 alpha-2, alpha-3 (either case) or three-digit numeric code."""
    return _countries().get(code.upper() if code.isascii() else code)


def outcome(code: Code) -> Outcome | None:
    """Return what a result code says, None for a code that is neither "detected" nor "not detected"."""
    code = canonical_code(code)
    if code == RESULT_NEGATIVE_BY_OLD_MAPS:
        return Outcome.NOT_DETECTED
    mapped = map_code(code, to=ICD11)
    return _OUTCOMES.get(mapped.code if mapped else code)


def is_covid_result(code: Code) -> bool:
    """Say whether a result code is one of COVID-19 only, so wrong for a test of any other pathogen."""
    code = canonical_code(code)
    return (code.system == ICD11 and code.code.startswith("RA01.")) or code in _COVID_FINDINGS


_OUTCOMES: Mapping[Code, Outcome] = MappingProxyType(
    {RESULT_DETECTED: Outcome.DETECTED, RESULT_NOT_DETECTED: Outcome.NOT_DETECTED}
)
# SNOMED CT findings that name the virus themselves (United Kingdom extension).
_COVID_FINDINGS = frozenset({code_from_iri("sct:1240581000000104"), code_from_iri("sct:1240591000000102")})


def read_rows(name: str) -> list[list[str]]:
    """Return the rows of a data file without its heading; cells are separated by tabs."""
    text = resources.files("health").joinpath("data", name).read_text(encoding="utf-8")
    return [line.split("\t") for line in text.splitlines()[1:]]


@cache
def _words() -> Mapping[Code, Mapping[str, str]]:
    return MappingProxyType(
        {code_from_iri(iri): MappingProxyType({"en": en, "fr": fr}) for iri, en, fr in read_rows("words.tsv")}
    )


@cache
def _value_sets() -> Mapping[str, frozenset[Code]]:
    sets: dict[str, set[Code]] = {}
    for name, iri in read_rows("value_sets.tsv"):
        sets.setdefault(name, set()).add(code_from_iri(iri))
    return MappingProxyType({name: frozenset(codes) for name, codes in sets.items()})


@cache
def _maps() -> Mapping[Code, MappedCode]:
    return MappingProxyType(
        {
            code_from_iri(source): MappedCode(code_from_iri(target), equivalence)
            for source, target, equivalence in read_rows("maps.tsv")
        }
    )


@cache
def _sources() -> Mapping[Code, tuple[Code, ...]]:
    sources: dict[Code, tuple[Code, ...]] = {}
    for source, mapped in _maps().items():
        if mapped.equivalence == "equivalent":
            sources[mapped.code] = (*sources.get(mapped.code, ()), source)
    return MappingProxyType(sources)


@cache
def _countries() -> Mapping[str, Country]:
    countries: dict[str, Country] = {}
    for alpha2, alpha3, numeric, en, fr in read_rows("countries.tsv"):
        country = Country(alpha2, alpha3, numeric, MappingProxyType({"en": en, "fr": fr}))
        countries.update({key: country for key in (alpha2, alpha3, numeric) if key})
    return MappingProxyType(countries)

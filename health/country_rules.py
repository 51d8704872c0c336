"""A rule of a country: the EU's format of business rules, read strictly.

A rule says, in CertLogic, what a certificate must fulfil, with a sentence for people; `Acceptance` rules are
those of the country of arrival, `Invalidation` rules those of the country that issued. A member that is
unknown or of another form is refused by name: a rule half understood is worse than none. Source:
https://github.com/ehn-dcc-development/eu-dcc-business-rules (validation-rule.schema.json), and the Technical
Specifications for EU DCC, volume 5. Not here: which rules apply to whom (`health.rule_sets`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

from health.rules import Expression
from vclib.datetimes import parse_datetime
from vclib.errors import MalformedError, MalformedValueError
from vclib.strict_json import JSONObject, JSONValue, json_type_name

ENGINE = "CERTLOGIC"
GENERAL = "General"
# The certificate types of rules, by our kinds of record.
CERTIFICATE_TYPES: Mapping[str, str] = MappingProxyType(
    {"vaccination": "Vaccination", "test": "Test", "recovery": "Recovery"}
)

MAX_SENTENCE = 2000
_MAX_LANGUAGES = 50
_MAX_FIELDS = 200
_MAX_SOURCE_TEXT = 60

_IDENTIFIER = re.compile(r"(?:GR|VR|TR|RR|IR)-[A-Z]{2}-[0-9]{4}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_REGION = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.-]{0,49}")
_VERSION = re.compile(r"(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})?")
_FIELD = re.compile(r"[A-Za-z0-9]+(?:\.[A-Za-z0-9]+)*")
_REQUIRED = (
    "Identifier",
    "Type",
    "Country",
    "Version",
    "SchemaVersion",
    "Engine",
    "EngineVersion",
    "CertificateType",
    "Description",
    "ValidFrom",
    "ValidTo",
    "AffectedFields",
    "Logic",
)
_OPTIONAL = ("Region",)

Version: TypeAlias = tuple[int, int, int]


class RuleType(StrEnum):
    """Whose rule it is: of the country of arrival, or of the country that issued the certificate."""

    ACCEPTANCE = "Acceptance"
    INVALIDATION = "Invalidation"


@dataclass(frozen=True)
class Rule:
    """One rule. `sentences` say by language what it asks for; they are the country's words, not ours.

    `affected_fields` are paths below the payload that the country names; `source` is the rule as it came.
    """

    identifier: str
    type: RuleType
    country: str
    region: str | None
    version: Version
    schema_version: Version
    engine_version: Version
    certificate_type: str
    sentences: Mapping[str, str]
    valid_from: datetime
    valid_to: datetime
    affected_fields: tuple[str, ...]
    logic: Expression
    source: JSONObject

    @property
    def name(self) -> str:
        """The identifier and version, for messages."""
        return f"{self.identifier} {'.'.join(map(str, self.version))}"

    def covers(self, now: datetime) -> bool:
        """Whether the rule is in force at `now`."""
        return self.valid_from <= now <= self.valid_to

    def sentence(self, language: str = "en") -> str:
        """Return what the rule asks for, in a language, else in English, else in the first there is."""
        for wanted in (language, language.split("-")[0], "en"):
            if wanted in self.sentences:
                return self.sentences[wanted]
        return next(iter(self.sentences.values()))

    def fields(self) -> frozenset[str]:
        """Return the fields of the payload that the rule reads, e.g. "v.0.dt": declared, or in its logic."""
        prefix = "payload."
        read = {path.removeprefix(prefix) for path in self.logic.paths if path.startswith(prefix)}
        return frozenset(read.union(self.affected_fields))


def parse_rule(value: JSONValue) -> Rule:
    """Return the rule of a JSON object; MalformedValueError naming the rule and the member that is wrong."""
    if not isinstance(value, dict):
        raise MalformedValueError(f"expected a rule as an object, found {json_type_name(value)}")
    identifier = value.get("Identifier")
    try:
        return _parse(value)
    except MalformedError as err:
        named = identifier[:_MAX_SOURCE_TEXT] if isinstance(identifier, str) else "a rule"
        raise MalformedValueError(f"{named}: {err.message}") from err


def parse_version(text: JSONValue, member: str) -> Version:
    """Return the numbers of a version such as "1.0.2"; MalformedValueError naming the member."""
    match = _VERSION.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise MalformedValueError(f"{member}: expected a version such as 1.0.2")
    return int(match[1]), int(match[2]), int(match[3])


def is_country(text: str) -> bool:
    """Whether a text is written as rules write countries: two capital letters."""
    return _COUNTRY.fullmatch(text) is not None


def _parse(members: JSONObject) -> Rule:
    unknown = [name for name in members if name not in _REQUIRED and name not in _OPTIONAL]
    if unknown:
        raise MalformedValueError(f"{unknown[0][:40]}: is not a member of a rule")
    missing = [name for name in _REQUIRED if name not in members]
    if missing:
        raise MalformedValueError(f"{missing[0]}: expected a value, found none")
    if members["Engine"] != ENGINE:
        raise MalformedValueError(f"Engine: expected {ENGINE}, which is the only one there is here")
    kinds = (GENERAL, *CERTIFICATE_TYPES.values())
    rule = Rule(
        identifier=_text(members, "Identifier", _IDENTIFIER),
        type=RuleType(_one_of(members, "Type", tuple(RuleType))),
        country=_text(members, "Country", _COUNTRY),
        region=None if members.get("Region") is None else _text(members, "Region", _REGION),
        version=parse_version(members["Version"], "Version"),
        schema_version=parse_version(members["SchemaVersion"], "SchemaVersion"),
        engine_version=parse_version(members["EngineVersion"], "EngineVersion"),
        certificate_type=_one_of(members, "CertificateType", kinds),
        sentences=_sentences(members["Description"]),
        valid_from=_moment(members, "ValidFrom"),
        valid_to=_moment(members, "ValidTo"),
        affected_fields=_fields(members["AffectedFields"]),
        logic=_logic(members["Logic"]),
        source=members,
    )
    if rule.valid_to < rule.valid_from:
        raise MalformedValueError("ValidTo: expected a time after ValidFrom")
    return rule


def _text(members: JSONObject, member: str, form: re.Pattern[str]) -> str:
    value = members[member]
    if not isinstance(value, str) or not form.fullmatch(value):
        raise MalformedValueError(f"{member}: expected text of the form {form.pattern}")
    return value


def _one_of(members: JSONObject, member: str, values: tuple[str, ...]) -> str:
    value = members[member]
    if not isinstance(value, str) or value not in values:
        raise MalformedValueError(f"{member}: expected one of {', '.join(values)}")
    return value


def _moment(members: JSONObject, member: str) -> datetime:
    try:
        return parse_datetime(members[member])
    except MalformedValueError as err:
        raise MalformedValueError(f"{member}: {err.message}") from err


def _sentences(value: JSONValue) -> Mapping[str, str]:
    if not isinstance(value, list) or not 0 < len(value) <= _MAX_LANGUAGES:
        raise MalformedValueError(f"Description: expected an array of 1 to {_MAX_LANGUAGES} sentences")
    sentences: dict[str, str] = {}
    for item in value:
        language = item.get("lang") if isinstance(item, dict) else None
        sentence = item.get("desc") if isinstance(item, dict) else None
        if not isinstance(language, str) or not _LANGUAGE.fullmatch(language):
            raise MalformedValueError("Description: expected a language such as en as lang")
        if not isinstance(sentence, str) or not 0 < len(sentence.strip()) <= MAX_SENTENCE:
            raise MalformedValueError(f"Description: expected 1 to {MAX_SENTENCE} characters as desc")
        if language in sentences:
            raise MalformedValueError(f"Description: has two sentences in {language}")
        sentences[language] = sentence.strip()
    return MappingProxyType(sentences)


def _fields(value: JSONValue) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > _MAX_FIELDS:
        raise MalformedValueError(f"AffectedFields: expected an array of at most {_MAX_FIELDS} paths")
    fields = [item for item in value if isinstance(item, str) and _FIELD.fullmatch(item)]
    if len(fields) != len(value):
        raise MalformedValueError("AffectedFields: expected paths such as v.0.dt")
    return tuple(fields)


def _logic(value: JSONValue) -> Expression:
    try:
        return Expression.parse(value)
    except MalformedValueError as err:
        raise MalformedValueError(f"Logic: {err.message}") from err

"""Sets of rules: which of them apply to a certificate now, and what each of them says of it.

A set holds the rules of one or more countries, and the value sets that they read. Of a rule in several
versions the newest that is in force counts. A rule that cannot be evaluated is open, which is neither met nor
failed; so is a certificate that no rule in force covers, because nobody has said that it is enough. Sources:
Technical Specifications for EU DCC, volume 5 (rule selection), and `health.rules`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

from health.country_rules import CERTIFICATE_TYPES, GENERAL, Rule, RuleType, parse_rule, parse_version
from health.rule_checking import VERSION
from health.rule_errors import EvaluationError
from health.rules import LogicValue, Undisclosed, undisclosed
from vclib.datetimes import format_datetime
from vclib.errors import MalformedValueError
from vclib.strict_json import JSONObject, JSONValue, json_type_name

MAX_RULES = 5000
_MAX_VALUE_SETS = 200
_MAX_VALUES = 5000
_MAX_VALUE = 200
_EVENTS = ("v", "t", "r")
_ENGINE_VERSION = parse_version(VERSION, "VERSION")

ValueSets: TypeAlias = Mapping[str, tuple[str, ...]]


class RuleOutcome(StrEnum):
    """What a rule says of a certificate; `open`: it could not be evaluated."""

    PASSED = "passed"
    FAILED = "failed"
    OPEN = "open"


@dataclass(frozen=True)
class RuleSubject:
    """What rules are applied to: an EU DCC payload, and what is known of the certificate around it.

    `kind` is that of our records. `is_partial` says that the holder may have withheld members, so what is not
    there is unknown. `issuer` is the country that issued, two letters; times are those of the signature.
    """

    payload: JSONObject
    kind: str
    is_partial: bool = False
    issuer: str | None = None
    issued: datetime | None = None
    expires: datetime | None = None


@dataclass(frozen=True)
class RuleResult:
    """What one rule says; `detail` tells why it is open."""

    rule: Rule
    outcome: RuleOutcome
    detail: str = ""


@dataclass(frozen=True)
class RuleSet:
    """Rules of one or more countries, and the value sets that they read."""

    rules: tuple[Rule, ...]
    value_sets: ValueSets = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def from_json(cls, members: JSONObject) -> RuleSet:
        """Return the set of `{"rules": [...], "valueSets": {...}}`; MalformedValueError for another form."""
        return read_rule_documents({"": members})

    def to_json(self) -> JSONObject:
        """Return the set as JSON, the rules as they came."""
        return {
            "rules": [rule.source for rule in self.rules],
            "valueSets": {name: list(values) for name, values in self.value_sets.items()},
        }

    @property
    def countries(self) -> tuple[str, ...]:
        """The countries that have rules in the set."""
        return tuple(sorted({rule.country for rule in self.rules}))

    def select(
        self, subject_kind: str, *, country: str, issuer: str | None, region: str | None = None, now: datetime
    ) -> tuple[Rule, ...]:
        """Return the rules for a kind of record that arrives in `country` at `now`, the newest of each.

        Those are the acceptance rules of `country` and the invalidation rules of `issuer`; rules of a region
        only if it is `region`.
        """
        newest: dict[tuple[str, str, str | None], Rule] = {}
        kinds = (GENERAL, CERTIFICATE_TYPES[subject_kind])
        for rule in self.rules:
            whose = country if rule.type is RuleType.ACCEPTANCE else issuer
            if rule.country != whose or rule.certificate_type not in kinds or not rule.covers(now):
                continue
            if rule.region not in (None, region):
                continue
            key = (rule.country, rule.identifier, rule.region)
            if key not in newest or newest[key].version < rule.version:
                newest[key] = rule
        return tuple(sorted(newest.values(), key=lambda rule: rule.identifier))

    def has_invalidation_rules(self, now: datetime) -> bool:
        """Whether any country has a rule in force that takes its own certificates back."""
        return any(rule.type is RuleType.INVALIDATION and rule.covers(now) for rule in self.rules)

    def evaluate(
        self, rules: Sequence[Rule], subject: RuleSubject, *, country: str, now: datetime
    ) -> tuple[RuleResult, ...]:
        """Return what each of the selected rules says of a certificate at `now`."""
        context = self._context(subject, country, now)
        return tuple(_result(rule, subject, context) for rule in rules)

    def _context(self, subject: RuleSubject, country: str, now: datetime) -> LogicValue:
        known: dict[str, str | None] = {
            "validationClock": format_datetime(now),
            "countryCode": country,
            "issuerCountryCode": subject.issuer,
            "iat": format_datetime(subject.issued) if subject.issued else None,
            "exp": format_datetime(subject.expires) if subject.expires else None,
        }
        # What is not known of the certificate, and a value set that the set lacks, leave a rule open.
        external = Undisclosed({name: value for name, value in known.items() if value is not None})
        external["valueSets"] = Undisclosed({name: list(values) for name, values in self.value_sets.items()})
        payload: LogicValue = subject.payload
        if subject.is_partial:
            # Which event it is cannot be withheld: the others are not there.
            payload = undisclosed({**dict.fromkeys(_EVENTS), **subject.payload})
        return {"payload": payload, "external": external}


def read_rule_documents(documents: Mapping[str, JSONValue]) -> RuleSet:
    """Return the one set of several documents, by their names for messages.

    A document is one rule, an array of rules, rules by their identifiers (each alone, or as `rule` beside
    `tests`), a set as `to_json` writes it, one value set as the EU publishes it (`valueSetId`), or value sets
    by their names. Raises MalformedValueError, naming the document, for any other, for the same version of a
    rule with two meanings, and for a set without rules.
    """
    rules: dict[tuple[str, str, str | None, object], Rule] = {}
    value_sets: dict[str, tuple[str, ...]] = {}
    for name, document in documents.items():
        try:
            for source in _rule_sources(document):
                _add_rule(rules, parse_rule(source))
            value_sets |= _value_sets(document)
        except MalformedValueError as err:
            raise MalformedValueError(f"{name}: {err.message}" if name else err.message) from err
    if not rules:
        raise MalformedValueError("expected rules, found none")
    if len(rules) > MAX_RULES:
        raise MalformedValueError(f"expected at most {MAX_RULES} rules, found {len(rules)}")
    return RuleSet(tuple(rules.values()), MappingProxyType(value_sets))


def _add_rule(rules: dict[tuple[str, str, str | None, object], Rule], rule: Rule) -> None:
    key = (rule.country, rule.identifier, rule.region, rule.version)
    if key in rules and rules[key].source != rule.source:
        raise MalformedValueError(f"{rule.name}: is there twice, with two meanings")
    rules[key] = rule


def _rule_sources(document: JSONValue) -> Iterable[JSONValue]:
    if isinstance(document, list):
        return document
    if not isinstance(document, dict):
        raise MalformedValueError(f"expected rules or value sets, found {json_type_name(document)}")
    if "Identifier" in document:
        return (document,)
    if "rules" in document:
        listed = document["rules"]
        if not isinstance(listed, list):
            raise MalformedValueError(f"rules: expected an array, found {json_type_name(listed)}")
        unknown = [name for name in document if name not in ("rules", "valueSets")]
        if unknown:
            raise MalformedValueError(f"{unknown[0][:40]}: is not a member of a rule set")
        return listed
    if _holds_value_sets(document):
        return ()
    return [
        value["rule"] if isinstance(value, dict) and "rule" in value else value for value in document.values()
    ]


def _holds_value_sets(document: JSONObject) -> bool:
    return "valueSetId" in document or all(isinstance(value, list) for value in document.values())


def _value_sets(document: JSONValue) -> dict[str, tuple[str, ...]]:
    if not isinstance(document, dict):
        return {}
    if "valueSetId" in document:
        name, values = document["valueSetId"], document.get("valueSetValues")
        if not isinstance(name, str) or not isinstance(values, dict):
            raise MalformedValueError("valueSetId: expected a name, and valueSetValues as an object")
        return {name: _values(name, list(values))}
    listed: JSONValue = document.get("valueSets", {}) if "rules" in document else document
    if "rules" not in document and not _holds_value_sets(document):
        return {}
    if not isinstance(listed, dict) or len(listed) > _MAX_VALUE_SETS:
        raise MalformedValueError(f"valueSets: expected an object of at most {_MAX_VALUE_SETS} value sets")
    return {name: _values(name, values) for name, values in listed.items()}


def _values(name: str, values: JSONValue) -> tuple[str, ...]:
    texts = [value for value in values if isinstance(value, str)] if isinstance(values, list) else []
    if not isinstance(values, list) or len(texts) != len(values) or len(texts) > _MAX_VALUES:
        raise MalformedValueError(
            f"{name[:40]}: expected a value set, an array of at most {_MAX_VALUES} codes"
        )
    if any(len(text) > _MAX_VALUE for text in texts):
        raise MalformedValueError(f"{name[:40]}: expected codes of at most {_MAX_VALUE} characters")
    return tuple(texts)


def _result(rule: Rule, subject: RuleSubject, context: LogicValue) -> RuleResult:
    if rule.engine_version > _ENGINE_VERSION:
        return RuleResult(rule, RuleOutcome.OPEN, f"it is written for a newer CertLogic than {VERSION}")
    version = subject.payload.get("ver")
    if version is not None and rule.schema_version > _schema_version(version):
        return RuleResult(rule, RuleOutcome.OPEN, "it is written for a newer form of certificate")
    try:
        found = rule.logic.evaluate(context)
    except EvaluationError as err:
        return RuleResult(rule, RuleOutcome.OPEN, err.message)
    if found is True:
        return RuleResult(rule, RuleOutcome.PASSED)
    # `and` gives its first falsy operand, which is null where a certificate lacks what is asked for.
    if not found and not isinstance(found, Undisclosed):
        return RuleResult(rule, RuleOutcome.FAILED)
    return RuleResult(rule, RuleOutcome.OPEN, "it says neither yes nor no")


def _schema_version(value: JSONValue) -> tuple[int, int, int]:
    try:
        return parse_version(value, "ver")
    except MalformedValueError:
        # A certificate that does not say what form it has: no rule can be sure to read it rightly.
        return (0, 0, 0)


def run_rule_tests(documents: Iterable[JSONValue]) -> tuple[tuple[str, ...], int]:
    """Run the tests that came with rules, `tests` beside `rule`; return what fails, and how many there are.

    A test is `{"payload", "external", "expected"}`, as countries publish them; one of another form fails.
    """
    failures: list[str] = []
    count = 0
    for document in documents:
        for entry in document.values() if isinstance(document, dict) else ():
            if not isinstance(entry, dict) or not isinstance(tests := entry.get("tests"), list):
                continue
            rule = parse_rule(entry.get("rule"))
            for number, test in enumerate(tests, start=1):
                count += 1
                if not isinstance(test, dict) or not _does_as_said(rule, test):
                    failures.append(f"{rule.name}: test {number}")
    return tuple(failures), count


def _does_as_said(rule: Rule, test: JSONObject) -> bool:
    try:
        found = rule.logic.evaluate({"payload": test.get("payload"), "external": test.get("external")})
    except EvaluationError:
        return False
    return isinstance(found, bool) and found is test.get("expected")

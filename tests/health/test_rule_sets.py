"""Rules of countries: read strictly, selected by country, kind and time, and evaluated to one of three."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from health.country_rules import parse_rule
from health.rule_sets import MAX_RULES_OF_COUNTRY, RuleOutcome, RuleSet, RuleSubject, read_rule_documents
from vclib.errors import MalformedValueError
from vclib.strict_json import JSONObject, parse_json_object

VECTORS = Path(__file__).parent.parent / "vectors" / "eu-rules"
NOW = datetime(2022, 1, 1, tzinfo=UTC)

RULE: JSONObject = {
    "Identifier": "VR-XX-0001",
    "Type": "Acceptance",
    "Country": "XX",
    "Version": "1.0.0",
    "SchemaVersion": "1.0.0",
    "Engine": "CERTLOGIC",
    "EngineVersion": "0.7.5",
    "CertificateType": "Vaccination",
    "Description": [
        {"lang": "en", "desc": "At least two doses."},
        {"lang": "fr", "desc": "Au moins deux doses."},
    ],
    "ValidFrom": "2021-06-01T00:00:00Z",
    "ValidTo": "2030-06-01T00:00:00Z",
    "AffectedFields": ["v.0", "v.0.dn"],
    "Logic": {">=": [{"var": "payload.v.0.dn"}, 2]},
}


def rule(**members: Any) -> Any:
    return {**copy.deepcopy(RULE), **members}


def rule_set(*rules: Any, value_sets: Any = None) -> RuleSet:
    return RuleSet.from_json({"rules": list(rules), "valueSets": value_sets or {}})


def outcomes(rules: RuleSet, subject: RuleSubject, *, country: str = "XX") -> list[str]:
    selected = rules.select(subject.kind, country=country, issuer=subject.issuer, now=NOW)
    return [str(result.outcome) for result in rules.evaluate(selected, subject, country=country, now=NOW)]


def _published() -> list[Any]:
    return [
        pytest.param(entry["rule"], case, id=f"{entry['rule']['Identifier']}-{number}")
        for file in sorted((VECTORS / "rules").glob("*.json"))
        for entry in json.loads(file.read_text()).values()
        for number, case in enumerate(entry["tests"])
    ]


@pytest.mark.parametrize(("source", "case"), _published())
def test_a_published_rule_gives_what_its_own_tests_expect(source: JSONObject, case: Any) -> None:
    found = parse_rule(source).logic.evaluate({"payload": case["payload"], "external": case["external"]})

    assert found is case["expected"]


def test_a_folder_of_published_files_is_one_set() -> None:
    files = [*sorted((VECTORS / "rules").glob("*.json")), VECTORS / "valueSets.json"]

    found = read_rule_documents({file.name: parse_json_object(file.read_bytes()) for file in files})

    assert found.countries == ("DE", "EU")
    assert len(found.rules) == 25
    assert found.value_sets["covid-19-lab-result"] == ("260373001", "260415000")


def test_a_set_comes_back_from_its_json() -> None:
    found = rule_set(rule(), value_sets={"names": ["a"]})

    assert RuleSet.from_json(found.to_json()) == found


def test_a_value_set_as_the_eu_publishes_it_is_read() -> None:
    published: JSONObject = {
        "valueSetId": "disease-agent-targeted",
        "valueSetDate": "2021-04-27",
        "valueSetValues": {"840539006": {"display": "COVID-19", "active": True}},
    }

    found = read_rule_documents({"rule": rule(), "values": published})

    assert found.value_sets == {"disease-agent-targeted": ("840539006",)}


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"Identifier": "XY-1"}, "Identifier: expected text"),
        ({"Type": "Refusal"}, "Type: expected one of Acceptance, Invalidation"),
        ({"Country": "xx"}, "Country"),
        ({"Region": ""}, "Region"),
        ({"Version": "1.0"}, "Version: expected a version"),
        ({"SchemaVersion": 1}, "SchemaVersion"),
        ({"Engine": "JSONLOGIC"}, "Engine: expected CERTLOGIC"),
        ({"EngineVersion": "1.0.0-beta"}, "EngineVersion"),
        ({"CertificateType": "Everything"}, "CertificateType: expected one of General, Vaccination"),
        ({"Description": []}, "Description"),
        ({"Description": [{"lang": "en", "desc": " "}]}, "Description"),
        ({"Description": [{"lang": "en", "desc": "a"}, {"lang": "en", "desc": "b"}]}, "two sentences in en"),
        ({"ValidFrom": "2021-06-01"}, "ValidFrom: expected a date-time"),
        ({"ValidTo": "2021-05-01T00:00:00Z"}, "ValidTo: expected a time after ValidFrom"),
        ({"AffectedFields": ["v.0", 1]}, "AffectedFields"),
        ({"Logic": {"or": [True, True]}}, 'Logic: unrecognised operator: "or"'),
        ({"Modified": True}, "Modified: is not a member of a rule"),
    ],
)
def test_a_rule_of_another_form_is_refused_by_name(members: Any, message: str) -> None:
    with pytest.raises(MalformedValueError) as caught:
        rule_set(rule(**members))

    assert message in caught.value.message


def test_a_rule_that_lacks_a_member_is_refused_by_name() -> None:
    source = rule()
    del source["ValidTo"]

    with pytest.raises(MalformedValueError) as caught:
        read_rule_documents({"rules/XX.json": source})

    assert caught.value.message == "rules/XX.json: VR-XX-0001: ValidTo: expected a value, found none"


@pytest.mark.parametrize(
    "document",
    [
        3,
        "rules",
        [],
        [3],
        {"rules": {}},
        {"rules": [], "extra": 1},
        {"a": 3},
        {"names": [1]},
        {"names": ["a"]},
    ],
)
def test_a_document_without_rules_is_refused(document: Any) -> None:
    with pytest.raises(MalformedValueError):
        read_rule_documents({"file": document})


def test_one_version_with_two_meanings_is_refused() -> None:
    with pytest.raises(MalformedValueError) as caught:
        rule_set(rule(), rule(Logic=True))

    assert "twice, with two meanings" in caught.value.message


def test_more_rules_of_a_country_than_one_check_can_ask_are_refused() -> None:
    many = [rule(Identifier=f"VR-XX-{number:04}") for number in range(MAX_RULES_OF_COUNTRY + 1)]

    with pytest.raises(MalformedValueError) as caught:
        rule_set(*many)

    assert caught.value.message == "expected at most 300 rules of one country, found 301 of XX"
    assert len(rule_set(*many[1:]).rules) == MAX_RULES_OF_COUNTRY


def test_acceptance_is_asked_by_the_country_of_arrival_alone() -> None:
    rules = rule_set(rule(), rule(Country="YY", Identifier="VR-YY-0001"))

    for country, expected in (("XX", ["VR-XX-0001"]), ("YY", ["VR-YY-0001"]), ("ZZ", [])):
        selected = rules.select("vaccination", country=country, issuer="YY", now=NOW)
        assert [found.identifier for found in selected] == expected


def test_invalidation_is_asked_by_the_issuing_country_alone() -> None:
    rules = rule_set(rule(Type="Invalidation", Identifier="IR-XX-0001"))

    assert not rules.select("vaccination", country="XX", issuer="YY", now=NOW)
    assert not rules.select("vaccination", country="XX", issuer=None, now=NOW)
    assert rules.select("vaccination", country="YY", issuer="XX", now=NOW)


def test_general_rules_hold_for_every_kind_and_others_for_theirs() -> None:
    rules = rule_set(rule(), rule(Identifier="GR-XX-0001", CertificateType="General"))

    found = {
        kind: [each.identifier for each in rules.select(kind, country="XX", issuer=None, now=NOW)]
        for kind in ("vaccination", "test")
    }

    assert found == {"vaccination": ["GR-XX-0001", "VR-XX-0001"], "test": ["GR-XX-0001"]}


def test_the_newest_version_in_force_counts() -> None:
    rules = rule_set(
        rule(Version="1.0.9"),
        rule(Version="1.0.10"),
        rule(Version="2.0.0", ValidFrom="2022-02-01T00:00:00Z"),
        rule(Version="3.0.0", ValidTo="2021-12-31T23:59:59Z"),
    )

    (selected,) = rules.select("vaccination", country="XX", issuer=None, now=NOW)

    assert selected.version == (1, 0, 10)


def test_the_first_and_the_last_moment_of_a_rule_are_in_force() -> None:
    rules = rule_set(rule(ValidFrom="2022-01-01T00:00:00Z", ValidTo="2022-01-01T00:00:00Z"))

    assert rules.select("vaccination", country="XX", issuer=None, now=NOW)


def test_a_rule_of_a_region_holds_there_alone() -> None:
    rules = rule_set(rule(Region="BY"))

    assert not rules.select("vaccination", country="XX", issuer=None, now=NOW)
    assert not rules.select("vaccination", country="XX", issuer=None, region="HH", now=NOW)
    assert rules.select("vaccination", country="XX", issuer=None, region="BY", now=NOW)


@pytest.mark.parametrize(("doses", "expected"), [(1, "failed"), (2, "passed"), ("2", "open"), (None, "open")])
def test_a_rule_is_met_or_failed_or_open(doses: Any, expected: str) -> None:
    subject = RuleSubject({"ver": "1.3.0", "v": [{"dn": doses}]}, "vaccination")

    assert outcomes(rule_set(rule()), subject) == [expected]


@pytest.mark.parametrize(
    ("logic", "expected"),
    [
        (True, "passed"),
        (False, "failed"),
        ({"and": [{"var": "payload.v.1"}, True]}, "failed"),
        ("yes", "open"),
        (1, "open"),
        ({"plusTime": ["2021", 0, "day"]}, "open"),
    ],
)
def test_only_true_is_met(logic: Any, expected: str) -> None:
    subject = RuleSubject({"v": [{"dn": 2}]}, "vaccination")

    assert outcomes(rule_set(rule(Logic=logic)), subject) == [expected]


def test_what_was_withheld_leaves_a_rule_open_and_what_is_absent_fails_it() -> None:
    rules = rule_set(rule(Logic={"in": [{"var": "payload.v.0.mp"}, ["a"]]}))

    for is_partial, expected in ((True, "open"), (False, "failed")):
        subject = RuleSubject({"v": [{"dn": 2}]}, "vaccination", is_partial=is_partial)
        assert outcomes(rules, subject) == [expected]


def test_the_kind_of_event_is_known_even_of_a_partial_payload() -> None:
    rules = rule_set(rule(Logic={"!": [{"var": "payload.t.0"}]}))

    assert outcomes(rules, RuleSubject({"v": [{}]}, "vaccination", is_partial=True)) == ["passed"]


def test_an_entry_of_which_nothing_was_disclosed_leaves_a_rule_open() -> None:
    rules = rule_set(rule(Logic={"var": "payload.v.0"}))

    assert outcomes(rules, RuleSubject({"v": [{}]}, "vaccination", is_partial=True)) == ["open"]


def test_a_value_set_that_is_not_there_leaves_a_rule_open() -> None:
    logic = {"in": [{"var": "payload.v.0.mp"}, {"var": "external.valueSets.names"}]}
    subject = RuleSubject({"v": [{"mp": "a"}]}, "vaccination")

    assert outcomes(rule_set(rule(Logic=logic)), subject) == ["open"]
    assert outcomes(rule_set(rule(Logic=logic), value_sets={"names": ["a"]}), subject) == ["passed"]
    assert outcomes(rule_set(rule(Logic=logic), value_sets={"names": ["b"]}), subject) == ["failed"]


def test_rules_read_the_clock_and_the_countries() -> None:
    logic = {
        "and": [
            {"===": [{"var": "external.validationClock"}, "2022-01-01T00:00:00Z"]},
            {"===": [{"var": "external.countryCode"}, "XX"]},
            {"===": [{"var": "external.issuerCountryCode"}, "YY"]},
        ]
    }

    payload: JSONObject = {"v": [{}]}
    assert outcomes(rule_set(rule(Logic=logic)), RuleSubject(payload, "vaccination", issuer="YY")) == [
        "passed"
    ]
    assert outcomes(rule_set(rule(Logic=logic)), RuleSubject(payload, "vaccination")) == ["open"]


@pytest.mark.parametrize(
    "members", [{"EngineVersion": "1.4.0", "Logic": True}, {"SchemaVersion": "1.4.0", "Logic": True}]
)
def test_a_rule_written_for_something_newer_is_open(members: Any) -> None:
    subject = RuleSubject({"ver": "1.3.0", "v": [{"dn": 2}]}, "vaccination")

    assert outcomes(rule_set(rule(**members)), subject) == [RuleOutcome.OPEN]


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("fr", "Au moins deux doses."), ("fr-CH", "Au moins deux doses."), ("de", "At least two doses.")],
)
def test_a_rule_speaks_the_asked_language_or_english(language: str, sentence: str) -> None:
    assert parse_rule(rule()).sentence(language) == sentence


def test_a_rule_without_english_speaks_what_it_can() -> None:
    assert parse_rule(rule(Description=[{"lang": "de", "desc": "Zwei."}])).sentence("fr") == "Zwei."


def test_the_fields_of_a_rule_are_those_it_names_and_those_it_reads() -> None:
    found = parse_rule(rule(AffectedFields=["v.0", "v.0.mp"]))

    assert found.fields() == {"v.0", "v.0.mp", "v.0.dn"}

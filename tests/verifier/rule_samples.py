"""Rules made for these tests, as a country would publish them."""

from __future__ import annotations

from typing import Any

from health import RuleSet


def rule(identifier: str, kind: str, logic: Any, sentence: str = "", **members: Any) -> Any:
    """Return a rule of the country in its identifier."""
    return {
        "Identifier": identifier,
        "Type": "Acceptance",
        "Country": identifier.split("-")[1],
        "Version": "1.0.0",
        "SchemaVersion": "1.0.0",
        "Engine": "CERTLOGIC",
        "EngineVersion": "0.7.5",
        "CertificateType": kind,
        "Description": [{"lang": "en", "desc": sentence or identifier}],
        "ValidFrom": "2021-06-01T00:00:00Z",
        "ValidTo": "2030-06-01T00:00:00Z",
        "AffectedFields": [],
        "Logic": logic,
        **members,
    }


def rule_set(*rules: Any, value_sets: Any = None) -> RuleSet:
    """Return a set of these rules."""
    return RuleSet.from_json({"rules": list(rules), "valueSets": value_sets or {}})


DOSES = rule("VR-XX-0001", "Vaccination", {">=": [{"var": "payload.v.0.dn"}, 1]}, "At least one dose.")
BOOSTED = rule("VR-XX-0002", "Vaccination", {">=": [{"var": "payload.v.0.dn"}, 3]}, "At least three doses.")
PRODUCT = rule(
    "VR-XX-0003",
    "Vaccination",
    {"in": [{"var": "payload.v.0.mp"}, {"var": "external.valueSets.vaccines-covid-19-names"}]},
    "A vaccine of the list.",
)
NEGATIVE = rule("TR-XX-0001", "Test", {"===": [{"var": "payload.t.0.tr"}, "260415000"]}, "Not detected.")
GENERAL = rule(
    "GR-XX-0001", "General", {"if": [{"var": "payload.v.0"}, {"!": [{"var": "payload.v.1"}]}, True]}
)
NAMES = {"vaccines-covid-19-names": ["EU/1/20/1507"]}

"""verifier.rule_queries: only what the rules read is asked for, and each claim says which rule needs it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from protocols.oid4vp import DCQLQuery, QueriedCredential, reasons_of, satisfies
from tests.verifier.presenters import Asking
from tests.verifier.rule_samples import BOOSTED, DOSES, GENERAL, NAMES, NEGATIVE, PRODUCT, rule, rule_set
from tests.world import START, VACCINATION, World
from vclib.credentials import parse_credential
from vclib.errors import MalformedValueError
from vclib.proofs import without_proofs
from vclib.strict_json import JSONObject
from verifier.config import VerifierConfig
from verifier.rule_queries import AskedRules, query_for_rules, reasons_for_rules
from verifier.rule_store import rule_store
from verifier.rules import ChosenRules

NAMED = {"/credentialSubject/name", "/credentialSubject/birthDate"}
DOSE = "/credentialSubject/vaccination/dose"
BRAND = "/credentialSubject/vaccination/brand"


def query(*rules: Any, situation: str = "venue", kinds: tuple[str, ...] = (), **members: Any) -> DCQLQuery:
    chosen = ChosenRules("xx", rule_set(*rules), "XX", **members)
    return query_for_rules(chosen, situation, kinds, holder_binding=True, now=START)


def selected(world: World, asked: DCQLQuery) -> set[str]:
    credential = world.mint(VACCINATION, world.person(11))
    queried = QueriedCredential(without_proofs(credential), parse_credential(credential).type_iris)
    found = next(each for each in asked.credentials if each.id == "vaccination")
    return set(satisfies(found, queried).pointers)


def test_only_the_claims_that_rules_read_are_asked_for(world: World) -> None:
    assert selected(world, query(DOSES, PRODUCT)) == NAMED | {DOSE, BRAND}


def test_affected_fields_count_as_read(world: World) -> None:
    named = rule("VR-XX-0001", "Vaccination", True, AffectedFields=["v.0", "v.0.lot", "v.0.co"])

    assert selected(world, query(named)) == NAMED | {"/credentialSubject/vaccination/country"}


def test_a_rule_that_is_not_in_force_or_of_another_country_asks_for_nothing(world: World) -> None:
    over = {**PRODUCT, "ValidTo": "2022-01-01T00:00:00Z"}
    elsewhere = {**PRODUCT, "Country": "YY", "Identifier": "VR-YY-0003"}

    assert selected(world, query(DOSES, over, elsewhere)) == NAMED | {DOSE}


def test_what_every_credential_tells_is_not_asked_for(world: World) -> None:
    validity = rule("VR-XX-0001", "Vaccination", {"var": "payload.v.0"}, AffectedFields=["v.0.is"])

    assert selected(world, query(validity)) == NAMED


def test_the_disease_may_be_told_by_the_vaccine(world: World) -> None:
    disease = rule("GR-XX-0002", "General", {"===": [{"var": "payload.v.0.tg"}, "840539006"]})
    without = {**VACCINATION, "vaccination": {**VACCINATION["vaccination"]}}  # type: ignore[dict-item]
    del without["vaccination"]["disease"]  # type: ignore[union-attr, call-overload, arg-type]
    credential = world.mint(without, world.person(11))
    queried = QueriedCredential(without_proofs(credential), parse_credential(credential).type_iris)
    (asked,) = query(disease, DOSES).credentials

    assert "/credentialSubject/vaccination/vaccine" in satisfies(asked, queried).pointers


def test_kinds_without_rules_are_not_asked_for() -> None:
    assert [each.id for each in query(DOSES, GENERAL).credentials] == ["vaccination"]
    assert [each.id for each in query(DOSES, NEGATIVE).credentials] == ["vaccination", "test"]


@pytest.mark.parametrize(
    ("situation", "kinds"), [("test", ()), ("venue", ("test",)), ("venue", ("nothing",)), ("door", ())]
)
def test_rules_that_do_not_fit_what_is_asked_are_refused(situation: str, kinds: tuple[str, ...]) -> None:
    with pytest.raises(MalformedValueError):
        query(DOSES, situation=situation, kinds=kinds)


def test_every_field_together_is_a_query_that_wallets_can_read() -> None:
    fields = [f"v.0.{name}" for name in ("tg", "vp", "mp", "ma", "dn", "sd", "dt", "co", "is", "ci")]
    tested = [f"t.0.{name}" for name in ("tg", "tt", "nm", "ma", "sc", "tr", "tc", "co", "is", "ci")]
    asked = query(
        rule("VR-XX-0001", "Vaccination", True, AffectedFields=fields),
        rule("TR-XX-0001", "Test", True, AffectedFields=tested),
        rule("RR-XX-0001", "Recovery", True, AffectedFields=["r.0.fr", "r.0.tg", "r.0.co", "dob", "nam.fn"]),
    )

    assert DCQLQuery.from_json(asked.to_json()) == asked


def test_each_claim_says_which_rule_needs_it() -> None:
    chosen = ChosenRules("xx", rule_set(DOSES, BOOSTED, PRODUCT), "XX")
    asked = query_for_rules(chosen, "venue", (), holder_binding=True, now=START)

    told = {each.path[-1]: each.reason for each in reasons_for_rules(chosen, asked, now=START)}

    assert told == {
        "dose": "needed by rule VR-XX-0001: At least one dose.",
        "brand": "needed by rule VR-XX-0003: A vaccine of the list.",
    }


@pytest.fixture
def asking(world: World, tmp_path: Path) -> Iterator[Asking]:
    config = VerifierConfig(tmp_path)
    store = rule_store(config)
    store.save("xx", rule_set(DOSES, PRODUCT, value_sets=NAMES), source="test", now=START)
    asking = Asking(world, tmp_path, rules=AskedRules(config, store))
    yield asking
    asking.store.close()


def test_a_request_by_rules_is_answered_with_what_they_read_and_accepted(
    asking: Asking, world: World
) -> None:
    alice = world.person(11)
    made = asking.ask(rules="xx", country="XX")

    answer = made.answer_with(alice, world.mint(VACCINATION, alice))

    assert answer.status_code == 200
    result = made.result().json()["result"]
    assert result["outcome"] == "accepted"
    (presentation,) = result["presentations"]
    shown = {claim["pointer"] for claim in presentation["credentials"][0]["claims"]}
    assert {DOSE, BRAND} | NAMED <= shown
    assert "/credentialSubject/vaccination/occurrence" not in shown


def test_a_signed_request_carries_the_reasons(asking: Asking) -> None:
    request = asking.ask(rules="xx", country="XX").fetch().request

    assert request.purpose == "Entry to the concert"
    assert [each.reason for each in reasons_of(request.verifier_info)] == [
        "needed by rule VR-XX-0001: At least one dose.",
        "needed by rule VR-XX-0003: A vaccine of the list.",
    ]


def test_what_fails_the_rules_of_its_request_is_refused(asking: Asking, world: World) -> None:
    assert asking.rules is not None
    asking.rules.store.save("strict", rule_set(BOOSTED), source="test", now=START)
    alice = world.person(11)
    made = asking.ask(rules="strict", country="XX")

    made.answer_with(alice, world.mint(VACCINATION, alice))

    result = made.result().json()["result"]
    assert result["outcome"] == "refused"
    codes = [reason["code"] for reason in result["presentations"][0]["reasons"]]
    assert codes == ["rules-not-met"]


def test_a_request_without_rules_asks_for_the_situation(asking: Asking, world: World) -> None:
    made = asking.ask()

    assert "brand" not in str(made.request.query.to_json()["credentials"][0]["claims"])  # type: ignore[index, call-overload]
    assert reasons_of(made.request.verifier_info) == ()


def test_the_rules_of_the_settings_are_asked_unless_the_request_names_others(asking: Asking) -> None:
    assert asking.rules is not None
    config = replace(asking.rules.config, rules="xx", rules_country="XX")
    asking.rules = AskedRules(config, asking.rules.store)

    assert reasons_of(asking.ask().request.verifier_info)
    # Whether a record was withdrawn is no matter of rules.
    assert reasons_of(asking.ask("status").request.verifier_info) == ()


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({"rules": "xx"}, "country: expected the country"),
        ({"rules": "other", "country": "XX"}, "no rule set 'other'"),
        ({"rules": "xx", "country": "xx"}, "two capital letters"),
        ({"rules": "../xx", "country": "XX"}, "expected the name of a rule set"),
        ({"rules": "xx", "country": "YY"}, "the rules ask for nothing"),
        ({"rules": "xx", "country": "XX", "situation": "status"}, "asks no rules"),
        ({"rules": 1, "country": "XX"}, "rules: expected a text"),
    ],
)
def test_an_order_for_rules_that_are_not_there_is_refused(
    asking: Asking, members: JSONObject, told: str
) -> None:
    answer = asking.client.post_json("/requests", {"situation": "venue", **members})

    assert answer.status_code == 400
    assert told in answer.json()["detail"]

"""verifier.rules: what is genuine is asked whether it is enough; what cannot be asked is never a yes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from health import read_rule_documents
from health.formats import read_certificate
from tests import paper
from tests.verifier.rule_samples import BOOSTED, DOSES, GENERAL, NAMES, NEGATIVE, PRODUCT, rule, rule_set
from tests.world import CHALLENGE, TEST, VACCINATION, VENUE, World, changed, reasons
from vclib.policy import Outcome, Verdict
from vclib.proofs import drop_base_proofs
from vclib.strict_json import JSONObject, parse_json
from verifier.rules import ChosenRules, apply_rules
from verifier.service import CheckedCredential, CheckResult, Question, Verifier

_VECTORS = Path(__file__).parent.parent / "vectors"


def chosen(*rules: Any, **members: Any) -> ChosenRules:
    return ChosenRules("xx", rule_set(*rules, value_sets=NAMES), "XX", **members)


def check(
    world: World, rules: ChosenRules, record: JSONObject = VACCINATION, *, pointers: tuple[str, ...] = ()
) -> CheckResult:
    """Present a record, for the venue or by pointers, and have it checked with rules."""
    alice = world.person(11)
    presentation = alice.present(
        world.mint(record, alice), situation=None if pointers else "venue", pointers=pointers
    )
    verifier = Verifier(world.trusted, world.status_lists)
    return verifier.check(presentation, Question(CHALLENGE, VENUE, rules=rules), now=world.clock.now)


def details(result: CheckResult, code: str) -> list[str]:
    return [reason.detail for reason in result.verdict.all_reasons if reason.code == code]


def test_what_meets_the_rules_is_accepted_and_told(world: World) -> None:
    result = check(world, chosen(DOSES, GENERAL))

    assert result.verdict.outcome is Outcome.ACCEPTED
    assert reasons(result) == ["rules-met"]
    assert result.verdict.all_reasons[0].message == "The 2 rules of XX are met."


def test_what_fails_a_rule_is_refused_in_its_own_words(world: World) -> None:
    result = check(world, chosen(DOSES, BOOSTED))

    assert result.verdict.outcome is Outcome.REFUSED
    assert details(result, "rules-not-met") == ["VR-XX-0002: At least three doses."]
    assert result.credentials[0].verdict is result.verdict.parts[0]


def test_a_rule_that_reads_what_was_withheld_leaves_it_undecided(world: World) -> None:
    result = check(world, chosen(DOSES, PRODUCT))

    assert result.verdict.outcome is Outcome.UNDECIDED
    (told,) = details(result, "rules-open")
    assert told == "VR-XX-0003: A vaccine of the list. (payload.v.0.mp was not disclosed)"


def test_the_same_rule_is_met_once_it_is_disclosed(world: World) -> None:
    result = check(world, chosen(PRODUCT), pointers=("/credentialSubject/vaccination/brand",))

    assert (result.verdict.outcome, reasons(result)) == (Outcome.ACCEPTED, ["rules-met"])


def test_a_product_that_is_not_on_the_list_is_refused(world: World) -> None:
    record = changed(VACCINATION, "vaccination", brand="icd11:XM7HT3")

    result = check(world, chosen(PRODUCT), record, pointers=("/credentialSubject/vaccination/brand",))

    assert (result.verdict.outcome, reasons(result)) == (Outcome.REFUSED, ["rules-not-met"])


def test_a_product_without_a_number_of_the_eu_leaves_it_undecided(world: World) -> None:
    record = changed(VACCINATION, "vaccination", brand={"text": "Local product"})

    result = check(world, chosen(PRODUCT), record, pointers=("/credentialSubject/vaccination/brand",))

    assert (result.verdict.outcome, reasons(result)) == (Outcome.UNDECIDED, ["rules-open"])


def test_a_rule_of_another_kind_is_not_asked(world: World) -> None:
    result = check(world, chosen(NEGATIVE, BOOSTED), TEST)

    assert (result.verdict.outcome, reasons(result)) == (Outcome.ACCEPTED, ["rules-met"])


@pytest.mark.parametrize(
    "rules",
    [
        [NEGATIVE],
        [rule("VR-YY-0001", "Vaccination", True)],
        [rule("VR-XX-0001", "Vaccination", True, ValidTo="2022-01-01T00:00:00Z")],
    ],
)
def test_a_certificate_that_no_rule_covers_is_not_accepted(world: World, rules: list[Any]) -> None:
    result = check(world, chosen(*rules))

    assert (result.verdict.outcome, reasons(result)) == (Outcome.UNDECIDED, ["rules-open"])


def test_rules_of_the_issuing_country_stay_open_while_it_is_not_known(world: World) -> None:
    revoking = rule("IR-CH-0001", "General", True, Type="Invalidation")

    result = check(world, chosen(DOSES, revoking))

    assert (result.verdict.outcome, reasons(result)) == (Outcome.UNDECIDED, ["rules-open"])


def test_old_rules_accept_nothing(world: World) -> None:
    month = timedelta(days=30)
    imported = world.clock.now - month
    alice = world.person(11)
    presentation = alice.present(world.mint(VACCINATION, alice))
    verifier = Verifier(world.trusted, world.status_lists)

    def checked(imported: datetime) -> CheckResult:
        rules = chosen(DOSES, imported=imported, max_age=month)
        return verifier.check(presentation, Question(CHALLENGE, VENUE, rules=rules), now=world.clock.now)

    fresh, stale = checked(imported), checked(imported - timedelta(seconds=1))

    assert (fresh.verdict.outcome, reasons(fresh)) == (Outcome.ACCEPTED, ["rules-met"])
    assert (stale.verdict.outcome, reasons(stale)) == (Outcome.UNDECIDED, ["rules-met", "rules-old"])


def test_a_sentence_is_in_the_asked_language(world: World) -> None:
    words = [{"lang": "en", "desc": "Three doses."}, {"lang": "fr", "desc": "Trois doses."}]

    result = check(world, chosen({**BOOSTED, "Description": words}, language="fr"))

    assert details(result, "rules-not-met") == ["VR-XX-0002: Trois doses."]


def test_no_rule_mends_an_issuer_that_is_not_trusted(world: World) -> None:
    world.trusted = None

    result = check(world, chosen(DOSES))

    assert result.verdict.outcome is Outcome.UNDECIDED
    assert reasons(result) == ["no-trust-file", "rules-met"]


def test_what_is_not_genuine_is_asked_no_rules(world: World) -> None:
    alice = world.person(11)
    presentation: Any = alice.present(world.mint(VACCINATION, alice))
    (credential,) = presentation["verifiableCredential"]
    credential["credentialSubject"]["name"] = "Somebody else"
    verifier = Verifier(world.trusted, world.status_lists)

    result = verifier.check(
        presentation, Question(CHALLENGE, VENUE, rules=chosen(DOSES)), now=world.clock.now
    )

    assert result.verdict.outcome is Outcome.REFUSED
    assert not [code for code in reasons(result) if code.startswith("rules")]


def test_a_credential_that_is_handed_over_alone_is_asked_too(world: World) -> None:
    credential = drop_base_proofs(world.mint(VACCINATION, world.person(11)))
    verifier = Verifier(world.trusted, world.status_lists)

    result = verifier.check(credential, Question(rules=chosen(BOOSTED)), now=world.clock.now)

    assert result.verdict.outcome is Outcome.REFUSED
    assert result.credentials[0].verdict is result.verdict
    assert "rules-not-met" in reasons(result)


def test_a_verifier_asks_its_own_rules_of_everything(world: World) -> None:
    alice = world.person(11)
    presentation = alice.present(world.mint(VACCINATION, alice))
    asked = [chosen(BOOSTED)]
    verifier = Verifier(world.trusted, world.status_lists, rules=lambda: asked[0])

    refused = verifier.check(presentation, Question(CHALLENGE, VENUE), now=world.clock.now)
    asked[0] = chosen(DOSES)
    accepted = verifier.check(presentation, Question(CHALLENGE, VENUE), now=world.clock.now)

    assert (refused.verdict.outcome, accepted.verdict.outcome) == (Outcome.REFUSED, Outcome.ACCEPTED)


def published(name: str) -> CheckResult:
    """Return a published EU certificate as it is after its signature was found to be right."""
    sample = json.loads((_VECTORS / "eu-dcc" / "countries" / name).read_text())
    verdict = Verdict(())
    checked = CheckedCredential(verdict, certificate=read_certificate(sample["PREFIX"]))
    return CheckResult(verdict, (checked,))


@pytest.fixture
def german() -> ChosenRules:
    """The published rules of Germany."""
    files = [_VECTORS / "eu-rules" / "rules" / "DE.json", _VECTORS / "eu-rules" / "valueSets.json"]
    rules = read_rule_documents({file.name: parse_json(file.read_bytes()) for file in files})
    return ChosenRules("eu", rules, "DE")


def test_a_certificate_of_the_eu_is_asked_the_published_rules_as_it_stands(german: ChosenRules) -> None:
    boosted = apply_rules(published("LT/1.json"), german, datetime(2022, 2, 1, tzinfo=UTC))
    half = apply_rules(published("DE/4.json"), german, datetime(2021, 8, 1, tzinfo=UTC))

    assert (boosted.verdict.outcome, reasons(boosted)) == (Outcome.ACCEPTED, ["rules-met"])
    assert half.verdict.outcome is Outcome.REFUSED
    assert [told.split(":")[0] for told in details(half, "rules-not-met")] == ["VR-DE-0001"]


def test_what_a_certificate_of_the_eu_lacks_fails_a_rule_since_nothing_can_be_withheld() -> None:
    brand = rule("TR-XX-0001", "Test", {"===": [{"var": "payload.t.0.nm"}, "x"]})

    result = apply_rules(published("LT/3.json"), chosen(brand), datetime(2022, 2, 1, tzinfo=UTC))

    assert (result.verdict.outcome, reasons(result)) == (Outcome.REFUSED, ["rules-not-met"])


def test_a_country_takes_its_own_certificates_back() -> None:
    identifier = {"===": [{"extractFromUVCI": [{"var": "payload.v.0.ci"}, 1]}, "AT"]}
    revoking = rule("IR-LT-0001", "General", identifier, "Not withdrawn.", Type="Invalidation")

    result = apply_rules(published("LT/1.json"), chosen(DOSES, revoking), datetime(2022, 2, 1, tzinfo=UTC))

    assert details(result, "rules-not-met") == ["IR-LT-0001: Not withdrawn."]


def test_rules_of_all_kinds_alone_accept_no_kind(world: World) -> None:
    """A country that says what all certificates have in common has not said that this kind is enough."""
    result = check(world, chosen(GENERAL, NEGATIVE))

    assert (result.verdict.outcome, reasons(result)) == (Outcome.UNDECIDED, ["rules-open"])
    assert result.verdict.all_reasons[0].message == "No rule of XX says whether a vaccination is enough."


def test_a_rule_of_all_kinds_refuses_also_where_no_rule_is_of_this_kind(world: World) -> None:
    failing = rule("GR-XX-0002", "General", False, "Nobody.")

    result = check(world, chosen(failing))

    assert (result.verdict.outcome, details(result, "rules-not-met")) == (
        Outcome.REFUSED,
        ["GR-XX-0002: Nobody."],
    )


def test_rules_that_only_take_back_accept_nothing() -> None:
    """The arriving country issued the certificate itself, and has no rule that says what is enough."""
    result = _paper(ChosenRules("at", rule_set(_TAKES_BACK), "AT"))

    assert (result.verdict.outcome, details(result, "rules-met")) == (Outcome.UNDECIDED, [])


@pytest.mark.parametrize("issuer", ["at", "AUT", " AT"])
def test_an_issuing_country_that_is_spelt_otherwise_does_not_evade_its_own_rules(issuer: str) -> None:
    rules = ChosenRules("de", rule_set(_TAKES_BACK, rule("VR-DE-0001", "Vaccination", True)), "DE")

    assert _paper(rules).verdict.outcome is Outcome.ACCEPTED
    assert _paper(rules, _1=issuer).verdict.outcome is Outcome.UNDECIDED


_TAKES_BACK = rule("IR-AT-0001", "General", True, Type="Invalidation")


def _paper(rules: ChosenRules, **changes: Any) -> CheckResult:
    """Have a paper code of Austria checked."""
    text = paper.code(paper.claims(1, paper.VACCINATION, **changes))
    verifier = Verifier(signers=paper.signers())
    return verifier.check_content(text.encode(), Question(rules=rules), now=paper.NOW)

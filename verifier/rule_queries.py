"""What a request asks for because of rules: the claims that they read, and no others.

A rule names the fields of the EU payload that it reads, in its logic or as `AffectedFields`; each is made of
elements of our records, and those are asked for, beside name and birth date for the comparison with a
passport and what every credential tells anyway. Beside each claim goes the rule that needs it, so that the
holder learns why (threat L1). Not here: how DCQL spells it (`verifier.queries`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from health import KINDS, Rule, element_pointer, elements_for_field, kind_of_field
from protocols.oid4vp import MAX_REASON, ClaimPath, ClaimReason, DCQLQuery
from vclib.errors import ConfigurationError, MalformedValueError
from vclib.strict_json import JSONObject
from verifier.config import VerifierConfig
from verifier.queries import query_for
from verifier.rule_store import RuleStore, choose_rules
from verifier.rules import ChosenRules, has_acceptance_rule

_NAMED = ("name", "birthDate")


@dataclass(frozen=True)
class AskedRules:
    """Finds the rules that a request is made for, when it is made and again when it is answered."""

    config: VerifierConfig
    store: RuleStore

    def choose(self, name: str | None, country: str | None) -> ChosenRules | None:
        """Return the set of that name (default: that of the settings) for a country; None without any.

        Raises MalformedValueError for what there is not: whoever orders a request is told.
        """
        name = name or self.config.rules
        country = country or self.config.rules_country
        if name is None:
            return None
        if country is None:
            raise MalformedValueError("country: expected the country whose rules are asked")
        try:
            return choose_rules(self.config, self.store, name, country, self.config.rules_region)
        except ConfigurationError as err:
            raise MalformedValueError(f"rules: {err.message}") from err

    def again(self, kept: JSONObject) -> ChosenRules | None:
        """Return what `kept_choice` stands for, as it is now; ConfigurationError if it is gone."""
        name, country, region = kept.get("name"), kept.get("country"), kept.get("region")
        if not isinstance(name, str) or not isinstance(country, str):
            return None
        return choose_rules(
            self.config, self.store, name, country, region if isinstance(region, str) else None
        )


def kept_choice(chosen: ChosenRules | None) -> JSONObject | None:
    """Return what a transaction keeps of the choice: names, since the set may be replaced meanwhile."""
    if chosen is None:
        return None
    return {"name": chosen.name, "country": chosen.country, "region": chosen.region}


def query_for_rules(
    chosen: ChosenRules, situation: str, kinds: Sequence[str], *, holder_binding: bool, now: datetime
) -> DCQLQuery:
    """Return the query for what the rules in force read; MalformedValueError where they fit no kind asked."""
    elements = {}
    for kind in KINDS:
        rules = _rules(chosen, kind, now)
        if rules:
            read = [name for rule in rules for name in _elements(rule, kind)]
            elements[kind] = tuple(dict.fromkeys((*_NAMED, *read)))
    return query_for(situation, kinds, holder_binding=holder_binding, elements=elements)


def reasons_for_rules(chosen: ChosenRules, query: DCQLQuery, *, now: datetime) -> tuple[ClaimReason, ...]:
    """Return why each claim of a query is asked for: the first rule in force that reads it."""
    reasons: dict[ClaimPath, ClaimReason] = {}
    asked = {claim.path for credential in query.credentials for claim in credential.claims}
    for kind in (credential.id for credential in query.credentials):
        for rule in _rules(chosen, kind, now):
            for path in _paths(rule, kind):
                if path in asked and path not in reasons:
                    told = f"needed by rule {rule.identifier}: {rule.sentence(chosen.language)}"
                    reasons[path] = ClaimReason(path, told[:MAX_REASON])
    return tuple(reasons.values())


def _rules(chosen: ChosenRules, kind: str, now: datetime) -> tuple[Rule, ...]:
    """Return the rules of a kind; general ones count where the set knows the kind at all."""
    rules = chosen.rule_set.select(kind, country=chosen.country, issuer=None, region=chosen.region, now=now)
    return rules if has_acceptance_rule(rules, kind) else ()


def _elements(rule: Rule, kind: str) -> list[str]:
    fields = [field for field in sorted(rule.fields()) if kind_of_field(field) in (None, kind)]
    return [element for field in fields for element in elements_for_field(field)]


def _paths(rule: Rule, kind: str) -> list[ClaimPath]:
    names = [name for element in _elements(rule, kind) for name in element.split(" | ")]
    return [tuple(element_pointer(KINDS[kind], name).split("/")[1:]) for name in names]

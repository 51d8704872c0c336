"""Rules on top of a verdict: is what was shown enough for this country, as its rules say?

Only what is genuine is asked: a forged certificate is refused before, and no rule mends it. A rule that is
not met refuses, in the country's own words; one that could not be evaluated, and a certificate that no rule
covers, leave the matter undecided ("limited validity"), never accepted. Not here: where rule sets are kept
(`verifier.rule_store`), and what is asked for because of them (`verifier.rule_queries`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from health import (
    CERTIFICATE_TYPES,
    Rule,
    RuleOutcome,
    RuleResult,
    RuleSet,
    RuleSubject,
    RuleType,
    dcc_payload,
    dcc_payload_of_credential,
    is_country,
    kind_of,
)
from health.formats import EU_DCC, Certificate
from vclib.errors import RecordError
from vclib.policy import Reason, Severity, Verdict

if TYPE_CHECKING:
    # `verifier.service` applies rules to its results, so it is the one that imports.
    from verifier.service import CheckedCredential, CheckResult


@dataclass(frozen=True)
class ChosenRules:
    """A rule set and for whom it is asked: the country (and region) of arrival, the language of sentences.

    `imported` is when the set was taken over; past `max_age` nothing is accepted by it any more.
    """

    name: str
    rule_set: RuleSet
    country: str
    region: str | None = None
    language: str = "en"
    imported: datetime | None = None
    max_age: timedelta | None = None


def apply_rules(result: CheckResult, chosen: ChosenRules, now: datetime) -> CheckResult:
    """Return the result with what the chosen rules say of each genuine credential at `now`.

    Adds the reasons `rules-not-met` (refuse), `rules-open` and `rules-old` (undecided), `rules-met` (a note).
    """
    credentials = tuple(_judged(checked, chosen, now) for checked in result.credentials)
    verdict = result.verdict
    if verdict.parts:
        verdict = replace(verdict, parts=tuple(checked.verdict for checked in credentials))
    elif len(credentials) == 1:
        # A credential that was handed over alone: its verdict is the verdict.
        verdict = credentials[0].verdict
    return replace(result, verdict=verdict, credentials=credentials)


def has_acceptance_rule(rules: Iterable[Rule], kind: str) -> bool:
    """Say whether an acceptance rule among these is about this kind of certificate.

    General rules say what all kinds have in common, and not that every kind is enough; a country's rules
    about its own certificates take back. So without a rule of its own a kind is never accepted, nor asked
    for.
    """
    return any(
        rule.type is RuleType.ACCEPTANCE and rule.certificate_type == CERTIFICATE_TYPES[kind]
        for rule in rules
    )


def rule_subject(checked: CheckedCredential) -> RuleSubject | None:
    """Return what rules are applied to, None for a credential that is none of a health record.

    Of a credential only a part may have been disclosed, and it does not say which country its issuer is of.
    An EU certificate is asked as it stands; of another paper certificate, what its record says.
    """
    if checked.certificate is not None:
        return _paper_subject(checked.certificate)
    if checked.verified is None:
        return None
    credential = checked.verified.credential
    try:
        kind = kind_of(credential.document)
        payload = dcc_payload_of_credential(credential.document)
    except RecordError:
        return None
    return RuleSubject(
        payload,
        kind.name,
        is_partial=True,
        issued=credential.valid_from,
        expires=credential.valid_until,
    )


def _paper_subject(certificate: Certificate) -> RuleSubject | None:
    if certificate.format == EU_DCC:
        payload, issuer = certificate.payload, certificate.issuer or certificate.subject.country
        # Spelt otherwise than rules spell countries, it would be asked no rule of its own.
        issuer = issuer if issuer is not None and is_country(issuer) else None
    elif certificate.record is not None:
        payload, issuer = dcc_payload(certificate.record), None
    else:
        return None
    return RuleSubject(
        payload,
        certificate.kind,
        # Of another format not everything has its place in a payload, so what is missing is unknown.
        is_partial=certificate.format != EU_DCC,
        issuer=issuer,
        issued=certificate.valid_from,
        expires=certificate.valid_until,
    )


def _judged(checked: CheckedCredential, chosen: ChosenRules, now: datetime) -> CheckedCredential:
    if checked.verified is None and checked.certificate is None:
        return checked
    reasons = (*checked.verdict.reasons, *_reasons(rule_subject(checked), chosen, now))
    return replace(checked, verdict=Verdict(reasons, checked.verdict.issuer_name, checked.verdict.parts))


def _reasons(subject: RuleSubject | None, chosen: ChosenRules, now: datetime) -> tuple[Reason, ...]:
    rules = chosen.rule_set
    if subject is None:
        return (
            _open("The rules that are asked here say nothing about this kind of certificate.", chosen.name),
        )
    selected = rules.select(
        subject.kind, country=chosen.country, issuer=subject.issuer, region=chosen.region, now=now
    )
    results = rules.evaluate(selected, subject, country=chosen.country, now=now)
    reasons = [
        _reason(result, chosen.language) for result in results if result.outcome is not RuleOutcome.PASSED
    ]
    if subject.issuer is None and rules.has_invalidation_rules(now):
        reasons.append(_open("Which country issued this is not known, so its own rules were not asked.", ""))
    if not has_acceptance_rule(selected, subject.kind):
        reasons.append(
            _open(f"No rule of {chosen.country} says whether a {subject.kind} is enough.", chosen.name)
        )
    if not reasons:
        reasons.append(
            Reason("rules-met", f"The {len(results)} rules of {chosen.country} are met.", Severity.NOTE)
        )
    return (*reasons, *_age(chosen, now))


def _reason(result: RuleResult, language: str) -> Reason:
    rule = result.rule
    told = f"{rule.identifier}: {rule.sentence(language)}"
    if result.outcome is RuleOutcome.FAILED:
        return Reason("rules-not-met", f"A rule of {rule.country} is not met.", detail=told)
    return _open(
        f"Limited validity: a rule of {rule.country} could not be checked.", f"{told} ({result.detail})"
    )


def _open(message: str, detail: str) -> Reason:
    return Reason("rules-open", message, Severity.UNDECIDED, detail=detail)


def _age(chosen: ChosenRules, now: datetime) -> tuple[Reason, ...]:
    if chosen.max_age is None or chosen.imported is None or now - chosen.imported <= chosen.max_age:
        return ()
    return (
        Reason(
            "rules-old",
            f"The rules are those of {chosen.imported:%Y-%m-%d}; there may be newer ones.",
            Severity.UNDECIDED,
            detail=chosen.name,
        ),
    )

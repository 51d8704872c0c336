"""From what was verified to a decision: whom a relying party trusts, and what else it asks for.

A policy is a function from one credential as presented to reasons; no reasons, no objection. Policies are
combined with `all_of` and `any_of`, and `judge` applies one to a credential, a presentation or a failure.
Everything open stays open: what was not checked is a reason of its own and never an acceptance (threats H1,
M1). Which reasons there are, in which words: `vclib.verdicts`. Not here: business rules of a country.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from vclib.errors import VCError
from vclib.schemas import SchemaOutcome
from vclib.status import MESSAGE, REFRESH, REVOCATION, SUSPENSION, StatusResult
from vclib.trusted_issuers import TrustedIssuer, TrustedIssuers, list_reasons, suspension
from vclib.verdicts import Outcome, Reason, Severity, Verdict, reason_of, worst
from vclib.verified import (
    Binding,
    BindingState,
    CredentialFailure,
    NotChecked,
    Validity,
    VerifiedCredential,
    VerifiedPresentation,
)

__all__ = [
    "Outcome",
    "Policy",
    "Presented",
    "Reason",
    "Severity",
    "TrustedIssuer",
    "TrustedIssuers",
    "Verdict",
    "all_of",
    "any_of",
    "default_policy",
    "fits_its_schema",
    "has_one_subject",
    "has_type",
    "is_bound_to_holder",
    "is_in_force",
    "issuer_is_trusted",
    "judge",
    "reason_of",
    "status_is_clear",
]


@dataclass(frozen=True, eq=False)
class Presented:
    """One verified credential as a policy sees it. `binding` is None outside a presentation."""

    verified: VerifiedCredential
    binding: Binding | None
    now: datetime


Policy: TypeAlias = Callable[[Presented], tuple[Reason, ...]]


def judge(
    subject: VerifiedPresentation | VerifiedCredential | VCError,
    policy: Policy,
    *,
    now: datetime,
    trusted: TrustedIssuers | None = None,
) -> Verdict:
    """Return the verdict of `policy` on what came out of a verification, or on why nothing did.

    `now` is the moment that was verified for. `trusted` lends the issuer its name (threat I7). Of a
    presentation every credential is judged; one without any credential leaves nothing to accept.
    """
    if isinstance(subject, VCError):
        return Verdict((reason_of(subject),))
    if isinstance(subject, VerifiedCredential):
        return _judge_credential(subject, None, policy, now, trusted)
    parts = tuple(
        Verdict((reason_of(item.error),))
        if isinstance(item, CredentialFailure)
        else _judge_credential(item, binding, policy, now, trusted)
        for item, binding in zip(subject.credentials, subject.bindings, strict=True)
    )
    if parts:
        return Verdict((), parts=parts)
    return Verdict((Reason("nothing-presented", "The presentation holds no credential."),))


def default_policy(
    trusted: TrustedIssuers, *, require_holder: bool = False, require_status: bool = False
) -> Policy:
    """Return what a careful relying party asks: trusted for the type, in force, clear, one subject.

    `require_holder` asks for a credential bound to the presenter's key, `require_status` for one that could
    have been revoked.
    """
    return all_of(
        issuer_is_trusted(trusted),
        is_in_force,
        status_is_clear(require_status=require_status),
        fits_its_schema,
        has_one_subject,
        is_bound_to_holder(required=require_holder),
    )


def all_of(*policies: Policy) -> Policy:
    """Return the policy that asks for everything the given ones ask for, and tells all their reasons."""
    return lambda presented: tuple(reason for policy in policies for reason in policy(presented))


def any_of(*policies: Policy) -> Policy:
    """Return the policy that is content if one of the given ones is.

    The reasons are those of the first that has no objection; where all object, those of the mildest, so
    that the one who is turned away hears what was nearest to enough.
    """

    def policy(presented: Presented) -> tuple[Reason, ...]:
        findings = [candidate(presented) for candidate in policies]
        ranking = (Severity.NOTE, Severity.UNDECIDED, Severity.REFUSE)
        if not findings:
            return (Reason("rules-not-met", "No rule could be met."),)
        return min(findings, key=lambda reasons: ranking.index(worst(reasons)))

    return policy


def issuer_is_trusted(trusted: TrustedIssuers) -> Policy:
    """Return the policy that asks for a recognised issuer, trusted for the types (threats I1, I2, I3).

    An entry of the registry must cover the check and the issuance; both findings are told. A list that is
    too old leaves it undecided (threats I4, M4), one of a test system is named (threat I6).
    """

    def policy(presented: Presented) -> tuple[Reason, ...]:
        credential = presented.verified.credential
        if presented.verified.self_asserted:
            return (Reason("self-asserted", "This is the holder's own word, not an authority's."),)
        issuer = trusted.find(credential.issuer_id)
        if issuer is None:
            return (
                Reason(
                    "issuer-unknown",
                    "The issuer is not recognised here. The signature itself is in order.",
                    detail=credential.issuer_id,
                ),
            )
        reasons: list[Reason] = []
        if issuer.suspended:
            reasons.append(suspension(issuer.name, issuer.suspended))
        if not issuer.is_trusted_for(credential.type_iris):
            reasons.append(
                Reason(
                    "issuer-not-trusted-for-type",
                    f"{issuer.name} is not trusted to issue this kind of credential.",
                    detail=", ".join(credential.specific_type_iris),
                )
            )
        reasons += _trust_in_time(issuer, _issued_at(presented, issuer), presented.now)
        return (
            *reasons,
            *list_reasons(
                issuer.source,
                fresh_until=issuer.fresh_until,
                is_test=issuer.is_test,
                now=presented.now,
            ),
        )

    return policy


def is_in_force(presented: Presented) -> tuple[Reason, ...]:
    """Ask that the moment of the check lies in the validity period."""
    credential = presented.verified.credential
    if presented.verified.validity is Validity.EXPIRED and credential.valid_until is not None:
        when = credential.valid_until.date().isoformat()
        return (Reason("expired", f"This is genuine, but it ended on {when}."),)
    if presented.verified.validity is Validity.NOT_YET_VALID and credential.valid_from is not None:
        when = credential.valid_from.date().isoformat()
        return (Reason("not-yet-valid", f"This is genuine, but it begins on {when}."),)
    return ()


def status_is_clear(*, require_status: bool = False) -> Policy:
    """Return the policy that asks that nothing was revoked or suspended (threats H1, H8, H11).

    Every status is told by its name. What could not be checked leaves the matter undecided.
    """

    def policy(presented: Presented) -> tuple[Reason, ...]:
        statuses = presented.verified.status
        if not statuses and require_status:
            return (
                Reason("no-status", "This could not be revoked, and only what could be is accepted here."),
            )
        return tuple(
            reason
            for status in statuses
            for reason in (
                (_not_checked(status),) if isinstance(status, NotChecked) else _status_reasons(status)
            )
        )

    return policy


def fits_its_schema(presented: Presented) -> tuple[Reason, ...]:
    """Ask that no schema which could be evaluated is violated."""
    reasons: list[Reason] = []
    for result in presented.verified.schemas:
        if result.outcome is SchemaOutcome.FAILURE:
            reasons.append(Reason("schema", "This does not fit the form it names.", detail=result.reason))
        elif result.outcome is SchemaOutcome.INDETERMINATE:
            reasons.append(
                Reason("schema-not-checked", "Its form was not checked.", Severity.NOTE, None, result.reason)
            )
    return tuple(reasons)


def has_one_subject(presented: Presented) -> tuple[Reason, ...]:
    """Ask that the credential is about one person (threat A15)."""
    count = len(presented.verified.credential.subjects)
    if count == 1:
        return ()
    return (Reason("several-subjects", f"This is about {count} people, one is expected."),)


def is_bound_to_holder(*, required: bool) -> Policy:
    """Return the policy that asks whether the presenter is the one the credential was given to (D11).

    What is not bound is told in any case; `required` makes it a refusal.
    """
    severity = Severity.REFUSE if required else Severity.NOTE

    def policy(presented: Presented) -> tuple[Reason, ...]:
        state = None if presented.binding is None else presented.binding.state
        if state is BindingState.BOUND:
            return ()
        if state is BindingState.UNBOUND:
            return (
                Reason(
                    "not-bound",
                    "This is not bound to a person's key: whoever has a copy can show it. Compare the name "
                    "with an identity document.",
                    severity,
                ),
            )
        return (
            Reason("not-presented", "Nobody has proven to be the holder: it was shown unsigned.", severity),
        )

    return policy


def has_type(*type_iris: str) -> Policy:
    """Return the policy that asks for one of these types, as absolute IRIs (threat A8)."""
    wanted = frozenset(type_iris)

    def policy(presented: Presented) -> tuple[Reason, ...]:
        if wanted & set(presented.verified.credential.type_iris):
            return ()
        return (
            Reason(
                "wrong-type",
                "This is another kind of credential than was asked for.",
                detail=", ".join(presented.verified.credential.specific_type_iris),
            ),
        )

    return policy


def _judge_credential(
    verified: VerifiedCredential,
    binding: Binding | None,
    policy: Policy,
    now: datetime,
    trusted: TrustedIssuers | None,
) -> Verdict:
    issuer = None if trusted is None else trusted.find(verified.credential.issuer_id)
    reasons = policy(Presented(verified, binding, now))
    told = {reason.code for reason in reasons}
    notes = tuple(note for note in verified.warnings if note.code not in told)
    return Verdict(reasons + notes, None if issuer is None else issuer.name)


def _issued_at(presented: Presented, issuer: TrustedIssuer) -> datetime:
    """Return when the issuer says it issued: the time of its proof, else the beginning, else now.

    Anybody can add a proof, so the times of other signers say nothing.
    """
    created = [
        proof.created
        for proof in presented.verified.proofs
        if proof.created is not None and proof.method.controller in issuer.dids
    ]
    return min(created, default=presented.verified.credential.valid_from or presented.now)


def _trust_in_time(issuer: TrustedIssuer, issued: datetime, now: datetime) -> tuple[Reason, ...]:
    moments = (
        (issued, "issuer-not-trusted-at-issuance", "was not recognised when it issued this"),
        (now, "issuer-not-trusted-now", "is not recognised at this time"),
    )
    return tuple(
        Reason(code, f"{issuer.name} {words}.", detail=moment.isoformat())
        for moment, code, words in moments
        if not issuer.is_trusted_at(moment)
    )


def _not_checked(status: NotChecked) -> Reason:
    name = status.purpose or "status"
    return Reason(
        "not-checked",
        f"Whether this was withdrawn ({name}) could not be checked.",
        Severity.UNDECIDED,
        status.error.type,
        status.error.message,
    )


def _status_reasons(status: StatusResult) -> tuple[Reason, ...]:
    if not status.is_set:
        return ()
    if status.purpose == REVOCATION:
        return (Reason("revoked", "The issuer has revoked this."),)
    if status.purpose == SUSPENSION:
        return (Reason("suspended", "The issuer has suspended this for now."),)
    if status.purpose == REFRESH:
        return (Reason("newer-available", "The issuer has a newer one.", Severity.NOTE),)
    if status.purpose == MESSAGE:
        message = status.message or ""
        return (
            Reason("status-message", "The issuer says something about this.", Severity.NOTE, None, message),
        )
    return (
        Reason(
            "status-set",
            f"The issuer has marked this ({status.purpose[:40]}), and that mark is not known here.",
            Severity.UNDECIDED,
        ),
    )

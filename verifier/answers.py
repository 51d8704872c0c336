"""What a wallet's answer is found to be: every presentation judged, and compared with what was asked.

A wallet may send less than it was asked for, another type, or another's credential, and `values` or a claim
in a query are no more than a wish (VP 14.11). So everything is checked again here: the presentation's proof
over nonce and audience, the credential by `Verifier`, the query part by part (threat E17).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from protocols.oid4vp import (
    CredentialQuery,
    DCQLQuery,
    InvalidResponseError,
    NotSatisfiedError,
    QueriedCredential,
    VPToken,
    satisfies,
)
from vclib.policy import Outcome, Reason, Severity, Verdict
from vclib.strict_json import JSONObject
from vclib.verification import BindingState
from verifier.inputs import is_presentation
from verifier.memory import OneChallenge
from verifier.report import result_json
from verifier.rules import ChosenRules
from verifier.service import CheckedCredential, CheckResult, Question, Verifier
from verifier.store import Challenge

# Reasons that say that a presentation was not made for this request: then it is no answer to it.
_NOT_FOR_US = frozenset({"wrong-challenge", "wrong-domain", "unsigned"})


@dataclass(frozen=True)
class Asked:
    """What a presentation has to answer: the query, the nonce, and the full client identifier as audience.

    `require_holder` refuses credentials that name no holder's key, `require_status` those that nobody could
    have withdrawn. `rules` are those that the request was made for.
    """

    query: DCQLQuery
    nonce: str = field(repr=False)
    audience: str
    expires: datetime
    require_holder: bool = False
    require_status: bool = False
    rules: ChosenRules | None = None


@dataclass(frozen=True, eq=False)
class Answer:
    """What one presentation was found to be, and for which part of the query."""

    query_id: str
    result: CheckResult


def judge_token(verifier: Verifier, token: VPToken, asked: Asked, *, now: datetime) -> tuple[Answer, ...]:
    """Return what each presentation is found to be, refusals included.

    Raises InvalidResponseError for a presentation that was not made for this request, and for what is none;
    StoreError, ConfigurationError.
    """
    answers: list[Answer] = []
    for query_id, documents in token.presentations.items():
        query = asked.query.find(query_id)
        if query is None:
            raise NotSatisfiedError(f"vp_token: {query_id[:40]!r} was not asked for")
        answers.extend(
            Answer(query_id, _judge(verifier, document, query, asked, now=now)) for document in documents
        )
    return tuple(answers)


def answers_outcome(answers: Sequence[Answer]) -> Outcome:
    """Return the outcome of all presentations together: that of the worst."""
    return Verdict((), parts=tuple(answer.result.verdict for answer in answers)).outcome


def answers_json(answers: Sequence[Answer]) -> JSONObject:
    """Return what is told of all presentations, each with the id of the query that it answers."""
    return {
        "outcome": str(answers_outcome(answers)),
        "presentations": [{"query": answer.query_id, **result_json(answer.result)} for answer in answers],
    }


def _judge(
    verifier: Verifier, document: JSONObject, query: CredentialQuery, asked: Asked, *, now: datetime
) -> CheckResult:
    if verifier.store is not None:
        sent = Challenge(asked.nonce, asked.audience, asked.expires)
        verifier = replace(verifier, store=OneChallenge(sent, verifier.store))
    if not is_presentation(document):
        if query.holder_binding:
            raise InvalidResponseError(f"vp_token: expected a presentation for {query.id}, found none")
        result = verifier.check(
            document, Question(require_status=asked.require_status, rules=asked.rules), now=now
        )
        return _compared(result, query)
    question = Question(asked.nonce, asked.audience, asked.require_holder, asked.require_status, asked.rules)
    result = verifier.check(document, question, now=now)
    foreign = [reason for reason in result.verdict.reasons if reason.code in _NOT_FOR_US]
    if foreign and result.verdict.outcome is Outcome.REFUSED:
        raise InvalidResponseError(f"vp_token: {foreign[0].message}")
    return _compared(result, query)


def _compared(result: CheckResult, query: CredentialQuery) -> CheckResult:
    """Add the reason why what came is not what was asked for, if it is not."""
    if not result.credentials:
        return result
    try:
        _compare(result.credentials, query)
    except NotSatisfiedError as err:
        reason = Reason(
            "not-as-asked",
            "This is not what was asked for: a part is missing, or it is of another kind.",
            Severity.REFUSE,
            detail=err.message,
        )
        return replace(result, verdict=replace(result.verdict, reasons=(*result.verdict.reasons, reason)))
    return result


def _compare(credentials: Sequence[CheckedCredential], query: CredentialQuery) -> None:
    if len(credentials) != 1:
        raise NotSatisfiedError(f"{query.id}: expected one credential, found {len(credentials)}")
    checked = credentials[0]
    if checked.verified is None:
        return
    credential = checked.verified.credential
    satisfies(
        query,
        QueriedCredential(
            credential.document,
            credential.type_iris,
            is_bound=_is_proven(checked),
            derived=True,
        ),
    )


def _is_proven(checked: CheckedCredential) -> bool:
    """Whether the presenter has proven to hold the credential, and not merely a copy of it.

    By the key that it names; or, where it names none, by a bbs-2023 proof: only who has the base proof can
    derive one with this request in its presentation header, which was compared when it was verified.
    """
    if checked.binding is None or checked.verified is None:
        return False
    if checked.binding.state is BindingState.BOUND:
        return True
    suites = {proof.cryptosuite for proof in checked.verified.proofs}
    return checked.binding.state is BindingState.UNBOUND and "bbs-2023" in suites

"""The verifier's decision on what somebody presents: verified, judged, and told in claims.

`check` verifies (`vclib.verification`), judges (`vclib.policy`) and reads the claims that were disclosed
(`health`); whatever fails becomes a verdict with its reasons, never an exception, so that no caller can
forget to look. A challenge that this verifier sent and remembers is spent by the first presentation that
answers it (threat E1). Claims are given for genuine credentials only, together with the verdict on them.

Not here: reading files, and printing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from health import Claim, LinkableValue, claims_from_credential, linkable_values
from health.formats import Certificate, Revocations
from health.trust import Signers
from vclib.did import Fetch
from vclib.errors import (
    ConfigurationError,
    InvalidChallengeError,
    StoreError,
    VCError,
)
from vclib.policy import (
    Policy,
    Reason,
    Severity,
    TrustedIssuers,
    Verdict,
    all_of,
    fits_its_schema,
    has_one_subject,
    is_in_force,
    issuer_is_trusted,
    judge,
    reason_of,
    status_is_clear,
)
from vclib.strict_json import JSONObject
from vclib.verification import (
    Binding,
    CredentialOutcome,
    Environment,
    VerifiedCredential,
    VerifiedPresentation,
    verify_credential,
    verify_presentation,
)
from verifier.binding import holder_has_proven, nobody_is_trusted, not_fresh
from verifier.certificates import JudgedCertificate, PaperPolicy, declined, judge_certificates
from verifier.environment import Sources, Trust, WithdrawnPaper, older_lists
from verifier.inputs import is_presentation, open_or_error
from verifier.memory import Memory
from verifier.rules import ChosenRules, apply_rules

if TYPE_CHECKING:
    # Most checks remember nothing, and a database takes longer to load than a check.
    from verifier.caching import OldCopy


@dataclass(frozen=True)
class Question:
    """What was asked of the presenter, and what is asked of the credentials.

    `rules` are asked instead of those that the verifier asks of everything.
    """

    challenge: str | None = None
    domain: str | None = None
    require_holder: bool = False
    require_status: bool = False
    rules: ChosenRules | None = None


@dataclass(frozen=True, eq=False)
class CheckedCredential:
    """One credential of what was presented: the verdict on it and, if it is genuine, what it discloses.

    `linkable` are the values by which another presentation of it would be recognised. `certificate` is a
    genuine paper certificate, and then there is nothing in `verified`.
    """

    verdict: Verdict
    verified: VerifiedCredential | None = None
    binding: Binding | None = None
    claims: tuple[Claim, ...] = ()
    linkable: tuple[LinkableValue, ...] = ()
    certificate: Certificate | None = None


@dataclass(frozen=True, eq=False)
class CheckResult:
    """The verdict, and each credential of what was presented (none, where that failed as a whole)."""

    verdict: Verdict
    credentials: tuple[CheckedCredential, ...] = ()
    presentation: VerifiedPresentation | None = None


def no_marks() -> tuple[Reason, ...]:
    """Return what the results of a verifier carry that believes no test system: nothing."""
    return ()


@dataclass(frozen=True)
class Verifier:
    """One relying party: whom it trusts, and how it looks things up.

    Without `trusted` nobody was said to be trusted, and the best outcome is undecided. `status_lists` are
    status list credentials at hand, by their id; others are fetched, as are DID documents, where there is
    a `fetch`. With a `store` only challenges that it remembers are accepted, each once. `sources` replaces
    the first three where copies are kept. What was judged by a copy whose host is down stays undecided, or
    is a note with `accept_old_copies`. `rules` gives the rules that are asked of everything, as they are
    now. `marks` are reasons that every result carries (threat I6).
    `signers` and `revocations` are for paper certificates. `trust` gives whom to trust as it is with each
    check, in place of `trusted`, `signers` and `marks`; `withdrawn` what was withdrawn, in place of
    `revocations`.
    """

    trusted: TrustedIssuers | None = None
    status_lists: Mapping[str, JSONObject] = field(default_factory=lambda: MappingProxyType({}))
    fetch: Fetch | None = None
    store: Memory | None = None
    sources: Sources | None = None
    accept_old_copies: bool = False
    rules: Callable[[], ChosenRules | None] | None = None
    marks: Callable[[], tuple[Reason, ...]] = no_marks
    signers: Signers | None = None
    revocations: Revocations | None = None
    trust: Trust | None = None
    withdrawn: WithdrawnPaper | None = None

    def as_of_now(self) -> Verifier:
        """Return the verifier with whom it trusts at this moment, which one check must not see change."""
        if self.trust is None:
            return self
        trust, sources = self.trust.now(), self.sources
        return replace(
            self,
            trusted=trust.issuers,
            signers=trust.signers,
            marks=lambda: trust.marks,
            sources=None if sources is None else replace(sources, trusted=trust.issuers, trust=None),
            trust=None,
        )

    def check_content(self, content: bytes, question: Question, *, now: datetime) -> CheckResult:
        """Return the verdict at `now` on whatever was scanned or sent: JSON, compact text, HC1, a picture.

        What cannot be read, or is of another standard, is a verdict too (threat J1). Raises StoreError,
        ConfigurationError.
        """
        return _or_declined(partial(self._check_opened, open_or_error(content), question, now))

    def judge_content(self, content: bytes, question: Question, *, now: datetime) -> Verdict:
        """Return the verdict of `check_content` alone, in less time: of paper no claims are told."""
        return self.judge_contents((content,), question, now=now)[0]

    def judge_contents(
        self, contents: Iterable[bytes | VCError], question: Question, *, now: datetime
    ) -> list[Verdict]:
        """Return the verdict on each of many contents, as `judge_content` does, in their order.

        An error in place of a content, of one that could not be read, is declined as the error says. All are
        read before the first is judged, so what is given at a time should be some hundred.
        """
        verifier = self.as_of_now()
        opened = [open_or_error(content) for content in contents]
        papers = [each for each in opened if isinstance(each, Certificate)]
        judged = iter(verifier._judge_certificates(papers, question, now))
        rules = verifier._chosen_rules(question)
        checks = [
            partial(verifier._with_paper_rules, each, next(judged), rules, now)
            if isinstance(each, Certificate)
            else partial(verifier._check_opened, each, question, now)
            for each in opened
        ]
        return [_or_declined(check).verdict for check in checks]

    def check_certificate(
        self, certificate: Certificate, question: Question, *, now: datetime
    ) -> CheckResult:
        """Return the verdict at `now` on a paper certificate that was read."""
        (judged,) = self.as_of_now()._judge_certificates((certificate,), question, now)
        result = self._with_paper_rules(certificate, judged, self._chosen_rules(question), now)
        told = tuple(replace(checked, claims=certificate.claims) for checked in result.credentials)
        return replace(result, credentials=told)

    def check(self, document: JSONObject, question: Question, *, now: datetime) -> CheckResult:
        """Return the verdict at `now` on a presentation, or on a credential that was handed over alone.

        Raises MalformedValueError for a document that is neither, StoreError, ConfigurationError.
        """
        verifier = self.as_of_now()
        result = verifier._check(document, question, now=now)
        return replace(result, verdict=verifier._marked(result.verdict))

    def _check(self, document: JSONObject, question: Question, *, now: datetime) -> CheckResult:
        whole = is_presentation(document)
        policy = self._policy(question)
        sources = self.sources or Sources(self.trusted, self.status_lists, self.fetch)
        environment, old = sources.at(now)
        try:
            if whole:
                result = self._check_presentation(document, question, policy, environment)
            else:
                result = self._check_credential(document, question, policy, environment)
        except (ConfigurationError, StoreError):
            # These say that something is wrong with us, not with what was presented.
            raise
        except VCError as err:
            return CheckResult(judge(err, policy, now=now))
        result = self._with_rules(result, question, now)
        return replace(result, verdict=self._with_age(result.verdict, old))

    def _judge_certificates(
        self, certificates: Sequence[Certificate], question: Question, now: datetime
    ) -> list[JudgedCertificate]:
        if question.challenge is not None or question.domain is not None:
            err = InvalidChallengeError("paper answers no request: check it without a challenge")
            return [JudgedCertificate(Verdict((reason_of(err),)), genuine=False) for _ in certificates]
        lists, age = (self.revocations, ()) if self.withdrawn is None else self.withdrawn.at(now)
        policy = PaperPolicy(self.signers, lists, question.require_holder, question.require_status)
        judged = judge_certificates(certificates, policy, now=now)
        if age:
            judged = [_with_older(each, age) if each.genuine else each for each in judged]
        if marks := self.marks():
            judged = [replace(each, verdict=_with_marks(each.verdict, marks)) for each in judged]
        return judged

    def _with_paper_rules(
        self, certificate: Certificate, judged: JudgedCertificate, rules: ChosenRules | None, now: datetime
    ) -> CheckResult:
        """Return the result on a paper certificate, without its claims."""
        if not judged.genuine:
            return CheckResult(judged.verdict)
        checked = CheckedCredential(judged.verdict, certificate=certificate)
        result = CheckResult(judged.verdict, (checked,))
        return result if rules is None else apply_rules(result, rules, now)

    def _check_opened(
        self, opened: Certificate | JSONObject | VCError, question: Question, now: datetime
    ) -> CheckResult:
        if isinstance(opened, VCError):
            return CheckResult(declined(opened))
        if isinstance(opened, Certificate):
            return self.check_certificate(opened, question, now=now)
        return self.check(opened, question, now=now)

    def _marked(self, verdict: Verdict) -> Verdict:
        marks = self.marks()
        return _with_marks(verdict, marks) if marks else verdict

    def _check_presentation(
        self, document: JSONObject, question: Question, policy: Policy, environment: Environment
    ) -> CheckResult:
        now = environment.now
        question = self._asked(question, now)
        presentation = verify_presentation(
            document,
            environment,
            challenge=question.challenge,
            domain=question.domain,
            require_proof=False,
        )
        # From here on the challenge was answered, whatever becomes of the answer.
        if self.store is not None and question.challenge is not None:
            self.store.spend_challenge(question.challenge, now=now)
        verdict = judge(presentation, policy, now=now, trusted=self.trusted)
        if question.challenge is None:
            verdict = replace(
                verdict, reasons=(*verdict.reasons, not_fresh(require_holder=question.require_holder))
            )
        checked = [
            _checked(outcome, binding, part)
            for outcome, binding, part in zip(
                presentation.credentials, presentation.bindings, verdict.parts, strict=False
            )
        ]
        older = self._older_lists(presentation.credentials)
        return CheckResult(replace(verdict, reasons=verdict.reasons + older), tuple(checked), presentation)

    def _check_credential(
        self, document: JSONObject, question: Question, policy: Policy, environment: Environment
    ) -> CheckResult:
        if question.challenge is not None or question.domain is not None:
            raise InvalidChallengeError("a credential alone answers no request: ask for a presentation of it")
        verified = verify_credential(document, environment)
        verdict = judge(verified, policy, now=environment.now, trusted=self.trusted)
        verdict = replace(verdict, reasons=verdict.reasons + self._older_lists([verified]))
        return CheckResult(verdict, (_checked(verified, None, verdict),))

    def _asked(self, question: Question, now: datetime) -> Question:
        """Return the question as it was sent, where this verifier remembers what it sent.

        Challenge and domain belong together: an answer to the one alone could be somebody else's (E2).
        """
        if self.store is None or question.challenge is None:
            if (question.challenge is None) != (question.domain is None):
                raise ConfigurationError("a challenge is sent for a domain: give both of them, or neither")
            return question
        sent = self.store.find_challenge(question.challenge, now=now)
        if question.domain not in (None, sent.domain):
            raise ConfigurationError(f"the challenge was sent for the domain {sent.domain}, not for another")
        return replace(question, domain=sent.domain)

    def _policy(self, question: Question) -> Policy:
        return all_of(
            nobody_is_trusted if self.trusted is None else issuer_is_trusted(self.trusted),
            is_in_force,
            status_is_clear(require_status=question.require_status),
            fits_its_schema,
            has_one_subject,
            holder_has_proven(require_holder=question.require_holder),
        )

    def _with_rules(self, result: CheckResult, question: Question, now: datetime) -> CheckResult:
        chosen = self._chosen_rules(question)
        return result if chosen is None else apply_rules(result, chosen, now)

    def _chosen_rules(self, question: Question) -> ChosenRules | None:
        if question.rules is not None or self.rules is None:
            return question.rules
        return self.rules()

    def _older_lists(self, outcomes: Sequence[CredentialOutcome]) -> tuple[Reason, ...]:
        """Give a reason for each list that had been newer (H7)."""
        if self.store is None:
            return ()
        return tuple(
            Reason(
                "status-list-older",
                f"An older list of withdrawals ({result.purpose}) was shown than one seen before.",
                Severity.UNDECIDED,
                detail=result.list_url,
            )
            for result in older_lists(outcomes, self.store.note_status_list)
        )

    def _with_age(self, verdict: Verdict, old: Sequence[OldCopy]) -> Verdict:
        """Say which copies were used because their hosts did not answer (threats G10, M4)."""
        severity = Severity.NOTE if self.accept_old_copies else Severity.UNDECIDED
        reasons = tuple(
            Reason(
                "old-copy",
                f"A server did not answer; its document of {copy.fetched:%Y-%m-%d %H:%M} UTC was used.",
                severity,
                detail=copy.url[:200],
            )
            for copy in old
        )
        # A credential alone and the whole share one verdict, by which a report knows not to tell it twice.
        return replace(verdict, reasons=(*verdict.reasons, *reasons)) if reasons else verdict


def _or_declined(check: Callable[[], CheckResult]) -> CheckResult:
    """Return the result of a check, of which an error is one unless it is about this verifier."""
    try:
        return check()
    except (ConfigurationError, StoreError):
        raise
    except VCError as err:
        return CheckResult(declined(err))


def _with_older(judged: JudgedCertificate, age: tuple[Reason, ...]) -> JudgedCertificate:
    return replace(judged, verdict=replace(judged.verdict, reasons=(*judged.verdict.reasons, *age)))


def _with_marks(verdict: Verdict, marks: tuple[Reason, ...]) -> Verdict:
    return replace(verdict, reasons=(*marks, *verdict.reasons))


def _checked(outcome: CredentialOutcome, binding: Binding | None, verdict: Verdict) -> CheckedCredential:
    if not isinstance(outcome, VerifiedCredential):
        return CheckedCredential(verdict)
    document = outcome.credential.document
    return CheckedCredential(
        verdict, outcome, binding, tuple(claims_from_credential(document)), linkable_values(document)
    )

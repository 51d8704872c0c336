"""Exchanges: a verifier asks, a wallet answers in a turn, and one presentation ends it.

What the holder sends is verified for the exchange's own challenge and this verifier's domain, then judged
like any presentation (`verifier.service`), then compared with the query, because a wallet may answer less
than was asked (threat E17). Only what verifies is an answer; it ends the exchange, as complete or as invalid,
and no other answer is taken afterwards. The challenge follows from the exchange's id, of which the database
has a hash only. Source: https://w3c.github.io/vcalm/#workflows-and-exchanges. Not here: HTTP.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from protocols.vcalm_exchanges import (
    CreateExchange,
    CredentialQuery,
    DIDAuthentication,
    ExchangeMessage,
    ExchangeState,
    PresentationRequest,
    Query,
    QueryByExample,
    WorkflowConfig,
    example_misfit,
)
from vclib.encoding import encode_base58btc
from vclib.errors import ConfigurationError, InvalidChallengeError, MalformedValueError, VCError
from vclib.policy import Outcome, Reason
from vclib.strict_json import JSONObject, JSONValue
from vclib.verification import VerifiedCredential, VerifiedPresentation
from verifier.config import VerifierConfig
from verifier.exchange_store import ExchangeRow, ExchangeStore
from verifier.inputs import is_presentation
from verifier.memory import OneChallenge
from verifier.report import result_json
from verifier.service import CheckResult, Question, Verifier
from verifier.store import Challenge, VerifierStore

_ID_BYTES = 16
_CHALLENGE_PREFIX = b"ddcc exchange challenge\0"


class NoExchangeError(VCError):
    """There is no such exchange or workflow here, or it has expired."""

    code = "no-exchange"


class ExchangeStateError(VCError):
    """The exchange has ended, so it takes no further turn."""

    code = "exchange-state"


class NotAcceptedError(VCError):
    """What was presented does not answer the request, or was refused."""

    code = "not-accepted"


@dataclass(frozen=True)
class Exchanges:
    """The exchanges of a verifier. `now` is the moment of each call."""

    config: VerifierConfig
    store: VerifierStore
    verifier: Verifier

    def create_workflow(self, workflow: WorkflowConfig, *, now: datetime) -> str:
        """Return the id of a new workflow; TooManyOpenError."""
        workflow_id = _new_id()
        self._rows.save_workflow(workflow_id, workflow, now=now)
        return workflow_id

    def workflow(self, workflow_id: str) -> WorkflowConfig:
        """Return a workflow; NoExchangeError."""
        workflow = self._rows.find_workflow(workflow_id)
        if workflow is None:
            raise NoExchangeError("there is no such workflow here")
        return workflow

    def begin(self, workflow_id: str, wanted: CreateExchange, *, now: datetime) -> str:
        """Return the id of a new exchange: whoever knows it can take a turn.

        It expires when it is wanted to, at most after the configured time. Raises NoExchangeError,
        TooManyOpenError, MalformedValueError.
        """
        self.workflow(workflow_id)
        latest = now + timedelta(seconds=self.config.exchange_seconds)
        expires = latest if wanted.expires is None else min(wanted.expires, latest)
        if expires <= now:
            raise MalformedValueError("expires: expected a moment that is yet to come")
        exchange_id = _new_id()
        self._rows.begin(
            workflow_id,
            exchange_id,
            expires=expires,
            variables=wanted.variables or {},
            now=now,
            max_open=self.config.max_open_exchanges,
        )
        return exchange_id

    def find(self, exchange_id: str, workflow_id: str | None = None, *, now: datetime) -> ExchangeRow:
        """Return an exchange (of a workflow); NoExchangeError."""
        row = self._rows.find(exchange_id, now=now)
        if row is None or workflow_id not in (None, row.workflow_id):
            raise NoExchangeError("there is no such exchange here, or it has expired")
        return row

    def request(self, exchange_id: str, row: ExchangeRow) -> PresentationRequest | None:
        """Return what an exchange asks, None once it has ended."""
        if not row.is_open:
            return None
        return replace(
            self.workflow(row.workflow_id).request,
            challenge=_challenge(exchange_id),
            domain=self._domain(),
        )

    def take_turn(
        self, workflow_id: str, exchange_id: str, message: ExchangeMessage, *, now: datetime
    ) -> ExchangeMessage:
        """Return the answer to one turn of the holder.

        An empty message is answered with the request, a presentation with an empty one, which ends the
        exchange. Raises NoExchangeError, ExchangeStateError, MalformedValueError; InvalidChallengeError where
        another answer was faster; NotAcceptedError for a presentation that does not do.
        """
        row = self.find(exchange_id, workflow_id, now=now)
        if message.request is not None:
            raise MalformedValueError("verifiablePresentationRequest: this verifier answers no requests")
        request = self.request(exchange_id, row)
        if request is None:
            raise ExchangeStateError(f"this exchange is {row.state}")
        if message.presentation is None:
            self._rows.activate(exchange_id, now=now)
            return ExchangeMessage(request=request, reference_id=message.reference_id)
        self._answer(exchange_id, row, request, message.presentation, now)
        return ExchangeMessage(reference_id=message.reference_id)

    def to_json(self, exchange_id: str, row: ExchangeRow, url: str) -> JSONObject:
        """Return an exchange as its starter may see it, with what became of it."""
        step = self.workflow(row.workflow_id).step
        results: JSONObject = {} if row.result is None else {"results": {step: row.result}}
        shown: JSONObject = {
            "id": url,
            "sequence": row.sequence,
            "expires": row.expires.isoformat().replace("+00:00", "Z"),
            "step": step,
            "state": str(row.state),
            "variables": row.variables | results,
        }
        return shown if row.last_error is None else shown | {"lastError": row.last_error}

    @property
    def _rows(self) -> ExchangeStore:
        return ExchangeStore(self.store.database)

    def _domain(self) -> str:
        if self.config.domain is None:
            raise ConfigurationError("a presentation is asked for a domain: set url")
        return self.config.domain

    def _answer(
        self,
        exchange_id: str,
        row: ExchangeRow,
        request: PresentationRequest,
        presentation: JSONObject,
        now: datetime,
    ) -> None:
        if not is_presentation(presentation):
            raise MalformedValueError("verifiablePresentation: expected a presentation, found a credential")
        result = self._checked(row, request, presentation, now)
        if result.presentation is None:
            # This is no answer: anybody could send it. The holder may still send one.
            error = _error("not-verified", result.verdict.all_reasons)
            self._rows.note_error(exchange_id, error, now=now)
            raise NotAcceptedError(f"the presentation does not verify: {_codes(result)}")
        misfit = self.unmet(request, result.presentation)
        error_found = _outcome(result, misfit)
        kept = result_json(result) | ({} if misfit is None else {"misfit": misfit})
        if not self._rows.finish(
            exchange_id,
            ExchangeState.COMPLETE if error_found is None else ExchangeState.INVALID,
            result=kept,
            error=error_found,
            keep_until=now + timedelta(seconds=self.config.exchange_seconds),
            now=now,
        ):
            raise InvalidChallengeError("this exchange was answered before")
        if error_found is not None:
            raise NotAcceptedError(f"the presentation was not accepted: {misfit or _codes(result)}")

    def _checked(
        self, row: ExchangeRow, request: PresentationRequest, presentation: JSONObject, now: datetime
    ) -> CheckResult:
        if request.challenge is None or request.domain is None:
            raise ConfigurationError("an exchange asks for a challenge and a domain")
        sent = Challenge(request.challenge, request.domain, row.expires)
        verifier = replace(self.verifier, store=OneChallenge(sent, self.store))
        question = Question(
            request.challenge, request.domain, self.config.require_holder, self.config.require_status
        )
        return verifier.check(presentation, question, now=now)

    def unmet(self, request: PresentationRequest, presentation: VerifiedPresentation) -> str | None:
        """Return what a verified presentation leaves unanswered; None if it answers one alternative."""
        misfits: list[str] = []
        for alternative in request.alternatives():
            found = [self._unmet_query(query, presentation) for query in alternative]
            missing = [misfit for misfit in found if misfit is not None]
            if not missing:
                return None
            misfits.extend(missing)
        return misfits[0]

    def _unmet_query(self, query: Query, presentation: VerifiedPresentation) -> str | None:
        if isinstance(query, QueryByExample):
            unmet = (self._unmet_credential(each, presentation) for each in query.credentials)
            return next((misfit for misfit in unmet if misfit is not None), None)
        if isinstance(query, DIDAuthentication):
            return _unmet_authentication(query, presentation)
        return f"the query {query.type} is not supported"

    def _unmet_credential(self, query: CredentialQuery, presentation: VerifiedPresentation) -> str | None:
        nearest = "no credential"
        for outcome in presentation.credentials:
            if not isinstance(outcome, VerifiedCredential):
                continue
            misfit = example_misfit(query.example, outcome.credential.document)
            if misfit is not None:
                nearest = f"no credential with {misfit}"
            elif not self._is_accepted_issuer(outcome.credential.issuer_id, query.accepted_issuers):
                nearest = "a credential of another issuer"
            elif not _suites_meet(query.accepted_cryptosuites, [each.cryptosuite for each in outcome.proofs]):
                nearest = "a credential with another cryptosuite"
            else:
                return None
        return f"{nearest} was presented, which was asked for" if nearest.startswith("no ") else nearest

    def _is_accepted_issuer(self, issuer_id: str, accepted: Sequence[str] | None) -> bool:
        if accepted is None or issuer_id in accepted:
            return True
        # Several DIDs can be one authority, and the trust file says which.
        trusted = self.verifier.as_of_now().trusted
        return trusted is not None and bool(set(trusted.dids_of(issuer_id)) & set(accepted))


def _unmet_authentication(query: DIDAuthentication, presentation: VerifiedPresentation) -> str | None:
    if not presentation.signers:
        return "nobody signed the presentation"
    methods = [did.split(":")[1] for did in presentation.signers]
    if query.accepted_methods is not None and not set(methods) & set(query.accepted_methods):
        return "the holder's DID is of another method"
    if not _suites_meet(query.accepted_cryptosuites, [proof.cryptosuite for proof in presentation.proofs]):
        return "the presentation is signed with another cryptosuite"
    return None


def _suites_meet(accepted: Sequence[str] | None, found: Sequence[str]) -> bool:
    return accepted is None or bool(set(accepted) & set(found))


def _outcome(result: CheckResult, misfit: str | None) -> JSONObject | None:
    """Return why an answer is not accepted; None if it is, or only something could not be checked now."""
    if misfit is not None:
        return {"code": "not-answered", "detail": misfit}
    if result.presentation is not None and not result.presentation.credentials:
        # Only the holder's signature was asked for; there is no credential to judge.
        return None
    if result.verdict.outcome is Outcome.REFUSED:
        return _error("refused", result.verdict.all_reasons)
    return None


def _error(code: str, reasons: Sequence[Reason]) -> JSONObject:
    codes: list[JSONValue] = [reason.code for reason in reasons]
    return {"code": code, "reasons": codes}


def _codes(result: CheckResult) -> str:
    return ", ".join(dict.fromkeys(reason.code for reason in result.verdict.all_reasons))


def _new_id() -> str:
    return encode_base58btc(secrets.token_bytes(_ID_BYTES))


def _challenge(exchange_id: str) -> str:
    digest = hashlib.sha256(_CHALLENGE_PREFIX + exchange_id.encode()).digest()
    return encode_base58btc(digest[:_ID_BYTES])

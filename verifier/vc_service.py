"""Verification results of a verifier that remembers: a challenge is answered once, a list gets no older.

The same results as `verifier.vc_api.VerificationService` gives, and in addition: a challenge must be one that
this verifier sent, for its own domain, and the first presentation that answers it spends it (threats E1 to
E3); what was judged by an older list than one seen before, or by a copy whose host is down, carries a warning
(threats H7, G10). A presentation that was asked for nothing carries one, too: whoever has it can show it
again. Not here: verdicts, which also say whom to believe (`verifier.service`).
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from protocols.vcalm import (
    OWN_PROBLEMS,
    ProblemDetail,
    VerificationResult,
    VerifyCredentialRequest,
    VerifyPresentationRequest,
    credential_result,
    presentation_result,
)
from vclib.encoding import encode_base58btc
from vclib.errors import (
    ConfigurationError,
    ContextIntegrityError,
    InvalidChallengeError,
    InvalidDomainError,
    StoreError,
    VCError,
)
from vclib.verification import (
    CredentialOutcome,
    Environment,
    VerifiedPresentation,
    verify_credential,
    verify_presentation,
)
from verifier.caching import OldCopy
from verifier.config import VerifierConfig
from verifier.environment import Sources, older_lists
from verifier.store import Challenge, VerifierStore

# Twice what guessing could ever reach.
_CHALLENGE_BYTES = 16

# These say that something is wrong with us, not with what was presented.
_OUR_FAULT = (ConfigurationError, ContextIntegrityError, StoreError)


def new_challenge() -> str:
    """Return a fresh random challenge of 128 bits, in base58."""
    return encode_base58btc(secrets.token_bytes(_CHALLENGE_BYTES))


@dataclass(frozen=True)
class RememberingService:
    """Verifies for callers of the VC API, and remembers what it sent; `config.domain` is whom it is."""

    config: VerifierConfig
    store: VerifierStore
    sources: Sources

    def new_challenge(self, *, now: datetime) -> Challenge:
        """Return a challenge for the next presentation; raises TooManyOpenError, StoreError."""
        challenge = Challenge(
            new_challenge(), self._domain(), now + timedelta(seconds=self.config.challenge_seconds)
        )
        self.store.begin_challenge(
            challenge.challenge,
            challenge.domain,
            challenge.expires,
            now=now,
            max_open=self.config.max_open_challenges,
        )
        return challenge

    def verify_credential(self, request: VerifyCredentialRequest, *, now: datetime) -> VerificationResult:
        """Return the result for a credential; StoreError, ConfigurationError where we are at fault."""
        environment, old = self.sources.at(now)
        try:
            if request.challenge is not None or request.domain is not None:
                raise InvalidChallengeError("a credential alone answers no request: ask for a presentation")
            verified = verify_credential(request.credential, environment)
        except _OUR_FAULT:
            raise
        except VCError as err:
            return credential_result(request.credential, err)
        result = credential_result(request.credential, verified)
        return self._with_warnings(result, [verified], old)

    def verify_presentation(self, request: VerifyPresentationRequest, *, now: datetime) -> VerificationResult:
        """Return the result for a presentation; raises as `verify_credential`."""
        environment, old = self.sources.at(now)
        challenge, domain = request.challenge, request.domain
        try:
            if challenge is not None or domain is not None:
                challenge, domain = self._asked(challenge, domain, now)
            outcome = self._verified(request, environment, challenge, domain)
        except _OUR_FAULT:
            raise
        except VCError as err:
            return presentation_result(request.presentation, err, challenge=challenge, domain=domain)
        result = presentation_result(request.presentation, outcome, challenge=challenge, domain=domain)
        if challenge is None:
            note = "no challenge was asked for: whoever has a copy of this presentation can show it"
            result = replace(result, problems=(*result.problems, _warning("not-fresh", note)))
        return self._with_warnings(result, outcome.credentials, old)

    def _asked(self, challenge: str | None, domain: str | None, now: datetime) -> tuple[str, str]:
        """Return what a presentation must carry: a challenge that we sent, and the domain it was sent for."""
        if challenge is None:
            raise InvalidChallengeError(
                "a domain without a challenge: an answer to it could be anybody's copy"
            )
        sent = self.store.find_challenge(challenge, now=now)
        if domain not in (None, sent.domain):
            raise InvalidDomainError("the challenge was sent for another domain than the one in the options")
        return sent.challenge, sent.domain

    def _verified(
        self,
        request: VerifyPresentationRequest,
        environment: Environment,
        challenge: str | None,
        domain: str | None,
    ) -> VerifiedPresentation:
        outcome = verify_presentation(request.presentation, environment, challenge=challenge, domain=domain)
        if challenge is not None:
            # From here on the challenge was answered, whatever becomes of the answer.
            self.store.spend_challenge(challenge, now=environment.now)
        return outcome

    def _domain(self) -> str:
        if self.config.domain is None:
            raise ConfigurationError("a challenge is sent for a domain: set url")
        return self.config.domain

    def _with_warnings(
        self, result: VerificationResult, outcomes: Sequence[CredentialOutcome], old: Sequence[OldCopy]
    ) -> VerificationResult:
        warnings = [
            _warning("status-list-older", f"{each.list_url}: an older list than one seen before")
            for each in older_lists(outcomes, self.store.note_status_list)
        ]
        warnings += [
            _warning(
                "old-copy", f"{copy.url}: not answered now; the copy of {copy.fetched:%Y-%m-%d} was used"
            )
            for copy in old
        ]
        return replace(result, problems=(*result.problems, *warnings))


def _warning(code: str, detail: str) -> ProblemDetail:
    return ProblemDetail(OWN_PROBLEMS + code, code, detail, is_error=False)

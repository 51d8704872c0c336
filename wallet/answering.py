"""Answering a verifier over the network: who asks and what for, the holder's word, then exactly that is sent.

`Answerer.read` fetches a request and finds out who made it, and stops at whatever is wrong with it before a
credential is looked at (threats E6 to E13). `plan` finds what answers it and derives it, so that what the
holder sees is read from what would leave (L2). `send` signs what was shown, encrypts it if the verifier wants
that, and posts it; `refuse` tells the verifier that nothing comes, and only when the holder agrees to tell:
"there is none" and "no" are one answer (L5, VP 15.9). An answered request is not answered again (L6).

Source: OpenID4VP 1.0. Not here: HTTP (`wallet.verifier_client`), DCQL (`wallet.matching`), the screen.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from health import CLINIC, SITUATIONS, mandatory_pointers, pointers_for
from protocols.oid4vp import (
    PURPOSE_FORMAT,
    AccessDeniedError,
    AuthenticatedRequest,
    AuthorizationError,
    AuthorizationResponse,
    ErrorResponse,
    NotSatisfiedError,
    ResponseMode,
    VPFormatsNotSupportedError,
    VPToken,
)
from vclib import jcs
from vclib.did import did_web_url
from vclib.errors import ProofGenerationError, RecordError
from vclib.proofs import without_proofs
from vclib.strict_json import JSONObject
from wallet.holder import Holder, PresentationPlan, Request
from wallet.holdings import PRESENTATION_SUITES
from wallet.matching import Choose, Match, match
from wallet.presenting import BBS, ECDSA_SD
from wallet.verifier_client import VerifierClient

# What this wallet can prove with, as it tells verifiers.
WALLET_SUITES = (ECDSA_SD, BBS, *dict.fromkeys(PRESENTATION_SUITES.values()))
# With this key a presentation is signed that is bound to none (wallet.presenting).
_ONE_TIME_SUITE = "ecdsa-rdfc-2019"


@dataclass(frozen=True)
class AnswerPart:
    """What answers one credential query: a presentation, or the credential alone where no proof is wanted."""

    query_id: str
    planned: PresentationPlan
    bare: bool


@dataclass(frozen=True)
class AnswerPlan:
    """What would leave, for whom. `surplus` are the pointers of what is asked beyond the stated purpose.

    `digest` is of the request that was shown, and is compared before sending.
    """

    asked: AuthenticatedRequest
    parts: tuple[AnswerPart, ...]
    surplus: tuple[str, ...]
    warnings: tuple[str, ...]
    digest: str

    @property
    def host(self) -> str:
        """Where the answer goes."""
        return urlsplit(self.asked.request.response_uri).netloc


@dataclass(frozen=True)
class Answerer:
    """Answers for an open wallet."""

    holder: Holder
    client: VerifierClient

    def read(self, link: str) -> AuthenticatedRequest:
        """Return a request and who made it.

        Raises AuthorizationError for what the verifier did wrong, FetchError and DIDError where it could not
        be found out who asks, ProofGenerationError for a request that was answered already.
        """
        with self.holder.shelf.recording_failure("present"):
            asked = self.client.read_request(link, suites=WALLET_SUITES, now=self._now())
            # A purpose that cannot be shown is the verifier's mistake, and found out here.
            members = _who(asked)
        with self.holder.shelf.recording_failure("present", members):
            self._refuse_answered(asked)
        return asked

    def plan(
        self, asked: AuthenticatedRequest, *, wanted: Sequence[str] = (), choose_one: Choose | None = None
    ) -> AnswerPlan:
        """Return what would leave, for the holder to see; nothing leaves and nothing is signed yet.

        Raises AccessDeniedError where the wallet has nothing that answers, VPFormatsNotSupportedError where
        the verifier takes none of its proofs, and what `match` raises.
        """
        with self.holder.shelf.recording_failure("present", _who(asked)):
            metadata = asked.request.client_metadata
            metadata.check_format()
            try:
                matches = match(self.holder, asked.request.query, wanted=wanted, choose_one=choose_one)
            except NotSatisfiedError as err:
                raise AccessDeniedError(err.message) from err
            parts = tuple(self._part(asked, found) for found in matches)
        warnings = (*_warnings(asked), *(text for part in parts for text in part.planned.warnings))
        surplus = tuple(dict.fromkeys(p for found in matches for p in self._surplus(asked, found)))
        return AnswerPlan(asked, parts, surplus, tuple(dict.fromkeys(warnings)), _digest(asked))

    def send(self, planned: AnswerPlan) -> str | None:
        """Sign and send what was shown; return where the verifier wants the browser to go, None for nowhere.

        Raises ProofGenerationError if plan or request were changed meanwhile, StoreError; then nothing has
        left. FetchError, InvalidResponseError: it may have arrived.
        """
        asked = planned.asked
        if _digest(asked) != planned.digest:
            raise ProofGenerationError("the request is not the one that was shown; nothing was sent")
        self._refuse_answered(asked)
        signed = self.holder.confirm_all([part.planned for part in planned.parts], _who(asked))
        presentations: dict[str, tuple[JSONObject, ...]] = {}
        for part, document in zip(planned.parts, signed, strict=True):
            sent = _only_credential(document) if part.bare else document
            presentations[part.query_id] = (*presentations.get(part.query_id, ()), sent)
        response = AuthorizationResponse(VPToken(presentations), asked.request.state)
        encrypted = asked.request.response_mode is ResponseMode.DIRECT_POST_JWT
        members = {**_who(asked), "challenge": asked.request.nonce}
        with self.holder.shelf.recording_failure("send", members):
            fields = (
                response.to_encrypted_form(asked.request.client_metadata) if encrypted else response.to_form()
            )
            return self.client.post(asked.request.response_uri, fields)

    def refuse(self, asked: AuthenticatedRequest, error: AuthorizationError | None = None) -> str | None:
        """Tell the verifier that nothing comes; only when the holder agreed to tell that.

        What is told is the code of `error`, `access_denied` where there is none. Raises as `send`.
        """
        failure = error or AccessDeniedError("the holder does not agree")
        members = {**_who(asked), "told": failure.code}
        self.holder.shelf.record("present", "declined", members)
        with self.holder.shelf.recording_failure("send", members):
            fields = ErrorResponse.of(failure, asked.request.state).to_form()
            return self.client.post(asked.request.response_uri, fields)

    def decline(self, asked: AuthenticatedRequest) -> None:
        """Remember that the holder said no, and tell nobody."""
        self.holder.shelf.record("present", "declined", _who(asked))

    def _part(self, asked: AuthenticatedRequest, found: Match) -> AnswerPart:
        metadata = asked.request.client_metadata
        request = Request(
            challenge=asked.request.nonce,
            domain=asked.identity.client_id.text,
            pointers=found.selection.pointers,
            minimum=True,
            suites=metadata.cryptosuites,
        )
        try:
            planned = self.holder.plan_presentation([found.view.id], request)
        except ProofGenerationError as err:
            raise VPFormatsNotSupportedError(err.message) from err
        bare = not found.query.holder_binding
        if not bare:
            self._check_signers(planned, request)
        return AnswerPart(found.query.id, planned, bare)

    def _check_signers(self, planned: PresentationPlan, request: Request) -> None:
        suites = {key.did: key.cryptosuite for key in self.holder.shelf.held_keys()}
        used = [suites.get(did, _ONE_TIME_SUITE) for did in planned.signers] or [_ONE_TIME_SUITE]
        refused = [suite for suite in used if not request.accepts(suite)]
        if refused:
            raise VPFormatsNotSupportedError(f"the verifier takes no presentation signed with {refused[0]}")

    def _surplus(self, asked: AuthenticatedRequest, found: Match) -> list[str]:
        """Return what is asked beyond what the stated situation needs (threat L1)."""
        situation = situation_of(asked)
        if situation in (None, CLINIC):
            # Continuity of care needs everything.
            return []
        document = without_proofs(self.holder.document(found.view.id))
        needed = mandatory_pointers(document)
        # Where the situation is not one for this kind of record, nothing of it is needed.
        with contextlib.suppress(RecordError):
            needed += pointers_for(situation, document)
        return [
            pointer
            for pointer in found.selection.pointers
            if not any(pointer == other or pointer.startswith(f"{other}/") for other in needed)
        ]

    def _refuse_answered(self, asked: AuthenticatedRequest) -> None:
        """Refuse a request that was answered: it repeats by mistake or by design (threat L6)."""
        domain, nonce = asked.identity.client_id.text, asked.request.nonce
        answered = False
        for entry in self.holder.history():
            if (entry.members.get("domain"), entry.members.get("challenge")) == (domain, nonce):
                answered = (entry.action, entry.outcome) == ("present", "done")
        if answered:
            raise ProofGenerationError("this request was answered already; ask the verifier for a new one")

    def _now(self) -> datetime:
        return self.holder.shelf.clock()


def situation_of(asked: AuthenticatedRequest) -> str | None:
    """Return the situation that the verifier says it asks in, None if it says none that is known here."""
    for entry in asked.request.verifier_info:
        data = entry.get("data")
        situation = data.get("situation") if isinstance(data, dict) else None
        if entry.get("format") == PURPOSE_FORMAT and situation in SITUATIONS:
            return str(situation)
    return None


def _who(asked: AuthenticatedRequest) -> JSONObject:
    """Return what the history keeps of who asked, and how that is known."""
    return {
        "domain": asked.identity.client_id.text,
        "challenge": asked.request.nonce,
        "verifier": asked.identity.name,
        "authenticated": asked.identity.is_authenticated,
        "purpose": asked.request.purpose,
    }


def _warnings(asked: AuthenticatedRequest) -> list[str]:
    name, response_uri = asked.identity.name, asked.request.response_uri
    warnings = []
    if not asked.identity.is_authenticated:
        warnings.append(f"NOBODY PROVES WHO ASKS: known is only where the answer goes, {response_uri}")
    elif name.startswith("did:web:"):
        if urlsplit(did_web_url(name)).hostname != urlsplit(response_uri).hostname:
            warnings.append(f"the answer goes to another address than that of who asks: {response_uri}")
    elif name.startswith("did:"):
        warnings.append("who asks is known by a key only, and nothing says whose key it is")
    # VP 14.3: a request can be shown by somebody else than who made it (threat E14).
    warnings.append(
        f"go on only if you are dealing with {name} right now: a code can be passed on by somebody else"
    )
    return warnings


def _digest(asked: AuthenticatedRequest) -> str:
    shown: JSONObject = {**asked.request.to_parameters(), "identity": asked.identity.name}
    return hashlib.sha256(jcs.canonicalize(shown)).hexdigest()


def _only_credential(presentation: JSONObject) -> JSONObject:
    credentials = presentation["verifiableCredential"]
    credential = credentials[0] if isinstance(credentials, list) else credentials
    if not isinstance(credential, dict):
        raise ProofGenerationError("the presentation holds no credential; nothing was sent")
    return credential

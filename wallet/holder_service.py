"""What other software of the holder may have the wallet do: derive credentials, and sign presentations.

Nobody is asked: who has the token was given it by the holder, for that. What never leaves all the same is a
base proof; what is signed answers one challenge of one domain; a credential bound to somebody else's key is
not presented; and the history tells what left, to whom. Presentations are kept in memory only, until they are
deleted or the service ends. Not here: who has a token (`wallet.service_app`).
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from health import claims_from_credential
from protocols.vcalm import DeriveRequest
from protocols.vcalm_presentations import CreatePresentation
from vclib.credentials import parse_credential
from vclib.errors import (
    HolderBindingError,
    MalformedValueError,
    ProofGenerationError,
    VCError,
    VerificationMethodError,
)
from vclib.presentations import parse_presentation
from vclib.proofs import AUTHENTICATION, add_proof, derive, is_base_proof, proofs_of
from vclib.strict_json import JSONObject, JSONValue
from wallet.holder import Holder
from wallet.holdings import HeldKey

MAX_KEPT = 100

_ID_BYTES = 16


class NoPresentationError(VCError):
    """There is no such presentation here."""

    code = "no-presentation"


@dataclass(frozen=True)
class HolderService:
    """An open wallet as a service; may be called by several threads."""

    holder: Holder
    _kept: OrderedDict[str, JSONObject] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def derive(self, request: DeriveRequest) -> JSONObject:
        """Return a credential that discloses what was chosen.

        A credential of the wallet is named by its id alone: {"id": "1a2b..."}. Raises what
        `vclib.proofs.derive` raises, MalformedValueError for an id that the wallet does not have.
        """
        document = request.credential
        members: JSONObject = {"pointers": list(request.selective_pointers)}
        if set(document) == {"id"}:
            view = self.holder.credential(str(document["id"]))
            document, members = self.holder.document(view.id), members | {"credentials": [view.id]}
        with self.holder.shelf.recording_failure("derive", members):
            derived = derive(
                document, selective_pointers=request.selective_pointers, contexts=self.holder.contexts
            )
            _check_no_base_proof([derived])
        self.holder.shelf.record("derive", "done", members | {"disclosed": _disclosed([derived])})
        return derived

    def present(self, request: CreatePresentation) -> tuple[str, JSONObject]:
        """Return a signed presentation and the id under which it is kept.

        Raises ProofGenerationError for one that is signed already or holds a base proof, HolderBindingError
        for a credential bound to another's key, VerificationMethodError for a key that is not the wallet's,
        and what `vclib.presentations.parse_presentation` raises.
        """
        members: JSONObject = {"domain": request.domain, "challenge": request.challenge}
        with self.holder.shelf.recording_failure("present", members):
            if "proof" in request.presentation:
                raise ProofGenerationError("the presentation is signed already; nothing was signed")
            parsed = parse_presentation(request.presentation, contexts=self.holder.contexts)
            _check_no_base_proof(parsed.credentials)
            key = self._key(request, parsed.holder, parsed.credentials)
            signed = add_proof(
                request.presentation,
                cryptosuite=key.cryptosuite,
                key=key.private_key,
                verification_method=key.verification_method,
                purpose=AUTHENTICATION,
                created=self.holder.shelf.clock(),
                challenge=request.challenge,
                domain=request.domain,
                contexts=self.holder.contexts,
            )
        members |= {"signers": [key.did], "disclosed": _disclosed(parsed.credentials)}
        self.holder.shelf.record("present", "done", members)
        return self._keep(signed), signed

    def presentations(self) -> list[JSONObject]:
        """Return the presentations that are kept, oldest first."""
        with self._lock:
            return list(self._kept.values())

    def presentation(self, presentation_id: str) -> JSONObject:
        """Return a presentation that is kept; NoPresentationError."""
        with self._lock:
            if presentation_id not in self._kept:
                raise NoPresentationError("there is no such presentation here")
            return self._kept[presentation_id]

    def forget(self, presentation_id: str) -> None:
        """Forget a presentation; NoPresentationError."""
        with self._lock:
            if self._kept.pop(presentation_id, None) is None:
                raise NoPresentationError("there is no such presentation here")

    def _keep(self, signed: JSONObject) -> str:
        presentation_id = secrets.token_hex(_ID_BYTES)
        with self._lock:
            self._kept[presentation_id] = signed
            while len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
        return presentation_id

    def _key(
        self, request: CreatePresentation, named_holder: str | None, credentials: Sequence[JSONObject]
    ) -> HeldKey:
        fitting = [
            key
            for key in self.holder.shelf.held_keys()
            if named_holder in (None, key.did)
            and request.verification_method in (None, key.verification_method)
            and request.cryptosuite in (None, key.cryptosuite)
        ]
        if not fitting:
            raise VerificationMethodError("the wallet has no key for this holder, method and cryptosuite")
        bound = [dids for each in credentials if (dids := self._bound_to(each))]
        for key in fitting:
            if all(key.did in dids for dids in bound):
                return key
        raise HolderBindingError("a credential is bound to another key than the one that would sign")

    def _bound_to(self, credential: JSONObject) -> set[str]:
        parsed = parse_credential(credential, contexts=self.holder.contexts)
        return {each for each in parsed.subject_ids if each.startswith("did:")}


def _check_no_base_proof(credentials: Sequence[JSONObject]) -> None:
    for credential in credentials:
        proofs = proofs_of(credential)
        if not proofs:
            raise MalformedValueError("verifiableCredential: expected credentials with proofs")
        if any(is_base_proof(proof) for proof in proofs):
            raise ProofGenerationError("a base proof must not leave the wallet; derive the credential first")


def _disclosed(credentials: Sequence[JSONObject]) -> list[JSONValue]:
    """Return what the history keeps of what left."""
    return [
        {
            "values": [
                {"pointer": claim.pointer, "label": claim.label, "value": claim.display}
                for claim in claims_from_credential(credential)
            ]
        }
        for credential in credentials
    ]

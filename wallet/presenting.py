"""A presentation is planned before anybody is asked, and exactly what was planned is signed.

Planning derives first; what the holder is shown is then read from the derived documents themselves, so the
question cannot differ from what leaves (threats L2, L3). Each value says why it leaves, and each by which
presentations can be linked is named with the reason (D14). A base proof never gets into a plan: a document
is derived, or its base proofs are dropped (D1).

A credential that is bound to a key of this wallet is presented under that key. One that is bound to none is
presented under a key made for this one presentation and forgotten, with no `holder`, and a bbs-2023 proof
carries challenge and domain in its presentation header: nothing then links two presentations but the values
themselves (D10). Why so: docs/decisions/0063-presenting.md. Not here: storage, history, the screen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from health import pointers_for
from vclib import jcs
from vclib.did import did_key_method
from vclib.errors import ConfigurationError, HolderBindingError, ProofGenerationError
from vclib.jsonld import DEFAULT_CONTEXTS, ContextPolicy
from vclib.keys import KeyType, generate_private_key
from vclib.presentations import new_presentation, presentation_header_for
from vclib.proofs import (
    AUTHENTICATION,
    add_proof,
    base_proofs,
    derive,
    drop_base_proofs,
    is_base_proof,
    mandatory_part,
    proofs_of,
    without_proofs,
)
from vclib.strict_json import JSONObject, JSONValue
from wallet.disclosure import Disclosure, read_disclosure
from wallet.holdings import EVERYTHING, PRESENTATION_SUITES, HeldKey

BBS = "bbs-2023"
ECDSA_SD = "ecdsa-sd-2023"


@dataclass(frozen=True)
class Request:
    """What is asked: of whom, for which question, and how much. `pointers` are JSON pointers (RFC 6901).

    Without challenge and domain the presentation answers nobody, and whoever has it can show it again.
    `minimum`: what the issuer made mandatory is enough. `suites` are the cryptosuites that the verifier
    takes, None where it does not say.
    """

    challenge: str | None
    domain: str | None
    situation: str | None = None
    pointers: tuple[str, ...] = ()
    everything: bool = False
    unlinkable: bool = False
    minimum: bool = False
    suites: tuple[str, ...] | None = None

    def accepts(self, suite: object) -> bool:
        """Whether the verifier takes proofs of a cryptosuite."""
        return self.suites is None or suite in self.suites


@dataclass(frozen=True)
class PresentationPlan:
    """An unsigned presentation and what to tell its holder before signing.

    `signers` are DIDs of this wallet; without any the presentation is signed by a key used once. `digest` is
    of the document that was shown, and is compared before signing.
    """

    document: JSONObject
    digest: str
    request: Request
    disclosures: tuple[Disclosure, ...]
    signers: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Candidate:
    """A held credential to present: its id in the wallet, its document, the DIDs it is bound to."""

    credential_id: str
    document: JSONObject
    bound_to: tuple[str, ...]


def plan(
    candidates: Sequence[Candidate],
    request: Request,
    *,
    own_dids: Sequence[str],
    contexts: ContextPolicy = DEFAULT_CONTEXTS,
) -> PresentationPlan:
    """Return a plan for presenting `candidates`.

    Raises ConfigurationError for a request that says neither what to disclose nor whom to, PointerError for
    a pointer that selects nothing, RecordError for a situation that does not fit, HolderBindingError for a
    credential bound to somebody else's key, ProofGenerationError where it cannot be done as asked.
    """
    _check_request(candidates, request)
    signers = _signers(candidates, own_dids)
    shown, disclosures = [], []
    for candidate in candidates:
        document, disclosure = _disclose(candidate, request, contexts)
        shown.append(document)
        disclosures.append(disclosure)
    presentation = new_presentation(shown, holder=signers[0] if signers else None)
    return PresentationPlan(
        document=presentation,
        digest=_digest(presentation),
        request=request,
        disclosures=tuple(disclosures),
        signers=signers,
        warnings=tuple(_warnings(candidates, request, disclosures, signers)),
    )


def join(plans: Sequence[PresentationPlan]) -> PresentationPlan:
    """Return one plan that shows what several do, planned for one request but each with its own pointers."""
    if len({(each.request.challenge, each.request.domain) for each in plans}) != 1:
        raise ConfigurationError("expected plans for one challenge and one domain")
    signers = tuple(dict.fromkeys(did for each in plans for did in each.signers))
    shown = [credential for each in plans for credential in _credentials(each.document)]
    presentation = new_presentation(shown, holder=signers[0] if signers else None)
    return PresentationPlan(
        document=presentation,
        digest=_digest(presentation),
        request=plans[0].request,
        disclosures=tuple(item for each in plans for item in each.disclosures),
        signers=signers,
        warnings=tuple(dict.fromkeys(text for each in plans for text in each.warnings)),
    )


def plan_authentication(did: str, request: Request) -> PresentationPlan:
    """Return a plan that shows no credential: only that the holder has the key of `did`."""
    presentation = new_presentation([], holder=did)
    return PresentationPlan(presentation, _digest(presentation), request, (), (did,), ())


def sign(
    planned: PresentationPlan,
    keys: Sequence[HeldKey],
    *,
    now: datetime,
    contexts: ContextPolicy = DEFAULT_CONTEXTS,
) -> JSONObject:
    """Return the planned presentation, signed by the wallet's keys that it names, or by one made for it.

    Raises ProofGenerationError if it is not what was planned, holds a base proof, or a key is missing.
    """
    if _digest(planned.document) != planned.digest:
        raise ProofGenerationError("the presentation is not the one that was shown; nothing was signed")
    for credential in _credentials(planned.document):
        if any(is_base_proof(proof) for proof in proofs_of(credential)):
            raise ProofGenerationError("a base proof must not leave the wallet; nothing was signed")
    by_did = {key.did: key for key in keys}
    if not planned.signers:
        return _sign_once(planned, now, contexts)
    signed = planned.document
    for did in planned.signers:
        if did not in by_did:
            raise ProofGenerationError("a key that the presentation needs is not in the wallet any more")
        key = by_did[did]
        signed = add_proof(
            signed,
            cryptosuite=key.cryptosuite,
            key=key.private_key,
            verification_method=key.verification_method,
            purpose=AUTHENTICATION,
            created=now,
            challenge=planned.request.challenge,
            domain=planned.request.domain,
            contexts=contexts,
        )
    return signed


def showable(
    document: JSONObject, pointers: Sequence[str] | None, contexts: ContextPolicy = DEFAULT_CONTEXTS
) -> JSONObject:
    """Return a credential as it may leave on its own: derived by pointers, or with its plain proofs.

    Raises ProofGenerationError if it has no plain proof and no pointers were given.
    """
    if pointers:
        return derive(document, selective_pointers=pointers, contexts=contexts)
    plain = drop_base_proofs(document)
    if not proofs_of(plain):
        raise ProofGenerationError(
            "the credential has base proofs only, which stay in the wallet: choose what to disclose of it"
        )
    return plain


def particulars(planned: PresentationPlan) -> JSONObject:
    """Return what the history keeps of a presentation: who asked, with which key, what left."""
    disclosed: list[JSONValue] = [
        {
            "credential": item.credential_id,
            "suite": item.suite,
            "values": [
                {"pointer": value.pointer, "label": value.label, "value": value.display}
                for value in item.values
            ],
        }
        for item in planned.disclosures
    ]
    return {
        "domain": planned.request.domain,
        "challenge": planned.request.challenge,
        "situation": planned.request.situation,
        "credentials": [item.credential_id for item in planned.disclosures],
        "signers": list(planned.signers),
        "disclosed": disclosed,
    }


def _sign_once(planned: PresentationPlan, now: datetime, contexts: ContextPolicy) -> JSONObject:
    key = generate_private_key(KeyType.P256)
    return add_proof(
        planned.document,
        cryptosuite=PRESENTATION_SUITES[KeyType.P256],
        key=key,
        verification_method=did_key_method(key.public_key),
        purpose=AUTHENTICATION,
        created=now,
        challenge=planned.request.challenge,
        domain=planned.request.domain,
        contexts=contexts,
    )


def _check_request(candidates: Sequence[Candidate], request: Request) -> None:
    if not candidates:
        raise ConfigurationError("there is no credential to present")
    if not (request.situation or request.pointers or request.everything or request.minimum):
        raise ConfigurationError("say what to disclose: a situation, JSON pointers, or everything")
    if (request.challenge is None) != (request.domain is None):
        raise ConfigurationError("a request has both a challenge and a domain, or neither")
    if request.challenge == "" or request.domain == "":
        raise ConfigurationError("challenge and domain must not be empty")


def _signers(candidates: Sequence[Candidate], own_dids: Sequence[str]) -> tuple[str, ...]:
    signers: dict[str, None] = {}
    for candidate in candidates:
        mine = [did for did in candidate.bound_to if did in own_dids]
        if candidate.bound_to and not mine:
            raise HolderBindingError(
                f"the credential {candidate.credential_id[:8]} is bound to a key that is not in this wallet"
            )
        signers.update(dict.fromkeys(mine[:1]))
    return tuple(signers)


def _disclose(
    candidate: Candidate, request: Request, contexts: ContextPolicy
) -> tuple[JSONObject, Disclosure]:
    suite = _suite(candidate, request)
    document = candidate.document
    if suite is None:
        shown = _whole(candidate, request)
        mandatory = None
    else:
        shown = derive(
            document,
            selective_pointers=_pointers(document, request),
            cryptosuite=suite,
            presentation_header=_header(request) if suite == BBS else b"",
            contexts=contexts,
        )
        mandatory = mandatory_part(document, cryptosuite=suite)
    return shown, read_disclosure(
        candidate.credential_id, shown, of=document, suite=suite, mandatory=mandatory
    )


def _suite(candidate: Candidate, request: Request) -> str | None:
    """Return the suite to derive with: bbs-2023 where linking is to be avoided, None if there is none."""
    held = [str(proof["cryptosuite"]) for proof in base_proofs(candidate.document)]
    available = [suite for suite in held if request.accepts(suite)]
    if held and not available:
        # The plain proof beside it would disclose everything: a verifier cannot bring that about (L1).
        raise ProofGenerationError(
            f"the verifier takes none of {', '.join(held)}, with which the credential "
            f"{candidate.credential_id[:8]} can be shown in parts"
        )
    if request.unlinkable and BBS not in available:
        raise ProofGenerationError(
            f"the credential {candidate.credential_id[:8]} has no {BBS} proof to present it unlinkably"
        )
    if request.unlinkable or (BBS in available and not candidate.bound_to):
        return BBS
    if ECDSA_SD in available:
        return ECDSA_SD
    return available[0] if available else None


def _whole(candidate: Candidate, request: Request) -> JSONObject:
    """Return a credential that cannot be shown in parts, with the proofs that the verifier takes."""
    plain = drop_base_proofs(candidate.document)
    proofs = [proof for proof in proofs_of(plain) if request.accepts(proof.get("cryptosuite"))]
    if not proofs:
        raise ProofGenerationError(
            f"the verifier takes no proof that the credential {candidate.credential_id[:8]} has"
        )
    return plain if len(proofs) == len(proofs_of(plain)) else {**plain, "proof": list(proofs)}


def _pointers(document: JSONObject, request: Request) -> tuple[str, ...]:
    if request.everything:
        return (EVERYTHING,)
    chosen = dict.fromkeys(request.pointers)
    if request.situation is not None:
        chosen.update(dict.fromkeys(pointers_for(request.situation, without_proofs(document))))
    return tuple(chosen)


def _header(request: Request) -> bytes:
    if request.challenge is None and request.domain is None:
        return b""
    return presentation_header_for(challenge=request.challenge, domain=request.domain)


def _warnings(
    candidates: Sequence[Candidate],
    request: Request,
    disclosures: Sequence[Disclosure],
    signers: Sequence[str],
) -> list[str]:
    warnings = []
    if request.challenge is None:
        warnings.append(
            "NO CHALLENGE AND NO DOMAIN: this presentation answers nobody in particular; whoever sees it can "
            "copy it and show it again, anywhere, for as long as the credential is valid"
        )
    for disclosure in disclosures:
        if disclosure.suite is None:
            warnings.append(
                f"the credential {disclosure.credential_id[:8]} cannot be shown in parts: all of it leaves"
            )
    if request.unlinkable and signers:
        warnings.append("the credential is bound to a key, and this key is the same in every presentation")
    if signers and any(not candidate.bound_to for candidate in candidates):
        warnings.append(
            "a credential that is bound to no key is tied to your key by being presented with others"
        )
    if not signers and not request.unlinkable and any(item.suite != BBS for item in disclosures):
        warnings.append(
            "the credential is bound to no key: a verifier cannot tell you from anybody with a copy"
        )
    return warnings


def _credentials(presentation: JSONObject) -> list[JSONObject]:
    credentials = presentation.get("verifiableCredential")
    return [item for item in credentials if isinstance(item, dict)] if isinstance(credentials, list) else []


def _digest(document: JSONObject) -> str:
    return hashlib.sha256(jcs.canonicalize(document)).hexdigest()

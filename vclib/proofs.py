"""Data Integrity proofs: add them, derive from them, verify all of a document.

What a cryptosuite leaves open is decided here, once for all suites: where the key comes from, for which
purpose, when, and for whom a proof was made. Source: https://www.w3.org/TR/vc-data-integrity/#algorithms.
Not here: whether the key is the issuer's, and the proofs of embedded credentials (`vclib.verification`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from vclib import jsonld
from vclib.cid import Resolve, VerificationMethod, retrieve_verification_method
from vclib.cryptosuites import CRYPTOSUITES, OLDER_SUITES, PROOF_TYPE, SELECTIVE_SUITES
from vclib.cryptosuites.base import PreparedProof, SignedProof
from vclib.cryptosuites.pointers import select_json_ld
from vclib.datetimes import format_datetime, parse_datetime
from vclib.errors import (
    BaseProofPresentedError,
    InvalidChallengeError,
    InvalidDomainError,
    MalformedValueError,
    NoProofError,
    PreviousProofError,
    ProofExpiredError,
    ProofGenerationError,
    ProofPurposeError,
    ProofVerificationError,
    UnsupportedCryptosuiteError,
)
from vclib.jsonld import ContextPolicy
from vclib.keys import SigningKey
from vclib.new_proofs import (
    ASSERTION_METHOD,
    NewProof,
    add_proof_set,
    prepare_proof,
    prepare_proof_set,
    proof_options,
)
from vclib.proof_sets import (
    base_proofs,
    check_chains,
    drop_base_proofs,
    is_base_proof,
    previous_proofs,
    proofs_of,
    secured_part,
    without_proofs,
)
from vclib.strict_json import JSONObject, JSONValue, json_type_name

__all__ = [
    "ALL_SUITES",
    "ASSERTION_METHOD",
    "AUTHENTICATION",
    "NewProof",
    "PreparedProof",
    "SignedProof",
    "VerifiedProof",
    "add_proof",
    "add_proof_set",
    "base_proofs",
    "derive",
    "drop_base_proofs",
    "is_base_proof",
    "mandatory_part",
    "prepare_proof_set",
    "proofs_of",
    "verify_proofs",
    "without_proofs",
]

# https://www.w3.org/TR/vc-data-integrity/#proof-purposes
AUTHENTICATION = "authentication"

# What is accepted unless a relying party says otherwise: no type of proof from before Data Integrity 1.0.
ALL_SUITES = frozenset(CRYPTOSUITES)
_VERIFIABLE = MappingProxyType({**CRYPTOSUITES, **OLDER_SUITES})

CLOCK_SKEW = timedelta(minutes=5)


@dataclass(frozen=True)
class VerifiedProof:
    """A proof that holds: its signature, its key's relationship, its times, and whom it was made for.

    `challenge` and `domain` were compared only if the caller asked for them.
    """

    proof: JSONObject
    cryptosuite: str
    method: VerificationMethod

    @property
    def created(self) -> datetime | None:
        """When the proof says it was made."""
        return parse_datetime(self.proof["created"]) if "created" in self.proof else None


def add_proof(
    document: JSONObject,
    *,
    cryptosuite: str,
    key: SigningKey,
    verification_method: str,
    created: datetime | None,
    purpose: str = ASSERTION_METHOD,
    expires: datetime | None = None,
    domain: str | None = None,
    challenge: str | None = None,
    proof_id: str | None = None,
    previous_proof: str | Sequence[str] | None = None,
    mandatory_pointers: Sequence[str] = (),
    contexts: ContextPolicy = jsonld.DEFAULT_CONTEXTS,
    hmac_key: bytes | None = None,
) -> JSONObject:
    """Return a copy of `document` with one more proof; the proofs it has are kept.

    Per https://www.w3.org/TR/vc-data-integrity/#add-proof-set-chain. A selective suite gives a base proof,
    whose `mandatory_pointers` nobody can hide; `hmac_key` (32 bytes) is random unless given. Times are
    written in UTC with whole seconds. The caller answers for `verification_method` naming the public half
    of `key`. Raises ProofGenerationError, UnsupportedKeyError, JSONLDError.
    """
    options = proof_options(
        id=proof_id,
        cryptosuite=cryptosuite,
        created=None if created is None else format_datetime(created),
        expires=None if expires is None else format_datetime(expires),
        verificationMethod=verification_method,
        proofPurpose=purpose,
        domain=domain,
        challenge=challenge,
        previousProof=previous_proof
        if previous_proof is None or isinstance(previous_proof, str)
        else [*previous_proof],
    )
    existing = proofs_of(document)
    try:
        check_chains([*existing, options])
        secured = secured_part(document, previous_proofs(options, existing))
    except PreviousProofError as err:
        raise ProofGenerationError(err.message) from err
    if cryptosuite in SELECTIVE_SUITES and previous_proof is not None:
        raise ProofGenerationError("a derived proof cannot show the proofs that its base proof was made upon")
    proof = (
        prepare_proof(
            secured, options, key, mandatory_pointers=mandatory_pointers, contexts=contexts, hmac_key=hmac_key
        )
        .sign()
        .write()
    )
    proofs: list[JSONValue] = [*existing, proof]
    return {**without_proofs(document), "proof": proofs if existing else proof}


def derive(
    document: JSONObject,
    *,
    selective_pointers: Sequence[str],
    contexts: ContextPolicy = jsonld.DEFAULT_CONTEXTS,
    cryptosuite: str | None = None,
    presentation_header: bytes = b"",
) -> JSONObject:
    """Return the part of `document` that the pointers select, with a derived proof and no other.

    It is derived from the first base proof, or the first of `cryptosuite`. Raises ProofGenerationError if
    there is none, PointerError for a pointer that selects nothing.
    """
    proof = _base_proof(document, cryptosuite)
    return SELECTIVE_SUITES[str(proof["cryptosuite"])].derive(
        without_proofs(document),
        proof,
        selective_pointers=selective_pointers,
        contexts=contexts,
        presentation_header=presentation_header,
    )


def mandatory_part(document: JSONObject, *, cryptosuite: str | None = None) -> JSONObject | None:
    """Return what every document derived from the same base proof shows, unsecured; None if nothing.

    For telling a holder what cannot be withheld. Raises as `derive`.
    """
    proof = _base_proof(document, cryptosuite)
    pointers = SELECTIVE_SUITES[str(proof["cryptosuite"])].mandatory_pointers(proof)
    return select_json_ld(pointers, without_proofs(document))


def _base_proof(document: JSONObject, cryptosuite: str | None) -> JSONObject:
    suitable = [
        proof for proof in base_proofs(document) if cryptosuite is None or proof["cryptosuite"] == cryptosuite
    ]
    if not suitable:
        kind = "base proof" if cryptosuite is None else f"base proof of {cryptosuite[:40]}"
        raise ProofGenerationError(f"the document has no {kind} to derive from")
    return suitable[0]


def verify_proofs(
    document: JSONObject,
    *,
    purpose: str,
    resolve: Resolve,
    now: datetime,
    contexts: ContextPolicy = jsonld.DEFAULT_CONTEXTS,
    accepted_suites: Collection[str] = ALL_SUITES,
    challenge: str | None = None,
    domain: str | None = None,
    clock_skew: timedelta = CLOCK_SKEW,
) -> tuple[VerifiedProof, ...]:
    """Return the verified proofs of `document`, at least one.

    Every proof of an accepted suite must hold; those of other suites are passed over, and if there are no
    others that is UnsupportedCryptosuiteError. The types in OLDER_SUITES are accepted only where
    `accepted_suites` names them. `challenge` and `domain`, when given, must be exactly what each proof
    carries. Per https://www.w3.org/TR/vc-data-integrity/#verify-proof-sets-and-chains.

    Raises NoProofError, BaseProofPresentedError, ProofPurposeError, ProofExpiredError, InvalidDomainError,
    InvalidChallengeError, PreviousProofError or another ProofVerificationError; InvalidSignatureError;
    VerificationMethodError, DIDError, FetchError or KeyMaterialError for the key; JSONLDError for the
    document; MalformedValueError for a `proof` that is none.
    """
    proofs = proofs_of(document)
    if not proofs:
        raise NoProofError("the document has no proof")
    if any(is_base_proof(proof) for proof in proofs):
        raise BaseProofPresentedError(
            "expected derived proofs, found a base proof: its holder alone may have it"
        )
    names = [_suite_name(proof) for proof in proofs]
    accepted = [
        proof
        for proof, name in zip(proofs, names, strict=True)
        if name in _VERIFIABLE and name in accepted_suites
    ]
    if not accepted:
        raise UnsupportedCryptosuiteError(
            f"no proof is of an accepted cryptosuite, found {_suite_names(proofs)}"
        )
    for proof in accepted:
        _check_purpose(proof, purpose)
        _check_times(proof, now, clock_skew)
        _check_domain(proof, domain)
        _check_challenge(proof, challenge)
    check_chains(accepted)
    return tuple(
        _verify_proof(document, proof, accepted, resolve=resolve, now=now, contexts=contexts)
        for proof in accepted
    )


def _verify_proof(
    document: JSONObject,
    proof: JSONObject,
    proofs: Sequence[JSONObject],
    *,
    resolve: Resolve,
    now: datetime,
    contexts: ContextPolicy,
) -> VerifiedProof:
    suite = _VERIFIABLE[_suite_name(proof)]
    previous = previous_proofs(proof, proofs)
    if previous and suite.name in SELECTIVE_SUITES:
        raise PreviousProofError(f"a derived proof of {suite.name} cannot be made upon another proof")
    if "verificationMethod" not in proof:
        raise ProofVerificationError("expected the proof to name its verificationMethod, found none")
    purpose = str(proof["proofPurpose"])
    method = retrieve_verification_method(
        proof["verificationMethod"],
        relationship=purpose,
        resolve=resolve,
        at=_moment_of_use(proof, purpose, now),
    )
    suite.verify_proof(secured_part(document, previous), proof, method.public_key, contexts=contexts)
    return VerifiedProof(proof=proof, cryptosuite=suite.name, method=method)


def _moment_of_use(proof: JSONObject, purpose: str, now: datetime) -> datetime:
    """Return when the key has to have been good: for an assertion when it was made, else now.

    A credential outlives the key that signed it. An authentication is an act of this moment: whoever found a
    revoked key could otherwise write an old `created` and still log in with it.
    """
    if purpose == ASSERTION_METHOD and "created" in proof:
        return parse_datetime(proof["created"])
    return now


def _suite_name(proof: JSONObject) -> str:
    """Return the proof's cryptosuite, or its type for the older kind of proof that has none.

    Raises ProofVerificationError if it says neither.
    """
    proof_type, name = proof.get("type"), proof.get("cryptosuite")
    if not isinstance(proof_type, str):
        raise ProofVerificationError("expected the proof to have a type")
    if proof_type != PROOF_TYPE:
        return proof_type
    if not isinstance(name, str):
        raise ProofVerificationError("expected the proof to have a cryptosuite")
    return name


def _suite_names(proofs: Sequence[JSONObject]) -> str:
    return ", ".join(sorted({repr(_suite_name(proof)[:40]) for proof in proofs}))


def _check_purpose(proof: JSONObject, purpose: str) -> None:
    found = proof.get("proofPurpose")
    if found != purpose:
        shown = repr(found[:40]) if isinstance(found, str) else json_type_name(found)
        raise ProofPurposeError(f"expected a proof for {purpose}, found {shown}")


def _check_times(proof: JSONObject, now: datetime, clock_skew: timedelta) -> None:
    created, expires = _time(proof, "created"), _time(proof, "expires")
    if created is not None and created - now > clock_skew:
        raise ProofExpiredError(f"the proof was created in the future, at {format_datetime(created)}")
    if expires is not None and now - expires >= clock_skew:
        raise ProofExpiredError(f"the proof expired at {format_datetime(expires)}")
    if created is not None and expires is not None and created >= expires:
        raise ProofExpiredError("the proof was created after it had expired")


def _time(proof: JSONObject, member: str) -> datetime | None:
    if member not in proof:
        return None
    try:
        return parse_datetime(proof[member])
    except MalformedValueError as err:
        raise ProofVerificationError(f"the proof's {member}: {err.message}") from err


def _check_domain(proof: JSONObject, domain: str | None) -> None:
    """Check that the proof names the expected domain and no other: a set of exactly one."""
    if domain is None:
        return
    value = proof.get("domain")
    domains = value if isinstance(value, list) else [value]
    if domains != [domain]:
        found = "none" if "domain" not in proof else "another"
        raise InvalidDomainError(f"expected a proof for the domain {domain!r} alone, found {found}")


def _check_challenge(proof: JSONObject, challenge: str | None) -> None:
    if challenge is not None and proof.get("challenge") != challenge:
        found = "none" if "challenge" not in proof else "another"
        raise InvalidChallengeError(f"expected the challenge that was sent, the proof carries {found}")

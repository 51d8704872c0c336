"""Proofs that are made: what a suite is given, and sets of proofs made in one go for many documents.

Part of `vclib.proofs`, which is where callers find it. Source:
https://www.w3.org/TR/vc-data-integrity/#add-proof. Not here: chains, and proofs beside those that a document
has already (`vclib.proofs.add_proof`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from vclib import jsonld
from vclib.cryptosuites import PLAIN_SUITES, PROOF_TYPE, SELECTIVE_SUITES
from vclib.cryptosuites.base import PreparedProof, SignedProof
from vclib.datetimes import format_datetime
from vclib.errors import ProofGenerationError
from vclib.jsonld import ContextPolicy
from vclib.keys import SigningKey
from vclib.proof_sets import with_proofs
from vclib.strict_json import JSONObject, JSONValue

# https://www.w3.org/TR/vc-data-integrity/#proof-purposes
ASSERTION_METHOD = "assertionMethod"


@dataclass(frozen=True)
class NewProof:
    """What a proof of a new proof set is made with; the members are those of `add_proof`.

    One may serve for many documents: what depends on it alone is worked out once.
    """

    cryptosuite: str
    key: SigningKey
    verification_method: str
    created: datetime | None
    mandatory_pointers: tuple[str, ...] = ()

    @cached_property
    def options(self) -> JSONObject:
        """The proof without its value; not to be changed."""
        return proof_options(
            cryptosuite=self.cryptosuite,
            created=None if self.created is None else format_datetime(self.created),
            verificationMethod=self.verification_method,
            proofPurpose=ASSERTION_METHOD,
        )


def add_proof_set(
    document: JSONObject,
    proofs: Sequence[NewProof],
    *,
    contexts: ContextPolicy = jsonld.DEFAULT_CONTEXTS,
) -> JSONObject:
    """Return a copy of a document without proofs with these, in their order, as assertions.

    The same as `add_proof` for one after the other, but the document is read once. Raises as it does, and
    ProofGenerationError for a document that has a proof.
    """
    return prepare_proof_set(document, proofs, contexts=contexts).sign().write()


def prepare_proof_set(
    document: JSONObject,
    proofs: Sequence[NewProof],
    *,
    contexts: ContextPolicy = jsonld.DEFAULT_CONTEXTS,
) -> PreparedProof:
    """Return what `add_proof_set` does, to be signed and written; nobody changes the document until then.

    Raises as it does, at once for a document that cannot be signed.
    """
    if "proof" in document:
        raise ProofGenerationError("expected a document without a proof to make a proof set for")
    with jsonld.shared_readings():
        prepared = [
            prepare_proof(
                document, new.options, new.key, mandatory_pointers=new.mandatory_pointers, contexts=contexts
            )
            for new in proofs
        ]

    def sign() -> SignedProof:
        signed = [proof.sign() for proof in prepared]
        return SignedProof(lambda: with_proofs(document, [proof.write() for proof in signed]))

    return PreparedProof(sign)


def prepare_proof(
    secured: JSONObject,
    options: JSONObject,
    key: SigningKey,
    *,
    mandatory_pointers: Sequence[str],
    contexts: ContextPolicy,
    hmac_key: bytes | None = None,
) -> PreparedProof:
    """Return the proof of the suite that the options name, to be signed.

    Raises ProofGenerationError, UnsupportedKeyError, JSONLDError.
    """
    cryptosuite = str(options["cryptosuite"])
    if cryptosuite in SELECTIVE_SUITES:
        return SELECTIVE_SUITES[cryptosuite].prepare_base_proof(
            secured, options, key, mandatory_pointers=mandatory_pointers, contexts=contexts, hmac_key=hmac_key
        )
    if cryptosuite in PLAIN_SUITES:
        if mandatory_pointers or hmac_key is not None:
            raise ProofGenerationError(f"{cryptosuite} covers the whole document and takes no pointers")
        return PLAIN_SUITES[cryptosuite].prepare_proof(secured, options, key, contexts=contexts)
    raise ProofGenerationError(f"the cryptosuite {cryptosuite[:40]!r} is not supported")


def proof_options(**members: JSONValue) -> JSONObject:
    """Return the options of a proof: those members that are not None."""
    present: JSONObject = {name: value for name, value in members.items() if value is not None}
    return {"type": PROOF_TYPE, **present}

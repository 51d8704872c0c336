"""What a cryptosuite is: the two protocols that every suite fits, and the checks common to all.

A suite turns a document and proof options into bytes, and signs or verifies them. It does not look for the
key, the time, the purpose, the domain or the challenge: `vclib.proofs` does, the same for every suite.
Suites are stateless and hold no secrets. Source: https://www.w3.org/TR/vc-data-integrity/#cryptographic-suites.

In every method `document` is the unsecured document, without `proof`; `options` is the proof without
`proofValue`, and `proof` the whole proof. None of them is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from vclib import jcs, jsonld
from vclib.datetimes import parse_datetime
from vclib.encoding import decode_multibase
from vclib.errors import (
    EncodingError,
    MalformedValueError,
    ProofGenerationError,
    ProofVerificationError,
    UnsupportedCryptosuiteError,
    UnsupportedKeyError,
)
from vclib.jsonld import ContextPolicy
from vclib.keys import KeyType, PublicKey, SigningKey
from vclib.strict_json import JSONObject, json_type_name

# https://www.w3.org/TR/vc-data-integrity/#dataintegrityproof
PROOF_TYPE = "DataIntegrityProof"


@dataclass(frozen=True)
class SignedProof:
    """A proof that is signed; `write` returns it as JSON."""

    write: Callable[[], JSONObject]


@dataclass(frozen=True)
class PreparedProof:
    """A proof whose document was read; `sign` signs it.

    Whoever makes thousands does each step for all of them, because the code and tables of one step have left
    the processor's caches when the others are done (docs/decisions/0355).
    """

    sign: Callable[[], SignedProof]


class Cryptosuite(Protocol):
    """A suite whose proof covers the whole document."""

    @property
    def name(self) -> str:
        """The suite's identifier, the value of `proof.cryptosuite`."""

    @property
    def key_types(self) -> frozenset[KeyType]:
        """The types of key the suite signs and verifies with."""

    def prepare_proof(
        self, document: JSONObject, options: JSONObject, key: SigningKey, *, contexts: ContextPolicy
    ) -> PreparedProof:
        """Return the proof over `document`, to be signed.

        Raises UnsupportedKeyError for a key of another type, ProofGenerationError for options of another
        suite, JSONLDError or ProofTransformationError for a document that cannot be signed.
        """

    def verify_proof(
        self, document: JSONObject, proof: JSONObject, public_key: PublicKey, *, contexts: ContextPolicy
    ) -> None:
        """Return if `proof` holds for `document`.

        Raises UnsupportedKeyError, InvalidSignatureError, JSONLDError, or ProofVerificationError, also for a
        `proofValue` that is not of the form the suite writes.
        """


class SelectiveCryptosuite(Protocol):
    """A suite whose base proof lets the holder derive proofs over parts of the document."""

    @property
    def name(self) -> str:
        """The suite's identifier, the value of `proof.cryptosuite`."""

    @property
    def key_types(self) -> frozenset[KeyType]:
        """The types of key the suite signs and verifies with."""

    def prepare_base_proof(
        self,
        document: JSONObject,
        options: JSONObject,
        key: SigningKey,
        *,
        mandatory_pointers: Sequence[str],
        contexts: ContextPolicy,
        hmac_key: bytes | None = None,
    ) -> PreparedProof:
        """Return the base proof, to be signed; what `mandatory_pointers` (RFC 6901) select is never hidden.

        `hmac_key` (32 bytes) shuffles the blank node labels; without one a random key is made. Raises as
        `Cryptosuite.prepare_proof`.
        """

    def derive(
        self,
        document: JSONObject,
        proof: JSONObject,
        *,
        selective_pointers: Sequence[str],
        contexts: ContextPolicy,
        presentation_header: bytes = b"",
    ) -> JSONObject:
        """Return the reduced document with its derived proof, from the base proof `proof`.

        Raises PointerError for a pointer that selects nothing, ProofGenerationError if nothing would be
        shown or the suite has no presentation header and one was given.
        """

    def verify_proof(
        self, document: JSONObject, proof: JSONObject, public_key: PublicKey, *, contexts: ContextPolicy
    ) -> None:
        """Return if the derived proof holds; BaseProofPresentedError for a base proof."""

    def is_base_proof(self, proof: JSONObject) -> bool:
        """Say whether `proof.proofValue` begins as this suite's base proofs do."""

    def mandatory_pointers(self, proof: JSONObject) -> tuple[str, ...]:
        """Return the mandatory pointers that a base proof carries."""


def check_options(suite_name: str, options: JSONObject, *, proof_type: str = PROOF_TYPE) -> None:
    """Return if the options of a proof to be verified are of the suite named, with well-formed times.

    This is the part of "proof configuration" that every suite has. A `proof_type` other than
    DataIntegrityProof is a suite by itself and has no `cryptosuite`. Raises UnsupportedCryptosuiteError for
    another type or suite, ProofVerificationError for a `created` or `expires` that is no date-time.
    """
    if options.get("type") != proof_type:
        raise UnsupportedCryptosuiteError(f"expected a proof of type {proof_type}")
    if proof_type == PROOF_TYPE and options.get("cryptosuite") != suite_name:
        raise UnsupportedCryptosuiteError(f"expected a proof of cryptosuite {suite_name}")
    if proof_type != PROOF_TYPE and "cryptosuite" in options:
        raise UnsupportedCryptosuiteError(f"expected a proof of type {proof_type} without a cryptosuite")
    for member in ("created", "expires"):
        if member in options:
            try:
                parse_datetime(options[member])
            except MalformedValueError as err:
                raise ProofVerificationError(f"the proof's {member}: {err.message}") from err


def check_new_options(suite_name: str, options: JSONObject, *, proof_type: str = PROOF_TYPE) -> None:
    """Return if a new proof of the suite may be made from `options`; else ProofGenerationError."""
    try:
        check_options(suite_name, options, proof_type=proof_type)
    except ProofVerificationError as err:
        raise ProofGenerationError(f"proof options are unfit: {err.message}") from err
    if "proofValue" in options:
        raise ProofGenerationError("proof options already carry a proofValue")


def check_key_type(suite_name: str, key_types: frozenset[KeyType], public_key: PublicKey) -> None:
    """Return if the suite works with keys of this type, before any arithmetic; else UnsupportedKeyError."""
    if public_key.key_type not in key_types:
        expected = " or ".join(sorted(key_types))
        raise UnsupportedKeyError(f"{suite_name} needs a key of type {expected}, found {public_key.key_type}")


def decode_proof_value(proof: JSONObject, *, base: str) -> bytes:
    """Return the bytes of `proof.proofValue`, which must be multibase text with the prefix `base`.

    A damaged value says something about the proof, not about the document's form, so what comes is
    ProofVerificationError (PROOF_VERIFICATION_ERROR).
    """
    value = proof.get("proofValue")
    if not isinstance(value, str):
        found = json_type_name(value) if "proofValue" in proof else "none"
        raise ProofVerificationError(f"expected proofValue to be a string, found {found}")
    try:
        return decode_multibase(value, bases=base)
    except EncodingError as err:
        raise ProofVerificationError(f"proofValue: {err.message}") from err


def without_proof_value(proof: JSONObject) -> JSONObject:
    """Return a copy of `proof` without `proofValue`: its options."""
    return {name: value for name, value in proof.items() if name != "proofValue"}


def rdfc_proof_config(options: JSONObject, document: JSONObject) -> JSONObject:
    """Return the options as the RDFC suites canonicalize them: with the document's `@context`.

    See https://www.w3.org/TR/vc-di-ecdsa/#proof-configuration-ecdsa-rdfc-2019. An `@context` that the proof
    has itself is replaced there, so it would be outside the signature and could still mislead a later
    reader. Unless it equals the document's, this raises ProofVerificationError.
    """
    if "@context" in options:
        own = jcs.canonicalize(options["@context"])
        if "@context" not in document or own != jcs.canonicalize(document["@context"]):
            raise ProofVerificationError("the proof's @context is not the document's, and it is not signed")
    return {**options, "@context": document["@context"]} if "@context" in document else dict(options)


def canonical_proof_config(
    options: JSONObject, document: JSONObject, hash_name: str, contexts: ContextPolicy
) -> bytes:
    """Return the canonical N-Quads of `rdfc_proof_config`. Raises as it does, and as `jsonld.read`."""
    urls = document.get("@context")
    items = tuple(options.items())
    # Equal texts are the same options; of numbers and booleans that is not so.
    if (
        "@context" in options
        or type(urls) is not list
        or not all(type(text) is str for text in (*urls, *options.values()))
    ):
        return _canonical_config(options, document, hash_name, contexts)
    key = (hash_name, contexts, *urls, items)
    known = jsonld.SHAPES.cache.get(key)
    if isinstance(known, _KnownConfig):
        return known.nquads
    nquads = _canonical_config(options, document, hash_name, contexts)
    if jsonld.SHAPES.cache.is_worth_keeping(key):
        jsonld.SHAPES.cache.keep(key, _KnownConfig(nquads))
    return nquads


@dataclass(frozen=True)
class _KnownConfig:
    """Proof options in their canonical form; an issuer's proofs of one second have the same."""

    nquads: bytes

    @property
    def bytes(self) -> int:
        """The bytes, at least, with those of the options."""
        return 1_000 + 8 * len(self.nquads)


def _canonical_config(
    options: JSONObject, document: JSONObject, hash_name: str, contexts: ContextPolicy
) -> bytes:
    return jsonld.canonical_nquads(
        rdfc_proof_config(options, document), contexts=contexts, hash_name=hash_name
    )

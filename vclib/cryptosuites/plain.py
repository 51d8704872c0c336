"""The pipeline of the four suites that sign a whole document: transform, hash, sign or verify.

They differ in two things only. How a document becomes bytes: RDF Dataset Canonicalization (`-rdfc-`) or the
JSON Canonicalization Scheme (`-jcs-`). And which keys sign: Ed25519, or ECDSA over P-256 and P-384, where the
key's curve names the hash. Everything else is here once. Numbers of steps are those of
https://www.w3.org/TR/vc-di-eddsa/#eddsa-rdfc-2022, https://www.w3.org/TR/vc-di-eddsa/#eddsa-jcs-2022,
https://www.w3.org/TR/vc-di-ecdsa/#ecdsa-rdfc-2019 and https://www.w3.org/TR/vc-di-ecdsa/#ecdsa-jcs-2019.
Not here: keys, times, purposes, domains and challenges (`vclib.proofs`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from vclib import jcs, jsonld
from vclib.cryptosuites.base import (
    PROOF_TYPE,
    PreparedProof,
    SignedProof,
    canonical_proof_config,
    check_key_type,
    check_new_options,
    check_options,
    decode_proof_value,
    without_proof_value,
)
from vclib.encoding import encode_multibase
from vclib.errors import ProofVerificationError
from vclib.jsonld import ContextPolicy
from vclib.keys import KeyType, PublicKey, SigningKey
from vclib.strict_json import JSONObject, JSONValue

# The hash for canonicalization and for both halves of the hash data. "One must use the hash algorithm
# appropriate in security level to the curve": https://www.w3.org/TR/vc-di-ecdsa/#hashing-ecdsa-rdfc-2019.
HASH_NAMES: Mapping[KeyType, str] = MappingProxyType(
    {KeyType.ED25519: "sha256", KeyType.P256: "sha256", KeyType.P384: "sha384"}
)

# Looking a hash up by its name takes OpenSSL longer than hashing this little.
_HASHES = MappingProxyType({"sha256": hashlib.sha256, "sha384": hashlib.sha384})

# r || s or R || S, in bytes.
SIGNATURE_LENGTHS: Mapping[KeyType, int] = MappingProxyType(
    {KeyType.ED25519: 64, KeyType.P256: 64, KeyType.P384: 96}
)


@dataclass(frozen=True)
class RDFCTransformation:
    """The `-rdfc-` way: what is signed is the statements that document and options stand for."""

    def add_context(self, options: JSONObject, document: JSONObject) -> JSONObject:
        """Return the members that the new proof will have: the options, unchanged."""
        return dict(options)

    def signed_document(
        self, document: JSONObject, options: JSONObject, contexts: ContextPolicy
    ) -> JSONObject:
        """Return the document that a proof with these options covers: the document itself."""
        return document

    def document_bytes(self, document: JSONObject, hash_name: str, contexts: ContextPolicy) -> bytes:
        """Return the canonical N-Quads of `document`."""
        return jsonld.canonical_nquads(document, contexts=contexts, hash_name=hash_name)

    def proof_config_bytes(
        self, options: JSONObject, document: JSONObject, hash_name: str, contexts: ContextPolicy
    ) -> bytes:
        """Return the canonical N-Quads of the options under the document's `@context`.

        Raises ProofVerificationError for a proof with another `@context` of its own.
        """
        return canonical_proof_config(options, document, hash_name, contexts)


@dataclass(frozen=True)
class JCSTransformation:
    """The `-jcs-` way: what is signed is the JSON itself, in its one canonical spelling."""

    def add_context(self, options: JSONObject, document: JSONObject) -> JSONObject:
        """Return the members that the new proof will have.

        Create Proof, step 2: the proof keeps the document's `@context`, so that it still verifies after
        somebody else has appended a context of theirs.
        """
        return {**options, "@context": document["@context"]} if "@context" in document else dict(options)

    def signed_document(
        self, document: JSONObject, options: JSONObject, contexts: ContextPolicy
    ) -> JSONObject:
        """Return the document that a proof with these options covers: with the proof's `@context`.

        Verify Proof, step 4. Contexts that were appended after signing must leave every statement as it was:
        the caller goes on to read the document as it came, not the one that was signed. Raises
        ProofVerificationError, or JSONLDError if the two cannot be compared.
        """
        if "@context" not in options:
            return document
        signed_contexts, found = _as_list(options["@context"]), _as_list(document.get("@context", []))
        # 4.1 Check that the document's @context starts with all values of the proof's, in the same order.
        if not _equal(signed_contexts, found[: len(signed_contexts)]):
            raise ProofVerificationError("the document's @context does not start with the proof's @context")
        if len(found) == len(signed_contexts) and type(options["@context"]) is type(document.get("@context")):
            return document
        # 4.2 Set unsecuredDocument.@context equal to proofOptions.@context.
        signed = {**document, "@context": options["@context"]}
        if len(found) > len(signed_contexts) and not _same_statements(signed, document, contexts):
            raise ProofVerificationError("contexts after the signed ones change what the document says")
        return signed

    def document_bytes(self, document: JSONObject, hash_name: str, contexts: ContextPolicy) -> bytes:
        """Return the canonical JSON of `document`.

        The context policy is not part of the JCS suites, but without it a context that redefines a term
        could ride along under any signature (Data Integrity 1.0, context validation).
        """
        return jsonld.canonical_json(document, contexts=contexts)

    def proof_config_bytes(
        self, options: JSONObject, document: JSONObject, hash_name: str, contexts: ContextPolicy
    ) -> bytes:
        """Return the canonical JSON of the options."""
        return jsonld.canonical_json_of_options(options)


Transformation = RDFCTransformation | JCSTransformation


def hash_data(document_bytes: bytes, proof_config_bytes: bytes, hash_name: str) -> bytes:
    """Return the bytes to be signed: the hash of the proof configuration, then that of the document."""
    digest = _HASHES[hash_name]
    return digest(proof_config_bytes).digest() + digest(document_bytes).digest()


@dataclass(frozen=True)
class PlainCryptosuite:
    """One suite: a name, a way to transform, and the keys it works with. Fits the protocol Cryptosuite.

    `proof_type` is another than DataIntegrityProof for the older suites, which are types of their own.
    """

    name: str
    key_types: frozenset[KeyType]
    transformation: Transformation
    proof_type: str = PROOF_TYPE

    def prepare_proof(
        self, document: JSONObject, options: JSONObject, key: SigningKey, *, contexts: ContextPolicy
    ) -> PreparedProof:
        """Return the proof over `document`, to be signed; see Cryptosuite.prepare_proof."""
        check_key_type(self.name, self.key_types, key.public_key)
        check_new_options(self.name, options, proof_type=self.proof_type)
        proof = self.transformation.add_context(options, document)
        data = self.hash_data(document, proof, key.public_key.key_type, contexts=contexts)

        def sign() -> SignedProof:
            signature = key.sign(data)
            return SignedProof(lambda: {**proof, "proofValue": encode_multibase(signature, base="z")})

        return PreparedProof(sign)

    def verify_proof(
        self, document: JSONObject, proof: JSONObject, public_key: PublicKey, *, contexts: ContextPolicy
    ) -> None:
        """Return if `proof` holds for `document`; see Cryptosuite.verify_proof."""
        check_key_type(self.name, self.key_types, public_key)
        check_options(self.name, proof, proof_type=self.proof_type)
        # 1, 2. `document` comes without its proofs; the options are the proof without its value.
        options = without_proof_value(proof)
        # 3. Decode the proof value. Lengths are checked here so that the refusal can say what was expected.
        signature = decode_proof_value(proof, base="z")
        expected = SIGNATURE_LENGTHS[public_key.key_type]
        if len(signature) != expected:
            raise ProofVerificationError(f"expected a signature of {expected} bytes, found {len(signature)}")
        # 4. (JCS) Take the proof's @context. 5, 6, 7. Transform, configure, hash. 8. Verify.
        signed = self.transformation.signed_document(document, options, contexts)
        public_key.verify(signature, self.hash_data(signed, options, public_key.key_type, contexts=contexts))

    def hash_data(
        self, document: JSONObject, options: JSONObject, key_type: KeyType, *, contexts: ContextPolicy
    ) -> bytes:
        """Return the bytes that a key of `key_type` signs: 64 bytes, or 96 for P-384."""
        hash_name = HASH_NAMES[key_type]
        document_bytes = self.transformation.document_bytes(document, hash_name, contexts)
        config_bytes = self.transformation.proof_config_bytes(options, document, hash_name, contexts)
        return hash_data(document_bytes, config_bytes, hash_name)


def _as_list(value: JSONValue) -> list[JSONValue]:
    return value if isinstance(value, list) else [value]


def _equal(first: JSONValue, second: JSONValue) -> bool:
    if (
        isinstance(first, list)
        and isinstance(second, list)
        and {*map(type, first), *map(type, second)} == {str}
    ):
        return first == second
    # Python says True == 1 and 1 == 1.0; JSON does not.
    return jcs.canonicalize(first) == jcs.canonicalize(second)


def _same_statements(first: JSONObject, second: JSONObject, contexts: ContextPolicy) -> bool:
    return jsonld.canonical_nquads(first, contexts=contexts) == jsonld.canonical_nquads(
        second, contexts=contexts
    )

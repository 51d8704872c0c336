"""ecdsa-sd-2023: one P-256 signature for every statement that may be hidden.

The issuer signs each statement that is not mandatory with a key made for this credential alone, and with
its own key that key, the hash of the mandatory statements and the proof options. The holder keeps all of
it (the base proof) and shows some statements with their signatures (a derived proof). Two derived proofs of
one credential share signatures, so whoever sees both can link them; `bbs-2023` avoids that.

ECDSA signatures have two valid forms each, (r, s) and (r, n - s): a proof value never identifies a proof.
Steps are those of https://www.w3.org/TR/vc-di-ecdsa/#ecdsa-sd-2023. Not here: which statements there are
(`selective`), keys, times, purposes, domains and challenges (`vclib.proofs`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vclib.cryptosuites.base import (
    PreparedProof,
    SignedProof,
    check_key_type,
    check_new_options,
    check_options,
    decode_proof_value,
)
from vclib.cryptosuites.labels import check_hmac_key, hmac_label_map_factory, new_hmac_key
from vclib.cryptosuites.proof_values import (
    HEADER_BYTES,
    CBORValue,
    bytes_component,
    bytes_list_component,
    decode_components,
    encode_proof_value,
    index_list_component,
    map_component,
    text_list_component,
)
from vclib.cryptosuites.selective import (
    canonicalize_and_group,
    create_verify_data,
    disclose,
    hash_nquads,
    proof_hash,
)
from vclib.encoding import decode_base64url, encode_base64url
from vclib.errors import (
    BaseProofPresentedError,
    KeyMaterialError,
    ProofGenerationError,
    ProofVerificationError,
)
from vclib.jsonld import ContextPolicy
from vclib.keys import EphemeralKey, KeyType, PublicKey, SigningKey
from vclib.strict_json import JSONObject

BASE_HEADER = bytes.fromhex("d95d00")
DERIVED_HEADER = bytes.fromhex("d95d01")
# The header's three bytes are exactly the first four characters of base64url.
_BASE_PREFIX = "u" + encode_base64url(BASE_HEADER)

SIGNATURE_BYTES = 64
# The P-256 key's Multikey prefix (0x1200 as varint) and its compressed point. The specification's text says
# 36 bytes in one place; its own description, and its vectors, have 35.
_MULTIKEY_PREFIX = bytes.fromhex("8024")
PROOF_KEY_BYTES = 35
HMAC_BYTES = 32


@dataclass(frozen=True)
class BaseProof:
    """The components of a base proof, https://www.w3.org/TR/vc-di-ecdsa/#serializebaseproofvalue.

    `hmac_key` is a secret of the holder's, and must not be shown.
    """

    base_signature: bytes
    proof_key: bytes
    hmac_key: bytes
    signatures: tuple[bytes, ...]
    mandatory_pointers: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<BaseProof of {len(self.signatures)} signatures, not shown>"

    def encode(self) -> str:
        """Return the proof value."""
        components: list[CBORValue] = [
            self.base_signature,
            self.proof_key,
            self.hmac_key,
            [*self.signatures],
            [*self.mandatory_pointers],
        ]
        return encode_proof_value(BASE_HEADER, components)

    @classmethod
    def decode(cls, proof: JSONObject) -> BaseProof:
        """Return the components of a base proof; ProofVerificationError if it is none."""
        decoded = decode_proof_value(proof, base="u")
        if decoded[:HEADER_BYTES] != BASE_HEADER:
            raise ProofVerificationError("expected an ecdsa-sd-2023 base proof, found another header")
        signature, key, hmac_key, signatures, pointers = decode_components(decoded[HEADER_BYTES:], 5)
        return cls(
            base_signature=bytes_component(signature, "base signature", SIGNATURE_BYTES),
            proof_key=bytes_component(key, "proof-scoped key", PROOF_KEY_BYTES),
            hmac_key=bytes_component(hmac_key, "HMAC key", HMAC_BYTES),
            signatures=bytes_list_component(signatures, "signatures", SIGNATURE_BYTES),
            mandatory_pointers=text_list_component(pointers, "mandatory pointers"),
        )


@dataclass(frozen=True)
class DerivedProof:
    """The components of a derived proof, https://www.w3.org/TR/vc-di-ecdsa/#serializederivedproofvalue.

    `label_map` is from canonical labels to signed labels, "c14n0" to "u3Lv2Q...".
    """

    base_signature: bytes
    proof_key: bytes
    signatures: tuple[bytes, ...]
    label_map: Mapping[str, str]
    mandatory_indexes: tuple[int, ...]

    def encode(self) -> str:
        """Return the proof value."""
        components: list[CBORValue] = [
            self.base_signature,
            self.proof_key,
            [*self.signatures],
            # https://www.w3.org/TR/vc-di-ecdsa/#compresslabelmap
            {int(label[4:]): decode_base64url(value[1:]) for label, value in self.label_map.items()},
            [*self.mandatory_indexes],
        ]
        return encode_proof_value(DERIVED_HEADER, components)

    @classmethod
    def decode(cls, proof: JSONObject) -> DerivedProof:
        """Return the components of a derived proof.

        Raises BaseProofPresentedError for a base proof, ProofVerificationError for what is neither.
        """
        decoded = decode_proof_value(proof, base="u")
        if decoded[:HEADER_BYTES] == BASE_HEADER:
            raise BaseProofPresentedError("expected a derived proof, found an ecdsa-sd-2023 base proof")
        if decoded[:HEADER_BYTES] != DERIVED_HEADER:
            raise ProofVerificationError("expected an ecdsa-sd-2023 derived proof, found another header")
        signature, key, signatures, label_map, indexes = decode_components(decoded[HEADER_BYTES:], 5)
        return cls(
            base_signature=bytes_component(signature, "base signature", SIGNATURE_BYTES),
            proof_key=bytes_component(key, "proof-scoped key", PROOF_KEY_BYTES),
            signatures=bytes_list_component(signatures, "signatures", SIGNATURE_BYTES),
            # https://www.w3.org/TR/vc-di-ecdsa/#decompresslabelmap
            label_map={
                f"c14n{number}": "u" + encode_base64url(bytes_component(value, "label", HMAC_BYTES))
                for number, value in map_component(label_map, "label map").items()
            },
            mandatory_indexes=index_list_component(indexes, "mandatory indexes"),
        )


@dataclass(frozen=True)
class EcdsaSd2023:
    """The suite; fits the protocol SelectiveCryptosuite."""

    name: str = "ecdsa-sd-2023"
    key_types: frozenset[KeyType] = frozenset({KeyType.P256})

    def prepare_base_proof(
        self,
        document: JSONObject,
        options: JSONObject,
        key: SigningKey,
        *,
        mandatory_pointers: Sequence[str],
        contexts: ContextPolicy,
        hmac_key: bytes | None = None,
        unsafe_proof_key: SigningKey | None = None,
    ) -> PreparedProof:
        """Return the base proof, to be signed; see SelectiveCryptosuite.prepare_base_proof.

        The proof-scoped key is made when it is signed, and forgotten. `unsafe_proof_key` replaces it, so that
        published vectors can be reproduced: used for two credentials, it would let their holders mix them.
        """
        check_key_type(self.name, self.key_types, key.public_key)
        check_new_options(self.name, options)
        proof_hmac_key = new_hmac_key() if hmac_key is None else hmac_key
        check_hmac_key(proof_hmac_key)
        # Base Proof Transformation and Hashing.
        statements = canonicalize_and_group(
            document,
            {"mandatory": mandatory_pointers},
            hmac_label_map_factory(proof_hmac_key),
            contexts=contexts,
        )
        options_hash = proof_hash(options, document, contexts=contexts)
        mandatory_hash = hash_nquads(statements.matching("mandatory").values())
        messages = [nquad.encode("utf-8") for nquad in statements.non_matching("mandatory").values()]
        pointers = tuple(mandatory_pointers)

        def sign() -> SignedProof:
            # Base Proof Serialization. 2. and 3. Sign every statement that may be hidden.
            scoped_key: SigningKey
            if unsafe_proof_key is None:
                scoped_key = own_key = EphemeralKey()
                signatures = own_key.sign_each(messages)
            else:
                scoped_key = unsafe_proof_key
                signatures = tuple(map(scoped_key.sign, messages))
            # 4. to 6. Bind the key by a signature of the issuer's.
            proof_key = _MULTIKEY_PREFIX + scoped_key.public_key.key_bytes
            base_signature = key.sign(serialize_sign_data(options_hash, proof_key, mandatory_hash))
            base = BaseProof(base_signature, proof_key, proof_hmac_key, signatures, pointers)
            return SignedProof(lambda: {**options, "proofValue": base.encode()})

        return PreparedProof(sign)

    def derive(
        self,
        document: JSONObject,
        proof: JSONObject,
        *,
        selective_pointers: Sequence[str],
        contexts: ContextPolicy,
        presentation_header: bytes = b"",
    ) -> JSONObject:
        """Return the reduced document with its derived proof; see SelectiveCryptosuite.derive.

        Raises ProofGenerationError for a base proof that is of another document. Whether the signatures
        hold is not checked: that takes the issuer's key, and `verify_proof` on what comes out.
        """
        if presentation_header:
            raise ProofGenerationError("ecdsa-sd-2023 proofs have no presentation header")
        base = BaseProof.decode(proof)
        disclosure = disclose(
            document,
            mandatory_pointers=base.mandatory_pointers,
            selective_pointers=selective_pointers,
            label_map_factory=hmac_label_map_factory(base.hmac_key),
            contexts=contexts,
        )
        signed = len(disclosure.statements.non_matching("mandatory"))
        if signed != len(base.signatures):
            raise ProofGenerationError(
                f"the base proof signs {len(base.signatures)} statements, the document has {signed}"
            )
        derived = DerivedProof(
            base_signature=base.base_signature,
            proof_key=base.proof_key,
            signatures=tuple(base.signatures[index] for index in disclosure.selective_indexes),
            label_map=disclosure.label_map,
            mandatory_indexes=disclosure.mandatory_indexes,
        )
        return {**disclosure.document, "proof": {**proof, "proofValue": derived.encode()}}

    def verify_proof(
        self, document: JSONObject, proof: JSONObject, public_key: PublicKey, *, contexts: ContextPolicy
    ) -> None:
        """Return if the derived proof holds; see SelectiveCryptosuite.verify_proof."""
        check_key_type(self.name, self.key_types, public_key)
        check_options(self.name, proof)
        derived = DerivedProof.decode(proof)
        data = create_verify_data(
            document,
            proof,
            label_map=derived.label_map,
            mandatory_indexes=derived.mandatory_indexes,
            contexts=contexts,
        )
        # 3. As many signatures as statements that are not mandatory.
        if len(derived.signatures) != len(data.non_mandatory):
            raise ProofVerificationError(
                f"{len(derived.signatures)} signatures for {len(data.non_mandatory)} disclosed statements"
            )
        # 4. to 7. The issuer's signature, and with it the proof-scoped key.
        public_key.verify(
            derived.base_signature,
            serialize_sign_data(data.proof_hash, derived.proof_key, data.mandatory_hash),
        )
        # 8. Each disclosed statement by its own signature.
        scoped_key = _parse_proof_key(derived.proof_key)
        for signature, nquad in zip(derived.signatures, data.non_mandatory, strict=True):
            scoped_key.verify(signature, nquad.encode("utf-8"))

    def is_base_proof(self, proof: JSONObject) -> bool:
        """Say whether `proof.proofValue` begins as this suite's base proofs do."""
        value = proof.get("proofValue")
        return isinstance(value, str) and value.startswith(_BASE_PREFIX)

    def mandatory_pointers(self, proof: JSONObject) -> tuple[str, ...]:
        """Return the mandatory pointers of a base proof; ProofVerificationError if it is none."""
        return BaseProof.decode(proof).mandatory_pointers


def serialize_sign_data(options_hash: bytes, proof_key: bytes, mandatory_hash: bytes) -> bytes:
    """Return what the issuer's key signs: https://www.w3.org/TR/vc-di-ecdsa/#serializesigndata."""
    return options_hash + proof_key + mandatory_hash


def _parse_proof_key(proof_key: bytes) -> PublicKey:
    if not proof_key.startswith(_MULTIKEY_PREFIX):
        raise ProofVerificationError("the proof-scoped key is not a P-256 Multikey")
    try:
        return PublicKey(KeyType.P256, proof_key[len(_MULTIKEY_PREFIX) :])
    except KeyMaterialError as err:
        raise ProofVerificationError(f"the proof-scoped key: {err.message}") from err


ECDSA_SD_2023 = EcdsaSd2023()

"""bbs-2023: one BBS signature over all statements, and proofs of it that cannot be linked.

The issuer signs the statements that may be hidden as messages, and as header the hashes of the proof options
and of the mandatory statements. The holder proves to know that signature, shows some statements, and the
proof shares nothing with the next one but what is shown. What stays visible: the number of statements in all,
the label and position of each shown one, and whatever the mandatory statements themselves give away
(https://www.w3.org/TR/vc-di-bbs/#privacy-considerations).

Baseline only. The optional features (anonymous holder binding, credential-bound pseudonyms) have header bytes
of their own and are refused by name. Steps are those of https://www.w3.org/TR/vc-di-bbs/#bbs-2023.
Not here: the signature scheme (`vclib.bbs`), which statements there are (`selective`), keys, times,
purposes, domains and challenges (`vclib.proofs`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from vclib import bbs
from vclib.cryptosuites.base import (
    PreparedProof,
    SignedProof,
    check_key_type,
    check_new_options,
    check_options,
    decode_proof_value,
)
from vclib.cryptosuites.labels import check_hmac_key, new_hmac_key, shuffled_label_map_factory
from vclib.cryptosuites.proof_values import (
    HEADER_BYTES,
    CBORValue,
    bytes_component,
    decode_components,
    encode_proof_value,
    index_list_component,
    map_component,
    text_list_component,
)
from vclib.cryptosuites.selective import (
    canonicalize_and_group,
    check_ascending,
    create_verify_data,
    disclose,
    hash_nquads,
    proof_hash,
)
from vclib.encoding import encode_base64url
from vclib.errors import (
    BaseProofPresentedError,
    CryptographicSecurityError,
    KeyMaterialError,
    ProofGenerationError,
    ProofVerificationError,
    UnsupportedCryptosuiteError,
    UnsupportedKeyError,
)
from vclib.jsonld import ContextPolicy
from vclib.keys import KeyType, PrivateKey, PublicKey, SigningKey
from vclib.strict_json import JSONObject

BASE_HEADER = bytes.fromhex("d95d02")
DERIVED_HEADER = bytes.fromhex("d95d03")
# https://www.w3.org/TR/vc-di-bbs/#optional-feature-summary
_FEATURE_BASE_HEADERS: Mapping[bytes, str] = MappingProxyType(
    {
        bytes.fromhex("d95d04"): "anonymous holder binding",
        bytes.fromhex("d95d06"): "credential-bound pseudonyms",
        bytes.fromhex("d95d08"): "holder binding and pseudonyms",
    }
)
_FEATURE_DERIVED_HEADERS: Mapping[bytes, str] = MappingProxyType(
    {
        bytes.fromhex("d95d05"): "anonymous holder binding",
        bytes.fromhex("d95d07"): "credential-bound pseudonyms",
        bytes.fromhex("d95d09"): "holder binding and pseudonyms",
    }
)
# The header's three bytes are exactly the first four characters of base64url.
_BASE_PREFIXES = tuple("u" + encode_base64url(header) for header in (BASE_HEADER, *_FEATURE_BASE_HEADERS))

# The hash of the proof options, then that of the mandatory statements.
BBS_HEADER_BYTES = 64
HMAC_BYTES = 32


@dataclass(frozen=True)
class BaseProof:
    """The components of a base proof, https://www.w3.org/TR/vc-di-bbs/#serializebaseproofvalue.

    The signature and `hmac_key` are secrets of the holder's: shown once, they link every later proof.
    """

    signature: bytes
    header: bytes
    public_key: bytes
    hmac_key: bytes
    mandatory_pointers: tuple[str, ...]

    def __repr__(self) -> str:
        return "<BaseProof, not shown>"

    def encode(self) -> str:
        """Return the proof value."""
        components: list[CBORValue] = [
            self.signature,
            self.header,
            self.public_key,
            self.hmac_key,
            [*self.mandatory_pointers],
        ]
        return encode_proof_value(BASE_HEADER, components)

    @classmethod
    def decode(cls, proof: JSONObject) -> BaseProof:
        """Return the components of a base proof.

        Raises UnsupportedCryptosuiteError for one with an optional feature, ProofVerificationError for what
        is no base proof.
        """
        decoded = decode_proof_value(proof, base="u")
        header = decoded[:HEADER_BYTES]
        _refuse_features(header)
        if header != BASE_HEADER:
            raise ProofVerificationError("expected a bbs-2023 base proof, found another header")
        signature, bbs_header, key, hmac_key, pointers = decode_components(decoded[HEADER_BYTES:], 5)
        return cls(
            signature=bytes_component(signature, "BBS signature", bbs.SIGNATURE_BYTES),
            header=bytes_component(bbs_header, "BBS header", BBS_HEADER_BYTES),
            public_key=bytes_component(key, "public key", bbs.PUBLIC_KEY_BYTES),
            hmac_key=bytes_component(hmac_key, "HMAC key", HMAC_BYTES),
            mandatory_pointers=text_list_component(pointers, "mandatory pointers"),
        )


@dataclass(frozen=True)
class DerivedProof:
    """The components of a derived proof, https://www.w3.org/TR/vc-di-bbs/#serializederivedproofvalue.

    `label_map` is from canonical labels to signed labels, "c14n0" to "b2".
    """

    proof: bytes
    label_map: Mapping[str, str]
    mandatory_indexes: tuple[int, ...]
    selective_indexes: tuple[int, ...]
    presentation_header: bytes

    def encode(self) -> str:
        """Return the proof value."""
        components: list[CBORValue] = [
            self.proof,
            # https://www.w3.org/TR/vc-di-bbs/#compresslabelmap
            {int(label[4:]): int(value[1:]) for label, value in self.label_map.items()},
            [*self.mandatory_indexes],
            [*self.selective_indexes],
            self.presentation_header,
        ]
        return encode_proof_value(DERIVED_HEADER, components)

    @classmethod
    def decode(cls, proof: JSONObject) -> DerivedProof:
        """Return the components of a derived proof.

        Raises BaseProofPresentedError for a base proof, UnsupportedCryptosuiteError for one with an optional
        feature, ProofVerificationError for what is neither.
        """
        decoded = decode_proof_value(proof, base="u")
        header = decoded[:HEADER_BYTES]
        if header == BASE_HEADER or header in _FEATURE_BASE_HEADERS:
            raise BaseProofPresentedError("expected a derived proof, found a bbs-2023 base proof")
        _refuse_features(header)
        if header != DERIVED_HEADER:
            raise ProofVerificationError("expected a bbs-2023 derived proof, found another header")
        components = decode_components(decoded[HEADER_BYTES:], 5)
        bbs_proof, label_map, mandatory, selective, presentation_header = components
        return cls(
            proof=bytes_component(bbs_proof, "BBS proof"),
            # https://www.w3.org/TR/vc-di-bbs/#decompresslabelmap
            label_map={
                f"c14n{number}": f"b{_label_number(value)}"
                for number, value in map_component(label_map, "label map").items()
            },
            mandatory_indexes=index_list_component(mandatory, "mandatory indexes"),
            selective_indexes=index_list_component(selective, "selective indexes"),
            presentation_header=bytes_component(presentation_header, "presentation header"),
        )


@dataclass(frozen=True)
class Bbs2023:
    """The suite; fits the protocol SelectiveCryptosuite."""

    name: str = "bbs-2023"
    key_types: frozenset[KeyType] = frozenset({KeyType.BLS12_381_G2})

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
        """Return the base proof, to be signed; see SelectiveCryptosuite.prepare_base_proof.

        `key` must be a PrivateKey, since BBS signs lists of messages, which `SigningKey.sign` cannot.
        """
        check_key_type(self.name, self.key_types, key.public_key)
        check_new_options(self.name, options)
        if not isinstance(key, PrivateKey):
            raise UnsupportedKeyError("bbs-2023 signs with a BLS12-381 key held in memory, found another key")
        proof_hmac_key = new_hmac_key() if hmac_key is None else hmac_key
        check_hmac_key(proof_hmac_key)
        # Base Proof Transformation and Hashing.
        statements = canonicalize_and_group(
            document,
            {"mandatory": mandatory_pointers},
            shuffled_label_map_factory(proof_hmac_key),
            contexts=contexts,
        )
        # Base Proof Serialization. 2. bbsHeader
        header = proof_hash(options, document, contexts=contexts)
        header += hash_nquads(statements.matching("mandatory").values())
        # 3. and 4. bbsMessages, bbsSignature
        public_key = key.public_key.key_bytes
        messages = _messages(statements.non_matching("mandatory").values())
        pointers = tuple(mandatory_pointers)

        def sign() -> SignedProof:
            try:
                signature = bbs.sign(key.secret_bytes, public_key, header=header, messages=messages)
            except CryptographicSecurityError as err:
                raise ProofGenerationError(f"BBS: {err.message}") from err
            base = BaseProof(signature, header, public_key, proof_hmac_key, pointers)
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
        random_scalars: bbs.RandomScalars = bbs.calculate_random_scalars,
    ) -> JSONObject:
        """Return the reduced document with its derived proof; see SelectiveCryptosuite.derive.

        The base proof is verified first, as the BBS draft recommends: ProofGenerationError if it does not
        fit the document. `random_scalars` makes published vectors reproducible; repeated, it gives the
        signature away.
        """
        base = BaseProof.decode(proof)
        disclosure = disclose(
            document,
            mandatory_pointers=base.mandatory_pointers,
            selective_pointers=selective_pointers,
            label_map_factory=shuffled_label_map_factory(base.hmac_key),
            contexts=contexts,
        )
        header = proof_hash(proof, document, contexts=contexts)
        header += hash_nquads(disclosure.statements.matching("mandatory").values())
        messages = _messages(disclosure.statements.non_matching("mandatory").values())
        if header != base.header:
            raise ProofGenerationError("the base proof is of other options or other mandatory statements")
        try:
            bbs_proof = bbs.proof_gen(
                base.public_key,
                base.signature,
                header=header,
                presentation_header=presentation_header,
                messages=messages,
                disclosed_indexes=disclosure.selective_indexes,
                random_scalars=random_scalars,
                verify_first=True,
            )
        except (CryptographicSecurityError, KeyMaterialError) as err:
            raise ProofGenerationError("the base proof does not fit the document") from err
        derived = DerivedProof(
            proof=bbs_proof,
            label_map=disclosure.label_map,
            mandatory_indexes=disclosure.mandatory_indexes,
            selective_indexes=disclosure.selective_indexes,
            presentation_header=presentation_header,
        )
        return {**disclosure.document, "proof": {**proof, "proofValue": derived.encode()}}

    def verify_proof(
        self, document: JSONObject, proof: JSONObject, public_key: PublicKey, *, contexts: ContextPolicy
    ) -> None:
        """Return if the derived proof holds; see SelectiveCryptosuite.verify_proof.

        Whoever asked for a presentation header must compare it (`presentation_header`): any will do here.
        """
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
        if len(derived.selective_indexes) != len(data.non_mandatory):
            raise ProofVerificationError(
                f"{len(derived.selective_indexes)} indexes for {len(data.non_mandatory)} disclosed statements"
            )
        check_ascending(derived.selective_indexes, bbs.MAX_MESSAGES, "selective")
        bbs.proof_verify(
            public_key.key_bytes,
            derived.proof,
            header=data.proof_hash + data.mandatory_hash,
            presentation_header=derived.presentation_header,
            disclosed_messages=_messages(data.non_mandatory),
            disclosed_indexes=derived.selective_indexes,
        )

    def is_base_proof(self, proof: JSONObject) -> bool:
        """Say whether `proof.proofValue` begins as a base proof of this suite, with or without features."""
        value = proof.get("proofValue")
        return isinstance(value, str) and value.startswith(_BASE_PREFIXES)

    def mandatory_pointers(self, proof: JSONObject) -> tuple[str, ...]:
        """Return the mandatory pointers of a base proof; raises as `BaseProof.decode`."""
        return BaseProof.decode(proof).mandatory_pointers

    def presentation_header(self, proof: JSONObject) -> bytes:
        """Return the presentation header of a derived proof; raises as `DerivedProof.decode`.

        It is covered by the proof, so it is to be trusted only after `verify_proof`.
        """
        return DerivedProof.decode(proof).presentation_header


def _messages(nquads: Iterable[str]) -> list[bytes]:
    return [nquad.encode("utf-8") for nquad in nquads]


def _refuse_features(header: bytes) -> None:
    feature = _FEATURE_BASE_HEADERS.get(header) or _FEATURE_DERIVED_HEADERS.get(header)
    if feature is not None:
        raise UnsupportedCryptosuiteError(f"the bbs-2023 feature {feature} is not supported")


def _label_number(value: CBORValue) -> int:
    if not isinstance(value, int):
        raise ProofVerificationError("proofValue: expected integers as labels")
    return value


BBS_2023 = Bbs2023()

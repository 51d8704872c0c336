"""The published vectors of the four plain suites: every value that the specifications print.

https://www.w3.org/TR/vc-di-eddsa/#test-vectors and https://www.w3.org/TR/vc-di-ecdsa/#test-vectors.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pytest

from vclib import jsonld
from vclib.cryptosuites.ecdsa_jcs_2019 import ECDSA_JCS_2019
from vclib.cryptosuites.ecdsa_rdfc_2019 import ECDSA_RDFC_2019
from vclib.cryptosuites.eddsa_jcs_2022 import EDDSA_JCS_2022
from vclib.cryptosuites.eddsa_rdfc_2022 import EDDSA_RDFC_2022
from vclib.cryptosuites.plain import HASH_NAMES, PlainCryptosuite, hash_data
from vclib.encoding import decode_multibase
from vclib.jsonld import UNSAFE_ANY_CONTEXT
from vclib.keys import PrivateKey, decode_multikey, decode_secret_multikey
from vclib.strict_json import JSONObject, parse_json_object

VECTORS = Path(__file__).parents[2] / "vectors"


@dataclass(frozen=True)
class Vector:
    """One published example: where its files are and how their names end."""

    suite: PlainCryptosuite
    folder: str
    suffix: str
    document: str
    keys: str

    def text(self, step: str, extension: str = "txt") -> str:
        """Return the file of one step, e.g. docHashDataInt.txt."""
        return (VECTORS / self.folder / f"{step}{self.suffix}.{extension}").read_text(encoding="utf-8")

    def unsigned(self) -> JSONObject:
        """Return the document before it was signed."""
        return parse_json_object((VECTORS / self.document).read_bytes())

    def options(self) -> JSONObject:
        """Return the proof options: the proof configuration without the document's @context."""
        config = parse_json_object(self.text("proofConfig", "json"))
        return {name: value for name, value in config.items() if name != "@context"}

    def key(self) -> PrivateKey:
        """Return the published private key."""
        pair = parse_json_object((VECTORS / self.keys).read_bytes())
        return decode_secret_multikey(pair.get("privateKeyMultibase", pair.get("secretKeyMultibase")))

    def hash_name(self) -> str:
        """Return the hash that goes with the key."""
        return HASH_NAMES[self.key().key_type]

    def document_bytes(self) -> bytes:
        """Transform the document with the code under test."""
        return self.suite.transformation.document_bytes(self.unsigned(), self.hash_name(), UNSAFE_ANY_CONTEXT)

    def proof_config_bytes(self) -> bytes:
        """Configure the proof with the code under test."""
        transformation = self.suite.transformation
        options = transformation.add_context(self.options(), self.unsigned())
        return transformation.proof_config_bytes(
            options, self.unsigned(), self.hash_name(), UNSAFE_ANY_CONTEXT
        )


EDDSA, ECDSA = "vc-di-eddsa", "vc-di-ecdsa"
VECTOR_LIST = [
    Vector(
        EDDSA_RDFC_2022,
        f"{EDDSA}/eddsa-rdfc-2022",
        "DataInt",
        f"{EDDSA}/unsigned.json",
        f"{EDDSA}/keyPair.json",
    ),
    Vector(
        EDDSA_RDFC_2022,
        f"{EDDSA}/eddsa-rdfc-2022/employ",
        "DataInt",
        f"{EDDSA}/employmentAuth.json",
        f"{EDDSA}/keyPair.json",
    ),
    Vector(
        EDDSA_JCS_2022, f"{EDDSA}/eddsa-jcs-2022", "JCS", f"{EDDSA}/unsigned.json", f"{EDDSA}/keyPair.json"
    ),
    *(
        Vector(
            ECDSA_RDFC_2019,
            f"{ECDSA}/ecdsa-rdfc-2019-p{curve}{subfolder}",
            f"ECDSAP{curve}",
            f"{ECDSA}/{document}.json",
            f"{ECDSA}/p{curve}KeyPair.json",
        )
        for curve in (256, 384)
        for subfolder, document in (("", "unsigned"), ("/employ", "employmentAuth"))
    ),
    *(
        Vector(
            ECDSA_JCS_2019,
            f"{ECDSA}/ecdsa-jcs-2019-p{curve}",
            f"JCSECDSAP{curve}",
            f"{ECDSA}/unsigned.json",
            f"{ECDSA}/p{curve}KeyPair.json",
        )
        for curve in (256, 384)
    ),
]

each_vector = pytest.mark.parametrize("vector", VECTOR_LIST, ids=lambda vector: vector.folder)


@each_vector
def test_document_is_transformed_as_published(vector: Vector) -> None:
    assert vector.document_bytes() == vector.text("canonDoc").encode()


@each_vector
def test_proof_configuration_is_canonicalized_as_published(vector: Vector) -> None:
    assert vector.proof_config_bytes() == vector.text("proofCanon").encode()


@each_vector
def test_hashes_are_the_published_ones(vector: Vector) -> None:
    document_hash = hashlib.new(vector.hash_name(), vector.document_bytes()).hexdigest()
    config_hash = hashlib.new(vector.hash_name(), vector.proof_config_bytes()).hexdigest()
    assert document_hash == vector.text("docHash")
    assert config_hash == vector.text("proofHash")


@each_vector
def test_hash_data_is_the_published_combined_hash(vector: Vector) -> None:
    data = hash_data(vector.document_bytes(), vector.proof_config_bytes(), vector.hash_name())
    assert data.hex() == vector.text("combinedHash")
    options = vector.suite.transformation.add_context(vector.options(), vector.unsigned())
    key_type = vector.key().key_type
    assert data == vector.suite.hash_data(vector.unsigned(), options, key_type, contexts=UNSAFE_ANY_CONTEXT)


@each_vector
def test_signature_is_the_published_one(vector: Vector) -> None:
    """C17: ECDSA is deterministic, so the published signature comes out bit for bit."""
    signature = vector.key().sign(bytes.fromhex(vector.text("combinedHash")))
    assert signature.hex() == vector.text("sigHex")


@each_vector
def test_proof_value_and_signed_document_are_the_published_ones(vector: Vector) -> None:
    proof = (
        vector.suite.prepare_proof(
            vector.unsigned(), vector.options(), vector.key(), contexts=UNSAFE_ANY_CONTEXT
        )
        .sign()
        .write()
    )
    assert proof["proofValue"] == vector.text("sigBTC58")
    assert decode_multibase(proof["proofValue"], bases="z").hex() == vector.text("sigHex")
    assert {**vector.unsigned(), "proof": proof} == parse_json_object(vector.text("signed", "json"))


@each_vector
def test_published_signed_document_verifies(vector: Vector) -> None:
    signed = parse_json_object(vector.text("signed", "json"))
    proof = signed.pop("proof")
    assert isinstance(proof, dict)
    vector.suite.verify_proof(signed, proof, vector.key().public_key, contexts=UNSAFE_ANY_CONTEXT)


def test_published_ed25519signature2020_values_come_out_of_the_same_parts() -> None:
    """The older proof type is not a suite here, but its canonical forms, hashes and signature are checked."""
    folder = VECTORS / EDDSA / "Ed25519Signature2020"

    def text(step: str) -> str:
        return (folder / f"{step}EdSig.txt").read_text(encoding="utf-8")

    document = parse_json_object((folder / "signedEdSig.json").read_bytes())
    proof = document.pop("proof")
    assert isinstance(proof, dict)
    config = parse_json_object((folder / "proofConfigEdSig.json").read_bytes())
    canonical_document = jsonld.canonical_nquads(document, contexts=UNSAFE_ANY_CONTEXT)
    canonical_config = jsonld.canonical_nquads(config, contexts=UNSAFE_ANY_CONTEXT)
    data = hash_data(canonical_document, canonical_config, "sha256")
    assert canonical_document == text("canonDoc").encode()
    assert canonical_config == text("proofCanon").encode()
    assert data.hex() == text("combinedHash") == text("proofHash") + text("docHash")
    pair = parse_json_object((VECTORS / EDDSA / "keyPair.json").read_bytes())
    signature = decode_secret_multikey(pair["privateKeyMultibase"]).sign(data)
    assert signature.hex() == text("sigHex")
    assert decode_multibase(proof["proofValue"], bases="z") == signature
    assert proof["proofValue"] == text("sigBTC58")
    decode_multikey(pair["publicKeyMultibase"]).verify(signature, data)

"""ecdsa-sd-2023 against the published vectors: every value they print."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vclib import jsonld, rdfc
from vclib.cryptosuites import selective
from vclib.cryptosuites.ecdsa_sd_2023 import (
    ECDSA_SD_2023,
    BaseProof,
    DerivedProof,
    serialize_sign_data,
)
from vclib.cryptosuites.labels import hmac_label_map_factory
from vclib.cryptosuites.pointers import select_json_ld
from vclib.cryptosuites.skolemize import skolemize
from vclib.encoding import decode_multibase
from vclib.jsonld import UNSAFE_ANY_CONTEXT
from vclib.keys import PrivateKey, PublicKey, decode_multikey, decode_secret_multikey
from vclib.nquads import parse_nquads
from vclib.strict_json import JSONObject

VECTORS = Path(__file__).parents[2] / "vectors" / "vc-di-ecdsa"
HMAC_KEY = bytes.fromhex("00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF")
# Folder, and the pointers that the specification's tool made it with.
CASES = {
    "prc": ("prCredMandatory.json", "prCredSelective.json", "prCredUnsigned.json"),
    "employ": ("employMandatory.json", "employSelective.json", "employmentAuth.json"),
}
EVERY = pytest.mark.parametrize("case", CASES)


# Vector files have no type of their own.
def _load(*path: str) -> Any:
    return json.loads(VECTORS.joinpath(*path).read_text(encoding="utf-8"))


def _step(case: str, name: str) -> Any:
    return _load("ecdsa-sd-2023", case, name)


def _map(printed: Any) -> Any:
    """Return a JavaScript Map as the vectors print it."""
    return dict(printed["value"] if isinstance(printed, dict) else printed)


def _signed(case: str) -> tuple[JSONObject, JSONObject]:
    document = _step(case, "addSignedSDBase.json")
    proof = document.pop("proof")
    return document, proof


def _options(case: str) -> JSONObject:
    options: JSONObject = _step(case, "addProofConfig.json")
    del options["@context"]
    return options


def _mandatory(case: str) -> list[str]:
    pointers: list[str] = _load(CASES[case][0])
    return pointers


def _selective(case: str) -> list[str]:
    pointers: list[str] = _load(CASES[case][1])
    return pointers


def _grouped(case: str) -> selective.GroupedStatements:
    mandatory, chosen = _mandatory(case), _selective(case)
    return selective.canonicalize_and_group(
        _signed(case)[0],
        {"mandatory": mandatory, "selective": chosen, "combined": mandatory + chosen},
        hmac_label_map_factory(HMAC_KEY),
        contexts=UNSAFE_ANY_CONTEXT,
    )


def _disclosed(case: str) -> selective.Disclosure:
    return selective.disclose(
        _signed(case)[0],
        mandatory_pointers=_mandatory(case),
        selective_pointers=_selective(case),
        label_map_factory=hmac_label_map_factory(HMAC_KEY),
        contexts=UNSAFE_ANY_CONTEXT,
    )


def _keys() -> tuple[PrivateKey, PrivateKey]:
    material = _load("ecdsa-sd-2023", "SDKeyMaterial.json")
    return (
        decode_secret_multikey(material["baseKeyPair"]["secretKeyMultibase"]),
        decode_secret_multikey(material["proofKeyPair"]["secretKeyMultibase"]),
    )


def _issuer_key() -> PublicKey:
    return decode_multikey(_load("ecdsa-sd-2023", "SDKeyMaterial.json")["baseKeyPair"]["publicKeyMultibase"])


def test_the_key_material_is_the_one_of_the_specification() -> None:
    material = _load("ecdsa-sd-2023", "SDKeyMaterial.json")
    assert bytes.fromhex(material["hmacKeyString"]) == HMAC_KEY
    for secret, name in zip(_keys(), ("baseKeyPair", "proofKeyPair"), strict=True):
        assert secret.public_key == decode_multikey(material[name]["publicKeyMultibase"])
    assert _load("p256KeyPair.json")["publicKeyMultibase"] == material["baseKeyPair"]["publicKeyMultibase"]


@EVERY
def test_the_signed_document_is_the_unsigned_one(case: str) -> None:
    unsigned = _load(CASES[case][2])
    if case == "prc":
        # The published input has another description than the document that was signed.
        assert unsigned.pop("description") == "Government of Utopia Permanent Resident Card."
        unsigned["description"] = "Permanent Resident Card from Government of Utopia."
    assert _signed(case)[0] == unsigned


@EVERY
def test_add_base_doc_canon(case: str) -> None:
    canonical = jsonld.canonicalize(_signed(case)[0], contexts=UNSAFE_ANY_CONTEXT)
    assert list(canonical.nquads) == _step(case, "addBaseDocCanon.json")


@EVERY
def test_add_base_doc_hmac_canon(case: str) -> None:
    assert list(_grouped(case).nquads) == _step(case, "addBaseDocHMACCanon.json")


@EVERY
def test_add_base_transform(case: str) -> None:
    expected = _step(case, "addBaseTransform.json")
    grouped = _grouped(case)
    assert _mandatory(case) == expected["mandatoryPointers"]
    assert grouped.matching("mandatory") == _map(expected["mandatory"])
    assert grouped.non_matching("mandatory") == _map(expected["nonMandatory"])
    if "hmacKeyString" in expected:
        assert bytes.fromhex(expected["hmacKeyString"]) == HMAC_KEY


@EVERY
def test_add_proof_config_canon(case: str) -> None:
    canonical = jsonld.canonical_nquads(_step(case, "addProofConfig.json"), contexts=UNSAFE_ANY_CONTEXT)
    expected = VECTORS.joinpath("ecdsa-sd-2023", case, "addProofConfigCanon.txt").read_text("utf-8")
    assert canonical.decode("utf-8") == expected.rstrip("\n") + "\n"


@EVERY
def test_add_hash_data(case: str) -> None:
    expected = _step(case, "addHashData.json")
    document = _signed(case)[0]
    proof_hash = selective.proof_hash(_options(case), document, contexts=UNSAFE_ANY_CONTEXT)
    mandatory_hash = selective.hash_nquads(_grouped(case).matching("mandatory").values())
    assert proof_hash.hex() == expected["proofHash"]
    assert mandatory_hash.hex() == expected["mandatoryHash"]


@EVERY
def test_add_pointer_values(case: str) -> None:
    document = _signed(case)[0]
    expected = _step(case, "addPointerValues.json")
    assert [entry["pointer"] for entry in expected] == _mandatory(case)
    selected = select_json_ld(_mandatory(case), document)
    assert selected is not None
    assert [selected[entry["pointer"][1:]] for entry in expected] == [entry["value"] for entry in expected]


@EVERY
def test_create_base_proof_makes_the_published_base_proof(case: str) -> None:
    document, published = _signed(case)
    issuer_key, proof_key = _keys()
    proof = (
        ECDSA_SD_2023.prepare_base_proof(
            document,
            _options(case),
            issuer_key,
            mandatory_pointers=_mandatory(case),
            contexts=UNSAFE_ANY_CONTEXT,
            hmac_key=HMAC_KEY,
            unsafe_proof_key=proof_key,
        )
        .sign()
        .write()
    )
    made, expected = BaseProof.decode(proof), _step(case, "addRawBaseSignatureInfo.json")
    assert made.base_signature.hex() == expected["baseSignature"]
    assert made.proof_key == decode_multibase(expected["publicKey"])
    assert [signature.hex() for signature in made.signatures] == expected["signatures"]
    assert list(made.mandatory_pointers) == expected["mandatoryPointers"]
    assert proof == published


@EVERY
def test_derived_recovered_base_data(case: str) -> None:
    expected = _step(case, "derivedRecoveredBaseData.json")
    base = BaseProof.decode(_signed(case)[1])
    assert base.base_signature.hex() == expected["baseSignature"]
    assert base.proof_key == decode_multibase(expected["proofPublicKey"])
    assert base.hmac_key.hex() == expected["hmacKey"]
    assert [signature.hex() for signature in base.signatures] == expected["signatures"]
    assert list(base.mandatory_pointers) == expected["mandatoryPointers"]
    assert ECDSA_SD_2023.mandatory_pointers(_signed(case)[1]) == tuple(expected["mandatoryPointers"])


@EVERY
def test_derived_group_indexes(case: str) -> None:
    expected = _step(case, "derivedGroupIndexes.json")
    grouped = _grouped(case)
    assert list(grouped.groups["combined"]) == expected["combinedIndexes"]
    assert list(grouped.groups["mandatory"]) == expected["mandatoryIndexes"]
    assert list(grouped.groups["selective"]) == expected["selectiveIndexes"]
    assert list(grouped.non_matching("mandatory")) == expected["nonMandatoryIndexes"]


@EVERY
def test_derived_all_group_data(case: str) -> None:
    expected = _step(case, "derivedAllGroupData.json")
    grouped = _grouped(case)
    assert list(grouped.nquads) == expected["nquads"]
    assert set(grouped.groups) == set(expected["groups"])
    for name, group in expected["groups"].items():
        assert grouped.matching(name) == _map(group["matching"])
        assert grouped.non_matching(name) == _map(group["nonMatching"])
        # The labels of these statements are random; their canonical form is not.
        theirs = rdfc.canonicalize(parse_nquads("".join(group["deskolemizedNQuads"])))
        ours = rdfc.canonicalize(grouped.quads[index] for index in grouped.groups[name])
        assert ours.nquads == theirs.nquads
    theirs = rdfc.canonicalize(parse_nquads("".join(expected["deskolemizedNQuads"])))
    assert rdfc.canonicalize(skolemize(_signed(case)[0], contexts=UNSAFE_ANY_CONTEXT).quads).nquads == (
        theirs.nquads
    )
    assert hmac_label_map_factory(HMAC_KEY)(theirs.label_map) == _map(expected["labelMap"])


@EVERY
def test_derived_adj_mandatory_indexes(case: str) -> None:
    expected = _step(case, "derivedAdjMandatoryIndexes.json")
    assert list(_disclosed(case).mandatory_indexes) == expected["adjMandatoryIndexes"]


@EVERY
def test_derived_adj_signatures(case: str) -> None:
    expected = _step(case, "derivedAdjSignatures.json")
    signatures = BaseProof.decode(_signed(case)[1]).signatures
    indexes = _disclosed(case).selective_indexes
    assert list(indexes) == expected["adjSignatureIndexes"]
    assert [signatures[index].hex() for index in indexes] == expected["filteredSignatures"]


@EVERY
def test_derived_unsigned_reveal(case: str) -> None:
    assert _disclosed(case).document == _step(case, "derivedUnsignedReveal.json")


@EVERY
def test_derived_disclosure_data(case: str) -> None:
    expected = _step(case, "derivedDisclosureData.json")
    document, proof = _signed(case)
    derived_document = ECDSA_SD_2023.derive(
        document, proof, selective_pointers=_selective(case), contexts=UNSAFE_ANY_CONTEXT
    )
    derived_proof = derived_document["proof"]
    assert isinstance(derived_proof, dict)
    _check_derived(DerivedProof.decode(derived_proof), expected)


@EVERY
def test_derived_reveal_document_is_the_published_one(case: str) -> None:
    document, proof = _signed(case)
    derived = ECDSA_SD_2023.derive(
        document, proof, selective_pointers=_selective(case), contexts=UNSAFE_ANY_CONTEXT
    )
    assert derived == _step(case, "derivedRevealDocument.json")


@EVERY
def test_verify_derived_proof_value(case: str) -> None:
    proof = _step(case, "derivedRevealDocument.json")["proof"]
    derived = DerivedProof.decode(proof)
    _check_derived(derived, _step(case, "verifyDerivedProofValue.json"))
    assert derived.encode() == proof["proofValue"]


def _check_derived(derived: DerivedProof, expected: Any) -> None:
    assert derived.base_signature.hex() == expected["baseSignature"]
    assert derived.proof_key == decode_multibase(expected["publicKey"])
    assert [signature.hex() for signature in derived.signatures] == expected["signatures"]
    assert derived.label_map == _map(expected["labelMap"])
    assert list(derived.mandatory_indexes) == expected["mandatoryIndexes"]


@EVERY
def test_verify_nquads(case: str) -> None:
    document = _step(case, "derivedRevealDocument.json")
    derived = DerivedProof.decode(document.pop("proof"))
    statements = selective.label_statements(document, derived.label_map, contexts=UNSAFE_ANY_CONTEXT)
    assert list(statements.nquads) == _step(case, "verifyNQuads.json")


@EVERY
def test_verify_create_verify_data(case: str) -> None:
    expected = _step(case, "verifyCreateVerifyData.json")
    document = _step(case, "derivedRevealDocument.json")
    proof = document.pop("proof")
    derived = DerivedProof.decode(proof)
    data = selective.create_verify_data(
        document,
        proof,
        label_map=derived.label_map,
        mandatory_indexes=derived.mandatory_indexes,
        contexts=UNSAFE_ANY_CONTEXT,
    )
    assert data.proof_hash.hex() == expected["proofHash"]
    assert data.mandatory_hash.hex() == expected["mandatoryHash"]
    assert list(data.non_mandatory) == expected["nonMandatory"]
    assert derived.base_signature.hex() == expected["baseSignature"]
    assert derived.proof_key == decode_multibase(expected["publicKey"])
    assert [signature.hex() for signature in derived.signatures] == expected["signatures"]
    # The published base signature is one of exactly these bytes.
    _issuer_key().verify(
        derived.base_signature,
        serialize_sign_data(data.proof_hash, derived.proof_key, data.mandatory_hash),
    )


@EVERY
def test_the_published_derived_credential_verifies(case: str) -> None:
    document = _step(case, "derivedRevealDocument.json")
    proof = document.pop("proof")
    ECDSA_SD_2023.verify_proof(document, proof, _issuer_key(), contexts=UNSAFE_ANY_CONTEXT)

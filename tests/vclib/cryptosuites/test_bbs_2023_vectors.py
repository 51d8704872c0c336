"""bbs-2023 (baseline) against the published vectors: every value they print."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vclib import jsonld, rdfc
from vclib.bbs import BLS12_381_SHA_256, sk_to_pk
from vclib.cryptosuites import selective
from vclib.cryptosuites.bbs_2023 import BBS_2023, BaseProof, DerivedProof
from vclib.cryptosuites.labels import shuffled_label_map_factory
from vclib.cryptosuites.pointers import select_json_ld
from vclib.cryptosuites.skolemize import skolemize
from vclib.jsonld import UNSAFE_ANY_CONTEXT
from vclib.keys import KeyType, PrivateKey, PublicKey
from vclib.nquads import parse_nquads
from vclib.strict_json import JSONObject

VECTORS = Path(__file__).parents[2] / "vectors" / "vc-di-bbs"
HMAC_KEY = bytes.fromhex("00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF")
PRESENTATION_HEADER = bytes.fromhex("113377aa")
ORDER = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
# Folder, and the pointers that the specification's tool made it with.
CASES = {
    ".": ("windMandatory.json", "windSelective.json", "windDoc.json"),
    "prc": ("prCredMandatory.json", "prCredSelective.json", "prCredUnsigned.json"),
}
EVERY = pytest.mark.parametrize("case", CASES, ids=["wind", "prc"])


# Vector files have no type of their own.
def _load(*path: str) -> Any:
    return json.loads(VECTORS.joinpath(*path).read_text(encoding="utf-8"))


def _map(printed: Any) -> Any:
    """Return a JavaScript Map as the vectors print it."""
    return dict(printed["value"] if isinstance(printed, dict) else printed)


def _octets(printed: Any) -> bytes:
    """Return a JavaScript Uint8Array as the vectors print it."""
    return bytes(printed[str(index)] for index in range(len(printed)))


def _signed(case: str) -> tuple[JSONObject, JSONObject]:
    document = _load(case, "addSignedSDBase.json")
    proof = document.pop("proof")
    return document, proof


def _options(case: str) -> JSONObject:
    options: JSONObject = _load(case, "addProofConfig.json")
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
        shuffled_label_map_factory(HMAC_KEY),
        contexts=UNSAFE_ANY_CONTEXT,
    )


def _disclosed(case: str) -> selective.Disclosure:
    return selective.disclose(
        _signed(case)[0],
        mandatory_pointers=_mandatory(case),
        selective_pointers=_selective(case),
        label_map_factory=shuffled_label_map_factory(HMAC_KEY),
        contexts=UNSAFE_ANY_CONTEXT,
    )


def _issuer_key() -> PrivateKey:
    return PrivateKey.from_secret_bytes(
        KeyType.BLS12_381_G2, bytes.fromhex(_load("BBSKeyMaterial.json")["privateKeyHex"])
    )


def _seeded_scalars(count: int) -> list[int]:
    """The BBS draft's mocked randomness, with the seed of these vectors and the interface's id as tag."""
    octets = BLS12_381_SHA_256.expand_message(
        bytes.fromhex(_load("BBSDeriveMaterial.json")["pseudoRandSeedHex"]),
        BLS12_381_SHA_256.api_id,
        48 * count,
    )
    return [int.from_bytes(octets[at : at + 48], "big") % ORDER for at in range(0, 48 * count, 48)]


def _derived(case: str) -> JSONObject:
    document, proof = _signed(case)
    return BBS_2023.derive(
        document,
        proof,
        selective_pointers=_selective(case),
        contexts=UNSAFE_ANY_CONTEXT,
        presentation_header=PRESENTATION_HEADER,
        random_scalars=_seeded_scalars,
    )


def test_the_key_material_is_the_one_of_the_specification() -> None:
    material = _load("BBSKeyMaterial.json")
    assert bytes.fromhex(material["hmacKeyString"]) == HMAC_KEY
    assert sk_to_pk(bytes.fromhex(material["privateKeyHex"])).hex() == material["publicKeyHex"]
    assert _issuer_key().public_key == PublicKey(
        KeyType.BLS12_381_G2, bytes.fromhex(material["publicKeyHex"])
    )
    assert bytes.fromhex(_load("BBSDeriveMaterial.json")["presentationHeaderHex"]) == PRESENTATION_HEADER


@EVERY
def test_the_signed_document_is_the_unsigned_one(case: str) -> None:
    unsigned = _load(CASES[case][2])
    if case == "prc":
        # The published input has another description than the document that was signed.
        assert unsigned.pop("description") == "Government of Utopia Permanent Resident Card."
        unsigned["description"] = "Permanent Resident Card from Government of Utopia."
    assert _signed(case)[0] == unsigned


def test_the_unsigned_windsurfing_document_has_the_published_statements() -> None:
    """It spells a number 7.0, which the signed document, written by JavaScript, spells 7."""
    canonical = jsonld.canonicalize(_load("windDoc.json"), contexts=UNSAFE_ANY_CONTEXT)
    assert list(canonical.nquads) == _load("addBaseDocCanon.json")


@EVERY
def test_add_base_doc_canon(case: str) -> None:
    canonical = jsonld.canonicalize(_signed(case)[0], contexts=UNSAFE_ANY_CONTEXT)
    assert list(canonical.nquads) == _load(case, "addBaseDocCanon.json")


@EVERY
def test_add_base_doc_hmac_canon(case: str) -> None:
    assert list(_grouped(case).nquads) == _load(case, "addBaseDocHMACCanon.json")


@EVERY
def test_add_base_transform(case: str) -> None:
    expected = _load(case, "addBaseTransform.json")
    grouped = _grouped(case)
    assert _mandatory(case) == expected["mandatoryPointers"]
    assert grouped.matching("mandatory") == _map(expected["mandatory"])
    assert grouped.non_matching("mandatory") == _map(expected["nonMandatory"])
    if "hmacKeyString" in expected:
        assert bytes.fromhex(expected["hmacKeyString"]) == HMAC_KEY


@EVERY
def test_add_proof_config_canon(case: str) -> None:
    canonical = jsonld.canonical_nquads(_load(case, "addProofConfig.json"), contexts=UNSAFE_ANY_CONTEXT)
    expected = VECTORS.joinpath(case, "addProofConfigCanon.txt").read_text("utf-8")
    assert canonical.decode("utf-8") == expected.rstrip("\n") + "\n"


@EVERY
def test_add_hash_data(case: str) -> None:
    expected = _load(case, "addHashData.json")
    document = _signed(case)[0]
    proof_hash = selective.proof_hash(_options(case), document, contexts=UNSAFE_ANY_CONTEXT)
    mandatory_hash = selective.hash_nquads(_grouped(case).matching("mandatory").values())
    assert proof_hash.hex() == expected["proofHash"]
    assert mandatory_hash.hex() == expected["mandatoryHash"]


@EVERY
def test_add_pointer_values(case: str) -> None:
    document = _signed(case)[0]
    for entry in _load(case, "addPointerValues.json"):
        # The windsurfing file prints the pointers from the credential subject on.
        pointer = entry["pointer"] if case == "prc" else f"/credentialSubject{entry['pointer']}"
        assert pointer in _mandatory(case)
        value: Any = select_json_ld([pointer], document)
        for token in pointer[1:].split("/"):
            # Alone in its array, the selected element is the first.
            value = value[0] if isinstance(value, list) else value[token]
        assert value == entry["value"]


@EVERY
def test_create_base_proof_makes_the_published_base_proof(case: str) -> None:
    document, published = _signed(case)
    proof = (
        BBS_2023.prepare_base_proof(
            document,
            _options(case),
            _issuer_key(),
            mandatory_pointers=_mandatory(case),
            contexts=UNSAFE_ANY_CONTEXT,
            hmac_key=HMAC_KEY,
        )
        .sign()
        .write()
    )
    made, expected = BaseProof.decode(proof), _load(case, "addRawBaseSignatureInfo.json")
    assert made.signature.hex() == expected["bbsSignature"]
    assert list(made.mandatory_pointers) == expected["mandatoryPointers"]
    assert proof == published


@EVERY
def test_derived_recovered_base_data(case: str) -> None:
    expected = _load(case, "derivedRecoveredBaseData.json")
    base = BaseProof.decode(_signed(case)[1])
    assert base.signature.hex() == expected["bbsSignature"]
    assert base.hmac_key.hex() == expected["hmacKey"]
    assert list(base.mandatory_pointers) == expected["mandatoryPointers"]
    assert BBS_2023.mandatory_pointers(_signed(case)[1]) == tuple(expected["mandatoryPointers"])
    hashes = _load(case, "addHashData.json")
    assert base.header.hex() == hashes["proofHash"] + hashes["mandatoryHash"]
    assert base.public_key.hex() == _load("BBSKeyMaterial.json")["publicKeyHex"]


@EVERY
def test_derived_group_indexes(case: str) -> None:
    expected = _load(case, "derivedGroupIndexes.json")
    grouped = _grouped(case)
    assert list(grouped.groups["combined"]) == expected["combinedIndexes"]
    assert list(grouped.groups["mandatory"]) == expected["mandatoryIndexes"]
    assert list(grouped.groups["selective"]) == expected["selectiveIndexes"]
    assert list(grouped.non_matching("mandatory")) == expected["nonMandatoryIndexes"]


def test_derived_all_group_data() -> None:
    expected = _load("prc", "derivedAllGroupData.json")
    grouped = _grouped("prc")
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
    assert rdfc.canonicalize(skolemize(_signed("prc")[0], contexts=UNSAFE_ANY_CONTEXT).quads).nquads == (
        theirs.nquads
    )
    assert shuffled_label_map_factory(HMAC_KEY)(theirs.label_map) == _map(expected["labelMap"])


@EVERY
def test_derived_adj_indexes(case: str) -> None:
    expected = _load(case, "derivedAdjIndexes.json")
    disclosure = _disclosed(case)
    assert list(disclosure.mandatory_indexes) == expected["adjMandatoryIndexes"]
    assert list(disclosure.selective_indexes) == expected["adjSelectiveIndexes"]


@EVERY
def test_derived_unsigned_reveal(case: str) -> None:
    assert _disclosed(case).document == _load(case, "derivedUnsignedReveal.json")


@EVERY
def test_derived_disclosure_data(case: str) -> None:
    expected = _load(case, "derivedDisclosureData.json")
    proof = _derived(case)["proof"]
    assert isinstance(proof, dict)
    derived = DerivedProof.decode(proof)
    assert derived.proof.hex() == expected["bbsProof"]
    assert derived.label_map == _map(expected["labelMap"])
    assert list(derived.mandatory_indexes) == expected["mandatoryIndexes"]
    assert list(derived.selective_indexes) == expected["adjSelectiveIndexes"]
    assert derived.presentation_header == _octets(expected["presentationHeader"])


@EVERY
def test_derived_reveal_document_is_the_published_one(case: str) -> None:
    assert _derived(case) == _load(case, "derivedRevealDocument.json")


def test_verify_derived_proof_value() -> None:
    expected = _load("prc", "verifyDerivedProofValue.json")
    proof = _load("prc", "derivedRevealDocument.json")["proof"]
    derived = DerivedProof.decode(proof)
    assert derived.proof.hex() == expected["bbsProof"]
    assert derived.label_map == _map(expected["labelMap"])
    assert list(derived.mandatory_indexes) == expected["mandatoryIndexes"]
    assert list(derived.selective_indexes) == expected["adjSelectedIndexes"]
    assert derived.encode() == proof["proofValue"]
    assert BBS_2023.presentation_header(proof) == PRESENTATION_HEADER


def test_verify_nquads() -> None:
    document = _load("prc", "derivedRevealDocument.json")
    derived = DerivedProof.decode(document.pop("proof"))
    statements = selective.label_statements(document, derived.label_map, contexts=UNSAFE_ANY_CONTEXT)
    assert list(statements.nquads) == _load("prc", "verifyNQuads.json")


@EVERY
def test_the_verifier_computes_the_hashes_that_were_signed(case: str) -> None:
    expected = _load(case, "addHashData.json")
    document = _load(case, "derivedRevealDocument.json")
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


@EVERY
def test_the_published_derived_credential_verifies(case: str) -> None:
    document = _load(case, "derivedRevealDocument.json")
    proof = document.pop("proof")
    BBS_2023.verify_proof(document, proof, _issuer_key().public_key, contexts=UNSAFE_ANY_CONTEXT)

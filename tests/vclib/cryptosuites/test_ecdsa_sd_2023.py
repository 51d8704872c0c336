"""ecdsa-sd-2023, what is its own: one key for one credential, one signature for one statement.

Threats C11, C12, C14, C17, D6, D7, D9.
"""

from __future__ import annotations

from typing import Any

import cbor2
import pytest

from vclib.cryptosuites import selective
from vclib.cryptosuites.ecdsa_sd_2023 import ECDSA_SD_2023, BaseProof, DerivedProof
from vclib.cryptosuites.labels import hmac_label_map_factory
from vclib.encoding import decode_base64url, encode_base64url
from vclib.errors import InvalidSignatureError, ProofGenerationError, ProofVerificationError
from vclib.jsonld import DEFAULT_CONTEXTS
from vclib.keys import KeyType, PrivateKey

ISSUER = PrivateKey.from_secret_bytes(KeyType.P256, bytes(range(1, 33)))
SCOPED = PrivateKey.from_secret_bytes(KeyType.P256, bytes(range(3, 35)))
HMAC_KEY = bytes(range(32))
# SP 800-186 section 3.2.1.3: the order of P-256.
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
OPTIONS: Any = {
    "type": "DataIntegrityProof",
    "cryptosuite": "ecdsa-sd-2023",
    "created": "2026-01-01T00:00:00Z",
    "verificationMethod": "did:example:issuer#key",
    "proofPurpose": "assertionMethod",
}
CHOSEN = ["/credentialSubject/givenName", "/credentialSubject/familyName"]


def _document(**subject: Any) -> Any:
    return {
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://w3id.org/citizenship/v4rc1"],
        "type": ["VerifiableCredential", "PermanentResidentCardCredential"],
        "issuer": "did:example:issuer",
        "credentialSubject": {
            "type": ["PermanentResident", "Person"],
            "givenName": "JANE",
            "familyName": "SMITH",
            "birthDate": "1978-07-17",
            **subject,
        },
    }


def _base(document: Any, **arguments: Any) -> Any:
    return (
        ECDSA_SD_2023.prepare_base_proof(
            document, OPTIONS, ISSUER, mandatory_pointers=["/issuer"], contexts=DEFAULT_CONTEXTS, **arguments
        )
        .sign()
        .write()
    )


def _derive(document: Any, base: Any, chosen: Any = CHOSEN) -> tuple[Any, Any]:
    derived = ECDSA_SD_2023.derive(document, base, selective_pointers=chosen, contexts=DEFAULT_CONTEXTS)
    proof = derived.pop("proof")
    return derived, proof


def _verify(document: Any, proof: Any) -> None:
    ECDSA_SD_2023.verify_proof(document, proof, ISSUER.public_key, contexts=DEFAULT_CONTEXTS)


def _components(proof: Any) -> list[Any]:
    components: list[Any] = cbor2.loads(decode_base64url(proof["proofValue"][1:])[3:])
    return components


def _with_component(proof: Any, index: int, value: Any) -> Any:
    components = _components(proof)
    components[index] = value
    header = decode_base64url(proof["proofValue"][1:])[:3]
    return {**proof, "proofValue": "u" + encode_base64url(header + cbor2.dumps(components))}


def test_each_credential_has_its_own_key() -> None:
    """D9: nobody can mix the statements of two credentials."""
    first, second = BaseProof.decode(_base(_document())), BaseProof.decode(_base(_document()))
    assert first.proof_key != second.proof_key
    assert first.hmac_key != second.hmac_key
    assert set(first.signatures).isdisjoint(second.signatures)


def _splice(forged: Any, *held: tuple[Any, Any]) -> tuple[Any, Any]:
    """Show `forged` with signatures from several credentials, as a holder of all of them could try."""
    signed: dict[str, bytes] = {}
    for document, proof in held:
        statements = selective.canonicalize_and_group(
            document,
            {"mandatory": ["/issuer"]},
            hmac_label_map_factory(HMAC_KEY),
            contexts=DEFAULT_CONTEXTS,
        )
        nquads = statements.non_matching("mandatory").values()
        signed |= dict(zip(nquads, BaseProof.decode(proof).signatures, strict=True))
    disclosure = selective.disclose(
        forged,
        mandatory_pointers=["/issuer"],
        selective_pointers=CHOSEN,
        label_map_factory=hmac_label_map_factory(HMAC_KEY),
        contexts=DEFAULT_CONTEXTS,
    )
    non_mandatory = list(disclosure.statements.non_matching("mandatory").values())
    base = BaseProof.decode(held[0][1])
    derived = DerivedProof(
        base_signature=base.base_signature,
        proof_key=base.proof_key,
        signatures=tuple(signed[non_mandatory[index]] for index in disclosure.selective_indexes),
        label_map=disclosure.label_map,
        mandatory_indexes=disclosure.mandatory_indexes,
    )
    return disclosure.document, {**OPTIONS, "proofValue": derived.encode()}


JANE, JOAN = _document(), _document(givenName="JOAN", familyName="BROWN")
NOBODY = _document(givenName="JOAN", familyName="SMITH")


def test_statements_of_two_credentials_cannot_be_spliced() -> None:
    """D6, D9: Jane Smith and Joan Brown exist, Joan Smith does not. Even the HMAC key is the same here."""
    jane, joan = _base(JANE, hmac_key=HMAC_KEY), _base(JOAN, hmac_key=HMAC_KEY)
    for held in (((JANE, jane), (JOAN, joan)), ((JOAN, joan), (JANE, jane))):
        with pytest.raises(InvalidSignatureError):
            _verify(*_splice(NOBODY, *held))
    _verify(*_splice(JANE, (JANE, jane)))


def test_with_one_key_for_two_credentials_they_could_be_spliced() -> None:
    """D9: what the suite prevents, shown with the parameter that only vectors may use."""
    careless: dict[str, Any] = {"hmac_key": HMAC_KEY, "unsafe_proof_key": SCOPED}
    jane, joan = _base(JANE, **careless), _base(JOAN, **careless)
    _verify(*_splice(NOBODY, (JANE, jane), (JOAN, joan)))


def test_a_holder_cannot_sign_with_a_key_of_their_own() -> None:
    """The proof-scoped key is covered by the issuer's signature."""
    document, proof = _derive(_document(), _base(_document()))
    forged = _derive(_document(), _base(_document(), unsafe_proof_key=SCOPED))[1]
    with pytest.raises(InvalidSignatureError):
        _verify(document, _with_component(proof, 1, _components(forged)[1]))


def test_a_dropped_signature_is_refused() -> None:
    """D7."""
    document, proof = _derive(_document(), _base(_document()))
    signatures = _components(proof)[2]
    assert len(signatures) == 5
    for index in range(5):
        with pytest.raises(ProofVerificationError, match="4 signatures for 5 disclosed statements"):
            _verify(document, _with_component(proof, 2, signatures[:index] + signatures[index + 1 :]))


def test_an_added_signature_is_refused() -> None:
    """D7."""
    document, proof = _derive(_document(), _base(_document()))
    signatures = _components(proof)[2]
    with pytest.raises(ProofVerificationError, match="6 signatures for 5 disclosed statements"):
        _verify(document, _with_component(proof, 2, [*signatures, signatures[0]]))


def test_reordered_signatures_are_refused() -> None:
    """D7."""
    document, proof = _derive(_document(), _base(_document()))
    signatures = _components(proof)[2]
    for forged in (signatures[::-1], [signatures[1], signatures[0], *signatures[2:]], [signatures[0]] * 5):
        with pytest.raises(InvalidSignatureError):
            _verify(document, _with_component(proof, 2, forged))


@pytest.mark.parametrize(
    "signature",
    [
        bytes(64),
        bytes(32) + (1).to_bytes(32, "big"),
        (1).to_bytes(32, "big") + bytes(32),
        ORDER.to_bytes(32, "big") + (1).to_bytes(32, "big"),
        (1).to_bytes(32, "big") + ORDER.to_bytes(32, "big"),
        b"\xff" * 64,
    ],
)
def test_signatures_out_of_range_are_refused(signature: bytes) -> None:
    """C11: zero, or not below the order, as the issuer's signature and as a statement's."""
    document, proof = _derive(_document(), _base(_document()))
    signatures = _components(proof)[2]
    with pytest.raises(InvalidSignatureError, match="zero or not below the order"):
        _verify(document, _with_component(proof, 0, signature))
    with pytest.raises(InvalidSignatureError, match="zero or not below the order"):
        _verify(document, _with_component(proof, 2, [signature, *signatures[1:]]))


@pytest.mark.parametrize("length", [0, 63, 65, 70])
def test_signatures_of_another_length_are_refused(length: int) -> None:
    """C11: DER, too short, too long."""
    document, proof = _derive(_document(), _base(_document()))
    signatures = _components(proof)[2]
    with pytest.raises(ProofVerificationError, match="expected 64 bytes as base signature"):
        _verify(document, _with_component(proof, 0, bytes(length)))
    with pytest.raises(ProofVerificationError, match="expected 64 bytes as each of the signatures"):
        _verify(document, _with_component(proof, 2, [bytes(length), *signatures[1:]]))


def test_the_other_form_of_a_signature_verifies_so_a_proof_value_identifies_nothing() -> None:
    """C12: (r, s) and (r, n - s) are both valid, so two proof values are one proof."""
    document, proof = _derive(_document(), _base(_document()))
    base_signature = _components(proof)[0]
    other_s = ORDER - int.from_bytes(base_signature[32:], "big")
    other = _with_component(proof, 0, base_signature[:32] + other_s.to_bytes(32, "big"))
    assert other["proofValue"] != proof["proofValue"]
    _verify(document, other)


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (bytes.fromhex("8124") + SCOPED.public_key.key_bytes, "not a P-256 Multikey"),
        (bytes.fromhex("ed01") + SCOPED.public_key.key_bytes, "not a P-256 Multikey"),
        (
            bytes.fromhex("802404") + SCOPED.public_key.key_bytes[1:],
            "the proof-scoped key: expected a compressed",
        ),
        (bytes.fromhex("802402") + b"\xff" * 32, "the proof-scoped key: expected a P-256 public key"),
    ],
)
def test_a_proof_scoped_key_that_is_none_is_refused(key: bytes, message: str) -> None:
    """C14: the issuer has even signed it here, so that only the check of the key itself is left."""
    document = _document()
    base = _base(document, unsafe_proof_key=SCOPED)
    shown, proof = _derive(document, base)
    derived = DerivedProof.decode(proof)
    signed = _sign_key_anew(shown, proof, derived, key)
    with pytest.raises(ProofVerificationError, match=message):
        _verify(shown, signed)


def _sign_key_anew(document: Any, proof: Any, derived: DerivedProof, key: bytes) -> Any:
    data = selective.create_verify_data(
        document,
        proof,
        label_map=derived.label_map,
        mandatory_indexes=derived.mandatory_indexes,
        contexts=DEFAULT_CONTEXTS,
    )
    signature = ISSUER.sign(data.proof_hash + key + data.mandatory_hash)
    return _with_component(_with_component(proof, 0, signature), 1, key)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_labels_of_another_length_are_refused(length: int) -> None:
    """D8."""
    document, proof = _derive(_document(), _base(_document()))
    labels = _components(proof)[3]
    with pytest.raises(ProofVerificationError, match="expected 32 bytes as label"):
        _verify(document, _with_component(proof, 3, {**labels, 0: bytes(length)}))


def test_issuing_is_deterministic_but_for_its_own_keys() -> None:
    """C17: no signature depends on a random number."""
    arguments = {"hmac_key": HMAC_KEY, "unsafe_proof_key": SCOPED}
    assert _base(_document(), **arguments) == _base(_document(), **arguments)


def test_a_presentation_header_is_refused() -> None:
    with pytest.raises(ProofGenerationError, match="ecdsa-sd-2023 proofs have no presentation header"):
        ECDSA_SD_2023.derive(
            _document(),
            _base(_document()),
            selective_pointers=CHOSEN,
            contexts=DEFAULT_CONTEXTS,
            presentation_header=b"x",
        )


def test_a_base_proof_of_a_document_with_other_statements_is_refused() -> None:
    with pytest.raises(ProofGenerationError, match="the base proof signs 6 statements, the document has 7"):
        _derive(_document(gender="Female"), _base(_document()))


def test_a_changed_document_gives_a_derived_proof_that_does_not_hold() -> None:
    document = _document()
    base = _base(document)
    document["credentialSubject"]["givenName"] = "JOAN"
    with pytest.raises(InvalidSignatureError):
        _verify(*_derive(document, base))


@pytest.mark.parametrize("index", range(5))
def test_a_damaged_base_proof_is_refused(index: int) -> None:
    """D8, before the holder shows anything."""
    for wrong in (7, b"", "text", [7], {0: 0}):
        with pytest.raises(ProofVerificationError, match="proofValue: expected"):
            _derive(_document(), _with_component(_base(_document()), index, wrong))


def test_a_base_proof_does_not_show_its_secrets_in_messages() -> None:
    base = BaseProof.decode(_base(_document(), hmac_key=HMAC_KEY))
    assert repr(base) == "<BaseProof of 6 signatures, not shown>"
    assert f"{base}" == "<BaseProof of 6 signatures, not shown>"

"""bbs-2023, what is its own: proofs that cannot be linked, a presentation header, optional features.

Threats C15, D10, D12, D13.
"""

from __future__ import annotations

from typing import Any

import cbor2
import pytest

from vclib.cryptosuites.bbs_2023 import BBS_2023, BaseProof, DerivedProof
from vclib.encoding import decode_base64url, encode_base64url
from vclib.errors import (
    BaseProofPresentedError,
    CryptographicSecurityError,
    InvalidSignatureError,
    ProofGenerationError,
    ProofVerificationError,
    UnsupportedCryptosuiteError,
    UnsupportedKeyError,
)
from vclib.jsonld import DEFAULT_CONTEXTS
from vclib.keys import KeyType, PrivateKey, PublicKey

ISSUER = PrivateKey.from_secret_bytes(KeyType.BLS12_381_G2, bytes(range(1, 33)))
HMAC_KEY = bytes(range(32))
OPTIONS: Any = {
    "type": "DataIntegrityProof",
    "cryptosuite": "bbs-2023",
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
        BBS_2023.prepare_base_proof(
            document, OPTIONS, ISSUER, mandatory_pointers=["/issuer"], contexts=DEFAULT_CONTEXTS, **arguments
        )
        .sign()
        .write()
    )


def _derive(document: Any, base: Any, **arguments: Any) -> tuple[Any, Any]:
    arguments = {"selective_pointers": CHOSEN, **arguments}
    derived = BBS_2023.derive(document, base, contexts=DEFAULT_CONTEXTS, **arguments)
    proof = derived.pop("proof")
    return derived, proof


def _verify(document: Any, proof: Any) -> None:
    BBS_2023.verify_proof(document, proof, ISSUER.public_key, contexts=DEFAULT_CONTEXTS)


def _components(proof: Any) -> list[Any]:
    components: list[Any] = cbor2.loads(decode_base64url(proof["proofValue"][1:])[3:])
    return components


def _with_component(proof: Any, index: int, value: Any) -> Any:
    components = _components(proof)
    components[index] = value
    header = decode_base64url(proof["proofValue"][1:])[:3]
    return {**proof, "proofValue": "u" + encode_base64url(header + cbor2.dumps(components))}


def _with_header(proof: Any, header: str) -> Any:
    decoded = decode_base64url(proof["proofValue"][1:])
    return {**proof, "proofValue": "u" + encode_base64url(bytes.fromhex(header) + decoded[3:])}


def test_two_presentations_have_no_secret_in_common() -> None:
    """D12: the same statements, shown twice; what else there is differs in every part."""
    base = _base(_document())
    shown, first = _derive(_document(), base, presentation_header=b"venue A")
    shown_again, second = _derive(_document(), base, presentation_header=b"venue B")
    _verify(shown, first)
    _verify(shown, second)
    assert shown == shown_again
    one, two = DerivedProof.decode(first), DerivedProof.decode(second)
    pieces = [(0, 48), (48, 96), (96, 144), *((at, at + 32) for at in range(144, len(one.proof), 32))]
    assert all(one.proof[start:end] != two.proof[start:end] for start, end in pieces)
    assert BaseProof.decode(base).signature[:48] not in one.proof


def test_the_presentation_header_is_told_and_covered() -> None:
    """D10: replayed to another venue, the proof still names the first, and cannot be made to name another."""
    document, proof = _derive(_document(), _base(_document()), presentation_header=b"venue A")
    _verify(document, proof)
    assert BBS_2023.presentation_header(proof) == b"venue A"
    with pytest.raises(InvalidSignatureError):
        _verify(document, _with_component(proof, 4, b"venue B"))
    with pytest.raises(InvalidSignatureError):
        _verify(document, _with_component(proof, 4, b""))


def test_without_a_presentation_header_it_is_empty() -> None:
    document, proof = _derive(_document(), _base(_document()))
    assert BBS_2023.presentation_header(proof) == b""
    _verify(document, proof)


def test_a_base_proof_has_no_presentation_header() -> None:
    with pytest.raises(BaseProofPresentedError, match="expected a derived proof"):
        BBS_2023.presentation_header(_base(_document()))


def test_the_number_of_hidden_statements_is_visible() -> None:
    """D13: 272 bytes and 32 for each hidden statement; two more hidden claims are 64 bytes more."""
    few = DerivedProof.decode(_derive(_document(), _base(_document()))[1])
    longer = _document(gender="Female", birthCountry="Arcadia")
    many = DerivedProof.decode(_derive(longer, _base(longer))[1])
    assert len(few.proof) == 272 + 32 * 1
    assert len(many.proof) == 272 + 32 * 3


def test_labels_are_ranks_and_nothing_else() -> None:
    """D12: under some keys the subject is b0, under others b1."""
    seen = set()
    for number in range(12):
        base = _base(_document(), hmac_key=bytes([number] * 32))
        label_map = DerivedProof.decode(_derive(_document(), base)[1]).label_map
        assert sorted(label_map.values()) == ["b0", "b1"]
        seen.add(tuple(sorted(label_map.items())))
    assert len(seen) == 2


@pytest.mark.parametrize("indexes", [[0, 1, 2], [0, 1, 2, 3, 4, 5]])
def test_another_number_of_indexes_is_refused(indexes: list[int]) -> None:
    """D7."""
    document, proof = _derive(_document(), _base(_document()))
    with pytest.raises(ProofVerificationError, match=f"{len(indexes)} indexes for 5 disclosed statements"):
        _verify(document, _with_component(proof, 3, indexes))


@pytest.mark.parametrize("indexes", [[4, 3, 2, 1, 0], [0, 0, 1, 2, 3], [0, 1, 2, 3, 2**62]])
def test_indexes_out_of_order_or_range_are_refused(indexes: list[int]) -> None:
    """D7, J4."""
    document, proof = _derive(_document(), _base(_document()))
    with pytest.raises(ProofVerificationError, match="expected ascending selective indexes below 2048"):
        _verify(document, _with_component(proof, 3, indexes))


def test_statements_at_other_indexes_are_refused() -> None:
    """D6: the proof says which of the signed statements these are."""
    document, proof = _derive(_document(), _base(_document()))
    indexes = _components(proof)[3]
    hidden = next(index for index in range(6) if index not in indexes)
    for place in range(len(indexes)):
        forged = sorted([*indexes[:place], hidden, *indexes[place + 1 :]])
        with pytest.raises(InvalidSignatureError):
            _verify(document, _with_component(proof, 3, forged))
    with pytest.raises(CryptographicSecurityError, match="expected ascending message indexes below 6"):
        _verify(document, _with_component(proof, 3, [0, 1, 2, 3, 6]))


def test_a_proof_with_points_off_the_subgroup_is_refused() -> None:
    """C15."""
    document, proof = _derive(_document(), _base(_document()))
    bbs_proof = _components(proof)[0]
    off_subgroup = bytes.fromhex("80" + "00" * 46 + "04")
    with pytest.raises(CryptographicSecurityError, match="expected a point of G1"):
        _verify(document, _with_component(proof, 0, off_subgroup + bbs_proof[48:]))


@pytest.mark.parametrize("length", [0, 271, 273, 400])
def test_a_proof_of_another_length_is_refused(length: int) -> None:
    document, proof = _derive(_document(), _base(_document()))
    bbs_proof = (_components(proof)[0] * 2)[:length]
    with pytest.raises(CryptographicSecurityError, match="expected"):
        _verify(document, _with_component(proof, 0, bbs_proof))


@pytest.mark.parametrize(
    ("header", "feature"),
    [
        ("d95d05", "anonymous holder binding"),
        ("d95d07", "credential-bound pseudonyms"),
        ("d95d09", "holder binding and pseudonyms"),
    ],
)
def test_a_derived_proof_with_an_optional_feature_is_refused_by_name(header: str, feature: str) -> None:
    """C20: not forged, only not supported."""
    document, proof = _derive(_document(), _base(_document()))
    with pytest.raises(UnsupportedCryptosuiteError, match=f"the bbs-2023 feature {feature} is not supported"):
        _verify(document, _with_header(proof, header))


@pytest.mark.parametrize(
    ("header", "feature"),
    [
        ("d95d04", "anonymous holder binding"),
        ("d95d06", "credential-bound pseudonyms"),
        ("d95d08", "holder binding and pseudonyms"),
    ],
)
def test_a_base_proof_with_an_optional_feature_stays_with_its_holder(header: str, feature: str) -> None:
    """D1: it cannot be used here, and is not shown either."""
    base = _with_header(_base(_document()), header)
    assert BBS_2023.is_base_proof(base)
    with pytest.raises(BaseProofPresentedError, match="expected a derived proof"):
        _verify(_document(), base)
    with pytest.raises(UnsupportedCryptosuiteError, match=f"the bbs-2023 feature {feature} is not supported"):
        _derive(_document(), base)


def test_a_changed_document_cannot_be_derived_from() -> None:
    base = _base(_document())
    with pytest.raises(ProofGenerationError, match="the base proof does not fit the document"):
        _derive(_document(givenName="JOAN"), base)
    with pytest.raises(ProofGenerationError, match="other options or other mandatory statements"):
        _derive({**_document(), "issuer": "did:example:other"}, base)
    with pytest.raises(ProofGenerationError, match="other options or other mandatory statements"):
        _derive(_document(), {**base, "created": "2026-01-01T00:00:00Z"})


def test_a_base_proof_with_another_key_or_signature_cannot_be_derived_from() -> None:
    base = _base(_document())
    other = PrivateKey.from_secret_bytes(KeyType.BLS12_381_G2, bytes(range(2, 34))).public_key.key_bytes
    signature = _components(base)[0]
    for forged in (
        _with_component(base, 2, other),
        _with_component(base, 2, bytes(96)),
        _with_component(base, 0, signature[:48] + bytes(31) + b"\x07"),
        _with_component(base, 0, bytes(80)),
    ):
        with pytest.raises(ProofGenerationError, match="the base proof does not fit the document"):
            _derive(_document(), forged)


@pytest.mark.parametrize("index", range(5))
def test_a_damaged_base_proof_is_refused(index: int) -> None:
    """D8, before the holder shows anything."""
    for wrong in (7, b"", "text", [7], {0: 0}):
        with pytest.raises(ProofVerificationError, match="proofValue: expected"):
            _derive(_document(), _with_component(_base(_document()), index, wrong))


def test_a_key_that_only_signs_bytes_is_refused() -> None:
    class KeyElsewhere:
        @property
        def public_key(self) -> PublicKey:
            return ISSUER.public_key

        def sign(self, message: bytes) -> bytes:
            return message

    with pytest.raises(UnsupportedKeyError, match="a BLS12-381 key held in memory"):
        BBS_2023.prepare_base_proof(
            _document(), OPTIONS, KeyElsewhere(), mandatory_pointers=[], contexts=DEFAULT_CONTEXTS
        ).sign().write()


def test_more_statements_than_can_be_signed_are_refused() -> None:
    names = [f"name {number}" for number in range(2048)]
    with pytest.raises(ProofGenerationError, match="2053 messages, at most 2048 can be signed"):
        _base(_document(givenName=names))


def test_a_base_proof_does_not_show_its_secrets_in_messages() -> None:
    assert repr(BaseProof.decode(_base(_document()))) == "<BaseProof, not shown>"

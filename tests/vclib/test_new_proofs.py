"""vclib.new_proofs: a proof set made in one go is the one that is made proof by proof."""

from __future__ import annotations

import copy
from datetime import UTC, datetime

import pytest

from tests.vclib.fixed_key import FixedScopedKey
from vclib.did.key import did_key, did_key_method
from vclib.errors import ProofGenerationError, UnsupportedKeyError
from vclib.keys import KeyType, PrivateKey
from vclib.proofs import NewProof, add_proof, add_proof_set, base_proofs, proofs_of
from vclib.strict_json import JSONObject

_NOW = datetime(2026, 7, 1, 12, 0, 0, tzinfo=UTC)
_P256 = PrivateKey.from_secret_bytes(KeyType.P256, bytes(range(1, 33)))
_ED25519 = PrivateKey.from_secret_bytes(KeyType.ED25519, bytes(range(32)))
_BASE = NewProof("ecdsa-sd-2023", _P256, did_key_method(_P256.public_key), _NOW, ("/issuer",))
_PLAIN = NewProof("eddsa-rdfc-2022", _ED25519, did_key_method(_ED25519.public_key), _NOW)
_UNTIMED = NewProof("ecdsa-rdfc-2019", _P256, did_key_method(_P256.public_key), None)
_JCS = NewProof("eddsa-jcs-2022", _ED25519, did_key_method(_ED25519.public_key), _NOW)

UNSIGNED: JSONObject = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "type": ["VerifiableCredential"],
    "issuer": did_key(_P256.public_key),
    "validUntil": "2027-01-01T00:00:00Z",
    "credentialSubject": {"id": "did:example:alice", "name": "Alice", "description": "Recovered"},
}


@pytest.fixture
def fixed_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vclib.cryptosuites.ecdsa_sd_2023.EphemeralKey", FixedScopedKey)
    monkeypatch.setattr("vclib.cryptosuites.ecdsa_sd_2023.new_hmac_key", lambda: bytes(32))


@pytest.mark.parametrize("proofs", [(_BASE, _PLAIN), (_PLAIN, _BASE), (_UNTIMED, _JCS, _PLAIN), (_PLAIN,)])
@pytest.mark.usefixtures("fixed_secrets")
def test_a_proof_set_is_what_one_proof_after_the_other_gives(proofs: tuple[NewProof, ...]) -> None:
    # Several times, because what was learned of the first document is used for the next ones.
    for name in ("Alice", "Bob", "Carol", '\u202eDave\t"_:b0'):
        document = copy.deepcopy(UNSIGNED)
        document["credentialSubject"] = {"id": "did:example:alice", "name": name}
        expected = copy.deepcopy(document)
        for new in proofs:
            expected = add_proof(
                expected,
                cryptosuite=new.cryptosuite,
                key=new.key,
                verification_method=new.verification_method,
                created=new.created,
                mandatory_pointers=new.mandatory_pointers,
            )
        before = copy.deepcopy(document)

        assert add_proof_set(document, proofs) == expected
        assert document == before


def test_each_base_proof_has_a_key_and_an_hmac_key_of_its_own() -> None:
    first, second = (base_proofs(add_proof_set(UNSIGNED, (_BASE,)))[0] for _ in range(2))

    assert first["proofValue"] != second["proofValue"]


def test_no_proofs_are_no_proof_member() -> None:
    assert add_proof_set(UNSIGNED, ()) == UNSIGNED


def test_a_document_with_a_proof_is_refused() -> None:
    signed = add_proof_set(UNSIGNED, (_PLAIN,))
    with pytest.raises(ProofGenerationError, match="without a proof"):
        add_proof_set(signed, (_PLAIN,))
    with pytest.raises(ProofGenerationError, match="without a proof"):
        add_proof_set({**UNSIGNED, "proof": []}, (_PLAIN,))
    assert len(proofs_of(add_proof_set(UNSIGNED, (_PLAIN, _PLAIN)))) == 2


def test_a_key_of_another_suite_and_an_unknown_suite_are_refused() -> None:
    wrong = NewProof("eddsa-rdfc-2022", _P256, _BASE.verification_method, _NOW)
    with pytest.raises(UnsupportedKeyError):
        add_proof_set(UNSIGNED, (wrong,))
    unknown = NewProof("ecdsa-sd-2099", _P256, _BASE.verification_method, _NOW)
    with pytest.raises(ProofGenerationError, match="not supported"):
        add_proof_set(UNSIGNED, (unknown,))

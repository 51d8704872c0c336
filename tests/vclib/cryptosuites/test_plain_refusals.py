"""What the four plain suites refuse: altered documents, altered proofs, wrong keys, wrong spellings."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import pytest

from vclib.cryptosuites import PLAIN_SUITES
from vclib.did.key import did_key, did_key_method
from vclib.encoding import decode_multibase, encode_base64url, encode_multibase
from vclib.errors import (
    ComplexityError,
    ContextNotAcceptedError,
    DataLossError,
    InvalidSignatureError,
    ProofGenerationError,
    ProofVerificationError,
    UnsupportedCryptosuiteError,
    UnsupportedKeyError,
    VCError,
)
from vclib.jsonld import DEFAULT_CONTEXTS
from vclib.keys import KeyType, PrivateKey
from vclib.strict_json import JSONObject

V2 = "https://www.w3.org/ns/credentials/v2"
DATA_INTEGRITY = "https://w3id.org/security/data-integrity/v2"

# The order of the group of P-256: https://csrc.nist.gov/pubs/sp/800/186/final, section 3.2.1.3.
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

ED25519 = PrivateKey.from_secret_bytes(KeyType.ED25519, bytes(range(32)))
P256 = PrivateKey.from_secret_bytes(KeyType.P256, bytes(range(1, 33)))
P384 = PrivateKey.from_secret_bytes(KeyType.P384, bytes(range(1, 49)))
SECP256K1 = PrivateKey.from_secret_bytes(KeyType.SECP256K1, bytes(range(1, 33)))
ALL_KEYS = {"Ed25519": ED25519, "P-256": P256, "P-384": P384, "secp256k1": SECP256K1}


@dataclass(frozen=True)
class Signed:
    """A signed document in its two parts, as tests alter them. Any: tests reach into JSON by hand."""

    suite_name: str
    key: PrivateKey
    document: dict[str, Any]
    proof: dict[str, Any]

    def verify(self) -> None:
        """Verify what the parts have become."""
        PLAIN_SUITES[self.suite_name].verify_proof(
            self.document, self.proof, self.key.public_key, contexts=DEFAULT_CONTEXTS
        )


SUITE_KEYS = [
    ("eddsa-rdfc-2022", "Ed25519"),
    ("eddsa-jcs-2022", "Ed25519"),
    ("ecdsa-rdfc-2019", "P-256"),
    ("ecdsa-rdfc-2019", "P-384"),
    ("ecdsa-jcs-2019", "P-256"),
    ("ecdsa-jcs-2019", "P-384"),
]


@pytest.fixture(params=SUITE_KEYS, ids=lambda pair: f"{pair[0]}-{pair[1]}")
def signed(request: pytest.FixtureRequest) -> Signed:
    suite_name, key_name = request.param
    return sign(suite_name, ALL_KEYS[key_name])


def sign(suite_name: str, key: PrivateKey) -> Signed:
    document: JSONObject = {
        "@context": [V2],
        "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
        "type": ["VerifiableCredential"],
        "issuer": {"id": did_key(key.public_key), "name": "Ministry"},
        "validFrom": "2026-01-01T00:00:00Z",
        "credentialSubject": {"id": "did:example:alice", "description": "Recovered"},
    }
    options: JSONObject = {
        "type": "DataIntegrityProof",
        "cryptosuite": suite_name,
        "created": "2026-01-01T00:00:00Z",
        "verificationMethod": did_key_method(key.public_key),
        "proofPurpose": "assertionMethod",
        "domain": "https://venue.example",
        "challenge": "b31d37d4-dd59-47d3-9dd8-c973da43b63a",
    }
    proof = (
        PLAIN_SUITES[suite_name]
        .prepare_proof(document, options, key, contexts=DEFAULT_CONTEXTS)
        .sign()
        .write()
    )
    return Signed(suite_name, key, copy.deepcopy(document), copy.deepcopy(proof))


def flip_bit(text: str, position: int = -1) -> str:
    """Return `text` with the lowest bit of one character flipped."""
    position %= len(text)
    return text[:position] + chr(ord(text[position]) ^ 1) + text[position + 1 :]


def test_untouched_document_verifies(signed: Signed) -> None:
    signed.verify()


@pytest.mark.parametrize(
    "path",
    [
        ("id",),
        ("issuer", "id"),
        ("issuer", "name"),
        ("credentialSubject", "id"),
        ("credentialSubject", "description"),
    ],
    ids="/".join,
)
def test_flipped_bit_of_a_claim_is_refused(signed: Signed, path: tuple[str, ...]) -> None:
    """C1: one bit of any signed claim."""
    node = signed.document
    for name in path[:-1]:
        node = node[name]
    node[path[-1]] = flip_bit(node[path[-1]])
    with pytest.raises(InvalidSignatureError):
        signed.verify()


def test_flipped_bit_of_a_date_is_refused(signed: Signed) -> None:
    """C1: the last digit of the year."""
    signed.document["validFrom"] = flip_bit(signed.document["validFrom"], 3)
    with pytest.raises(InvalidSignatureError):
        signed.verify()


def test_flipped_bit_of_the_type_is_refused(signed: Signed) -> None:
    """C1, A6: the type becomes a word that no context defines, which the statements would lose."""
    signed.document["type"] = [flip_bit("VerifiableCredential")]
    with pytest.raises(DataLossError if "rdfc" in signed.suite_name else InvalidSignatureError):
        signed.verify()


def test_flipped_bit_of_the_context_is_refused(signed: Signed) -> None:
    """C1, A1: the URL of the context is another, which is not in the table."""
    signed.document["@context"] = [flip_bit(V2)]
    with pytest.raises(
        ContextNotAcceptedError if "rdfc" in signed.suite_name else ProofVerificationError, match="context"
    ):
        signed.verify()


def test_removed_and_added_claims_are_refused(signed: Signed) -> None:
    """C1: what was signed is the whole document."""
    removed = copy.deepcopy(signed)
    del removed.document["credentialSubject"]["description"]
    with pytest.raises(InvalidSignatureError):
        removed.verify()
    signed.document["name"] = "Another name"
    with pytest.raises(InvalidSignatureError):
        signed.verify()


@pytest.mark.parametrize(
    ("member", "position"),
    [("created", 3), ("verificationMethod", -1), ("domain", -1), ("challenge", 0)],
)
def test_flipped_bit_of_a_proof_option_is_refused(signed: Signed, member: str, position: int) -> None:
    """C1: `created`, `verificationMethod`, `domain` and `challenge` are signed."""
    signed.proof[member] = flip_bit(signed.proof[member], position)
    with pytest.raises(InvalidSignatureError):
        signed.verify()


@pytest.mark.parametrize("member", ["created", "domain", "challenge"])
def test_removed_proof_option_is_refused(signed: Signed, member: str) -> None:
    """C1: an option that is gone was signed too."""
    del signed.proof[member]
    with pytest.raises(InvalidSignatureError):
        signed.verify()


def test_another_purpose_is_refused(signed: Signed) -> None:
    """C1: `proofPurpose` is signed."""
    signed.proof["proofPurpose"] = "authentication"
    with pytest.raises(InvalidSignatureError):
        signed.verify()


def test_damaged_created_is_refused(signed: Signed) -> None:
    """C1: a flipped bit that makes `created` no time at all."""
    signed.proof["created"] = flip_bit(signed.proof["created"])
    with pytest.raises(ProofVerificationError, match="the proof's created: expected a date-time"):
        signed.verify()


def test_every_flipped_byte_of_the_signature_is_refused(signed: Signed) -> None:
    """C1: one bit in each byte of the signature."""
    signature = decode_multibase(signed.proof["proofValue"], bases="z")
    for position in range(len(signature)):
        damaged = bytearray(signature)
        damaged[position] ^= 1 << (position % 8)
        signed.proof["proofValue"] = encode_multibase(bytes(damaged), base="z")
        with pytest.raises(InvalidSignatureError):
            signed.verify()


def test_added_members_of_the_proof_are_refused(signed: Signed) -> None:
    """C19: a member that the context defines, and one that it does not."""
    defined, undefined = copy.deepcopy(signed), copy.deepcopy(signed)
    defined.proof["nonce"] = "x"
    with pytest.raises(InvalidSignatureError):
        defined.verify()
    undefined.proof["approvedBy"] = "nobody"
    with pytest.raises(DataLossError if "rdfc" in signed.suite_name else InvalidSignatureError):
        undefined.verify()


def test_foreign_context_inside_the_proof_is_refused(signed: Signed) -> None:
    """C19: an `@context` in the proof which is not the document's."""
    signed.proof["@context"] = [V2, DATA_INTEGRITY]
    with pytest.raises(ProofVerificationError, match="proof's @context"):
        signed.verify()


@pytest.mark.parametrize("suite_name", ["eddsa-jcs-2022", "ecdsa-jcs-2019"])
class TestContextOfJCSProofs:
    """https://www.w3.org/TR/vc-di-eddsa/#verify-proof-eddsa-jcs-2022, step 4."""

    @staticmethod
    def sign(suite_name: str) -> Signed:
        return sign(suite_name, ED25519 if suite_name.startswith("eddsa") else P256)

    def test_proof_keeps_the_context_of_the_document(self, suite_name: str) -> None:
        assert self.sign(suite_name).proof["@context"] == [V2]

    def test_document_without_context_is_signed_as_plain_json(self, suite_name: str) -> None:
        key = ED25519 if suite_name.startswith("eddsa") else P256
        options: JSONObject = {"type": "DataIntegrityProof", "cryptosuite": suite_name}
        document: JSONObject = {"myWebsite": "https://hello.world.example/"}
        proof = (
            PLAIN_SUITES[suite_name]
            .prepare_proof(document, options, key, contexts=DEFAULT_CONTEXTS)
            .sign()
            .write()
        )
        assert "@context" not in proof
        Signed(suite_name, key, dict(document), dict(proof)).verify()
        with pytest.raises(InvalidSignatureError):
            Signed(suite_name, key, {"myWebsite": "https://bye.world.example/"}, dict(proof)).verify()

    def test_removed_context_of_the_proof_is_refused(self, suite_name: str) -> None:
        """C19: without it the proof configuration is another."""
        signed = self.sign(suite_name)
        del signed.proof["@context"]
        with pytest.raises(InvalidSignatureError):
            signed.verify()

    def test_removed_context_of_the_document_is_refused(self, suite_name: str) -> None:
        signed = self.sign(suite_name)
        del signed.document["@context"]
        with pytest.raises(ProofVerificationError, match="does not start with the proof's @context"):
            signed.verify()

    def test_context_put_before_the_signed_ones_is_refused(self, suite_name: str) -> None:
        signed = self.sign(suite_name)
        signed.document["@context"] = [DATA_INTEGRITY, V2]
        with pytest.raises(ProofVerificationError, match="does not start with the proof's @context"):
            signed.verify()

    def test_appended_context_that_changes_no_statement_is_accepted(self, suite_name: str) -> None:
        """An intermediary may append contexts: the standard says so, and no meaning is changed."""
        signed = self.sign(suite_name)
        signed.document["@context"] = [V2, DATA_INTEGRITY]
        signed.verify()

    def test_appended_context_that_is_not_accepted_is_refused(self, suite_name: str) -> None:
        """A3: an inline context could redefine a term under a signature that still fits."""
        signed = self.sign(suite_name)
        signed.document["@context"] = [V2, {"Recovered": "https://example.org/never"}]
        with pytest.raises(ContextNotAcceptedError):
            signed.verify()

    def test_unknown_context_is_refused_when_signing(self, suite_name: str) -> None:
        """A1: the policy holds for JCS suites as well, although their hash needs no context."""
        key = ED25519 if suite_name.startswith("eddsa") else P256
        options: JSONObject = {"type": "DataIntegrityProof", "cryptosuite": suite_name}
        document: JSONObject = {"@context": ["https://unknown.example/v1"], "id": "urn:example:1"}
        with pytest.raises(ContextNotAcceptedError, match=r"unknown\.example"):
            PLAIN_SUITES[suite_name].prepare_proof(
                document, options, key, contexts=DEFAULT_CONTEXTS
            ).sign().write()


def test_rdfc_proof_may_repeat_the_context_of_the_document() -> None:
    """Some implementations write it; it is what the algorithm puts there anyway."""
    signed = sign("eddsa-rdfc-2022", ED25519)
    signed.proof["@context"] = [V2]
    signed.verify()


@pytest.mark.parametrize("suite_name", sorted(PLAIN_SUITES))
@pytest.mark.parametrize("key_name", sorted(ALL_KEYS))
def test_keys_of_another_kind_are_refused(suite_name: str, key_name: str) -> None:
    """C4: before any arithmetic, when signing and when verifying."""
    key, own = ALL_KEYS[key_name], ED25519 if suite_name.startswith("eddsa") else P256
    if key.key_type in PLAIN_SUITES[suite_name].key_types:
        sign(suite_name, key).verify()
        return
    signed = sign(suite_name, own)
    with pytest.raises(UnsupportedKeyError, match=f"{suite_name} needs a key of type .*, found {key_name}"):
        Signed(suite_name, key, signed.document, signed.proof).verify()
    with pytest.raises(UnsupportedKeyError, match=f"{suite_name} needs a key of type"):
        sign(suite_name, key)


def test_p384_signature_under_a_p256_key_is_refused() -> None:
    """C4: both are keys of the suite, but the lengths tell them apart."""
    signed = sign("ecdsa-rdfc-2019", P384)
    with pytest.raises(ProofVerificationError, match="expected a signature of 64 bytes, found 96"):
        Signed("ecdsa-rdfc-2019", P256, signed.document, signed.proof).verify()


def test_another_key_of_the_same_kind_is_refused(signed: Signed) -> None:
    other = PrivateKey.from_secret_bytes(signed.key.key_type, bytes([7]) * len(signed.key.secret_bytes))
    with pytest.raises(InvalidSignatureError):
        Signed(signed.suite_name, other, signed.document, signed.proof).verify()


@pytest.mark.parametrize(
    ("respell", "message"),
    [
        (lambda data: "u" + encode_base64url(data), "expected multibase prefix 'z', found 'u'"),
        (lambda data: encode_multibase(data, base="z")[1:], "expected multibase prefix"),
        (lambda data: encode_multibase(data, base="z") + " ", "expected base58btc"),
        (lambda data: " " + encode_multibase(data, base="z"), "expected multibase prefix"),
        (lambda data: encode_multibase(data, base="z") + "=", "expected base58btc"),
        (lambda data: encode_multibase(data, base="z") + "\n", "expected base58btc"),
        (lambda data: encode_multibase(data, base="z") + "0", "expected base58btc"),
        (lambda data: encode_multibase(data + b"\0", base="z"), "expected a signature of"),
        (lambda data: encode_multibase(b"\0" + data, base="z"), "expected a signature of"),
        (lambda data: encode_multibase(data[:-1], base="z"), "expected a signature of"),
        (lambda data: "z", "expected a signature of"),
        (lambda data: "z" * 2000, "more than 1500"),
        (lambda data: "", "expected a multibase string"),
        (
            lambda data: [encode_multibase(data, base="z")],
            "expected proofValue to be a string, found an array",
        ),
        (lambda data: None, "expected proofValue to be a string, found null"),
    ],
)
def test_another_spelling_of_the_proof_value_is_refused(signed: Signed, respell: Any, message: str) -> None:
    """C16: one base, one spelling, one length. Any: a lambda per spelling."""
    signed.proof["proofValue"] = respell(decode_multibase(signed.proof["proofValue"], bases="z"))
    with pytest.raises(ProofVerificationError, match=message):
        signed.verify()


def test_missing_proof_value_is_refused(signed: Signed) -> None:
    """C2: a proof without a value proves nothing."""
    del signed.proof["proofValue"]
    with pytest.raises(ProofVerificationError, match="expected proofValue to be a string, found none"):
        signed.verify()


def test_der_signature_is_refused() -> None:
    """C11: raw r || s, never DER."""
    signed = sign("ecdsa-rdfc-2019", P256)
    signature = decode_multibase(signed.proof["proofValue"], bases="z")
    der = b"\x30\x44\x02\x20" + signature[:32] + b"\x02\x20" + signature[32:]
    signed.proof["proofValue"] = encode_multibase(der, base="z")
    with pytest.raises(ProofVerificationError, match="expected a signature of 64 bytes, found 70"):
        signed.verify()


def test_both_forms_of_an_ecdsa_signature_verify() -> None:
    """C12: (r, n - s) holds as (r, s) does, so nothing may take `proofValue` for an identifier."""
    signed = sign("ecdsa-rdfc-2019", P256)
    signature = decode_multibase(signed.proof["proofValue"], bases="z")
    twin = signature[:32] + (P256_ORDER - int.from_bytes(signature[32:])).to_bytes(32)
    assert twin != signature
    signed.proof["proofValue"] = encode_multibase(twin, base="z")
    signed.verify()


@pytest.mark.parametrize("member", ["type", "cryptosuite"])
def test_proof_of_another_type_or_suite_is_refused(signed: Signed, member: str) -> None:
    """C20: the suite looks at both itself."""
    signed.proof[member] = "eddsa-experimental-2031"
    with pytest.raises(UnsupportedCryptosuiteError):
        signed.verify()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"type": "Ed25519Signature2020"}, "expected a proof of type DataIntegrityProof"),
        ({"cryptosuite": "bbs-2023"}, "expected a proof of cryptosuite eddsa-rdfc-2022"),
        ({"created": "yesterday"}, "the proof's created"),
        ({"expires": "2026-01-01"}, "the proof's expires"),
        ({"proofValue": "z1"}, "already carry a proofValue"),
    ],
)
def test_unfit_options_are_not_signed(change: JSONObject, message: str) -> None:
    options: JSONObject = {"type": "DataIntegrityProof", "cryptosuite": "eddsa-rdfc-2022", **change}
    with pytest.raises(ProofGenerationError, match=message):
        PLAIN_SUITES["eddsa-rdfc-2022"].prepare_proof(
            {"@context": V2, "id": "urn:example:1"}, options, ED25519, contexts=DEFAULT_CONTEXTS
        ).sign().write()


@pytest.mark.parametrize("suite_name", ["eddsa-rdfc-2022", "ecdsa-rdfc-2019"])
def test_undefined_member_is_not_signed_by_an_rdfc_suite(suite_name: str) -> None:
    """A6: signing refuses what the statements would lose."""
    options: JSONObject = {"type": "DataIntegrityProof", "cryptosuite": suite_name}
    key = ED25519 if suite_name.startswith("eddsa") else P256
    with pytest.raises(DataLossError, match="fullyVaccinted"):
        PLAIN_SUITES[suite_name].prepare_proof(
            {"@context": V2, "id": "urn:example:1", "fullyVaccinted": True},
            options,
            key,
            contexts=DEFAULT_CONTEXTS,
        ).sign().write()


@pytest.mark.parametrize("place", ["document", "proof"])
def test_deep_document_or_proof_is_refused(signed: Signed, place: str) -> None:
    """B3: by the depth limit, in both kinds of suite, and without a recursion error."""
    deep: list[Any] = []
    for _ in range(10_000):
        deep = [deep]
    (signed.document if place == "document" else signed.proof)["description"] = deep
    with pytest.raises(ComplexityError, match="nested deeper than"):
        signed.verify()


@pytest.mark.parametrize("suite_name", ["eddsa-jcs-2022", "ecdsa-jcs-2019"])
def test_large_document_without_context_is_refused(suite_name: str) -> None:
    """B2: the size limit holds where no JSON-LD processing sets it."""
    key = ED25519 if suite_name.startswith("eddsa") else P256
    options: JSONObject = {"type": "DataIntegrityProof", "cryptosuite": suite_name}
    document: JSONObject = {"values": [*range(20_001)]}
    with pytest.raises(ComplexityError, match="more than 20000 values"):
        PLAIN_SUITES[suite_name].prepare_proof(
            document, options, key, contexts=DEFAULT_CONTEXTS
        ).sign().write()


def test_documents_and_proofs_are_left_as_they_were(signed: Signed) -> None:
    document, proof = copy.deepcopy(signed.document), copy.deepcopy(signed.proof)
    signed.verify()
    signed.proof["challenge"] = "another"
    with pytest.raises(VCError):
        signed.verify()
    assert signed.document == document
    assert {**signed.proof, "challenge": proof["challenge"]} == proof

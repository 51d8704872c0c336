"""Both directions with the Digital Bazaar packages, for every suite: what one makes the other takes.

Every way is walked with a genuine document, which is accepted, and with an altered one, which is refused.
The contexts are ours, the DID documents are the ones our resolver writes.
"""

from __future__ import annotations

import base64
import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from health import credential_from_record, mandatory_pointers, parse_record, pointers_for
from vclib import did
from vclib.cryptosuites import SELECTIVE_SUITES
from vclib.did.key import did_key, did_key_method
from vclib.errors import (
    InvalidChallengeError,
    InvalidDomainError,
    InvalidSignatureError,
    ProofVerificationError,
)
from vclib.keys import KeyType, PrivateKey, encode_multikey, encode_secret_multikey
from vclib.proofs import ASSERTION_METHOD, AUTHENTICATION, VerifiedProof, add_proof, derive, verify_proofs
from vclib.strict_json import JSONObject, parse_json, parse_json_object

ECDSA_VECTORS = Path(__file__).parents[1] / "vectors" / "vc-di-ecdsa"
NOW = datetime(2026, 7, 1, 12, 0, 0, tzinfo=UTC)
NOW_TEXT = "2026-07-01T12:00:00Z"
CHALLENGE = "b31d37d4-dd59-47d3-9dd8-c973da43b63a"
DOMAIN = "https://venue.example"

KEYS = {
    "Ed25519": PrivateKey.from_secret_bytes(KeyType.ED25519, bytes(range(32))),
    "P-256": PrivateKey.from_secret_bytes(KeyType.P256, bytes(range(1, 33))),
    "P-384": PrivateKey.from_secret_bytes(KeyType.P384, bytes(range(1, 49))),
    "BLS12-381": PrivateKey.from_secret_bytes(KeyType.BLS12_381_G2, bytes(range(1, 33))),
}
HOLDER = PrivateKey.from_secret_bytes(KeyType.P256, bytes([5]) * 32)

PLAIN = [
    ("eddsa-rdfc-2022", "Ed25519"),
    ("eddsa-jcs-2022", "Ed25519"),
    ("ecdsa-rdfc-2019", "P-256"),
    ("ecdsa-rdfc-2019", "P-384"),
    ("ecdsa-jcs-2019", "P-256"),
    ("ecdsa-jcs-2019", "P-384"),
]
SELECTIVE = [("ecdsa-sd-2023", "P-256"), ("bbs-2023", "BLS12-381")]

each_plain = pytest.mark.parametrize(
    ("suite", "key_name"), PLAIN, ids=[f"{suite}-{key_name}" for suite, key_name in PLAIN]
)
each_selective = pytest.mark.parametrize(
    ("suite", "key_name"), SELECTIVE, ids=[suite for suite, _ in SELECTIVE]
)


@dataclass(frozen=True)
class Sample:
    """A credential to sign, what to fix and what to show of it, and how to alter what was shown."""

    document: dict[str, Any]
    mandatory: list[str]
    selective: list[str]
    altered: tuple[str, ...]

    def unsigned(self, key: PrivateKey) -> dict[str, Any]:
        """Return the credential with the key's owner as issuer. Any: JSON that tests alter."""
        document = copy.deepcopy(self.document)
        document["issuer"]["id"] = did_key(key.public_key)
        return document

    def alter(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return a copy with one claim changed. Any: JSON that tests alter."""
        result = copy.deepcopy(document)
        node = result
        for name in self.altered[:-1]:
            node = node[name]
        assert isinstance(node[self.altered[-1]], str)
        node[self.altered[-1]] = "icd11:RA02" if node[self.altered[-1]].startswith("icd11:") else "ALTERED"
        return result


def minted(record: JSONObject, altered: tuple[str, ...], **details: Any) -> Sample:
    """Return a record as our issuer makes a credential of it, shown as for a venue. Any: passed through."""
    document = credential_from_record(
        parse_record(record, now=NOW),
        issuer_id=did_key(KEYS["Ed25519"].public_key),
        issuer_name="Ministry of Health of Examplia",
        valid_from=datetime(2026, 1, 1, tzinfo=UTC),
        valid_until=datetime(2027, 1, 1, tzinfo=UTC),
        **details,
    )
    return Sample(
        document=document,
        mandatory=list(mandatory_pointers(document)),
        selective=list(pointers_for("venue", document)),
        altered=altered,
    )


VACCINATION = minted(
    {
        "name": "Zoë Ångström",
        "birthDate": "1984-02",
        "vaccination": {
            "vaccine": {"system": "http://id.who.int/icd11/mms", "code": "XM0GQ8"},
            "brand": {"system": "http://id.who.int/icd11/mms", "code": "XM3DT5"},
            "manufacturer": {
                "system": "https://spor.ema.europa.eu/v1/organisations",
                "code": "ORG-100030215",
            },
            "lot": "A-17",
            "date": "2025-11-03",
            "dose": 2,
            "totalDoses": 2,
            "country": {"system": "urn:iso:std:iso:3166", "code": "CHE"},
            "centre": "Health Centre No. 4",
            "disease": {"system": "http://id.who.int/icd11/mms", "code": "RA01"},
        },
        "certificate": {"issuer": "Ministry of Health", "hcid": "VS-0042", "version": "RC2"},
    },
    altered=("credentialSubject", "vaccination", "disease"),
    holder=did_key(HOLDER.public_key),
    status=[
        {
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": "94567",
            "statusListCredential": "https://ministry.example/status/3",
        }
    ],
)

RECOVERY = minted(
    {
        "name": "Gabriele Beispiel-Gößinger",
        "birthDate": "1998-02-26",
        "recovery": {
            "disease": {"system": "http://id.who.int/icd11/mms", "code": "RA01"},
            "firstPositive": "2026-04-20",
            "country": {"system": "urn:iso:std:iso:3166", "code": "AUT"},
        },
        "certificate": {"issuer": "Ministry of Health", "hcid": "RC-0007", "version": "RC2"},
    },
    altered=("credentialSubject", "recovery", "disease"),
)


def pointers(name: str) -> list[str]:
    value = parse_json((ECDSA_VECTORS / name).read_bytes())
    assert isinstance(value, list)
    return [str(pointer) for pointer in value]


EMPLOYMENT = Sample(
    document=parse_json_object((ECDSA_VECTORS / "employmentAuth.json").read_bytes()),
    mandatory=pointers("employMandatory.json"),
    selective=pointers("employSelective.json"),
    altered=("credentialSubject", "birthCountry"),
)


@pytest.fixture(params=[VACCINATION, RECOVERY, EMPLOYMENT], ids=["vaccination", "recovery", "employment"])
def sample(request: pytest.FixtureRequest) -> Sample:
    found: Sample = request.param
    return found


@pytest.fixture
def peer(partner: Any) -> Any:
    """The partner, knowing our DID documents. Any: its class is in conftest.py."""
    owners = [did_key(key.public_key) for key in [*KEYS.values(), HOLDER]]
    partner.ask("documents", documents={owner: did.resolve(owner).document for owner in owners})
    return partner


# --- what each side does --------------------------------------------------------------------------


def created(suite: str) -> datetime | None:
    """bbs-2023 proofs have no date: it would link presentations."""
    return None if suite == "bbs-2023" else NOW


def we_sign(sample: Sample, suite: str, key: PrivateKey) -> dict[str, Any]:
    return add_proof(
        sample.unsigned(key),
        cryptosuite=suite,
        key=key,
        verification_method=did_key_method(key.public_key),
        created=created(suite),
        mandatory_pointers=sample.mandatory if suite in SELECTIVE_SUITES else (),
    )


def they_sign(peer: Any, sample: Sample, suite: str, key: PrivateKey) -> dict[str, Any]:
    signed: dict[str, Any] = peer.ask(
        "issue",
        suite=suite,
        key=key_for_partner(key),
        credential=sample.unsigned(key),
        created=NOW_TEXT,
        mandatoryPointers=sample.mandatory if suite in SELECTIVE_SUITES else None,
    )
    return signed


def key_for_partner(key: PrivateKey) -> JSONObject:
    return {
        "id": did_key_method(key.public_key),
        "controller": did_key(key.public_key),
        "publicKeyMultibase": encode_multikey(key.public_key),
        "secretKeyMultibase": encode_secret_multikey(key),
    }


def we_verify(document: JSONObject, **options: Any) -> tuple[VerifiedProof, ...]:
    return verify_proofs(
        document,
        **{
            "purpose": ASSERTION_METHOD,
            "resolve": lambda name: did.resolve(name).document,
            "now": NOW,
            **options,
        },
    )


def they_verify(peer: Any, suite: str, document: JSONObject) -> None:
    answer = peer.ask("verify", suite=suite, credential=document, now=NOW_TEXT)
    assert answer == {"verified": True, "messages": []}


def they_refuse(peer: Any, suite: str, document: JSONObject, message: str) -> None:
    answer = peer.ask("verify", suite=suite, credential=document, now=NOW_TEXT)
    assert answer["verified"] is False
    assert any(message in found for found in answer["messages"]), answer["messages"]


def we_derive(sample: Sample, document: JSONObject, **options: Any) -> dict[str, Any]:
    return derive(document, selective_pointers=sample.selective, **options)


def they_derive(
    peer: Any, sample: Sample, suite: str, document: JSONObject, **options: Any
) -> dict[str, Any]:
    derived: dict[str, Any] = peer.ask(
        "derive", suite=suite, credential=document, selectivePointers=sample.selective, **options
    )
    return derived


# --- suites over the whole document ---------------------------------------------------------------


@each_plain
def test_they_verify_what_we_sign(peer: Any, sample: Sample, suite: str, key_name: str) -> None:
    signed = we_sign(sample, suite, KEYS[key_name])
    they_verify(peer, suite, signed)
    they_refuse(peer, suite, sample.alter(signed), "Invalid signature")


@each_plain
def test_we_verify_what_they_sign(peer: Any, sample: Sample, suite: str, key_name: str) -> None:
    signed = they_sign(peer, sample, suite, KEYS[key_name])
    (proof,) = we_verify(signed)
    assert (proof.cryptosuite, proof.created) == (suite, NOW)
    with pytest.raises(InvalidSignatureError):
        we_verify(sample.alter(signed))


@pytest.mark.parametrize("suite", ["eddsa-rdfc-2022", "eddsa-jcs-2022"])
def test_both_write_the_same_document(peer: Any, sample: Sample, suite: str) -> None:
    """Ed25519 signatures are determined by key and bytes, so two correct implementations agree on them."""
    assert we_sign(sample, suite, KEYS["Ed25519"]) == they_sign(peer, sample, suite, KEYS["Ed25519"])


# --- suites with selective disclosure -------------------------------------------------------------


@each_selective
@pytest.mark.parametrize("deriver", ["we", "they"])
@pytest.mark.parametrize("signer", ["we", "they"])
def test_both_verify_what_either_signed_and_either_derived(
    peer: Any, sample: Sample, suite: str, key_name: str, signer: str, deriver: str
) -> None:
    """All four ways from base proof to derived proof, each verified and each refused on both sides."""
    key = KEYS[key_name]
    base = we_sign(sample, suite, key) if signer == "we" else they_sign(peer, sample, suite, key)
    derived = we_derive(sample, base) if deriver == "we" else they_derive(peer, sample, suite, base)

    they_verify(peer, suite, derived)
    (proof,) = we_verify(derived)
    assert proof.cryptosuite == suite

    altered = sample.alter(derived)
    they_refuse(peer, suite, altered, "Invalid signature")
    with pytest.raises(InvalidSignatureError):
        we_verify(altered)


@each_selective
def test_both_derive_the_same_claims(peer: Any, sample: Sample, suite: str, key_name: str) -> None:
    """Proofs are random, but what the pointers select is one document on both sides."""
    base = we_sign(sample, suite, KEYS[key_name])
    ours, theirs = we_derive(sample, base), they_derive(peer, sample, suite, base)
    del ours["proof"], theirs["proof"]
    assert ours == theirs
    assert ours != sample.unsigned(KEYS[key_name])


@each_selective
def test_derived_proof_stays_with_its_claims(peer: Any, suite: str, key_name: str) -> None:
    """D2: a mandatory claim that was taken away is missed on both sides."""
    derived = we_derive(VACCINATION, we_sign(VACCINATION, suite, KEYS[key_name]))
    del derived["validUntil"]
    answer = peer.ask("verify", suite=suite, credential=derived, now=NOW_TEXT)
    assert answer["verified"] is False
    with pytest.raises(ProofVerificationError, match=r"disclosed statements|mandatory indexes"):
        we_verify(derived)


@pytest.mark.parametrize("deriver", ["we", "they"])
def test_presentation_header_is_carried_to_the_other_side(peer: Any, deriver: str) -> None:
    """D10: both read the header that the holder bound into a bbs-2023 proof."""
    header = b"presentation header of 2026-07-01"
    base = we_sign(VACCINATION, "bbs-2023", KEYS["BLS12-381"])
    if deriver == "we":
        derived = we_derive(VACCINATION, base, presentation_header=header)
    else:
        text = base64.urlsafe_b64encode(header).rstrip(b"=").decode()
        derived = they_derive(peer, VACCINATION, "bbs-2023", base, presentationHeader=text)
    they_verify(peer, "bbs-2023", derived)
    (proof,) = we_verify(derived)
    suite: Any = SELECTIVE_SUITES["bbs-2023"]
    assert suite.presentation_header(proof.proof) == header


@each_selective
def test_they_derive_from_and_verify_our_proof_set(peer: Any, suite: str, key_name: str) -> None:
    """A record is minted as a set: a base proof, and a plain proof beside it."""
    key = KEYS[key_name]
    both = add_proof(
        we_sign(VACCINATION, suite, key),
        cryptosuite="ecdsa-rdfc-2019",
        key=KEYS["P-256"],
        verification_method=did_key_method(KEYS["P-256"].public_key),
        created=NOW,
    )
    derived = they_derive(peer, VACCINATION, suite, both)
    assert derived["proof"]["cryptosuite"] == suite
    they_verify(peer, suite, derived)
    assert [proof.cryptosuite for proof in we_verify(derived)] == [suite]


# --- presentations --------------------------------------------------------------------------------

PRESENTERS = ["ecdsa-rdfc-2019", "ecdsa-jcs-2019"]


def presentation() -> JSONObject:
    """Return an unsigned presentation of a derived vaccination credential."""
    credential = we_derive(VACCINATION, we_sign(VACCINATION, "ecdsa-sd-2023", KEYS["P-256"]))
    return {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiablePresentation"],
        "holder": did_key(HOLDER.public_key),
        "verifiableCredential": [credential],
    }


@pytest.mark.parametrize("suite", PRESENTERS)
def test_they_verify_the_presentation_that_we_sign(peer: Any, suite: str) -> None:
    """E2, E3: for the right challenge and domain, and for no other."""
    signed = add_proof(
        presentation(),
        cryptosuite=suite,
        key=HOLDER,
        verification_method=did_key_method(HOLDER.public_key),
        purpose=AUTHENTICATION,
        created=NOW,
        challenge=CHALLENGE,
        domain=DOMAIN,
    )

    def ask(**expected: str) -> Any:
        return peer.ask(
            "verifyPresentation",
            suites=[suite, "ecdsa-sd-2023"],
            presentation=signed,
            now=NOW_TEXT,
            **{"challenge": CHALLENGE, "domain": DOMAIN, **expected},
        )

    assert ask() == {"verified": True, "messages": []}
    assert ask(challenge="another")["verified"] is False
    assert ask(domain="https://other.example")["verified"] is False
    signed["holder"] = did_key(KEYS["P-256"].public_key)
    assert ask()["verified"] is False


@pytest.mark.parametrize("suite", PRESENTERS)
def test_we_verify_the_presentation_that_they_sign(peer: Any, suite: str) -> None:
    """E2, E3: for the right challenge and domain, and for no other."""
    signed = peer.ask(
        "present",
        suite=suite,
        key=key_for_partner(HOLDER),
        presentation=presentation(),
        challenge=CHALLENGE,
        domain=DOMAIN,
        created=NOW_TEXT,
    )
    expected = {"purpose": AUTHENTICATION, "challenge": CHALLENGE, "domain": DOMAIN}
    (proof,) = we_verify(signed, **expected)
    assert proof.method.controller == did_key(HOLDER.public_key)
    with pytest.raises(InvalidChallengeError):
        we_verify(signed, **{**expected, "challenge": "another"})
    with pytest.raises(InvalidDomainError):
        we_verify(signed, **{**expected, "domain": "https://other.example"})
    signed["holder"] = did_key(KEYS["P-256"].public_key)
    with pytest.raises(InvalidSignatureError):
        we_verify(signed, **expected)

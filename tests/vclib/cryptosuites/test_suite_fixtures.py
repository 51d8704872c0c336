"""The credentials and pointers of the W3C test suites: issued, derived, verified, and nothing else shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vclib.cryptosuites import SELECTIVE_SUITES
from vclib.jsonld import UNSAFE_ANY_CONTEXT
from vclib.keys import KeyType, PrivateKey, decode_multikey, decode_secret_multikey

VECTORS = Path(__file__).parents[2] / "vectors"
MOCKS = VECTORS / "di-ecdsa-suite-mocks"
LICENSES = VECTORS / "di-bbs-suite-fixtures"
FOLDERS = {
    "achievement-1.1": (MOCKS / "achievement" / "vc1.1", "document.json"),
    "achievement-2.0": (MOCKS / "achievement" / "vc2.0", "document.json"),
    "valid-1.1": (MOCKS / "valid" / "vc1.1", "document.json"),
    "valid-2.0": (MOCKS / "valid" / "vc2.0", "document.json"),
    "license-1.1": (LICENSES / "license" / "1.1", "credential.json"),
    "license-2.0": (LICENSES / "license" / "2.0", "credential.json"),
}
ISSUER = "did:example:issuer"
CONTROLLED: dict[str, Any] = {
    "1.1": {"issuer": ISSUER, "issuanceDate": "2026-01-01T00:00:00Z"},
    "2.0": {"issuer": ISSUER},
}

# What the chosen pointers of each folder show, besides what is mandatory.
SHOWN: dict[str, Any] = {
    "achievement-1.1": "everything but the name",
    "achievement-2.0": "everything but the name",
    "valid-1.1": {"id": "urn:uuid:1a0e4ef5-091f-4060-842e-18e519ab9440", "name": "Alice"},
    "valid-2.0": {"id": "urn:uuid:1a0e4ef5-091f-4060-842e-18e519ab9440", "name": "Alice"},
    "license-1.1": "everything",
    "license-2.0": "everything",
}

# What their mandatory pointers show.
MANDATORY: dict[str, Any] = {
    "achievement-1.1": CONTROLLED["1.1"],
    "achievement-2.0": {"issuer": ISSUER},
    "valid-1.1": {"issuer": ISSUER},
    "valid-2.0": {"issuer": ISSUER},
    "license-1.1": CONTROLLED["1.1"],
    "license-2.0": {"issuer": ISSUER},
}


def _load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _keys() -> dict[str, PrivateKey]:
    fixture = _load(LICENSES / "key.json")
    key = decode_secret_multikey(fixture["secretKeyMultibase"])
    assert key.public_key == decode_multikey(fixture["publicKeyMultibase"])
    return {
        "bbs-2023": key,
        "ecdsa-sd-2023": PrivateKey.from_secret_bytes(KeyType.P256, bytes(range(1, 33))),
    }


def _credential(case: str) -> Any:
    folder, name = FOLDERS[case]
    # The suites' issuers add the issuer and, for 1.1, the date and the context that defines a proof's terms
    # (https://www.w3.org/TR/vc-data-integrity/#context-injection). That of 2.0 includes them.
    credential = {**_load(folder / name), **CONTROLLED[case[-3:]]}
    if case.endswith("1.1"):
        credential["@context"] = [*credential["@context"], "https://w3id.org/security/data-integrity/v2"]
    return credential


@pytest.mark.parametrize("suite_name", SELECTIVE_SUITES)
@pytest.mark.parametrize("case", FOLDERS)
def test_a_credential_of_the_suites_is_issued_derived_and_verified(case: str, suite_name: str) -> None:
    suite, key = SELECTIVE_SUITES[suite_name], _keys()[suite_name]
    folder, credential = FOLDERS[case][0], _credential(case)
    options: Any = {
        "type": "DataIntegrityProof",
        "cryptosuite": suite_name,
        "created": "2026-01-01T00:00:00Z",
        "verificationMethod": f"{ISSUER}#key",
        "proofPurpose": "assertionMethod",
    }
    base = (
        suite.prepare_base_proof(
            credential,
            options,
            key,
            mandatory_pointers=_load(folder / "mandatoryPointers.json"),
            contexts=UNSAFE_ANY_CONTEXT,
        )
        .sign()
        .write()
    )
    derived: Any = suite.derive(
        credential,
        base,
        selective_pointers=_load(folder / "selectivePointers.json"),
        contexts=UNSAFE_ANY_CONTEXT,
    )
    proof = derived.pop("proof")
    suite.verify_proof(derived, proof, key.public_key, contexts=UNSAFE_ANY_CONTEXT)

    expected = SHOWN[case]
    if expected == "everything":
        expected = credential["credentialSubject"]
    elif expected == "everything but the name":
        expected = {name: value for name, value in credential["credentialSubject"].items() if name != "name"}
    assert derived.pop("credentialSubject") == expected
    always = {name: credential[name] for name in ("@context", "id", "type") if name in credential}
    assert derived == {**always, **MANDATORY[case]}

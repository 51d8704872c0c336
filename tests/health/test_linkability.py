"""The values by which presentations can be linked are all named before consent (D14)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from health import is_shared_time, linkable_values
from health.linkability import LinkableValue
from vclib.strict_json import JSONObject

HOLDER = "did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169"
_Issue = Callable[..., JSONObject]


def test_each_linkable_value_of_a_full_credential_is_named(
    credential: _Issue, vaccination: JSONObject
) -> None:
    vaccination["identifier"] = ["1", "2"]
    status: JSONObject = {
        "id": "https://issuer.example/status/1#94567",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "94567",
        "statusListCredential": "https://issuer.example/status/1",
    }
    document = credential(vaccination, holder=HOLDER, credential_id="urn:uuid:1", status=[status, status])
    document["proof"] = {"type": "DataIntegrityProof", "cryptosuite": "ecdsa-sd-2023"}

    assert {value.pointer for value in linkable_values(document)} == {
        "/id",
        "/validFrom",
        "/validUntil",
        "/credentialStatus/0/id",
        "/credentialStatus/0/statusListIndex",
        "/credentialStatus/1/id",
        "/credentialStatus/1/statusListIndex",
        "/hcid",
        "/credentialSubject/id",
        "/credentialSubject/name",
        "/credentialSubject/birthDate",
        "/credentialSubject/personIdentifier/0",
        "/credentialSubject/personIdentifier/1",
        "/credentialSubject/vaccination/lot",
        "/proof",
    }


def test_unlinkable_presentation_has_none() -> None:
    derived: JSONObject = {
        "type": ["VerifiableCredential", "VaccinationStatusCredential"],
        "issuer": "did:key:zUC7",
        "validFrom": "2026-07-01T00:00:00Z",
        "validUntil": "2026-12-31T23:59:59-12:00",
        "credentialSubject": {
            "type": "HealthSubject",
            "vaccination": {"disease": "icd11:RA01", "dose": 2, "totalDoses": 2, "occurrence": "2021-05-06"},
        },
        "proof": {"type": "DataIntegrityProof", "cryptosuite": "bbs-2023"},
    }
    assert linkable_values(derived) == ()


def test_reasons_are_plain_in_two_languages() -> None:
    document: JSONObject = {"hcid": "1"}
    assert linkable_values(document) == (
        LinkableValue(
            "/hcid",
            "Health certificate identifier",
            "It is the number of your health card or folder, the same on all your records.",
        ),
    )
    assert linkable_values(document, "fr") == (
        LinkableValue(
            "/hcid",
            "Identifiant du certificat de santé",
            "C'est le numéro de votre carnet ou dossier de santé, le même sur tous vos documents.",
        ),
    )


@pytest.mark.parametrize(
    "proof",
    [
        {"cryptosuite": "ecdsa-sd-2023"},
        {"cryptosuite": "eddsa-rdfc-2022"},
        [{"cryptosuite": "bbs-2023"}, {"cryptosuite": "eddsa-rdfc-2022"}],
        {},
    ],
)
def test_signature_that_stays_the_same_is_named(proof: object) -> None:
    (value,) = linkable_values({"proof": proof})
    assert value.pointer == "/proof"


def test_sample_time_is_named(credential: _Issue, laboratory_result: JSONObject) -> None:
    document = credential(laboratory_result)
    assert "/credentialSubject/test/sampleCollected" in {v.pointer for v in linkable_values(document)}


@pytest.mark.parametrize(
    ("moment", "shared"),
    [
        ("2026-07-01T00:00:00Z", True),
        ("2026-07-01T00:00:00+14:00", True),
        ("2026-07-01T23:59:59-12:00", True),
        ("2026-07-01T06:15:03Z", False),
        ("2026-07-01T00:00:00.5Z", False),
        (None, False),
    ],
)
def test_times_that_many_share_are_told_from_others(moment: str | None, shared: bool) -> None:
    assert is_shared_time(moment) is shared

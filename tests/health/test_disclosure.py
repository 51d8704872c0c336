"""Disclosure sets, tried with the real suites: what a venue sees, and what it does not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from health import (
    DISCLOSURE_SETS,
    SITUATIONS,
    check_mandatory_pointers,
    claims_from_credential,
    mandatory_pointers,
    pointers_for,
)
from health.elements import KINDS, column_paths
from vclib.did.key import did_key, did_key_method
from vclib.errors import ConfigurationError, RecordError
from vclib.keys import KeyType, PrivateKey
from vclib.proofs import add_proof, derive
from vclib.strict_json import JSONObject

HOLDER = "did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169"
_EVENT = "/credentialSubject/vaccination"
_PERSON = ("/credentialSubject/name", "/credentialSubject/birthDate")
_STATUS: JSONObject = {
    "type": "BitstringStatusListEntry",
    "statusPurpose": "revocation",
    "statusListIndex": "94567",
    "statusListCredential": "https://issuer.example/status/1",
}
_Issue = Callable[..., JSONObject]


def test_venue_sees_the_minimum(credential: _Issue, vaccination: JSONObject) -> None:
    assert pointers_for("venue", credential(vaccination)) == (
        *_PERSON,
        f"{_EVENT}/disease",
        f"{_EVENT}/occurrence",
        f"{_EVENT}/dose",
        f"{_EVENT}/totalDoses",
    )


def test_venue_sees_the_vaccine_where_no_disease_is_recorded(
    credential: _Issue, vaccination: JSONObject
) -> None:
    del vaccination["vaccination"]["disease"]
    pointers = pointers_for("venue", credential(vaccination))
    assert f"{_EVENT}/vaccine" in pointers
    assert f"{_EVENT}/disease" not in pointers


def test_border_sees_product_and_country(credential: _Issue, vaccination: JSONObject) -> None:
    assert pointers_for("border", credential(vaccination)) == (
        *_PERSON,
        f"{_EVENT}/disease",
        f"{_EVENT}/vaccine",
        f"{_EVENT}/brand",
        f"{_EVENT}/marketAuthorizationHolder",
        f"{_EVENT}/occurrence",
        f"{_EVENT}/dose",
        f"{_EVENT}/totalDoses",
        f"{_EVENT}/country",
    )


def test_border_sees_the_manufacturer_where_no_holder_is_recorded(
    credential: _Issue, vaccination: JSONObject
) -> None:
    del vaccination["vaccination"]["maholder"]
    assert f"{_EVENT}/manufacturer" in pointers_for("border", credential(vaccination))


def test_clinic_sees_everything(credential: _Issue, vaccination: JSONObject) -> None:
    document = credential(vaccination, holder=HOLDER, status=[_STATUS])
    selected = (*pointers_for("clinic", document), *mandatory_pointers(document))
    for claim in claims_from_credential(document):
        assert any(claim.pointer == p or claim.pointer.startswith(f"{p}/") for p in selected), claim.pointer


@pytest.mark.parametrize("situation", ["venue", "test"])
def test_venue_sees_the_result_of_a_test_and_not_where_it_was_made(
    situation: str, credential: _Issue, laboratory_result: JSONObject
) -> None:
    assert pointers_for(situation, credential(laboratory_result)) == (
        *_PERSON,
        "/credentialSubject/test/pathogen",
        "/credentialSubject/test/testType",
        "/credentialSubject/test/sampleCollected",
        "/credentialSubject/test/result",
    )


def test_venue_sees_disease_and_date_of_a_recovery(credential: _Issue, recovery: JSONObject) -> None:
    assert pointers_for("venue", credential(recovery)) == (
        *_PERSON,
        "/credentialSubject/recovery/disease",
        "/credentialSubject/recovery/firstPositive",
    )


def test_status_check_sees_no_health_content(credential: _Issue, vaccination: JSONObject) -> None:
    assert pointers_for("status", credential(vaccination)) == ("/hcid",)


def test_test_is_not_shown_by_a_vaccination(credential: _Issue, vaccination: JSONObject) -> None:
    with pytest.raises(RecordError, match="'test' asks for a test record, this is a vaccination"):
        pointers_for("test", credential(vaccination))


def test_unknown_situation_is_refused(credential: _Issue, vaccination: JSONObject) -> None:
    with pytest.raises(RecordError, match="expected a situation of venue, border, clinic, test, status"):
        pointers_for("wedding", credential(vaccination))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"type": ["VerifiableCredential"]}, "expected a credential of one of the types"),
        ({"@context": ["https://www.w3.org/ns/credentials/v2"]}, "expected the contexts"),
        ({"credentialSubject": []}, "credentialSubject: expected one subject"),
    ],
)
def test_other_credentials_have_no_sets(
    change: JSONObject, message: str, credential: _Issue, vaccination: JSONObject
) -> None:
    with pytest.raises(RecordError, match=message):
        pointers_for("venue", credential(vaccination) | change)


def test_sets_name_only_elements_that_exist() -> None:
    for situation, kinds in DISCLOSURE_SETS.items():
        assert situation in SITUATIONS
        for kind, elements in kinds.items():
            known = {path for path, _ in column_paths(KINDS[kind])}
            assert {path for names in elements for path in names.split(" | ")} <= known


@pytest.mark.parametrize("situation", ["venue", "border"])
def test_withheld_in_public_are_lot_centre_worker_and_identifiers(
    situation: str, credential: _Issue, vaccination: JSONObject
) -> None:
    pointers = pointers_for(situation, credential(vaccination))
    withheld = ("lot", "centre", "healthWorker", "nextDose", "sex", "personIdentifier", "hcid")
    assert not {pointer.rsplit("/", 1)[-1] for pointer in pointers} & set(withheld)


def test_mandatory_is_what_no_verification_can_do_without(
    credential: _Issue, vaccination: JSONObject
) -> None:
    assert mandatory_pointers(credential(vaccination, holder=HOLDER, status=[_STATUS])) == (
        "/type",
        "/issuer",
        "/validFrom",
        "/validUntil",
        "/credentialStatus",
        "/credentialSubject/id",
        "/credentialSubject/type",
    )


def test_mandatory_names_only_what_is_there(credential: _Issue, vaccination: JSONObject) -> None:
    assert mandatory_pointers(credential(vaccination, valid_until=None)) == (
        "/type",
        "/issuer",
        "/validFrom",
        "/credentialSubject/type",
    )


@pytest.mark.parametrize(
    "gap", ["/issuer", "/validUntil", "/credentialStatus", "/credentialSubject/id", "/type"]
)
def test_gap_in_the_mandatory_pointers_is_refused(
    gap: str, credential: _Issue, vaccination: JSONObject
) -> None:
    """A holder must not be able to hide who issued, until when, whether revoked, or for whom."""
    document = credential(vaccination, holder=HOLDER, status=[_STATUS])
    complete = mandatory_pointers(document)
    check_mandatory_pointers(complete, document)
    with pytest.raises(ConfigurationError, match=f"to include {gap}: a holder could withhold it"):
        check_mandatory_pointers([pointer for pointer in complete if pointer != gap], document)


def test_pointer_covers_what_lies_below_it(credential: _Issue, vaccination: JSONObject) -> None:
    document = credential(vaccination, holder=HOLDER)
    pointers = ["/type", "/issuer", "/validFrom", "/validUntil", "/credentialSubject"]
    check_mandatory_pointers(pointers, document)
    check_mandatory_pointers([""], document)
    with pytest.raises(ConfigurationError, match="/credentialSubject/id"):
        check_mandatory_pointers([*pointers[:4], "/credentialSubject/type"], document)


def test_part_of_a_status_is_no_cover_for_it(credential: _Issue, vaccination: JSONObject) -> None:
    document = credential(vaccination, status=[_STATUS])
    pointers = ["/type", "/issuer", "/validFrom", "/validUntil", "/credentialSubject/type"]
    with pytest.raises(ConfigurationError, match="/credentialStatus"):
        check_mandatory_pointers([*pointers, "/credentialStatus/statusPurpose"], document)


def _signed(document: JSONObject, key_type: KeyType, cryptosuite: str) -> JSONObject:
    key = PrivateKey.from_secret_bytes(key_type, bytes([7]) * 32)
    return add_proof(
        document | {"issuer": {"id": did_key(key.public_key), "name": "Ministry of Health"}},
        cryptosuite=cryptosuite,
        key=key,
        verification_method=did_key_method(key.public_key),
        created=datetime(2026, 7, 1, tzinfo=UTC),
        mandatory_pointers=mandatory_pointers(document),
        hmac_key=bytes(32),
    )


@pytest.mark.parametrize(
    ("key_type", "cryptosuite"), [(KeyType.P256, "ecdsa-sd-2023"), (KeyType.BLS12_381_G2, "bbs-2023")]
)
def test_one_element_is_disclosed_on_its_own(
    key_type: KeyType, cryptosuite: str, credential: _Issue, vaccination: JSONObject
) -> None:
    """A single pointer yields the mandatory part, the types above it, and that one value."""
    signed = _signed(credential(vaccination, holder=HOLDER), key_type, cryptosuite)
    derived = derive(signed, selective_pointers=[f"{_EVENT}/dose"])
    del derived["proof"]
    assert derived == {
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://w3id.org/ddcc/v1"],
        "type": ["VerifiableCredential", "VaccinationStatusCredential"],
        "issuer": signed["issuer"],
        "validFrom": "2022-07-27T06:15:00Z",
        "validUntil": "2022-07-30T06:15:00Z",
        "credentialSubject": {"id": HOLDER, "type": "HealthSubject", "vaccination": {"dose": 1}},
    }


def test_every_element_can_be_disclosed(credential: _Issue, vaccination: JSONObject) -> None:
    document = credential(vaccination)
    signed = _signed(document, KeyType.P256, "ecdsa-sd-2023")
    for pointer in pointers_for("clinic", document):
        derived = derive(signed, selective_pointers=[pointer])
        shown = {claim.pointer for claim in claims_from_credential(derived)}
        assert pointer in shown
        assert len(shown) == 7  # issuer twice, type, both times, the subject's type, and the one

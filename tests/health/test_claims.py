"""What a credential says, in words: every value, whole or derived, in two languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from health import Claim, claims_from_credential, claims_of_kind, label
from health.codes import read_rows
from health.elements import KINDS, PERSON
from vclib.strict_json import JSONObject, JSONValue

HOLDER = "did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169"


def test_vaccination_reads_in_english(credential: Callable[..., JSONObject], vaccination: JSONObject) -> None:
    claims = claims_from_credential(credential(vaccination, holder=HOLDER))

    event = "/credentialSubject/vaccination"
    assert claims[0] == Claim("/type", "Kind of credential", "Vaccination status")
    assert Claim("/issuer/name", "Issuer", "Ministry of Health") in claims
    assert Claim("/validFrom", "Valid from", "2022-07-27T06:15:00Z") in claims
    assert Claim("/credentialSubject/id", "Holder's key", HOLDER) in claims
    assert Claim("/credentialSubject/sex", "Sex", "Male") in claims
    assert Claim(f"{event}/vaccine", "Vaccine", "RNA vaccine against COVID-19", "icd11:XM0GQ8") in claims
    assert Claim(f"{event}/country", "Country of vaccination", "Switzerland", "iso3166:CHE") in claims
    assert Claim(f"{event}/dose", "Dose number", "1") in claims
    assert len(claims) == 27


def test_test_result_reads_in_french(
    credential: Callable[..., JSONObject], laboratory_result: JSONObject
) -> None:
    claims = claims_from_credential(credential(laboratory_result), "fr")

    event = "/credentialSubject/test"
    assert Claim("/type", "Type d'attestation", "Résultat de test") in claims
    assert Claim(f"{event}/result", "Résultat", "Non détecté (négatif)", "icd11:QA02") in claims
    assert Claim(f"{event}/testCountry", "Pays du test", "Singapour", "iso3166:SGP") in claims


def test_day_bounds_read_as_the_day(credential: Callable[..., JSONObject], recovery: JSONObject) -> None:
    recovery["certificate"]["period"] = {"start": "2022-07-27", "end": "2022-12-31"}
    claims = {claim.pointer: claim.display for claim in claims_from_credential(credential(recovery))}
    assert (claims["/validFrom"], claims["/validUntil"]) == ("2022-07-27", "2022-12-31")


def test_derived_document_yields_what_it_discloses_and_nothing_else() -> None:
    derived: JSONObject = {
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://w3id.org/ddcc/v1"],
        "type": ["VerifiableCredential", "VaccinationStatusCredential"],
        "issuer": "did:key:z6MkrtYMJe2ZesvsnoSr8K1yVerjo6EhC2G5jxBDKrD284L2",
        "credentialSubject": {"type": "HealthSubject", "vaccination": {"dose": 2}},
        "proof": {"type": "DataIntegrityProof", "proofValue": "u2V0D"},
    }
    assert [claim.pointer for claim in claims_from_credential(derived)] == [
        "/type",
        "/issuer",
        "/credentialSubject/type",
        "/credentialSubject/vaccination/dose",
    ]


def test_unknown_code_reads_as_its_system_and_code() -> None:
    document: JSONObject = {"credentialSubject": {"vaccination": {"brand": "https://example.org/v#A%2F1"}}}
    (claim,) = claims_from_credential(document)
    assert claim.display == "https://example.org/v A/1"
    assert claim.code == "https://example.org/v#A%2F1"


def test_text_in_the_place_of_a_code_reads_as_it_stands() -> None:
    document: JSONObject = {"credentialSubject": {"vaccination": {"brand": "Comirnaty"}}}
    (claim,) = claims_from_credential(document)
    assert (claim.display, claim.code) == ("Comirnaty", "Comirnaty")


def test_unknown_member_is_shown_under_its_pointer() -> None:
    """A screen shows exactly what is there, also what this project does not know (L2)."""
    document: JSONObject = {
        "type": ["VerifiableCredential", "PermitCredential"],
        "evidence": [{"a/b~c": True}, {"none": None, "empty": []}],
        "credentialSubject": [{"name": "A"}, {"name": "B"}],
    }
    assert claims_from_credential(document) == [
        Claim("/type", "Kind of credential", "PermitCredential"),
        Claim("/evidence/0/a~1b~0c", "/evidence/0/a~1b~0c", "true"),
        Claim("/evidence/1/none", "/evidence/1/none", "null"),
        Claim("/evidence/1/empty", "/evidence/1/empty", "[]"),
        Claim("/credentialSubject/0/name", "Name", "A"),
        Claim("/credentialSubject/1/name", "Name", "B"),
    ]


def test_each_of_several_status_entries_is_shown() -> None:
    document: JSONObject = {
        "credentialStatus": [{"statusPurpose": "revocation"}, {"statusPurpose": "suspension"}]
    }
    assert [
        (claim.pointer, claim.label, claim.display) for claim in claims_from_credential(document, "fr")
    ] == [
        ("/credentialStatus/0/statusPurpose", "Liste de statut pour", "Révocation"),
        ("/credentialStatus/1/statusPurpose", "Liste de statut pour", "Suspension"),
    ]


def test_text_is_returned_as_it_stands() -> None:
    """Making it inert is the screen's duty; hiding it here would hide what was signed (J6)."""
    document: JSONObject = {"issuer": {"name": "Ministry\u202e\x1b[2J"}}
    (claim,) = claims_from_credential(document)
    assert claim.display == "Ministry\u202e\x1b[2J"


def test_every_element_has_a_label() -> None:
    labelled = {row[0] for row in read_rows("labels.tsv")}
    for kind in KINDS.values():
        for element in kind.elements:
            assert f"/credentialSubject/{kind.name}/{element.term}" in labelled
    for element in PERSON:
        assert f"/credentialSubject/{element.term}" in labelled


def test_pointer_without_a_label_is_its_own() -> None:
    assert label("/termsOfUse") == "/termsOfUse"
    assert label("/credentialSubject/personIdentifier/3", "fr") == "Identifiant personnel"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(["type", "issuer", "credentialSubject", "x", "proof"]), _JSON))
def test_no_json_object_is_too_odd_to_be_shown(document: dict[str, JSONValue]) -> None:
    shown = {claim.pointer.split("/")[1] for claim in claims_from_credential(document)}
    assert shown == set(document) - {"proof"}


@pytest.mark.parametrize("value", [[], {}, ["VerifiableCredential"], 7, None])
def test_odd_types_are_shown(value: JSONValue) -> None:
    (claim,) = claims_from_credential({"type": value})
    assert claim.pointer == "/type"


def test_claims_of_a_kind_are_those_its_credentials_have(
    credential: Callable[..., JSONObject], vaccination: JSONObject
) -> None:
    known = dict(claims_of_kind(KINDS["vaccination"]))
    found = {claim.pointer for claim in claims_from_credential(credential(vaccination))}
    always = {pointer for pointer, required in known.items() if required}
    assert {"/credentialSubject/name", "/credentialSubject/vaccination/lot"} <= always <= found
    assert all(label(pointer) != pointer for pointer in known)


def test_claims_of_another_kind_are_not_among_them() -> None:
    assert not any("/test/" in pointer for pointer, _ in claims_of_kind(KINDS["vaccination"]))

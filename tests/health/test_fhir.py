"""FHIR R4 DDCC documents: what becomes of each element, and what is refused by its FHIR path."""

from __future__ import annotations

import contextlib
import copy
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from health import Code, Identifier, records_from_bundle
from health.coding import ICD11, ISO3166, LOINC
from health.data_sets import TestRecord, VaccinationRecord
from vclib.errors import RecordError
from vclib.strict_json import JSONObject, parse_json_object

_EXAMPLES = Path(__file__).parents[2] / "examples" / "fhir"
_EMA = "https://spor.ema.europa.eu/v1/organisations"


@pytest.fixture
def immunization_bundle() -> JSONObject:
    return parse_json_object((_EXAMPLES / "vaccination.json").read_bytes())


@pytest.fixture
def observation_bundle() -> JSONObject:
    return parse_json_object((_EXAMPLES / "test.json").read_bytes())


def _resource(bundle: JSONObject, resource_type: str) -> Any:
    # Any: tests reach into nested JSON of known shape.
    entries: Any = bundle["entry"]
    return next(entry["resource"] for entry in entries if entry["resource"]["resourceType"] == resource_type)


def test_immunization_becomes_a_vaccination(immunization_bundle: JSONObject, now: datetime) -> None:
    (record,) = records_from_bundle(immunization_bundle, now=now)

    assert isinstance(record, VaccinationRecord)
    assert record.person.name == "Wanjiru Castellan-Mbeki"
    assert record.person.birth_date == "2006-01-27"
    assert record.person.sex == "female"
    assert record.person.identifiers == (Identifier("https://hospital.example/patients", "30455"),)
    assert record.certificate.hcid == Identifier(None, "HC-KE-55012")
    assert record.certificate.issuer == "Rift Valley County Hospital (invented)"
    assert (record.certificate.period_start, record.certificate.period_end) == ("2024-09-10", "2034-09-09")
    # Of two codings the ICD-11 one is taken.
    assert record.vaccine == Code(ICD11, "XM9QW8")
    assert record.brand == Code(ICD11, "XM4YL8")
    assert record.maholder == Code(_EMA, "ORG-100001699")
    assert record.manufacturer is None
    assert record.lot == "ABW-3391"
    # The dictionary has a date; the time of day is left behind.
    assert record.date == "2024-09-10"
    assert (record.dose, record.total_doses) == (1, 2)
    assert record.valid_from == "2024-09-24"
    assert record.country == Code(ISO3166, "KEN")
    assert record.centre == "Clinic B, Nakuru"
    assert record.practitioner == Identifier("https://hospital.example/staff", "N-118")
    assert record.disease == Code(ICD11, "RA01")
    assert record.next_dose == "2024-12-03"


def test_observation_becomes_a_test_result(observation_bundle: JSONObject, now: datetime) -> None:
    (record,) = records_from_bundle(observation_bundle, now=now)

    assert isinstance(record, TestRecord)
    assert record.person.name == "Baltasar Eliseo Windermere Rojas"
    assert record.person.birth_date == "1949"
    assert record.pathogen == Code(ICD11, "XN109")
    assert record.type == Code(LOINC, "94500-6")
    assert record.brand == Code("https://laboratory.example/kits", "CR-PCR/2")
    assert record.manufacturer == Code(None, "Cóndor Reactivos (inventado)")
    assert record.origin == Code(ICD11, "JAM.AH.XF")
    assert record.date == "2025-02-18T09:45:00-05:00"
    assert record.result == Code(ICD11, "QA02")
    assert record.centre == Identifier(None, "Sede Chapinero")
    assert record.country == Code(ISO3166, "COL")


def test_bundle_as_who_s_validator_makes_it_is_read(now: datetime) -> None:
    """Type "transaction", older extension names, no statuses, the HCID as the Composition's identifier."""
    host = "https://WorldHealthOrganization.github.io/ddcc/StructureDefinition"
    bundle: JSONObject = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {
                "resource": {
                    "resourceType": "Composition",
                    "identifier": {"value": "HC-1"},
                    "subject": {"reference": "Patient/1"},
                    "author": [{"reference": "Organization/2"}],
                    "section": [{"entry": [{"reference": "Immunization/3"}]}],
                }
            },
            {
                "resource": {
                    "resourceType": "Patient",
                    "id": "1",
                    "name": [{"text": "Rosalind Quarterman"}],
                    "birthDate": "1986-09-19",
                }
            },
            {"resource": {"resourceType": "Organization", "id": "2", "name": "Health Authority"}},
            {
                "resource": {
                    "resourceType": "Immunization",
                    "id": "3",
                    "extension": [
                        {
                            "url": f"{host}/DDCCVaccineBrand",
                            "valueCoding": {"system": "urn:x:y", "code": "B"},
                        },
                        {
                            "url": f"{host}/DDCCCountryOfVaccination",
                            "valueCoding": {"system": "urn:iso:std:iso:3166", "code": "USA"},
                        },
                    ],
                    "vaccineCode": {"coding": [{"system": "http://snomed.info/sct", "code": "1119349007"}]},
                    "patient": {"reference": "Patient/1"},
                    "occurrenceDateTime": "2021-07-08",
                    "manufacturer": {"display": "Somebody"},
                    "lotNumber": "PT123F",
                    "protocolApplied": [{"doseNumberPositiveInt": 1}],
                }
            },
        ],
    }
    (record,) = records_from_bundle(bundle, now=now)
    assert isinstance(record, VaccinationRecord)
    assert record.certificate.hcid == Identifier(None, "HC-1")
    assert record.certificate.issuer == "Health Authority"
    assert record.manufacturer == Code(None, "Somebody")
    assert record.brand == Code("urn:x:y", "B")
    assert record.country == Code(ISO3166, "USA")


def test_several_events_become_several_records(immunization_bundle: JSONObject, now: datetime) -> None:
    second = copy.deepcopy(_resource(immunization_bundle, "Immunization"))
    second["occurrenceDateTime"] = "2024-12-05"
    second["extension"] = second["extension"][:3]  # without DDCCVaccineValidFrom
    second["protocolApplied"][0]["doseNumberPositiveInt"] = 2
    entries: Any = immunization_bundle["entry"]
    entries.append({"fullUrl": "urn:uuid:9", "resource": second})
    _resource(immunization_bundle, "Composition")["section"][0]["entry"].append({"reference": "urn:uuid:9"})

    records = records_from_bundle(immunization_bundle, now=now)

    assert [record.dose for record in records if isinstance(record, VaccinationRecord)] == [1, 2]
    # The plan for the next dose belongs to the first one.
    assert [record.next_dose for record in records if isinstance(record, VaccinationRecord)] == [
        "2024-12-03",
        None,
    ]


def test_contained_resources_and_organization_codes_are_found(
    immunization_bundle: JSONObject, now: datetime
) -> None:
    immunization = _resource(immunization_bundle, "Immunization")
    immunization["contained"] = [
        {
            "resourceType": "Organization",
            "id": "m",
            "identifier": [{"system": _EMA, "value": "ORG-100030215"}],
        }
    ]
    immunization["manufacturer"] = {"reference": "#m"}
    (record,) = records_from_bundle(immunization_bundle, now=now)
    assert isinstance(record, VaccinationRecord)
    assert record.manufacturer == Code(_EMA, "ORG-100030215")


def test_pathogen_among_the_codes_of_the_test_is_told_from_its_type(
    observation_bundle: JSONObject, now: datetime
) -> None:
    del _resource(observation_bundle, "Device")["property"]
    _resource(observation_bundle, "Observation")["code"]["coding"] = [
        {"system": "http://id.who.int/icd/release/11/mms", "code": "XN109"},
        {"system": "http://loinc.org", "code": "LP6464-4"},
    ]
    (record,) = records_from_bundle(observation_bundle, now=now)
    assert isinstance(record, TestRecord)
    assert record.pathogen == Code(ICD11, "XN109")
    assert record.type == Code(LOINC, "LP6464-4")


def test_centre_may_hang_on_the_encounter(observation_bundle: JSONObject, now: datetime) -> None:
    del _resource(observation_bundle, "Procedure")["location"]
    _resource(observation_bundle, "Observation")["contained"] = [
        {"resourceType": "Encounter", "id": "e", "serviceProvider": {"reference": "Organization/o1"}}
    ]
    _resource(observation_bundle, "Observation")["encounter"] = {"reference": "#e"}
    (record,) = records_from_bundle(observation_bundle, now=now)
    assert isinstance(record, TestRecord)
    assert record.centre == Identifier(None, "Laboratorio Andino (inventado)")


@pytest.mark.parametrize(
    ("resource_type", "member", "element"),
    [
        ("Patient", "name", "Patient.name.text"),
        ("Patient", "birthDate", "Patient.birthDate"),
        ("Immunization", "vaccineCode", "Immunization.vaccineCode"),
        ("Immunization", "lotNumber", "Immunization.lotNumber"),
        ("Immunization", "occurrenceDateTime", "Immunization.occurrenceDateTime"),
        ("Immunization", "extension", "Immunization.extension(DDCCEventBrand)"),
        ("Immunization", "protocolApplied", "Immunization.protocolApplied.doseNumberPositiveInt"),
    ],
)
def test_missing_element_is_named_by_its_fhir_path(
    resource_type: str, member: str, element: str, immunization_bundle: JSONObject, now: datetime
) -> None:
    del _resource(immunization_bundle, resource_type)[member]
    with pytest.raises(RecordError, match="expected a value, found none") as caught:
        records_from_bundle(immunization_bundle, now=now)
    assert caught.value.element == element


def test_impossible_element_is_named_by_its_fhir_path(immunization_bundle: JSONObject, now: datetime) -> None:
    """F14."""
    _resource(immunization_bundle, "Immunization")["protocolApplied"][0]["doseNumberPositiveInt"] = 3
    with pytest.raises(RecordError, match="a dose number up to totalDoses") as caught:
        records_from_bundle(immunization_bundle, now=now)
    assert caught.value.element == "Immunization.protocolApplied.doseNumberPositiveInt"


def test_bundle_without_hcid_is_refused(observation_bundle: JSONObject, now: datetime) -> None:
    del observation_bundle["link"]
    with pytest.raises(RecordError, match="expected a value, found none") as caught:
        records_from_bundle(observation_bundle, now=now)
    assert caught.value.element == "Bundle.link.where(relation='publication').url"


@pytest.mark.parametrize(
    ("resource_type", "status"),
    [
        ("Immunization", "not-done"),
        ("Immunization", "entered-in-error"),
        ("Composition", "entered-in-error"),
        ("Composition", "preliminary"),
    ],
)
def test_vaccination_that_did_not_happen_is_refused(
    resource_type: str, status: str, immunization_bundle: JSONObject, now: datetime
) -> None:
    _resource(immunization_bundle, resource_type)["status"] = status
    with pytest.raises(RecordError, match=f"{resource_type}.status: expected one of .* found another status"):
        records_from_bundle(immunization_bundle, now=now)


@pytest.mark.parametrize(
    ("resource_type", "status"),
    [("Observation", "preliminary"), ("Observation", "cancelled"), ("Procedure", "not-done")],
)
def test_test_that_did_not_happen_is_refused(
    resource_type: str, status: str, observation_bundle: JSONObject, now: datetime
) -> None:
    _resource(observation_bundle, resource_type)["status"] = status
    with pytest.raises(RecordError, match=f"{resource_type}.status: expected one of .* found another status"):
        records_from_bundle(observation_bundle, now=now)


def test_modifier_extension_is_refused(immunization_bundle: JSONObject, now: datetime) -> None:
    protocol = _resource(immunization_bundle, "Immunization")["protocolApplied"][0]
    protocol["modifierExtension"] = [{"url": "https://example.org/was-not-given", "valueBoolean": True}]
    with pytest.raises(RecordError, match="Immunization: expected no modifier extension"):
        records_from_bundle(immunization_bundle, now=now)


def test_event_of_another_patient_is_refused(immunization_bundle: JSONObject, now: datetime) -> None:
    _resource(immunization_bundle, "Immunization")["patient"] = {"reference": "Patient/other"}
    with pytest.raises(RecordError, match="Immunization: expected the Composition's patient, found another"):
        records_from_bundle(immunization_bundle, now=now)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"resourceType": "Patient"}, "Bundle.resourceType: expected a FHIR Bundle"),
        ({"type": "searchset"}, "Bundle.type: expected one of document"),
        ({"entry": []}, "Bundle.entry: expected 1 to 1000 entries, found 0"),
        ({"entry": [{"resource": {"resourceType": "Patient"}}]}, "expected one Composition, found 0"),
        (
            {"entry": [{"resource": {"resourceType": "Composition"}}]},
            "Composition.subject: expected a Patient of the Bundle",
        ),
        (
            {
                "entry": [
                    {"resource": {"resourceType": "Composition"}},
                    {"resource": {"resourceType": "Patient"}},
                ]
            },
            "Composition.section.entry: expected an Immunization or an Observation",
        ),
        (
            {
                "entry": [
                    {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Patient"}},
                    {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Patient"}},
                ]
            },
            "urn:uuid:1: expected one resource of each identity, found two",
        ),
    ],
)
def test_bundle_of_another_shape_is_refused(
    change: JSONObject, message: str, immunization_bundle: JSONObject, now: datetime
) -> None:
    with pytest.raises(RecordError, match=message):
        records_from_bundle(immunization_bundle | change, now=now)


@pytest.mark.parametrize("junk", [None, 7, "x", [], {}, [7], [[{}]], {"coding": 7}, {"reference": 7}])
def test_members_of_another_json_type_are_refused_by_name_and_not_by_accident(
    junk: object, immunization_bundle: JSONObject, observation_bundle: JSONObject, now: datetime
) -> None:
    for original in (immunization_bundle, observation_bundle):
        entries: Any = original["entry"]
        for index, entry in enumerate(entries):
            for member in entry["resource"]:
                bundle: Any = copy.deepcopy(original)
                bundle["entry"][index]["resource"][member] = junk
                with contextlib.suppress(RecordError):
                    records_from_bundle(bundle, now=now)

"""Records from JSON: what is read, and what is refused by the name of its element."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from health import Code, Identifier, parse_record, read_record, record_to_json
from health.coding import ICD11, ISO3166
from health.data_sets import RecoveryRecord, TestRecord, VaccinationRecord
from health.elements import KINDS, column_paths
from vclib.errors import RecordError
from vclib.strict_json import JSONObject, JSONValue

_EMA = "https://spor.ema.europa.eu/v1/organisations"


def test_vaccination_is_read(vaccination: JSONObject, now: datetime) -> None:
    record = parse_record(vaccination, now=now)

    assert isinstance(record, VaccinationRecord)
    assert record.person.name == "Aulus Agerius"
    assert record.person.birth_date == "2003-03-03"
    assert record.person.identifiers == (Identifier(None, "999123456"),)
    assert record.person.sex == "male"
    assert record.vaccine == Code(ICD11, "XM0GQ8")
    assert record.manufacturer == Code(_EMA, "ORG-100030215")
    assert (record.date, record.dose, record.total_doses) == ("2021-05-06", 1, 2)
    assert record.country == Code(ISO3166, "CHE")
    assert record.practitioner == Identifier(None, "HW-77")
    assert record.certificate.hcid == Identifier(None, "1234567890")
    assert record.certificate.version == "DDCC:VS RC2"


def test_test_result_is_read(laboratory_result: JSONObject, now: datetime) -> None:
    record = parse_record(laboratory_result, now=now)

    assert isinstance(record, TestRecord)
    assert record.date == "2022-07-27T14:15:00+08:00"
    assert record.result == Code(ICD11, "QA02")
    assert record.centre == Identifier(None, "City Clinic")


def test_recovery_is_read(recovery: JSONObject, now: datetime) -> None:
    record = parse_record(recovery, now=now)

    assert isinstance(record, RecoveryRecord)
    assert record.first_positive == "2021-04-20"


@pytest.mark.parametrize("kind", ["vaccination", "laboratory_result", "recovery"])
def test_record_survives_its_json_form(kind: str, request: pytest.FixtureRequest, now: datetime) -> None:
    document = request.getfixturevalue(kind)
    document["certificate"]["issuer"] = "Ministry of Health"
    document["certificate"]["period"] = {"start": "2022-07-27", "end": "2022-12-31T12:00:00Z"}
    document["identifier"] = ["1", {"system": "urn:oid:2.999", "value": "2|3"}]
    record = parse_record(document, now=now)
    assert read_record(record_to_json(record)) == record


def test_text_without_a_registry_survives_its_json_form(vaccination: JSONObject, now: datetime) -> None:
    vaccination["vaccination"]["brand"] = {"text": "icd11: no code but words"}
    record = parse_record(vaccination, now=now)
    assert isinstance(record, VaccinationRecord)
    assert record.brand == Code(None, "icd11: no code but words")
    assert read_record(record_to_json(record)) == record


@pytest.mark.parametrize("disease", ["icd11:1D47", "icd11:1C81", "icd11:1F03", "icd11:1A00&XN8P1/XT0S"])
def test_record_of_any_icd_11_disease_is_read(disease: str, vaccination: JSONObject, now: datetime) -> None:
    vaccination["vaccination"]["disease"] = disease
    record = parse_record(vaccination, now=now)
    assert isinstance(record, VaccinationRecord)
    assert record.disease == Code(ICD11, disease.removeprefix("icd11:"))


@pytest.mark.parametrize(
    "country",
    [
        "CHE",
        "CH",
        "756",
        "iso3166:CHE",
        {"system": "urn:iso:std:iso:3166", "code": "CHE"},
        {"system": "urn:iso:std:iso:3166-1", "code": "CH"},
        {"system": "http://hl7.org/fhir/ValueSet/iso3166-1-3", "code": "CHE"},
    ],
)
def test_country_in_any_spelling_is_kept_as_alpha_3(
    country: JSONValue, vaccination: JSONObject, now: datetime
) -> None:
    vaccination["vaccination"]["country"] = country
    record = parse_record(vaccination, now=now)
    assert record.country == Code("urn:iso:std:iso:3166", "CHE")


def test_other_spelling_of_the_icd_11_system_is_kept_as_the_usual_one(
    vaccination: JSONObject, now: datetime
) -> None:
    vaccination["vaccination"]["disease"] = {
        "system": "http://id.who.int/icd/release/11/mms",
        "code": "RA01",
        "display": "whatever the sender likes",
    }
    record = parse_record(vaccination, now=now)
    assert isinstance(record, VaccinationRecord)
    assert record.disease == Code("http://id.who.int/icd11/mms", "RA01")


def test_core_data_set_of_the_guide_is_read(vaccination: JSONObject, now: datetime) -> None:
    vaccination["resourceType"] = "DDCCCoreDataSet"
    vaccination["vaccination"] = [vaccination["vaccination"]]
    vaccination["certificate"]["hcid"] = {"system": "urn:oid:2.999.1", "value": "77"}
    vaccination["certificate"]["issuer"] = {"display": "Ministry of Health"}

    record = parse_record(vaccination, now=now)

    assert record.certificate.hcid == Identifier("urn:oid:2.999.1", "77")
    assert record.certificate.issuer == "Ministry of Health"


def test_null_is_absence(laboratory_result: JSONObject, now: datetime) -> None:
    laboratory_result["test"]["brand"] = None
    record = parse_record(laboratory_result, now=now)
    assert isinstance(record, TestRecord)
    assert record.brand is None


def test_version_is_the_data_sets_own_unless_said(recovery: JSONObject, now: datetime) -> None:
    del recovery["certificate"]["version"]
    assert parse_record(recovery, now=now).certificate.version == "EU DCC 1.3.0"


@pytest.mark.parametrize(
    ("kind", "element"),
    [
        ("vaccination", "name"),
        ("vaccination", "birthDate"),
        ("vaccination", "vaccination.vaccine"),
        ("vaccination", "vaccination.brand"),
        ("vaccination", "vaccination.lot"),
        ("vaccination", "vaccination.date"),
        ("vaccination", "vaccination.dose"),
        ("vaccination", "vaccination.country"),
        ("vaccination", "certificate.hcid"),
        ("laboratory_result", "test.pathogen"),
        ("laboratory_result", "test.type"),
        ("laboratory_result", "test.date"),
        # The logical model says 0..1; the dictionary wins.
        ("laboratory_result", "test.result"),
        ("laboratory_result", "test.country"),
        ("recovery", "recovery.disease"),
        ("recovery", "recovery.firstPositive"),
        ("recovery", "recovery.country"),
    ],
)
def test_missing_element_is_refused_by_name(
    kind: str, element: str, request: pytest.FixtureRequest, now: datetime
) -> None:
    document = request.getfixturevalue(kind)
    place = document
    *path, name = element.split(".")
    for member in path:
        place = place[member]
    del place[name]

    with pytest.raises(RecordError) as caught:
        parse_record(document, now=now)

    assert caught.value.element == element
    assert caught.value.message == f"{element}: expected a value, found none"


@pytest.mark.parametrize(
    ("path", "element", "message"),
    [
        ((), "birthdate", "unknown element; expected one of certificate, vaccination, name"),
        (("vaccination",), "vaccination.lotNumber", "unknown element; expected one of vaccine, brand"),
        (("certificate",), "certificate.HCID", "unknown element; expected one of issuer, hcid, version"),
        (("vaccination",), "vaccination.signature", "paper certificates only"),
        (("certificate",), "certificate.kid", "named by the credential's proof"),
        (("certificate",), "certificate.ddccid", "the credential's id"),
    ],
)
def test_unknown_element_is_refused_by_name(
    path: tuple[str, ...], element: str, message: str, vaccination: JSONObject, now: datetime
) -> None:
    """A misspelt element must not vanish from what is signed (A6)."""
    place = vaccination
    for member in path:
        place = place[member]
    place[element.split(".")[-1]] = "1"

    with pytest.raises(RecordError, match=message) as caught:
        parse_record(vaccination, now=now)
    assert caught.value.element == element


def test_unknown_element_of_a_period_is_refused(vaccination: JSONObject, now: datetime) -> None:
    vaccination["certificate"]["period"] = {"begin": "2021-05-06"}
    with pytest.raises(RecordError, match="unknown element; expected one of start, end"):
        parse_record(vaccination, now=now)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vaccination": None}, "vaccination: expected one object"),
        ({"vaccination": []}, "vaccination: expected one object .* found an array"),
        ({"vaccination": [{}, {}]}, "vaccination: expected one object"),
        ({"test": {}}, "expected one of the members vaccination, test, recovery, found 2"),
        ({"certificate": "x"}, "certificate: expected an object, found a string"),
        ({"certificate": {"hcid": "1", "period": "2021"}}, "certificate.period: expected an object"),
        ({"certificate": {"hcid": "1", "issuer": {"reference": "Organization/1"}}}, "certificate.issuer.ref"),
        ({"resourceType": "Patient"}, "resourceType: unknown element"),
    ],
)
def test_object_of_another_shape_is_refused(
    change: JSONObject, message: str, vaccination: JSONObject, now: datetime
) -> None:
    with pytest.raises(RecordError, match=message):
        parse_record({**vaccination, **change}, now=now)


def test_empty_object_is_refused(now: datetime) -> None:
    with pytest.raises(RecordError, match="expected one of the members vaccination, test, recovery, found 0"):
        parse_record({}, now=now)


def test_reading_does_not_ask_whether_it_can_be_true(vaccination: JSONObject) -> None:
    vaccination["vaccination"]["dose"] = 3
    record = read_record(vaccination)
    assert isinstance(record, VaccinationRecord)
    assert record.dose == 3


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    element=st.sampled_from(sorted(path for kind in KINDS.values() for path, _ in column_paths(kind))),
    value=_JSON,
)
def test_no_json_value_is_too_odd_to_be_refused(element: str, value: JSONValue, now: datetime) -> None:
    """Whatever stands in an element, the outcome is a record or an error that names an element."""
    members: JSONObject = {"name": "A", "birthDate": "1990", "certificate": {"hcid": "1"}}
    kind = element.split(".")[0] if element.split(".")[0] in KINDS else "recovery"
    members[kind] = {"disease": "icd11:RA01", "firstPositive": "2021-04-20", "country": "AUT"}
    *path, name = element.split(".")
    place = members
    for member in path:
        place = place.setdefault(member, {})
    place[name] = value
    refused_for = ""
    try:
        record = parse_record(members, now=now)
    except RecordError as err:
        refused_for = err.element
    assert refused_for or read_record(record_to_json(record)) == record

"""Records of the three kinds that the tests change one element at a time."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from health import credential_from_record, parse_record
from vclib.strict_json import JSONObject

NOW = datetime(2026, 7, 1, 12, 0, 0, tzinfo=UTC)
ISSUER = "did:key:z6MkrtYMJe2ZesvsnoSr8K1yVerjo6EhC2G5jxBDKrD284L2"

# Every element of DDCC:VS.
_VACCINATION: JSONObject = {
    "name": "Aulus Agerius",
    "birthDate": "2003-03-03",
    "identifier": "999123456",
    "sex": "male",
    "vaccination": {
        "vaccine": "icd11:XM0GQ8",
        "brand": "icd11:XM3DT5",
        "manufacturer": {
            "system": "https://spor.ema.europa.eu/v1/organisations",
            "code": "ORG-100030215",
        },
        "maholder": {"system": "https://spor.ema.europa.eu/v1/organisations", "code": "ORG-100031184"},
        "lot": "123",
        "date": "2021-05-06",
        "dose": 1,
        "totalDoses": 2,
        "validFrom": "2021-05-30",
        "country": "CHE",
        "centre": "Vaccination Site",
        "practitioner": "HW-77",
        "disease": "icd11:RA01",
        "nextDose": "2021-05-20",
    },
    "certificate": {"hcid": "1234567890", "version": "DDCC:VS RC2"},
}
_TEST: JSONObject = {
    "name": "Tan Chen Chen",
    "birthDate": "1990-01",
    "test": {
        "pathogen": "icd11:XN109",
        "type": "loinc:LP6464-4",
        "origin": "sct:258500001",
        "date": "2022-07-27T14:15:00+08:00",
        "result": "icd11:QA02",
        "centre": "City Clinic",
        "country": "SGP",
    },
    "certificate": {"hcid": "TR-0001", "version": "DDCC:TR RC2"},
}
_RECOVERY: JSONObject = {
    "name": "Gabriele Musterfrau-Gößinger",
    "birthDate": "1998-02-26",
    "recovery": {"disease": "sct:840539006", "firstPositive": "2021-04-20", "country": "AUT"},
    "certificate": {
        "hcid": "URN:UVCI:01:AT:858CC18CFCF5965EF82F60E493349AA5#K",
        "version": "EU DCC 1.3.0",
    },
}


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def vaccination() -> JSONObject:
    return copy.deepcopy(_VACCINATION)


@pytest.fixture
def laboratory_result() -> JSONObject:
    return copy.deepcopy(_TEST)


@pytest.fixture
def recovery() -> JSONObject:
    return copy.deepcopy(_RECOVERY)


@pytest.fixture
def credential() -> Callable[..., JSONObject]:
    """Return the maker of the unsigned credential of a record's JSON, by the issuer of the tests."""

    def make(document: JSONObject, **options: object) -> JSONObject:
        given: dict[str, object] = {
            "issuer_id": ISSUER,
            "issuer_name": "Ministry of Health",
            "valid_from": datetime(2022, 7, 27, 6, 15, tzinfo=UTC),
            "valid_until": datetime(2022, 7, 30, 6, 15, tzinfo=UTC),
        }
        return credential_from_record(parse_record(document, now=NOW), **(given | options))

    return make

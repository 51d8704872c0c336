"""Our records as EU DCC payloads: codes that the EU has, and what is left out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from health import parse_record
from health.dcc_payload import (
    dcc_payload,
    dcc_payload_of_credential,
    elements_for_field,
    kind_of_field,
)
from vclib.errors import RecordError
from vclib.strict_json import JSONObject

NOW = datetime(2026, 7, 1, 12, 0, 0, tzinfo=UTC)


def payload_of(document: JSONObject) -> Any:  # Any: the payload's members are looked up by name
    return dcc_payload(parse_record(document, now=NOW))


def test_a_vaccination_has_the_codes_of_the_eu(vaccination: JSONObject) -> None:
    assert payload_of(vaccination) == {
        "ver": "1.3.3",
        "dob": "2003-03-03",
        "v": [
            {
                "tg": "840539006",
                "vp": "1119349007",
                "mp": "EU/1/20/1507",
                "ma": "ORG-100031184",
                "dn": 1,
                "sd": 2,
                "dt": "2021-05-06",
                "co": "CH",
            }
        ],
    }


def test_a_test_result_has_the_codes_of_the_eu(laboratory_result: JSONObject) -> None:
    assert payload_of(laboratory_result)["t"] == [
        {
            "tg": "840539006",
            "tt": "LP6464-4",
            "sc": "2022-07-27T14:15:00+08:00",
            "tr": "260415000",
            "tc": "City Clinic",
            "co": "SG",
        }
    ]


def test_a_recovery_has_the_codes_of_the_eu(recovery: JSONObject) -> None:
    certificate = recovery["certificate"]
    assert isinstance(certificate, dict)
    certificate |= {"issuer": "Ministry", "period": {"start": "2021-05-01", "end": "2021-10-17"}}

    assert payload_of(recovery)["r"] == [
        {
            "tg": "840539006",
            "fr": "2021-04-20",
            "co": "AT",
            "is": "Ministry",
            "df": "2021-05-01",
            "du": "2021-10-17",
            "ci": "URN:UVCI:01:AT:858CC18CFCF5965EF82F60E493349AA5#K",
        }
    ]


@pytest.mark.parametrize(
    ("brand", "expected"),
    [
        ("icd11:XM8NQ0", "EU/1/20/1528"),
        ("icd11:XM4YL8", "EU/1/21/1529"),
        ("icd11:XM7HT3", "CoronaVac"),
        ("eu-vaccine:Sputnik-V", "Sputnik-V"),
        # It may be EU/1/21/1618: another code could be held against it.
        ("icd11:XM9T65", None),
        ("text:Comirnaty", None),
        ("icd11:XM97N6", None),
    ],
)
def test_a_product_is_named_only_where_one_map_has_one(
    vaccination: Any, brand: str, expected: str | None
) -> None:
    vaccination["vaccination"]["brand"] = brand if not brand.startswith("text:") else {"text": brand[5:]}

    assert payload_of(vaccination)["v"][0].get("mp") == expected


def test_another_disease_keeps_its_own_code(vaccination: Any) -> None:
    vaccination["vaccination"] |= {"disease": "icd11:1D47", "vaccine": "icd11:XM0N24"}

    assert payload_of(vaccination)["v"][0]["tg"] == "1D47"


def test_an_unknown_disease_is_left_out(vaccination: Any) -> None:
    vaccination["vaccination"] |= {
        "disease": {"system": "https://example.org/diseases", "code": "7"},
        "vaccine": {"system": "https://example.org/vaccines", "code": "7"},
    }

    entry = payload_of(vaccination)["v"][0]

    assert not {"tg", "vp"} & set(entry)


def test_a_kind_of_vaccine_against_covid_tells_the_disease(vaccination: Any) -> None:
    del vaccination["vaccination"]["disease"]

    assert payload_of(vaccination)["v"][0]["tg"] == "840539006"


def test_what_a_credential_withholds_is_left_out(
    vaccination: JSONObject, credential: Callable[..., Any]
) -> None:
    document = credential(vaccination)
    event = document["credentialSubject"]["vaccination"]
    document["credentialSubject"] = {
        "type": "HealthSubject",
        "vaccination": {name: event[name] for name in ("brand", "occurrence")},
    }
    del document["hcid"]

    assert dcc_payload_of_credential(document) == {
        "ver": "1.3.3",
        "v": [{"mp": "EU/1/20/1507", "dt": "2021-05-06", "is": "Ministry of Health"}],
    }


def test_a_whole_credential_gives_what_its_record_gives(
    laboratory_result: JSONObject, credential: Callable[..., Any]
) -> None:
    payload = dcc_payload_of_credential(credential(laboratory_result))
    expected = payload_of(laboratory_result)
    expected["t"][0]["is"] = "Ministry of Health"

    assert payload == expected


def test_a_claim_of_another_form_is_left_out(vaccination: JSONObject, credential: Callable[..., Any]) -> None:
    document = credential(vaccination)
    document["credentialSubject"]["vaccination"]["dose"] = "one"

    payload: Any = dcc_payload_of_credential(document)

    assert "dn" not in payload["v"][0]


def test_a_credential_of_another_kind_has_no_payload() -> None:
    with pytest.raises(RecordError):
        dcc_payload_of_credential({"type": ["VerifiableCredential", "UniversityDegree"]})


@pytest.mark.parametrize(
    ("field", "elements", "kind"),
    [
        ("v.0.mp", ("vaccination.brand",), "vaccination"),
        ("v.0.ma", ("vaccination.maholder | vaccination.manufacturer",), "vaccination"),
        ("t.0.ma", ("test.brand", "test.manufacturer"), "test"),
        ("r.0.fr", ("recovery.firstPositive",), "recovery"),
        ("dob", ("birthDate",), None),
        ("nam.fnt", ("name",), None),
        # Every credential tells which event it is, its issuer and its period.
        ("v.0", (), "vaccination"),
        ("v.1", (), "vaccination"),
        ("t", (), "test"),
        ("r.0.du", (), "recovery"),
        ("v.0.is", (), "vaccination"),
        ("nothing.0.known", (), None),
    ],
)
def test_a_field_of_the_payload_is_asked_for_by_the_elements_it_is_made_of(
    field: str, elements: tuple[str, ...], kind: str | None
) -> None:
    assert elements_for_field(field) == elements
    assert kind_of_field(field) == kind

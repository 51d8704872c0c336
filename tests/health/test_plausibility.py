"""Records that cannot be true are not issued (F14)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from health import parse_record, read_record, warnings
from vclib.errors import RecordError
from vclib.strict_json import JSONObject


def _changed(document: JSONObject, changes: dict[str, object]) -> JSONObject:
    for path, value in changes.items():
        # Any: the fixtures are nested JSON of known shape.
        place: Any = document
        *members, name = path.split(".")
        for member in members:
            place = place.setdefault(member, {})
        if value is None:
            del place[name]
        else:
            place[name] = value
    return document


@pytest.mark.parametrize(
    ("changes", "element", "message"),
    [
        ({"vaccination.dose": 3}, "vaccination.dose", "a dose number up to totalDoses"),
        ({"vaccination.date": "2026-07-03"}, "vaccination.date", "found one in the future"),
        ({"vaccination.date": "2003-03-02"}, "vaccination.date", "on or after the date of birth"),
        ({"birthDate": "2027"}, "birthDate", "found one in the future"),
        ({"birthDate": "1869"}, "birthDate", "expected a year of birth from 1870"),
        ({"birthDate": "1880-01-01"}, "vaccination.date", "an age of at most 130 years"),
        ({"birthDate": "2021-06"}, "vaccination.date", "on or after the date of birth"),
        (
            {"vaccination.manufacturer": None, "vaccination.maholder": None},
            "vaccination.manufacturer",
            "found neither",
        ),
        ({"vaccination.validFrom": "2021-05-05"}, "vaccination.validFrom", "on or after the vaccination"),
        ({"vaccination.nextDose": "2021-05-06"}, "vaccination.nextDose", "a day after the vaccination"),
        (
            {"certificate.period": {"start": "2022-01-02", "end": "2021-12-31"}},
            "certificate.period.end",
            "an end after the start",
        ),
        ({"vaccination.vaccine": "icd11:xm0gq8"}, "vaccination.vaccine", "as http://id.who.int/icd11/mms"),
        ({"vaccination.vaccine": "icd11:XM0GQ8&"}, "vaccination.vaccine", "found another form"),
        ({"vaccination.vaccine": "sct:12"}, "vaccination.vaccine", "as http://snomed.info/sct writes them"),
        ({"vaccination.vaccine": "cvx:mRNA"}, "vaccination.vaccine", "found another form"),
        ({"vaccination.vaccine": "atc:07JB"}, "vaccination.vaccine", "found another form"),
    ],
)
def test_impossible_vaccination_is_refused_by_its_element(
    changes: dict[str, object], element: str, message: str, vaccination: JSONObject, now: datetime
) -> None:
    document = _changed(vaccination, changes)
    with pytest.raises(RecordError, match=message) as caught:
        parse_record(document, now=now)
    assert caught.value.element == element


@pytest.mark.parametrize(
    "changes",
    [
        {"vaccination.dose": 2},
        {"vaccination.dose": 3, "vaccination.totalDoses": None},
        {"vaccination.manufacturer": None},
        {"vaccination.maholder": None},
        # Born in the year, perhaps before the day.
        {"birthDate": "2021", "vaccination.nextDose": None},
        {"birthDate": "2021-05-06"},
        # It is 2 July already in Kiritimati.
        {"vaccination.date": "2026-07-02", "vaccination.validFrom": None, "vaccination.nextDose": None},
        {"certificate.period": {"start": "2021-12-31", "end": "2021-12-31"}},
        {"vaccination.vaccine": "atc:J07BN01"},
        {"vaccination.vaccine": "icd11:XM0GQ8&XN109/XM8NQ0"},
        {"vaccination.vaccine": {"system": "https://codes.example", "code": "anything at all"}},
    ],
)
def test_possible_vaccination_is_accepted(
    changes: dict[str, object], vaccination: JSONObject, now: datetime
) -> None:
    parse_record(_changed(vaccination, changes), now=now)


@pytest.mark.parametrize(
    ("changes", "element", "message"),
    [
        ({"test.date": "2026-07-01T12:06:00Z"}, "test.date", "a moment in the past"),
        ({"test.date": "1989-12-31T23:00:00Z"}, "test.date", "on or after the date of birth"),
        ({"test.result": "icd11:RA01.1"}, "test.result", "found RA01.1, which is a kind of COVID-19"),
        ({"test.result": "icd11:RA01"}, "test.result", "found another code"),
        ({"test.result": "sct:419984006"}, "test.result", "found another code"),
        # "COVID-19 confirmed" as the result of a test for measles virus.
        ({"test.pathogen": "icd11:XN186", "test.result": "icd11:RA01.0"}, "test.result", "means COVID-19"),
        ({"test.type": "loinc:6464"}, "test.type", "as http://loinc.org writes them"),
    ],
)
def test_impossible_test_result_is_refused_by_its_element(
    changes: dict[str, object], element: str, message: str, laboratory_result: JSONObject, now: datetime
) -> None:
    with pytest.raises(RecordError, match=message) as caught:
        parse_record(_changed(laboratory_result, changes), now=now)
    assert caught.value.element == element


@pytest.mark.parametrize(
    "changes",
    [
        {"test.result": "icd11:RA01.0"},
        {"test.result": "sct:260373001"},
        {"test.pathogen": "icd11:XN161", "test.result": "icd11:RA01.0"},
        {"test.pathogen": "icd11:XN186", "test.result": "sct:260373001"},
        {"test.pathogen": "icd11:XN186", "test.result": "icd11:QA02"},
        {"test.pathogen": "sct:840533007", "test.result": "icd11:RA01.0"},
        # Clocks differ by a little.
        {"test.date": "2026-07-01T12:04:59Z"},
        # Still 1990 where the sample was taken, 1989 in UTC.
        {"test.date": "1990-01-01T05:00:00+08:00"},
    ],
)
def test_possible_test_result_is_accepted(
    changes: dict[str, object], laboratory_result: JSONObject, now: datetime
) -> None:
    parse_record(_changed(laboratory_result, changes), now=now)


@pytest.mark.parametrize(
    ("changes", "element", "message"),
    [
        ({"recovery.firstPositive": "2026-08-01"}, "recovery.firstPositive", "found one in the future"),
        ({"recovery.firstPositive": "1998-02-25"}, "recovery.firstPositive", "the date of birth"),
        (
            {"certificate.period": {"start": "2021-04-19", "end": "2021-10-01"}},
            "certificate.period.start",
            "on or after the first positive test",
        ),
    ],
)
def test_impossible_recovery_is_refused_by_its_element(
    changes: dict[str, object], element: str, message: str, recovery: JSONObject, now: datetime
) -> None:
    with pytest.raises(RecordError, match=message) as caught:
        parse_record(_changed(recovery, changes), now=now)
    assert caught.value.element == element


def test_tomorrow_has_begun_somewhere(vaccination: JSONObject) -> None:
    document = _changed(vaccination, {"vaccination.date": "2021-05-07"})
    del document["vaccination"]["totalDoses"]
    parse_record(document, now=datetime(2021, 5, 6, 10, 0, tzinfo=UTC))
    with pytest.raises(RecordError, match="in the future"):
        parse_record(document, now=datetime(2021, 5, 6, 9, 59, tzinfo=UTC))


def test_booster_of_another_issuer_is_read_with_a_warning(vaccination: JSONObject) -> None:
    record = read_record(_changed(vaccination, {"vaccination.dose": 3}))
    assert warnings(record) == (
        "The dose number is greater than the total: a booster, as the EU counted them until 2022.",
    )


def test_negative_of_older_maps_is_read_with_a_warning(laboratory_result: JSONObject) -> None:
    record = read_record(_changed(laboratory_result, {"test.result": "icd11:RA01.1"}))
    assert warnings(record) == (
        "The result is written as RA01.1: negative, as mapped by older concept maps of WHO.",
    )


def test_unknown_result_is_read_with_a_warning(laboratory_result: JSONObject) -> None:
    record = read_record(_changed(laboratory_result, {"test.result": "sct:419984006"}))
    assert warnings(record) == (
        "The result is neither 'detected' nor 'not detected' in any value set known here.",
    )


def test_plausible_record_has_no_warnings(
    vaccination: JSONObject, laboratory_result: JSONObject, recovery: JSONObject
) -> None:
    assert [warnings(read_record(document)) for document in (vaccination, laboratory_result, recovery)] == [
        (),
        (),
        (),
    ]

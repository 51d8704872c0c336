"""What EU DCC, WHO DDCC and ICVP payloads must have, how they read, and which DDCC record they are."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

import pytest

from health import Identifier, RecoveryRecord, TestRecord, VaccinationRecord, record_to_json
from health.formats import read_certificate
from health.formats.eu_dcc import read, unknown_codes
from health.formats.who_ddcc import payload_from_record
from tests.paper import (
    CONTENTS,
    ICVP_CURRENT,
    ICVP_PILOT,
    RECOVERY,
    TEST,
    VACCINATION,
    WHO_TEST,
    WHO_VACCINATION,
    claims,
    code,
)
from vclib.errors import MalformedValueError, RecordError


def _changed(payload: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    changed = copy.deepcopy(payload)
    *parents, last = path.split("/")
    place: Any = changed
    for parent in parents:
        place = place[int(parent) if parent.isdigit() else parent]
    if value is None:
        place.pop(last)
    else:
        place[last] = value
    return changed


@pytest.mark.parametrize(
    ("payload", "path", "value"),
    [
        (VACCINATION, "ver", "one"),
        (VACCINATION, "nam", "Anna"),
        (VACCINATION, "nam", {"fn": "Gößinger"}),
        (VACCINATION, "nam/fnt", "Goessinger"),
        (VACCINATION, "dob", "1898-02-26"),
        (VACCINATION, "dob", "1998-02-30"),
        (VACCINATION, "dob", "2026-03-01"),
        (VACCINATION, "v", []),
        (VACCINATION, "v/0/tg", None),
        (VACCINATION, "v/0/mp", None),
        (VACCINATION, "v/0/dn", 0),
        (VACCINATION, "v/0/dn", "3"),
        (VACCINATION, "v/0/dn", 1.5),
        (VACCINATION, "v/0/dt", "18.02.2026"),
        (VACCINATION, "v/0/ci", None),
        (VACCINATION, "t", TEST["t"]),
        (TEST, "t/0/sc", "2026-06-20"),
        (TEST, "t/0/sc", "2026-06-20T12:34:56"),
        (TEST, "t/0/tr", None),
        (RECOVERY, "r/0/fr", None),
        (RECOVERY, "r/0/du", "soon"),
    ],
)
def test_an_eu_payload_outside_its_schema_is_refused(
    payload: dict[str, Any], path: str, value: object
) -> None:
    with pytest.raises(MalformedValueError):
        read(_changed(payload, path, value))


@pytest.mark.parametrize("dob", ["1998-02-26", "1998-02", "1998", "", "1998-00", "1998-XX-XX"])
def test_a_birth_date_may_be_partial(dob: str) -> None:
    expected = dob.replace("-00", "").replace("-XX", "")
    assert read(VACCINATION | {"dob": dob}).birth_date == expected


def test_a_dose_above_the_series_is_a_booster() -> None:
    certificate = read_certificate(code(claims(*CONTENTS["EU vaccination"])))
    assert {claim.pointer: claim.display for claim in certificate.claims}["/v/0/dn"] == "3"


def test_codes_that_no_list_has_are_named_and_not_refused() -> None:
    payload = _changed(VACCINATION, "v/0/mp", "EU/1/99/9999")
    read(payload)
    assert unknown_codes(payload) == ("v/0/mp",)
    assert unknown_codes(VACCINATION) == ()


def test_codes_are_told_in_words_of_either_language() -> None:
    certificate = read_certificate(code(claims(*CONTENTS["EU vaccination"])))
    english = {claim.pointer: claim for claim in certificate.claims}
    french = {claim.pointer: claim for claim in certificate.claims_in("fr")}
    assert english["/v/0/mp"].display == "Comirnaty"
    assert english["/v/0/mp"].code == "EU/1/20/1528"
    assert english["/v/0/co"].display == "Austria"
    assert french["/v/0/co"].display == "Autriche"
    assert french["/v/0/dt"].label == "Date de vaccination"


@pytest.mark.parametrize("name", CONTENTS)
def test_every_value_of_a_payload_is_told(name: str) -> None:
    certificate = read_certificate(code(claims(*CONTENTS[name])))

    def leaves(value: object) -> int:
        if isinstance(value, dict) and "code" not in value:
            return sum(leaves(member) for member in value.values())
        if isinstance(value, list):
            return sum(leaves(item) for item in value)
        return 0 if value is None else 1

    assert len(certificate.claims) == leaves(CONTENTS[name][1])
    assert all(not claim.label.startswith("/") for claim in certificate.claims)


def test_a_member_that_no_table_knows_is_told_by_its_pointer() -> None:
    certificate = read_certificate(code(claims(1, VACCINATION | {"new": {"part": "x"}})))
    assert [claim.display for claim in certificate.claims if claim.label == "/new/part"] == ["x"]


def test_an_eu_test_and_a_recovery_are_ddcc_records() -> None:
    test = read_certificate(code(claims(1, TEST))).record
    recovery = read_certificate(code(claims(1, RECOVERY | {"dob": "1998-02-26"}))).record
    assert isinstance(test, TestRecord)
    assert (test.person.name, test.person.birth_date) == ("GOESSINGER", "1998")
    assert record_to_json(test)["test"] == {
        "pathogen": {"system": "http://id.who.int/icd11/mms", "code": "XN109"},
        "type": {"system": "http://loinc.org", "code": "LP6464-4"},
        "date": "2026-06-20T12:34:56+02:00",
        "result": {"system": "http://id.who.int/icd11/mms", "code": "QA02"},
        "centre": "City Clinic",
        "country": {"system": "urn:iso:std:iso:3166", "code": "AUT"},
    }
    assert isinstance(recovery, RecoveryRecord)
    assert recovery.certificate.period_end == "2026-08-28"


@pytest.mark.parametrize("name", ["EU vaccination", "EU recovery", "ICVP of the pilots"])
def test_what_lacks_something_that_ddcc_requires_is_no_record(name: str) -> None:
    assert read_certificate(code(claims(*CONTENTS[name]))).record is None


def test_a_who_vaccination_is_a_record_and_written_again_the_same() -> None:
    record = read_certificate(code(claims(3, WHO_VACCINATION))).record
    assert isinstance(record, VaccinationRecord)
    written = payload_from_record(record)
    without_nulls = {name: value for name, value in WHO_VACCINATION.items() if value is not None}
    assert written == without_nulls


def test_a_who_test_is_a_record() -> None:
    record = read_certificate(code(claims(4, WHO_TEST))).record
    assert isinstance(record, TestRecord)
    assert record.date == "2026-06-27T06:15:00Z"
    assert record.certificate.hcid.value == "URN:UVCI:01:SG:TEST"
    assert record.person.identifiers == ()


def test_a_person_s_identifier_is_not_taken_for_the_certificate_s() -> None:
    assert read_certificate(code(claims(4, WHO_TEST | {"identifier": "P-77"}))).record is None


def test_a_record_with_several_identifiers_is_not_written_with_one() -> None:
    several = dataclasses.replace(
        read_certificate(code(claims(3, WHO_VACCINATION))).record.person,  # type: ignore[union-attr]
        identifiers=(Identifier(None, "1"), Identifier(None, "2")),
    )
    record = read_certificate(code(claims(3, WHO_VACCINATION))).record
    assert record is not None
    with pytest.raises(RecordError, match="one identifier"):
        payload_from_record(dataclasses.replace(record, person=several))


def test_a_recovery_has_no_who_form() -> None:
    recovery = read_certificate(code(claims(1, RECOVERY | {"dob": "1998-02-26"}))).record
    assert recovery is not None
    with pytest.raises(RecordError, match="no recovery certificate"):
        payload_from_record(recovery)


@pytest.mark.parametrize(
    ("claim", "payload", "path", "value"),
    [
        (3, WHO_VACCINATION, "name", None),
        (3, WHO_VACCINATION, "birthDate", "soon"),
        (3, WHO_VACCINATION, "date", "soon"),
        (3, WHO_VACCINATION, "vaccine", None),
        (3, WHO_VACCINATION, "valid_until", "soon"),
        (4, WHO_TEST, "test/result", None),
        (4, WHO_TEST, "test/date", "2026-06-27"),
        (-6, ICVP_PILOT, "n", None),
        (-6, ICVP_PILOT, "v/vp", None),
        (-6, ICVP_PILOT, "v/bo", None),
        (-6, ICVP_PILOT, "v/dt", "soon"),
        (-6, ICVP_CURRENT, "vx/is", None),
        (-6, ICVP_CURRENT, "vx/dt", None),
    ],
)
def test_a_who_or_icvp_payload_without_what_it_needs_is_refused(
    claim: int, payload: dict[str, Any], path: str, value: object
) -> None:
    with pytest.raises(MalformedValueError):
        read_certificate(code(claims(claim, _changed(payload, path, value))))

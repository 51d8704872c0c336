"""WHO DDCC in a paper code: the flat map of a vaccination, or person and `test` of a test result.

Names are those of the pilots' QR codes, which WHO's validator reads; nulls are absence. A map that lacks what
DDCC requires is read and told as it is, and maps to no record.
Source: https://github.com/WorldHealthOrganization/ddcc-validator (hc1 samples).
Not here: the FHIR form of DDCC (`health.fhir`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from health.claims import Claim
from health.codes import Language
from health.data_sets import Record, TestRecord, VaccinationRecord
from health.formats.certificate import Content, Subject
from health.formats.members import day, members_of, moment, optional_text, partial_date, text
from health.formats.telling import tell
from health.record_json import record_to_json
from health.records import read_record
from vclib.datetimes import format_datetime
from vclib.errors import MalformedValueError, RecordError
from vclib.strict_json import JSONObject, JSONValue

NAME = "who-ddcc"
_MAX_TEXT = 300

# The code's name of each element of our record.
_VACCINATION: Mapping[str, str] = MappingProxyType(
    {
        "vaccine": "vaccine",
        "brand": "brand",
        "manufacturer": "manufacturer",
        "ma_holder": "maholder",
        "lot": "lot",
        "date": "date",
        "vaccine_valid": "validFrom",
        "dose": "dose",
        "total_doses": "totalDoses",
        "country": "country",
        "centre": "centre",
        "hw": "practitioner",
        "disease": "disease",
        "due_date": "nextDose",
    }
)
_TEST = ("pathogen", "type", "brand", "manufacturer", "origin", "date", "result", "centre", "country")
_PERSON = ("name", "birthDate", "identifier", "sex")


def is_flat(claims: Mapping[JSONValue, JSONValue] | Mapping[str, JSONValue]) -> bool:
    """Say whether a map is a DDCC of the pilots' shape."""
    return "name" in claims and "birthDate" in claims and ("vaccine" in claims or "test" in claims)


def read(payload: JSONObject) -> Subject:
    """Check what is needed to tell and compare a certificate; MalformedValueError names the member."""
    name = text(payload, "name", max_length=_MAX_TEXT, path="")
    birth_date = partial_date(payload.get("birthDate"), "birthDate")
    period = (_optional_moment(payload, "valid_from"), _optional_moment(payload, "valid_until"))
    identifier = optional_text(payload, "hcid", max_length=_MAX_TEXT, path="") or None
    if payload.get("test") is not None:
        test = members_of(payload["test"], "test")
        moment(test, "date", path="test/")
        for member in ("pathogen", "type", "result", "country"):
            _check_code(test, member, "test/")
        return Subject("test", name, birth_date, identifier, _code_text(test.get("country")), period)
    day(payload, "date", path="")
    _check_code(payload, "vaccine", "")
    _check_code(payload, "country", "")
    return Subject("vaccination", name, birth_date, identifier, _code_text(payload.get("country")), period)


def claims(payload: JSONObject, language: Language) -> list[Claim]:
    """Return every value of the payload."""
    return tell(NAME, payload, language)


def record(payload: JSONObject) -> Record | None:
    """Return the DDCC record, None where the map lacks what DDCC requires or holds what it does not know."""
    person = {name: _plain(payload[name]) for name in _PERSON if payload.get(name) is not None}
    certificate: JSONObject = {
        member: payload[name]
        for name, member in (("hcid", "hcid"), ("pha", "issuer"))
        if payload.get(name) is not None
    }
    period: JSONObject = {
        member: payload[name]
        for name, member in (("valid_from", "start"), ("valid_until", "end"))
        if payload.get(name) is not None
    }
    if period:
        certificate["period"] = period
    test = payload.get("test")
    if isinstance(test, dict):
        identifier = payload.get("identifier")
        if "hcid" not in certificate and isinstance(identifier, str) and _is_uvci(identifier):
            # The pilot's codes have the certificate's identifier where a person's should stand.
            certificate["hcid"] = identifier
            person.pop("identifier")
        event = {name: _plain(test[name]) for name in _TEST if test.get(name) is not None}
        members: JSONObject = {**person, "test": event, "certificate": certificate}
    else:
        vaccination = {
            name: _plain(payload[code_name])
            for code_name, name in _VACCINATION.items()
            if payload.get(code_name) is not None
        }
        members = {**person, "vaccination": vaccination, "certificate": certificate}
    try:
        return read_record(members)
    except RecordError:
        return None


def payload_from_record(record: Record) -> JSONObject:
    """Return the map for a vaccination or a test result; RecordError for another record."""
    if not isinstance(record, (VaccinationRecord, TestRecord)):
        raise RecordError("WHO defines no recovery certificate", element=record.kind.name)
    members = record_to_json(record)
    event = members_of(members[record.kind.name], record.kind.name)
    certificate = members_of(members["certificate"], "certificate")
    if len(record.person.identifiers) > 1:
        raise RecordError("a paper code has room for one identifier, found several", element="identifier")
    payload: JSONObject = {name: _written(members[name]) for name in _PERSON if name in members}
    if isinstance(payload.get("sex"), str):
        payload["sex"] = {"code": payload["sex"], "system": "http://hl7.org/fhir/administrative-gender"}
    if isinstance(record, TestRecord):
        payload["test"] = {name: _written(event[name]) for name in _TEST if name in event}
    else:
        payload |= {
            code_name: _written(event[name]) for code_name, name in _VACCINATION.items() if name in event
        }
    if "issuer" in certificate:
        payload["pha"] = certificate["issuer"]
    payload["hcid"] = _written(certificate["hcid"])
    period = certificate.get("period")
    if isinstance(period, dict):
        payload |= {
            name: period[member]
            for name, member in (("valid_from", "start"), ("valid_until", "end"))
            if member in period
        }
    return payload


CONTENT = Content(NAME, read, claims, record)


def _plain(value: JSONValue) -> JSONValue:
    """Return a value as our records write it: a code without its display words, sex without its system."""
    if not isinstance(value, dict) or "code" not in value:
        return value
    if str(value.get("system", "")).endswith("administrative-gender"):
        return value["code"]
    if value.get("system") is None:
        return {"text": value["code"]}
    if str(value["system"]).startswith("urn:iso:std:iso:3166") or "iso3166" in str(value["system"]):
        return value["code"]
    return {"system": value["system"], "code": value["code"]}


def _is_uvci(identifier: str) -> bool:
    return identifier.upper().startswith("URN:UVCI:")


def _written(value: JSONValue) -> JSONValue:
    """Return a value of our record as the codes write it: plain text is a text, an identifier its value."""
    if isinstance(value, dict):
        if set(value) == {"text"}:
            return value["text"]
        if "value" in value:
            return value["value"]
    if isinstance(value, list):
        return _written(value[0])
    return value


def _check_code(members: JSONObject, name: str, path: str) -> None:
    if not _code_text(members.get(name)):
        raise MalformedValueError(f"{path}{name}: expected a code")


def _code_text(value: JSONValue) -> str | None:
    code = value.get("code") if isinstance(value, dict) else value
    return code if isinstance(code, str) and code else None


def _optional_moment(payload: JSONObject, name: str) -> str | None:
    if payload.get(name) is None:
        return None
    # A time of day with its zone is a moment, and counts to the second; one without is of a place that is not
    # known, as a date alone is.
    try:
        found = datetime.fromisoformat(moment(payload, name, path=""))
    except MalformedValueError:
        return day(payload, name, path="")
    try:
        return format_datetime(found)
    except OverflowError as err:
        raise MalformedValueError(f"{name}: expected a date-time of the years 1 to 9999") from err

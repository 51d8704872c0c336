"""EU Digital COVID Certificate: one vaccination, test or recovery, as schema 1.3.3 has it.

The schema's structure is checked; whether a code is in a value set is not, because the sets grow and a
certificate may be newer than the copy here: `unknown_codes` tells, for whoever wants to know. A dose number
above the series is a booster, not an error. A test and a recovery map to a DDCC record; a vaccination does
not, since DDCC asks for the batch and the EU leaves it out.
Source: https://github.com/ehn-dcc-development/eu-dcc-schema. Not here: rules of a country.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from health.claims import Claim
from health.codes import Language, find_country, map_code
from health.coding import ICD11, ISO3166, Code, Identifier
from health.data_sets import Certificate as RecordCertificate
from health.data_sets import Person, Record, RecoveryRecord, TestRecord
from health.formats.certificate import Content, Subject
from health.formats.members import (
    count,
    day,
    members_of,
    moment,
    optional_text,
    partial_date,
    present_text,
    text,
)
from health.formats.telling import find_code, tell
from vclib.datetimes import format_datetime
from vclib.errors import MalformedValueError
from vclib.strict_json import JSONObject

NAME = "eu-dcc"

_KINDS: Mapping[str, str] = MappingProxyType({"v": "vaccination", "t": "test", "r": "recovery"})
_GROUPS = tuple(_KINDS)
_VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+")
_TRANSLITERATED = re.compile(r"[A-Z<]*")
_BIRTH_YEARS = ("19", "20")
# The schema's 80 characters are exceeded by genuine issuers of long Greek names and authorities.
_MAX_TEXT = 200
_MAX_CODE = 80
# Members of each entry with the value set that their codes are of.
_CODED: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "v": {"tg": "eu-disease", "vp": "eu-vaccine", "mp": "eu-product", "ma": "eu-holder"},
        "t": {"tg": "eu-disease", "tt": "eu-test-type", "tr": "eu-result", "ma": "eu-device"},
        "r": {"tg": "eu-disease"},
    }
)


def read(payload: JSONObject) -> Subject:
    """Check a payload against the schema's structure; MalformedValueError names the member at fault."""
    version = text(payload, "ver", max_length=20, path="")
    if not _VERSION.fullmatch(version):
        raise MalformedValueError("ver: expected a version of three numbers")
    name = _read_name(payload)
    birth_date = partial_date(payload.get("dob"), "dob")
    if birth_date and not birth_date.startswith(_BIRTH_YEARS):
        raise MalformedValueError("dob: expected a year from 1900 to 2099")
    group, entry = find_entry(payload)
    path = f"{group}/0/"
    for member in ("tg", "co"):
        present_text(entry, member, max_length=_MAX_CODE, path=path)
    text(entry, "is", max_length=_MAX_TEXT, path=path)
    identifier = text(entry, "ci", max_length=_MAX_TEXT, path=path)
    period: tuple[str | None, str | None] = (None, None)
    if group == "v":
        event = _check_vaccination(entry, path)
    elif group == "t":
        event = _check_test(entry, path)
    else:
        event = day(entry, "fr", path=path)
        period = (day(entry, "df", path=path), day(entry, "du", path=path))
    if birth_date > event:
        raise MalformedValueError("dob: expected a date of birth before the event")
    country = entry["co"] if isinstance(entry["co"], str) else None
    return Subject(_KINDS[group], name, birth_date, identifier, country, period)


def find_entry(payload: JSONObject) -> tuple[str, JSONObject]:
    """Return the one entry and its group: v, t or r; MalformedValueError for none or several."""
    groups = [group for group in _GROUPS if payload.get(group) is not None]
    if len(groups) != 1:
        raise MalformedValueError(f"expected one of v, t and r, found {len(groups)}")
    entries = payload[groups[0]]
    if not isinstance(entries, list) or len(entries) != 1:
        raise MalformedValueError(f"{groups[0]}: expected a list of one entry")
    return groups[0], members_of(entries[0], f"{groups[0]}/0")


def unknown_codes(payload: JSONObject) -> tuple[str, ...]:
    """Return the members whose code is in no value set of 2023, and countries that are none."""
    group, entry = find_entry(payload)
    unknown = [
        f"{group}/0/{member}"
        for member, codes in _CODED[group].items()
        if isinstance(code := entry.get(member), str) and find_code(codes, code) is None
    ]
    country = entry.get("co")
    if not isinstance(country, str) or len(country) != 2 or find_country(country) is None:
        unknown.append(f"{group}/0/co")
    return tuple(unknown)


def claims(payload: JSONObject, language: Language) -> list[Claim]:
    """Return every value of the payload."""
    return tell(NAME, payload, language)


def record(payload: JSONObject) -> Record | None:
    """Return the DDCC record of a test or a recovery, None where one could not be made of it."""
    group, entry = find_entry(payload)
    subject = read(payload)
    country = find_country(str(entry["co"]))
    disease = find_code("eu-disease", str(entry["tg"]))
    if group == "v" or country is None or disease is None or not subject.birth_date:
        return None
    person = Person(name=subject.name, birth_date=subject.birth_date)
    certificate = RecordCertificate(
        hcid=Identifier(None, str(entry["ci"])),
        version=f"EU DCC {payload['ver']}",
        issuer=str(entry["is"]),
        period_start=subject.period[0],
        period_end=subject.period[1],
    )
    made: Record | None = (
        _recovery(person, certificate, entry, disease, Code(ISO3166, country.alpha3))
        if group == "r"
        else _test(person, certificate, entry, Code(ISO3166, country.alpha3))
    )
    return made


CONTENT = Content(NAME, read, claims, record, unknown_codes)


def _read_name(payload: JSONObject) -> str:
    names = members_of(payload.get("nam"), "nam")
    transliterated = [
        optional_text(names, member, max_length=_MAX_TEXT, path="nam/") for member in ("fnt", "gnt")
    ]
    if not any(transliterated):
        raise MalformedValueError("nam: expected fnt or gnt, the name as in a passport")
    if not all(_TRANSLITERATED.fullmatch(each) for each in transliterated):
        raise MalformedValueError("nam: expected capitals and < in fnt and gnt")
    written = [optional_text(names, member, max_length=_MAX_TEXT, path="nam/") for member in ("fn", "gn")]
    surname, forename = (
        plain or machine.replace("<", " ").strip()
        for plain, machine in zip(written, transliterated, strict=True)
    )
    return " ".join(part for part in (forename, surname) if part)


def _check_vaccination(entry: JSONObject, path: str) -> str:
    for member in ("vp", "mp", "ma"):
        present_text(entry, member, max_length=_MAX_CODE, path=path)
    for member in ("dn", "sd"):
        count(entry, member, path=path)
    return day(entry, "dt", path=path)


def _check_test(entry: JSONObject, path: str) -> str:
    for member in ("tt", "tr"):
        present_text(entry, member, max_length=_MAX_CODE, path=path)
    for member in ("nm", "ma", "tc"):
        optional_text(entry, member, max_length=_MAX_TEXT, path=path)
    return moment(entry, "sc", path=path)


def _recovery(
    person: Person, certificate: RecordCertificate, entry: JSONObject, disease: Code, country: Code
) -> Record:
    return RecoveryRecord(
        person=person,
        certificate=certificate,
        disease=disease,
        first_positive=day(entry, "fr", path="r/0/"),
        country=country,
    )


def _test(person: Person, certificate: RecordCertificate, entry: JSONObject, country: Code) -> Record | None:
    kind = find_code("eu-test-type", str(entry["tt"]))
    result = find_code("eu-result", str(entry["tr"]))
    if kind is None or result is None:
        return None
    # The EU names the disease; its one pathogen is SARS-CoV-2.
    device = find_code("eu-device", str(entry.get("ma") or ""))
    centre, name = entry.get("tc"), entry.get("nm")
    return TestRecord(
        person=person,
        certificate=certificate,
        pathogen=Code(ICD11, "XN109"),
        type=kind,
        date=_sample_moment(str(entry["sc"])),
        result=(mapped.code if (mapped := map_code(result, to=ICD11)) else result),
        country=country,
        brand=Code(None, name) if isinstance(name, str) and name else device,
        centre=Identifier(None, centre) if isinstance(centre, str) and centre else None,
    )


def _sample_moment(written: str) -> str:
    parsed = datetime.fromisoformat(written).replace(microsecond=0)
    return parsed.isoformat() if parsed.utcoffset() else format_datetime(parsed)

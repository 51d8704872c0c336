"""Health records: what an issuer attests, read from JSON and checked before anybody signs it.

Three kinds: vaccination (WHO DDCC:VS), test result (DDCC:TR) and recovery (the EU's recovery entry; WHO has
none). A record is about any disease, not COVID-19 alone. Its JSON form follows the DDCC core data set:

    {"name": "Aulus Agerius", "birthDate": "2003-03-03", "identifier": "999123456", "sex": "male",
     "vaccination": {"vaccine": "icd11:XM0GQ8", "brand": "icd11:XM3DT5",
                     "manufacturer": {"system": "https://spor.ema.europa.eu/v1/organisations",
                                      "code": "ORG-100030215"},
                     "lot": "123", "date": "2021-05-06", "dose": 1, "totalDoses": 2, "country": "CHE",
                     "centre": "Vaccination Site", "disease": "icd11:RA01"},
     "certificate": {"hcid": "1234567890", "version": "DDCC:VS RC2",
                     "period": {"start": "2021-05-06", "end": "2022-05-06"}}}

Instead of `vaccination` a record has `test` or `recovery`; `health.elements` lists the elements of each.
A code is {"system", "code"} or short text with a prefix of our context ("icd11:XM0GQ8"); where no registry
has a code (brand, manufacturer) plain text stands instead. Countries may be alpha-2, alpha-3 or numeric and
are kept as alpha-3. An identifier is text or {"system", "value"}. A member that is not of the form is
refused by name, because a misspelt element must not silently vanish from what is signed. The guide's own
DDCCCoreDataSet JSON is read too (`resourceType` is skipped, `vaccination` may be a list of one).

`parse_record` is for issuing; `read_record` checks the form only, for credentials that others issued.
Where WHO's dictionary and logical model differ: docs/decisions/0050-records.md.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from health.data_sets import (
    Certificate,
    Person,
    Record,
    RecoveryRecord,
    TestRecord,
    VaccinationRecord,
)
from health.elements import CERTIFICATE, KINDS, PERIOD, PERSON, REFUSED, Element, Kind
from health.plausibility import check_record, warnings
from health.values import Reader, Value, read_text, reader_of
from vclib.errors import RecordError
from vclib.strict_json import JSONObject, JSONValue, json_type_name

__all__ = [
    "Certificate",
    "Person",
    "Record",
    "RecoveryRecord",
    "TestRecord",
    "VaccinationRecord",
    "check_record",
    "parse_record",
    "read_record",
    "warnings",
]

_CLASSES: Mapping[str, type[VaccinationRecord] | type[TestRecord] | type[RecoveryRecord]] = MappingProxyType(
    {"vaccination": VaccinationRecord, "test": TestRecord, "recovery": RecoveryRecord}
)


class _Member(NamedTuple):
    """What is known of a member before it is read: the element it has, and what reads that one's value."""

    key: str
    attribute: str
    element: str
    required: bool
    read: Reader


class _Row(NamedTuple):
    """The members of a record whose elements stand beside each other, each under its path."""

    event: tuple[_Member, ...]
    person: tuple[_Member, ...]
    certificate: tuple[_Member, ...]


def _members(elements: Iterable[Element], path: str, *, in_row: bool = False) -> tuple[_Member, ...]:
    return tuple(
        _Member(
            path + each.name if in_row else each.name,
            each.attribute,
            path + each.name,
            each.required,
            reader_of(each.form),
        )
        for each in elements
    )


def _row(kind: Kind) -> _Row:
    return _Row(
        _members(kind.elements, f"{kind.name}.", in_row=True),
        _members(PERSON, "", in_row=True),
        (
            *_members(CERTIFICATE, "certificate.", in_row=True),
            *_members(PERIOD, "certificate.period.", in_row=True),
        ),
    )


_EVENTS: Mapping[str, tuple[_Member, ...]] = MappingProxyType(
    {kind.name: _members(kind.elements, f"{kind.name}.") for kind in KINDS.values()}
)
_PERSON = _members(PERSON, "")
_CERTIFICATE = _members(CERTIFICATE, "certificate.")
_PERIOD = _members(PERIOD, "certificate.period.")
_ROWS: Mapping[str, _Row] = MappingProxyType({kind.name: _row(kind) for kind in KINDS.values()})


def parse_record(document: JSONObject, *, now: datetime) -> Record:
    """Return the record of a JSON object, fit to be issued; `now` is the moment that no event may lie after.

    Raises RecordError naming the element: not of its form, missing, unknown, or impossible beside the others.
    """
    record = read_record(document)
    check_record(record, now=now)
    return record


def parse_row(kind: Kind, values: JSONObject, *, now: datetime) -> Record:
    """Return the record of a table's row: `values` by the paths of their elements (`elements.column_paths`).

    Each value is what it would be in the JSON form; whether all paths are known is for the caller to see.
    Otherwise as `parse_record`.
    """
    row = _ROWS[kind.name]
    record = _build(
        kind,
        event=_read_members(values, row.event),
        person=_read_members(values, row.person),
        certificate=_read_members(values, row.certificate),
    )
    check_record(record, now=now)
    return record


def read_record(document: JSONObject) -> Record:
    """Return the record of a JSON object of the right form, without asking whether it can be true.

    Raises RecordError naming the element. `warnings` says what a reader should be told.
    """
    kind, event = _find_event(document)
    _refuse_unknown(document, ("certificate", kind.name, *(member.key for member in _PERSON)), "")
    certificate = document.get("certificate")
    if not isinstance(certificate, dict):
        raise RecordError(f"expected an object, found {json_type_name(certificate)}", element="certificate")
    return _build(
        kind,
        event=_read_object(event, _EVENTS[kind.name], f"{kind.name}."),
        person=_read_members(document, _PERSON),
        certificate=_read_certificate(certificate),
    )


def _find_event(document: JSONObject) -> tuple[Kind, JSONObject]:
    found = [kind for name, kind in KINDS.items() if name in document]
    if len(found) != 1:
        raise RecordError(f"expected one of the members {', '.join(KINDS)}, found {len(found)}")
    event = document[found[0].name]
    if isinstance(event, list) and len(event) == 1:
        event = event[0]
    if not isinstance(event, dict):
        raise RecordError(
            f"expected one object (a credential carries one event), found {json_type_name(event)}",
            element=found[0].name,
        )
    return found[0], event


def _read_certificate(members: JSONObject) -> dict[str, Value]:
    period = members.get("period")
    if period is not None and not isinstance(period, dict):
        raise RecordError(f"expected an object, found {json_type_name(period)}", element="certificate.period")
    own = {key: value for key, value in members.items() if key != "period"}
    issuer = own.get("issuer")
    if isinstance(issuer, dict):
        # The logical model refers to an Organization; of a reference only its words can be attested.
        _refuse_unknown(issuer, ("display",), "certificate.issuer.")
        own["issuer"] = read_text(issuer.get("display"), "certificate.issuer.display")
    values = _read_object(own, _CERTIFICATE, "certificate.")
    if period:
        values.update(_read_object(period, _PERIOD, "certificate.period."))
    return values


def _read_object(members: JSONObject, known: Sequence[_Member], path: str) -> dict[str, Value]:
    _refuse_unknown(members, [member.key for member in known], path)
    return _read_members(members, known)


def _read_members(members: JSONObject, known: Iterable[_Member]) -> dict[str, Value]:
    """Return the values by attribute; RecordError naming the element."""
    values: dict[str, Value] = {}
    for key, attribute, element, required, read in known:
        value = members.get(key)
        # null is absence: systems that write every column write it for the empty ones.
        if value is not None:
            values[attribute] = read(value, element)
        elif required:
            raise RecordError("expected a value, found none", element=element)
    return values


# Any: the table pairs each attribute with a reader of its type, which a type checker cannot follow.
def _build(
    kind: Kind, *, event: dict[str, Any], person: dict[str, Any], certificate: dict[str, Any]
) -> Record:
    certificate.setdefault("version", kind.default_version)
    return _CLASSES[kind.name](person=Person(**person), certificate=Certificate(**certificate), **event)


def _refuse_unknown(members: JSONObject, known: Collection[str], path: str) -> None:
    if members.keys() <= set(known):
        return
    for name, value in members.items():
        if name in known or (not path and name == "resourceType" and _is_core_data_set(value)):
            continue
        element = path + name[:40]
        reason = REFUSED.get(element, f"unknown element; expected one of {', '.join(known)}")
        raise RecordError(reason, element=element)


def _is_core_data_set(value: JSONValue) -> bool:
    return isinstance(value, str) and value.startswith("DDCCCoreDataSet")

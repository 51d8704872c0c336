"""Records as JSON: the object that `health.records` reads."""

from __future__ import annotations

from collections.abc import Iterable

from health.data_sets import Certificate, Person, Record
from health.elements import CERTIFICATE, PERIOD, PERSON, Element
from health.values import Value, value_to_json
from vclib.strict_json import JSONObject


def record_to_json(record: Record) -> JSONObject:
    """Return the JSON form of a record; `read_record` gives the same record back."""
    certificate = _write_elements(record.certificate, CERTIFICATE)
    period = _write_elements(record.certificate, PERIOD)
    if period:
        certificate["period"] = period
    return {
        **_write_elements(record.person, PERSON),
        record.kind.name: _write_elements(record, record.kind.elements),
        "certificate": certificate,
    }


def _write_elements(source: Person | Certificate | Record, elements: Iterable[Element]) -> JSONObject:
    members: JSONObject = {}
    for element in elements:
        value: Value | None = getattr(source, element.attribute)
        if value is not None and value != ():
            members[element.name] = value_to_json(value)
    return members

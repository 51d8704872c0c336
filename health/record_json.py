"""Records as JSON: the object that `health.records` reads, and its canonical text.

An issuer keeps the canonical text of each record that it signs. It is written from the record's values,
without the object between, because they are of few kinds and their members have names of ASCII letters.
"""

from __future__ import annotations

from collections.abc import Iterable
from json.encoder import encode_basestring

from health.coding import Code, Identifier
from health.data_sets import Certificate, Person, Record
from health.elements import CERTIFICATE, PERIOD, PERSON, Element
from health.values import Value, value_to_json
from vclib import jcs
from vclib.strict_json import MAX_SAFE_INTEGER, JSONObject


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


def canonical_record(record: Record) -> bytes:
    """Return the canonical JSON (RFC 8785) of a record's JSON form.

    Raises ProofTransformationError, as `vclib.jcs.canonicalize` does, for half a surrogate pair.
    """
    certificate = _members(record.certificate, CERTIFICATE)
    period = _members(record.certificate, PERIOD)
    if period:
        certificate.append(f'"period":{_object(period)}')
    members = _members(record.person, PERSON)
    members.append(f'"{record.kind.name}":{_object(_members(record, record.kind.elements))}')
    members.append(f'"certificate":{_object(certificate)}')
    try:
        return _object(members).encode("utf-8")
    except UnicodeEncodeError:
        return jcs.canonicalize(record_to_json(record))


def _write_elements(source: Person | Certificate | Record, elements: Iterable[Element]) -> JSONObject:
    members: JSONObject = {}
    for element in elements:
        value: Value | None = getattr(source, element.attribute)
        if value is not None and value != ():
            members[element.name] = value_to_json(value)
    return members


def _members(source: Person | Certificate | Record, elements: Iterable[Element]) -> list[str]:
    members: list[str] = []
    for element in elements:
        value: Value | None = getattr(source, element.attribute)
        if value is not None and value != ():
            members.append(f'"{element.name}":{_text(value)}')
    return members


def _object(members: Iterable[str]) -> str:
    # The names differ, so the texts are in the order of the names.
    return "{" + ",".join(sorted(members)) + "}"


def _text(value: Value) -> str:
    # By exact type: True is an integer, too.
    if type(value) is str:
        return encode_basestring(value)
    if type(value) is int and 0 <= value <= MAX_SAFE_INTEGER:
        return str(value)
    if isinstance(value, Code):
        code = encode_basestring(value.code)
        if value.system is None:
            return f'{{"text":{code}}}'
        return f'{{"code":{code},"system":{encode_basestring(value.system)}}}'
    if isinstance(value, Identifier) and value.system is None:
        return encode_basestring(value.value)
    if isinstance(value, tuple):
        return "[" + ",".join([_text(each) for each in value]) + "]"
    return jcs.canonicalize(value_to_json(value)).decode()

"""Records as JSON: the canonical text that is written from the values is that of the object (RFC 8785)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from health import Code, Identifier, Record, canonical_record, read_record, record_to_json
from health.data_sets import Certificate, Person, RecoveryRecord, TestRecord, VaccinationRecord
from vclib import jcs
from vclib.errors import ProofTransformationError
from vclib.strict_json import JSONObject

# Halves of surrogate pairs are characters here, and have no canonical text.
_TEXT = st.text(st.characters(exclude_categories=()), max_size=6)
_CODE = st.builds(Code, st.none() | _TEXT, _TEXT)
_IDENTIFIER = st.builds(Identifier, st.none() | _TEXT, _TEXT)
_INTEGER = st.integers(1, 99) | st.booleans() | st.integers()
_BY_TYPE: dict[str, st.SearchStrategy[object]] = {
    "str": _TEXT,
    "str | None": st.none() | _TEXT,
    "int": _INTEGER,
    "int | None": st.none() | _INTEGER,
    "Code": _CODE,
    "Code | None": st.none() | _CODE,
    "Identifier": _IDENTIFIER,
    "Identifier | None": st.none() | _IDENTIFIER,
    "tuple[Identifier, ...]": st.lists(_IDENTIFIER, max_size=3).map(tuple),
}


def _instances(data_set: type) -> st.SearchStrategy[object]:
    members = {str(field.name): _BY_TYPE[str(field.type)] for field in fields(data_set)}
    return st.builds(data_set, **members)


_BY_TYPE["Person"] = _instances(Person)
_BY_TYPE["Certificate"] = _instances(Certificate)
_RECORDS = st.one_of([_instances(kind) for kind in (VaccinationRecord, TestRecord, RecoveryRecord)])


def _outcome(write: Callable[[Record], bytes], record: Record) -> bytes | str:
    try:
        return write(record)
    except ProofTransformationError as err:
        return err.message


@given(record=_RECORDS)
def test_text_of_any_values_is_the_canonical_json_of_their_object(record: Record) -> None:
    expected = _outcome(lambda each: jcs.canonicalize(record_to_json(each)), record)
    assert _outcome(canonical_record, record) == expected


def test_members_are_in_order_and_the_text_is_utf_8(recovery: JSONObject) -> None:
    recovery["certificate"] = {
        "hcid": {"system": "urn:x", "value": 'a"b'},
        "period": {"end": "2021-10-17", "start": "2021-05-01"},
    }
    text = (
        '{"birthDate":"1998-02-26","certificate":{"hcid":{"system":"urn:x","value":"a\\"b"},'
        '"period":{"end":"2021-10-17","start":"2021-05-01"},"version":"EU DCC 1.3.0"},'
        '"name":"Gabriele Musterfrau-Gößinger","recovery":{'
        '"country":{"code":"AUT","system":"urn:iso:std:iso:3166"},'
        '"disease":{"code":"840539006","system":"http://snomed.info/sct"},"firstPositive":"2021-04-20"}}'
    )
    assert canonical_record(read_record(recovery)) == text.encode()


def test_half_a_surrogate_pair_is_refused() -> None:
    record = RecoveryRecord(
        person=Person(name="\ud800", birth_date="1990"),
        certificate=Certificate(hcid=Identifier(None, "1"), version="1"),
        disease=Code(None, "x"),
        first_positive="2021-02-20",
        country=Code(None, "y"),
    )
    with pytest.raises(ProofTransformationError, match="half a surrogate pair"):
        canonical_record(record)

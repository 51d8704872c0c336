"""One door for every file of records that an issuer mints from, whatever its format.

A JSON object is one record, a JSON array many; a JSON object with `resourceType` "Bundle" is a FHIR
document; anything else is CSV. A JSON record may have a member `holder`, the DID it is to be bound to,
which is no part of the record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from health.csv_records import read_csv
from health.fhir import records_from_bundle
from health.records import parse_record
from health.rows import RecordRow, RowError, read_holder
from vclib.errors import ComplexityError, ParsingError, RecordError
from vclib.strict_json import JSONValue, json_type_name, parse_json

# A batch is a file of many records; one record is bounded by its elements.
MAX_BYTES = 80_000_000


def read_records(text: str, *, now: datetime) -> Iterator[RecordRow | RowError]:
    """Yield each record of a file, or the fault that makes it none; `now` as in `parse_record`.

    Raises at once, before any row: ParsingError or ComplexityError for text that begins like JSON and is
    none, RecordError for CSV without a heading of ours or JSON that holds no records.
    """
    start = text.removeprefix("\ufeff").lstrip()
    if not start:
        raise RecordError("expected records as JSON, CSV or a FHIR Bundle, found an empty text")
    if start[0] not in "{[":
        return read_csv(text, now=now)
    value = parse_json(start, max_bytes=MAX_BYTES)
    if isinstance(value, dict) and value.get("resourceType") == "Bundle":
        records = records_from_bundle(value, now=now)
        return iter([RecordRow(number, record) for number, record in enumerate(records, start=1)])
    return _json_rows(value if isinstance(value, list) else [value], now)


def read_json_row(number: int, text: str, *, now: datetime) -> RecordRow | RowError:
    """Return one line of a JSON Lines file as a record or as the fault that makes it none."""
    try:
        return _json_row(number, parse_json(text), now)
    except (RecordError, ParsingError, ComplexityError) as err:
        return RowError(number, err.message)


def _json_rows(values: Iterable[JSONValue], now: datetime) -> Iterator[RecordRow | RowError]:
    for number, value in enumerate(values, start=1):
        try:
            yield _json_row(number, value, now)
        except RecordError as err:
            yield RowError(number, err.message)


def _json_row(number: int, value: JSONValue, now: datetime) -> RecordRow:
    if not isinstance(value, dict):
        raise RecordError(f"expected an object, found {json_type_name(value)}")
    members = {name: member for name, member in value.items() if name != "holder"}
    holder = read_holder(value.get("holder"))
    return RecordRow(number, parse_record(members, now=now), holder)

"""A DDCC record as the payload of an EU DCC: what has an EU code is written, nothing made up.

Our records have one name and do not say which part is the surname, so the whole of it is written as the
surname, as the EU asks for people with one name. The machine readable form is a spelling that a passport
could have. What is missing for a certificate (an identifier that begins with URN:UVCI:, a code of another
disease) is a refusal. Not here: the mapping of codes (`health.dcc_payload`).
"""

from __future__ import annotations

from datetime import date

from health.data_sets import Record, RecoveryRecord
from health.dcc_payload import dcc_payload
from health.formats.eu_dcc import find_entry, read, unknown_codes
from health.transliteration import spellings, words_of
from vclib.errors import MalformedValueError, RecordError
from vclib.strict_json import JSONObject

# The schema's limit.
_MAX_NAME = 80


def payload_from_record(record: Record, *, authority: str, begins: date, ends: date) -> JSONObject:
    """Return the payload; RecordError for what is missing.

    Where the record names no authority, or no period of a recovery certificate, the given ones are written.
    """
    payload = dcc_payload(record)
    _, entry = find_entry(payload)
    entry.setdefault("is", authority[:_MAX_NAME])
    if isinstance(record, RecoveryRecord):
        entry.setdefault("df", begins.isoformat())
        entry.setdefault("du", ends.isoformat())
    name = record.person.name[:_MAX_NAME]
    payload["nam"] = {"fn": name, "fnt": _machine_readable(name)[:_MAX_NAME]}
    try:
        read(payload)
    except MalformedValueError as err:
        raise RecordError(f"an EU certificate needs what the record does not have: {err.message}") from err
    unknown = unknown_codes(payload)
    if unknown:
        raise RecordError(f"an EU certificate has no code for this: {', '.join(unknown)}")
    return payload


def _machine_readable(name: str) -> str:
    words = [_spelled(word) for word in words_of(name)]
    if not words:
        raise RecordError("expected a name with letters", element="name")
    return "<".join(words)


def _spelled(word: str) -> str:
    found = spellings(word)
    if not found:
        raise RecordError("the name has letters without a spelling in a passport's A to Z", element="name")
    # Of the spellings that Doc 9303 admits, the one that keeps most letters; XX is for machines that sort.
    return max(found, key=lambda spelling: ("XX" not in spelling, len(spelling), spelling))

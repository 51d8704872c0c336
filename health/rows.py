"""What reading a file of records yields: one row for each, good or bad, so that one fault stops nothing else.

F15 in the threat list: a bad row of a hundred thousand is named and the others are issued. `position`
counts as the file's kind does: the line in CSV, the number of the record (from 1) otherwise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from health.data_sets import Record
from vclib.errors import RecordError
from vclib.strict_json import JSONValue

# A DID by the syntax of DID core, without URL parts: https://www.w3.org/TR/did-1.0/#did-syntax. Whether its
# method is known is for the issuer to say.
_DID = re.compile(r"did:[a-z0-9]+:(?:[A-Za-z0-9._:-]|%[0-9A-Fa-f]{2})*(?:[A-Za-z0-9._-]|%[0-9A-Fa-f]{2})")
_MAX_DID = 2000


@dataclass(frozen=True, slots=True)
class RecordRow:
    """A record fit to be issued, and the DID it shall be bound to if the file names one."""

    position: int
    record: Record
    holder: str | None = None


@dataclass(frozen=True, slots=True)
class RowError:
    """A row that is none: what was expected and what came, naming the element."""

    position: int
    message: str


def read_holder(value: JSONValue) -> str | None:
    """Return the DID in a file's `holder`, None for none; RecordError for anything but a DID."""
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > _MAX_DID or not _DID.fullmatch(value):
        raise RecordError("expected a DID such as did:key:z6Mk..., found something else", element="holder")
    return value

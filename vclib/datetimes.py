"""One strict reader and one writer of xsd:dateTimeStamp, for every time in a credential or proof.

Python's own parsers accept times without a zone, week dates, basic format and, depending on the version,
more; each is a place where issuer and verifier could read two different moments. Sources:
https://www.w3.org/TR/vc-data-model-2.0/#representing-time, https://www.w3.org/TR/xmlschema11-2/#dateTimeStamp.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from vclib.errors import MalformedValueError
from vclib.strict_json import json_type_name

# The time zone is obligatory. [0-9], because \d is any script's digit. Clocks show 00:00:00 to 23:59:59 here:
# XSD has no second 60, and its 24:00:00 for the next day's midnight is read by hardly anybody else.
_DATE_TIME_STAMP = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]{1,32})?"
    r"(Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)"
)


def parse_datetime(text: object) -> datetime:
    """Return the moment of an xsd:dateTimeStamp as aware UTC, e.g. of "2026-07-01T12:00:00.5+02:00".

    A fraction beyond microseconds is cut off. Raises MalformedValueError for anything but a string of that
    form, a date that no calendar has, and a moment outside the years 1 to 9999.
    """
    if not isinstance(text, str):
        raise MalformedValueError(f"expected a date-time string, found {json_type_name(text)}")
    return _parsed(text)


# One verification reads each time three times or more, and most credentials of a day share theirs.
@lru_cache(maxsize=1024)
def _parsed(text: str) -> datetime:
    match = _DATE_TIME_STAMP.fullmatch(text)
    if match is None:
        raise MalformedValueError(f"expected a date-time such as 2026-07-01T12:00:00Z, found {text[:40]!r}")
    *numbers, fraction, zone = match.groups()
    year, month, day, hour, minute, second = (int(number) for number in numbers)
    microsecond = int((fraction or ".0")[1:7].ljust(6, "0"))
    try:
        local = datetime(year, month, day, hour, minute, second, microsecond, tzinfo=UTC)
        return local - _offset(zone)
    except (ValueError, OverflowError) as err:
        raise MalformedValueError(f"no clock and calendar of the years 1 to 9999 show {text[:40]!r}") from err


def format_datetime(moment: datetime) -> str:
    """Return an aware `moment` in UTC with whole seconds, e.g. "2026-07-01T10:00:00Z".

    Raises ValueError for a datetime without a zone: that is a mistake of ours, not of the input.
    """
    if moment.tzinfo is None:
        raise ValueError("expected an aware datetime")
    # A batch writes the same few moments again and again. Those of other zones may be equal and yet differ.
    return _formatted(moment) if moment.tzinfo is UTC else _format(moment)


def _format(moment: datetime) -> str:
    # strftime does not pad years below 1000 on every platform; isoformat does.
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


_formatted = lru_cache(maxsize=256)(_format)


def _offset(zone: str) -> timedelta:
    if zone == "Z":
        return timedelta()
    hours, minutes = int(zone[1:3]), int(zone[4:6])
    magnitude = timedelta(hours=hours, minutes=minutes)
    return -magnitude if zone[0] == "-" else magnitude

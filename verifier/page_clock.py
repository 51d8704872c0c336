"""Whether the clock of this computer can be right, by what others have signed (threat M3).

No clock can be checked against itself. But what a wallet signs for a request was signed after it was asked
for, and a list that is in force was not published tomorrow: where such moments do not fit, either somebody
cheats or the clock here is wrong, and whoever stands at the desk should hear both. Not here: the verdict,
which is made at the time that the clock shows, and refuses.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from vclib.datetimes import parse_datetime
from vclib.errors import MalformedValueError
from vclib.strict_json import JSONObject, JSONValue

# Clocks of telephones and servers agree within seconds; people set the wrong day or the wrong time zone.
TOLERANCE = timedelta(minutes=5)

_ABOUT_TIME = frozenset({"proof-expired", "not-yet-valid"})


def doubts_clock(result: JSONObject, *, now: datetime) -> bool:
    """Whether something in a result was signed later than now, or was refused for its time of signing."""
    for found in _objects_within(result):
        if found.get("code") in _ABOUT_TIME:
            return True
        if _is_later(found.get("listFrom"), now):
            return True
    return False


def differs(theirs: datetime, ours: datetime) -> bool:
    """Whether the clocks of two computers are too far apart to be both right."""
    return abs(theirs - ours) > TOLERANCE


def _is_later(value: JSONValue, now: datetime) -> bool:
    if not isinstance(value, str):
        return False
    try:
        return parse_datetime(value) - now > TOLERANCE
    except MalformedValueError:
        return False


def _objects_within(value: JSONValue) -> Iterator[JSONObject]:
    # Results are our own JSON, a few levels deep.
    if isinstance(value, dict):
        yield value
        for member in value.values():
            yield from _objects_within(member)
    elif isinstance(value, list):
        for item in value:
            yield from _objects_within(item)

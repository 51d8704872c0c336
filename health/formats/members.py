"""Reading members of a payload: what must be there, in which form. Messages name members, never values."""

from __future__ import annotations

import re
from datetime import date, datetime

from vclib.errors import MalformedValueError
from vclib.strict_json import JSONObject, JSONValue, json_type_name

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PARTIAL_DATE = re.compile(r"(?:[0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2})?)?)?")
# Some issuers of 2021 wrote a time behind their dates.
_TIME = re.compile(r"T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)?")
# A day or month that is not known, as passports and some issuers write it.
_UNKNOWN_PARTS = re.compile(r"(?:-(?:00|XX))+$")


def text(members: JSONObject, name: str, *, max_length: int, path: str) -> str:
    """Return a text that is there; MalformedValueError."""
    value = members.get(name)
    if not isinstance(value, str):
        raise MalformedValueError(f"{path}{name}: expected a text, found {json_type_name(value)}")
    if not value or len(value) > max_length:
        raise MalformedValueError(f"{path}{name}: expected 1 to {max_length} characters, found {len(value)}")
    return value


def present_text(members: JSONObject, name: str, *, max_length: int, path: str) -> str:
    """Return a text that is there and may be empty; MalformedValueError."""
    value = members.get(name)
    if type(value) is str and len(value) <= max_length:
        return value
    return text(members, name, max_length=max_length, path=path)


def optional_text(members: JSONObject, name: str, *, max_length: int, path: str) -> str:
    """Return a text, empty where there is none; MalformedValueError."""
    if members.get(name) is None:
        return ""
    return present_text(members, name, max_length=max_length, path=path)


def day(members: JSONObject, name: str, *, path: str) -> str:
    """Return a date as text; a time behind it is left out. MalformedValueError."""
    value = text(members, name, max_length=40, path=path)
    found = value[:10]
    if not _DATE.fullmatch(found) or (len(value) > 10 and not _TIME.fullmatch(value[10:])):
        raise MalformedValueError(f"{path}{name}: expected a date")
    _check_calendar(found, path + name)
    return found


def partial_date(value: JSONValue, path: str) -> str:
    """Return a date that may lack day, month or all, without fillers; MalformedValueError."""
    if not isinstance(value, str):
        raise MalformedValueError(f"{path}: expected a date, found {json_type_name(value)}")
    if _TIME.fullmatch(value[10:]):
        value = value[:10]
    value = _UNKNOWN_PARTS.sub("", value)
    if not _PARTIAL_DATE.fullmatch(value):
        raise MalformedValueError(f"{path}: expected a date, or a part of one")
    if value:
        _check_calendar(value + "-01-01"[len(value) - 4 :], path)
    return value


def moment(members: JSONObject, name: str, *, path: str) -> str:
    """Return a date-time with its zone as text; MalformedValueError."""
    value = text(members, name, max_length=40, path=path)
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError as err:
        raise MalformedValueError(f"{path}{name}: expected a date-time") from err
    if parsed.tzinfo is None:
        raise MalformedValueError(f"{path}{name}: expected a date-time with a time zone")
    return value


def count(members: JSONObject, name: str, *, path: str) -> int:
    """Return a whole number from 1 to 99; MalformedValueError."""
    value = members.get(name)
    # Ireland's are floats, 3.0, which JSON does not tell from 3.
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value not in range(1, 100):
        raise MalformedValueError(f"{path}{name}: expected a whole number from 1 to 99")
    return int(value)


def members_of(value: JSONValue, path: str) -> JSONObject:
    """Return an object; MalformedValueError."""
    if not isinstance(value, dict):
        raise MalformedValueError(f"{path}: expected an object, found {json_type_name(value)}")
    return value


def _check_calendar(found: str, path: str) -> None:
    try:
        date.fromisoformat(found)
    except ValueError as err:
        raise MalformedValueError(f"{path}: expected a date of the calendar") from err

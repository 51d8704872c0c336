"""The date-times of CertLogic: read from text, moved by calendar units.

As ECMAScript's Date moves them, because the specification is written by it: a day that the month lacks runs
over into the next one (2020-02-29 and a year is 2021-03-01). Stricter in one place: a date that no calendar
has is an error, where the specification leaves the behaviour undefined. Source:
https://github.com/ehn-dcc-development/eu-dcc-business-rules/blob/main/certlogic/specification/README.md#offset-date-time-plustime
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta

from health.rule_errors import EvaluationError

TIME_UNITS = ("year", "month", "day", "hour")

_PARTIAL = re.compile(r"([0-9]{4})(?:-([0-9]{2}))?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATE_TIME = re.compile(
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
    r"(?:T(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]+))?"
    r"(?:Z|(?P<sign>[+-])(?P<zone>[0-9]{1,2})(?::?(?P<minutes>[0-9]{2}))?)?)?"
)
_HOUR = 60
_MONTHS = 12
_MAX_TEXT = 64


def plus_time(text: str, amount: int, unit: str) -> datetime:
    """Return the moment of a date or date-time, `amount` of a unit later (earlier if negative).

    A partial date stands for its last day; a missing zone is UTC; milliseconds are kept, finer ones cut off.
    Raises EvaluationError for another form, and for a moment outside the years 1 to 9999.
    """
    moment = _last_day(text) or _moment(text)
    try:
        if unit == "hour":
            return moment + timedelta(hours=amount)
        if unit == "day":
            return moment + timedelta(days=amount)
        months = amount * _MONTHS if unit == "year" else amount
        year, month = divmod(moment.year * _MONTHS + moment.month - 1 + months, _MONTHS)
        return moment.replace(year=year, month=month + 1, day=1) + timedelta(days=moment.day - 1)
    except (ValueError, OverflowError) as err:
        raise EvaluationError("a date outside the years 1 to 9999") from err


def birth_moment(text: str) -> datetime:
    """Return the last moment that fits a date of birth, which may lack day and month: `dccDateOfBirth`."""
    moment = _last_day(text)
    if moment is None and _DATE.fullmatch(text):
        moment = _moment(text)
    if moment is None:
        raise EvaluationError("expected a date of birth: YYYY, YYYY-MM or YYYY-MM-DD")
    return moment


def _last_day(text: str) -> datetime | None:
    match = _PARTIAL.fullmatch(text)
    if match is None:
        return None
    year, month = int(match[1]), int(match[2] or _MONTHS)
    try:
        return datetime(year, month, monthrange(year, month)[1], tzinfo=UTC)
    except ValueError as err:
        raise EvaluationError("a date that no calendar has") from err


def _moment(text: str) -> datetime:
    match = _DATE_TIME.fullmatch(text) if len(text) <= _MAX_TEXT else None
    if match is None:
        raise EvaluationError("expected a date or date-time in one of the forms of plusTime")
    parts = match.groupdict(default="0")
    offset = timedelta(hours=int(parts["zone"]), minutes=int(parts["minutes"]))
    if offset >= timedelta(days=1) or int(parts["minutes"]) >= _HOUR:
        raise EvaluationError("a time zone that is no time of day")
    year, month, day = int(parts["year"]), int(parts["month"]), int(parts["day"])
    hour, minute, second = int(parts["hour"]), int(parts["minute"]), int(parts["second"])
    milliseconds = int(parts["fraction"][:3].ljust(3, "0"))
    try:
        local = datetime(year, month, day, hour, minute, second, milliseconds * 1000, tzinfo=UTC)
        return local + (offset if parts["sign"] == "-" else -offset)
    except (ValueError, OverflowError) as err:
        raise EvaluationError("a date or time that no calendar or clock has") from err

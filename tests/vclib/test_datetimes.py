"""Times are read by one strict parser (A14)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from vclib.datetimes import format_datetime, parse_datetime
from vclib.errors import MalformedValueError


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2023-02-24T23:36:38Z", datetime(2023, 2, 24, 23, 36, 38, tzinfo=UTC)),
        ("2026-07-01T12:00:00+02:00", datetime(2026, 7, 1, 10, 0, 0, tzinfo=UTC)),
        ("2026-07-01T12:00:00-09:30", datetime(2026, 7, 1, 21, 30, 0, tzinfo=UTC)),
        ("2026-07-01T12:00:00.5Z", datetime(2026, 7, 1, 12, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-07-01T12:00:00.1234567Z", datetime(2026, 7, 1, 12, 0, 0, 123_456, tzinfo=UTC)),
        ("2026-07-01T12:00:00-00:00", datetime(2026, 7, 1, 12, 0, 0, tzinfo=UTC)),
        ("9999-12-31T23:59:59Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("0001-01-01T14:00:00+14:00", datetime(1, 1, 1, 0, 0, 0, tzinfo=UTC)),
        ("2024-02-29T00:00:00Z", datetime(2024, 2, 29, tzinfo=UTC)),
    ],
)
def test_date_time_stamp_is_read_as_utc(text: str, moment: datetime) -> None:
    """A14: the moments that xsd:dateTimeStamp can name, up to the year 9999."""
    assert parse_datetime(text) == moment
    assert parse_datetime(text).tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "2026-07-01T12:00:00",
        "2026-07-01",
        "2026-07-01 12:00:00Z",
        "2026-07-01t12:00:00z",
        "2026-07-01T12:00Z",
        "2026-07-01T12:00:00,5Z",
        "2026-07-01T12:00:00.Z",
        "20260701T120000Z",
        "2026-W27-3T12:00:00Z",
        "+2026-07-01T12:00:00Z",
        "-0044-03-15T12:00:00Z",
        "12026-07-01T12:00:00Z",
        "2026-07-01T12:00:00+2:00",
        "2026-07-01T12:00:00+0200",
        "2026-07-01T12:00:00+14:01",
        "2026-07-01T12:00:00+02:60",
        " 2026-07-01T12:00:00Z",
        "2026-07-01T12:00:00Z\n",
        "\u0662\u0660\u0662\u0666-07-01T12:00:00Z",
        "2026-07-01T12:00:00.000000000000000000000000000000000Z",
        "",
    ],
)
def test_another_spelling_of_a_time_is_refused(text: str) -> None:
    """A14: no time zone, no other format."""
    with pytest.raises(MalformedValueError, match="expected a date-time such as"):
        parse_datetime(text)


@pytest.mark.parametrize(
    "text",
    [
        "2016-12-31T23:59:60Z",
        "2026-07-01T24:00:00Z",
        "2026-07-01T12:60:00Z",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59-01:00",
        "0001-01-01T00:00:00+01:00",
    ],
)
def test_a_time_that_no_clock_shows_is_refused(text: str) -> None:
    """A14: second 60, hour 24, days that are not, and moments outside the years 1 to 9999."""
    with pytest.raises(MalformedValueError, match="no clock and calendar"):
        parse_datetime(text)


@pytest.mark.parametrize("value", [None, 20260701, ["2026-07-01T12:00:00Z"], {"@value": "x"}, True])
def test_a_value_that_is_no_string_is_refused(value: object) -> None:
    """A14: a time is a string."""
    with pytest.raises(MalformedValueError, match="expected a date-time string, found"):
        parse_datetime(value)


def test_a_time_is_written_in_utc_with_whole_seconds() -> None:
    moment = datetime(2026, 7, 1, 12, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=2)))
    assert format_datetime(moment) == "2026-07-01T10:00:00Z"
    assert format_datetime(datetime(33, 4, 3, tzinfo=UTC)) == "0033-04-03T00:00:00Z"


def test_a_time_without_a_zone_is_not_written() -> None:
    with pytest.raises(ValueError, match="expected an aware datetime"):
        format_datetime(datetime(2026, 7, 1))  # noqa: DTZ001 - the mistake itself

"""Whether a record can be true: checks across its elements, and against the clock, before it is issued.

A credential makes a record believable, so an issuer must not sign what cannot have happened: a third dose
of two, a vaccination before birth, a test result that is neither "detected" nor "not detected" (F14 in the
threat list). Codes are checked for their system's syntax and, where a value set is required, for membership;
the other value sets are preferences, so any well-formed code of any disease passes.

Dates are days of the place of the event, so "in the future" means: not yet begun anywhere on earth.
Messages name elements and rules, never the values of a person (they end up in logs).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType

from health.codes import (
    RESULT_NEGATIVE_BY_OLD_MAPS,
    is_covid_result,
    outcome,
    value_set,
)
from health.coding import ATC, CVX, ICD11, LOINC, SNOMED, Code
from health.data_sets import Record, RecoveryRecord, TestRecord, VaccinationRecord
from health.elements import KINDS, Form
from health.values import first_day, first_moment, last_moment
from vclib.datetimes import parse_datetime
from vclib.errors import RecordError

# The oldest age ever documented is 122 years.
MAX_AGE = 130
_FIRST_BIRTH_YEAR = 1870
CLOCK_SKEW = timedelta(minutes=5)
# The earliest time zone, in which a date begins first.
_FIRST_ZONE = timedelta(hours=14)

# What a code of each system looks like. ICD-11 clusters join codes by "&" and "/"
# (https://icd.who.int/icd11refguide, 2.9); ICHI and specimen codes travel under its URI in the DDCC guide.
_ICD11_CODE = r"[0-9A-Z]{3,12}(?:\.[0-9A-Z]{1,4})*"
_SYNTAX: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        ICD11: re.compile(rf"{_ICD11_CODE}(?:[&/]{_ICD11_CODE})*"),
        SNOMED: re.compile(r"[1-9][0-9]{5,17}"),
        LOINC: re.compile(r"(?:L[AP])?[1-9][0-9]{0,6}-[0-9]"),
        CVX: re.compile(r"[0-9]{1,4}"),
        ATC: re.compile(r"[A-Z](?:[0-9]{2}(?:[A-Z](?:[A-Z](?:[0-9]{2})?)?)?)?"),
    }
)
# Attributes that hold codes, with their elements.
_CODED: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        kind.name: tuple(
            (element.attribute, f"{kind.name}.{element.name}")
            for element in kind.elements
            if element.form in (Form.CODE, Form.CODE_OR_TEXT)
        )
        for kind in KINDS.values()
    }
)


def check_record(record: Record, *, now: datetime) -> None:
    """Refuse a record that cannot be true at `now` (an aware datetime): RecordError naming the element."""
    born = _check_birth(record.person.birth_date, now)
    for attribute, element in _CODED[record.kind.name]:
        code: Code | None = getattr(record, attribute)
        if code is not None:
            _check_syntax(code, element)
    match record:
        case VaccinationRecord():
            _check_day(record.date, "vaccination.date", born, now)
            _check_vaccination(record)
        case TestRecord():
            _check_sample(record, born, now)
            _check_result(record)
        case RecoveryRecord():
            _check_day(record.first_positive, "recovery.firstPositive", born, now)
    _check_period(record)


def warnings(record: Record) -> tuple[str, ...]:
    """Return what a reader should be told of a record that others issued, in English sentences.

    These are the faults that `check_record` refuses in our own records but that genuine credentials carry.
    """
    found = []
    if isinstance(record, VaccinationRecord) and _beyond_series(record):
        found.append(
            "The dose number is greater than the total: a booster, as the EU counted them until 2022."
        )
    if isinstance(record, TestRecord):
        if record.result == RESULT_NEGATIVE_BY_OLD_MAPS:
            found.append("The result is written as RA01.1: negative, as mapped by older concept maps of WHO.")
        elif outcome(record.result) is None:
            found.append("The result is neither 'detected' nor 'not detected' in any value set known here.")
    return tuple(found)


def _check_birth(birth_date: str, now: datetime) -> date:
    """Return the earliest day of birth that a partial date admits."""
    born = first_day(birth_date)
    if born > _latest_today(now):
        raise RecordError(
            "expected a date of birth in the past, found one in the future", element="birthDate"
        )
    if born.year < _FIRST_BIRTH_YEAR:
        raise RecordError(f"expected a year of birth from {_FIRST_BIRTH_YEAR}", element="birthDate")
    return born


def _check_day(day: str, element: str, born: date, now: datetime) -> None:
    event = date.fromisoformat(day)
    if event > _latest_today(now):
        raise RecordError("expected a day that has begun, found one in the future", element=element)
    if event < born:
        raise RecordError(
            "expected a day on or after the date of birth, found one before it", element=element
        )
    if event.year - born.year > MAX_AGE:
        raise RecordError(f"expected an age of at most {MAX_AGE} years on that day", element=element)


def _check_vaccination(record: VaccinationRecord) -> None:
    if record.manufacturer is None and record.maholder is None:
        # Invariant who-ddcc-data-1.
        raise RecordError(
            "expected a manufacturer or a market authorization holder (maholder), found neither",
            element="vaccination.manufacturer",
        )
    if _beyond_series(record):
        raise RecordError(
            "expected a dose number up to totalDoses, found a greater one; for a booster count it in "
            "totalDoses or leave totalDoses out",
            element="vaccination.dose",
        )
    if record.valid_from is not None and record.valid_from < record.date:
        raise RecordError(
            "expected a day on or after the vaccination, found one before it", element="vaccination.validFrom"
        )
    if record.next_dose is not None and record.next_dose <= record.date:
        raise RecordError(
            "expected a day after the vaccination, found an earlier one", element="vaccination.nextDose"
        )


def _check_sample(record: TestRecord, born: date, now: datetime) -> None:
    if parse_datetime(record.date) > now + CLOCK_SKEW:
        raise RecordError("expected a moment in the past, found one in the future", element="test.date")
    _check_day(record.date[:10], "test.date", born, now)


def _check_result(record: TestRecord) -> None:
    expected = (
        'expected "detected" (icd11:RA01.0, sct:260373001) or "not detected" (icd11:QA02, sct:260415000)'
    )
    if record.result == RESULT_NEGATIVE_BY_OLD_MAPS:
        raise RecordError(f"{expected}, found RA01.1, which is a kind of COVID-19", element="test.result")
    if outcome(record.result) is None:
        raise RecordError(f"{expected}, found another code", element="test.result")
    if is_covid_result(record.result) and not _may_be_sars_cov_2(record.pathogen):
        raise RecordError(
            "expected a result code for this pathogen, such as sct:260373001, found one that means COVID-19",
            element="test.result",
        )


def _may_be_sars_cov_2(pathogen: Code) -> bool:
    # Only ICD-11's codes are known completely here; of another system's the laboratory knows better.
    return pathogen.system != ICD11 or any(
        pathogen.code.split("&")[0] == known.code for known in value_set("pathogen-sars-cov-2")
    )


def _check_period(record: Record) -> None:
    start, end = record.certificate.period_start, record.certificate.period_end
    if start and end and _ends_before_it_begins(start, end):
        raise RecordError(
            "expected an end after the start, found it before", element="certificate.period.end"
        )
    if isinstance(record, RecoveryRecord) and start and start[:10] < record.first_positive:
        raise RecordError(
            "expected a start on or after the first positive test, found one before it",
            element="certificate.period.start",
        )


def _ends_before_it_begins(start: str, end: str) -> bool:
    if len(start) == len(end) == len("2021-05-06"):
        # Two dates of one place; as moments on earth the day before would still overlap.
        return start > end
    return parse_datetime(first_moment(start)) > parse_datetime(last_moment(end))


# Codes are public and few; what stands as text is not remembered.
@lru_cache(maxsize=4096)
def _is_of_its_system(system: str, code: str) -> bool:
    syntax = _SYNTAX.get(system)
    return syntax is None or syntax.fullmatch(code) is not None


def _check_syntax(code: Code, element: str) -> None:
    if code.system is not None and not _is_of_its_system(code.system, code.code):
        raise RecordError(
            f"expected a code as {code.system} writes them, found another form", element=element
        )


def _beyond_series(record: VaccinationRecord) -> bool:
    return record.total_doses is not None and record.dose > record.total_doses


def _latest_today(now: datetime) -> date:
    return (now + _FIRST_ZONE).date()

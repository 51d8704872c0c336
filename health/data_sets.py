"""The record types: frozen, typed, with the attributes that `health.elements` lists for each kind.

Values have the form that `health.values` checked; whoever builds a record by hand passes it through
`health.records.check_record` before issuing. How records are read and written: `health.records`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from health.coding import Code, Identifier
from health.elements import KINDS, Kind


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Whom the record is about; `birth_date` may lack day or month, as papers do."""

    name: str
    birth_date: str
    identifiers: tuple[Identifier, ...] = ()
    sex: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Certificate:
    """The record's own metadata: `hcid` identifies the paper card or digital folder, across its events.

    `issuer` is the authority as the record names it; `period_start` and `period_end` are dates or
    date-times and bound the certificate, from which nothing medical may be inferred.
    """

    hcid: Identifier
    version: str
    issuer: str | None = None
    period_start: str | None = None
    period_end: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class VaccinationRecord:
    """One vaccination event, DDCC:VS. Dates are ISO 8601 text, of the place of vaccination."""

    kind: ClassVar[Kind] = KINDS["vaccination"]

    person: Person
    certificate: Certificate
    vaccine: Code
    brand: Code
    lot: str
    date: str
    dose: int
    country: Code
    manufacturer: Code | None = None
    maholder: Code | None = None
    total_doses: int | None = None
    valid_from: str | None = None
    centre: str | None = None
    practitioner: Identifier | None = None
    disease: Code | None = None
    next_dose: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TestRecord:
    """One test result, DDCC:TR. `date` is the moment the sample was taken, with the zone of that place."""

    __test__: ClassVar[bool] = False  # pytest would take the name for a test class
    kind: ClassVar[Kind] = KINDS["test"]

    person: Person
    certificate: Certificate
    pathogen: Code
    type: Code
    date: str
    result: Code
    country: Code
    brand: Code | None = None
    manufacturer: Code | None = None
    origin: Code | None = None
    centre: Identifier | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RecoveryRecord:
    """A past infection, known by the date of its first positive test."""

    kind: ClassVar[Kind] = KINDS["recovery"]

    person: Person
    certificate: Certificate
    disease: Code
    first_positive: str
    country: Code


Record: TypeAlias = VaccinationRecord | TestRecord | RecoveryRecord

"""The data elements of each kind of record, in one table: everything else is read off it.

The columns are the core data set's name, the attribute of our record, the term of
`https://w3id.org/ddcc/v1`, the form of the value, and whether the element is required. Required is what
WHO's data dictionary requires for a proof of vaccination or a test result; where the logical model of the
implementation guide (RC2) differs, the dictionary wins (docs/decisions/0050-records.md). Recovery is not
WHO's: its elements are those of the EU's recovery entry.

JSON input, CSV columns, credentials, claims on a screen and disclosure sets all follow this table, so an
element is added here and in the context, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType


class Form(Enum):
    """The form of an element's value."""

    TEXT = auto()
    PARTIAL_DATE = auto()  # 1990, 1990-01 or 1990-01-15
    DATE = auto()
    DATE_TIME = auto()  # with seconds and a time zone
    MOMENT = auto()  # a date, or a date-time with its zone
    COUNT = auto()  # a positive whole number
    CODE = auto()
    CODE_OR_TEXT = auto()  # text where no registry has a code
    COUNTRY = auto()
    SEX = auto()
    IDENTIFIER = auto()
    IDENTIFIERS = auto()


@dataclass(frozen=True, slots=True)
class Element:
    """One data element; `term` is empty where the credential's own properties carry the value."""

    name: str
    attribute: str
    term: str
    form: Form
    required: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of record: `name` is also the member that holds its event, in JSON and in a credential."""

    name: str
    credential_type: str
    default_version: str
    elements: tuple[Element, ...]


PERSON = (
    Element("name", "name", "name", Form.TEXT, required=True),
    Element("birthDate", "birth_date", "birthDate", Form.PARTIAL_DATE, required=True),
    Element("identifier", "identifiers", "personIdentifier", Form.IDENTIFIERS),
    Element("sex", "sex", "sex", Form.SEX),
)

CERTIFICATE = (
    Element("issuer", "issuer", "", Form.TEXT),
    Element("hcid", "hcid", "hcid", Form.IDENTIFIER, required=True),
    Element("version", "version", "schemaVersion", Form.TEXT),
)

PERIOD = (
    Element("start", "period_start", "", Form.MOMENT),
    Element("end", "period_end", "", Form.MOMENT),
)

_VACCINATION = Kind(
    "vaccination",
    "VaccinationStatusCredential",
    "DDCC:VS RC2",
    (
        Element("vaccine", "vaccine", "vaccine", Form.CODE, required=True),
        Element("brand", "brand", "brand", Form.CODE_OR_TEXT, required=True),
        Element("manufacturer", "manufacturer", "manufacturer", Form.CODE_OR_TEXT),
        Element("maholder", "maholder", "marketAuthorizationHolder", Form.CODE_OR_TEXT),
        Element("lot", "lot", "lot", Form.TEXT, required=True),
        Element("date", "date", "occurrence", Form.DATE, required=True),
        Element("dose", "dose", "dose", Form.COUNT, required=True),
        Element("totalDoses", "total_doses", "totalDoses", Form.COUNT),
        Element("validFrom", "valid_from", "protectedFrom", Form.DATE),
        Element("country", "country", "country", Form.COUNTRY, required=True),
        Element("centre", "centre", "centre", Form.TEXT),
        Element("practitioner", "practitioner", "healthWorker", Form.IDENTIFIER),
        Element("disease", "disease", "disease", Form.CODE),
        Element("nextDose", "next_dose", "nextDose", Form.DATE),
    ),
)

_TEST = Kind(
    "test",
    "TestResultCredential",
    "DDCC:TR RC2",
    (
        Element("pathogen", "pathogen", "pathogen", Form.CODE, required=True),
        Element("type", "type", "testType", Form.CODE, required=True),
        Element("brand", "brand", "testBrand", Form.CODE_OR_TEXT),
        Element("manufacturer", "manufacturer", "testManufacturer", Form.CODE_OR_TEXT),
        Element("origin", "origin", "specimenOrigin", Form.CODE),
        Element("date", "date", "sampleCollected", Form.DATE_TIME, required=True),
        Element("result", "result", "result", Form.CODE, required=True),
        Element("centre", "centre", "testCentre", Form.IDENTIFIER),
        Element("country", "country", "testCountry", Form.COUNTRY, required=True),
    ),
)

_RECOVERY = Kind(
    "recovery",
    "RecoveryCredential",
    "EU DCC 1.3.0",
    (
        Element("disease", "disease", "disease", Form.CODE, required=True),
        Element("firstPositive", "first_positive", "firstPositive", Form.DATE, required=True),
        Element("country", "country", "country", Form.COUNTRY, required=True),
    ),
)

KINDS: Mapping[str, Kind] = MappingProxyType({kind.name: kind for kind in (_VACCINATION, _TEST, _RECOVERY)})

# Elements of the logical models that are known and refused, each with the reason that the message gives.
REFUSED: Mapping[str, str] = MappingProxyType(
    {
        "vaccination.signature": "a hand-written signature belongs to paper certificates only",
        "certificate.kid": "the key is named by the credential's proof, so the issuer writes it",
        "certificate.ddccid": "this document's identifier is the credential's id, which the issuer chooses",
    }
)


def column_paths(kind: Kind) -> Iterator[tuple[str, Element]]:
    """Yield path and element of every value of a record of `kind`, e.g. "certificate.period.start"."""
    for element in PERSON:
        yield element.name, element
    for element in kind.elements:
        yield f"{kind.name}.{element.name}", element
    for element in CERTIFICATE:
        yield f"certificate.{element.name}", element
    for element in PERIOD:
        yield f"certificate.period.{element.name}", element

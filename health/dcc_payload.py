"""A record of ours, or what a credential discloses of one, as the EU DCC payload that rules read.

Rules of the EU read the payload of a Digital COVID Certificate. What a holder withheld is left out, and so is
a code for which no map has the EU's: `health.rules` takes both for unknown, so the rule stays open. A disease
that is known to be another one keeps its own code, which no rule about COVID-19 accepts. Names are left out:
the payload has surname and forename apart, and the core data set does not. Source: EU DCC schema 1.3.3,
https://github.com/ehn-dcc-development/eu-dcc-schema. Not here: reading EU certificates (`health.formats`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from health.codes import Outcome, find_country, map_code, outcome, value_set
from health.coding import ATC, ICD11, PREFIXES, SNOMED, Code, Identifier
from health.credentials import check_contexts, kind_of
from health.data_sets import Record
from health.elements import CERTIFICATE, KINDS, PERSON, Kind
from health.values import Value, value_from_claim, without_day_bounds
from vclib.errors import RecordError
from vclib.strict_json import JSONObject, JSONValue

SCHEMA_VERSION = "1.3.3"

_COVID_19 = "840539006"
_UVCI = "URN:UVCI:"
_EVENT: Mapping[str, str] = MappingProxyType({"vaccination": "v", "test": "t", "recovery": "r"})
_KIND_OF = {event: kind for kind, event in _EVENT.items()}
# Fields of an entry, and the elements of our records that they are made of: "a | b" is a where a record has
# it, else b. Issuer and validity ("is", "df", "du") are always disclosed, so they are not asked for.
_ELEMENTS: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "v": MappingProxyType(
            {
                "tg": ("vaccination.disease | vaccination.vaccine",),
                "vp": ("vaccination.vaccine",),
                "mp": ("vaccination.brand",),
                "ma": ("vaccination.maholder | vaccination.manufacturer",),
                "dn": ("vaccination.dose",),
                "sd": ("vaccination.totalDoses",),
                "dt": ("vaccination.date",),
                "co": ("vaccination.country",),
                "ci": ("certificate.hcid",),
            }
        ),
        "t": MappingProxyType(
            {
                "tg": ("test.pathogen",),
                "tt": ("test.type",),
                "nm": ("test.brand",),
                "ma": ("test.brand", "test.manufacturer"),
                "sc": ("test.date",),
                "tr": ("test.result",),
                "tc": ("test.centre",),
                "co": ("test.country",),
                "ci": ("certificate.hcid",),
            }
        ),
        "r": MappingProxyType(
            {
                "tg": ("recovery.disease",),
                "fr": ("recovery.firstPositive",),
                "co": ("recovery.country",),
                "ci": ("certificate.hcid",),
            }
        ),
    }
)
_PERSON_ELEMENTS = {"dob": ("birthDate",), "nam": ("name",)}

# Kinds of vaccine and of test in the EU's value sets, by ICD-11's codes for the same.
_VACCINES = {"XM0GQ8": "1119349007", "XM68M6": "J07BX03"}
_TEST_TYPES = {"1334426561": "LP6464-4", "2056159157": "LP217198-3"}
_RESULTS = {Outcome.DETECTED: "260373001", Outcome.NOT_DETECTED: "260415000"}


def dcc_payload(record: Record) -> JSONObject:
    """Return the EU DCC payload of a record, without what it has no value or no EU code for."""
    values: dict[str, Value] = {}
    for element in (*record.kind.elements, *PERSON):
        value: Value | None = getattr(record, element.attribute, None)
        if value is None:
            value = getattr(record.person, element.attribute, None)
        if value is not None:
            values[element.attribute] = value
    certificate = record.certificate
    values["hcid"] = certificate.hcid
    return _payload(record.kind, values, certificate.issuer, certificate.period_start, certificate.period_end)


def dcc_payload_of_credential(document: JSONObject) -> JSONObject:
    """Return the EU DCC payload of what a credential discloses; RecordError if it is none of our kinds.

    A claim that is not of its element's form is left out, as if it had been withheld.
    """
    kind = kind_of(document)
    check_contexts(document)
    subject = document.get("credentialSubject")
    claims = subject if isinstance(subject, dict) else {}
    event = claims.get(kind.name)
    values: dict[str, Value] = {}
    for elements, members in (
        (kind.elements, event if isinstance(event, dict) else {}),
        (PERSON, claims),
        (CERTIFICATE, document),
    ):
        for element in elements:
            claim = members.get(element.term) if element.term else None
            if claim is None:
                continue
            try:
                values[element.attribute] = value_from_claim(element.form, claim, element.name)
            except RecordError:
                continue
    issuer = document.get("issuer")
    authority = document.get("authority") or (issuer.get("name") if isinstance(issuer, dict) else None)
    return _payload(
        kind,
        values,
        authority if isinstance(authority, str) else None,
        _moment(document.get("validFrom")),
        _moment(document.get("validUntil")),
    )


def elements_for_field(field: str) -> tuple[str, ...]:
    """Return the elements of a record that a field of the payload is made of, e.g. of "v.0.mp" or "dob".

    Empty for what every credential tells (which event it is, its issuer and validity), and for what none of
    our records has. "a | b" is a where the record has it, else b.
    """
    first, *rest = field.split(".")
    if first in _PERSON_ELEMENTS:
        return _PERSON_ELEMENTS[first]
    if first in _ELEMENTS and len(rest) > 1 and rest[0] == "0":
        return _ELEMENTS[first].get(rest[1], ())
    return ()


def kind_of_field(field: str) -> str | None:
    """Return the kind of record that a field of the payload belongs to, None for one of the person."""
    return _KIND_OF.get(field.split(".")[0])


def _payload(
    kind: Kind, values: Mapping[str, Value], issuer: str | None, begins: str | None, ends: str | None
) -> JSONObject:
    hcid = values.get("hcid")
    uvci = hcid.value if isinstance(hcid, Identifier) and hcid.value.startswith(_UVCI) else None
    entry = _ENTRIES[kind.name](values)
    if kind is KINDS["recovery"]:
        entry |= {"df": _date(begins), "du": _date(ends)}
    entry |= {"is": issuer, "ci": uvci}
    # An entry of which nothing was disclosed is still there; `health.rules` knows it from an absent one.
    members: JSONObject = {name: value for name, value in entry.items() if value is not None}
    payload: JSONObject = {"ver": SCHEMA_VERSION, _EVENT[kind.name]: [members]}
    birth_date = values.get("birth_date")
    if isinstance(birth_date, str):
        payload["dob"] = birth_date
    return payload


def _vaccination(values: Mapping[str, Value]) -> dict[str, JSONValue]:
    vaccine = _code(values, "vaccine")
    return {
        "tg": _disease(_code(values, "disease")) or _disease_of_vaccine(vaccine),
        "vp": _vaccine(vaccine),
        "mp": _product(_code(values, "brand")),
        "ma": _holder(_code(values, "maholder")) or _holder(_code(values, "manufacturer")),
        "dn": _plain(values, "dose"),
        "sd": _plain(values, "total_doses"),
        "dt": _plain(values, "date"),
        "co": _country(_code(values, "country")),
    }


def _test(values: Mapping[str, Value]) -> dict[str, JSONValue]:
    brand, manufacturer = _code(values, "brand"), _code(values, "manufacturer")
    kind = _icd11(_code(values, "type"))
    result = _code(values, "result")
    found = outcome(result) if result else None
    centre = values.get("centre")
    return {
        "tg": _pathogen(_code(values, "pathogen")),
        "tt": _TEST_TYPES.get(kind.code) if kind else None,
        "nm": brand.code if brand and brand.system is None else None,
        "ma": _device(manufacturer) or _device(brand),
        "sc": _plain(values, "date"),
        "tr": _RESULTS[found] if found else None,
        "tc": centre.value if isinstance(centre, Identifier) else None,
        "co": _country(_code(values, "country")),
    }


def _recovery(values: Mapping[str, Value]) -> dict[str, JSONValue]:
    return {
        "tg": _disease(_code(values, "disease")),
        "fr": _plain(values, "first_positive"),
        "co": _country(_code(values, "country")),
    }


_ENTRIES = {"vaccination": _vaccination, "test": _test, "recovery": _recovery}


def _code(values: Mapping[str, Value], attribute: str) -> Code | None:
    value = values.get(attribute)
    return value if isinstance(value, Code) else None


def _plain(values: Mapping[str, Value], attribute: str) -> str | int | None:
    value = values.get(attribute)
    return value if isinstance(value, str | int) else None


def _icd11(code: Code | None) -> Code | None:
    """Return ICD-11's code for the same or something wider, which says less and is as true."""
    if code is None or code.system == ICD11:
        return code
    mapped = map_code(code, to=ICD11)
    return mapped.code if mapped else None


def _disease(code: Code | None) -> str | None:
    known = _icd11(code)
    if known is None:
        return None
    if known in value_set("disease-covid-19"):
        return _COVID_19
    # Only of a disease on the list it is certain that it is another one.
    return known.code if known in value_set("disease") else None


def _disease_of_vaccine(code: Code | None) -> str | None:
    known = code is not None and (code in value_set("eu-vaccine") or _icd11(code) in value_set("vaccine"))
    return _COVID_19 if known else None


def _pathogen(code: Code | None) -> str | None:
    return _COVID_19 if _icd11(code) in value_set("pathogen-sars-cov-2") else None


def _vaccine(code: Code | None) -> str | None:
    if code in value_set("eu-vaccine") and code is not None and code.system in (SNOMED, ATC):
        return code.code
    return _VACCINES.get(code.code) if code and code.system == ICD11 else None


def _product(code: Code | None) -> str | None:
    if code is None or code in value_set("eu-product"):
        return code.code if code else None
    register, others = PREFIXES["eu-register"], PREFIXES["eu-vaccine"]
    mapped = map_code(code, to=register)
    if mapped is None and code not in _nearly_registered():
        mapped = map_code(code, to=others)
    return mapped.code.code if mapped and mapped.code in value_set("eu-product") else None


@cache
def _nearly_registered() -> frozenset[Code]:
    """Return the products that a registered one may be: another number for them could be held against it."""
    registered = (code for code in value_set("eu-product") if code.system == PREFIXES["eu-register"])
    return frozenset(mapped.code for code in registered if (mapped := map_code(code, to=ICD11)))


def _holder(code: Code | None) -> str | None:
    return code.code if code is not None and code in value_set("eu-holder") else None


def _device(code: Code | None) -> str | None:
    return code.code if code is not None and code.system == PREFIXES["eu-device"] else None


def _country(code: Code | None) -> str | None:
    country = find_country(code.code) if code else None
    return country.alpha2 if country else None


def _date(moment: str | None) -> str | None:
    return moment[: len("YYYY-MM-DD")] if moment else None


def _moment(value: JSONValue) -> str | None:
    return without_day_bounds(value) if isinstance(value, str) else None

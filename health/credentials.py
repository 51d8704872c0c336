"""Records as credentials: JSON-LD of the VC data model 2.0 under the context `https://w3id.org/ddcc/v1`.

The shape serves selective disclosure. Every element is one scalar, so one signed statement with a JSON
pointer of its own; a code is one IRI (`health.coding`); nothing is nested that a verifier might want
without its neighbours. The credential's own properties carry the certificate's metadata: issuer, period
(`validFrom`, `validUntil`), document identifier (`id`), key (the proof's `verificationMethod`).

These functions neither sign nor verify. What they write has no proof yet; what they read must have been
verified before, for they believe it. A credential is read only under exactly the two contexts that it is
written with: under others the same members could mean something else (A3 in the threat list).

See https://www.w3.org/TR/vc-data-model-2.0/ and docs/decisions/0052-credential-shape.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from health.coding import Identifier
from health.data_sets import Certificate, Person, Record, RecoveryRecord, TestRecord, VaccinationRecord
from health.elements import CERTIFICATE, KINDS, PERSON, Element, Kind
from health.values import (
    Value,
    claim_from_value,
    first_moment,
    last_moment,
    value_from_claim,
    without_day_bounds,
)
from vclib.datetimes import format_datetime, parse_datetime
from vclib.errors import RecordError
from vclib.strict_json import JSONObject, JSONValue, json_type_name

VC_CONTEXT = "https://www.w3.org/ns/credentials/v2"
DDCC_CONTEXT = "https://w3id.org/ddcc/v1"
SUBJECT_TYPE = "HealthSubject"

_CONTEXTS: tuple[str, ...] = (VC_CONTEXT, DDCC_CONTEXT)

# For `vclib.environment.Environment.context_sequences`: our types are accepted under the contexts they are
# written with, and under no others.
CONTEXT_SEQUENCES: Mapping[str, tuple[tuple[str, ...], ...]] = MappingProxyType(
    {f"https://w3id.org/ddcc#{kind.credential_type}": (_CONTEXTS,) for kind in KINDS.values()}
)
_SUBJECT = "/credentialSubject"


def credential_from_record(
    record: Record,
    *,
    issuer_id: str,
    issuer_name: str | None = None,
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
    holder: str | None = None,
    credential_id: str | None = None,
    status: Sequence[JSONObject] = (),
    context_digest: str | None = None,
) -> JSONObject:
    """Return the unsigned credential of a record.

    `valid_from` and `valid_until` (aware) are used where the record's own period is silent. `holder` is the
    DID the credential is bound to and `credential_id` the document's identifier: each is seen in every
    presentation, so both are left out unless given. `status` are status list entries. `context_digest` (a
    multibase digest of the context document) is written as `relatedResource` if given; it makes every
    presentation larger. The authority that the record names is `issuer.name` if nothing else was asked for,
    and a claim of its own, `authority`, where it differs from `issuer_name`.

    Raises RecordError if the period would end before it begins.
    """
    authority = record.certificate.issuer
    name = issuer_name if issuer_name is not None else authority
    # A node with nothing but an id compacts to that id, so it is written so.
    credential: JSONObject = {
        "@context": list(_CONTEXTS),
        "type": ["VerifiableCredential", record.kind.credential_type],
        "issuer": issuer_id if name is None else {"id": issuer_id, "name": name},
    }
    if credential_id is not None:
        credential["id"] = credential_id
    credential.update(_validity(record.certificate, valid_from, valid_until))
    if status:
        credential["credentialStatus"] = dict(status[0]) if len(status) == 1 else [dict(s) for s in status]
    if authority is not None and authority != name:
        credential["authority"] = authority
    credential.update(_claims(record.certificate, CERTIFICATE))
    if context_digest is not None:
        credential["relatedResource"] = {"id": DDCC_CONTEXT, "digestMultibase": context_digest}
    credential["credentialSubject"] = {
        **({"id": holder} if holder is not None else {}),
        "type": SUBJECT_TYPE,
        **_claims(record.person, PERSON),
        record.kind.name: _claims(record, record.kind.elements),
    }
    return credential


def record_from_credential(document: JSONObject) -> Record:
    """Return the record of a credential that discloses all of it; RecordError naming what is missing.

    Of a derived credential with withheld elements use `health.claims.claims_from_credential`. The record's
    form is checked, not its plausibility: it has been issued, `health.records.warnings` says what to tell.
    """
    kind = kind_of(document)
    check_contexts(document)
    subject = _object(document.get("credentialSubject"), "credentialSubject")
    event = _object(subject.get(kind.name), f"credentialSubject.{kind.name}")
    known = ("id", "type", kind.name, *(element.term for element in PERSON))
    _refuse_unknown(subject, known, "credentialSubject")
    _refuse_unknown(event, [element.term for element in kind.elements], f"credentialSubject.{kind.name}")
    # Any: the table pairs each attribute with a reader of its type, which a type checker cannot follow.
    values: dict[str, Any] = _values(event, kind.elements, f"{kind.name}.")
    person: dict[str, Any] = _values(subject, PERSON, "")
    certificate = _certificate(document, kind)
    match kind.name:
        case "vaccination":
            return VaccinationRecord(person=Person(**person), certificate=certificate, **values)
        case "test":
            return TestRecord(person=Person(**person), certificate=certificate, **values)
        case _:
            return RecoveryRecord(person=Person(**person), certificate=certificate, **values)


def kind_of(document: JSONObject) -> Kind:
    """Return the kind of record a credential carries, by its type; RecordError if it is not one of ours."""
    found = find_kind(document)
    if found is None:
        types = ", ".join(kind.credential_type for kind in KINDS.values())
        raise RecordError(f"expected a credential of one of the types {types}")
    return found


def find_kind(document: JSONObject) -> Kind | None:
    """Return the kind of record a credential carries, None for any other credential."""
    types = document.get("type")
    listed = types if isinstance(types, list) else [types]
    found = [kind for kind in KINDS.values() if kind.credential_type in listed]
    return found[0] if len(found) == 1 else None


def check_contexts(document: JSONObject) -> None:
    """Refuse, by RecordError, a credential under other contexts than those we write."""
    if document.get("@context") != list(_CONTEXTS):
        raise RecordError(
            f"expected the contexts {' and '.join(_CONTEXTS)}, found others", element="@context"
        )


def element_pointer(kind: Kind, path: str) -> str:
    """Return the JSON pointer of the claim that carries an element, e.g. of "vaccination.dose" or "hcid"."""
    for element in kind.elements:
        if path == f"{kind.name}.{element.name}":
            return f"{_SUBJECT}/{kind.name}/{element.term}"
    for element in PERSON:
        if path == element.name:
            return f"{_SUBJECT}/{element.term}"
    for element in CERTIFICATE:
        if path == f"certificate.{element.name}" and element.term:
            return f"/{element.term}"
    raise RecordError(f"expected an element of a {kind.name} record, found {path!r}")


def _validity(certificate: Certificate, begins: datetime | None, ends: datetime | None) -> JSONObject:
    start, end = certificate.period_start, certificate.period_end
    valid_from = first_moment(start) if start else format_datetime(begins) if begins else None
    valid_until = last_moment(end) if end else format_datetime(ends) if ends else None
    if valid_from and valid_until and parse_datetime(valid_from) > parse_datetime(valid_until):
        raise RecordError(
            "expected a validity that ends after it begins, found the reverse",
            element="certificate.period.end",
        )
    bounds: JSONObject = {}
    if valid_from:
        bounds["validFrom"] = valid_from
    if valid_until:
        bounds["validUntil"] = valid_until
    return bounds


def _claims(source: Person | Certificate | Record, elements: Iterable[Element]) -> JSONObject:
    claims: JSONObject = {}
    for element in elements:
        value: Value | None = getattr(source, element.attribute)
        if element.term and value is not None and value != ():
            claims[element.term] = claim_from_value(value)
    return claims


def _values(claims: JSONObject, elements: Iterable[Element], path: str) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for element in elements:
        claim = claims.get(element.term) if element.term else None
        if claim is not None:
            values[element.attribute] = value_from_claim(element.form, claim, path + element.name)
        elif element.required:
            raise RecordError("expected a value, found none (withheld, perhaps)", element=path + element.name)
    return values


def _certificate(document: JSONObject, kind: Kind) -> Certificate:
    values = _values(document, CERTIFICATE, "certificate.")
    authority = document.get("authority")
    if authority is None and isinstance(issuer := document.get("issuer"), dict):
        authority = issuer.get("name")
    hcid, version = values["hcid"], values.get("version", kind.default_version)
    if not isinstance(hcid, Identifier) or not isinstance(version, str):
        raise RecordError("expected an identifier and a version as text", element="certificate")
    return Certificate(
        hcid=hcid,
        version=version,
        issuer=_optional_text(authority, "certificate.issuer"),
        period_start=_moment(document.get("validFrom"), "certificate.period.start"),
        period_end=_moment(document.get("validUntil"), "certificate.period.end"),
    )


def _moment(value: JSONValue, element: str) -> str | None:
    text = _optional_text(value, element)
    return None if text is None else without_day_bounds(text)


def _optional_text(value: JSONValue, element: str) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise RecordError(f"expected text, found {json_type_name(value)}", element=element)


def _object(value: JSONValue, element: str) -> JSONObject:
    if not isinstance(value, dict):
        raise RecordError(f"expected one object, found {json_type_name(value)}", element=element)
    return value


def _refuse_unknown(members: JSONObject, known: Iterable[str], path: str) -> None:
    for name in members:
        if name not in known:
            raise RecordError("unknown member", element=f"{path}.{name[:40]}")

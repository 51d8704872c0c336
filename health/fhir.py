"""FHIR R4 DDCC documents as records: what a hospital system sends.

A DDCC is a document Bundle (smart.who.int/ddcc): a Composition that names the patient, the authority and
the validity, and an Immunization (with an ImmunizationRecommendation for the next dose) or an Observation
(with Device, Specimen and Procedure). One Bundle may hold several events; each becomes a record.

FHIR carries far more than the core data set; members without a place there are not read. Three things are
never passed over: a status that says it did not happen or was an error, a modifier extension, and an event
of another patient. Dates of vaccination lose a time of day, since the dictionary has none. Faults are named
by their FHIR path. No recovery: WHO defines none. Mapping: the guide's own, tabled in
docs/decisions/0055-fhir.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from health.coding import ICD11, SYSTEM_ALIASES
from health.fhir_bundle import Resources, codings, extension, first, objects, read_resources, text_of
from health.records import Record, parse_record
from vclib.errors import RecordError
from vclib.strict_json import JSONObject, JSONValue

_BUNDLE_TYPES = ("document", "collection", "transaction", "batch")
_HCID_PREFIX = "urn:HCID:"
_DATE_VACCINE_DUE = "30980-7"  # LOINC
_BRAND = ("DDCCEventBrand", "DDCCVaccineBrand")
_COUNTRY = ("DDCCCountryOfEvent", "DDCCCountryOfVaccination")
_HOLDER = ("DDCCVaccineMarketAuthorization",)
_VALID_FROM = ("DDCCVaccineValidFrom",)

# Statuses under which a resource states that something was so. Absent ones are accepted: FHIR requires a
# status, but the Bundles that WHO's own validator makes have none.
_STATUSES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Composition": ("final", "amended"),
        "Immunization": ("completed",),
        "Observation": ("final", "amended", "corrected"),
        "Procedure": ("completed",),
    }
)

# Where each element of a record stands in FHIR, for messages.
_PATHS: Mapping[str, str] = MappingProxyType(
    {
        "name": "Patient.name.text",
        "birthDate": "Patient.birthDate",
        "identifier": "Patient.identifier",
        "sex": "Patient.gender",
        "certificate.issuer": "Composition.attester.party",
        "certificate.hcid": "Bundle.link.where(relation='publication').url",
        "certificate.period.start": "Composition.event.period.start",
        "certificate.period.end": "Composition.event.period.end",
        "vaccination.vaccine": "Immunization.vaccineCode",
        "vaccination.brand": "Immunization.extension(DDCCEventBrand)",
        "vaccination.manufacturer": "Immunization.manufacturer",
        "vaccination.maholder": "Immunization.extension(DDCCVaccineMarketAuthorization)",
        "vaccination.lot": "Immunization.lotNumber",
        "vaccination.date": "Immunization.occurrenceDateTime",
        "vaccination.dose": "Immunization.protocolApplied.doseNumberPositiveInt",
        "vaccination.totalDoses": "Immunization.protocolApplied.seriesDosesPositiveInt",
        "vaccination.validFrom": "Immunization.extension(DDCCVaccineValidFrom)",
        "vaccination.country": "Immunization.extension(DDCCCountryOfEvent)",
        "vaccination.centre": "Immunization.location",
        "vaccination.practitioner": "Immunization.performer.actor",
        "vaccination.disease": "Immunization.protocolApplied.targetDisease",
        "vaccination.nextDose": "ImmunizationRecommendation.recommendation.dateCriterion.value",
        "test.pathogen": "Device.property(pathogen).valueCode",
        "test.type": "Observation.code",
        "test.brand": "Device.property(brand).valueCode",
        "test.manufacturer": "Device.manufacturer",
        "test.origin": "Observation.method",
        "test.date": "Observation.effectiveDateTime",
        "test.result": "Observation.valueCodeableConcept",
        "test.centre": "Procedure.location",
        "test.country": "Procedure.extension(DDCCCountryOfEvent)",
    }
)


def records_from_bundle(bundle: JSONObject, *, now: datetime) -> tuple[Record, ...]:
    """Return the records of a DDCC Bundle, one for each event, fit to be issued (`now` as in `parse_record`).

    Raises RecordError, its element a FHIR path, if the Bundle is no DDCC or any of its events is no record.
    """
    resources = read_resources(bundle)
    if bundle.get("type") not in _BUNDLE_TYPES:
        raise RecordError(f"expected one of {', '.join(_BUNDLE_TYPES)}", element="Bundle.type")
    composition = _only(resources, "Composition")
    patient = resources.find(composition.get("subject"), composition, "Patient")
    if patient is None or patient.get("resourceType") != "Patient":
        raise RecordError("expected a Patient of the Bundle", element="Composition.subject")
    shared = {**_person(patient), "certificate": _certificate(bundle, composition, resources)}
    return tuple(
        _record({**shared, kind: read(event, resources)}, now)
        for event, kind, read in _events(composition, patient, resources)
    )


_ReadEvent = Callable[[JSONObject, Resources], JSONObject]


def _events(
    composition: JSONObject, patient: JSONObject, resources: Resources
) -> list[tuple[JSONObject, str, _ReadEvent]]:
    """Return the events the Composition lists (if none, all of the Bundle's), and how to read each."""
    readers: dict[str, tuple[str, _ReadEvent]] = {
        "Immunization": ("vaccination", _vaccination),
        "Observation": ("test", _test),
    }
    listed: list[JSONObject] = []
    for section in objects(composition.get("section")):
        for reference in [*objects(section.get("entry")), *objects(section.get("focus"))]:
            target = resources.resolve(reference, composition)
            if target is not None and all(target is not item for item in listed):
                listed.append(target)
    candidates = [item for item in listed if str(item.get("resourceType")) in readers] or list(resources.all)
    events: list[tuple[JSONObject, str, _ReadEvent]] = []
    for event in candidates:
        resource_type = str(event.get("resourceType"))
        if resource_type in readers:
            _check_status(event)
            subject = event.get("patient" if resource_type == "Immunization" else "subject")
            if subject is not None and resources.resolve(subject, event) is not patient:
                raise RecordError("expected the Composition's patient, found another", element=resource_type)
            events.append((event, *readers[resource_type]))
    if not events:
        raise RecordError("expected an Immunization or an Observation", element="Composition.section.entry")
    return events


def _record(document: JSONObject, now: datetime) -> Record:
    try:
        return parse_record(document, now=now)
    except RecordError as err:
        raise RecordError(err.problem, element=_PATHS.get(err.element, err.element)) from err


def _person(patient: JSONObject) -> JSONObject:
    names = objects(patient.get("name"))
    official = [name for name in names if name.get("use") == "official"] or names
    identifiers: list[JSONValue] = [
        _identifier(item) for item in objects(patient.get("identifier")) if item.get("value") is not None
    ]
    return {
        "name": next((name for name in map(_full_name, official) if name), None),
        "birthDate": patient.get("birthDate"),
        "identifier": identifiers or None,
        "sex": patient.get("gender"),
    }


def _full_name(name: JSONObject) -> str | None:
    """Return `text`, or the parts in the order FHIR lists them where a system wrote no `text`."""
    text = text_of(name, "text")
    if text is not None:
        return text
    given = name.get("given")
    parts = [*(given if isinstance(given, list) else []), name.get("family")]
    return " ".join(part for part in parts if isinstance(part, str) and part) or None


def _certificate(bundle: JSONObject, composition: JSONObject, resources: Resources) -> JSONObject:
    _check_status(composition)
    period = first(first(composition.get("event")).get("period"))
    attesters = objects(composition.get("attester"))
    official = [item for item in attesters if item.get("mode") == "official"] or attesters
    parties = [item.get("party") for item in official] + list(objects(composition.get("author")))
    names = (_name_of(party, composition, resources) for party in parties)
    return {
        "hcid": _hcid(bundle, composition),
        "issuer": next((name for name in names if name), None),
        "period": {"start": period.get("start"), "end": period.get("end")},
    }


def _hcid(bundle: JSONObject, composition: JSONObject) -> JSONValue:
    for link in objects(bundle.get("link")):
        url = link.get("url")
        if link.get("relation") == "publication" and isinstance(url, str) and url.startswith(_HCID_PREFIX):
            return url.removeprefix(_HCID_PREFIX)
    # WHO's validator writes the HCID as the Composition's identifier.
    return _identifier(first(composition.get("identifier")))


def _vaccination(event: JSONObject, resources: Resources) -> JSONObject:
    protocol = first(event.get("protocolApplied"))
    occurrence = event.get("occurrenceDateTime")
    return {
        "vaccine": _preferred(codings(event.get("vaccineCode"))),
        "brand": _coding(extension(event, *_BRAND)),
        "maholder": _coding(extension(event, *_HOLDER)),
        "manufacturer": _organization(event.get("manufacturer"), event, resources),
        "lot": event.get("lotNumber"),
        "date": occurrence.split("T")[0] if isinstance(occurrence, str) else occurrence,
        "dose": protocol.get("doseNumberPositiveInt"),
        "totalDoses": protocol.get("seriesDosesPositiveInt"),
        "validFrom": extension(event, *_VALID_FROM).get("valueDate"),
        "country": _country(event),
        "centre": _name_of(event.get("location"), event, resources),
        "practitioner": _practitioner(event, resources),
        "disease": _preferred(codings(protocol.get("targetDisease"))),
        "nextDose": _next_dose(event, resources),
    }


def _test(event: JSONObject, resources: Resources) -> JSONObject:
    device = resources.find(event.get("device"), event, "Device") or {}
    specimen = resources.find(event.get("specimen"), event, "Specimen") or {}
    procedure = resources.find(first(event.get("partOf")) or None, event, "Procedure") or {}
    _check_status(procedure)
    codes = codings(event.get("code"))
    # WHO's validator lists the pathogen among the codes of the test, which ICD-11 tells apart by "XN".
    pathogens = [code for code in codes if _is_pathogen(code)]
    return {
        "pathogen": _preferred(_device_property(device, "pathogen") or pathogens),
        "type": _preferred([code for code in codes if code not in pathogens]),
        "brand": _preferred(_device_property(device, "brand")) or _coding(extension(event, *_BRAND)),
        "manufacturer": _text(device.get("manufacturer")),
        "origin": _preferred(codings(event.get("method")) or codings(specimen.get("type"))),
        "date": event.get("effectiveDateTime"),
        "result": _preferred(codings(event.get("valueCodeableConcept"))),
        "centre": _test_centre(event, procedure, resources),
        "country": _country(event) or _country(procedure),
    }


def _test_centre(event: JSONObject, procedure: JSONObject, resources: Resources) -> str | None:
    centre = _name_of(procedure.get("location"), procedure, resources)
    performer = _name_of(first(event.get("performer")) or None, event, resources)
    # WHO's validator hangs the centre on the Encounter.
    encounter = resources.resolve(event.get("encounter"), event) or {}
    return centre or performer or _name_of(encounter.get("serviceProvider"), encounter, resources)


def _only(resources: Resources, resource_type: str) -> JSONObject:
    found = resources.of_type(resource_type)
    if len(found) != 1:
        raise RecordError(f"expected one {resource_type}, found {len(found)}", element="Bundle.entry")
    return found[0]


def _check_status(resource: JSONObject) -> None:
    resource_type = str(resource.get("resourceType"))
    accepted = _STATUSES.get(resource_type, ())
    if accepted and "status" in resource and resource["status"] not in accepted:
        raise RecordError(
            f"expected one of {', '.join(accepted)}, found another status", element=f"{resource_type}.status"
        )


def _preferred(codes: list[JSONValue]) -> JSONValue:
    """Return the ICD-11 code among codes for one thing, which the guide prefers, else the first."""
    for code in codes:
        system = first(code).get("system")
        if isinstance(system, str) and SYSTEM_ALIASES.get(system, system) == ICD11:
            return code
    return codes[0] if codes else None


def _coding(item: JSONObject) -> JSONValue:
    coding = first(item.get("valueCoding"))
    return {"system": coding.get("system"), "code": coding.get("code")} if coding else None


def _country(resource: JSONObject) -> JSONValue:
    found = extension(resource, *_COUNTRY)
    return found.get("valueCode") or first(found.get("valueCoding")).get("code")


def _identifier(item: JSONObject) -> JSONValue:
    if item.get("system") is None:
        return item.get("value")
    return {"system": item["system"], "value": item.get("value")}


def _text(value: JSONValue) -> JSONValue:
    return {"text": value} if isinstance(value, str) and value else None


def _name_of(reference: JSONValue, source: JSONObject, resources: Resources) -> str | None:
    """Return the name of what a Reference leads to, or the words the Reference itself has for it."""
    target = resources.resolve(reference, source)
    return text_of(target, "name") or text_of(reference, "display")


def _organization(reference: JSONValue, source: JSONObject, resources: Resources) -> JSONValue:
    """Return the code of an organization where it has an identifier with a system, else its name as text."""
    target = resources.resolve(reference, source)
    identifier = first((target or {}).get("identifier")) or first(first(reference).get("identifier"))
    if identifier.get("system") and identifier.get("value"):
        return {"system": identifier["system"], "code": identifier["value"]}
    return _text(_name_of(reference, source, resources))


def _practitioner(event: JSONObject, resources: Resources) -> JSONValue:
    for performer in objects(event.get("performer")):
        actor = first(performer.get("actor"))
        target = resources.resolve(actor, event) or {}
        if target.get("resourceType") in (None, "Practitioner"):
            identifier = first(target.get("identifier")) or first(actor.get("identifier"))
            if identifier.get("value"):
                return _identifier(identifier)
    return None


def _next_dose(event: JSONObject, resources: Resources) -> JSONValue:
    for plan in resources.of_type("ImmunizationRecommendation"):
        for recommendation in objects(plan.get("recommendation")):
            supported = objects(recommendation.get("supportingImmunization"))
            if supported and all(resources.resolve(item, plan) is not event for item in supported):
                continue
            for criterion in objects(recommendation.get("dateCriterion")):
                value = criterion.get("value")
                codes = [first(code).get("code") for code in codings(criterion.get("code"))]
                if _DATE_VACCINE_DUE in codes and isinstance(value, str):
                    return value.split("T")[0]
    return None


def _device_property(device: JSONObject, name: str) -> list[JSONValue]:
    for item in objects(device.get("property")):
        codes = [
            coding.get("code") for kind in objects(item.get("type")) for coding in objects(kind.get("coding"))
        ]
        if name in codes:
            return codings(item.get("valueCode"))
    return []


def _is_pathogen(code: JSONValue) -> bool:
    members = first(code)
    system, text = members.get("system"), members.get("code")
    return (
        isinstance(system, str)
        and SYSTEM_ALIASES.get(system, system) == ICD11
        and isinstance(text, str)
        and text.startswith("XN")
    )

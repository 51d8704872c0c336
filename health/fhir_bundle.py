"""A FHIR R4 Bundle as plain JSON: its resources, and what their references lead to.

References are resolved inside the Bundle only (https://hl7.org/fhir/R4/bundle.html#references): by
`fullUrl`, by "Type/id", and "#id" into `contained`. Nothing is fetched. What is not there, or is of another
JSON type than FHIR says, reads as absent: the record's own checks then name what is missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vclib.errors import RecordError
from vclib.strict_json import JSONObject, JSONValue

MAX_RESOURCES = 1000


@dataclass(frozen=True, slots=True)
class Resources:
    """The resources of one Bundle, and the table by which references find them."""

    all: tuple[JSONObject, ...]
    by_reference: dict[str, JSONObject]

    def of_type(self, resource_type: str) -> list[JSONObject]:
        """Return the resources of a type, in the order of the Bundle."""
        return [resource for resource in self.all if resource.get("resourceType") == resource_type]

    def resolve(self, reference: JSONValue, source: JSONObject) -> JSONObject | None:
        """Return the resource that a Reference of `source` leads to, None if it is not in the Bundle."""
        target = text_of(reference, "reference")
        if target is None:
            return None
        if target.startswith("#"):
            contained = objects(source.get("contained"))
            return next((item for item in contained if item.get("id") == target[1:]), None)
        return self.by_reference.get(target)

    def find(self, reference: JSONValue, source: JSONObject, resource_type: str) -> JSONObject | None:
        """Return what a Reference leads to; if it is absent, the Bundle's only resource of the type."""
        if reference is not None:
            return self.resolve(reference, source)
        candidates = self.of_type(resource_type)
        return candidates[0] if len(candidates) == 1 else None


def read_resources(bundle: JSONObject) -> Resources:
    """Return the resources of a Bundle; RecordError if it is none, too large, or modified by extensions.

    A modifier extension changes what a resource means ("this did not happen"), so FHIR forbids to read a
    resource with one that is not understood (https://hl7.org/fhir/R4/extensibility.html#modifierExtension).
    """
    if bundle.get("resourceType") != "Bundle":
        raise RecordError("expected a FHIR Bundle", element="Bundle.resourceType")
    entries = objects(bundle.get("entry"))
    if not 1 <= len(entries) <= MAX_RESOURCES:
        raise RecordError(
            f"expected 1 to {MAX_RESOURCES} entries, found {len(entries)}", element="Bundle.entry"
        )
    found: list[JSONObject] = []
    by_reference: dict[str, JSONObject] = {}
    for entry in entries:
        for resource in objects(entry.get("resource")):
            _refuse_modifiers(resource)
            found.append(resource)
            for key in _references_to(entry, resource):
                if by_reference.setdefault(key, resource) is not resource:
                    raise RecordError("expected one resource of each identity, found two", element=key)
    return Resources(tuple(found), by_reference)


def objects(value: JSONValue) -> list[JSONObject]:
    """Return the objects of a list, or the one object that stands instead of a list."""
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, dict)]


def first(value: JSONValue) -> JSONObject:
    """Return the first object of a list, or an empty one."""
    found = objects(value)
    return found[0] if found else {}


def text_of(value: JSONValue, *path: str) -> str | None:
    """Return the non-empty text at the end of a path of members, taking the first of each list."""
    for name in path:
        value = first(value).get(name)
    return value if isinstance(value, str) and value else None


def extension(resource: JSONObject | None, *names: str) -> JSONObject:
    """Return the first extension whose URL ends in one of `names`, or an empty object.

    The guide has moved between hosts, so its extensions are known by their last segment.
    """
    for item in objects((resource or {}).get("extension")):
        url = item.get("url")
        if isinstance(url, str) and url.rsplit("/", 1)[-1] in names:
            return item
    return {}


def codings(concept: JSONValue) -> list[JSONValue]:
    """Return the codings of one or more CodeableConcepts as {"system", "code"}, without display words."""
    found: list[JSONValue] = []
    for item in objects(concept):
        found.extend(
            {"system": coding["system"], "code": coding["code"]}
            for coding in objects(item.get("coding"))
            if coding.get("code") is not None and coding.get("system") is not None
        )
    return found


def _refuse_modifiers(resource: JSONObject) -> None:
    pending: list[JSONValue] = [resource]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            if "modifierExtension" in item:
                kind = str(resource.get("resourceType"))[:40]
                raise RecordError(
                    "expected no modifier extension, found one: it could turn the meaning around",
                    element=kind,
                )
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)


def _references_to(entry: JSONObject, resource: JSONObject) -> Iterator[str]:
    full_url = entry.get("fullUrl")
    if isinstance(full_url, str):
        yield full_url
    if isinstance(resource.get("id"), str) and isinstance(resource.get("resourceType"), str):
        yield f"{resource['resourceType']}/{resource['id']}"

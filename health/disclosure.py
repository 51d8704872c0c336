"""What each situation needs to see, and what every verifier must see.

A holder should not have to know which claims a restaurant needs. The sets here are WHO's proof-of-
vaccination column, EU and Dutch practice, and the rule that a verification sends the minimum
(DDCCVS.FXNREQ.045); a set names elements of the core data set, and `pointers_for` finds the ones that a
credential has. docs/decisions/0053-disclosure-sets.md lists them with what they withhold.

The mandatory pointers are the other half: an issuer fixes at signing what no holder can withhold, and a
verifier cannot judge a credential without issuer, type, validity, status and the key it is bound to. An
issuer's configuration with a gap there is refused. Everything else stays the holder's to give.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from health.credentials import check_contexts, element_pointer, kind_of
from vclib.errors import ConfigurationError, RecordError
from vclib.strict_json import JSONObject, JSONValue

# Situation -> kind of record -> elements, by their paths in the core data set. "a | b" is a where the record
# has it, else b: a venue must learn what the dose was against, and `disease` is optional in DDCC:VS.
_NAMED = ("name", "birthDate")
_TEST_MINIMUM = (*_NAMED, "test.pathogen", "test.type", "test.date", "test.result")

DISCLOSURE_SETS: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "venue": MappingProxyType(
            {
                "vaccination": (
                    *_NAMED,
                    "vaccination.disease | vaccination.vaccine",
                    "vaccination.date",
                    "vaccination.dose",
                    "vaccination.totalDoses",
                ),
                "test": _TEST_MINIMUM,
                "recovery": (*_NAMED, "recovery.disease", "recovery.firstPositive"),
            }
        ),
        "border": MappingProxyType(
            {
                "vaccination": (
                    *_NAMED,
                    "vaccination.disease",
                    "vaccination.vaccine",
                    "vaccination.brand",
                    "vaccination.maholder | vaccination.manufacturer",
                    "vaccination.date",
                    "vaccination.dose",
                    "vaccination.totalDoses",
                    "vaccination.country",
                ),
                "test": (*_TEST_MINIMUM, "test.brand", "test.manufacturer", "test.country"),
                "recovery": (*_NAMED, "recovery.disease", "recovery.firstPositive", "recovery.country"),
            }
        ),
        "test": MappingProxyType({"test": _TEST_MINIMUM}),
        "status": MappingProxyType(
            {
                "vaccination": ("certificate.hcid",),
                "test": ("certificate.hcid",),
                "recovery": ("certificate.hcid",),
            }
        ),
    }
)
# Continuity of care: everything.
CLINIC = "clinic"
SITUATIONS: tuple[str, ...] = ("venue", "border", CLINIC, "test", "status")

# What a verifier must see; each only where the credential has it.
_ALWAYS_SEEN = (
    "/type",
    "/issuer",
    "/validFrom",
    "/validUntil",
    "/credentialStatus",
    "/credentialSchema",
    "/credentialSubject/id",
    "/credentialSubject/type",
)


def pointers_for(situation: str, credential: JSONObject) -> tuple[str, ...]:
    """Return the JSON pointers that a holder discloses in a situation, of those that `credential` has.

    The mandatory ones are not repeated: they leave in any case. Raises RecordError for an unknown situation
    and for a credential that does not fit it (a vaccination where a test result is asked for).
    """
    if situation not in SITUATIONS:
        raise RecordError(f"expected a situation of {', '.join(SITUATIONS)}, found {situation[:40]!r}")
    kind = kind_of(credential)
    check_contexts(credential)
    subject = credential.get("credentialSubject")
    if not isinstance(subject, dict):
        raise RecordError("expected one subject", element="credentialSubject")
    if situation == CLINIC:
        return _all_pointers(credential, subject)
    elements = DISCLOSURE_SETS[situation].get(kind.name)
    if elements is None:
        fitting = ", ".join(DISCLOSURE_SETS[situation])
        raise RecordError(f"the situation {situation!r} asks for a {fitting} record, this is a {kind.name}")
    pointers = []
    for alternatives in elements:
        candidates = [element_pointer(kind, path) for path in alternatives.split(" | ")]
        pointers.extend([pointer for pointer in candidates if _exists(credential, pointer)][:1])
    return tuple(pointers)


def mandatory_pointers(credential: JSONObject) -> tuple[str, ...]:
    """Return the JSON pointers that an issuer makes mandatory: what no verification can do without.

    The subject's type is among them, so that every derived credential has a `credentialSubject`, as the data
    model requires, even if no claim about the subject is disclosed.
    """
    return tuple(pointer for pointer in _ALWAYS_SEEN if _exists(credential, pointer))


def check_mandatory_pointers(pointers: Iterable[str], credential: JSONObject) -> None:
    """Refuse, by ConfigurationError, mandatory pointers that would let a holder withhold what must be seen.

    A pointer covers what lies below it: "/credentialSubject" covers "/credentialSubject/id".
    """
    given = tuple(pointers)
    missing = [
        needed
        for needed in mandatory_pointers(credential)
        if not any(needed == pointer or needed.startswith(f"{pointer}/") for pointer in given)
    ]
    if missing:
        raise ConfigurationError(
            f"expected the mandatory pointers to include {', '.join(missing)}: a holder could withhold it "
            "from a verifier"
        )


def _all_pointers(credential: JSONObject, subject: JSONObject) -> tuple[str, ...]:
    """Return a pointer for each member that is not mandatory; the events member by member."""
    mandatory = mandatory_pointers(credential)
    pointers = [
        f"/{name}"
        for name in credential
        if name not in ("@context", "proof", "credentialSubject") and f"/{name}" not in mandatory
    ]
    for name, value in subject.items():
        pointer = f"/credentialSubject/{name}"
        if isinstance(value, dict):
            pointers.extend(f"{pointer}/{member}" for member in value)
        elif pointer not in mandatory:
            pointers.append(pointer)
    return tuple(pointers)


def _exists(credential: JSONObject, pointer: str) -> bool:
    value: JSONValue = credential
    for name in pointer.split("/")[1:]:
        if not isinstance(value, dict) or name not in value:
            return False
        value = value[name]
    return True

"""DID documents: validated with pydid, kept as they came.

pydid builds a model and drops nothing, but it repairs (a missing controller, a list where one value
belongs) and it raises whatever it meets. So it sees a copy, its model is thrown away, and every error
becomes InvalidDIDDocumentError. The document that everybody reads is the JSON that was received.
Source: https://www.w3.org/TR/did-1.0/#core-properties. Not here: whether a key may be used (`vclib.cid`).
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field

import pydid

from vclib.did.syntax import absolute_url
from vclib.errors import InvalidDIDDocumentError
from vclib.strict_json import JSONObject, json_type_name

# DID Core section 5.3: what a key may be used for.
VERIFICATION_RELATIONSHIPS = (
    "authentication",
    "assertionMethod",
    "keyAgreement",
    "capabilityInvocation",
    "capabilityDelegation",
)

# https://www.iana.org/assignments/media-types/application/did
DID_DOCUMENT_MEDIA_TYPE = "application/did"

_RESOLUTION_CONTEXT = "https://w3id.org/did-resolution/v1"

# What pydid 0.5 was seen to raise on malformed documents: its own errors, pydantic's (a ValueError), and
# bare errors of Python where it looks into a member before it checks the member's type.
_PYDID_ERRORS = (
    pydid.DIDError,
    pydid.DIDDocumentError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    AssertionError,
    RecursionError,
)


@dataclass(frozen=True)
class ResolvedDID:
    """A DID's validated document, as it came, with the metadata of its resolution."""

    did: str
    document: JSONObject
    document_metadata: JSONObject = field(default_factory=dict)
    resolution_metadata: JSONObject = field(default_factory=lambda: {"contentType": DID_DOCUMENT_MEDIA_TYPE})

    def to_json(self) -> JSONObject:
        """Return the DID resolution result (https://www.w3.org/TR/did-resolution/#did-resolution-result)."""
        return {
            "@context": _RESOLUTION_CONTEXT,
            "didDocument": self.document,
            "didDocumentMetadata": self.document_metadata,
            "didResolutionMetadata": self.resolution_metadata,
        }


def validate_document(document: object, did: str) -> JSONObject:
    """Return `document` itself if it is a DID document of `did`; it is not changed.

    Raises InvalidDIDDocumentError for another `id` (threat G4) and for everything that pydid refuses.
    """
    if not isinstance(document, dict):
        raise InvalidDIDDocumentError(f"expected a DID document, found {json_type_name(document)}")
    if document.get("id") != did:
        raise InvalidDIDDocumentError(
            f"expected the DID document of {did[:200]}, found one with another id: "
            f"{str(document.get('id'))[:200]!r}"
        )
    try:
        pydid.DIDDocument.deserialize(deepcopy(document))
    except _PYDID_ERRORS as err:
        raise InvalidDIDDocumentError(
            f"the DID document of {did[:200]} is not well formed: {_summary(err)}"
        ) from err
    return document


def verification_methods(document: JSONObject) -> Iterator[JSONObject]:
    """Yield the verification methods of a document: those listed, and those embedded in a relationship."""
    for member in ("verificationMethod", *VERIFICATION_RELATIONSHIPS):
        entries = document.get(member)
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict):
                yield entry


def services(document: JSONObject) -> Iterator[JSONObject]:
    """Yield the services of a document."""
    entries = document.get("service")
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict):
            yield entry


def has_absolute_id(resource: JSONObject, url: str, did: str) -> bool:
    """Return whether the resource's `id`, relative or not, is `url`."""
    return absolute_url(resource.get("id"), did) == url


def _summary(err: BaseException) -> str:
    """Return one short line of what pydid said; its own texts run over many lines and repeat the input."""
    lines = str(err).splitlines() or [""]
    detail = lines[0] if len(lines) < 2 else f"{lines[0]} ({lines[1].strip()})"
    return f"{type(err).__name__}: {detail}"[:200]

"""DID documents: validated, kept as they came.

The document that everybody reads is the JSON that was received; the model that validates it
(`vclib.did.validation`) is thrown away.
Source: https://www.w3.org/TR/did-1.0/#core-properties. Not here: whether a key may be used (`vclib.cid`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

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
    # pydid takes longer to import than most commands to run, and few of them validate a document.
    from vclib.did.validation import check_well_formed

    check_well_formed(document, did)
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

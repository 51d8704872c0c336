"""Read a credential and check that it conforms to the data model, versions 2.0 and 1.1.

The document stays as received; `Credential` is a read-only view of it that holds what the model defines.
Sources: https://www.w3.org/TR/vc-data-model-2.0/#verifiable-credentials, and for 1.1
https://www.w3.org/TR/vc-data-model/#basic-concepts. A conforming credential is not yet a true one: proofs,
time and status are for `vclib.verification`. Which spellings are refused, and why: docs/decisions/0040.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from vclib import jsonld
from vclib.data_model import (
    BASE_CONTEXT_V2,
    CREDENTIALS,
    STATUS,
    Version,
    check_base_context,
    check_document,
    check_proof_shape,
    check_same_ids,
    check_same_reading,
    check_same_value,
    check_terms_only,
    check_text,
    check_typed_objects,
    expanded_nodes,
    expanded_types,
    id_of,
    identified,
    known_reading,
    moment_of,
    objects_of,
    one_node,
    types_of,
    url_of,
    without_members,
)
from vclib.errors import (
    ComplexityError,
    CredentialError,
    MalformedValueError,
    UnsupportedSecuringMechanismError,
)
from vclib.jsonld import DEFAULT_CONTEXTS, ContextPolicy, check_contexts
from vclib.related_resources import (
    RelatedResource,
    check_pinned_resources,
    digests_of,
    related_resources_of,
)
from vclib.strict_json import JSONObject, JSONValue

CREDENTIAL_TYPE = "VerifiableCredential"
CREDENTIAL_TYPE_IRI = CREDENTIALS + CREDENTIAL_TYPE
ENVELOPED_TYPE = "EnvelopedVerifiableCredential"

# Revocation, suspension, and a few more; each makes a verifier inflate a list of up to 8 MiB.
MAX_STATUS_ENTRIES = 16

# What a verifier decides by, so each must be read as JSON-LD processing reads it.
_TERMS = (
    "issuer",
    "credentialSubject",
    "validFrom",
    "validUntil",
    "issuanceDate",
    "expirationDate",
    "credentialStatus",
    "credentialSchema",
    "evidence",
    "termsOfUse",
    "refreshService",
    "relatedResource",
)
_DATES = ("validFrom", "validUntil", "issuanceDate", "expirationDate")
_STATUS_TERMS = (
    "statusPurpose",
    "statusListIndex",
    "statusListCredential",
    "statusSize",
    "statusMessage",
    "statusReference",
)


@dataclass(frozen=True, eq=False)
class Credential:
    """A conforming credential; `document` is what was received and must not be changed.

    `issuer_name` is the issuer's own word for itself. `subject_ids` holds the ids of those subjects that
    have one. A time that the credential does not bound is None. `types` are as written, `type_iris` what
    they stand for: compare the latter.
    """

    document: JSONObject
    version: Version
    id: str | None
    types: tuple[str, ...]
    type_iris: tuple[str, ...]
    issuer_id: str
    issuer_name: str | None
    subjects: tuple[JSONObject, ...]
    subject_ids: tuple[str, ...]
    valid_from: datetime | None
    valid_until: datetime | None
    status_entries: tuple[JSONObject, ...]
    schemas: tuple[JSONObject, ...]
    related_resources: tuple[RelatedResource, ...]

    @property
    def specific_type_iris(self) -> tuple[str, ...]:
        """The type IRIs without VerifiableCredential, which every credential has."""
        return tuple(iri for iri in self.type_iris if iri != CREDENTIAL_TYPE_IRI)


def parse_credential(document: JSONObject, *, contexts: ContextPolicy = DEFAULT_CONTEXTS) -> Credential:
    """Return `document` as a Credential if it conforms to the data model under the accepted contexts.

    Raises MalformedValueError or CredentialError naming the member, JSONLDError for a document that is too
    large or cannot be turned into statements without loss, RelatedResourceError for a context that is not
    the pinned one, UnsupportedSecuringMechanismError for an enveloped credential.
    """
    bare = without_members(document, "proof") if isinstance(document, dict) else {}
    type_iris = known_reading(bare, document.get("proof") if bare else None, contexts, _check_reading)
    if type_iris is None:
        check_document(document, "credential")
    if is_enveloped(document):
        check_enveloped(document)
        raise UnsupportedSecuringMechanismError(
            "the credential is secured by an enveloping proof; embedded Data Integrity proofs are supported"
        )
    version = check_base_context(document)
    if type_iris is None:
        check_contexts(bare, contexts)
        check_terms_only(bare)
    types = types_of(document, "")
    if CREDENTIAL_TYPE not in types:
        raise MalformedValueError(f"type: expected {CREDENTIAL_TYPE} among the types")
    credential_id, issuer_id = id_of(document, ""), identified(document, "issuer")
    subjects = _subjects(document)
    subject_ids = [id_of(subject, f"credentialSubject[{n}].") for n, subject in enumerate(subjects)]
    valid_from, valid_until = _validity_period(document, version)
    status_entries = check_typed_objects(document, "credentialStatus", id_required=version == "1.1")
    if len(status_entries) > MAX_STATUS_ENTRIES:
        raise ComplexityError(
            f"credentialStatus: {len(status_entries)} entries, more than {MAX_STATUS_ENTRIES}"
        )
    schemas = check_typed_objects(document, "credentialSchema", id_required=True)
    for position, schema in enumerate(schemas):
        digests_of(schema, f"credentialSchema[{position}].")
    check_typed_objects(document, "refreshService", id_required=version == "1.1")
    check_typed_objects(document, "termsOfUse")
    check_typed_objects(document, "evidence")
    check_proof_shape(document)
    issuer_name = _check_texts(document)
    resources = related_resources_of(document)
    if type_iris is None:
        type_iris = jsonld.conclude(bare, _check_reading, contexts=contexts)
    check_pinned_resources(resources)
    return Credential(
        document=document,
        version=version,
        id=credential_id,
        types=types,
        type_iris=type_iris,
        issuer_id=issuer_id,
        issuer_name=issuer_name,
        subjects=subjects,
        subject_ids=tuple(subject_id for subject_id in subject_ids if subject_id is not None),
        valid_from=valid_from,
        valid_until=valid_until,
        status_entries=status_entries,
        schemas=schemas,
        related_resources=resources,
    )


def is_enveloped(document: JSONObject) -> bool:
    """Say whether `document` is of the type that wraps a credential in an enveloping proof."""
    declared = document.get("type")
    return ENVELOPED_TYPE in (declared if isinstance(declared, list) else [declared])


def check_enveloped(document: JSONObject) -> None:
    """Return if an EnvelopedVerifiableCredential has the model's shape; else MalformedValueError.

    See https://www.w3.org/TR/vc-data-model-2.0/#enveloped-verifiable-credentials.
    """
    contexts = document.get("@context")
    if BASE_CONTEXT_V2 not in (contexts if isinstance(contexts, list) else [contexts]):
        raise MalformedValueError("@context: expected the base context of an enveloped credential")
    if document.get("type") not in (ENVELOPED_TYPE, [ENVELOPED_TYPE]):
        raise MalformedValueError(f"type: expected {ENVELOPED_TYPE} alone")
    if not url_of(document, "id", "").startswith("data:"):
        raise MalformedValueError("id: expected a data: URL that holds the enveloped credential")


def _subjects(document: JSONObject) -> tuple[JSONObject, ...]:
    subjects = objects_of(document, "credentialSubject")
    if not subjects:
        raise MalformedValueError("credentialSubject: expected one or more subjects, found none")
    for position, subject in enumerate(subjects):
        if not subject:
            raise MalformedValueError(f"credentialSubject[{position}]: expected a claim, found none")
    return subjects


def _validity_period(document: JSONObject, version: Version) -> tuple[datetime | None, datetime | None]:
    """Return the moments between which the credential is valid.

    1.1 has issuanceDate and expirationDate, and reserves the names of 2.0: where both stand, the narrower
    period counts. Source: https://www.w3.org/TR/vc-data-model-2.0/#validity-period.
    """
    if version == "1.1" and "issuanceDate" not in document:
        raise MalformedValueError("issuanceDate: expected one in a credential of data model 1.1, found none")
    starts = [m for m in (moment_of(document, "validFrom"), moment_of(document, "issuanceDate")) if m]
    ends = [m for m in (moment_of(document, "validUntil"), moment_of(document, "expirationDate")) if m]
    valid_from, valid_until = max(starts, default=None), min(ends, default=None)
    if valid_from is not None and valid_until is not None and valid_until < valid_from:
        raise CredentialError("validUntil: the credential ends before it begins")
    return valid_from, valid_until


def _check_texts(document: JSONObject) -> str | None:
    """Check `name` and `description` of credential and issuer; return the issuer's name."""
    check_text(document, "name")
    check_text(document, "description")
    issuer = document.get("issuer")
    if not isinstance(issuer, dict):
        return None
    check_text(issuer, "description", "issuer.")
    return check_text(issuer, "name", "issuer.")


def _check_reading(document: JSONObject, nodes: Sequence[JSONValue]) -> tuple[str, ...]:
    """Compare what is read by terms with what JSON-LD processing found; return the type IRIs.

    Looks at no value but for being equal to another (`vclib.jsonld.conclude`).
    """
    check_terms_only(document)
    expanded = one_node(nodes)
    check_same_reading(document, expanded, CREDENTIALS, _TERMS)
    _check_ids([document], [expanded], "id")
    issuer = document.get("issuer")
    found = issuer.get("id") if isinstance(issuer, dict) else issuer
    check_same_ids([found], expanded_nodes(expanded, CREDENTIALS + "issuer"), "issuer")
    subjects = expanded_nodes(expanded, CREDENTIALS + "credentialSubject")
    _check_ids(objects_of(document, "credentialSubject"), subjects, "credentialSubject")
    type_iris = expanded_types(expanded)
    if CREDENTIAL_TYPE_IRI not in type_iris:
        raise CredentialError(f"type: a context gives {CREDENTIAL_TYPE} another meaning")
    for member in _DATES:
        if member in document:
            check_same_value(document[member], expanded, CREDENTIALS + member, member)
    entries = objects_of(document, "credentialStatus")
    expanded_entries = expanded_nodes(expanded, CREDENTIALS + "credentialStatus")
    _check_ids(entries, expanded_entries, "credentialStatus")
    for entry, expanded_entry in zip(entries, expanded_entries, strict=True):
        if STATUS + "BitstringStatusListEntry" in expanded_types(expanded_entry):
            check_same_reading(entry, expanded_entry, STATUS, _STATUS_TERMS)
    return type_iris


def _check_ids(nodes: Sequence[JSONObject], expanded: Sequence[JSONObject], path: str) -> None:
    check_same_ids([node.get("id") for node in nodes], expanded, path)

"""Read a presentation and check that it conforms to the data model; what ties one to a request.

A presentation carries credentials and the holder's word for whom they are shown to. Only its own members
are judged here: each embedded credential is judged by itself (`vclib.verification`), so that one bad
credential does not hide what is wrong with another. Source:
https://www.w3.org/TR/vc-data-model-2.0/#verifiable-presentations.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from vclib import jcs
from vclib.data_model import (
    CREDENTIALS,
    Version,
    check_base_context,
    check_document,
    check_proof_shape,
    check_same_ids,
    check_same_reading,
    check_terms_only,
    check_typed_objects,
    expand_node,
    expanded_nodes,
    expanded_types,
    id_of,
    identified,
    objects_of,
    types_of,
    without_members,
)
from vclib.errors import (
    ComplexityError,
    CredentialError,
    MalformedValueError,
    UnsupportedSecuringMechanismError,
)
from vclib.jsonld import DEFAULT_CONTEXTS, ContextPolicy, check_contexts
from vclib.strict_json import JSONObject

PRESENTATION_TYPE = "VerifiablePresentation"
ENVELOPED_TYPE = "EnvelopedVerifiablePresentation"

# A course of doses, a test and a recovery are a handful; twenty hostile ones are an attack (threat G11).
MAX_CREDENTIALS = 16


@dataclass(frozen=True, eq=False)
class Presentation:
    """A conforming presentation; `document` is what was received and must not be changed.

    `holder` is what the presentation says, not yet who signed it. `credentials` are as received, unchecked.
    """

    document: JSONObject
    version: Version
    id: str | None
    types: tuple[str, ...]
    type_iris: tuple[str, ...]
    holder: str | None
    credentials: tuple[JSONObject, ...]


def parse_presentation(
    document: JSONObject,
    *,
    contexts: ContextPolicy = DEFAULT_CONTEXTS,
    max_credentials: int = MAX_CREDENTIALS,
) -> Presentation:
    """Return `document` as a Presentation if its own members conform under the accepted contexts.

    Raises MalformedValueError or CredentialError naming the member, ComplexityError for more than
    `max_credentials` credentials, JSONLDError, UnsupportedSecuringMechanismError for an enveloped one.
    """
    check_document(document, "presentation")
    types = types_of(document, "")
    if ENVELOPED_TYPE in types:
        raise UnsupportedSecuringMechanismError(
            "the presentation is secured by an enveloping proof; embedded Data Integrity proofs are supported"
        )
    version = check_base_context(document)
    if PRESENTATION_TYPE not in types:
        raise MalformedValueError(f"type: expected {PRESENTATION_TYPE} among the types")
    credentials = _credentials(document, max_credentials)
    bare = without_members(document, "proof", "verifiableCredential")
    check_contexts(bare, contexts)
    check_terms_only(bare)
    presentation_id = id_of(document, "")
    holder = identified(document, "holder") if "holder" in document else None
    check_typed_objects(document, "refreshService")
    check_typed_objects(document, "termsOfUse")
    check_proof_shape(document)
    expanded = expand_node(bare, contexts)
    check_same_reading(bare, expanded, CREDENTIALS, ("holder", "verifiableCredential", "termsOfUse"))
    check_same_ids([presentation_id], [expanded], "id")
    check_same_ids([holder] if holder else [], expanded_nodes(expanded, CREDENTIALS + "holder"), "holder")
    type_iris = expanded_types(expanded)
    if CREDENTIALS + PRESENTATION_TYPE not in type_iris:
        raise CredentialError(f"type: a context gives {PRESENTATION_TYPE} another meaning")
    return Presentation(document, version, presentation_id, types, type_iris, holder, credentials)


def new_presentation(
    credentials: Sequence[JSONObject], *, holder: str | None = None, presentation_id: str | None = None
) -> JSONObject:
    """Return an unsigned presentation of data model 2.0 that carries `credentials` as they are.

    `holder` is the DID whose key will sign it; leave it and the id out where presentations must not be
    linked to each other.
    """
    document: JSONObject = {"@context": ["https://www.w3.org/ns/credentials/v2"], "type": [PRESENTATION_TYPE]}
    if presentation_id is not None:
        document["id"] = presentation_id
    if holder is not None:
        document["holder"] = holder
    if credentials:
        document["verifiableCredential"] = list(credentials)
    return document


def presentation_header_for(*, challenge: str | None, domain: str | None) -> bytes:
    """Return the `bbs-2023` presentation header (32 bytes) that answers one request.

    SHA-256 over the RFC 8785 form of {"challenge": ..., "domain": ...}, null for what was not asked. The
    suite leaves the header's content to the application; this makes a derived proof useless for any other
    challenge or domain (threat D10).
    """
    return hashlib.sha256(jcs.canonicalize({"challenge": challenge, "domain": domain})).digest()


def _credentials(document: JSONObject, max_credentials: int) -> tuple[JSONObject, ...]:
    credentials = objects_of(document, "verifiableCredential")
    if len(credentials) > max_credentials:
        raise ComplexityError(
            f"the presentation holds {len(credentials)} credentials, more than the limit of {max_credentials}"
        )
    for position, credential in enumerate(credentials):
        if not credential:
            raise MalformedValueError(f"verifiableCredential[{position}]: expected a credential, found none")
    return credentials

"""Verification methods: from a URL in a proof to a key that may be used for that proof.

A signature that fits proves nothing if the key is not the one its controller lists for this purpose. So
the key is always read from its controller's own document, never from the proof, and the document must
list it under the relationship that the purpose needs.
Source: https://www.w3.org/TR/cid-1.0/#retrieve-verification-method. Deviation: the URL must be absolute
and have a fragment (a bare "#key-1" in a proof names no document; threat C8).
Not here: how a DID is resolved (`vclib.did`), whether the controller is the issuer (`vclib.verification`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType

from vclib.datetimes import parse_datetime
from vclib.did import VERIFICATION_RELATIONSHIPS, absolute_url, parse_did_url
from vclib.did.document import has_absolute_id, verification_methods
from vclib.errors import (
    InvalidControlledIdentifierDocumentError,
    InvalidControlledIdentifierDocumentIdError,
    InvalidDIDURLError,
    InvalidRelationshipError,
    InvalidVerificationMethodError,
    InvalidVerificationMethodURLError,
    KeyMaterialError,
    MalformedError,
    RetiredKeyError,
)
from vclib.keys import KeyType, PublicKey, decode_multikey, public_key_from_jwk
from vclib.strict_json import JSONObject, JSONValue, json_type_name

# A DID, or the https URL of a controlled identifier document, to that document, validated. May raise
# DIDError and FetchError: whoever calls tells "could not be checked" from "is not valid" by the class.
Resolve = Callable[[str], JSONObject]

_HTTPS_URL = re.compile(
    r"(https://[A-Za-z0-9._~:/?\[\]@!$&'()*+,;=%-]{1,2000})#([A-Za-z0-9._~:/?@!$&'()*+,;=%-]{1,500})"
)

# The member that holds the key, for each type of verification method that is read. DataIntegrity names
# the first two; the others are in documents that were published before.
_KEY_MEMBERS: Mapping[str, str] = MappingProxyType(
    {
        "Multikey": "publicKeyMultibase",
        "JsonWebKey": "publicKeyJwk",
        "JsonWebKey2020": "publicKeyJwk",
        "Ed25519VerificationKey2020": "publicKeyMultibase",
    }
)

# What would be a second key in one method (CID 1.0 section 2.2: "MUST NOT contain multiple").
_MATERIAL_MEMBERS = frozenset(
    {"publicKeyMultibase", "publicKeyJwk", "publicKeyBase58", "publicKeyHex", "publicKeyPem"}
)


@dataclass(frozen=True)
class VerificationMethod:
    """A key that its controller's document lists for the purpose that was asked.

    `id` is the absolute URL, `controller` the document's id, `document` the document as it came.
    """

    id: str
    controller: str
    public_key: PublicKey
    document: JSONObject


def retrieve_verification_method(
    did_url: object, *, relationship: str, resolve: Resolve, at: datetime
) -> VerificationMethod:
    """Return the verification method that a proof names, if it may be used under `relationship` at `at`.

    `did_url` is the value of `verificationMethod` as it stands in the proof, whatever it is. Raises
    InvalidVerificationMethodURLError, InvalidControlledIdentifierDocumentError (or ...IdError),
    InvalidVerificationMethodError, InvalidRelationshipError, RetiredKeyError, all of them
    VerificationMethodError; DIDError and FetchError come from `resolve`.
    """
    # 1. to 3. The identifier must be a URL, made of a document's URL and a fragment.
    url, document_url = _split(did_url)
    # 4. to 5. Read the document.
    document: object = resolve(document_url)
    if not isinstance(document, dict):
        raise InvalidControlledIdentifierDocumentError(
            f"expected a controlled identifier document, found {json_type_name(document)}"
        )
    # 6. It must be about the URL that was asked for.
    if document.get("id") != document_url:
        raise InvalidControlledIdentifierDocumentIdError(
            f"expected the document of {document_url[:200]}, found another id in it"
        )
    # 7. to 9. The method of that id.
    method = _find(document, url, document_url)
    # 10. The method's controller must be the document's subject.
    if method.get("controller") != document_url:
        raise InvalidVerificationMethodError(f"expected the controller {document_url[:200]}, found another")
    # 11. The document must list it for the purpose.
    if not _is_listed(document, url, document_url, relationship):
        raise InvalidRelationshipError(f"{url[:200]} is not listed under {relationship}")
    _check_in_force(method, at)
    return VerificationMethod(url, document_url, _public_key(method), document)


def _split(text: object) -> tuple[str, str]:
    if not isinstance(text, str):
        raise InvalidVerificationMethodURLError(
            f"expected the URL of a verification method, found {json_type_name(text)}"
        )
    return _split_text(text)


# Most proofs that a verifier meets were made with few keys. What is refused is not remembered.
@lru_cache(maxsize=512)
def _split_text(text: str) -> tuple[str, str]:
    if text.startswith("https:"):
        match = _HTTPS_URL.fullmatch(text)
        if match is None:
            raise InvalidVerificationMethodURLError(f"expected https URL and fragment, found {text[:80]!r}")
        return text, match.group(1)
    try:
        url = parse_did_url(text)
    except InvalidDIDURLError as err:
        raise InvalidVerificationMethodURLError(str(err)) from err
    if url.path or url.query is not None or not url.fragment:
        raise InvalidVerificationMethodURLError(f"expected a DID with a fragment, found {text[:80]!r}")
    return text, url.did


def _find(document: JSONObject, url: str, document_url: str) -> JSONObject:
    found = [
        method for method in verification_methods(document) if has_absolute_id(method, url, document_url)
    ]
    if not found:
        raise InvalidVerificationMethodError(
            f"the document of {document_url[:200]} has no method {url[:200]!r}"
        )
    # Two methods of one id would let two readers use two keys.
    if any(other != found[0] for other in found[1:]):
        raise InvalidVerificationMethodError(
            f"the document of {document_url[:200]} has two methods {url[:200]!r}"
        )
    return found[0]


def _is_listed(document: JSONObject, url: str, document_url: str, relationship: str) -> bool:
    # `verificationMethod` lists every key by value, so a purpose of that name must not be looked up.
    entries = document.get(relationship) if relationship in VERIFICATION_RELATIONSHIPS else None
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict):
            if has_absolute_id(entry, url, document_url):
                return True
        elif absolute_url(entry, document_url) == url:
            return True
    return False


def _check_in_force(method: JSONObject, at: datetime) -> None:
    """Refuse a key that was revoked or had expired (threat C9)."""
    for member in ("revoked", "expires"):
        if member not in method:
            continue
        try:
            moment = parse_datetime(method[member])
        except MalformedError as err:
            raise InvalidVerificationMethodError(f"expected a date-time in `{member}`: {err}") from err
        if moment <= at:
            raise RetiredKeyError(f"the key's `{member}` is {moment.isoformat()}, not after {at.isoformat()}")


def _public_key(method: JSONObject) -> PublicKey:
    kind: JSONValue = method.get("type")
    member = _KEY_MEMBERS.get(kind) if isinstance(kind, str) else None
    if member is None:
        raise InvalidVerificationMethodError(f"the verification method type {str(kind)[:80]!r} is not known")
    if _MATERIAL_MEMBERS & method.keys() != {member}:
        raise InvalidVerificationMethodError(f"expected {member} and no other key in a {kind}")
    try:
        if member == "publicKeyJwk":
            return public_key_from_jwk(method[member])
        public_key = decode_multikey(method[member])
    except (KeyMaterialError, MalformedError) as err:
        raise InvalidVerificationMethodError(f"the verification method holds no usable key: {err}") from err
    if kind == "Ed25519VerificationKey2020" and public_key.key_type is not KeyType.ED25519:
        raise InvalidVerificationMethodError(
            f"expected an Ed25519 key in a {kind}, found {public_key.key_type}"
        )
    return public_key

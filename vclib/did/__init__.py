"""Decentralized identifiers: resolve a DID, dereference a DID URL, name a key by a DID.

The methods are did:key, did:jwk and did:web (METHODS). Fetching is an argument; nothing here touches
the network.
"""

from vclib.did.dereferencing import (
    URI_LIST_MEDIA_TYPE,
    dereference,
    dereferencing_error,
    dereferencing_result,
    dereferencing_success,
    service_endpoint_urls,
)
from vclib.did.document import (
    DID_DOCUMENT_MEDIA_TYPE,
    VERIFICATION_RELATIONSHIPS,
    ResolvedDID,
    validate_document,
)
from vclib.did.jwk import did_jwk
from vclib.did.key import did_key, did_key_method
from vclib.did.options import Fetch, ResolutionOptions
from vclib.did.publishing import (
    PublishedKey,
    did_document,
    did_web_of,
    did_web_path,
    did_web_paths,
    published_methods,
)
from vclib.did.resolution import METHODS, resolution_error, resolution_result, resolve, resolver
from vclib.did.syntax import DID, DIDURL, absolute_url, parse_did, parse_did_url
from vclib.did.web import did_web_url

__all__ = [
    "DID",
    "DIDURL",
    "DID_DOCUMENT_MEDIA_TYPE",
    "METHODS",
    "URI_LIST_MEDIA_TYPE",
    "VERIFICATION_RELATIONSHIPS",
    "Fetch",
    "PublishedKey",
    "ResolutionOptions",
    "ResolvedDID",
    "absolute_url",
    "dereference",
    "dereferencing_error",
    "dereferencing_result",
    "dereferencing_success",
    "did_document",
    "did_jwk",
    "did_key",
    "did_key_method",
    "did_web_of",
    "did_web_path",
    "did_web_paths",
    "did_web_url",
    "parse_did",
    "parse_did_url",
    "published_methods",
    "resolution_error",
    "resolution_result",
    "resolve",
    "resolver",
    "service_endpoint_urls",
    "validate_document",
]

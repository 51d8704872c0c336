"""did:web: the document lies on a web server, under a URL that follows from the DID.

The identifier is a host name, an optional port and optional path segments, in one spelling only:
lower-case host, the one percent code `%3A` before a port, no dot segments, nothing else encoded
(threat G3). An address in place of a name is refused here; a name that leads to a private address is
refused by the fetcher, which alone can see it (threats G1, G2).
Source: https://w3c-ccg.github.io/did-method-web/#read-resolve.
"""

from __future__ import annotations

import re

from vclib.did.options import Fetch, ResolutionOptions
from vclib.did.syntax import DID, parse_did
from vclib.errors import (
    DIDInternalError,
    DIDNotFoundError,
    FetchError,
    FetchNotFoundError,
    InvalidDIDDocumentError,
    InvalidDIDError,
    JSONLDError,
    MalformedError,
)
from vclib.strict_json import JSONObject, parse_json_object

# Far above the largest trust list published as a DID document, far below what would hurt.
MAX_DOCUMENT_BYTES = 1024 * 1024

_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_SEGMENT = re.compile(r"[A-Za-z0-9._-]{1,255}")
# A last label that is a number makes a host an IPv4 address to many readers, also as 0x7f.1 or 2130706433
# (https://url.spec.whatwg.org/#ends-in-a-number-checker).
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


def did_web_url(did: str) -> str:
    """Return the URL of the document of a did:web.

    "did:web:a.example" is https://a.example/.well-known/did.json, "did:web:a.example%3A8443:user:b" is
    https://a.example:8443/user/b/did.json. Raises InvalidDIDError.
    """
    parsed = parse_did(did)
    if parsed.method != "web":
        raise InvalidDIDError(f"expected a did:web, found {did[:80]!r}")
    authority, *segments = parsed.method_specific_id.split(":")
    host, percent, port = authority.partition("%3A")
    if len(host) > 253 or not _HOST.fullmatch(host):
        raise InvalidDIDError(f"expected a lower-case host name in the did:web, found {authority[:80]!r}")
    if _NUMBER.fullmatch(host.rpartition(".")[2]):
        raise InvalidDIDError(f"expected a host name in the did:web, found the address {host[:80]!r}")
    if percent and (not _PORT.fullmatch(port) or int(port) > 65535):
        raise InvalidDIDError(f"expected a port number after %3A in the did:web, found {port[:20]!r}")
    for segment in segments:
        if not _SEGMENT.fullmatch(segment) or set(segment) == {"."}:
            raise InvalidDIDError(f"expected a plain path segment in the did:web, found {segment[:80]!r}")
    path = "/".join(segments) if segments else ".well-known"
    return f"https://{host}{':' + port if percent else ''}/{path}/did.json"


def resolve_web(did: DID, *, fetch: Fetch | None, options: ResolutionOptions) -> JSONObject:
    """Return the document of a did:web as it came; `options` are not used.

    Raises InvalidDIDError, DIDNotFoundError (the server has none), InvalidDIDDocumentError (no JSON object),
    DIDInternalError (no fetcher, host down, refused: this says nothing about the DID, threat G10).
    """
    url = did_web_url(did.text)
    if fetch is None:
        raise DIDInternalError("did:web needs the network, and none was given")
    try:
        body = fetch(url)
    except FetchNotFoundError as err:
        raise DIDNotFoundError(f"there is no DID document at {url}") from err
    except FetchError as err:
        raise DIDInternalError(f"the DID document at {url} could not be read: {err}") from err
    try:
        return parse_json_object(body, max_bytes=MAX_DOCUMENT_BYTES)
    except (MalformedError, JSONLDError) as err:
        raise InvalidDIDDocumentError(f"what lies at {url} is not a DID document: {err}") from err

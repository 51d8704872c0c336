"""A DID document of one's own: made from the keys that are to count, and where a did:web puts it.

Each key stands once, as a Multikey (or a JsonWebKey, which JOSE readers know better), and under the
relationships it is used for. No method carries `expires` or `revoked`: a proof without `created`, such as a
bbs-2023 proof that is not to single anybody out, is judged by the moment of the check, so either member
would end what an older key signed while it is good. A key that is not to count any more is left out.
Sources: https://www.w3.org/TR/did-1.0/#core-properties, https://www.w3.org/TR/cid-1.0/#Multikey.
Not here: which keys there are, and serving the document.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from vclib.did.document import VERIFICATION_RELATIONSHIPS, validate_document
from vclib.did.web import did_web_url
from vclib.errors import ConfigurationError
from vclib.keys import PublicKey, encode_multikey, public_key_to_jwk
from vclib.strict_json import JSONObject, JSONValue, parse_json_object

_DID_CONTEXT = "https://www.w3.org/ns/did/v1"
_MULTIKEY_CONTEXT = "https://w3id.org/security/multikey/v1"
_JWK_CONTEXT = "https://w3id.org/security/jwk/v1"


@dataclass(frozen=True)
class PublishedKey:
    """A key to list: `fragment` names it in its document, `relationships` are what it may be used for."""

    fragment: str
    public_key: PublicKey
    relationships: tuple[str, ...] = ("assertionMethod",)
    as_jwk: bool = False


def did_document(did: str, keys: Sequence[PublishedKey]) -> JSONObject:
    """Return the DID document of `did` with these keys, validated as a reader would.

    Raises ConfigurationError for no key at all, two keys of one fragment or an unknown relationship;
    InvalidDIDDocumentError where the outcome is none.
    """
    if not keys:
        raise ConfigurationError(f"the DID document of {did[:200]} would hold no key")
    if len({key.fragment for key in keys}) != len(keys):
        raise ConfigurationError("two keys of a DID document have one fragment")
    contexts: list[JSONValue] = [_DID_CONTEXT]
    listed: dict[str, list[JSONValue]] = {}
    methods: list[JSONValue] = []
    for key in keys:
        method = _verification_method(did, key)
        methods.append(method)
        for relationship in key.relationships:
            if relationship not in VERIFICATION_RELATIONSHIPS:
                raise ConfigurationError(f"{relationship[:40]!r} is no verification relationship")
            listed.setdefault(relationship, []).append(method["id"])
        context = _JWK_CONTEXT if key.as_jwk else _MULTIKEY_CONTEXT
        if context not in contexts:
            contexts.append(context)
    document: JSONObject = {"@context": contexts, "id": did, "verificationMethod": methods, **listed}
    return validate_document(document, did)


def published_methods(content: bytes, did: str, relationship: str) -> frozenset[str]:
    """Return the DID URLs that a published document of `did` lists by reference under a relationship.

    Raises MalformedError for bytes that are no JSON object, InvalidDIDDocumentError for another's document.
    """
    listed = validate_document(parse_json_object(content), did).get(relationship)
    return (
        frozenset(each for each in listed if isinstance(each, str))
        if isinstance(listed, list)
        else frozenset()
    )


def did_web_path(did: str) -> str:
    """Return the path on its host where a did:web's document lies, e.g. "/.well-known/did.json"."""
    return urlsplit(did_web_url(did)).path


def did_web_paths(did: str, url: str | None) -> tuple[str, ...]:
    """Return the paths at which a service at `url` is asked for the document of `did`.

    A proxy may take the path of `url` away before it passes a request on, so both forms are there.
    """
    path = did_web_path(did)
    prefix = urlsplit(url or "").path.rstrip("/")
    stripped = path.removeprefix(prefix)
    return (path,) if stripped == path or not stripped.startswith("/") else (path, stripped)


def did_web_of(url: str) -> str:
    """Return the did:web whose document a service at `url` serves: its host, port and path.

    "https://a.example:8443/unit" is "did:web:a.example%3A8443:unit". Raises ConfigurationError for a URL
    with user, query or fragment, InvalidDIDError for a host or path that no did:web can have.
    """
    parts = urlsplit(url)
    if not parts.hostname or "@" in parts.netloc or parts.query or parts.fragment:
        raise ConfigurationError(f"expected the URL of a service, found {url[:80]!r}")
    authority = parts.hostname if parts.port is None else f"{parts.hostname}%3A{parts.port}"
    did = ":".join(["did:web", authority, *(part for part in parts.path.split("/") if part)])
    did_web_url(did)
    return did


def _verification_method(did: str, key: PublishedKey) -> JSONObject:
    method: JSONObject = {"id": f"{did}#{key.fragment}", "controller": did}
    if key.as_jwk:
        return {**method, "type": "JsonWebKey", "publicKeyJwk": public_key_to_jwk(key.public_key)}
    return {**method, "type": "Multikey", "publicKeyMultibase": encode_multikey(key.public_key)}

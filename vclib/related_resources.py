"""Integrity of related resources: digests of what a credential links to.

An issuer may list resources with digests, so that nobody can exchange them later; the JSON-LD contexts are
the most important ones. Contexts are checked against the pinned bytes, everything else when the caller has
the bytes. Source: https://www.w3.org/TR/vc-data-model-2.0/#integrity-of-related-resources. Nothing is
fetched here.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import contexts
from vclib.data_model import objects_of, url_of
from vclib.encoding import decode_multibase
from vclib.errors import ContextIntegrityError, EncodingError, MalformedValueError, RelatedResourceError
from vclib.strict_json import JSONObject, JSONValue, json_type_name

# https://www.w3.org/TR/SRI/#the-integrity-attribute: hash algorithm, "-", base64 (either alphabet). Options
# after "?" are reserved there and have no meaning yet.
_HASH_EXPRESSION = re.compile(r"(sha256|sha384|sha512)-([A-Za-z0-9+/_-]+={0,2})(\?[\x21-\x7e]*)?")
_SIZES: Mapping[str, int] = MappingProxyType({"sha256": 32, "sha384": 48, "sha512": 64})
# https://www.w3.org/TR/cid-1.0/#multihash: code and length, one byte each for these three.
_MULTIHASHES: Mapping[bytes, str] = MappingProxyType(
    {b"\x12\x20": "sha256", b"\x20\x30": "sha384", b"\x13\x40": "sha512"}
)
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(\s*;.*)?")


@dataclass(frozen=True)
class RelatedResource:
    """A resource and the digests its bytes must all have, as (hash name, digest) pairs."""

    url: str
    digests: tuple[tuple[str, bytes], ...]
    media_type: str | None = None

    def check(self, content: bytes) -> None:
        """Return if `content` has every digest; else RelatedResourceError."""
        for name, digest in self.digests:
            if not hmac.compare_digest(hashlib.new(name, content).digest(), digest):
                raise RelatedResourceError(f"{self.url} does not have the {name} digest the issuer gave it")


def related_resources_of(document: JSONObject) -> tuple[RelatedResource, ...]:
    """Return what `relatedResource` lists: each has an id of its own and a digest, or MalformedValueError."""
    resources: dict[str, RelatedResource] = {}
    for position, item in enumerate(objects_of(document, "relatedResource")):
        path = f"relatedResource[{position}]."
        resource = RelatedResource(
            url_of(item, "id", path), digests_of(item, path, required=True), _media_type(item, path)
        )
        if resource.url in resources:
            raise MalformedValueError(f"{path}id: the resource is listed twice")
        resources[resource.url] = resource
    return tuple(resources.values())


def check_pinned_resources(resources: tuple[RelatedResource, ...]) -> tuple[RelatedResource, ...]:
    """Check every resource whose bytes are pinned here, and return the others.

    Raises RelatedResourceError: the issuer's context is not ours, so its words may mean something else.
    """
    others: list[RelatedResource] = []
    for resource in resources:
        if resource.url in contexts.CONTEXTS:
            try:
                resource.check(contexts.read_context(resource.url))
            except contexts.ContextDigestError as err:
                raise ContextIntegrityError(str(err)) from err
        else:
            others.append(resource)
    return tuple(others)


def digests_of(node: JSONObject, path: str, *, required: bool = False) -> tuple[tuple[str, bytes], ...]:
    """Return the digests of `digestSRI` and `digestMultibase` of any object with an `id`.

    `digestMultibase` is a multihash; 32 bytes without its header are read as SHA-256, because the data
    model's own test suite writes them so and no multihash has that length. Raises MalformedValueError.
    """
    digests: list[tuple[str, bytes]] = []
    for text in _texts(node, "digestSRI", path):
        digests.extend(_sri_digest(expression, path) for expression in text.split() or [""])
    digests.extend(_multibase_digest(text, path) for text in _texts(node, "digestMultibase", path))
    if required and not digests:
        raise MalformedValueError(f"{path}digestSRI: expected digestSRI or digestMultibase, found neither")
    return tuple(digests)


def _texts(node: JSONObject, member: str, path: str) -> list[str]:
    if member not in node:
        return []
    value: JSONValue = node[member]
    values = value if isinstance(value, list) else [value]
    texts = [item for item in values if isinstance(item, str)]
    if not texts or len(texts) != len(values):
        raise MalformedValueError(f"{path}{member}: expected a digest, found {json_type_name(value)}")
    return texts


def _sri_digest(expression: str, path: str) -> tuple[str, bytes]:
    match = _HASH_EXPRESSION.fullmatch(expression)
    if match is None:
        raise MalformedValueError(f"{path}digestSRI: expected sha256-, sha384- or sha512- and base64")
    name, text, _ = match.groups()
    try:
        digest = base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except binascii.Error as err:
        raise MalformedValueError(f"{path}digestSRI: the digest is not base64") from err
    if len(digest) != _SIZES[name]:
        raise MalformedValueError(f"{path}digestSRI: a {name} digest of {len(digest)} bytes")
    return name, digest


def _multibase_digest(text: str, path: str) -> tuple[str, bytes]:
    try:
        data = decode_multibase(text, bases="zu")
    except EncodingError as err:
        raise MalformedValueError(f"{path}digestMultibase: {err.message}") from err
    if len(data) == _SIZES["sha256"]:
        return "sha256", data
    name = _MULTIHASHES.get(data[:2])
    if name is None or len(data) != 2 + _SIZES[name]:
        raise MalformedValueError(f"{path}digestMultibase: expected a SHA-256, SHA-384 or SHA-512 multihash")
    return name, data[2:]


def _media_type(node: JSONObject, path: str) -> str | None:
    value = node.get("mediaType")
    if "mediaType" not in node:
        return None
    if not isinstance(value, str) or _MEDIA_TYPE.fullmatch(value) is None:
        raise MalformedValueError(f"{path}mediaType: expected a media type")
    return value

"""Client identifiers: who says to be asking, and by which kind of proof (VP 5.9).

What stands before the first colon says how the rest is proven. A prefix that is not supported is refused by
its name; an identifier without a known prefix would be that of a client registered before, and nobody is.
The full identifier, prefix included, is the audience of every presentation (VP 14.10).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from protocols.oid4vp.errors import InvalidRequestError
from protocols.oid4vp.reading import MAX_TEXT, check_endpoint
from vclib.did import parse_did
from vclib.errors import DIDError

_DNS_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_SHA256 = re.compile(r"[A-Za-z0-9_-]{43}")
_REFUSED = ("verifier_attestation", "openid_federation", "origin")


class ClientIdPrefix(StrEnum):
    """The prefixes that are supported."""

    REDIRECT_URI = "redirect_uri"
    DECENTRALIZED_IDENTIFIER = "decentralized_identifier"
    X509_SAN_DNS = "x509_san_dns"
    X509_HASH = "x509_hash"

    @property
    def is_signed(self) -> bool:
        """Whether requests of such a client are signed; those of `redirect_uri` cannot be."""
        return self is not ClientIdPrefix.REDIRECT_URI


@dataclass(frozen=True)
class ClientId:
    """A client identifier in its parts; `text` is the whole of it, and the only name of the client."""

    text: str
    prefix: ClientIdPrefix
    original: str


def parse_client_id(text: object, *, allow_loopback: bool = False) -> ClientId:
    """Return the parts of a client identifier with a supported prefix and a well-formed rest.

    Raises InvalidRequestError; `origin:` is among what is refused, it never occurs in a request (E12).
    """
    if not isinstance(text, str) or not 0 < len(text) <= MAX_TEXT:
        raise InvalidRequestError(f"client_id: expected a text of 1 to {MAX_TEXT} characters")
    before, colon, original = text.partition(":")
    if not colon or before not in {*ClientIdPrefix, *_REFUSED}:
        raise InvalidRequestError(
            f"client_id: no client {text[:80]!r} is registered here, and it has no prefix"
        )
    if before in _REFUSED:
        raise InvalidRequestError(f"client_id: the prefix {before!r} is not supported")
    prefix = ClientIdPrefix(before)
    _check_original(prefix, original, allow_loopback=allow_loopback)
    return ClientId(text, prefix, original)


def _check_original(prefix: ClientIdPrefix, original: str, *, allow_loopback: bool) -> None:
    if prefix is ClientIdPrefix.REDIRECT_URI:
        check_endpoint(original, "client_id", InvalidRequestError, allow_loopback=allow_loopback)
    elif prefix is ClientIdPrefix.DECENTRALIZED_IDENTIFIER:
        try:
            parse_did(original)
        except DIDError as err:
            raise InvalidRequestError(f"client_id: {err.message}") from err
    elif prefix is ClientIdPrefix.X509_SAN_DNS:
        is_loopback = allow_loopback and original == "localhost"
        if not is_loopback and (len(original) > 253 or not _DNS_NAME.fullmatch(original)):
            raise InvalidRequestError("client_id: expected a DNS name in lower case after x509_san_dns")
    elif not _SHA256.fullmatch(original):
        raise InvalidRequestError("client_id: expected a SHA-256 in base64url after x509_hash")

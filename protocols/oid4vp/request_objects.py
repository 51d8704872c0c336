"""Request objects: an authorization request signed by who asks (VP 5.8, 5.10, RFC 9101).

Not here: which key a wallet verifies one with (`authentication`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from protocols.jose import sign_jws
from protocols.oid4vp.errors import InvalidRequestError
from protocols.oid4vp.reading import optional_text
from protocols.oid4vp.requests import AuthorizationRequest
from protocols.oid4vp.wallet_metadata import WalletMetadata
from vclib.errors import ComplexityError, ParsingError
from vclib.keys import SigningKey
from vclib.strict_json import JSONObject, JSONValue, dump_json, parse_json_object

REQUEST_OBJECT_TYPE = "oauth-authz-req+jwt"
REQUEST_OBJECT_MEDIA_TYPE = "application/oauth-authz-req+jwt"
# VP 5.8: the audience where the wallet's issuer identifier is not known.
STATIC_AUDIENCE = "https://self-issued.me/v2"
_MAX_METADATA = 32 * 1024


class RequestSigner(Protocol):
    """Who asks: a client identifier, and the key that it is proven by."""

    @property
    def client_id(self) -> str:
        """The full client identifier, prefix included."""

    @property
    def header(self) -> Mapping[str, JSONValue]:
        """What tells the wallet the key: `kid`, a DID URL, or `x5c`, the chain in base64, leaf first."""

    @property
    def key(self) -> SigningKey:
        """The key that signs requests."""


@dataclass(frozen=True)
class RequestURIPost:
    """What a wallet posts to `request_uri`; both are optional."""

    wallet_nonce: str | None = None
    wallet_metadata: WalletMetadata | None = None

    @classmethod
    def from_form(cls, fields: Mapping[str, str]) -> RequestURIPost:
        """Return what the fields of a form hold; unknown ones are ignored. Raises InvalidRequestError."""
        nonce = optional_text(fields, "wallet_nonce", InvalidRequestError)
        if "wallet_metadata" not in fields:
            return cls(nonce)
        try:
            metadata = parse_json_object(fields["wallet_metadata"], max_bytes=_MAX_METADATA)
        except (ParsingError, ComplexityError) as err:
            raise InvalidRequestError(f"wallet_metadata: {err.message}") from err
        return cls(nonce, WalletMetadata.from_json(metadata))

    def to_form(self) -> dict[str, str]:
        """Return the fields to post."""
        fields: dict[str, str] = {}
        if self.wallet_metadata is not None:
            fields["wallet_metadata"] = dump_json(self.wallet_metadata.to_json())
        if self.wallet_nonce is not None:
            fields["wallet_nonce"] = self.wallet_nonce
        return fields


def sign_request_object(
    request: AuthorizationRequest,
    signer: RequestSigner,
    *,
    issued: datetime,
    expires: datetime,
    wallet_nonce: str | None = None,
    audience: str = STATIC_AUDIENCE,
) -> str:
    """Return the request object of a request, signed by whom the request names.

    Raises InvalidRequestError if the signer has another client identifier or a client that cannot sign.
    """
    if request.client_id.text != signer.client_id or not request.client_id.prefix.is_signed:
        raise InvalidRequestError("client_id: the request is not the signer's")
    claims: JSONObject = {
        "iss": request.client_id.text,
        "aud": audience,
        "iat": int(issued.timestamp()),
        "exp": int(expires.timestamp()),
        **request.to_parameters(),
    }
    if wallet_nonce is not None:
        claims["wallet_nonce"] = wallet_nonce
    return sign_jws({"typ": REQUEST_OBJECT_TYPE, **signer.header}, claims, signer.key)

"""Encrypted credential requests and responses: the issuer's key, and when encryption has to be.

Whoever wants an encrypted answer has to encrypt the request, because only then is the key in it the wallet's
word (OpenID4VCI 1.0 sections 8.2 and 10). Compression is refused. An error is never encrypted (8.3.1.2).
"""

from __future__ import annotations

from dataclasses import dataclass

from protocols.jose import CONTENT_ENCRYPTIONS, KEY_AGREEMENT, decrypt_jwe, encrypt_jwe, encryption_jwk
from protocols.oid4vci import (
    InvalidCredentialRequestError,
    InvalidEncryptionParametersError,
    RequestEncryptionSupport,
    ResponseEncryption,
    ResponseEncryptionSupport,
)
from vclib.errors import VCError
from vclib.keys import PrivateKey
from vclib.strict_json import JSONObject, dump_json, parse_json_object

MAX_REQUEST_BYTES = 256 * 1024
_MAX_DEPTH = 32


@dataclass(frozen=True)
class Message:
    """A request's body as it came; `encrypted` where it was sent as `application/jwt`."""

    content: bytes
    encrypted: bool = False


@dataclass(frozen=True)
class MessageEncryption:
    """The key that requests are encrypted to (P-256), and whether both directions have to be encrypted."""

    key: PrivateKey
    required: bool = False

    @property
    def jwk(self) -> JSONObject:
        """The public key as the metadata show it; its `kid` is its thumbprint."""
        return encryption_jwk(self.key.public_key)

    @property
    def request_support(self) -> RequestEncryptionSupport:
        """What the metadata say of requests."""
        return RequestEncryptionSupport((self.jwk,), CONTENT_ENCRYPTIONS, self.required)

    @property
    def response_support(self) -> ResponseEncryptionSupport:
        """What the metadata say of responses."""
        return ResponseEncryptionSupport((KEY_AGREEMENT,), CONTENT_ENCRYPTIONS, self.required)

    def open(self, message: Message) -> JSONObject:
        """Return the JSON of a request.

        Raises InvalidEncryptionParametersError for one that is not encrypted as it has to be, or not to this
        key, InvalidCredentialRequestError for one that is no JSON object.
        """
        content = message.content
        if message.encrypted:
            try:
                text = content.decode("ascii")
                content = decrypt_jwe(
                    text, self.key, kid=str(self.jwk["kid"]), max_bytes=MAX_REQUEST_BYTES * 2
                )
            except UnicodeDecodeError as err:
                raise InvalidEncryptionParametersError("the request is not a compact JWE") from err
            except VCError as err:
                raise InvalidEncryptionParametersError(
                    f"the request cannot be decrypted: {err.message}"
                ) from err
        elif self.required:
            raise InvalidEncryptionParametersError("the request has to be encrypted")
        try:
            return parse_json_object(content, max_bytes=MAX_REQUEST_BYTES, max_depth=_MAX_DEPTH)
        except VCError as err:
            raise InvalidCredentialRequestError(err.message) from err

    def check_response(self, message: Message, wanted: ResponseEncryption | None) -> None:
        """Check that the response can go out as it is wanted; raises InvalidEncryptionParametersError."""
        if wanted is None:
            if self.required:
                raise InvalidEncryptionParametersError("credential_response_encryption is required")
            return
        if not message.encrypted:
            raise InvalidEncryptionParametersError(
                "credential_response_encryption: expected in an encrypted request"
            )
        wanted.check()

    def seal(self, body: JSONObject, wanted: ResponseEncryption) -> str:
        """Return a response as a compact JWE to the wallet's key."""
        return encrypt_jwe(dump_json(body).encode(), wanted.jwk, wanted.enc)

"""Encryption of credential requests and responses: what an issuer can do, and what a wallet asks for.

Both directions are a compact JWE whose payload is the message's JSON, sent as `application/jwt`; `alg` is the
one of the recipient's key, and the key's `kid` is copied into the header. Compression is never offered and
never accepted here: what is small when it comes could be anything afterwards.
Source: OpenID4VCI 1.0 sections 8.2, 10 and 12.2.4. Not here: the JWE itself (`protocols.jose`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from protocols.jose import CONTENT_ENCRYPTIONS, KEY_AGREEMENT, parse_jwks, usable_encryption_jwk
from protocols.oid4vci.errors import InvalidEncryptionParametersError, refusing_as
from protocols.oid4vci.members import (
    flag,
    member_object,
    optional_text,
    optional_texts,
    present,
    text,
    texts,
)
from vclib.errors import KeyMaterialError, MalformedValueError
from vclib.strict_json import JSONObject

ENCRYPTED_MEDIA_TYPE = "application/jwt"


@dataclass(frozen=True)
class ResponseEncryptionSupport:
    """`credential_response_encryption` of the metadata: with what an issuer can encrypt."""

    algs: tuple[str, ...]
    encs: tuple[str, ...]
    required: bool
    zips: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, body: JSONObject) -> ResponseEncryptionSupport:
        """Return the members; MalformedValueError."""
        return cls(
            texts(body, "alg_values_supported"),
            texts(body, "enc_values_supported"),
            flag(body, "encryption_required"),
            optional_texts(body, "zip_values_supported"),
        )

    def to_json(self) -> JSONObject:
        """Return the JSON form."""
        body: JSONObject = {
            "alg_values_supported": list(self.algs),
            "enc_values_supported": list(self.encs),
            "encryption_required": self.required,
        }
        return body | present(zip_values_supported=list(self.zips) or None)


@dataclass(frozen=True)
class RequestEncryptionSupport:
    """`credential_request_encryption` of the metadata: the issuer's keys (public JWKs, each with `kid`)."""

    keys: tuple[JSONObject, ...]
    encs: tuple[str, ...]
    required: bool
    zips: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, body: JSONObject) -> RequestEncryptionSupport:
        """Return the members; MalformedValueError, for a private key, too."""
        try:
            keys = parse_jwks(body.get("jwks"))
        except KeyMaterialError as err:
            raise MalformedValueError(f"jwks: {err.message}") from err
        for key in keys:
            text(key, "kid")
        return cls(
            keys,
            texts(body, "enc_values_supported"),
            flag(body, "encryption_required"),
            optional_texts(body, "zip_values_supported"),
        )

    def to_json(self) -> JSONObject:
        """Return the JSON form."""
        body: JSONObject = {
            "jwks": {"keys": list(self.keys)},
            "enc_values_supported": list(self.encs),
            "encryption_required": self.required,
        }
        return body | present(zip_values_supported=list(self.zips) or None)

    def usable_key(self) -> JSONObject | None:
        """Return the first key that this system can encrypt to: P-256 with ECDH-ES."""
        return usable_encryption_jwk(self.keys)


@dataclass(frozen=True)
class ResponseEncryption:
    """`credential_response_encryption` of a request: the wallet's key with its `alg`, and the `enc`."""

    jwk: JSONObject
    enc: str
    zip: str | None = None

    @classmethod
    def from_json(cls, body: JSONObject) -> ResponseEncryption:
        """Return the members; raises InvalidEncryptionParametersError."""
        with refusing_as(InvalidEncryptionParametersError):
            return cls(
                member_object(body, "jwk"),
                text(body, "enc", longest=40),
                optional_text(body, "zip", longest=40),
            )

    def to_json(self) -> JSONObject:
        """Return the JSON form."""
        return present(jwk=self.jwk, enc=self.enc, zip=self.zip)

    def check(self, encs: Collection[str] = CONTENT_ENCRYPTIONS) -> None:
        """Check that a response can be encrypted so; raises InvalidEncryptionParametersError."""
        if self.zip is not None:
            raise InvalidEncryptionParametersError("zip: compression is not supported")
        if self.enc not in encs:
            raise InvalidEncryptionParametersError(f"enc: expected one of {', '.join(encs)}")
        if usable_encryption_jwk([self.jwk]) is None:
            raise InvalidEncryptionParametersError(
                f"jwk: expected a public P-256 key with alg {KEY_AGREEMENT} for encryption"
            )

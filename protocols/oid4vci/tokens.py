"""The token request with a pre-authorized code, its answer, and the nonce for key proofs.

Sources: OpenID4VCI 1.0 sections 5.1.1, 6 and 7, RFC 6749 sections 3.2 and 5.1, RFC 9396. Fields and members
that nobody knows are ignored, as RFC 6749 says. Not here: whether a code is good.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from protocols.oid4vci.errors import (
    InvalidAuthorizationDetailsError,
    InvalidMessageError,
    InvalidRequestError,
    UnsupportedGrantTypeError,
    refusing_as,
)
from protocols.oid4vci.members import MAX_TEXT, objects, optional_integer, optional_texts, present, text
from protocols.oid4vci.offers import PRE_AUTHORIZED_GRANT
from vclib.errors import MalformedValueError, VCError
from vclib.strict_json import JSONObject, JSONValue, dump_json, parse_json

OPENID_CREDENTIAL = "openid_credential"

_MAX_DETAILS = 20
_MAX_SECONDS = 10 * 365 * 24 * 3600


@dataclass(frozen=True)
class AuthorizationDetail:
    """One `openid_credential` detail: a configuration, and in answers the identifiers to ask for."""

    configuration_id: str
    credential_identifiers: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, body: JSONObject) -> AuthorizationDetail:
        """Return the detail of its JSON; MalformedValueError for another `type`."""
        if body.get("type") != OPENID_CREDENTIAL:
            raise MalformedValueError(f"authorization_details: expected the type {OPENID_CREDENTIAL}")
        return cls(
            text(body, "credential_configuration_id"),
            optional_texts(body, "credential_identifiers"),
            optional_texts(body, "locations"),
        )

    def to_json(self) -> JSONObject:
        """Return the JSON form."""
        return {
            "type": OPENID_CREDENTIAL,
            "credential_configuration_id": self.configuration_id,
        } | present(
            credential_identifiers=list(self.credential_identifiers) or None,
            locations=list(self.locations) or None,
        )


@dataclass(frozen=True)
class TokenRequest:
    """POST token endpoint: the code from the offer, and the transaction code where the offer wants one."""

    code: str
    tx_code: str | None = None
    client_id: str | None = None
    authorization_details: tuple[AuthorizationDetail, ...] = ()

    @classmethod
    def from_form(cls, fields: Mapping[str, str]) -> TokenRequest:
        """Return the request of a form's fields.

        Raises InvalidRequestError, UnsupportedGrantTypeError, InvalidAuthorizationDetailsError.
        """
        grant_type = _field(fields, "grant_type")
        if grant_type is None:
            raise InvalidRequestError("grant_type: expected a value, found none")
        if grant_type != PRE_AUTHORIZED_GRANT:
            raise UnsupportedGrantTypeError(f"grant_type: expected {PRE_AUTHORIZED_GRANT}")
        code = _field(fields, "pre-authorized_code")
        if code is None:
            raise InvalidRequestError("pre-authorized_code: expected a value, found none")
        return cls(code, _field(fields, "tx_code"), _field(fields, "client_id"), _details(fields))

    def to_form(self) -> dict[str, str]:
        """Return the fields of the form, not percent-encoded yet."""
        fields = {"grant_type": PRE_AUTHORIZED_GRANT, "pre-authorized_code": self.code}
        if self.tx_code is not None:
            fields["tx_code"] = self.tx_code
        if self.client_id is not None:
            fields["client_id"] = self.client_id
        if self.authorization_details:
            details: list[JSONValue] = [detail.to_json() for detail in self.authorization_details]
            fields["authorization_details"] = dump_json(details)
        return fields


@dataclass(frozen=True)
class TokenResponse:
    """A bearer token; `expires_in` is in seconds. Identifiers in the details have to be used."""

    access_token: str
    expires_in: int | None = None
    authorization_details: tuple[AuthorizationDetail, ...] = ()

    @classmethod
    def from_json(cls, body: JSONObject) -> TokenResponse:
        """Return the answer of its JSON; raises InvalidMessageError for a token that is no bearer's."""
        with refusing_as(InvalidMessageError):
            if text(body, "token_type").lower() != "bearer":
                raise MalformedValueError("token_type: expected Bearer")
            details = objects(body, "authorization_details", AuthorizationDetail.from_json, most=_MAX_DETAILS)
            if any(not detail.credential_identifiers for detail in details):
                raise MalformedValueError("authorization_details: expected credential_identifiers")
            return cls(
                _bearer(body),
                optional_integer(body, "expires_in", least=0, most=_MAX_SECONDS),
                details,
            )

    def to_json(self) -> JSONObject:
        """Return the JSON form."""
        details: list[JSONValue] = [detail.to_json() for detail in self.authorization_details]
        return {"access_token": self.access_token, "token_type": "Bearer"} | present(
            expires_in=self.expires_in, authorization_details=details or None
        )


@dataclass(frozen=True)
class NonceResponse:
    """POST nonce endpoint: the value that the next key proofs have to carry."""

    c_nonce: str

    @classmethod
    def from_json(cls, body: JSONObject) -> NonceResponse:
        """Return the answer of its JSON; raises InvalidMessageError."""
        with refusing_as(InvalidMessageError):
            return cls(text(body, "c_nonce"))

    def to_json(self) -> JSONObject:
        """Return the JSON form."""
        return {"c_nonce": self.c_nonce}


def _field(fields: Mapping[str, str], name: str) -> str | None:
    # RFC 6749 section 3.2: a parameter sent without a value is treated as if it was left out.
    value = fields.get(name) or None
    if value is not None and len(value) > MAX_TEXT:
        raise InvalidRequestError(f"{name}: expected at most {MAX_TEXT} characters")
    return value


def _details(fields: Mapping[str, str]) -> tuple[AuthorizationDetail, ...]:
    value = _field(fields, "authorization_details")
    if value is None:
        return ()
    try:
        parsed = parse_json(value, max_bytes=MAX_TEXT * 4, max_depth=8)
        with refusing_as(InvalidAuthorizationDetailsError):
            details = objects(
                {"authorization_details": parsed},
                "authorization_details",
                AuthorizationDetail.from_json,
                most=_MAX_DETAILS,
            )
    except InvalidAuthorizationDetailsError:
        raise
    except VCError as err:
        raise InvalidAuthorizationDetailsError("authorization_details: expected a JSON array") from err
    if not details:
        raise InvalidAuthorizationDetailsError("authorization_details: expected at least one detail")
    return details


def _bearer(body: JSONObject) -> str:
    token = text(body, "access_token")
    # It goes into a header; RFC 6750 section 2.1: b64token.
    if not token.isascii() or not all(character.isalnum() or character in "-._~+/=" for character in token):
        raise MalformedValueError("access_token: expected the characters of a bearer token")
    return token

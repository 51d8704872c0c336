"""Credential offers: what an issuer hands out as a link or QR code, and what a wallet reads there.

An offer is by value, or by reference as the URL where its JSON is. It is unsigned and anybody's word until
the issuer's metadata have been fetched and checked (OpenID4VCI 1.0 sections 4 and 13.5). Members that nobody
knows are ignored, as section 4.1.1 says. Not here: fetching.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from protocols.oid4vci.errors import InvalidMessageError, refusing_as
from protocols.oid4vci.members import (
    member_object,
    optional_integer,
    optional_object,
    optional_text,
    present,
    text,
    texts,
)
from protocols.oid4vci.urls import check_issuer_identifier, check_url
from vclib.errors import ComplexityError, MalformedValueError
from vclib.strict_json import JSONObject, dump_json, parse_json_object

OFFER_SCHEME = "openid-credential-offer"
PRE_AUTHORIZED_GRANT = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
AUTHORIZATION_CODE_GRANT = "authorization_code"

# Wallets of the high-assurance profile listen to the second one.
_SCHEMES = (OFFER_SCHEME, "haip-vci")
_MAX_URI = 64 * 1024
_MAX_OFFER_BYTES = 32 * 1024
_MAX_DESCRIPTION = 300
_MAX_CODE_LENGTH = 64


class InvalidOfferError(InvalidMessageError):
    """The text or JSON is no credential offer that may be followed."""

    code = "credential-offer"


@dataclass(frozen=True)
class TxCode:
    """How a transaction code looks that the holder has to type; `input_mode` is "numeric" or "text"."""

    input_mode: str = "numeric"
    length: int | None = None
    description: str | None = None

    @classmethod
    def from_json(cls, body: JSONObject) -> TxCode:
        """Return the members of a `tx_code`; MalformedValueError."""
        input_mode = body.get("input_mode", "numeric")
        if input_mode not in ("numeric", "text"):
            raise MalformedValueError("tx_code.input_mode: expected numeric or text")
        return cls(
            str(input_mode),
            optional_integer(body, "length", least=1, most=_MAX_CODE_LENGTH),
            optional_text(body, "description", longest=_MAX_DESCRIPTION),
        )

    def to_json(self) -> JSONObject:
        """Return the JSON form."""
        return present(input_mode=self.input_mode, length=self.length, description=self.description)


@dataclass(frozen=True)
class PreAuthorizedGrant:
    """A code that is exchanged for a token; with `tx_code` the holder has to type a second one."""

    code: str
    tx_code: TxCode | None = None
    authorization_server: str | None = None

    @classmethod
    def from_json(cls, body: JSONObject) -> PreAuthorizedGrant:
        """Return the grant of its JSON; MalformedValueError. A `tx_code` of `{}` asks for one, too."""
        tx_code = optional_object(body, "tx_code")
        return cls(
            text(body, "pre-authorized_code"),
            TxCode.from_json(tx_code) if tx_code is not None else None,
            optional_text(body, "authorization_server"),
        )

    def to_json(self) -> JSONObject:
        """Return the JSON form."""
        return {"pre-authorized_code": self.code} | present(
            tx_code=self.tx_code.to_json() if self.tx_code else None,
            authorization_server=self.authorization_server,
        )


@dataclass(frozen=True)
class AuthorizationCodeGrant:
    """The holder authenticates at the issuer in a browser; not served here, and read to say so."""

    issuer_state: str | None = None
    authorization_server: str | None = None

    @classmethod
    def from_json(cls, body: JSONObject) -> AuthorizationCodeGrant:
        """Return the grant of its JSON; MalformedValueError."""
        return cls(optional_text(body, "issuer_state"), optional_text(body, "authorization_server"))

    def to_json(self) -> JSONObject:
        """Return the JSON form."""
        return present(issuer_state=self.issuer_state, authorization_server=self.authorization_server)


@dataclass(frozen=True)
class CredentialOffer:
    """Who offers which credential configurations, and with which grants; none means: see the metadata."""

    credential_issuer: str
    configuration_ids: tuple[str, ...]
    pre_authorized: PreAuthorizedGrant | None = None
    authorization_code: AuthorizationCodeGrant | None = None

    @classmethod
    def from_json(cls, body: JSONObject, *, allow_loopback: bool = False) -> CredentialOffer:
        """Return the offer of a JSON object; raises InvalidOfferError."""
        with refusing_as(InvalidOfferError):
            grants = optional_object(body, "grants") or {}
            pre_authorized, code = PRE_AUTHORIZED_GRANT in grants, AUTHORIZATION_CODE_GRANT in grants
            return cls(
                check_issuer_identifier(
                    body.get("credential_issuer"), "credential_issuer", allow_loopback=allow_loopback
                ),
                texts(body, "credential_configuration_ids"),
                PreAuthorizedGrant.from_json(member_object(grants, PRE_AUTHORIZED_GRANT))
                if pre_authorized
                else None,
                AuthorizationCodeGrant.from_json(member_object(grants, AUTHORIZATION_CODE_GRANT))
                if code
                else None,
            )

    def to_json(self) -> JSONObject:
        """Return the JSON form."""
        grants: JSONObject = {}
        if self.authorization_code is not None:
            grants[AUTHORIZATION_CODE_GRANT] = self.authorization_code.to_json()
        if self.pre_authorized is not None:
            grants[PRE_AUTHORIZED_GRANT] = self.pre_authorized.to_json()
        offer: JSONObject = {
            "credential_issuer": self.credential_issuer,
            "credential_configuration_ids": list(self.configuration_ids),
        }
        return offer | ({"grants": grants} if grants else {})

    def to_uri(self) -> str:
        """Return the link that carries the offer by value."""
        return f"{OFFER_SCHEME}://?{urlencode({'credential_offer': dump_json(self.to_json())})}"


@dataclass(frozen=True)
class OfferURI:
    """What a link carries: the offer, or the URL where it is. One of them is None."""

    offer: CredentialOffer | None
    reference: str | None


def parse_offer(content: bytes | str, *, allow_loopback: bool = False) -> CredentialOffer:
    """Return the offer of the JSON text that a reference led to; raises InvalidOfferError."""
    try:
        with refusing_as(InvalidOfferError):
            body = parse_json_object(content, max_bytes=_MAX_OFFER_BYTES, max_depth=16)
    except ComplexityError as err:
        raise InvalidOfferError(err.message) from err
    return CredentialOffer.from_json(body, allow_loopback=allow_loopback)


def parse_offer_uri(uri: str, *, allow_loopback: bool = False) -> OfferURI:
    """Return what a link says. Raises InvalidOfferError for another scheme, for neither or both of offer and
    reference, for a repeated parameter, and for a reference that is not https (threat F12).
    """
    if len(uri) > _MAX_URI:
        raise InvalidOfferError(f"expected a link of at most {_MAX_URI} characters")
    try:
        parts = urlsplit(uri)
        pairs = parse_qsl(parts.query, keep_blank_values=True, errors="strict", max_num_fields=20)
    except ValueError as err:
        raise InvalidOfferError("expected a credential offer link, found no such link") from err
    if parts.scheme not in _SCHEMES or parts.fragment:
        raise InvalidOfferError(f"expected a link that begins with {OFFER_SCHEME}://")
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise InvalidOfferError("a parameter of the link occurs twice")
    if ("credential_offer" in fields) == ("credential_offer_uri" in fields):
        raise InvalidOfferError("expected one of credential_offer and credential_offer_uri")
    if "credential_offer" in fields:
        return OfferURI(parse_offer(fields["credential_offer"], allow_loopback=allow_loopback), None)
    with refusing_as(InvalidOfferError):
        reference = check_url(
            fields["credential_offer_uri"], "credential_offer_uri", allow_loopback=allow_loopback
        )
    return OfferURI(None, reference)


def offer_reference_uri(url: str) -> str:
    """Return the link that carries an offer by reference."""
    return f"{OFFER_SCHEME}://?{urlencode({'credential_offer_uri': url})}"

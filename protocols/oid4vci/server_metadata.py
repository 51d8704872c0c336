"""Authorization server metadata, as far as the pre-authorized code grant needs them.

Sources: RFC 8414, OpenID4VCI 1.0 section 12.3. A server that supports only this grant may leave out
`response_types_supported` (12.2.4).
"""

from __future__ import annotations

from dataclasses import dataclass

from protocols.oid4vci.errors import refusing_as
from protocols.oid4vci.issuer_metadata import InvalidMetadataError
from protocols.oid4vci.members import flag, optional_texts
from protocols.oid4vci.offers import AUTHORIZATION_CODE_GRANT, PRE_AUTHORIZED_GRANT
from protocols.oid4vci.tokens import OPENID_CREDENTIAL
from protocols.oid4vci.urls import SERVER_METADATA, check_issuer_identifier, check_url, well_known_url
from vclib.strict_json import JSONObject

# RFC 8414 section 2: what an absent `grant_types_supported` means.
_DEFAULT_GRANTS = (AUTHORIZATION_CODE_GRANT, "implicit")


@dataclass(frozen=True)
class AuthorizationServerMetadata:
    """Who gives tokens where; with `anonymous_access` the pre-authorized code needs no `client_id`."""

    issuer: str
    token_endpoint: str
    grant_types: tuple[str, ...] = (PRE_AUTHORIZED_GRANT,)
    anonymous_access: bool = False

    @property
    def takes_pre_authorized_codes(self) -> bool:
        """Whether the server says that it knows the grant."""
        return PRE_AUTHORIZED_GRANT in self.grant_types

    @classmethod
    def from_json(
        cls, body: JSONObject, *, expected_issuer: str, allow_loopback: bool = False
    ) -> AuthorizationServerMetadata:
        """Return the metadata of the server `expected_issuer`; raises InvalidMetadataError."""
        if body.get("issuer") != expected_issuer:
            raise InvalidMetadataError("issuer: the metadata are those of another authorization server")
        with refusing_as(InvalidMetadataError):
            return cls(
                check_issuer_identifier(expected_issuer, "issuer", allow_loopback=allow_loopback),
                check_url(body.get("token_endpoint"), "token_endpoint", allow_loopback=allow_loopback),
                optional_texts(body, "grant_types_supported") or _DEFAULT_GRANTS,
                flag(body, "pre-authorized_grant_anonymous_access_supported", default=False),
            )

    def to_json(self) -> JSONObject:
        """Return the JSON form."""
        return {
            "issuer": self.issuer,
            "token_endpoint": self.token_endpoint,
            "grant_types_supported": list(self.grant_types),
            # Section 12.2.4 asks for it where configurations have no scope.
            "authorization_details_types_supported": [OPENID_CREDENTIAL],
            "pre-authorized_grant_anonymous_access_supported": self.anonymous_access,
        }


def server_metadata_url(identifier: str) -> str:
    """Return where the metadata of an authorization server are."""
    return well_known_url(identifier, SERVER_METADATA)

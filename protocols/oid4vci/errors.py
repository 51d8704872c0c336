"""The refusals of OpenID4VCI and of the OAuth 2.0 below it: one class for each `error` code.

An issuer raises them and answers `to_json`; a wallet reads an answer with `error_from_json` and gets the same
class back, so both sides speak of one thing. What a peer sends that is no such message at all is
`InvalidMessageError`.
Sources: RFC 6749 section 5.2, RFC 6750 section 3.1, RFC 9396 section 5, OpenID4VCI 1.0 sections 6.3, 8.3.1,
9.3, 11.3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import ClassVar

from vclib.errors import MalformedError, MalformedValueError, VCError
from vclib.strict_json import JSONObject

# RFC 6749 section 5.2: %x20-21 / %x23-5B / %x5D-7E.
_NOT_ALLOWED = re.compile(r"[^\x20-\x21\x23-\x5b\x5d-\x7e]")
_QUOTES = str.maketrans({'"': "'", "\\": "/"})
_MAX_DESCRIPTION = 500
_MAX_ERROR = 100


class InvalidMessageError(MalformedValueError):
    """What the peer sent is not the message it should be."""

    code = "oid4vci-message"


class OAuthError(VCError):
    """A refusal as an endpoint answers it: `error` is its code, `status` the HTTP status."""

    code = "oauth"
    error: ClassVar[str] = "invalid_request"
    status: ClassVar[int] = 400

    def to_json(self) -> JSONObject:
        """Return the body of the answer; the description is cut down to the characters that are allowed."""
        return {"error": self.error, "error_description": describe(self.message)}


class InvalidRequestError(OAuthError):
    """A parameter is missing, repeated, malformed or not wanted."""

    code = error = "invalid_request"


class InvalidClientError(OAuthError):
    """The client is not known, or has to name itself."""

    code = error = "invalid_client"


class InvalidGrantError(OAuthError):
    """The code is wrong, expired or used, or the transaction code is: which of them is not told."""

    code = error = "invalid_grant"


class UnauthorizedClientError(OAuthError):
    """The client may not use this grant."""

    code = error = "unauthorized_client"


class UnsupportedGrantTypeError(OAuthError):
    """The authorization server does not know the grant type."""

    code = error = "unsupported_grant_type"


class InvalidScopeError(OAuthError):
    """The scope is not known or more than was granted."""

    code = error = "invalid_scope"


class InvalidTxCodeError(OAuthError):
    """The transaction code is wrong, in the words of the 1.1 draft; here read, never sent."""

    code = error = "invalid_tx_code"


class InvalidAuthorizationDetailsError(OAuthError):
    """`authorization_details` is malformed, or asks for what was not offered (RFC 9396)."""

    code = error = "invalid_authorization_details"


class InvalidTokenError(OAuthError):
    """The access token is unknown or has expired (RFC 6750)."""

    code = error = "invalid_token"
    status = 401


class MissingTokenError(OAuthError):
    """There is no access token; RFC 6750 section 3.1 gives such an answer no code."""

    code = "missing_token"
    error = "invalid_token"
    status = 401


class InsufficientScopeError(OAuthError):
    """The access token is good, and not for this."""

    code = error = "insufficient_scope"
    status = 403


class InvalidCredentialRequestError(OAuthError):
    """A parameter of the credential request is missing, repeated, unsupported or malformed."""

    code = error = "invalid_credential_request"


class UnknownCredentialConfigurationError(OAuthError):
    """The credential configuration is not known."""

    code = error = "unknown_credential_configuration"


class UnknownCredentialIdentifierError(OAuthError):
    """The credential identifier is not known."""

    code = error = "unknown_credential_identifier"


class InvalidProofError(OAuthError):
    """There is no key proof, or one of them is not valid."""

    code = error = "invalid_proof"


class InvalidNonceError(OAuthError):
    """A key proof has a nonce that is not, or no longer, ours: the wallet fetches another."""

    code = error = "invalid_nonce"


class InvalidEncryptionParametersError(OAuthError):
    """The encryption that is asked for is not possible, or was not asked for and has to be."""

    code = error = "invalid_encryption_parameters"


class CredentialRequestDeniedError(OAuthError):
    """The issuer will not issue this credential; asking again does not help."""

    code = error = "credential_request_denied"


class InvalidTransactionIdError(OAuthError):
    """The deferred transaction is not known, or the credential was obtained already."""

    code = error = "invalid_transaction_id"


class InvalidNotificationIdError(OAuthError):
    """The notification id is not known."""

    code = error = "invalid_notification_id"


class InvalidNotificationRequestError(OAuthError):
    """The notification is malformed."""

    code = error = "invalid_notification_request"


class UnknownOAuthError(OAuthError):
    """An answer with a code that is in none of the specifications; `found` is the code."""

    code = "oauth-unknown"

    def __init__(self, found: str, message: str) -> None:
        super().__init__(f"{found}: {message}")
        self.found = found


ERRORS: Mapping[str, type[OAuthError]] = MappingProxyType(
    {
        kind.error: kind
        for kind in (
            InvalidRequestError,
            InvalidClientError,
            InvalidGrantError,
            UnauthorizedClientError,
            UnsupportedGrantTypeError,
            InvalidScopeError,
            InvalidTxCodeError,
            InvalidAuthorizationDetailsError,
            InvalidTokenError,
            InsufficientScopeError,
            InvalidCredentialRequestError,
            UnknownCredentialConfigurationError,
            UnknownCredentialIdentifierError,
            InvalidProofError,
            InvalidNonceError,
            InvalidEncryptionParametersError,
            CredentialRequestDeniedError,
            InvalidTransactionIdError,
            InvalidNotificationIdError,
            InvalidNotificationRequestError,
        )
    }
)


def describe(message: str) -> str:
    """Return `message` in the characters that `error_description` may have, at most 500 of them."""
    return _NOT_ALLOWED.sub("?", message.translate(_QUOTES))[:_MAX_DESCRIPTION]


def error_from_json(body: JSONObject) -> OAuthError:
    """Return what an error body says. The words come from a stranger; raises InvalidMessageError."""
    error, description = body.get("error"), body.get("error_description", "")
    if not isinstance(error, str) or not 0 < len(error) <= _MAX_ERROR:
        raise InvalidMessageError("expected an error answer, found one without a code in `error`")
    words = describe(description) if isinstance(description, str) else ""
    kind = ERRORS.get(error)
    return kind(words or error) if kind else UnknownOAuthError(describe(error), words)


@contextmanager
def refusing_as(kind: type[VCError]) -> Iterator[None]:
    """Raise as `kind` what is malformed; an error that is a refusal of this protocol stays what it is."""
    try:
        yield
    except MalformedError as err:
        raise kind(err.message) from err

"""The failures that OpenID4VP names, one class for each code, as they travel to the verifier.

A code says as little as the specification lets it: "no matching credential" and "the holder refused" are both
`access_denied`, so that a verifier cannot ask what a wallet holds (VP 15.9). What the person in front of the
screen may know stands in the message, which is never sent.
Sources: https://openid.net/specs/openid-4-verifiable-presentations-1_0.html#section-8.5, RFC 6749 section
4.1.2.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from vclib.errors import VCError


class AuthorizationError(VCError):
    """An authorization request or response that is refused; `code` is the `error` that is sent."""

    code = "invalid_request"


class InvalidRequestError(AuthorizationError):
    """The request breaks a rule: a parameter, the client identifier, the signature, the query."""

    code = "invalid_request"


class InvalidClientError(AuthorizationError):
    """The client's metadata contradict what is known of it."""

    code = "invalid_client"


class InvalidScopeError(AuthorizationError):
    """The request names a scope; no scope stands for a query here."""

    code = "invalid_scope"


class UnsupportedResponseTypeError(AuthorizationError):
    """The request asks for something else than a `vp_token`."""

    code = "unsupported_response_type"


class AccessDeniedError(AuthorizationError):
    """Nothing is presented: there is no matching credential, or the holder does not agree."""

    code = "access_denied"


class VPFormatsNotSupportedError(AuthorizationError):
    """The wallet has no format, proof type or cryptosuite that the verifier takes."""

    code = "vp_formats_not_supported"


class InvalidRequestURIMethodError(AuthorizationError):
    """`request_uri_method` is neither `get` nor `post`."""

    code = "invalid_request_uri_method"


class InvalidTransactionDataError(AuthorizationError):
    """The request holds transaction data; no type of it is known here, so nothing may be presented."""

    code = "invalid_transaction_data"


class WalletUnavailableError(AuthorizationError):
    """The wallet could not be invoked."""

    code = "wallet_unavailable"


class ServerError(AuthorizationError):
    """Something that is no fault of the request failed (RFC 6749)."""

    code = "server_error"


class NotSatisfiedError(AuthorizationError):
    """A credential, or what came as a whole, is not what a query asks for; the message says in what."""

    code = "access_denied"


class InvalidResponseError(AuthorizationError):
    """What a wallet sent is no authorization response to this request."""

    code = "invalid_request"


# By code, for what a wallet answers.
ERRORS: Mapping[str, type[AuthorizationError]] = MappingProxyType(
    {
        kind.code: kind
        for kind in (
            InvalidRequestError,
            InvalidClientError,
            InvalidScopeError,
            UnsupportedResponseTypeError,
            AccessDeniedError,
            VPFormatsNotSupportedError,
            InvalidRequestURIMethodError,
            InvalidTransactionDataError,
            WalletUnavailableError,
            ServerError,
        )
    }
)

"""OpenID for Verifiable Presentations 1.0: requests, DCQL and responses, in both directions.

A verifier makes an `AuthorizationRequest`, signs it (`sign_request_object`) and points to it with a
`RequestReference`. A wallet reads the link (`parse_invocation`), fetches the request object and learns who
asks (`authenticate_request`), finds what answers (`satisfies`, `choose`), and sends an
`AuthorizationResponse` or an `ErrorResponse`. The verifier reads it and asks `check_answered` and `satisfies`
again. Only Data Integrity credentials (`ldp_vc`), only answers by `direct_post` and `direct_post.jwt`.

Source: https://openid.net/specs/openid-4-verifiable-presentations-1_0.html ("VP" in this package). Not here:
sockets, clocks, credentials' proofs, and who is trusted.
"""

from protocols.oid4vp.authentication import (
    AuthenticatedRequest,
    VerifierIdentity,
    authenticate_request,
    unsigned_request,
)
from protocols.oid4vp.client_ids import ClientId, ClientIdPrefix, parse_client_id
from protocols.oid4vp.client_metadata import DATA_INTEGRITY, ClientMetadata
from protocols.oid4vp.dcql import (
    LDP_VC,
    ClaimPath,
    ClaimsQuery,
    CredentialQuery,
    CredentialSetQuery,
    DCQLQuery,
    parse_claim_path,
)
from protocols.oid4vp.errors import (
    ERRORS,
    AccessDeniedError,
    AuthorizationError,
    InvalidClientError,
    InvalidRequestError,
    InvalidRequestURIMethodError,
    InvalidResponseError,
    InvalidScopeError,
    InvalidTransactionDataError,
    NotSatisfiedError,
    ServerError,
    UnsupportedResponseTypeError,
    VPFormatsNotSupportedError,
    WalletUnavailableError,
)
from protocols.oid4vp.matching import (
    QueriedCredential,
    Selection,
    check_answered,
    choose,
    satisfies,
    shown_path,
)
from protocols.oid4vp.reading import check_endpoint
from protocols.oid4vp.request_objects import (
    REQUEST_OBJECT_MEDIA_TYPE,
    REQUEST_OBJECT_TYPE,
    STATIC_AUDIENCE,
    RequestSigner,
    RequestURIPost,
    sign_request_object,
)
from protocols.oid4vp.requests import (
    AuthorizationRequest,
    RequestReference,
    RequestURIMethod,
    ResponseMode,
    parse_invocation,
)
from protocols.oid4vp.responses import (
    AuthorizationResponse,
    ErrorResponse,
    VPToken,
    decrypt_response,
    direct_post_answer,
    parse_direct_post_answer,
)
from protocols.oid4vp.verifier_info import MAX_REASON, PURPOSE_FORMAT, ClaimReason, purpose_info, reasons_of
from protocols.oid4vp.wallet_metadata import WalletMetadata

__all__ = [
    "DATA_INTEGRITY",
    "ERRORS",
    "LDP_VC",
    "MAX_REASON",
    "PURPOSE_FORMAT",
    "REQUEST_OBJECT_MEDIA_TYPE",
    "REQUEST_OBJECT_TYPE",
    "STATIC_AUDIENCE",
    "AccessDeniedError",
    "AuthenticatedRequest",
    "AuthorizationError",
    "AuthorizationRequest",
    "AuthorizationResponse",
    "ClaimPath",
    "ClaimReason",
    "ClaimsQuery",
    "ClientId",
    "ClientIdPrefix",
    "ClientMetadata",
    "CredentialQuery",
    "CredentialSetQuery",
    "DCQLQuery",
    "ErrorResponse",
    "InvalidClientError",
    "InvalidRequestError",
    "InvalidRequestURIMethodError",
    "InvalidResponseError",
    "InvalidScopeError",
    "InvalidTransactionDataError",
    "NotSatisfiedError",
    "QueriedCredential",
    "RequestReference",
    "RequestSigner",
    "RequestURIMethod",
    "RequestURIPost",
    "ResponseMode",
    "Selection",
    "ServerError",
    "UnsupportedResponseTypeError",
    "VPFormatsNotSupportedError",
    "VPToken",
    "VerifierIdentity",
    "WalletMetadata",
    "WalletUnavailableError",
    "authenticate_request",
    "check_answered",
    "check_endpoint",
    "choose",
    "decrypt_response",
    "direct_post_answer",
    "parse_claim_path",
    "parse_client_id",
    "parse_direct_post_answer",
    "parse_invocation",
    "purpose_info",
    "reasons_of",
    "satisfies",
    "shown_path",
    "sign_request_object",
    "unsigned_request",
]

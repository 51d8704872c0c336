"""Authorization requests: what a verifier asks a wallet, by value or by reference (VP 5).

A request is read as a whole before anything is done with it, and refused by the parameter that is at fault.
What is not supported is refused by name, never skipped, where skipping would change what the holder agrees to
(`transaction_data`, threat E13). Other parameters that are not known are ignored, as RFC 6749 demands.
Not here: whether the verifier is who it says (`authentication`), how a request object is signed
(`request_objects`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from protocols.oid4vp.client_ids import ClientId, ClientIdPrefix, parse_client_id
from protocols.oid4vp.client_metadata import NOT_SAID, ClientMetadata
from protocols.oid4vp.dcql import DCQLQuery
from protocols.oid4vp.errors import (
    InvalidRequestError,
    InvalidRequestURIMethodError,
    InvalidScopeError,
    InvalidTransactionDataError,
    UnsupportedResponseTypeError,
)
from protocols.oid4vp.reading import check_endpoint, read_object, read_text, read_url_safe
from protocols.oid4vp.verifier_info import ClaimReason, parse_verifier_info, purpose_of, reasons_of
from vclib.errors import ComplexityError, ParsingError
from vclib.strict_json import JSONObject, JSONValue, dump_json, parse_json

SCHEME = "openid4vp"
# A request by value holds a whole query; one by reference fits a QR code.
MAX_INVOCATION_CHARACTERS = 32 * 1024
_MAX_PARAMETERS = 40
_MAX_DEPTH = 24
# Parameters whose value is JSON, and written as text where a request is a URL.
_JSON_PARAMETERS = ("dcql_query", "client_metadata", "transaction_data", "verifier_info")


class ResponseMode(StrEnum):
    """How the answer travels; the other modes of VP are refused by name."""

    DIRECT_POST = "direct_post"
    DIRECT_POST_JWT = "direct_post.jwt"


class RequestURIMethod(StrEnum):
    """How the request object is fetched."""

    GET = "get"
    POST = "post"


@dataclass(frozen=True)
class RequestReference:
    """A request by reference: who asks (not proven by this), and where the request object is."""

    client_id: ClientId
    request_uri: str
    method: RequestURIMethod = RequestURIMethod.GET

    def to_url(self, *, scheme: str = SCHEME) -> str:
        """Return the URL that a link or a QR code carries."""
        parameters = {"client_id": self.client_id.text, "request_uri": self.request_uri}
        if self.method is RequestURIMethod.POST:
            parameters["request_uri_method"] = str(self.method)
        return f"{scheme}://?{urlencode(parameters, quote_via=quote)}"


@dataclass(frozen=True)
class AuthorizationRequest:
    """What is asked, read from a request object or from a URL; `client_id` is not proven by this."""

    client_id: ClientId
    response_mode: ResponseMode
    response_uri: str
    nonce: str = field(repr=False)
    query: DCQLQuery
    state: str | None = None
    client_metadata: ClientMetadata = NOT_SAID
    verifier_info: tuple[JSONObject, ...] = ()

    @classmethod
    def from_parameters(
        cls, parameters: Mapping[str, JSONValue], *, allow_loopback: bool = False
    ) -> AuthorizationRequest:
        """Return the request of its parameters (a request object's claims); raises AuthorizationError."""
        _check_supported(parameters)
        client_id = parse_client_id(parameters.get("client_id"), allow_loopback=allow_loopback)
        query = DCQLQuery.from_json(parameters["dcql_query"])
        request = cls(
            client_id=client_id,
            response_mode=_response_mode(parameters),
            response_uri=_response_uri(parameters, client_id, allow_loopback=allow_loopback),
            nonce=read_url_safe(parameters, "nonce", InvalidRequestError),
            query=query,
            state=read_url_safe(parameters, "state", InvalidRequestError) if "state" in parameters else None,
            client_metadata=_client_metadata(parameters, client_id),
            verifier_info=parse_verifier_info(
                parameters["verifier_info"], [item.id for item in query.credentials]
            )
            if "verifier_info" in parameters
            else (),
        )
        _check_consistent(request)
        return request

    @property
    def purpose(self) -> str | None:
        """Why it is asked, in the verifier's own words: a stranger's text (threat J6)."""
        return purpose_of(self.verifier_info)

    @property
    def reasons(self) -> tuple[ClaimReason, ...]:
        """Why single claims are asked for, e.g. which rule needs them: a stranger's texts, as the purpose."""
        return reasons_of(self.verifier_info)

    def to_parameters(self) -> JSONObject:
        """Return the parameters as VP 5 names them, JSON where they are JSON."""
        written: JSONObject = {
            "response_type": "vp_token",
            "client_id": self.client_id.text,
            "response_mode": str(self.response_mode),
            "response_uri": self.response_uri,
            "nonce": self.nonce,
            "dcql_query": self.query.to_json(),
            "client_metadata": self.client_metadata.to_json(),
        }
        if self.state is not None:
            written["state"] = self.state
        if self.verifier_info:
            written["verifier_info"] = list(self.verifier_info)
        return written

    def to_url(self, *, scheme: str = SCHEME) -> str:
        """Return the request by value, unsigned; InvalidRequestError for a client that has to sign."""
        if self.client_id.prefix.is_signed:
            raise InvalidRequestError(f"a client {self.client_id.prefix} signs its requests")
        parameters = {
            name: value if isinstance(value, str) else dump_json(value)
            for name, value in self.to_parameters().items()
        }
        return f"{scheme}://?{urlencode(parameters, quote_via=quote)}"


def parse_invocation(
    url: str, *, schemes: tuple[str, ...] = (SCHEME, "haip-vp"), allow_loopback: bool = False
) -> RequestReference | AuthorizationRequest:
    """Return what a link or QR code asks: where the request is, or an unsigned request by value.

    Raises AuthorizationError. A request by value is only taken of a `redirect_uri:` client, who proves
    nothing but where the answer goes.
    """
    parameters = _query_parameters(url, schemes)
    if "request" in parameters:
        raise InvalidRequestError("request: a request object in the link is not supported, only request_uri")
    if "request_uri" in parameters:
        return _reference(parameters, allow_loopback=allow_loopback)
    if "request_uri_method" in parameters:
        raise InvalidRequestError("request_uri_method: not without request_uri")
    request = AuthorizationRequest.from_parameters(_with_json(parameters), allow_loopback=allow_loopback)
    if request.client_id.prefix.is_signed:
        raise InvalidRequestError(f"a client {request.client_id.prefix} has to sign its requests")
    return request


def _query_parameters(url: str, schemes: tuple[str, ...]) -> dict[str, str]:
    if len(url) > MAX_INVOCATION_CHARACTERS:
        raise InvalidRequestError(f"a link of {len(url)} characters, more than {MAX_INVOCATION_CHARACTERS}")
    try:
        parts = urlsplit(url)
        pairs = parse_qsl(
            parts.query,
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_MAX_PARAMETERS,
        )
    except ValueError as err:
        raise InvalidRequestError("expected a link with parameters, each name=value in UTF-8") from err
    if parts.scheme not in schemes or parts.fragment:
        raise InvalidRequestError(f"expected a link that begins with {schemes[0]}://")
    parameters = dict(pairs)
    if len(parameters) != len(pairs):
        raise InvalidRequestError("a parameter occurs twice in the link")
    return parameters


def _reference(parameters: Mapping[str, str], *, allow_loopback: bool) -> RequestReference:
    client_id = parse_client_id(parameters.get("client_id"), allow_loopback=allow_loopback)
    if not client_id.prefix.is_signed:
        raise InvalidRequestError(f"a client {client_id.prefix} cannot sign, so it has no request_uri")
    method = parameters.get("request_uri_method", str(RequestURIMethod.GET))
    if method not in {*RequestURIMethod}:
        raise InvalidRequestURIMethodError(f"request_uri_method: expected get or post, found {method[:40]!r}")
    request_uri = check_endpoint(
        parameters["request_uri"], "request_uri", InvalidRequestError, allow_loopback=allow_loopback
    )
    return RequestReference(client_id, request_uri, RequestURIMethod(method))


def _with_json(parameters: Mapping[str, str]) -> dict[str, JSONValue]:
    values: dict[str, JSONValue] = dict(parameters)
    for name in _JSON_PARAMETERS:
        if name in parameters:
            try:
                values[name] = parse_json(parameters[name], max_depth=_MAX_DEPTH)
            except (ParsingError, ComplexityError) as err:
                refusal = InvalidTransactionDataError if name == "transaction_data" else InvalidRequestError
                raise refusal(f"{name}: {err.message}") from err
    return values


def _check_supported(parameters: Mapping[str, JSONValue]) -> None:
    """Refuse by name what would change the request's meaning and is not supported."""
    if "transaction_data" in parameters:
        raise InvalidTransactionDataError("transaction_data: no type of transaction data is known here")
    response_type = read_text(parameters, "response_type", InvalidRequestError, limit=64)
    if response_type != "vp_token":
        raise UnsupportedResponseTypeError(f"response_type: expected vp_token, found {response_type!r}")
    if ("dcql_query" in parameters) == ("scope" in parameters):
        raise InvalidRequestError("expected exactly one of dcql_query and scope")
    if "scope" in parameters:
        raise InvalidScopeError("scope: no scope stands for a query here")
    if "redirect_uri" in parameters:
        raise InvalidRequestError("redirect_uri: not with a response that is posted to response_uri")
    if "request" in parameters or "request_uri" in parameters:
        raise InvalidRequestError("a request object does not lead to another one")


def _response_mode(parameters: Mapping[str, JSONValue]) -> ResponseMode:
    mode = read_text(parameters, "response_mode", InvalidRequestError, limit=64)
    if mode not in {*ResponseMode}:
        raise InvalidRequestError(f"response_mode: expected direct_post or direct_post.jwt, found {mode!r}")
    return ResponseMode(mode)


def _response_uri(parameters: Mapping[str, JSONValue], client_id: ClientId, *, allow_loopback: bool) -> str:
    is_address = client_id.prefix is ClientIdPrefix.REDIRECT_URI
    # VP 5.9.3: the client identifier says it already, so the parameter may be left out.
    given = parameters.get("response_uri", client_id.original if is_address else None)
    response_uri = check_endpoint(given, "response_uri", InvalidRequestError, allow_loopback=allow_loopback)
    if is_address and response_uri != client_id.original:
        raise InvalidRequestError("response_uri: is not the one that the client identifier names")
    return response_uri


def _client_metadata(parameters: Mapping[str, JSONValue], client_id: ClientId) -> ClientMetadata:
    if "client_metadata" in parameters:
        return ClientMetadata.from_json(read_object(parameters, "client_metadata", InvalidRequestError))
    if client_id.prefix is ClientIdPrefix.REDIRECT_URI:
        raise InvalidRequestError("client_metadata: expected, nothing else tells about this client")
    return NOT_SAID


def _check_consistent(request: AuthorizationRequest) -> None:
    purpose_of(request.verifier_info)
    reasons_of(request.verifier_info)
    if request.response_mode is ResponseMode.DIRECT_POST_JWT:
        request.client_metadata.encryption()
    # VP 5.3: without a proof of the holder only `state` ties the answer to the request.
    if request.state is None and not all(query.holder_binding for query in request.query.credentials):
        raise InvalidRequestError(
            "state: expected where a credential is asked for without its holder's proof"
        )

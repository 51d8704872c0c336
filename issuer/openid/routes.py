"""OpenID4VCI over HTTP: the issuer's endpoints for wallets, and one for those who make offers.

Only translates. Wallets are answered as OAuth answers, `{"error", "error_description"}` and never to be
cached; a refused access token as RFC 6750 says; an error is never encrypted. Who makes an offer is one of us
and gets problem details. What a request means is decided by `issuance`.
Source: OpenID4VCI 1.0 sections 4 to 12, RFC 6749, RFC 6750, RFC 8414.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request
from fastapi.params import Depends as DependsParameter
from fastapi.responses import Response
from fastapi.routing import APIRoute

from health import parse_record
from issuer.openid.encryption import MAX_REQUEST_BYTES, Message
from issuer.openid.issuance import Answer, Issuance
from issuer.requests import MintBody
from protocols.oid4vci import (
    ENCRYPTED_MEDIA_TYPE,
    InvalidCredentialRequestError,
    InvalidNotificationRequestError,
    InvalidRequestError,
    InvalidTokenError,
    MissingTokenError,
    Notification,
    OAuthError,
    TokenRequest,
)
from runtime.forms import FORM_MEDIA_TYPE, form_body
from runtime.refusing import NO_STORE, refusing_route
from runtime.web import (
    JSONBody,
    RequestError,
    describe_answer,
    describe_body,
    flag,
    json_response,
    problem_of,
    read_body,
)
from vclib.datetimes import format_datetime
from vclib.errors import ConfigurationError, MalformedValueError, VCError
from vclib.strict_json import JSONObject, JSONValue, json_type_name, parse_json_object

# Metadata change when settings do; a wallet may ask for them once for several offers.
_METADATA_HEADERS = {"cache-control": "max-age=300"}
# At once or promised for later, in clear or encrypted.
_ANSWERS = describe_answer(ENCRYPTED_MEDIA_TYPE) | describe_answer(
    "application/json", ENCRYPTED_MEDIA_TYPE, status=HTTPStatus.ACCEPTED
)
_MAX_FORM = 64 * 1024
_MAX_NOTIFICATION = 16 * 1024
_MAX_TOKEN = 4096
_JSON = "application/json"


def oid4vci_router(
    issuance: Issuance, *, clock: Callable[[], datetime], offer_access: Sequence[DependsParameter] = ()
) -> APIRouter:
    """Return the routes of OpenID4VCI, for an application that serves the issuer's URL.

    `offer_access` are the dependencies that say who may make offers; without any, nobody may.
    """
    router = APIRouter()
    router.include_router(_metadata_router(issuance))
    router.include_router(_offers_router(issuance, clock, offer_access))
    router.include_router(_token_router(issuance, clock))
    router.include_router(_credential_router(issuance, clock))
    router.include_router(_notification_router(issuance, clock))
    return router


def _metadata_router(issuance: Issuance) -> APIRouter:
    router = APIRouter(tags=["OpenID4VCI"])
    path = urlsplit(issuance.url).path.rstrip("/")

    def issuer_metadata() -> Response:
        return json_response(issuance.metadata.to_json(), headers=_METADATA_HEADERS)

    def server_metadata() -> Response:
        return json_response(issuance.server_metadata.to_json(), headers=_METADATA_HEADERS)

    for name, route in (
        ("openid-credential-issuer", issuer_metadata),
        ("oauth-authorization-server", server_metadata),
    ):
        for suffix in dict.fromkeys(("", path)):
            router.add_api_route(
                f"/.well-known/{name}{suffix}", route, methods=["GET"], include_in_schema=not suffix
            )
    return router


def _offers_router(
    issuance: Issuance, clock: Callable[[], datetime], access: Sequence[DependsParameter]
) -> APIRouter:
    router = APIRouter(tags=["OpenID4VCI"])

    @router.get("/offers/{reference}")
    def get_offer(reference: str) -> Response:
        offer = issuance.offering.at(reference, now=clock())
        if offer is None:
            raise RequestError(HTTPStatus.NOT_FOUND, "there is no such offer, or it has ended")
        return json_response(offer.to_json(), headers=NO_STORE)

    if access:

        @router.post(
            "/offers",
            dependencies=access,
            status_code=HTTPStatus.CREATED,
            openapi_extra=describe_body(
                record={"type": "object"},
                options={"type": "object", "default": {}},
                txCode={"type": "boolean", "default": True},
                deferred={"type": "boolean", "default": False},
                minutes={"type": "integer", "default": 15},
            ),
        )
        def post_offer(body: JSONBody) -> Response:
            return _create_offer(issuance, body, clock())

    return router


def _token_router(issuance: Issuance, clock: Callable[[], datetime]) -> APIRouter:
    router = APIRouter(tags=["OpenID4VCI"], route_class=_refusing_as(InvalidRequestError))

    @router.post("/token", openapi_extra=_form_schema("grant_type", "pre-authorized_code"))
    def post_token(fields: Annotated[Any, Depends(form_body(max_bytes=_MAX_FORM))]) -> Response:
        response = issuance.token(TokenRequest.from_form(fields), now=clock())
        return json_response(response.to_json(), headers={**NO_STORE, "pragma": "no-cache"})

    @router.post("/nonce")
    def post_nonce() -> Response:
        return json_response(issuance.nonce(now=clock()).to_json(), headers=NO_STORE)

    return router


def _credential_router(issuance: Issuance, clock: Callable[[], datetime]) -> APIRouter:
    router = APIRouter(tags=["OpenID4VCI"], route_class=_refusing_as(InvalidCredentialRequestError))

    @router.post(
        "/credential",
        responses=_ANSWERS,
        openapi_extra=_message_schema("credential_configuration_id", "proofs"),
    )
    def post_credential(token: _Bearer, message: _Message) -> Response:
        return _answer(issuance, issuance.credential(token, message, now=clock()))

    @router.post("/deferred_credential", responses=_ANSWERS, openapi_extra=_message_schema("transaction_id"))
    def post_deferred(token: _Bearer, message: _Message) -> Response:
        return _answer(issuance, issuance.deferred(token, message, now=clock()))

    return router


def _notification_router(issuance: Issuance, clock: Callable[[], datetime]) -> APIRouter:
    router = APIRouter(tags=["OpenID4VCI"], route_class=_refusing_as(InvalidNotificationRequestError))

    @router.post(
        "/notification",
        status_code=HTTPStatus.NO_CONTENT,
        openapi_extra=_message_schema("notification_id", "event"),
    )
    def post_notification(token: _Bearer, message: _PlainMessage) -> Response:
        issuance.check_token(token, now=clock())
        body = parse_json_object(message.content, max_bytes=_MAX_NOTIFICATION, max_depth=8)
        issuance.notification(token, Notification.from_json(body), now=clock())
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=NO_STORE)

    return router


def _refusing_as(malformed: type[OAuthError]) -> type[APIRoute]:
    """Return a kind of route that answers refusals as OAuth does, what is no message as `malformed`."""

    def refusal_of(error: VCError) -> Response | None:
        if isinstance(error, RequestError):
            return _refusal(malformed(error.message), status=error.status)
        if isinstance(error, OAuthError):
            return _refusal(error)
        if problem_of(error).status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            # It says nothing of the request, and is answered and logged as everywhere.
            return None
        return _refusal(malformed(error.message))

    return refusing_route(refusal_of)


def _refusal(error: OAuthError, *, status: int | None = None) -> Response:
    headers = dict(NO_STORE)
    body = error.to_json()
    if isinstance(error, MissingTokenError):
        # RFC 6750 section 3.1: who brings no token is told of no error.
        headers["www-authenticate"], body = "Bearer", {}
    elif error.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        headers["www-authenticate"] = f'Bearer error="{error.error}"'
    return json_response(body, status=status or error.status, headers=headers)


def _answer(issuance: Issuance, answer: Answer) -> Response:
    body = answer.response.to_json()
    if answer.encryption is None:
        return json_response(body, status=answer.status, headers=NO_STORE)
    sealed = issuance.encryption.seal(body, answer.encryption)
    return Response(sealed, answer.status, NO_STORE, ENCRYPTED_MEDIA_TYPE)


def _bearer(request: Request) -> str:
    """Return the access token of a request; RFC 6750 section 2.1, the header and nothing else."""
    values = request.headers.getlist("authorization")
    if not values:
        raise MissingTokenError("expected an access token")
    scheme, _, token = values[0].partition(" ")
    if len(values) > 1:
        raise InvalidRequestError("expected one Authorization header")
    if scheme.lower() != "bearer":
        raise MissingTokenError("expected an access token")
    if not token or len(token) > _MAX_TOKEN or not token.isascii():
        raise InvalidTokenError("the access token is malformed")
    return token


async def _message(request: Request) -> Message:
    content = await read_body(
        request,
        is_accepted=(_JSON, ENCRYPTED_MEDIA_TYPE).__contains__,
        expected=f"{_JSON} or {ENCRYPTED_MEDIA_TYPE}",
        max_bytes=MAX_REQUEST_BYTES,
    )
    declared = request.headers["content-type"].partition(";")[0].strip().lower()
    return Message(content, encrypted=declared == ENCRYPTED_MEDIA_TYPE)


async def _plain_message(request: Request) -> Message:
    content = await read_body(request, is_accepted=_JSON.__eq__, expected=_JSON, max_bytes=_MAX_NOTIFICATION)
    return Message(content)


_Bearer = Annotated[str, Depends(_bearer)]
_Message = Annotated[Message, Depends(_message)]
_PlainMessage = Annotated[Message, Depends(_plain_message)]


def _create_offer(issuance: Issuance, body: JSONObject, now: datetime) -> Response:
    own = {name: value for name, value in body.items() if name in ("txCode", "deferred", "minutes")}
    asked = MintBody.from_json({name: value for name, value in body.items() if name not in own})
    record = parse_record(asked.record, now=now)
    minutes = body.get("minutes")
    if minutes is not None and (not isinstance(minutes, int) or isinstance(minutes, bool)):
        raise MalformedValueError(f"minutes: expected a whole number, found {json_type_name(minutes)}")
    try:
        created = issuance.offering.create(
            record,
            asked.options,
            now=now,
            with_tx_code=flag(body, "txCode", default=True),
            deferred=flag(body, "deferred", default=False),
            minutes=minutes,
        )
    except ConfigurationError as err:
        # Here it is what was asked for that is wrong, not a setting of ours.
        raise MalformedValueError(err.message) from err
    answer: JSONObject = {
        "offerId": created.offer_id,
        "credentialOffer": created.offer.to_json(),
        "link": created.link,
        "expires": format_datetime(created.expires),
    }
    if created.tx_code is not None:
        answer["txCode"] = created.tx_code
    return json_response(answer, status=HTTPStatus.CREATED, headers=NO_STORE)


def _form_schema(*required: str) -> dict[str, Any]:
    """Return the `openapi_extra` of a form. Any: OpenAPI documents are the framework's business."""
    members: JSONObject = {name: {"type": "string"} for name in (*required, "tx_code", "client_id")}
    return _body_schema(FORM_MEDIA_TYPE, members, required)


def _message_schema(*members: str) -> dict[str, Any]:
    """Return the `openapi_extra` of a JSON message. Any: as above."""
    return _body_schema(_JSON, {name: {} for name in members}, ())


def _body_schema(media_type: str, members: JSONObject, required: Sequence[str]) -> dict[str, Any]:
    names: list[JSONValue] = list(required)
    schema: JSONObject = {"type": "object", "properties": members, "required": names}
    return {"requestBody": {"required": True, "content": {media_type: {"schema": schema}}}}

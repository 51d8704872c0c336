"""OpenID4VP over HTTP: making requests, and the endpoints that wallets fetch and answer at.

Only translates. Wallets get what OAuth clients get: `{"error", "error_description"}`, never to be cached. Who
makes requests is one of us and gets problem details. What anything means is `verifier.requests`' to decide.
Source: VP 5.10, 8.2.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.params import Depends as Dependency
from fastapi.responses import Response

from protocols.oauth import describe
from protocols.oid4vp import (
    REQUEST_OBJECT_MEDIA_TYPE,
    AuthorizationError,
    InvalidRequestError,
    RequestURIPost,
    ServerError,
    check_endpoint,
)
from runtime.forms import FORM_MEDIA_TYPE, FormBody, form_body
from runtime.refusing import NO_STORE, refusing_route
from runtime.web import (
    JSONBody,
    RequestError,
    describe_answer,
    describe_body,
    flag,
    json_response,
    problem_of,
)
from vclib.datetimes import format_datetime
from vclib.errors import MalformedValueError, VCError
from vclib.strict_json import JSONObject, JSONValue
from verifier.requests import PresentationRequests, RequestOrder, UnknownRequestError

_logger = logging.getLogger(__name__)

# As many as `protocols.oid4vp.responses` reads, and base64url and form encoding around them.
_MAX_RESPONSE_BYTES = 9 * 1024 * 1024
_REQUEST_OBJECT = describe_answer(REQUEST_OBJECT_MEDIA_TYPE)
_MAX_SECRET = 200
_MAX_PURPOSE = 500
_MAX_KINDS = 10
_MEMBERS = frozenset({"situation", "kinds", "purpose", "redirectUri", "holderBinding", "rules", "country"})


def oid4vp_router(
    requests: PresentationRequests,
    *,
    clock: Callable[[], datetime],
    request_access: Sequence[Dependency] = (),
) -> APIRouter:
    """Return the routes of OpenID4VP, for an application that serves the verifier's URL.

    `request_access` are the dependencies that say who may make requests.
    """
    router = APIRouter()
    router.include_router(_page_router(requests, clock, request_access))
    router.include_router(_wallet_router(requests, clock))
    return router


def _page_router(
    requests: PresentationRequests, clock: Callable[[], datetime], access: Sequence[Dependency]
) -> APIRouter:
    router = APIRouter(tags=["OpenID4VP"])

    @router.post(
        "/requests",
        status_code=HTTPStatus.CREATED,
        dependencies=list(access),
        openapi_extra=describe_body(
            situation={"type": "string"},
            kinds={"type": "array", "items": {"type": "string"}, "default": []},
            purpose={"type": "string", "default": ""},
            redirectUri={"type": "string", "format": "uri", "default": None},
            holderBinding={"type": "boolean", "default": True},
            rules={"type": "string", "default": None},
            country={"type": "string", "pattern": "^[A-Z]{2}$", "default": None},
        ),
    )
    def post_request(body: JSONBody) -> Response:
        order = order_from_json(body, allow_loopback=requests.settings.is_loopback)
        created = requests.create(order, now=clock())
        answer: JSONObject = {
            "transactionId": created.transaction_id,
            "link": created.link,
            "clientId": created.client_id,
            "expires": format_datetime(created.expires),
        }
        return json_response(answer, status=HTTPStatus.CREATED, headers=NO_STORE)

    @router.get("/requests/{transaction_id}/result")
    def get_result(transaction_id: str, response_code: str | None = None) -> Response:
        progress = None
        if len(transaction_id) <= _MAX_SECRET and len(response_code or "") <= _MAX_SECRET:
            progress = requests.collect(transaction_id, response_code, now=clock())
        if progress is None:
            raise RequestError(HTTPStatus.NOT_FOUND, "there is no such request, or it has ended")
        answer: JSONObject = {"state": str(progress.state)}
        if progress.result is not None:
            answer["result"] = progress.result
        return json_response(answer, headers=NO_STORE)

    return router


def _wallet_router(requests: PresentationRequests, clock: Callable[[], datetime]) -> APIRouter:
    router = APIRouter(tags=["OpenID4VP"], route_class=refusing_route(_refusal_of))

    def request_object(request_id: str, post: RequestURIPost) -> Response:
        text = requests.request_object(request_id, post, now=clock())
        return Response(text, HTTPStatus.OK, NO_STORE, REQUEST_OBJECT_MEDIA_TYPE)

    @router.get("/requests/{request_id}/object", response_class=Response, responses=_REQUEST_OBJECT)
    def get_object(request_id: str) -> Response:
        return request_object(request_id, RequestURIPost())

    @router.post(
        "/requests/{request_id}/object",
        response_class=Response,
        responses=_REQUEST_OBJECT,
        openapi_extra=_form("wallet_metadata", "wallet_nonce"),
    )
    def post_object(request_id: str, fields: FormBody) -> Response:
        return request_object(request_id, RequestURIPost.from_form(fields))

    @router.post(
        "/responses/{request_id}",
        openapi_extra=_form("vp_token", "state", "response", "error", "error_description"),
    )
    def post_response(
        request_id: str,
        # Any: what the dependency gives is a mapping of texts.
        fields: Annotated[Any, Depends(form_body(max_bytes=_MAX_RESPONSE_BYTES))],
    ) -> Response:
        return json_response(requests.take(request_id, fields, now=clock()), headers=NO_STORE)

    return router


def _refusal_of(error: VCError) -> Response | None:
    """Return how OAuth answers a refusal."""
    if isinstance(error, RequestError):
        return _refusal(InvalidRequestError(error.message), error.status)
    if isinstance(error, UnknownRequestError):
        return _refusal(error, HTTPStatus.NOT_FOUND)
    if isinstance(error, AuthorizationError):
        return _refusal(error, HTTPStatus.BAD_REQUEST)
    if problem_of(error).status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _unavailable(error)
    return _refusal(InvalidRequestError(error.message), HTTPStatus.BAD_REQUEST)


def _unavailable(error: VCError) -> Response:
    # What is wrong with us is nobody's business; it is in the log.
    _logger.error("not able to answer: [%s] %s", error.code, error.message)
    told = ServerError("this service cannot answer at the moment")
    return _refusal(told, HTTPStatus.SERVICE_UNAVAILABLE)


def _refusal(error: AuthorizationError, status: HTTPStatus) -> Response:
    body: JSONObject = {"error": error.code, "error_description": describe(error.message)}
    return json_response(body, status=status, headers=NO_STORE)


def order_from_json(body: JSONObject, *, allow_loopback: bool) -> RequestOrder:
    """Return what is to be asked, of the body of POST /requests; raises MalformedValueError."""
    unknown = sorted(set(body) - _MEMBERS)
    if unknown:
        raise MalformedValueError(f"{unknown[0][:40]}: no member of this request")
    redirect_uri = _text(body, "redirectUri", limit=2048)
    if redirect_uri is not None:
        try:
            check_endpoint(redirect_uri, "redirectUri", InvalidRequestError, allow_loopback=allow_loopback)
        except InvalidRequestError as err:
            raise MalformedValueError(err.message) from err
    situation = _text(body, "situation", limit=40)
    if situation is None:
        raise MalformedValueError("situation: expected a text, found none")
    return RequestOrder(
        situation=situation,
        kinds=_kinds(body.get("kinds", [])),
        purpose=_text(body, "purpose", limit=_MAX_PURPOSE),
        redirect_uri=redirect_uri,
        holder_binding=flag(body, "holderBinding", default=True),
        rules=_text(body, "rules", limit=40),
        country=_text(body, "country", limit=2),
    )


def _text(body: JSONObject, name: str, *, limit: int) -> str | None:
    value = body.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > limit:
        raise MalformedValueError(f"{name}: expected a text of at most {limit} characters")
    return value


def _kinds(value: JSONValue) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > _MAX_KINDS:
        raise MalformedValueError(f"kinds: expected a list of at most {_MAX_KINDS} kinds of record")
    names = tuple(item for item in value if isinstance(item, str))
    if len(names) != len(value):
        raise MalformedValueError("kinds: expected a list of texts")
    return names


def _form(*members: str) -> dict[str, Any]:
    """Return the `openapi_extra` of a form. Any: OpenAPI documents are the framework's business."""
    schema: JSONObject = {"type": "object", "properties": {name: {"type": "string"} for name in members}}
    return {"requestBody": {"required": True, "content": {FORM_MEDIA_TYPE: {"schema": schema}}}}

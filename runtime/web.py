"""What every HTTP face here shares: strict JSON bodies under limits, and failures as problem details.

A body is read once, under one limit on size and one on time, and parsed as strictly as any other JSON
(`vclib.strict_json`), so two readers never see two documents in one request. Whatever is refused is answered
with `application/problem+json` (https://www.rfc-editor.org/rfc/rfc9457) that names the failure's type: bad
input is a 4xx and never a 500, and what goes wrong inside says nothing of the inside. Not here: what a
request means, and who may make it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Annotated, Any, TypeAlias

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vclib import errors
from vclib.errors import MalformedValueError, VCError
from vclib.strict_json import JSONObject, JSONValue, dump_json, json_type_name, parse_json_object

__all__ = [
    "PROBLEM_MEDIA_TYPE",
    "JSONBody",
    "Problem",
    "RequestError",
    "create_app",
    "describe_answer",
    "describe_body",
    "json_body",
    "json_response",
    "on_http_error",
    "problem_of",
    "problem_response",
    "read_body",
]

_logger = logging.getLogger(__name__)

PROBLEM_MEDIA_TYPE = "application/problem+json"

# https://www.w3.org/TR/vcalm/ allows 10 MB; one presentation with a course of doses is some 100 kB.
MAX_BODY_BYTES = 1024 * 1024
BODY_SECONDS = 20.0

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")

# What a browser or a cache must not do with an answer, whatever it holds, unless the answer says otherwise.
_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
        "referrer-policy": "no-referrer",
    }
)

# What says something about us and not about the request; everything else that is refused is a 400.
_STATUS: tuple[tuple[type[VCError], HTTPStatus], ...] = (
    (errors.StoreError, HTTPStatus.SERVICE_UNAVAILABLE),
    (errors.SealingError, HTTPStatus.SERVICE_UNAVAILABLE),
    (errors.ConfigurationError, HTTPStatus.SERVICE_UNAVAILABLE),
    (errors.ContextIntegrityError, HTTPStatus.SERVICE_UNAVAILABLE),
)


class RequestError(VCError):
    """A request that is refused before its meaning is looked at; `status` is the answer's."""

    code = "request"

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Problem:
    """One problem detail: `type` is a URL that names the kind, `detail` says what was found this time."""

    status: HTTPStatus
    type: str
    title: str
    detail: str

    def to_json(self) -> JSONObject:
        """Return the problem's members as RFC 9457 names them."""
        return {"type": self.type, "title": self.title, "status": int(self.status), "detail": self.detail}


def problem_of(error: VCError) -> Problem:
    """Return a failure as a problem; one that no standard names has the type "about:blank"."""
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), HTTPStatus.BAD_REQUEST)
    if isinstance(error, RequestError):
        status = error.status
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        # Paths and settings are nobody's business; they are in the log.
        return Problem(status, "about:blank", status.phrase, "This service cannot answer at the moment.")
    if error.type is None:
        return Problem(status, "about:blank", status.phrase, error.message)
    return Problem(status, error.type, error.type.rpartition("#")[2], error.message)


def problem_response(problem: Problem, *, headers: Mapping[str, str] | None = None) -> Response:
    """Return a problem as the answer to a request.

    It has the protective headers itself, because some refusals are made outside of what adds them.
    """
    given = {name.lower(): value for name, value in (headers or {}).items()}
    return json_response(
        problem.to_json(),
        status=problem.status,
        media_type=PROBLEM_MEDIA_TYPE,
        headers={**_HEADERS, **given},
    )


def json_response(
    value: JSONValue,
    *,
    status: int = HTTPStatus.OK,
    media_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a JSON value as the answer to a request."""
    return Response(dump_json(value).encode(), status, dict(headers or {}), media_type)


def flag(body: JSONObject, name: str, *, default: bool) -> bool:
    """Return a member of a body that is true or false; MalformedValueError for anything else."""
    value = body.get(name, default)
    if not isinstance(value, bool):
        raise MalformedValueError(f"{name}: expected a boolean, found {json_type_name(value)}")
    return value


def describe_body(**members: JSONObject) -> dict[str, Any]:
    """Return the `openapi_extra` of a route whose body is an object with these members.

    Any: OpenAPI documents are the framework's business. Members without "default" are required.
    """
    required = [name for name, schema in members.items() if "default" not in schema]
    schema = {"type": "object", "required": required, "properties": members, "additionalProperties": False}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def describe_answer(*media_types: str, status: HTTPStatus = HTTPStatus.OK) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of a route that answers with one of these media types; Any: as above.

    The route's `response_class` has to be `Response`, or JSON is described as well.
    """
    content: dict[str, Any] = {media_type: {} for media_type in media_types}
    return {int(status): {"description": status.phrase, "content": content}}


def json_body(
    *, max_bytes: int = MAX_BODY_BYTES, seconds: float = BODY_SECONDS
) -> Callable[[Request], Awaitable[JSONObject]]:
    """Return a dependency that gives the request's body: one JSON object, strictly read.

    It raises what becomes 415 for another media type or encoding, 413 past `max_bytes`, 408 for a body that
    takes longer than `seconds`, and 400 for anything that is not one JSON object.
    """

    async def body(request: Request) -> JSONObject:
        content = await read_body(
            request, is_accepted=_is_json, expected="application/json", max_bytes=max_bytes, seconds=seconds
        )
        return parse_json_object(content, max_bytes=max_bytes)

    return body


async def read_body(
    request: Request,
    *,
    is_accepted: Callable[[str], bool],
    expected: str,
    max_bytes: int = MAX_BODY_BYTES,
    seconds: float = BODY_SECONDS,
) -> bytes:
    """Return a request's body if `is_accepted` says so of its media type; `expected` is for the message.

    Raises RequestError: 415 for another media type or encoding, 413 past `max_bytes`, 408 for a body that
    takes longer than `seconds`, 400 for one that ends early.
    """
    _check_media_type(request, is_accepted, expected)
    try:
        async with asyncio.timeout(seconds):
            return await _read(request, max_bytes)
    except TimeoutError as err:
        raise RequestError(HTTPStatus.REQUEST_TIMEOUT, "the body took too long to arrive") from err
    except ClientDisconnect as err:
        raise RequestError(HTTPStatus.BAD_REQUEST, "the body ended before it was complete") from err


# For a route's parameter: the body of a request under the limits above.
JSONBody: TypeAlias = Annotated[JSONObject, Depends(json_body())]


def create_app(title: str, *, version: str) -> FastAPI:
    """Return an application without routes that answers every failure with problem details.

    Interactive documentation is off, because the usual pages load scripts of other hosts.
    """
    app = FastAPI(title=title, version=version, docs_url=None, redoc_url=None, redirect_slashes=False)

    app.add_middleware(_ProtectiveHeaders)
    app.add_exception_handler(VCError, _on_refusal)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_parameter)
    app.add_exception_handler(Exception, _on_fault)
    return app


class _ProtectiveHeaders:
    """ASGI middleware that adds to every answer the headers above that it does not have."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _is_json(media_type: str) -> bool:
    return media_type == "application/json" or (
        media_type.startswith("application/") and media_type.endswith("+json")
    )


def _check_media_type(request: Request, is_accepted: Callable[[str], bool], expected: str) -> None:
    declared = request.headers.getlist("content-type")
    essence, _, parameters = (declared[0] if len(declared) == 1 else "").partition(";")
    if not is_accepted(essence.strip().lower()):
        raise RequestError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"expected a body of {expected}")
    charset = parameters.lower().replace(" ", "").replace('"', "")
    if "charset=" in charset and "charset=utf-8" not in charset.split(";"):
        raise RequestError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "expected text in UTF-8")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        # Compressed bodies can inflate to any size.
        raise RequestError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "expected a body that is not compressed")


async def _read(request: Request, max_bytes: int) -> bytes:
    announced = request.headers.get("content-length", "")
    too_large = RequestError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is larger than the limit of {max_bytes} bytes"
    )
    # The announced length is only a reason to refuse early; what counts is what arrives.
    if len(announced) > 12 or (announced.isdecimal() and int(announced) > max_bytes):
        raise too_large
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > max_bytes:
            raise too_large
    return bytes(content)


async def _on_refusal(_: Request, error: Exception) -> Response:
    if not isinstance(error, VCError):
        raise error
    problem = problem_of(error)
    if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _logger.error("not able to answer: [%s] %s", error.code, error.message)
    return problem_response(problem)


async def on_http_error(request: Request, error: Exception) -> Response:
    """Answer what the framework refuses; a method that a path does not know, with those it does."""
    if not isinstance(error, HTTPException):
        raise error
    status = HTTPStatus(error.status_code)
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["allow"] = ", ".join(_allowed(request))
    return problem_response(
        Problem(status, "about:blank", status.phrase, status.description or status.phrase), headers=headers
    )


def _allowed(request: Request) -> list[str]:
    """Return the methods of all routes of a path; the framework tells those of the first one only."""
    scope = {name: value for name, value in request.scope.items() if name != "fastapi"}
    return [
        method
        for method in _METHODS
        if any(
            route.matches({**scope, "method": method})[0] == Match.FULL for route in request.app.router.routes
        )
    ]


async def _on_invalid_parameter(_: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    # The framework's own message would repeat what was sent.
    places = sorted({".".join(str(part) for part in each["loc"]) for each in error.errors()})
    status = HTTPStatus.BAD_REQUEST
    return problem_response(
        Problem(status, "about:blank", status.phrase, f"not acceptable: {', '.join(places)[:200]}")
    )


async def _on_fault(request: Request, error: Exception) -> Response:
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    request_id = request.scope.get("state", {}).get("request_id")
    return problem_response(
        Problem(status, "about:blank", status.phrase, "This service made a mistake; nothing was decided."),
        headers={"x-request-id": request_id} if request_id else None,
    )

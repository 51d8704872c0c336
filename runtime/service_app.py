"""The application of a service: `runtime.web`'s, with what its operators and its description need.

Beside the service's own routes it has `/healthz`, `/readyz`, `/metrics`, `/docs` and `/openapi.json`; each
request gets an id, a line in the log and a place in the counts; limits keep a flood out. A path that is no
text, a head that is too large, HEAD, and a method that a path does not know are answered here for all routes
alike. Not here: the limits on a body and how failures become answers (`runtime.web`).
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from urllib.parse import unquote_to_bytes

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runtime.health import health_router
from runtime.limits import MAX_CONCURRENT, Limits, RateLimit
from runtime.logs import log_request
from runtime.metrics import Metrics
from runtime.openapi import add_docs, describe_refusals
from runtime.web import Problem, create_app, problem_response

__all__ = ["RateLimit", "create_service_app"]

_MAX_HEAD_BYTES = 16 * 1024
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_NO_ROUTE = "none"


def create_service_app(
    title: str,
    *,
    version: str,
    ready: Callable[[], None],
    clock: Callable[[], datetime],
    rate: RateLimit | None,
    docs: bool = True,
    max_concurrent: int = MAX_CONCURRENT,
) -> FastAPI:
    """Return an application to which a service adds its routes.

    `ready` raises a VCError where the service could not work now; `clock` fills the buckets of `rate`. Of
    `max_concurrent` requests at a time one address has at most a quarter where there is a rate.
    """
    app = create_app(title, version=version)
    metrics = Metrics()
    app.include_router(health_router(ready, metrics))
    app.add_exception_handler(HTTPException, _on_http_error)
    describe_refusals(app)
    if docs:
        add_docs(app)
    # The last one is the outermost.
    app.add_middleware(_Guard)
    app.add_middleware(Limits, rate=rate, clock=clock, max_concurrent=max_concurrent)
    app.add_middleware(_Record, metrics=metrics)
    return app


class _Record:
    """ASGI middleware that gives each request an id, and writes down how it went."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        status = int(HTTPStatus.INTERNAL_SERVER_ERROR)
        method, begun = str(scope["method"]), time.perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            seconds = time.perf_counter() - begun
            route = _template(scope)
            self._metrics.count(method=method, route=route, status=status, seconds=seconds)
            log_request(request_id=request_id, method=method, route=route, status=status, seconds=seconds)


class _Guard:
    """ASGI middleware that refuses heads nobody should have to think about, and answers HEAD as GET."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = _refuse_head(scope)
        if refusal is not None:
            await refusal(scope, receive, send)
        elif scope["method"] == "HEAD":
            await self._app_without_body(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _app_without_body(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        # The same object, because what is found about the route is read from it afterwards.
        scope["method"] = "GET"
        await self._app(scope, receive, send_without_body)


def _refuse_head(scope: Scope) -> Response | None:
    raw = scope.get("raw_path") or scope["path"].encode()
    size = len(raw) + len(scope["query_string"])
    size += sum(len(name) + len(value) + 4 for name, value in scope["headers"])
    if size > _MAX_HEAD_BYTES:
        return _refused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
    try:
        path = unquote_to_bytes(raw).decode()
    except UnicodeDecodeError:
        return _refused(HTTPStatus.BAD_REQUEST, "the path is not text in UTF-8")
    if any(character < " " or character == "\x7f" for character in path):
        # PostgreSQL could not even look for a NUL character, and nothing of ours is named with any of them.
        return _refused(HTTPStatus.NOT_FOUND)
    return None


def _refused(
    status: HTTPStatus, detail: str | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    detail = detail or status.description or status.phrase
    return problem_response(Problem(status, "about:blank", status.phrase, detail), headers=headers)


async def _on_http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_allowed(request))
    return _refused(HTTPStatus(error.status_code), headers=headers)


def _allowed(request: Request) -> list[str]:
    """Return the methods of all routes of a path; the framework tells those of the first one only."""
    scope = {name: value for name, value in request.scope.items() if name != "fastapi"}
    allowed = [
        method
        for method in _METHODS
        if any(
            route.matches({**scope, "method": method})[0] == Match.FULL for route in request.app.router.routes
        )
    ]
    return ["GET", "HEAD", *allowed[1:]] if "GET" in allowed else allowed


def _template(scope: Scope) -> str:
    """Return the route as it is written in the code, whole also where it belongs to an included router."""
    route = scope.get("fastapi", {}).get("effective_route_context") or scope.get("route")
    return str(getattr(route, "path", _NO_ROUTE))

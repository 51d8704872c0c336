"""The holder service over HTTP, on this machine only: VCALM's routes for holders, with one token.

A browser can be made to send requests to loopback by any page it shows. So a request needs the token; its
Host is this service's own, which a page that rebinds its name cannot send; and one that names an Origin, or
says that a page made it, is refused, because no page has business here. Source:
https://w3c.github.io/vcalm/#presenting. Not here: what may leave (`wallet.holder_service`).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection
from http import HTTPStatus
from importlib.metadata import version

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from protocols.vcalm import DeriveRequest
from protocols.vcalm_presentations import CreatePresentation
from runtime.web import JSONBody, Problem, create_app, describe_body, json_response, problem_response
from vclib.strict_json import JSONValue
from wallet.holder_service import HolderService, NoPresentationError

_MAX_TOKEN_CHARACTERS = 500


def create_holder_app(service: HolderService, *, token: str, hosts: Collection[str]) -> FastAPI:
    """Return the application; `hosts` are the Host headers that mean it, e.g. "127.0.0.1:8443"."""
    app = create_app("ddcc wallet", version=version("ddcc-wallet"))
    app.add_middleware(_Gate, token=token, hosts=frozenset(hosts))
    app.add_exception_handler(NoPresentationError, _on_no_presentation)
    app.include_router(_routes(service))
    return app


class _Gate:
    """ASGI middleware that lets only the token's owner in, before a body is read or a route looked up."""

    def __init__(self, app: ASGIApp, *, token: str, hosts: frozenset[str]) -> None:
        self._app = app
        self._digest = _digest(token.encode())
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            refusal = self._refusal(Request(scope))
            if refusal is not None:
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _refusal(self, request: Request) -> Response | None:
        if request.headers.getlist("host") not in [[host] for host in self._hosts]:
            return _refused(HTTPStatus.MISDIRECTED_REQUEST, "this service has another name")
        if "origin" in request.headers or request.headers.get("sec-fetch-site", "none") != "none":
            return _refused(HTTPStatus.FORBIDDEN, "this service is not for web pages")
        if not self._accepts(request.headers.getlist("authorization")):
            refusal = _refused(HTTPStatus.UNAUTHORIZED, "this needs the token of the wallet's service")
            refusal.headers["www-authenticate"] = "Bearer"
            return refusal
        return None

    def _accepts(self, headers: list[str]) -> bool:
        scheme, _, token = (headers[0] if len(headers) == 1 else "").partition(" ")
        if scheme.lower() != "bearer" or len(token) > _MAX_TOKEN_CHARACTERS:
            return False
        # Digests are of one length, so that the time of an answer tells nothing of the token.
        return hmac.compare_digest(_digest(token.strip().encode()), self._digest)


def _routes(service: HolderService) -> APIRouter:
    router = APIRouter()

    @router.post(
        "/credentials/derive",
        status_code=HTTPStatus.CREATED,
        openapi_extra=describe_body(
            verifiableCredential={"type": "object"}, options={"type": "object", "default": {}}
        ),
    )
    def derive(body: JSONBody) -> Response:
        return json_response(service.derive(DeriveRequest.from_json(body)), status=HTTPStatus.CREATED)

    @router.post(
        "/presentations",
        status_code=HTTPStatus.CREATED,
        openapi_extra=describe_body(presentation={"type": "object"}, options={"type": "object"}),
    )
    def present(body: JSONBody) -> Response:
        presentation_id, signed = service.present(CreatePresentation.from_json(body))
        return json_response(
            {"verifiablePresentation": signed},
            status=HTTPStatus.CREATED,
            headers={"location": f"/presentations/{presentation_id}"},
        )

    @router.get("/presentations")
    def presentations() -> Response:
        kept: list[JSONValue] = list(service.presentations())
        return json_response({"verifiablePresentations": kept})

    @router.get("/presentations/{presentation_id}")
    def presentation(presentation_id: str) -> Response:
        return json_response({"verifiablePresentation": service.presentation(presentation_id)})

    @router.delete("/presentations/{presentation_id}", status_code=HTTPStatus.ACCEPTED)
    def forget(presentation_id: str) -> Response:
        service.forget(presentation_id)
        return Response(status_code=HTTPStatus.ACCEPTED)

    return router


async def _on_no_presentation(_: Request, error: Exception) -> Response:
    return _refused(HTTPStatus.NOT_FOUND, str(error))


def _refused(status: HTTPStatus, detail: str) -> Response:
    problem = Problem(status, "about:blank", status.phrase, detail)
    return problem_response(problem, headers={"cache-control": "no-store"})


def _digest(token: bytes) -> bytes:
    return hashlib.sha256(token).digest()

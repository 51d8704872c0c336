"""Exchanges over HTTP: workflows and exchanges for who starts them, turns for wallets, interaction URLs.

Whoever starts an exchange, or reads what became of it, needs a token where the settings say so; whoever knows
an exchange's URL can take a turn in it, which is what the URL is for (threat E15). An interaction URL is
what a QR code holds: a wallet is told the protocols, a person gets a page that says what to do, with no
script, no style and nothing from elsewhere. Sources: https://w3c.github.io/vcalm/#workflows-and-exchanges,
#interaction-url-format. Not here: what a turn does (`verifier.exchanges`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from html import escape
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.params import Depends as Dependency
from fastapi.responses import HTMLResponse, Response

from protocols.vcalm_exchanges import CreateExchange, ExchangeMessage, WorkflowConfig
from runtime.qr import make_qr
from runtime.web import JSONBody, Problem, describe_body, json_response, problem_response
from vclib.errors import ConfigurationError, VCError
from vclib.strict_json import JSONObject
from verifier.exchanges import Exchanges, ExchangeStateError, NoExchangeError

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>{name}</title><meta name="robots" content="noindex"></head>
<body>
<h1>{name}</h1>
<p>{purpose}</p>
<p>Scan this with your wallet, or give it this address. Before anything leaves your wallet, it shows what, and
asks you; check there that it is for <strong>{domain}</strong>.</p>
<div>{code}</div>
<p><code>{url}</code></p>
<p>On the device that has the wallet: <a href="interaction:{url}" rel="noreferrer">open the wallet</a>.</p>
</body>
</html>
"""


def exchange_router(
    exchanges: Exchanges,
    *,
    clock: Callable[[], datetime],
    to_start: Sequence[Dependency],
) -> APIRouter:
    """Return the routes of exchanges; `to_start` guards those that start one or read its outcome."""
    router = APIRouter()
    base = _base_url(exchanges)

    def url_of(workflow_id: str, exchange_id: str) -> str:
        return f"{base}/workflows/{workflow_id}/exchanges/{exchange_id}"

    def protocols_of(workflow_id: str, exchange_id: str) -> JSONObject:
        return {"protocols": {"vcapi": url_of(workflow_id, exchange_id)}}

    @router.post(
        "/workflows",
        dependencies=to_start,
        status_code=HTTPStatus.CREATED,
        openapi_extra=describe_body(steps={"type": "object"}, initialStep={"type": "string"}),
    )
    def create_workflow(body: JSONBody) -> Response:
        workflow_id = exchanges.create_workflow(WorkflowConfig.from_json(body), now=clock())
        url = f"{base}/workflows/{workflow_id}"
        return json_response({"id": url}, status=HTTPStatus.CREATED, headers={"location": url})

    @router.get("/workflows/{workflow_id}", dependencies=to_start)
    def read_workflow(workflow_id: str) -> Response:
        return json_response(exchanges.workflow(workflow_id).to_json())

    @router.post(
        "/workflows/{workflow_id}/exchanges",
        dependencies=to_start,
        status_code=HTTPStatus.CREATED,
        openapi_extra=describe_body(
            expires={"type": "string", "default": ""}, variables={"type": "object", "default": {}}
        ),
    )
    def begin(workflow_id: str, body: JSONBody) -> Response:
        exchange_id = exchanges.begin(workflow_id, CreateExchange.from_json(body), now=clock())
        url = url_of(workflow_id, exchange_id)
        created: JSONObject = {"id": url, "interactionUrl": interaction_url(base, exchange_id)}
        return json_response(created, status=HTTPStatus.CREATED, headers={"location": url})

    @router.get("/workflows/{workflow_id}/exchanges/{exchange_id}", dependencies=to_start)
    def read(workflow_id: str, exchange_id: str) -> Response:
        row = exchanges.find(exchange_id, workflow_id, now=clock())
        return json_response(exchanges.to_json(exchange_id, row, url_of(workflow_id, exchange_id)))

    @router.post(
        "/workflows/{workflow_id}/exchanges/{exchange_id}",
        openapi_extra=describe_body(verifiablePresentation={"type": "object", "default": {}}),
    )
    def take_turn(workflow_id: str, exchange_id: str, body: JSONBody) -> Response:
        message = ExchangeMessage.from_json(body)
        answer = exchanges.take_turn(workflow_id, exchange_id, message, now=clock())
        return json_response(answer.to_json())

    @router.get("/workflows/{workflow_id}/exchanges/{exchange_id}/protocols")
    def protocols(workflow_id: str, exchange_id: str) -> Response:
        exchanges.find(exchange_id, workflow_id, now=clock())
        return json_response(protocols_of(workflow_id, exchange_id))

    @router.get("/workflows/{workflow_id}/exchanges/{exchange_id}/request")
    def request(workflow_id: str, exchange_id: str) -> Response:
        row = exchanges.find(exchange_id, workflow_id, now=clock())
        asked = exchanges.request(exchange_id, row)
        return json_response({} if asked is None else {"verifiablePresentationRequest": asked.to_json()})

    @router.get("/interactions/{exchange_id}")
    def interact(
        request: Request, exchange_id: str, version: Annotated[str, Query(alias="iuv", pattern="^1$")]
    ) -> Response:
        row = exchanges.find(exchange_id, now=clock())
        if accepts_json(request.headers.get("accept", "")):
            return json_response(protocols_of(row.workflow_id, exchange_id), headers={"vary": "accept"})
        page = interaction_page(exchanges, interaction_url(base, exchange_id))
        return HTMLResponse(page, headers={"vary": "accept"})

    return router


def add_exchange_errors(app: FastAPI) -> None:
    """Answer 404 for what is not there, and 409 for an exchange that has ended."""

    def answering(status: HTTPStatus) -> Callable[[Request, Exception], Response]:
        def answer(_: Request, error: Exception) -> Response:
            detail = error.message if isinstance(error, VCError) else status.phrase
            return problem_response(Problem(status, "about:blank", status.phrase, detail))

        return answer

    app.add_exception_handler(NoExchangeError, answering(HTTPStatus.NOT_FOUND))
    app.add_exception_handler(ExchangeStateError, answering(HTTPStatus.CONFLICT))


def interaction_url(base: str, exchange_id: str) -> str:
    """Return the URL that a QR code holds for an exchange."""
    return f"{base}/interactions/{exchange_id}?iuv=1"


def interaction_page(exchanges: Exchanges, url: str) -> str:
    """Return the page that tells a person what an interaction URL is for."""
    config = exchanges.config
    code = make_qr(url).svg().decode()
    return _PAGE.format(
        name=escape(config.name),
        purpose=escape(config.purpose or "You are asked to show a health credential."),
        domain=escape(config.domain or ""),
        url=escape(url),
        code=code[code.index("<svg") :],
    )


def accepts_json(accept: str) -> bool:
    """Whether an Accept header names application/json; everything else is a person's browser."""
    kinds = (part.partition(";")[0].strip().lower() for part in accept.split(","))
    return "application/json" in kinds


def _base_url(exchanges: Exchanges) -> str:
    if exchanges.config.url is None:
        raise ConfigurationError("exchanges have URLs: set url")
    return exchanges.config.url

"""A service's description: every refusal is in it, and a page shows it without another host's help.

The framework describes a validation error that these services never send, and none of the refusals that
they do. Here the description gets what every route may answer, as problem details (RFC 9457) or, on OAuth's
and OpenID's endpoints, as JSON of their own. The page is plain HTML made from the description; it needs no
script, and its only style is allowed by its digest.
Sources: https://spec.openapis.org/oas/v3.1.0, https://www.w3.org/TR/CSP3/.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from html import escape
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, Response

from runtime.web import PROBLEM_MEDIA_TYPE

_REFUSALS = (400, 401, 403, 404, 405, 408, 411, 413, 415, 422, 429, 431, 503)
_WITH_RETRY = (429, 503)
_PROBLEM = {
    "type": "object",
    "description": "A problem detail, https://www.rfc-editor.org/rfc/rfc9457",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}
_FRAMEWORK_SCHEMAS = ("HTTPValidationError", "ValidationError")
_FRAMEWORK_REFERENCE = "#/components/schemas/HTTPValidationError"

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "h2{margin-top:2.5rem;font-size:1.1rem}code,pre{font:14px/1.4 ui-monospace,monospace}"
    "pre{overflow:auto;padding:.75rem;border:1px solid #999}dt{font-weight:bold}"
)
_POLICY = (
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-"
    f"{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'"
)


def describe_refusals(app: FastAPI) -> None:
    """Make the application's description complete; it is built when it is first asked for."""

    def description() -> dict[str, Any]:
        # Any: OpenAPI documents are the framework's business.
        if app.openapi_schema is None:
            app.openapi_schema = _complete(
                get_openapi(title=app.title, version=app.version, routes=app.routes)
            )
        return app.openapi_schema

    app.openapi = description  # type: ignore[method-assign]


def add_docs(app: FastAPI) -> None:
    """Add `/docs`, a page that shows the description."""

    @app.get("/docs", include_in_schema=False)
    def docs() -> Response:
        page = "".join(_page(app.openapi()))
        return HTMLResponse(page, headers={"content-security-policy": _POLICY})


def _complete(document: dict[str, Any]) -> dict[str, Any]:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in _FRAMEWORK_SCHEMAS:
        schemas.pop(name, None)
    schemas["Problem"] = _PROBLEM
    components["responses"] = {f"Refused{status}": _refusal(status) for status in _REFUSALS}
    for _, _, operation in _operations(document):
        answers = operation["responses"]
        if _FRAMEWORK_REFERENCE in json.dumps(answers.get("422", {})):
            del answers["422"]
        for status in _REFUSALS:
            answers.setdefault(str(status), {"$ref": f"#/components/responses/Refused{status}"})
    return document


def _refusal(status: int) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "description": HTTPStatus(status).phrase,
        "content": {
            PROBLEM_MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}},
            "application/json": {"schema": {"type": "object"}},
        },
    }
    if status in _WITH_RETRY:
        answer["headers"] = {"Retry-After": {"schema": {"type": "string"}, "description": "Seconds."}}
    return answer


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document.get("paths", {}).items():
        for method, operation in methods.items():
            if isinstance(operation, dict) and "responses" in operation:
                yield path, method, operation


def _page(document: dict[str, Any]) -> Iterator[str]:
    title = escape(f"{document['info']['title']} {document['info']['version']}")
    yield f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
    yield f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>'
    yield f'<h1>{title}</h1><p>The same for programs: <a href="openapi.json">openapi.json</a></p>'
    yield "<p>Whatever is refused is answered with problem details (RFC 9457) or the protocol's error.</p>"
    for path, method, operation in _operations(document):
        yield f"<h2><code>{escape(method.upper())} {escape(path)}</code></h2>"
        for member in ("summary", "description"):
            if operation.get(member):
                yield f"<p>{escape(operation[member])}</p>"
        yield from _parameters(operation)
        yield from _body(operation)
        yield from _answers(operation)
    yield "</body></html>"


def _parameters(operation: dict[str, Any]) -> Iterator[str]:
    parameters = operation.get("parameters", [])
    if parameters:
        yield "<dl>"
        for each in parameters:
            needed = "required" if each.get("required") else "optional"
            place = escape(f"{each['name']} ({each['in']}, {needed})")
            yield f"<dt><code>{place}</code></dt><dd>{escape(each.get('description', ''))}</dd>"
        yield "</dl>"


def _body(operation: dict[str, Any]) -> Iterator[str]:
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f"<p>Body: <code>{escape(media_type)}</code></p>"
        yield f"<pre>{escape(json.dumps(content.get('schema', {}), indent=2))}</pre>"


def _answers(operation: dict[str, Any]) -> Iterator[str]:
    yield "<ul>"
    for status, answer in operation["responses"].items():
        if "$ref" not in answer:
            yield f"<li><code>{escape(status)}</code> {escape(answer.get('description', ''))}</li>"
    yield "</ul>"

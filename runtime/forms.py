"""Bodies that are forms: one text for each name, strictly read.

OAuth's token endpoint and OpenID4VP's direct_post are answered from such bodies. A name that occurs twice is
refused, because two readers could take two values from one request (RFC 6749 section 3.2, threat J8).
Source: https://url.spec.whatwg.org/#application/x-www-form-urlencoded. Not here: what the fields mean.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Annotated, TypeAlias
from urllib.parse import parse_qsl

from fastapi import Depends, Request

from runtime.web import BODY_SECONDS, MAX_BODY_BYTES, RequestError, read_body

FORM_MEDIA_TYPE = "application/x-www-form-urlencoded"

_MAX_FIELDS = 50


def parse_form(content: bytes) -> Mapping[str, str]:
    """Return the fields of a form body. Raises RequestError for anything that is not one in UTF-8."""
    try:
        pairs = parse_qsl(
            content.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(content),
            errors="strict",
            max_num_fields=_MAX_FIELDS,
        )
    except ValueError as err:
        raise RequestError(HTTPStatus.BAD_REQUEST, "the body is not a form in UTF-8") from err
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise RequestError(HTTPStatus.BAD_REQUEST, "a field of the form occurs twice")
    return fields


def form_body(
    *, max_bytes: int = MAX_BODY_BYTES, seconds: float = BODY_SECONDS
) -> Callable[[Request], Awaitable[Mapping[str, str]]]:
    """Return a dependency that gives the fields of a form body, under the limits of `web.read_body`."""

    async def body(request: Request) -> Mapping[str, str]:
        content = await read_body(
            request,
            is_accepted=FORM_MEDIA_TYPE.__eq__,
            expected=FORM_MEDIA_TYPE,
            max_bytes=max_bytes,
            seconds=seconds,
        )
        return parse_form(content)

    return body


# For a route's parameter: the fields of a form body under the limits above.
FormBody: TypeAlias = Annotated[Mapping[str, str], Depends(form_body())]

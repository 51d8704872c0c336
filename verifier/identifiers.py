"""DID resolution over HTTP: GET /identifiers/{did or DID URL}.

Source: https://www.w3.org/TR/did-resolution/#bindings-https. A DID answers with a resolution result, a DID
URL with a dereferencing result; a failure is in the metadata, and the status says of what kind it is.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from runtime.web import PROBLEM_MEDIA_TYPE, json_response
from vclib.did import (
    Fetch,
    ResolutionOptions,
    dereference,
    dereferencing_error,
    dereferencing_success,
    resolution_error,
    resolve,
)
from vclib.errors import DIDError, DIDInternalError, DIDNotFoundError, MethodNotSupportedError
from vclib.strict_json import JSONObject

RESULT_MEDIA_TYPE = 'application/ld+json;profile="https://w3id.org/did-resolution"'

# A host that does not answer is not our own failure, so it is 502 where the standard has 500.
_STATUS: tuple[tuple[type[DIDError], HTTPStatus], ...] = (
    (DIDNotFoundError, HTTPStatus.NOT_FOUND),
    (MethodNotSupportedError, HTTPStatus.NOT_IMPLEMENTED),
    (DIDInternalError, HTTPStatus.BAD_GATEWAY),
)


class _Result(Response):
    media_type = RESULT_MEDIA_TYPE


# A result that says why not, or a problem where the request itself is none.
_REFUSED: dict[str, Any] = {
    media_type: {"schema": {"type": "object"}} for media_type in (RESULT_MEDIA_TYPE, PROBLEM_MEDIA_TYPE)
}
# Any: OpenAPI documents are the framework's business. Those without a status of their own are 400.
_FAILURES: dict[int | str, dict[str, Any]] = {
    int(status): {"description": status.phrase, "content": _REFUSED}
    for status in (HTTPStatus.BAD_REQUEST, *(status for _, status in _STATUS))
}


def identifiers_router(
    *, fetch: Fetch | None = None, as_written: Callable[[JSONObject], JSONObject] | None = None
) -> APIRouter:
    """Return the resolver's route; `as_written` may rewrite a result, for clients of older drafts."""
    router = APIRouter()

    def answer(result: JSONObject, status: HTTPStatus) -> Response:
        written = result if as_written is None else as_written(result)
        return json_response(written, status=status, media_type=RESULT_MEDIA_TYPE)

    @router.get("/identifiers/{identifier:path}", response_class=_Result, responses=_FAILURES)
    def read(
        identifier: str,
        public_key_format: Annotated[str, Query(alias="publicKeyFormat", max_length=100)] = "Multikey",
        experimental: Annotated[bool, Query(alias="enableExperimentalPublicKeyTypes")] = False,
        key_derivation: Annotated[bool, Query(alias="enableEncryptionKeyDerivation")] = False,
    ) -> Response:
        options = ResolutionOptions(public_key_format, experimental, key_derivation)
        is_url = any(mark in identifier for mark in "/?#;")
        try:
            if is_url:
                return answer(
                    dereferencing_success(dereference(identifier, fetch=fetch, options=options)),
                    HTTPStatus.OK,
                )
            return answer(resolve(identifier, fetch=fetch, options=options).to_json(), HTTPStatus.OK)
        except DIDError as err:
            return answer(dereferencing_error(err) if is_url else resolution_error(err), _status_of(err))

    return router


def _status_of(error: DIDError) -> HTTPStatus:
    return next((status for kind, status in _STATUS if isinstance(error, kind)), HTTPStatus.BAD_REQUEST)

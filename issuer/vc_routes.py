"""The management calls over HTTP: the VC API's, minting of health records, and the audit log.

Every route needs a token of a role (`issuer.access`) and answers failures with problem details. Only
translates HTTP. Source: https://w3c.github.io/vcalm/. Not here: status lists, which are for everybody
(`status_routes`).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import Response

from health import parse_record
from issuer.access import AccessControl, AccessToken, Role
from issuer.report import entry_json
from issuer.requests import MintBody
from issuer.service import DeliveredBeforeError, Issuer, MintRequest
from issuer.store import IssuerStore, NoSuchRecordError
from issuer.vc_service import CredentialService
from protocols.vcalm import IssueRequest
from protocols.vcalm_status import NewStatusList, StatusChange
from runtime.web import JSONBody, RequestError, describe_body, json_response
from vclib.errors import ConfigurationError, MalformedValueError
from vclib.strict_json import JSONObject, parse_json_object

_MAX_ID = 500
_MAX_KEY = 200
_MAX_ENTRIES = 1000


def credentials_router(
    service: CredentialService, issuer: Issuer, access: AccessControl, *, clock: Callable[[], datetime]
) -> APIRouter:
    """Return the issuer's routes of the VC API."""
    router = APIRouter(tags=["credentials"])
    # Named among a route's dependencies too, so that the token is looked at before the body.
    minter = Depends(access.require(Role.MINTER))
    revoker = Depends(access.require(Role.REVOKER))
    either = Depends(access.require(Role.MINTER, Role.REVOKER))

    @router.post(
        "/credentials/issue",
        dependencies=[minter],
        status_code=HTTPStatus.CREATED,
        openapi_extra=describe_body(credential={"type": "object"}, options={"type": "object", "default": {}}),
    )
    def issue(body: JSONBody, token: AccessToken = minter) -> Response:
        """Sign a credential and remember it; Location names the copy."""
        request = IssueRequest.from_json(body)
        issued = service.issue(request, now=clock(), by=token.token_id)
        headers = {"Location": f"/credentials/{issued.record_id}"}
        answer: JSONObject = {"verifiableCredential": issued.credential}
        return json_response(answer, status=HTTPStatus.CREATED, headers=headers)

    @router.post(
        "/credentials/status",
        dependencies=[revoker],
        openapi_extra=describe_body(
            credentialId={"type": "string"},
            credentialStatus={"type": "object"},
            status={"type": "boolean"},
            indexAllocator={"type": "string", "default": ""},
        ),
    )
    def change_status(body: JSONBody, token: AccessToken = revoker) -> Response:
        """Set or clear what a status list says of a credential."""
        with _refusing():
            service.change_status(StatusChange.from_json(body), now=clock(), by=token.token_id)
        return json_response({})

    @router.post(
        "/status-lists",
        dependencies=[revoker],
        status_code=HTTPStatus.CREATED,
        openapi_extra=describe_body(
            statusPurpose={"type": "string"}, options={"type": "object", "default": {}}
        ),
    )
    def begin_list(body: JSONBody, token: AccessToken = revoker) -> Response:
        """Begin another status list, which new credentials get their entries in."""
        begun = issuer.begin_list(NewStatusList.from_json(body).purpose, now=clock(), by=token.token_id)
        headers = {"Location": begun.url}
        return json_response({"id": begun.url}, status=HTTPStatus.CREATED, headers=headers)

    @router.get("/credentials/{credential_id:path}", dependencies=[minter])
    def credential(credential_id: str) -> Response:
        """Give a credential again, by its id or our record id, while its copy is kept."""
        _check_id(credential_id)
        with _refusing():
            copy = issuer.copy(credential_id, now=clock())
        if copy is None:
            raise HTTPException(HTTPStatus.GONE)
        return json_response(parse_json_object(copy.credential), media_type="application/vc")

    @router.delete(
        "/credentials/{credential_id:path}", status_code=HTTPStatus.ACCEPTED, dependencies=[either]
    )
    def forget(credential_id: str, token: AccessToken = either) -> Response:
        """Forget the copy of a credential. It stays valid, and can still be revoked."""
        _check_id(credential_id)
        with _refusing():
            forgotten = issuer.forget_copy(credential_id, now=clock(), by=token.token_id)
        if not forgotten:
            raise HTTPException(HTTPStatus.GONE)
        return Response(status_code=HTTPStatus.ACCEPTED)

    return router


def mint_router(issuer: Issuer, access: AccessControl, *, clock: Callable[[], datetime]) -> APIRouter:
    """Return POST /mint, which makes a credential of one health record."""
    router = APIRouter(tags=["records"])
    minter = Depends(access.require(Role.MINTER))

    @router.post(
        "/mint",
        dependencies=[minter],
        status_code=HTTPStatus.CREATED,
        openapi_extra=describe_body(record={"type": "object"}, options={"type": "object", "default": {}}),
    )
    def mint(body: JSONBody, request: Request, token: AccessToken = minter) -> Response:
        """Mint a record. With an Idempotency-Key, asking again gives the credential minted first."""
        asked = MintBody.from_json(body)
        now = clock()
        record = parse_record(asked.record, now=now)
        with _refusing():
            minted = issuer.mint_once(
                _key(request, token),
                MintRequest("record", record, None, ""),
                asked.options,
                now=now,
                by=token.token_id,
            )
        answer: JSONObject = {"recordId": minted.record_id, "verifiableCredential": minted.credential}
        headers = {"Location": f"/credentials/{minted.record_id}"}
        return json_response(answer, status=HTTPStatus.CREATED, headers=headers)

    return router


def audit_router(store: IssuerStore, access: AccessControl) -> APIRouter:
    """Return GET /audit, which reads the audit log in pieces."""
    router = APIRouter(tags=["audit"])

    @router.get("/audit", dependencies=[Depends(access.require(Role.AUDITOR))])
    def audit(
        after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
        limit: Annotated[int, Query(ge=1, le=_MAX_ENTRIES)] = 100,
    ) -> Response:
        """Give audit entries after a sequence number, and the log's length and newest hash."""
        with store.reading() as reading:
            entries = [entry_json(each) for each in reading.audit_entries(after=after, limit=limit)]
            count, newest = reading.audit_head()
        return json_response({"log": list(entries), "entries": count, "newestHash": newest})

    return router


def _key(request: Request, token: AccessToken) -> str:
    """Return the key that this request is minted under: the caller's own, or one that nobody uses again."""
    keys = request.headers.getlist("idempotency-key")
    if not keys:
        return f"once {secrets.token_hex(16)}"
    if len(keys) > 1 or not 0 < len(keys[0]) <= _MAX_KEY:
        raise RequestError(
            HTTPStatus.BAD_REQUEST, f"Idempotency-Key: expected one of 1 to {_MAX_KEY} characters"
        )
    return f"http {token.token_id} {keys[0]}"


def _check_id(credential_id: str) -> None:
    if not 0 < len(credential_id) <= _MAX_ID or not credential_id.isprintable():
        raise RequestError(HTTPStatus.BAD_REQUEST, f"expected an id of 1 to {_MAX_ID} printable characters")


@contextmanager
def _refusing() -> Iterator[None]:
    """Answer for what the caller asked, where the same failure of ours would be a 503."""
    try:
        yield
    except NoSuchRecordError as err:
        raise RequestError(HTTPStatus.NOT_FOUND, err.message) from err
    except DeliveredBeforeError as err:
        raise RequestError(HTTPStatus.GONE, err.message) from err
    except ConfigurationError as err:
        raise MalformedValueError(err.message) from err

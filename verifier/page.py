"""The venue's page at `/`: asks a wallet or reads a code, and answers with one word.

Only translates between a browser and what decides (`verifier.requests`, `verifier.service`). A browser gets
the page once and then small pieces of HTML, by POST, so that nothing of a guest is in an address, a history
or a cache (threat M2). Nothing of a scanned code is kept here; what a wallet answered waits in the database
until the page has it, or gives up, or for minutes (`verifier.transactions`). Not here: HTML
(`verifier.page_views`), and who may use the page (`verifier.page_access`).
"""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta
from http import HTTPStatus

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from health import SITUATIONS
from runtime.qr import read_qr
from runtime.web import JSONBody, RequestError, json_response, read_body
from vclib.datetimes import parse_datetime
from vclib.errors import MalformedValueError
from vclib.strict_json import JSONObject
from verifier.page_access import check_same_origin
from verifier.page_clock import differs
from verifier.page_service import Page
from verifier.page_views import HEADERS, static_file
from verifier.requests import STATUS, RequestOrder
from verifier.transactions import Progress, TransactionState

_IMAGES = frozenset({"image/png", "image/jpeg"})
_MAX_TEXT = 20_000
# A photograph of 12 megapixels, and what the page makes of a camera's picture.
_MAX_PICTURE, _MAX_FRAME = 10 * 1024 * 1024, 2 * 1024 * 1024
_MAX_SECRET = 200
# How many are decoded at a time, for all desks of a worker.
_PICTURES = threading.BoundedSemaphore(2)
# Three lines of a document are 90 characters; names may be longer than any document has room for.
_MAX_LINE, _MAX_NAMED = 300, 2000
# How long a page's question waits for news, in steps: news are told at once, silence costs few requests.
_WAIT_SECONDS, _STEP_SECONDS = 5.0, 0.25


def page_router(page: Page) -> APIRouter:
    """Return the routes of the page; everything but the page itself needs a session or an access token."""
    router = APIRouter(include_in_schema=False)
    router.include_router(_entrance(page))
    router.include_router(_asking(page), dependencies=[Depends(page.access.check)])
    router.include_router(_reading(page), dependencies=[Depends(page.access.check)])
    return router


def _entrance(page: Page) -> APIRouter:
    router = APIRouter()

    @router.get("/")
    def get_page(request: Request) -> Response:
        frame = page.frame(request)
        if not page.access.admits(request):
            return frame.signed_out()
        settings = page.config
        return frame.page(settings.page_situation, SITUATIONS, page.all_rules(), settings.rules is not None)

    @router.get("/enter")
    def get_enter(request: Request) -> Response:
        return page.frame(request).enter()

    @router.get("/page/static/{file}")
    def get_static(file: str) -> Response:
        return static_file(file)

    @router.post("/page/session", dependencies=[Depends(check_same_origin)])
    def post_session(body: JSONBody) -> Response:
        secret = _text(_only(body, "link"), "link", _MAX_SECRET)
        lifetime = timedelta(hours=page.config.page_session_hours)
        session = page.access.desks.open_link(secret, now=page.clock(), lifetime=lifetime)
        if session is None:
            raise RequestError(HTTPStatus.FORBIDDEN, "this link was used before, or has ended")
        response = _answer({"state": "signed-in"})
        response.set_cookie(
            page.access.cookie,
            session,
            max_age=int(lifetime.total_seconds()),
            path="/",
            secure=page.access.is_secure,
            httponly=True,
            samesite="strict",
        )
        return response

    return router


def _asking(page: Page) -> APIRouter:
    router = APIRouter()

    @router.post("/page/request")
    def post_request(request: Request, body: JSONBody) -> Response:
        situation = _text(_only(body, "situation"), "situation", 40)
        now = page.clock()
        name, country = page.chosen_rules(request) or (None, None)
        if situation == STATUS:
            # It asks for a number only, of which no rule says anything.
            name = country = None
        created = page.requests.create(RequestOrder(situation, rules=name, country=country), now=now)
        return _answer(
            {
                "state": str(TransactionState.OPEN),
                "transaction": created.transaction_id,
                "seconds": int((created.expires - now).total_seconds()),
                "html": page.frame(request).asking(created.link, created.expires, now=now),
            }
        )

    @router.post("/page/answer")
    async def post_answer(request: Request, body: JSONBody) -> Response:
        _only(body, "transaction", "seen")
        transaction, seen = _text(body, "transaction", _MAX_SECRET), _text(body, "seen", 20)
        progress = await _news(page, request, transaction, seen)
        if progress is None or progress.state is TransactionState.COLLECTED:
            return _answer({"state": "ended"})
        told: JSONObject = {"state": str(progress.state)}
        if progress.result is not None:
            told["html"] = await run_in_threadpool(page.answer, page.frame(request), progress.result)
        return _answer(told)

    @router.post("/page/cancel")
    def post_cancel(body: JSONBody) -> Response:
        page.requests.forget(_text(_only(body, "transaction"), "transaction", _MAX_SECRET))
        return _answer({"state": "ended"})

    return router


def _reading(page: Page) -> APIRouter:
    router = APIRouter()

    @router.post("/page/text")
    def post_text(request: Request, body: JSONBody) -> Response:
        text = _text(_only(body, "text"), "text", _MAX_TEXT)
        return _answer({"state": "answered", "html": page.check(request, text)})

    @router.post("/page/picture")
    async def post_picture(request: Request) -> Response:
        content = await _image(request, _MAX_PICTURE)
        try:
            text = await run_in_threadpool(_read_picture, content)
        except MalformedValueError:
            sentence = "No code was found in the picture. A sharper or closer one may help."
            return _answer({"state": "answered", "html": page.trouble(page.frame(request), sentence)})
        html = await run_in_threadpool(page.check, request, text)
        return _answer({"state": "answered", "html": html})

    @router.post("/page/frame")
    async def post_frame(request: Request) -> Response:
        content = await _image(request, _MAX_FRAME)
        try:
            text = await run_in_threadpool(_read_picture, content)
        except MalformedValueError:
            # Most pictures of a camera show no code yet.
            return _answer({"state": "nothing"})
        html = await run_in_threadpool(page.check, request, text)
        return _answer({"state": "answered", "html": html})

    @router.post("/page/compare")
    def post_compare(request: Request, body: JSONBody) -> Response:
        _only(body, "name", "birthDate", "line")
        name, born = (_text(body, each, _MAX_NAMED, may_be_empty=True) for each in ("name", "birthDate"))
        line = _text(body, "line", _MAX_LINE)
        return _answer(page.compare(page.frame(request), name, born, line))

    @router.post("/page/state")
    def post_state(request: Request, body: JSONBody) -> Response:
        theirs = parse_datetime(_text(_only(body, "clock"), "clock", 40))
        ages = page.ages(page.frame(request))
        return _answer({"ages": list(ages), "clockDiffers": differs(theirs, page.clock())})

    return router


async def _news(page: Page, request: Request, transaction: str, seen: str) -> Progress | None:
    """Return how far a request is once that is something new, or after a while."""
    loop = asyncio.get_running_loop()
    until = loop.time() + _WAIT_SECONDS
    while True:
        # What is collected is gone from here, so somebody has to be there to take it.
        if await request.is_disconnected():
            return Progress(TransactionState.OPEN)
        progress = await run_in_threadpool(page.requests.collect, transaction, None, now=page.clock())
        if progress is None or str(progress.state) != seen or loop.time() >= until:
            return progress
        await asyncio.sleep(_STEP_SECONDS)


async def _image(request: Request, max_bytes: int) -> bytes:
    return await read_body(
        request,
        is_accepted=_IMAGES.__contains__,
        expected=" or ".join(sorted(_IMAGES)),
        max_bytes=max_bytes,
    )


def _answer(members: JSONObject) -> Response:
    return json_response(members, headers=HEADERS)


def _only(body: JSONObject, *names: str) -> JSONObject:
    unknown = sorted(set(body) - set(names))
    if unknown:
        raise MalformedValueError(f"{unknown[0][:40]}: no member of this request")
    return body


def _read_picture(content: bytes) -> str:
    # A large picture takes seconds and hundreds of megabytes; the others wait for their turn.
    with _PICTURES:
        return read_qr(content)


def _text(body: JSONObject, name: str, limit: int, *, may_be_empty: bool = False) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not len(value) <= limit or not (value or may_be_empty):
        raise MalformedValueError(f"{name}: expected a text of 1 to {limit} characters")
    return value

"""The page "What this desk knows" at `/desk`: whom it trusts, lists, copies and rules, and how old each is.

For whoever answers for the desk; it holds nothing of a guest and needs no script. Not here: what is known
(`verifier.page_known`).
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from verifier.page_service import Page


def desk_router(page: Page) -> APIRouter:
    """Return GET /desk, for a device that is signed in."""
    router = APIRouter(include_in_schema=False)

    @router.get("/desk")
    def get_desk(request: Request) -> Response:
        frame = page.frame(request)
        if not page.access.admits(request):
            return frame.signed_out()
        now = page.clock()
        return frame.desk(page.known.topics(frame.words, now), now=now)

    return router

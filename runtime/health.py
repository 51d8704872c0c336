"""What operators ask a service: does it live, can it work, what has it done.

`/healthz` answers as long as the process can; `/readyz` asks what the service needs, e.g. its database, and
is 503 without it; `/metrics` is for Prometheus. None says why something is missing: that is in the log. They
are not part of the service's description, since no client needs them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus

from fastapi import APIRouter
from fastapi.responses import Response

from runtime.metrics import METRICS_MEDIA_TYPE, Metrics
from runtime.web import Problem, json_response, problem_response
from vclib.errors import VCError

_logger = logging.getLogger(__name__)


def health_router(ready: Callable[[], None], metrics: Metrics) -> APIRouter:
    """Return the three routes; `ready` raises a VCError where something is missing."""
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    async def live() -> Response:
        # Asynchronous, so that it needs none of the threads that requests may have used up.
        return json_response({"status": "ok"})

    @router.get("/readyz")
    def is_ready() -> Response:
        try:
            ready()
        except VCError as err:
            _logger.error("not ready: [%s] %s", err.code, err.message)  # noqa: TRY400  the reason, no trace
            status = HTTPStatus.SERVICE_UNAVAILABLE
            problem = Problem(
                status, "about:blank", status.phrase, "This service cannot answer at the moment."
            )
            return problem_response(problem, headers={"Retry-After": "5"})
        return json_response({"status": "ready"})

    @router.get("/metrics")
    def counts() -> Response:
        return Response(metrics.text(), media_type=METRICS_MEDIA_TYPE)

    return router

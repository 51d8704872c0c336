"""Logs as one JSON object a line on standard error, in which nobody occurs.

A request leaves one line: method, the route as it is written in the code (`/credentials/{id}`, never the
path that came), status, duration, and a random id that the answer carries as `X-Request-ID`. No query, body,
header or address is ever logged (threat M8). What other libraries log is cut down to the constant text of
the message, and a fault to its class and the places in the code: messages of exceptions may repeat what was
sent. Requests that are refused because there are too many are counted, not logged.

Not here: the audit log, which says who did what (`runtime.audit`).
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import MutableMapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, TextIO

import structlog
from structlog.types import ExcInfo

REQUESTS = logging.getLogger("runtime.requests")

# Whose messages are written here, and so hold nothing of a person.
_OURS = ("ddcc", "issuer", "protocols", "runtime", "vclib", "verifier", "wallet", "health")
_REQUEST_MEMBERS = ("request_id", "method", "route", "status", "duration_ms")
_MAX_FRAMES = 20


def configure_logging(stream: TextIO | None = None) -> None:
    """Send what every part of this process logs to `stream` (standard error) as JSON lines."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.ExtraAdder(allow=_REQUEST_MEMBERS),
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                _keep_what_nobody_is_in,
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    REQUESTS.setLevel(logging.INFO)


def log_request(*, request_id: str, method: str, route: str, status: int, seconds: float) -> None:
    """Write the line of one request that was answered."""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return
    level = logging.ERROR if status >= 500 else logging.INFO
    members = (request_id, method, route, status, round(seconds * 1000, 1))
    REQUESTS.log(level, "request", extra=dict(zip(_REQUEST_MEMBERS, members, strict=True)))


def _keep_what_nobody_is_in(
    _logger: Any, _name: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    # Any: structlog's own types.
    record: logging.LogRecord = event["_record"]
    if record.name.partition(".")[0] not in _OURS:
        event["event"] = str(record.msg).partition("\n")[0]
    for name in ("exc_info", "stack_info", "exception"):
        event.pop(name, None)
    if record.exc_info and record.exc_info[0] is not None:
        event["fault"] = _describe(record.exc_info)
    return event


def _describe(fault: ExcInfo) -> list[str]:
    """Return the class of a fault and where it came from, innermost last, without its message."""
    kind, _, trace = fault
    frames = traceback.extract_tb(trace)[-_MAX_FRAMES:]
    return [kind.__name__, *(f"{Path(each.filename).name}:{each.lineno} {each.name}" for each in frames)]

"""What a service counts for its operators, in the text format of Prometheus.

Requests by method, route as it is written in the code and class of status, and how long they took. Nothing a
client sends becomes a label, so neither a person (threat M8) nor a stranger's fantasy is in it. Several
workers count in files of one folder (`sharing_metrics`), and whichever is asked adds them up.

The library decides where it counts when it is imported, so that is done only when a worker counts.
Source: https://prometheus.github.io/client_python/multiprocess/. Not here: who may read it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from vclib.errors import ConfigurationError

METRICS_MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# From what a status list in a cache takes to what nobody waits for: seconds.
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


@contextmanager
def sharing_metrics() -> Iterator[None]:
    """Let the workers that are forked meanwhile count together, in files that are removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="ddcc-metrics-") as folder:
        before = os.environ.get(_FOLDER_VARIABLE)
        # The one way to tell the library, and workers inherit it.
        os.environ[_FOLDER_VARIABLE] = folder
        try:
            yield
        finally:
            if before is None:
                del os.environ[_FOLDER_VARIABLE]
            else:
                os.environ[_FOLDER_VARIABLE] = before


class Metrics:
    """The counts of one service in this process, or of all its workers."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Histogram, values

        self._is_shared = _FOLDER_VARIABLE in os.environ
        if self._is_shared and not values.ValueClass._multiprocess:
            raise ConfigurationError("an application was made before the workers that are to count together")
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "ddcc_http_requests",
            "Requests that were answered.",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "ddcc_http_request_seconds",
            "Time from the head of a request to the end of its answer.",
            ("route",),
            buckets=_BUCKETS,
            registry=self._registry,
        )

    def count(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request; `route` must come from the code."""
        known = method if method in _METHODS else "other"
        self._requests.labels(known, route, f"{status // 100}xx").inc()
        self._seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        """Return all counts in the media type above."""
        from prometheus_client import CollectorRegistry, generate_latest
        from prometheus_client.multiprocess import MultiProcessCollector

        registry = self._registry
        if self._is_shared:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)

"""What Prometheus reads: requests by route template, questions in the pool, the bundle served. Never a path."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector

__all__ = ["CONTENT_TYPE", "Metrics"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """Counts of one app, in a registry of its own."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        labels = ("method", "route", "status")
        self._requests = Counter("servicecircle_requests", "Requests answered", labels, registry=registry)
        self._seconds = Histogram(
            "servicecircle_request_seconds",
            "Seconds to the end of an answer",
            ("route",),
            buckets=_BUCKETS,
            registry=registry,
        )
        self.running = Gauge("servicecircle_requests_running", "Requests being served", registry=registry)
        self._waiting = Gauge("servicecircle_questions", "Questions being computed or waiting", registry=registry)
        self._bundle = Gauge("servicecircle_bundle", "The bundle served", ("digest", "data_date"), registry=registry)
        self._reloads = Counter("servicecircle_reloads", "Bundles taken or refused", ("outcome",), registry=registry)
        for outcome in ("taken", "refused"):
            self._reloads.labels(outcome)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answer."""
        self._requests.labels(method if method in _METHODS else "(other)", route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def reloaded(self, *, taken: bool) -> None:
        """Count a bundle that was taken or refused."""
        self._reloads.labels("taken" if taken else "refused").inc()

    def ask(self, questions: Callable[[], float]) -> None:
        """Say where the number of questions is read when somebody looks."""
        self._waiting.set_function(questions)

    def text(self, digest: str, data_date: str) -> bytes:
        """Write all counts."""
        self._bundle.clear()
        self._bundle.labels(digest, data_date).set(1)
        return generate_latest(self._registry)

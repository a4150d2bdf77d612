"""What every request gets: one snapshot, security headers, a line in the log, an answer even to the unforeseen."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import answer
from api.metrics import Metrics

__all__ = ["Frame", "security_headers"]

_access = logging.getLogger("api.access")
_log = logging.getLogger("api")

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'"
)


def security_headers(embed: str) -> dict[str, str]:
    """Return the headers of every answer; ``embed`` lists the origins that may frame the pages."""
    headers = {
        "Content-Security-Policy": _POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "geolocation=(self), camera=(), microphone=()",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    # the older header knows no list of origins, so that it is left out where there is one
    return headers if embed else headers | {"X-Frame-Options": "DENY"}


class Frame:
    """The outermost layer. It logs method, route template, status and milliseconds: never a path, a query or a body."""

    def __init__(self, app: ASGIApp, snapshot: Callable[[], object], metrics: Metrics, embed: str = "") -> None:
        self._app = app
        self._snapshot = snapshot
        self._metrics = metrics
        self._headers = security_headers(embed)
        framers = f"'self' {embed.replace(',', ' ')}" if embed else "'none'"
        self._framing = f"; frame-ancestors {framers}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request from the snapshot of its first moment."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0
        scope.setdefault("state", {})["service"] = self._snapshot()

        async def framed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._dress(MutableHeaders(scope=message))
            await send(message)

        self._metrics.running.inc()
        try:
            await self._app(scope, receive, framed)
        except Exception as error:  # noqa: BLE001  the last place where it can be answered
            _log.error("unforeseen: %s", _where(error))
            if not status:
                await answer(scope["path"], error)(scope, receive, framed)
        finally:
            # the server keeps a scope as long as its connection: the snapshot shall not live that long
            del scope["state"]["service"]
            self._metrics.running.dec()
            self._tell(scope, status, time.perf_counter() - began)

    def _dress(self, headers: MutableHeaders) -> None:
        for name, value in self._headers.items():
            headers.setdefault(name, value)
        headers["Content-Security-Policy"] += self._framing
        if "Vary" in headers:  # the route and the packing may both have said so
            headers["Vary"] = ", ".join(dict.fromkeys(name.strip() for name in headers["Vary"].split(",")))
        # kept by nobody, not even a cache, unless the route says otherwise
        headers.setdefault("Cache-Control", "no-store")

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "(no route)")
        milliseconds = round(1000 * seconds, 1)
        told = {"method": scope["method"], "route": route, "status": status, "ms": milliseconds}
        _access.info("%s %s %d %.0f ms", scope["method"], route, status, milliseconds, extra={"told": told})
        self._metrics.answered(scope["method"], route, status, seconds)


def _where(error: Exception) -> str:
    """Return the kind of an error and its way through the code; its message may quote what was asked."""
    frames = traceback.extract_tb(error.__traceback__)
    way = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames[-8:]))
    return f"{type(error).__name__} in {way}"

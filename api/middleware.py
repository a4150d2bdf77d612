"""What every response gets: security headers, a line in the access log, an answer even to the unforeseen."""

from __future__ import annotations

import logging
import time
import traceback
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import answer

__all__ = ["MAP_POLICY", "REPORT_POLICY", "Frame"]

_access = logging.getLogger("api.access")
_log = logging.getLogger("api")

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
# The map is one self-contained file; a policy inside it names the hash of each of its scripts.
MAP_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
# The report's pages hold their own style and no script; the policy inside each stays in force beside this one.
REPORT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "geolocation=(self), camera=(), microphone=()",
}
# Questions that hold a position: nobody keeps them, not even a cache.
_PRIVATE = ("/nearest", "/walk", "/circle")
_INTERNAL = 500


class Frame:
    """The outermost layer. It logs method, path, status and milliseconds: never a query, never a body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0

        async def framed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if scope["path"] in _PRIVATE:
                    headers["Cache-Control"] = "no-store"
            await send(message)

        try:
            await self._app(scope, receive, framed)
        except Exception as error:  # noqa: BLE001  the last place where it can be answered
            _log.error("unforeseen: %s", _where(error))
            if not status:
                await answer(scope["path"], error)(scope, receive, framed)
        finally:
            path = quote(scope["path"]) if scope.get("route") or status != 404 else "(unknown path)"  # noqa: PLR2004
            _access.info("%s %s %d %.0f ms", scope["method"], path, status, 1000 * (time.perf_counter() - began))


def _where(error: Exception) -> str:
    """Return the kind of an error and its way through the code; its message may quote what was asked."""
    frames = traceback.extract_tb(error.__traceback__)
    way = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames[-8:]))
    return f"{type(error).__name__} in {way}"

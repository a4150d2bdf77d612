"""Answers under a tag of their content: who has one already is told so instead of sent it again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

__all__ = ["Handler", "TaggedRoute"]

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

_OK, _NOT_MODIFIED = 200, 304


class TaggedRoute(APIRoute):
    """A route whose answers carry an ETag, since they change only with the bundle."""

    def get_route_handler(self) -> Handler:
        """Return the handler that tags, or answers 304."""
        ask = super().get_route_handler()

        async def handler(request: Request) -> Response:
            response = await ask(request)
            if request.method != "GET" or response.status_code != _OK:
                return response
            tag = f'"{hashlib.sha256(response.body).hexdigest()[:20]}"'
            response.headers["ETag"] = tag
            response.headers["Cache-Control"] = "no-cache"
            if _has(request, tag):
                kept = {name: response.headers[name] for name in ("ETag", "Cache-Control")}
                return Response(status_code=_NOT_MODIFIED, headers=kept)
            return response

        return handler


def _has(request: Request, tag: str) -> bool:
    known = [part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")]
    return tag in known or known == ["*"]

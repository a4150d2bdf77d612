"""Answers under a strong tag of the bundle: who has one already is told so, before anything is computed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from api.answers import Answers
from api.compression import SMALLEST, negotiate, packed

__all__ = ["Handler", "TaggedRoute"]

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

_OK, _NOT_MODIFIED = 200, 304


class TaggedRoute(APIRoute):
    """A route whose answers depend on nothing but the bundle and what is asked: not on the clock, not on a pool.

    Answers of every other route are sent with ``Cache-Control: no-store``.
    """

    def get_route_handler(self) -> Handler:
        """Return the handler that tags, or answers 304."""
        ask = super().get_route_handler()

        async def handler(request: Request) -> Response:
            if request.method != "GET":
                return await ask(request)
            tag = _tag(request)
            kept = {"ETag": tag, "Cache-Control": "no-cache"}
            known = [part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")]
            if tag in known:
                return _unchanged(kept)
            answers: Answers = request.state.service.answers
            response = answers.find(tag)
            if response is None:
                response = await ask(request)
                if response.status_code != _OK or "no-store" in response.headers.get("Cache-Control", ""):
                    return response
                response.headers.update(kept)
                response.headers.add_vary_header("Accept-Encoding")
                answers.keep(tag, await _packed(request, response))
            return _unchanged(kept) if known == ["*"] else response

        return handler


def _tag(request: Request) -> str:
    """Return the tag of what would be answered: bundle and code, question, address (of links), form and coding."""
    scope, headers = request.scope, request.headers
    parts = (
        request.state.service.seed,
        scope.get("scheme", ""),
        headers.get("host", ""),
        scope.get("root_path", ""),
        scope["path"],
        scope["query_string"].decode("latin-1"),
        headers.get("accept", ""),
        negotiate(headers.get("accept-encoding", "")),
    )
    return f'"{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:24]}"'


async def _packed(request: Request, response: Response) -> Response:
    """Pack an answer as the client wants it, once for all who ask the same."""
    coding = negotiate(request.headers.get("accept-encoding", ""))
    if coding and len(response.body) >= SMALLEST and "content-encoding" not in response.headers:
        response.body = await packed(bytes(response.body), coding)
        response.headers["Content-Encoding"] = coding
        response.headers["Content-Length"] = str(len(response.body))
    return response


def _unchanged(kept: dict[str, str]) -> Response:
    return Response(status_code=_NOT_MODIFIED, headers=kept | {"Vary": "Accept-Encoding"})

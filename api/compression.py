"""Answers packed in the way that the client understands best: brotli, gzip, or not at all."""

from __future__ import annotations

import gzip

import anyio.to_thread
import brotli
from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipResponder, IdentityResponder
from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["SMALLEST", "Compressed", "negotiate", "packed"]

SMALLEST = 500  # below, a packet is a packet
_BROTLI, _GZIP = 4, 5  # about as quick as each other; what is packed once, at the start, is packed harder
_THREAD = 128 * 1024  # from this size on, packing would hold up other requests


def negotiate(accepted: str) -> str:
    """Return the coding to answer in: ``br``, ``gzip``, or nothing.

    Examples
    --------
    >>> negotiate("gzip, deflate, br"), negotiate("gzip;q=0.5, br;q=0"), negotiate("identity")
    ('br', 'gzip', '')
    """
    wanted = {}
    for part in accepted.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        wanted[name] = all(piece.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"} for piece in parameters)
    return next((name for name in ("br", "gzip") if wanted.get(name, wanted.get("*", False))), "")


async def packed(body: bytes, coding: str) -> bytes:
    """Pack a whole body in a coding that `negotiate` named, as `Compressed` would."""
    pack = _brotli if coding == "br" else _gzip
    return await anyio.to_thread.run_sync(pack, body) if len(body) >= _THREAD else pack(body)


class Compressed:
    """Pack what is long enough; what is packed already passes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        coding = negotiate(Headers(scope=scope).get("accept-encoding", ""))
        responder: IdentityResponder
        if coding == "br":
            responder = _BrotliResponder(self._app, SMALLEST)
        elif coding == "gzip":
            responder = GZipResponder(self._app, SMALLEST, _GZIP, thread_minimum_size=_THREAD)
        else:
            responder = IdentityResponder(self._app, SMALLEST)
        await responder(scope, receive, send)


def _brotli(body: bytes) -> bytes:
    whole: bytes = brotli.compress(body, quality=_BROTLI)
    return whole


def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, _GZIP, mtime=0)


class _BrotliResponder(IdentityResponder):
    content_encoding = "br"
    _packer: brotli.Compressor | None = None

    async def apply_compression(self, body: bytes, *, more_body: bool) -> bytes:
        """Pack a part of the body."""
        if len(body) >= _THREAD:
            return await anyio.to_thread.run_sync(self._pack, body, more_body)
        return self._pack(body, more_body)

    def _pack(self, body: bytes, more_body: bool) -> bytes:  # noqa: FBT001  run_sync passes by position
        if self._packer is None:
            self._packer = brotli.Compressor(quality=_BROTLI)
        packed: bytes = self._packer.process(body)
        rest: bytes = self._packer.flush() if more_body else self._packer.finish()
        return packed + rest

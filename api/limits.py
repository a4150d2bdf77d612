"""How much one address, one body and all requests together may take."""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import BodyError, CrowdedError, RateError, SlowError, answer
from api.settings import Settings

__all__ = ["Buckets", "Limits"]

_ADDRESSES = 20_000
_V6_HOME = 64  # a home has this many bits of an IPv6 address fixed


class Buckets:
    """A bucket of tokens an address, filled at a rate; the addresses seen longest ago are forgotten."""

    def __init__(self, rate_per_s: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = rate_per_s, float(burst), clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str) -> bool:
        """Take a token, if there is one."""
        if not self._rate:
            return True
        now, key = self._clock(), _home(address)
        tokens, then = self._left.pop(key, (self._burst, now))
        tokens = min(self._burst, tokens + (now - then) * self._rate)
        enough = tokens >= 1
        self._left[key] = (tokens - enough, now)
        if len(self._left) > _ADDRESSES:
            self._left.popitem(last=False)
        return enough


class Limits:
    """Refuse what is too often, too much at once, too long or too slow; the answer says when to come back."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._buckets = Buckets(settings.rate_per_s, settings.burst)
        self._running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            await answer(scope["path"], refusal)(scope, receive, send)
            return
        self._running += 1
        try:
            await self._app(scope, self._measured(scope, receive), send)
        finally:
            self._running -= 1

    def _refusal(self, scope: Scope) -> Exception | None:
        client: tuple[str, int] = scope.get("client") or ("", 0)
        if not self._buckets.take(client[0]):
            return RateError("too many requests from this address; ask again in a moment")
        if self._running >= self._settings.at_once:
            return CrowdedError("too many requests are being served; ask again in a moment")
        declared = Headers(scope=scope).get("content-length", "0")
        if declared.isascii() and declared.isdigit() and int(declared) > self._longest(scope):
            return BodyError(self._longest(scope))
        return None

    def _longest(self, scope: Scope) -> int:
        return self._settings.upload_bytes if _is_admin(scope) else self._settings.body_bytes

    def _measured(self, scope: Scope, receive: Receive) -> Receive:
        """Count what comes, since a header may lie or be absent, and wait only so long for it."""
        longest, length, ended = self._longest(scope), 0, False
        by = time.monotonic() + (self._settings.upload_s if _is_admin(scope) else self._settings.body_s)

        async def measured() -> Message:
            nonlocal length, ended
            if ended:  # from now on this waits for the client to leave
                return await receive()
            try:
                message: dict[str, Any] = dict(await asyncio.wait_for(receive(), max(0.0, by - time.monotonic())))
            except TimeoutError as error:
                raise SlowError from error
            ended = not message.get("more_body", False)
            length += len(message.get("body", b""))
            if length > longest:
                raise BodyError(longest)
            return message

        return measured


def _is_admin(scope: Scope) -> bool:
    return bool(scope["path"].startswith("/admin/"))


def _home(address: str) -> str:
    """Return what stands for an address: itself, or the network of a home where a home has many."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv6Address):
        known = known.ipv4_mapped or known
    if known.version == 4:  # noqa: PLR2004
        return str(known)
    return str(ipaddress.ip_network((known, _V6_HOME), strict=False))

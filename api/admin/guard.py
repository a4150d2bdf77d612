"""The door of each route of the office: key, scope and size are looked at before a byte of the body is read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from http import HTTPMethod, HTTPStatus
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive

from api.admin.keys import Key, Scope
from api.admin.office import Office
from api.admin.problems import PROBLEMS, AdminError, ForbiddenError, GuessingError, LargeError, UnknownKeyError
from api.errors import BusyError
from servicecircle.errors import InputError

__all__ = ["MOST_BYTES", "Guarded", "needs"]

MOST_BYTES = 256 << 10
_BODY_S = 120.0
_SCOPE, _MOST = "x-scope", "x-most-bytes"
_BEARER = {"WWW-Authenticate": 'Bearer realm="office"'}
_READS = {HTTPMethod.GET, HTTPMethod.HEAD}
_UNFORESEEN = 500


def needs(scope: Scope | None, most_bytes: int = MOST_BYTES) -> dict[str, Any]:
    """Return what a route says of itself in OpenAPI, and what its door asks: a scope, or any key."""
    return {
        _SCOPE: "any" if scope is None else scope.value,
        _MOST: most_bytes,
        "security": [{"key": []}],
    }


class Guarded(APIRoute):
    """A route that asks for a key (``needs``) and writes down what was done."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the route."""
        inner = super().get_route_handler()
        asked = self.openapi_extra or {}
        scope = None if asked[_SCOPE] == "any" else Scope(asked[_SCOPE])
        most: int = asked[_MOST]

        async def handler(request: Request) -> Response:
            office: Office = request.app.state.office
            key = await _admit(request, office, scope)
            request.state.key = key
            act = f"{request.method} {self.path_format}"
            if request.method not in _READS:
                await run_in_threadpool(office.audit.require_open)
            try:
                response = await _within(Request(request.scope, _limited(request, most)), inner)
            except Exception as error:
                await run_in_threadpool(_note, office, request, key.name, act, _status(error))
                raise
            await run_in_threadpool(_note, office, request, key.name, act, response.status_code)
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        return handler


async def _admit(request: Request, office: Office, scope: Scope | None) -> Key:
    """Return the key of a request, if it is one of ours and may do this."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        detail = "send the header Authorization: Bearer NAME.SECRET"
        raise UnknownKeyError(detail, headers=_BEARER)
    address = request.client.host if request.client else ""
    if office.guesses.too_many(address):
        detail = "too many wrong keys came from your address; wait ten minutes"
        raise GuessingError(detail)
    key = await run_in_threadpool(office.keyring.check, token.strip())
    if key is None:
        office.guesses.count(address)
        await run_in_threadpool(office.audit.write, "", "wrong key", int(HTTPStatus.UNAUTHORIZED))
        detail = "this key is none of ours; ask whoever runs the service"
        raise UnknownKeyError(detail, headers=_BEARER)
    if scope is not None and scope not in key.scopes:
        act = f"{request.method} {request.url.path}"
        await run_in_threadpool(office.audit.write, key.name, act, int(HTTPStatus.FORBIDDEN))
        detail = f"this key may {', '.join(sorted(key.scopes))}; here it needs {scope}"
        raise ForbiddenError(detail)
    return key


def _limited(request: Request, most: int) -> Receive:
    """Return the request's body, refused by its header or when it has grown too long."""
    declared = request.headers.get("content-length", "0")
    detail = f"{most >> 10} kB at most"
    if not declared.isdecimal() or len(declared) > 15 or int(declared) > most:  # noqa: PLR2004
        raise LargeError(detail)
    taken = 0

    async def receive() -> Message:
        nonlocal taken
        message = await request.receive()
        taken += len(message.get("body", b""))
        if taken > most:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)
        return message

    return receive


async def _within(request: Request, inner: Callable[[Request], Coroutine[Any, Any, Response]]) -> Response:
    """Answer, unless the body drips in for ever."""
    try:
        async with asyncio.timeout(_BODY_S):
            return await inner(request)
    except TimeoutError as error:
        raise HTTPException(HTTPStatus.REQUEST_TIMEOUT, "not there in time") from error


def _note(office: Office, request: Request, key: str, act: str, status: int) -> None:
    if request.method not in _READS:
        office.audit.write(key, act, status, **request.path_params, **getattr(request.state, "about", {}))


def _status(error: Exception) -> int:
    if isinstance(error, HTTPException):
        return error.status_code
    if isinstance(error, AdminError):
        return int(PROBLEMS[type(error)].status)
    if isinstance(error, BusyError):
        return int(HTTPStatus.SERVICE_UNAVAILABLE)
    return int(HTTPStatus.UNPROCESSABLE_ENTITY) if isinstance(error, InputError) else _UNFORESEEN

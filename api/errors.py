"""Errors as problem+json (RFC 9457): the one place where an error gets its HTTP code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match

from servicecircle.errors import Fault, InputError, NoWayError, ServiceCircleError

__all__ = [
    "PROBLEMS",
    "BodyError",
    "BusyError",
    "CrowdedError",
    "LateError",
    "MissingError",
    "Problem",
    "QueryError",
    "RateError",
    "ServiceError",
    "SlowError",
    "answer",
    "documented",
    "install",
    "query_error",
]

MEDIA_TYPE = "application/problem+json"
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class ServiceError(ServiceCircleError):
    """What only a service can meet."""


class QueryError(InputError):
    """A query of the collections that its standard wants refused with 400."""


class MissingError(ServiceError, LookupError):
    """There is no such thing here; the message names it and the remedy."""


class BusyError(ServiceError):
    """Too many questions are waiting already."""


class CrowdedError(ServiceError):
    """Too many requests are being served already."""


class RateError(ServiceError):
    """One address asks too often."""


class BodyError(HTTPException, ServiceError):
    """A body is too long; an HTTPException too, since FastAPI takes any other for a body that cannot be parsed."""

    def __init__(self, longest: int) -> None:
        super().__init__(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is longer than {longest} bytes; send less")

    def __str__(self) -> str:
        """Return the message alone."""
        return self.detail


class SlowError(HTTPException, ServiceError):
    """A body came too slowly."""

    def __init__(self) -> None:
        super().__init__(HTTPStatus.REQUEST_TIMEOUT, "the body came too slowly; send it again")

    def __str__(self) -> str:
        """Return the message alone."""
        return self.detail


class LateError(ServiceError, TimeoutError):
    """The answer was not there by the deadline."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What a kind of error is on the wire; ``retry_s`` says when to ask again."""

    slug: str
    status: HTTPStatus
    title: str
    retry_s: int | None = None


_BAD_INPUT = Problem("bad-input", HTTPStatus.UNPROCESSABLE_ENTITY, "The question is not sound")
_INTERNAL = Problem("internal", HTTPStatus.INTERNAL_SERVER_ERROR, "The service failed; the fault is ours")
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}
# The first class that fits decides.
PROBLEMS: tuple[tuple[type[Exception], Problem], ...] = (
    (QueryError, Problem("bad-query", HTTPStatus.BAD_REQUEST, "The query is not sound")),
    (InputError, _BAD_INPUT),
    (NoWayError, Problem("no-way", HTTPStatus.NOT_FOUND, "There is no way")),
    (MissingError, Problem("missing", HTTPStatus.NOT_FOUND, "No such thing here")),
    (BusyError, Problem("busy", HTTPStatus.SERVICE_UNAVAILABLE, "Too many questions at once", retry_s=2)),
    (RateError, Problem("rate", HTTPStatus.TOO_MANY_REQUESTS, "Too many requests from one address", retry_s=1)),
    (CrowdedError, Problem("crowded", HTTPStatus.SERVICE_UNAVAILABLE, "Too many requests at once", retry_s=2)),
    (BodyError, Problem("body", HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is too long")),
    (SlowError, Problem("slow", HTTPStatus.REQUEST_TIMEOUT, "The body came too slowly")),
    (LateError, Problem("late", HTTPStatus.SERVICE_UNAVAILABLE, "No answer by the deadline", retry_s=5)),
    (Exception, _INTERNAL),
)


def install(app: FastAPI) -> None:
    """Answer every error of the app with problem+json."""
    app.add_exception_handler(ServiceCircleError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


def documented() -> dict[int | str, dict[str, Any]]:
    """Return what any route may answer instead, for the OpenAPI document."""
    content = {MEDIA_TYPE: {"schema": _SCHEMA}}
    kinds = {problem.status: problem.title for _, problem in PROBLEMS if problem is not _INTERNAL}
    return {int(status): {"description": title, "content": content} for status, title in sorted(kinds.items())}


def answer(path: str, error: Exception) -> JSONResponse:
    """Return the problem of an error, at a path without its query."""
    problem = next(known for kind, known in PROBLEMS if isinstance(error, kind))
    if problem is _INTERNAL:
        return _respond(path, problem, "Nothing you sent explains it; please try again later.")
    faults = error.faults if isinstance(error, InputError) else ()
    detail = " ".join(_sentence(fault) for fault in faults) or str(error)
    return _respond(path, problem, detail, _listed(faults))


def query_error(error: RequestValidationError) -> QueryError:
    """Return the faults of a validation as those of a query."""
    return QueryError(_faults(error))


async def _ours(request: Request, error: Exception) -> JSONResponse:
    return answer(request.url.path, error)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    faults = _faults(error) if isinstance(error, RequestValidationError) else []
    return answer(request.url.path, InputError(faults))


async def _http(request: Request, error: Exception) -> JSONResponse:
    """Answer what the router itself refuses: no such path, no such method."""
    if isinstance(error, ServiceError):
        return answer(request.url.path, error)
    code = error.status_code if isinstance(error, HTTPException) else HTTPStatus.INTERNAL_SERVER_ERROR
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    if code == HTTPStatus.METHOD_NOT_ALLOWED:  # the router names the methods of the first route of that path alone
        headers["Allow"] = ", ".join(_allowed(request))
    status = HTTPStatus(code)
    problem = Problem(status.phrase.lower().replace(" ", "-"), status, status.phrase)
    detail = "see /docs for what can be asked" if status is HTTPStatus.NOT_FOUND else status.description
    response = _respond(request.url.path, problem, detail or status.phrase)
    response.headers.update(headers)
    return response


def _allowed(request: Request) -> list[str]:
    """Return the methods that some route takes at the path of a request."""
    routes = request.app.router.routes
    asked = ({**request.scope, "method": method} for method in _METHODS)
    return [scope["method"] for scope in asked if any(r.matches(scope)[0] is Match.FULL for r in routes)]


def _respond(path: str, problem: Problem, detail: str, errors: Sequence[dict[str, Any]] = ()) -> JSONResponse:
    content: dict[str, Any] = {
        "type": f"/docs#problem-{problem.slug}",
        "title": problem.title,
        "status": int(problem.status),
        "detail": detail,
        "instance": path,
    }
    if errors:
        content["errors"] = list(errors)
    headers = {"Retry-After": str(problem.retry_s)} if problem.retry_s else None
    return JSONResponse(content, int(problem.status), headers, MEDIA_TYPE)


def _sentence(fault: Fault) -> str:
    where = f"{fault.column}: " if fault.column else ""
    return f"{where}{fault.problem}; {fault.remedy}."


def _listed(faults: Sequence[Fault]) -> list[dict[str, Any]]:
    return [{"where": fault.column, "problem": fault.problem, "remedy": fault.remedy} for fault in faults]


def _faults(error: RequestValidationError) -> list[Fault]:
    """Say what is wrong where; the value itself stays out, since it may be a family's position."""
    return [
        Fault(str(e["msg"]), "see /docs for what can be asked", column=".".join(map(str, e["loc"][1:])) or None)
        for e in error.errors()
    ]

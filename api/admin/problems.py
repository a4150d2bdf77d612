"""What only the office can meet, as problem+json: which error has which code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from api.errors import MEDIA_TYPE, Problem, ServiceError
from servicecircle.errors import Fault

__all__ = [
    "PROBLEMS",
    "AdminError",
    "ChangedError",
    "ConflictingError",
    "FaultyError",
    "ForbiddenError",
    "GuessingError",
    "LargeError",
    "UnconditionalError",
    "UnknownKeyError",
    "install",
]

_MOST_FAULTS = 500


class AdminError(ServiceError):
    """An answer that only the office gets; ``faults`` and ``headers`` go with it."""

    def __init__(
        self, detail: str, faults: Sequence[Mapping[str, Any]] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.faults = faults
        self.headers = headers or {}


class UnknownKeyError(AdminError):
    """No key, or not one of ours."""


class ForbiddenError(AdminError):
    """The key may not do this."""


class GuessingError(AdminError):
    """Too many wrong keys from one address."""


class UnconditionalError(AdminError):
    """The request does not say which version it changes."""


class ChangedError(AdminError):
    """The version that the request names is not the present one."""


class ConflictingError(AdminError):
    """What is asked does not go together with what is there or running."""


class LargeError(AdminError):
    """More than is taken."""


class FaultyError(AdminError):
    """The registry or list would not be sound: all faults."""


PROBLEMS: Mapping[type[AdminError], Problem] = {
    UnknownKeyError: Problem("key", HTTPStatus.UNAUTHORIZED, "A key is needed"),
    ForbiddenError: Problem("scope", HTTPStatus.FORBIDDEN, "This key may not do that"),
    GuessingError: Problem("guessing", HTTPStatus.TOO_MANY_REQUESTS, "Too many wrong keys", retry_s=600),
    UnconditionalError: Problem("unconditional", HTTPStatus.PRECONDITION_REQUIRED, "Say which version you change"),
    ChangedError: Problem("changed", HTTPStatus.PRECONDITION_FAILED, "It has changed meanwhile"),
    ConflictingError: Problem("conflict", HTTPStatus.CONFLICT, "This does not go together"),
    LargeError: Problem("too-large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Too large"),
    FaultyError: Problem("faulty", HTTPStatus.UNPROCESSABLE_ENTITY, "The places would not be sound"),
}


def faulty(faults: Sequence[Fault], names: Mapping[int, str] | None = None) -> FaultyError:
    """Return the error of faults, each with its place: a row of a list, or a place of the registry."""
    listed = [told(fault, names) for fault in faults]
    detail = " ".join(f"{fault.problem}; {fault.remedy}." for fault in faults[:3])
    return FaultyError(detail, listed)


def told(fault: Fault, names: Mapping[int, str] | None = None) -> dict[str, Any]:
    """Return a fault as JSON; ``names`` says which place a row is."""
    place = None if names is None or fault.row is None else names.get(fault.row)
    value = None if fault.value is None else str(fault.value)[:200]
    known = {"problem": fault.problem, "remedy": fault.remedy, "column": fault.column, "value": value}
    return known | ({"row": fault.row} if place is None else {"facility_id": place})


def install(app: FastAPI) -> None:
    """Answer the office's errors with problem+json."""
    app.add_exception_handler(AdminError, _answer)


async def _answer(request: Request, error: Exception) -> JSONResponse:
    problem = PROBLEMS[type(error)]  # type: ignore[index]
    content: dict[str, Any] = {
        "type": f"/admin#problem-{problem.slug}",
        "title": problem.title,
        "status": int(problem.status),
        "detail": str(error),
        "instance": request.url.path,
    }
    headers = {"Cache-Control": "no-store"}
    if isinstance(error, AdminError):
        headers |= error.headers
        if error.faults:
            content |= {"errors": list(error.faults[:_MOST_FAULTS]), "faults": len(error.faults)}
    if problem.retry_s:
        headers["Retry-After"] = str(problem.retry_s)
    return JSONResponse(content, int(problem.status), headers, MEDIA_TYPE)

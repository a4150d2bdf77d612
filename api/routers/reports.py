"""Mistakes that families report: taken for the office, where it wants them, and kept without a name."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from threading import Lock
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from api.deps import Served
from api.errors import MissingError
from api.reports import MOST_CHARACTERS, Mistake, Reports
from servicecircle.errors import Fault, InputError

__all__ = ["Received", "Told", "Turnstile", "router"]

_HERE = ZoneInfo("Asia/Shanghai")
_ONE_S, _ONE_AT_ONCE = 60.0, 5
_ALL_S, _ALL_AT_ONCE = 2.0, 120
_MOST_KNOWN = 4096

router = APIRouter(tags=["家庭页 family page"])


class Told(BaseModel):
    """A mistake at a place, in somebody's words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    facility_id: str = Field(max_length=64, description="地点编号 facility_id", examples=["B0f4e9a"])
    kind: Mistake = Field(description="哪里不对 what is wrong", examples=["hours"])
    text: str = Field(
        "", max_length=MOST_CHARACTERS, description="说明 in words, nothing personal", examples=["周一闭馆"]
    )


class Received(BaseModel):
    """That the office has it."""

    model_config = ConfigDict(frozen=True)

    status: Literal["received"] = "received"


class Turnstile:
    """Lets each visitor through a few times at once and then one at a time; and everybody together likewise.

    Parameters
    ----------
    clock
        Seconds that never run backwards.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, Lock()
        self._full: OrderedDict[str, float] = OrderedDict()  # when each visitor's allowance is whole again

    def let(self, visitor: str) -> bool:
        """Whether a visitor may pass now; addresses are held in memory until their allowance is whole."""
        with self._lock:
            now = self._clock()
            while self._full and (len(self._full) > _MOST_KNOWN or next(iter(self._full.values())) <= now):
                self._full.popitem(last=False)
            mine, all_ = (max(self._full.get(key, now), now) for key in (visitor, ""))
            if mine - now > _ONE_S * (_ONE_AT_ONCE - 1) or all_ - now > _ALL_S * (_ALL_AT_ONCE - 1):
                return False
            for key, until in ((visitor, mine + _ONE_S), ("", all_ + _ALL_S)):
                self._full[key] = until
                self._full.move_to_end(key)
            return True


def _store(request: Request) -> Reports:
    """Return the office's store, where there is one."""
    store: Reports | None = request.app.state.reports
    if store is None:
        message = "reports of mistakes are not taken here"
        raise MissingError(message)
    return store


def _turnstile(request: Request) -> Turnstile:
    """Return the one turnstile of the app."""
    found: Turnstile = request.app.state.turnstile
    return found


@router.post("/reports", summary="报错 Report a mistake", status_code=201)
async def report(
    told: Told,
    request: Request,
    served: Served,
    store: Annotated[Reports, Depends(_store)],
    turnstile: Annotated[Turnstile, Depends(_turnstile)],
    response: Response,
) -> Received:
    """Keep a mistake for the office: the place, the kind, the words and the day; nothing of who said it."""
    response.headers["Cache-Control"] = "no-store"
    if not any(row["facility_id"] == told.facility_id for row in served.places.rows):
        raise InputError([Fault("no such place", "give the facility_id of a place", column="facility_id")])
    if not turnstile.let(request.client.host if request.client else "?"):
        raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, headers={"Retry-After": f"{_ONE_S:.0f}"})
    day = datetime.now(_HERE).date().isoformat()
    await run_in_threadpool(store.create, told.facility_id, told.kind, told.text, at_date=day)
    return Received()

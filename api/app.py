"""The app: everything it reads is read when it is made, nothing at import."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from api import errors
from api.admin.office import open_office
from api.admin.page import install
from api.admin.settings import AdminSettings
from api.compression import Compressed
from api.family import page as family
from api.holder import Holder
from api.limits import Limits
from api.metrics import Metrics
from api.middleware import Frame
from api.reports import Reports
from api.routers import collections, operations, pages, reports, routes, siting, study, walks
from api.routers.reports import Turnstile
from api.settings import Settings
from servicecircle import __version__
from servicecircle.datasets import bundled_study

__all__ = ["create_app"]


def create_app(settings: Settings, admin: AdminSettings | None = None) -> FastAPI:
    """Read the bundle, build the streets, and return the app that serves them.

    Without ``admin`` there is no office: no route below ``/admin``. ``app.state.holder`` holds the snapshot that is
    served and swaps it.

    Raises
    ------
    InputError
        No sound bundle, a study folder that it was not built from, or no sound registry for the office.
    """
    metrics = Metrics()
    holder = Holder(settings, metrics)
    office = None if admin is None else open_office(admin, settings.data or bundled_study(), settings.bundle, holder)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        watching = asyncio.create_task(_watch(holder, settings.watch_s)) if settings.watch_s else None
        yield
        if watching is not None:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
        if office is not None:
            await asyncio.to_thread(office.close)
        holder.close()

    app = FastAPI(
        title="servicecircle",
        summary="15分钟服务圈: who can walk to what within 15 minutes",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        responses=errors.documented(),
    )
    app.state.holder, app.state.metrics, app.state.settings = holder, metrics, settings
    app.state.reports = Reports(settings.reports) if settings.reports else None
    app.state.turnstile = Turnstile()
    errors.install(app)
    # looked through in this order at every request: what is asked most comes first
    for part in (walks, collections, operations, pages, family, reports, study, siting, routes):
        app.include_router(part.router)
    if office is not None:
        install(app, office)
    # the last one added is the first to see a request
    app.add_middleware(Compressed)
    if settings.cors:
        origins = settings.cors.split(",")
        app.add_middleware(CORSMiddleware, allow_origins=origins, allow_methods=["GET", "POST"], allow_headers=["*"])
    app.add_middleware(Limits, settings=settings)
    app.add_middleware(Frame, snapshot=lambda: holder.current, metrics=metrics, embed=settings.embed)
    return app


async def _watch(holder: Holder, every_s: float) -> None:
    """Load a bundle that has changed, once it has come to rest."""
    while True:
        await asyncio.sleep(every_s)
        if await asyncio.to_thread(holder.has_changed):
            await asyncio.to_thread(holder.reload)

"""The app: everything it reads is read when it is made, nothing at import."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from api import errors
from api.bundle import Bundle, read_bundle
from api.collections import build_collection
from api.deps import Places, Service
from api.family import page as family
from api.middleware import Frame
from api.pages import STATIC
from api.pool import Pool
from api.questions import build_questions, read_streets
from api.reports import Reports
from api.routers import collections, pages, reports, routes, study, walks
from api.settings import Settings
from servicecircle import __version__
from servicecircle.datasets import bundled_study
from servicecircle.publish.tables import finite

__all__ = ["create_app"]


def create_app(settings: Settings) -> FastAPI:
    """Read the bundle, build the streets, and return the app that serves them.

    Raises
    ------
    InputError
        No sound bundle, or a study folder that it was not built from.
    """
    service = _serve(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        service.pool.close()

    area = service.bundle.manifest.area
    app = FastAPI(
        title="servicecircle",
        summary=f"{area.name_zh} 15分钟服务圈 · {area.name_en}: who can walk to what within 15 minutes",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.state.service = service
    app.state.reports = Reports(settings.reports) if settings.reports else None
    errors.install(app)
    for part in (pages, family, reports, study, walks, routes, collections):
        app.include_router(part.router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_middleware(Frame)
    return app


def _serve(settings: Settings) -> Service:
    bundle = read_bundle(settings.bundle)
    streets = read_streets(settings.data or bundled_study(), bundle.manifest)
    facilities = bundle.layers["facilities"]
    placed = facilities[facilities.geometry.notna()]
    return Service(
        bundle=bundle,
        collections={a.name: build_collection(a, bundle.layers[a.name]) for a in bundle.manifest.layers},
        places=_places(bundle),
        extent=_extent(bundle),
        pool=Pool(build_questions(streets, placed, settings.workers), settings.queue, settings.deadline_s),
    )


def _places(bundle: Bundle) -> Places:
    layer = bundle.layers["facilities"]
    columns = [c for c in layer.columns if c != layer.geometry.name]
    rows, placed = [], []
    for values, shape in zip(layer[columns].itertuples(index=False, name=None), layer.geometry, strict=True):
        row = {name: finite(value) for name, value in zip(columns, values, strict=True)}
        rows.append(row)
        if shape is not None:
            placed.append(row | {"lon": shape.x, "lat": shape.y})
    categories = sorted({str(row["category"]) for row in rows if row["category"]})
    return Places(rows, placed, tuple(categories))


def _extent(bundle: Bundle) -> tuple[float, float, float, float]:
    """Return the box of the streets: beyond it no walk begins."""
    return next((a.bbox for a in bundle.manifest.layers if a.name == "network" and a.bbox), bundle.manifest.area.bbox)

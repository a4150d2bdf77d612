"""Study routes: the list, one route with its stops and legs, and GPX for a phone."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import geopandas as gpd
import shapely
from fastapi import APIRouter, Query, Request, Response
from starlette.datastructures import URL

from api.asked import NoQuestion
from api.deps import Served, Service
from api.errors import MissingError
from api.links import link, root_of
from api.schemas import Route, RouteDetail, RouteLeg, Routes, Stop
from api.tagged import TaggedRoute
from servicecircle.publish.gpx import route_gpx
from servicecircle.publish.tables import finite

__all__ = ["router"]

GPX = "application/gpx+xml"

router = APIRouter(tags=["游学线路 study routes"], route_class=TaggedRoute)


@router.get("/routes", summary="线路列表 All study routes")
async def routes(request: Request, served: Served, _: Annotated[NoQuestion, Query()]) -> Routes:
    """List the published routes with what could be walked of them."""
    layer = served.bundle.layers["routes"]
    found = [_route(layer.iloc[i], root_of(request)) for i in range(len(layer))]
    return Routes(routes=found, **served.dated())


@router.get(
    "/routes/{route_id}.gpx",
    summary="GPX 轨迹 A route as GPX",
    response_class=Response,
    responses={200: {"content": {GPX: {}}, "description": "GPX 1.1"}},
)
async def gpx(route_id: str, served: Served, _: Annotated[NoQuestion, Query()]) -> Response:
    """One track segment a walked leg, one waypoint a located stop; the description names the unlocated ones."""
    row = _row(served, route_id)
    stops, legs = _of(served, "route_stops", route_id), _of(served, "route_legs", route_id)
    profile = _of(served, "route_profile", route_id) if "route_profile" in served.bundle.layers else None
    text = route_gpx(row, stops, legs, _attribution(served), profile)
    name = quote(f"{route_id}.gpx", safe="")
    return Response(text, media_type=GPX, headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"})


@router.get("/routes/{route_id}", summary="一条线路 One study route")
async def route(route_id: str, request: Request, served: Served, _: Annotated[NoQuestion, Query()]) -> RouteDetail:
    """Return stops in their published order, legs as walked, and the line."""
    row = _row(served, route_id)
    legs = [_leg(leg) for leg in _of(served, "route_legs", route_id).itertuples()]
    shape = None if row.geometry is None else shapely.geometry.mapping(row.geometry)
    about = _route(row, root_of(request))
    stops = [_stop(stop) for stop in _of(served, "route_stops", route_id).itertuples()]
    return RouteDetail(route=about, stops=stops, legs=legs, geometry=shape, **served.dated())


def _row(served: Service, route_id: str) -> Any:  # noqa: ANN401  a row of a GeoDataFrame has no type
    layer = served.bundle.layers["routes"]
    found = layer[layer["route_id"] == route_id]
    if not len(found):
        message = f"no route {route_id!r}; /routes lists them"
        raise MissingError(message)
    return found.iloc[0]


def _of(served: Service, layer: str, route_id: str) -> gpd.GeoDataFrame:
    rows = served.bundle.layers[layer]
    return rows[rows["route_id"] == route_id]


def _attribution(served: Service) -> str:
    return next(layer.attribution for layer in served.bundle.manifest.layers if layer.name == "routes")


def _route(row: Any, root: URL) -> Route:  # noqa: ANN401
    about = {str(key): finite(value) for key, value in row.items() if key != "geometry"}
    here = f"/routes/{quote(str(about['route_id']), safe='')}"
    links = [
        link(root, here, "self", "application/json", str(about["name"])),
        link(root, f"{here}.gpx", "alternate", GPX, "GPX"),
    ]
    return Route.model_validate(about | {"links": links})


def _leg(row: Any) -> RouteLeg:  # noqa: ANN401
    return RouteLeg.model_validate({key: finite(getattr(row, key)) for key in RouteLeg.model_fields})


def _stop(row: Any) -> Stop:  # noqa: ANN401
    about = {key: finite(getattr(row, key)) for key in Stop.model_fields if key not in {"lon", "lat"}}
    point = row.geometry
    lon, lat = (None, None) if point is None else (point.x, point.y)
    return Stop.model_validate(about | {"lon": lon, "lat": lat})

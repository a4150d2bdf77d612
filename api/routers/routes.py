"""Study routes: the list, one route with its stops and legs, and GPX for a phone."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import geopandas as gpd
import shapely
from fastapi import APIRouter, Query, Request, Response
from starlette.datastructures import URL

from api.deps import Served, Service
from api.errors import MissingError
from api.links import link, root_of
from api.schemas import NoQuestion, Route, RouteDetail, RouteLeg, Routes, Stop
from servicecircle.publish.gpx import route_gpx
from servicecircle.publish.tables import finite

__all__ = ["router"]

GPX = "application/gpx+xml"

router = APIRouter(tags=["游学线路 study routes"])


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
    lines = [] if row.geometry is None else list(row.geometry.geoms)
    legs = gpd.GeoDataFrame(geometry=lines, crs="EPSG:4326")
    text = route_gpx(row, _stops(served, route_id), legs, _attribution(served))
    name = quote(f"{route_id}.gpx", safe="")
    return Response(text, media_type=GPX, headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"})


@router.get("/routes/{route_id}", summary="一条线路 One study route")
async def route(route_id: str, request: Request, served: Served, _: Annotated[NoQuestion, Query()]) -> RouteDetail:
    """Return stops in their published order, legs as walked, and the line."""
    row = _row(served, route_id)
    legs = [RouteLeg(**leg) for leg in served.bundle.legs if leg["route_id"] == route_id]
    shape = None if row.geometry is None else shapely.geometry.mapping(row.geometry)
    about = _route(row, root_of(request))
    stops = [_stop(stop) for _, stop in _stops(served, route_id).iterrows()]
    return RouteDetail(route=about, stops=stops, legs=legs, geometry=shape, **served.dated())


def _row(served: Service, route_id: str) -> Any:  # noqa: ANN401  a row of a GeoDataFrame has no type
    layer = served.bundle.layers["routes"]
    found = layer[layer["route_id"] == route_id]
    if not len(found):
        message = f"no route {route_id!r}; /routes lists them"
        raise MissingError(message)
    return found.iloc[0]


def _stops(served: Service, route_id: str) -> gpd.GeoDataFrame:
    stops = served.bundle.layers["route_stops"]
    return stops[stops["route_id"] == route_id].sort_values("seq")


def _attribution(served: Service) -> str:
    return next(layer.attribution for layer in served.bundle.manifest.layers if layer.name == "routes")


def _route(row: Any, root: URL) -> Route:  # noqa: ANN401
    about = {str(key): finite(value) for key, value in row.items() if key != "geometry"}
    here = f"/routes/{quote(str(about['route_id']), safe='')}"
    links = [
        link(root, here, "self", "application/json", str(about["name"])),
        link(root, f"{here}.gpx", "alternate", GPX, "GPX"),
    ]
    return Route(**about, links=links)


def _stop(row: Any) -> Stop:  # noqa: ANN401
    about = {key: finite(row[key]) for key in Stop.model_fields if key in row}
    point = row.geometry
    return Stop(**about, lon=None if point is None else point.x, lat=None if point is None else point.y)

"""``servicecircle route``: check, trace and export the study routes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from servicecircle.cli_options import AsJson, Data, Params, ProfileName, study_streets
from servicecircle.errors import Fault, InputError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from servicecircle.pipeline import Streets

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Check, trace and export the study routes.")

_FORMATS = ("gpx", "geojson")

Route = Annotated[str | None, typer.Argument(help="A route_id, such as R01; default: all routes.")]


@app.command(epilog="Example: servicecircle route check R06 --json")
def check(
    route: Route = None,
    profile: ProfileName = None,
    data: Data = None,
    params: Params = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """List what stands between each route and a class that wants to walk it."""
    from servicecircle.routes import check_routes
    from servicecircle.summary import print_faults

    streets = study_streets(data, params, profile, None)
    routes, stops, legs = _trace(streets, route)
    faults = check_routes(routes, stops, legs, streets.study.area, streets.parameters.coverage.cutoff_s)
    if as_json:
        typer.echo(json.dumps({"faults": faults.to_dict("records")}, ensure_ascii=False, indent=2))
    else:
        print_faults(routes, faults)


@app.command(epilog="Example: servicecircle route trace R06 --profile pupil")
def trace(
    route: Route = None,
    profile: ProfileName = None,
    data: Data = None,
    params: Params = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Walk the routes in their published order: seconds, metres, ascent of every leg."""
    import pandas as pd

    from servicecircle.publish.tables import finite, rounded
    from servicecircle.summary import print_legs

    streets = study_streets(data, params, profile, None)
    routes, stops, legs = _trace(streets, route)
    if not as_json:
        print_legs(routes, stops, legs, streets.profile)
        return
    tables = [rounded(pd.DataFrame(t.drop(columns=["geometry"]))) for t in (routes, legs)]
    records = [[{k: finite(v) for k, v in row.items()} for row in t.to_dict("records")] for t in tables]
    content = {"profile": streets.profile.name, "routes": records[0], "legs": records[1]}
    typer.echo(json.dumps(content, ensure_ascii=False, indent=2))


@app.command(epilog="Example: servicecircle route export --format gpx --out routes/")
def export(
    route: Route = None,
    out: Annotated[Path, typer.Option(help="Folder for the files, one a route.")] = Path("routes"),
    fmt: Annotated[str, typer.Option("--format", help="gpx or geojson.")] = "gpx",
    profile: ProfileName = None,
    data: Data = None,
    params: Params = None,
) -> None:
    """Write each route as a file: GPX (waypoints and track) or GeoJSON (legs and stops)."""
    from servicecircle.publish.routes import export_routes

    if fmt not in _FORMATS:
        raise InputError([Fault("unknown format", f"use {' or '.join(_FORMATS)}", column="--format", value=fmt)])
    streets = study_streets(data, params, profile, None)
    for path in export_routes(*_trace(streets, route), out, fmt):
        typer.echo(path)


def _trace(streets: Streets, route: str | None) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    from servicecircle.routes import place_stops, trace_routes

    routes: pd.DataFrame = streets.study.routes
    if route is not None:
        routes = routes[routes["route_id"] == route].reset_index(drop=True)
        if routes.empty:
            known = ", ".join(streets.study.routes["route_id"])
            raise InputError([Fault("no such route", f"use one of: {known}", column="ROUTE", value=route)])
    stops = place_stops(streets.study.stops)
    stops = stops[stops["route_id"].isin(routes["route_id"])].reset_index(drop=True)
    traced, legs = trace_routes(streets.walker(), routes, stops)
    return traced, stops, legs

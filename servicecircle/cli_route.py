"""``servicecircle route``: check, trace and export study routes, the published ones or one's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from servicecircle.cli_design import design_route
from servicecircle.cli_options import AsJson, Data, Params, study_streets
from servicecircle.errors import Fault, InputError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from servicecircle.pipeline import Streets
    from servicecircle.routes import Traced

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Check, trace and export study routes.")

app.command("design", epilog="Example: servicecircle route design --start S834113 --theme red --return")(design_route)

_NO_WAY = 3

Route = Annotated[
    str | None,
    typer.Argument(help="A route_id, such as R01, or a route file of your own (.toml); default: all routes."),
]
Day = Annotated[str | None, typer.Option(help="The day whose opening hours count, such as 2026-05-20.")]
Walker = Annotated[
    str | None, typer.Option("--profile", help="Who walks, whatever the age band: adult, pupil, ..., or level-NAME.")
]


@app.command(epilog="Example: servicecircle route check R06 --json")
def check(
    route: Route = None,
    profile: Walker = None,
    day: Day = None,
    data: Data = None,
    params: Params = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """List what stands between each route and the group that wants to walk it; exit 3 where one cannot be walked."""
    from servicecircle.summary_routes import print_faults

    _, traced, faults = _trace(study_streets(data, params, None, None), route, profile, day)
    if as_json:
        verdicts = ["route_id", "name", "feasible", "reasons_zh", "reasons_en"]
        content = {"routes": _records(traced.routes[verdicts]), "faults": _records(faults)}
        typer.echo(json.dumps(content, ensure_ascii=False, indent=2))
    else:
        print_faults(traced.routes, faults)
    if (traced.routes["feasible"] == "no").any():
        raise typer.Exit(_NO_WAY)


@app.command(epilog="Example: servicecircle route trace R06 --profile pupil")
def trace(
    route: Route = None,
    profile: Walker = None,
    day: Day = None,
    data: Data = None,
    params: Params = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Walk the routes in their order with the pace of their groups: seconds, metres, ascent, steps of every leg."""
    from servicecircle.summary_routes import print_legs

    streets, traced, _ = _trace(study_streets(data, params, None, None), route, profile, day)
    if not as_json:
        print_legs(traced.routes, traced.stops, traced.legs, streets.parameters)
        return
    tables = {"routes": traced.routes, "stops": traced.stops, "legs": traced.legs}
    content = {name: _records(table.drop(columns=["geometry"])) for name, table in tables.items()}
    typer.echo(json.dumps(content, ensure_ascii=False, indent=2))


@app.command(epilog="Example: servicecircle route export --format gpx --out routes/")
def export(
    route: Route = None,
    out: Annotated[Path, typer.Option(help="Folder for the files, one a route.")] = Path("routes"),
    fmt: Annotated[str, typer.Option("--format", help="gpx, kml or geojson.")] = "gpx",
    datum: Annotated[str, typer.Option(help="wgs84; gcj02 for Amap and Tencent; bd09 for Baidu.")] = "wgs84",
    profile: Walker = None,
    data: Data = None,
    params: Params = None,
) -> None:
    """Write each route as a file: GPX, KML or GeoJSON, with waypoints, track and heights."""
    from servicecircle.datum import Datum
    from servicecircle.publish.routes import FORMATS, export_routes

    faults = [
        Fault(problem, f"use one of: {', '.join(known)}", column=option, value=value)
        for option, value, known, problem in (
            ("--format", fmt, list(FORMATS), "unknown format"),
            ("--datum", datum, [d.value for d in Datum], "unknown datum"),
        )
        if value not in known
    ]
    if faults:
        raise InputError(faults)
    _, traced, _ = _trace(study_streets(data, params, None, None), route, profile, None)
    for path in export_routes(traced, out, fmt, Datum(datum)):
        typer.echo(path)


@app.command(epilog="Example: servicecircle route example > mine.toml")
def example() -> None:
    """Print a route file to begin with, for a route of your own."""
    from importlib.resources import files

    text = files("servicecircle").joinpath("rules", "route_example.toml").read_text("utf-8")
    typer.echo(text, nl=False)


def _trace(
    streets: Streets, route: str | None, profile: str | None, day: str | None
) -> tuple[Streets, Traced, pd.DataFrame]:
    """Walk one route, a route of a file, or all of them; return the faults as well."""
    from dataclasses import replace

    from servicecircle.hours import is_day
    from servicecircle.own_routes import trace_own_route
    from servicecircle.route_checks import check_routes, judged
    from servicecircle.route_groups import Ground, Groups
    from servicecircle.routes import place_stops, trace_routes

    study, rules = streets.study, streets.parameters.routes
    if profile is not None:
        streets.parameters.walker(profile)
    if day is not None:
        if not is_day(day):
            raise InputError([Fault("not a date", "write it as 2026-05-20", column="--day", value=day)])
        rules = rules.model_copy(update={"day": day})
    groups, ground = Groups(streets, profile), Ground.of(streets, rules)
    if route is not None and Path(route).suffix in {".toml", ".csv"}:
        if Path(route).suffix == ".csv":
            remedy = "write a TOML file with [route] and [[stop]]; tables are a study folder's own (--data)"
            raise InputError([Fault("a route of one's own is no table", remedy, route)])
        traced, faults = trace_own_route(Path(route), study, groups, ground)
    else:
        routes = _chosen(study.routes, route)
        stops = place_stops(study.stops, rules, study.facilities)
        stops = stops[stops["route_id"].isin(routes["route_id"])].reset_index(drop=True)
        traced = trace_routes(groups, ground, routes, stops)
        faults = check_routes(traced, study, rules)
    return streets, replace(traced, routes=judged(traced.routes, faults)), faults


def _chosen(routes: pd.DataFrame, route: str | None) -> pd.DataFrame:
    if route is None:
        return routes
    chosen = routes[routes["route_id"] == route].reset_index(drop=True)
    if chosen.empty:
        remedy = f"use one of: {', '.join(routes['route_id'])}; or a route file of your own (.toml)"
        raise InputError([Fault("no such route", remedy, column="ROUTE", value=route)])
    return chosen


def _records(table: pd.DataFrame | gpd.GeoDataFrame) -> list[dict[str, Any]]:
    import pandas as pd

    from servicecircle.publish.tables import finite, rounded

    rows = rounded(pd.DataFrame(table)).to_dict("records")
    return [{str(key): finite(value) for key, value in row.items()} for row in rows]

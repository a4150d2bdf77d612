"""``servicecircle route design``: a study route for a group, three ways."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from servicecircle.cli_options import AsJson, Data, Paid, Params, study_streets, what_if
from servicecircle.errors import Fault, InputError

if TYPE_CHECKING:
    import geopandas as gpd

    from servicecircle.designing import Design

__all__ = ["design_route"]

_NO_WAY = 3


def design_route(
    start: Annotated[str, typer.Option(help="Where the group sets out: a facility_id, or LON,LAT (WGS-84).")],
    theme: Annotated[str | None, typer.Option(help="red, heritage, arts, science, health, nature or mixed.")] = None,
    category: Annotated[list[str] | None, typer.Option(help="In place of a theme; may be given again.")] = None,
    age: Annotated[
        str | None, typer.Option(help="preschool, primary, middle, high, adult, family or elder; default primary.")
    ] = None,
    group: Annotated[int | None, typer.Option(help="How many they are; default a class of 45.")] = None,
    limit: Annotated[float | None, typer.Option(help="Minutes from start to end; default 180.")] = None,
    leg: Annotated[float | None, typer.Option(help="Minutes of the longest walk between stops; default 15.")] = None,
    depart: Annotated[str | None, typer.Option(help="Local time; default 09:00.")] = None,
    day: Annotated[str | None, typer.Option("--date", help="Date, such as 2026-05-20: opening hours count.")] = None,
    step_free: Annotated[bool, typer.Option("--step-free", help="No steps: prams and wheelchairs.")] = False,  # noqa: FBT002
    lock: Annotated[list[str] | None, typer.Option(help="A facility_id to visit; may be given again.")] = None,
    forbid: Annotated[list[str] | None, typer.Option(help="A facility_id to leave out; may be given again.")] = None,
    back: Annotated[bool, typer.Option("--return", help="End where it began.")] = False,  # noqa: FBT002
    out: Annotated[
        Path | None, typer.Option(help="Write the routes to a .geojson or .json file, or one as .toml for route check.")
    ] = None,
    pick: Annotated[int, typer.Option(help="Which route a .toml file gets.")] = 1,
    data: Data = None,
    params: Params = None,
    paid: Paid = False,  # noqa: FBT002
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Design a study route: which stops, in which order, three routes that differ, each with its reasons."""
    from servicecircle.design_question import Question
    from servicecircle.design_reasons import NoRouteError
    from servicecircle.design_tables import Named, route_tables
    from servicecircle.designing import design

    if out is not None and out.suffix not in {".json", ".geojson", ".toml"}:
        raise InputError(
            [Fault("unknown format", "name the file .geojson, .json or .toml", column="--out", value=str(out))]
        )
    question = Question(
        _start(start), theme, tuple(category or ()), age, group, limit, leg, depart, day, step_free,
        tuple(lock or ()), tuple(forbid or ()), back,
    )  # fmt: skip
    streets = study_streets(data, params, None, None, what_if(None, paid=paid))
    try:
        found = design(streets, question)
    except NoRouteError as error:
        if as_json:
            reasons = [{"code": r.code, "text_zh": r.text_zh, "text_en": r.text_en} for r in error.reasons]
            typer.echo(json.dumps({"feasible": False, "reasons": reasons}, ensure_ascii=False, indent=2))
            raise typer.Exit(_NO_WAY) from error
        raise
    named = [Named(found, f"P{k}", f"方案{k} route {k}", k - 1) for k in range(1, len(found.alternatives) + 1)]
    routes, stops = route_tables(named, streets.study.area.data_date)
    content = _content(found, routes, stops)
    if not 1 <= pick <= len(routes):
        raise InputError([Fault("no such route", f"there are {len(routes)}: pick one", column="--pick", value=pick)])
    if out is not None:
        text = {".json": _json, ".geojson": _geojson, ".toml": _toml}[out.suffix](content, routes, stops, pick - 1)
        _write(out, text)
    if as_json:
        typer.echo(json.dumps(content, ensure_ascii=False, indent=2))
        return
    from servicecircle.summary_design import print_design

    titles = dict(zip(found.asked.stops["facility_id"], found.asked.stops["category_zh"], strict=True))
    print_design(found, routes, stops.assign(category_zh=stops["facility_id"].map(titles)))
    if out is not None:
        typer.echo(f"已写入 written: {out}")


def _start(text: str) -> str | tuple[float, float]:
    if "," not in text:
        return text
    try:
        lon, lat = (float(part) for part in text.split(","))
    except ValueError:
        lon = lat = math.nan
    if not (math.isfinite(lon) and math.isfinite(lat)):
        remedy = "give a facility_id, or LON,LAT in degrees (WGS-84), for instance 106.5734,29.5601"
        raise InputError([Fault("not a point", remedy, column="--start", value=text)])
    return lon, lat


def _content(found: Design, routes: gpd.GeoDataFrame, stops: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return the routes with their stops, as JSON holds them."""
    from servicecircle.publish.tables import finite, rounded

    rows, halts = (
        [
            {str(k): finite(v) for k, v in row.items()}
            for row in rounded(t.drop(columns=["geometry"])).to_dict("records")
        ]
        for t in (routes, stops)
    )
    for row in rows:
        row["stop_list"] = [stop for stop in halts if stop["route_id"] == row["route_id"]]
    question = asdict(found.asked.question)
    return {"feasible": True, "question": question, "profile": found.profile.name, "routes": rows}


def _json(content: dict[str, Any], _routes: gpd.GeoDataFrame, _stops: gpd.GeoDataFrame, _pick: int) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _geojson(_: dict[str, Any], routes: gpd.GeoDataFrame, stops: gpd.GeoDataFrame, _pick: int) -> str:
    """Return routes and stops in one collection; ``feature`` says which is which."""
    import geopandas as gpd
    import pandas as pd

    from servicecircle.crs import WGS84
    from servicecircle.publish.geojson import feature_collection, tidy
    from servicecircle.publish.tables import rounded

    both = rounded(pd.concat([routes.assign(feature="route"), stops.assign(feature="stop")], ignore_index=True))
    shapes = tidy(both["geometry"].to_numpy())
    return feature_collection(gpd.GeoDataFrame(both.drop(columns=["geometry"]), geometry=shapes, crs=WGS84))


def _toml(content: dict[str, Any], _routes: gpd.GeoDataFrame, _stops: gpd.GeoDataFrame, pick: int) -> str:
    """Return one route as a teacher would write it; the start is its first stop, the way back is left out."""
    route = content["routes"][pick]
    head = {key: route[key] for key in ("name", "age_band", "group_size", "limit_minutes", "depart")}
    lines = ["[route]", *(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in head.items())]
    halts = route["stop_list"][:-1] if route["returns"] else route["stop_list"]
    for stop in halts:
        kept = {"place": stop["facility_id"], "name": stop["name"]}
        if stop["facility_id"] is None:
            kept = {"name": stop["name"], "lon": stop["lon"], "lat": stop["lat"]}
        kept["dwell_minutes"] = stop["dwell_minutes"]
        lines += ["", "[[stop]]", *(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in kept.items())]
    return "\n".join(lines) + "\n"


def _write(out: Path, text: str) -> None:
    """Write a text beside its place and move it there: whole, or not at all."""
    scratch = out.with_name(f".{out.name}.part")
    try:
        scratch.write_text(text, "utf-8")
        scratch.replace(out)
    except OSError as error:
        scratch.unlink(missing_ok=True)
        fault = Fault(
            f"cannot write: {error.strerror}", "name a file that you may write", column="--out", value=str(out)
        )
        raise InputError([fault]) from error

"""``servicecircle site`` and ``servicecircle pair``: where next, mobile classes, and which base each school uses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from servicecircle.cli_options import AsJson, Data, Paid, Params, ProfileName, VariantFile, study_streets, what_if
from servicecircle.errors import Fault, InputError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from servicecircle.siting.ground import Ground

__all__ = ["find_pairs", "find_site"]

_NO_WAY = 3

TierName = Annotated[str, typer.Option("--tier", help="Which places are sought: school, community or base.")]
Add = Annotated[int | None, typer.Option(help="How many sites; with lscp the most there can be.")]
ModelName = Annotated[
    str, typer.Option("--model", help="mclp (most people), lscp (everybody), pmedian (mean) or pcentre (longest walk).")
]
Limit = Annotated[float | None, typer.Option("--minutes", help="What counts as covered; default 15.")]
Candidates = Annotated[
    Path | None,
    typer.Option(help="CSV or GeoJSON with name, lon, lat, if known capacity; default: rooms of the registry."),
]
Basis = Annotated[str, typer.Option(help="Which existing places count: all, or confirmed.")]
Approximate = Annotated[bool, typer.Option("--approximate", help="Count rooms that are only placed roughly, too.")]
MobileFlag = Annotated[bool, typer.Option("--mobile", help="Plan weekly classes in borrowed rooms, not sites.")]
Rooms = Annotated[int | None, typer.Option(help="Mobile: rooms a week; default 10.")]
Weeks = Annotated[int | None, typer.Option(help="Mobile: weeks of the term; default 12.")]
Every = Annotated[int | None, typer.Option(help="Mobile: a neighbourhood has its class once in so many weeks.")]
By = Annotated[str, typer.Option(help="Mobile: neighbourhoods are the homes of a community, or a cluster.")]
SitesOut = Annotated[Path | None, typer.Option(help="Write the sites or the timetable to a .geojson, .csv or .json.")]
PairsOut = Annotated[Path | None, typer.Option(help="Write the pairs to a .geojson, .csv or .json.")]


def find_site(
    tier: TierName,
    add: Add = None,
    model: ModelName = "mclp",
    minutes: Limit = None,
    candidates: Candidates = None,
    basis: Basis = "all",
    approximate: Approximate = False,  # noqa: FBT002
    mobile: MobileFlag = False,  # noqa: FBT002
    rooms: Rooms = None,
    weeks: Weeks = None,
    every: Every = None,
    by: By = "community",
    out: SitesOut = None,
    profile: ProfileName = None,
    data: Data = None,
    params: Params = None,
    variant: VariantFile = None,
    paid: Paid = False,  # noqa: FBT002
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Find the next places: where they serve most people who have none; exit 3 where it cannot be done as asked."""
    from servicecircle.scene import study_demand
    from servicecircle.siting.candidates import read_candidates
    from servicecircle.siting.classes import Term, find_classes
    from servicecircle.siting.ground import open_ground
    from servicecircle.siting.sites import find_sites, helped_homes
    from servicecircle.summary_site import mobile_json, print_mobile, print_siting, siting_json

    _check_out(out)
    _check_mobile(add, rooms, weeks, every, mobile=mobile)
    streets = study_streets(data, params, profile, None, what_if(variant, paid=paid))
    table = None if candidates is None else read_candidates(candidates, streets.study.ways.extent)
    ground = open_ground(streets, study_demand(streets), tier, minutes, table, basis=basis, approximate=approximate)
    if mobile:
        term = find_classes(ground, Term(rooms, weeks, every, by))
        _finish(out, mobile_json(term), [_at(term.timetable, ground)], as_json=as_json)
        if not as_json:
            print_mobile(term)
        return
    found = find_sites(ground, model, add)
    layers = [_points(found.sites).assign(feature="site"), helped_homes(found).assign(feature="home")]
    _finish(out, siting_json(found), layers, as_json=as_json)
    if not as_json:
        print_siting(found)
    if found.status == "infeasible":
        raise typer.Exit(_NO_WAY)


def find_pairs(
    minutes: Annotated[float | None, typer.Option(help="Longest walk from the school to a base; default 30.")] = None,
    schools: Annotated[
        int | None, typer.Option(help="Assumed: schools that a base of unknown capacity takes; default 8.")
    ] = None,
    out: PairsOut = None,
    profile: ProfileName = None,
    data: Data = None,
    params: Params = None,
    variant: VariantFile = None,
    paid: Paid = False,  # noqa: FBT002
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Pair every located school with a base of each category: near, and none asked by more schools than it can take."""
    from servicecircle.scene import open_scene
    from servicecircle.siting.pairing import pair_schools, pairing_lines
    from servicecircle.summary_site import pairing_json, print_pairing

    _check_out(out)
    streets = study_streets(data, params, profile, None, what_if(variant, paid=paid))
    scene = open_scene(streets, streets.study.facilities.iloc[:0], streets.variant)
    found = pair_schools(scene, streets.variant, minutes=minutes, schools_per_base=schools)
    _finish(out, pairing_json(found), [pairing_lines(found.table, scene.places)], as_json=as_json, table=found.table)
    if not as_json:
        print_pairing(found)


def _check_out(out: Path | None) -> None:
    if out is not None and out.suffix not in {".json", ".geojson", ".csv"}:
        remedy = "name the file .geojson, .csv or .json"
        raise InputError([Fault("unknown format", remedy, column="--out", value=str(out))])


def _check_mobile(add: int | None, rooms: int | None, weeks: int | None, every: int | None, *, mobile: bool) -> None:
    """Refuse options of the other question: nobody would notice that they say nothing."""
    mine = {"--rooms": rooms, "--weeks": weeks, "--every": every}
    wrong = {"--add": add} if mobile else mine
    remedy = "leave it out, or leave out --mobile" if mobile else "add --mobile"
    faults = [
        Fault("this says nothing here", remedy, column=name, value=value)
        for name, value in wrong.items()
        if value is not None
    ]
    if faults:
        raise InputError(faults)


def _points(sites: pd.DataFrame) -> gpd.GeoDataFrame:
    import geopandas as gpd

    from servicecircle.crs import WGS84

    return gpd.GeoDataFrame(sites, geometry=gpd.points_from_xy(sites["lon"], sites["lat"]), crs=WGS84)


def _at(timetable: pd.DataFrame, ground: Ground) -> gpd.GeoDataFrame:
    return _points(timetable.merge(ground.candidates[["candidate_id", "lon", "lat"]], on="candidate_id", how="left"))


def _finish(
    out: Path | None,
    content: dict[str, Any],
    layers: list[gpd.GeoDataFrame],
    *,
    as_json: bool,
    table: pd.DataFrame | None = None,
) -> None:
    """Write the file, then the JSON: whoever reads it knows that the file is there.

    A .csv holds the table, if none is given the first layer; a .geojson all layers, told apart by ``feature``.
    """
    text = json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False)
    if out is not None:
        _write(out, text, layers, layers[0].drop(columns=["geometry"]) if table is None else table)
    if as_json:
        typer.echo(text)


def _write(out: Path, text: str, layers: list[gpd.GeoDataFrame], table: pd.DataFrame) -> None:
    """Write beside its place and move it there: whole, or not at all."""
    import geopandas as gpd
    import pandas as pd

    from servicecircle.publish.geojson import feature_collection
    from servicecircle.publish.tables import rounded, write_csv

    scratch = out.with_name(f".{out.name}.part")
    try:
        if out.suffix == ".csv":
            write_csv(table.drop(columns=["feature"], errors="ignore"), scratch)
        elif out.suffix == ".json":
            scratch.write_text(text + "\n", "utf-8")
        else:
            both = pd.concat(layers, ignore_index=True)
            layer = gpd.GeoDataFrame(both, geometry=both["geometry"], crs=layers[0].crs)
            scratch.write_text(feature_collection(rounded(layer)), "utf-8")
        scratch.replace(out)
    except OSError as error:
        scratch.unlink(missing_ok=True)
        problem, remedy = f"cannot write: {error.strerror}", "name a file that you may write"
        raise InputError([Fault(problem, remedy, column="--out", value=str(out))]) from error

"""``servicecircle fetch``: a study folder of any area, from OpenStreetMap."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from servicecircle.errors import Fault, InputError

if TYPE_CHECKING:
    from servicecircle.fetching.area import Area
    from servicecircle.ingest.osm_service import Service

__all__ = ["fetch"]

PlaceName = Annotated[
    str | None, typer.Argument(metavar="[PLACE]", help="Name of an administrative area, or relation/ID of the map.")
]
Out = Annotated[Path, typer.Option(help="The study folder; a new one.")]
Box = Annotated[str | None, typer.Option(help="W,S,E,N in degrees instead of a place.")]
Pbf = Annotated[Path | None, typer.Option(help="An OpenStreetMap file (.osm.pbf, .osm) instead of the service.")]
Boundary = Annotated[Path | None, typer.Option(help="Outline of the area: .geojson or .gpkg.")]
Terrain = Annotated[Path | None, typer.Option(help="Heights in metres: any raster, such as a GeoTIFF.")]
MappingFile = Annotated[
    Path | None, typer.Option("--mapping", help="TOML rules for places in place of the package's osm_places.toml.")
]
Buffer = Annotated[float, typer.Option("--buffer-m", help="Metres of map beyond the boundary.")]
Overpass = Annotated[str | None, typer.Option(help="Address of an Overpass service; default: the public one.")]
Nominatim = Annotated[str | None, typer.Option(help="Address of a Nominatim service; default: the public one.")]
Cache = Annotated[Path | None, typer.Option(help="Where answers are kept; default: OUT.answers, beside the study.")]
People = Annotated[float | None, typer.Option(help="How many people live in the area.")]
PeopleSource = Annotated[str | None, typer.Option("--people-source", help="Who says so.")]
Name = Annotated[str | None, typer.Option(help="Name of the study; default: the place's.")]
Date = Annotated[str | None, typer.Option(help="Day of the map, where the file does not say it: 2026-04-26.")]


def fetch(
    out: Out,
    place: PlaceName = None,
    bbox: Box = None,
    pbf: Pbf = None,
    boundary: Boundary = None,
    terrain: Terrain = None,
    mapping: MappingFile = None,
    buffer_m: Buffer = 1500.0,
    overpass: Overpass = None,
    nominatim: Nominatim = None,
    cache: Cache = None,
    people: People = None,
    people_source: PeopleSource = None,
    name: Name = None,
    date: Date = None,
) -> None:
    """Make a study folder of an area from OpenStreetMap, ready for build --data."""
    from servicecircle.fetching.folder import require_new
    from servicecircle.fetching.study import Wishes, fetch_study, wanted_tags
    from servicecircle.ingest.osm_answers import write_answers
    from servicecircle.ingest.osm_places import read_mapping
    from servicecircle.ingest.osm_service import NOMINATIM, OVERPASS, Service, download
    from servicecircle.summary import Steps

    require_new(out)
    _check(place, bbox, pbf, boundary, people)
    rules = read_mapping(mapping)
    service = Service(cache or out.with_name(out.name + ".answers"), overpass or OVERPASS, nominatim or NOMINATIM)
    area = _area(place, bbox, pbf, boundary, buffer_m, service).named(name)
    told = (people, people_source or "--people") if people is not None else (area.people, area.people_source)
    wishes = Wishes(rules, pbf.name if pbf else f"Overpass ({service.overpass})", terrain, *told, date=date or "")
    with Steps(total=6 if pbf else 7 + len(wanted_tags(rules))) as steps, TemporaryDirectory() as scratch:
        source = pbf
        if source is None:
            source = Path(scratch) / "answers.osm.pbf"
            write_answers(download(area.reach, wanted_tags(rules), service, steps), source)
        ledger = fetch_study(source, area, out, wishes, steps)
    _say(ledger, out)


def _area(
    place: str | None, bbox: str | None, pbf: Path | None, boundary: Path | None, buffer_m: float, service: Service
) -> Area:
    """Find the outline: drawn, given as a box, found by name in the file or by the service, or all of the file."""
    import shapely

    from servicecircle.fetching.area import area_of, box_of, read_boundary
    from servicecircle.ingest.osm_clip import extent_of_osm, find_relation
    from servicecircle.ingest.osm_service import find_place

    if boundary is not None:
        name = place or boundary.stem
        return area_of(read_boundary(boundary), name, f"file {boundary.name}", identity="area", buffer_m=buffer_m)
    if bbox is not None:
        return area_of(box_of(bbox), bbox, f"box {bbox}", identity="area", buffer_m=buffer_m)
    if place is not None and pbf is None:
        found = find_place(place, service)
        code = found.ref[0] + found.ref.rpartition("/")[2]
        return area_of(found.shape, found.name, f"OpenStreetMap {found.ref}", identity=code, buffer_m=buffer_m)
    assert pbf is not None  # noqa: S101 - _check has seen to it
    if place is None:
        west, south, east, north = extent_of_osm(pbf)
        whole = shapely.box(west, south, east, north)
        stem = pbf.name.partition(".")[0]
        return area_of(whole, stem, f"extent of {pbf.name}", identity="area", buffer_m=buffer_m)
    number, tags, shape = find_relation(pbf, place)
    ref = f"OpenStreetMap relation/{number}"
    name = tags.get("name:zh") or tags.get("name", place)
    area = area_of(shape, name, ref, identity=f"r{number}", buffer_m=buffer_m, name_en=tags.get("name:en", ""))
    people = tags.get("population", "")
    dated = tags.get("population:date", "undated")
    return replace(area, people=float(people), people_source=f"{ref}, {dated}") if people.isdecimal() else area


def _check(place: str | None, bbox: str | None, pbf: Path | None, boundary: Path | None, people: float | None) -> None:
    faults = []
    if place is None and bbox is None and pbf is None and boundary is None:
        faults.append(Fault("no area", "give a PLACE, --bbox W,S,E,N, --boundary FILE or --pbf FILE"))
    if bbox is not None and (place is not None or boundary is not None):
        faults.append(Fault("two areas", "give --bbox alone", column="--bbox", value=bbox))
    if people is not None and not (math.isfinite(people) and people > 0):
        faults.append(Fault("not a number of people", "give it, or leave it out", column="--people", value=people))
    if faults:
        raise InputError(faults)


def _say(ledger: dict[str, Any], out: Path) -> None:
    counts = ledger["counts"]
    typer.echo(f"{ledger['name']}: {ledger['map']}, {ledger['data_date']}, {ledger['crs']}")
    typer.echo(f"点位候选 candidates: {counts['facilities']}；未收入 left out: {counts['excluded']} (excluded.csv)")
    typer.echo(f"道路 ways: {counts['ways']}；建筑 buildings: {counts['buildings']}")
    parts = ledger["subdistricts"]
    if parts["admin_level"] is not None:
        typer.echo(f"街道 subdistricts: {parts['number']} (admin_level {parts['admin_level']})")
    for gap in ledger["unknown"]:
        typer.echo(f"未知 unknown: {gap['zh']}\n             {gap['en']}")
    typer.echo(f"下一步 next: servicecircle build --data {out} --out {out}-build")

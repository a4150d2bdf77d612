"""The study's layers as compact payloads, one function a layer. Figures are the bundle's; none is computed here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from maps.bundle import COUNTS, Bundle
from maps.encode import SCALE, clean, lines, metres, point, rings, simplified
from maps.panels import PEOPLE, SHARE, nested
from maps.spelling import spelt, spelt_all

__all__ = [
    "areas",
    "categories",
    "circles",
    "coverage",
    "entrances",
    "gaps",
    "headline",
    "ledger",
    "lights",
    "links",
    "meta",
    "missing",
    "places",
    "spellings",
    "subdistricts",
    "unions",
]

CIRCLE_M = 3.0
UNION_M = 3.0
OUTLINE_M = 1.0
DISTRICT = "district"
WALK = "walk"

PLACE = (
    *("facility_id", "tier", "kind", "category", "name", "subdistrict", "address", "status", "status_reason", "source"),
    *("position_source", "position_confidence", "located", "approximate", "designations", "level", "batch", "note"),
    *("inside_area", "n_school_900", "n_community_900", "n_base_900", "people_900_low", "people_900"),
    *("people_900_high", "area_900_m2", "terrain_loss"),
    *("open_from", "open_to", "access", "opening_hours", "capacity", "website"),
)
GAP = (
    *("gap_id", "rank", "tier", "subdistrict_name", "homes", "people_low", "people", "people_high", "mean_excess_s"),
    *("nearest_name", "nearest_s", "cause", "explanation_zh", "explanation_en"),
    *("rank_low", "rank_high", "second_cause", "barrier_kind", "barrier_name", "barred_s", "link_id"),
    *("suggestion_zh", "suggestion_en"),
)
MISSING = (
    *("link_id", "rank", "tier", "gap_id", "kind", "length_m", "rise_m", "people_low", "people", "people_high"),
    *("saved_s", "explanation_zh", "explanation_en"),
)
LIGHT = ("light", "score", "explanation_zh", "explanation_en")
LINK = (
    *("link_id", "kind", "name", "rise_m", "fee_cny", "opening_hours", "direction", "wheelchair", "state", "joins"),
    *("source", "confidence", "note", "used"),
)
SOURCE = ("title", "date", "licence", "attribution")

Payload = dict[str, Any]


def meta(bundle: Bundle) -> Payload:
    """Say whose map this is: area, dates, profile, sources. ``review_number`` stays empty until a review gives one."""
    manifest = bundle.manifest
    area = manifest["area"]
    cutoffs = sorted({float(c) for c in bundle.layers["isochrones"]["cutoff_s"]})
    return {
        "area": {key: clean(area.get(key)) for key in ("id", "name_zh", "name_en")},
        "bounds": [float(v) for v in bundle.layers["area"].total_bounds],
        "data_date": clean(manifest["data_date"]),
        "profile": clean(manifest["profile"]),
        "flat_mps": _flat_mps(manifest),
        "minutes": [clean(cutoff / 60) for cutoff in cutoffs],
        "parameters_sha256": clean(manifest["parameters_sha256"]),
        "version": clean(manifest.get("servicecircle_version")),
        "review_number": clean(manifest.get("review_number")) or "",
        "sources": [{key: clean(source.get(key)) for key in SOURCE} for source in manifest["sources"]],
    }


def categories(bundle: Bundle) -> list[Payload]:
    """List the base categories in use, in the order of their ids."""
    named = bundle.layers["facilities"].loc[:, ["category", "category_zh", "category_en"]].dropna(subset=["category"])
    rows = named.drop_duplicates("category").sort_values("category")
    table = bundle.tables["ledger_by_category"]
    published = dict(zip(table["category"], table["published"], strict=True))
    return [
        {
            "id": str(row.category),
            "zh": _text(row.category_zh, row.category),
            "en": _text(row.category_en, row.category),
            "published": bool(published.get(row.category, False)),
        }
        for row in rows.itertuples()
    ]


def places(bundle: Bundle) -> Payload:
    """Put every facility in a table, unlocated ones without a position."""
    layer = bundle.layers["facilities"]
    names = dict(zip(bundle.layers["subdistricts"]["code"], bundle.layers["subdistricts"]["name"], strict=True))
    named = layer.assign(subdistrict=layer["subdistrict"].map(lambda code: names.get(code, code)))
    return _table(named, PLACE, at=[point(shape) for shape in layer.geometry])


def areas(bundle: Bundle) -> list[dict[str, list[Any]] | None]:
    """Give the area in square metres and the street in metres of each facility's circles, by cutoff."""
    layer = bundle.layers["isochrones"]
    by_place: dict[str, dict[str, list[Any]]] = {}
    for row in layer.itertuples():
        by_place.setdefault(str(row.facility_id), {})[str(int(row.cutoff_s))] = [
            clean(row.area_m2),
            clean(row.street_m),
        ]
    return [by_place.get(str(place)) for place in bundle.layers["facilities"]["facility_id"]]


def entrances(bundle: Bundle) -> list[list[list[Any]] | None]:
    """Give the doors that walks to each facility start or end at: position, and how it was found."""
    layer = bundle.layers["entrances"]
    by_place: dict[str, list[list[Any]]] = {}
    for row in layer.itertuples():
        by_place.setdefault(str(row.facility_id), []).append(
            [point(row.geometry), clean(row.reason), clean(row.snap_m)]
        )
    return [by_place.get(str(place)) for place in bundle.layers["facilities"]["facility_id"]]


def spellings(bundle: Bundle) -> Payload:
    """Spell what can be searched: the places in their order, streets and subdistricts by name."""
    layers = bundle.layers
    return {
        "places": [spelt(name) for name in layers["facilities"]["name"]],
        "streets": spelt_all(layers["network"]["name"]),
        "subdistricts": spelt_all(layers["subdistricts"]["name"]),
    }


def circles(bundle: Bundle) -> list[dict[str, list[str]] | None]:
    """Give each facility its nested circles by cutoff, in the order of the facilities; None where it has none."""
    layer = bundle.layers["isochrones"]
    shapes = simplified(layer.geometry, CIRCLE_M)
    by_place: dict[str, dict[str, list[str]]] = {}
    for place, cutoff, shape in zip(layer["facility_id"], layer["cutoff_s"], shapes, strict=True):
        by_place.setdefault(str(place), {})[str(int(cutoff))] = rings(shape)
    return [by_place.get(str(place)) for place in bundle.layers["facilities"]["facility_id"]]


def unions(bundle: Bundle) -> list[Payload]:
    """Give the union of a tier's circles, by basis and cutoff."""
    layer = bundle.layers["unions"]
    return [
        {"tier": row.tier, "basis": row.basis, "cutoff": int(row.cutoff_s), "rings": rings(shape)}
        for row, shape in zip(layer.itertuples(), simplified(layer.geometry, UNION_M), strict=True)
    ]


def subdistricts(bundle: Bundle) -> list[Payload]:
    """Give outlines, names, and a point on dry land for the lettering."""
    layer = bundle.layers["subdistricts"]
    water = shapely.union_all(bundle.layers["water"].geometry.dropna().to_numpy())
    shapes = simplified(layer.geometry, OUTLINE_M)
    return [
        {
            "code": str(row.code),
            "name": clean(row.name),
            "name_en": clean(row.name_en),
            "rings": rings(shape),
            "at": _middle(row.geometry, water),
        }
        for row, shape in zip(layer.itertuples(index=False), shapes, strict=True)
    ]


def coverage(bundle: Bundle) -> Payload:
    """Give the shares of each subdistrict: tier, basis, cutoff, then code; shares are null where unknown."""
    return nested(_walked(bundle.layers["coverage"]), ("tier", "basis", "cutoff_s"))


def headline(bundle: Bundle) -> list[Payload]:
    """Give the whole district's rows of the coverage table, every measure as published."""
    table = bundle.tables["coverage"]
    whole = table[table["subdistrict"] == DISTRICT] if "subdistrict" in table else table
    columns = [c for c in ("tier", "basis", "measure", "cutoff_s", *SHARE, *PEOPLE) if c in whole.columns]
    return [{c: clean(row[c]) for c in columns} for row in whole.to_dict("records")]


def ledger(bundle: Bundle) -> Payload:
    """Give the ledger by tier, category and designation; an empty count is unknown."""
    tables = bundle.tables
    by = {
        "tiers": (tables["ledger"], ("tier", "paper", "date")),
        "categories": (tables["ledger_by_category"], ("category", "name_zh", "name_en", "published")),
        "designations": (tables["ledger_by_designation"], ("designation", "paper", "date")),
    }
    return {
        name: [{c: clean(row[c]) for c in (*keys, *COUNTS)} for row in table.to_dict("records")]
        for name, (table, keys) in by.items()
    }


def gaps(bundle: Bundle) -> list[Payload]:
    """Give the gaps in the order of their rank."""
    layer = bundle.layers["gaps"].sort_values(["rank", "gap_id"])
    shapes = simplified(layer.geometry, OUTLINE_M)
    return [
        {
            **{c: clean(row[c]) for c in GAP},
            "rings": rings(shape),
            "at": [round(row["lon"] * SCALE), round(row["lat"] * SCALE)],
        }
        for row, shape in zip(layer.to_dict("records"), shapes, strict=True)
    ]


def missing(bundle: Bundle) -> list[Payload]:
    """Give the candidate links in the order of their rank: what a visit should look for, not what is there."""
    layer = bundle.layers["missing_links"].sort_values(["tier", "rank", "gap_id"])
    return [
        {**{c: clean(row[c]) for c in MISSING}, "at": point(shape), "lines": lines(shape)}
        for row, shape in zip(layer.to_dict("records"), layer.geometry, strict=True)
    ]


def lights(bundle: Bundle) -> Payload:
    """Give the lights of the subdistricts by code."""
    table = bundle.tables["lights"]
    own = table[table["unit_kind"] == "subdistrict"]
    return {str(row["unit"]): {c: clean(row[c]) for c in LIGHT} for row in own.to_dict("records")}


def links(bundle: Bundle) -> list[Payload]:
    """Give lifts, escalators and cableways with what the register knows of each."""
    layer = bundle.layers["vertical_links"].sort_values("link_id")
    return [
        {**{c: clean(row[c]) for c in LINK}, "at": point(shape), "lines": lines(shape)}
        for row, shape in zip(layer.to_dict("records"), layer.geometry, strict=True)
    ]


def _flat_mps(manifest: Mapping[str, Any]) -> float | None:
    """Return the walker's pace on the level in metres a second, where the manifest says it."""
    profile = manifest.get("parameters", {}).get("profiles", {}).get(str(manifest["profile"]), {})
    pace: float | None = clean(profile.get("flat_mps"))
    return pace


def _walked(table: pd.DataFrame) -> pd.DataFrame:
    """Rows measured by walking time; the other measures are only for comparison."""
    return table[table["measure"] == WALK] if "measure" in table.columns else table


def _middle(shape: Any, water: Any) -> list[int] | None:  # noqa: ANN401  geometries
    dry = shapely.difference(shape, water)
    latitude = shape.centroid.y
    spoke = shapely.maximum_inscribed_circle(metres([dry if not dry.is_empty else shape], latitude)[0], tolerance=5.0)
    return point(metres([shapely.get_point(spoke, 0)], latitude, back=True)[0])


def _table(frame: gpd.GeoDataFrame, columns: Sequence[str], *, at: Sequence[Any]) -> Payload:
    """Columns named once, then bare rows."""
    cells = [[clean(v) for v in frame[c].tolist()] for c in columns]
    return {"cols": [*columns, "at"], "rows": [list(row) for row in zip(*cells, at, strict=True)]}


def _text(value: object, otherwise: object) -> str:
    return value if isinstance(value, str) and value else str(otherwise)

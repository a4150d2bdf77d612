"""What the page knows before anything is asked: where one may start, what there is, and the ground under it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from api.bundle import Bundle
from api.family.encode import SCALE
from api.family.ground import ground
from api.family.pinyin import spell
from api.family.streets import network_book
from servicecircle.publish.manifest import Manifest
from servicecircle.publish.tables import finite
from servicecircle.streets import Streets

__all__ = ["content"]

STARTS = ("school", "community")
BASE = "base"
NOWHERE = ("lift", "escalator", "crossing")
TOLD = (
    "category", "status", "position_confidence", "source", "access", "opening_hours", "capacity", "website",
    "open_from", "open_to",
)  # fmt: skip
DRAWN = ("network", "water", "buildings")
COLOURS = ("#882255", "#117733", "#332288", "#2478a6", "#8f3a86", "#86680f", "#1c7c70", "#b4525f")
COUNTED = ("declared", "loaded", "candidates", "verified", "date")


def content(bundle: Bundle, streets: Streets, *, reports: bool = False) -> dict[str, Any]:
    """Return the page's data as JSON values.

    Parameters
    ----------
    bundle
        What is published.
    streets
        The network that it was computed on.
    reports
        Whether the office takes reports of mistakes.
    """
    about, facilities = bundle.manifest, bundle.layers["facilities"]
    west, south, east, north = bundle.layers["network"].total_bounds
    bases = facilities[facilities["tier"] == BASE]
    return {
        "area": {"name_zh": about.area.name_zh, "name_en": about.area.name_en, "bbox": list(about.area.bbox)},
        "reach": [round(float(value), 5) for value in (west, south, east, north)],
        "data_date": about.data_date,
        "profile": _walker(about),
        "attribution": list(dict.fromkeys(layer.attribution for layer in about.layers if layer.name in DRAWN)),
        "categories": _categories(bundle.ledger["by_category"]),
        "ledger": _ledger(bundle.ledger["tiers"], bases),
        "reports": reports,
        "starts": _starts(facilities[facilities["tier"].isin(STARTS)]),
        "streets": _streets(bundle.layers["network"]),
        "bases": _bases(bases),
        "ground": ground(bundle.layers),
        "network": network_book(streets, facilities),
    }


def _walker(about: Manifest) -> dict[str, str]:
    """Return at whose pace the times are."""
    profiles = about.parameters.get("profiles", {})
    own = profiles.get(about.profile, {}) if isinstance(profiles, dict) else {}
    return {"name": about.profile, "name_zh": str(own.get("name_zh", about.profile))}


def _categories(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each category with a colour and a letter of its own: the first of its name that no other took."""
    taken: list[str] = []
    for row in rows:
        taken.append(next((c for c in str(row["name_zh"]) if c.isalnum() and c not in taken), "·"))
    return [
        {
            "id": row["category"],
            "zh": row["name_zh"],
            "en": row["name_en"],
            "published": bool(row["published"]),
            "colour": COLOURS[i % len(COLOURS)],
            "glyph": taken[i],
        }
        for i, row in enumerate(rows)
    ]


def _ledger(tiers: Sequence[dict[str, Any]], bases: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return the declared and loaded counts of the bases beside those that have a place on the map."""
    row = next((tier for tier in tiers if tier["tier"] == BASE), {})
    placed = bases[bases.geometry.notna()]
    return {key: row.get(key) for key in COUNTED} | {"mapped": len(placed), "unlocated": len(bases) - len(placed)}


def _starts(facilities: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Schools, then communities, as the spelling of their names orders them; one without a position has no ``at``."""
    found = [
        {"id": row["facility_id"], "kind": row["kind"]} | _named(row) | {"approximate": bool(row["approximate"])}
        for row in facilities.to_dict("records")
    ]
    return sorted(found, key=lambda start: (STARTS.index(start["kind"]), start["pinyin"], start["id"]))


def _bases(bases: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Return every base with what its card says; one without a position has no ``at``."""
    return [
        {"id": row["facility_id"]}
        | _named(row)
        | {name: _text(row.get(name)) for name in TOLD}
        | {"approximate": bool(row["approximate"])}
        for row in bases.to_dict("records")
    ]


def _streets(network: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Return every named street with the middle of its longest piece: a start for who knows no better."""
    named = network[network["name"].notna() & ~network["kind"].isin(NOWHERE)]
    found = []
    for name, group in named.groupby("name", sort=True):
        joined = shapely.line_merge(shapely.multilinestrings(shapely.get_parts(group.geometry.to_numpy())))
        parts = shapely.get_parts(joined)
        middle = shapely.line_interpolate_point(parts[int(np.argmax(shapely.length(parts)))], 0.5, normalized=True)
        found.append({"name": str(name)} | _spelt(str(name)) | {"at": _at(middle)})
    return sorted(found, key=lambda street: (street["pinyin"], street["name"]))


def _named(row: dict[str, Any]) -> dict[str, Any]:
    name = str(row["name"])
    return {"name": name} | _spelt(name) | {"address": _text(row["address"]), "at": _at(row["geometry"])}


def _spelt(name: str) -> dict[str, str]:
    spelling = spell(name)
    return {"initials": spelling.initials, "pinyin": spelling.syllables}


def _at(shape: Any) -> list[int] | None:  # noqa: ANN401  a cell of a geometry column
    return None if shape is None or shape.is_empty else [round(shape.x * SCALE), round(shape.y * SCALE)]


def _text(value: object) -> str | None:
    known = finite(value)
    return None if known is None else str(known)

"""What the page knows before anything is asked: where one may start, what there is, and the ground under it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd

from api.bundle import Bundle
from api.family.encode import SCALE
from api.family.ground import ground
from api.family.pinyin import spell
from servicecircle.publish.manifest import Manifest
from servicecircle.publish.tables import finite

__all__ = ["content"]

STARTS = ("school", "community")
BASE = "base"
DRAWN = ("network", "water", "buildings")
COLOURS = ("#882255", "#117733", "#332288", "#2478a6", "#8f3a86", "#86680f", "#1c7c70", "#b4525f")
COUNTED = ("declared", "loaded", "candidates", "verified", "date")


def content(bundle: Bundle) -> dict[str, Any]:
    """Return the page's data as JSON values."""
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
        "starts": _starts(facilities[facilities["tier"].isin(STARTS)]),
        "bases": _bases(bases[bases.geometry.notna()]),
        "ground": ground(bundle.layers),
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
    found = []
    for row in facilities.to_dict("records"):
        spelling = spell(str(row["name"]))
        found.append(
            {
                "id": row["facility_id"],
                "kind": row["kind"],
                "name": row["name"],
                "initials": spelling.initials,
                "pinyin": spelling.syllables,
                "address": _text(row["address"]),
                "approximate": bool(row["approximate"]),
                "at": _at(row["geometry"]),
            }
        )
    return sorted(found, key=lambda start: (STARTS.index(start["kind"]), start["pinyin"], start["id"]))


def _bases(bases: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Return what the answers leave out, and where the bases are before anything is asked."""
    return [
        {
            "id": row["facility_id"],
            "name": row["name"],
            "category": _text(row["category"]),
            "status": row["status"],
            "approximate": bool(row["approximate"]),
            "at": _at(row["geometry"]),
        }
        for row in bases.to_dict("records")
    ]


def _at(shape: Any) -> list[int] | None:  # noqa: ANN401  a cell of a geometry column
    return None if shape is None or shape.is_empty else [round(shape.x * SCALE), round(shape.y * SCALE)]


def _text(value: object) -> str | None:
    known = finite(value)
    return None if known is None else str(known)

"""Entrances and gates, from the OpenStreetMap extracts."""

from __future__ import annotations

from pathlib import Path

from .files import degrees, write_csv
from .gathered import EXTRACTS, Element, Gathered

__all__ = ["day_of", "write_entrances"]

_COLUMNS = ("osm_id", "lon", "lat", "kind", "layer", "name", "source")
_SHUT = ("no", "private")


def write_entrances(gathered: Gathered, path: Path) -> None:
    """Write every node that is an entrance of a house or a gate that people walk through."""
    rows = []
    extracts = {file: gathered.extract(name) for name, file in EXTRACTS.items()}
    for element in gathered.objects.values():
        tags, kind = element.get("tags", {}), _kind(element)
        if kind is None:
            continue
        file = next(file for file, elements in extracts.items() if element in elements)
        node = f"node/{element['id']}"
        if tags.get("locked") == "yes" or tags.get("access") in _SHUT or tags.get("foot") in _SHUT:
            gathered.account.leave_out_object(file, node, f"{kind}: locked or not for the public")
            continue
        name = tags.get("name") or tags.get("ref", "")
        source = f"OpenStreetMap {node}, {day_of(file)}"
        lon, lat = degrees(element["lon"]), degrees(element["lat"])
        rows.append((str(element["id"]), lon, lat, kind, tags.get("layer", ""), name, source))
    write_csv(path, _COLUMNS, sorted(rows, key=lambda row: int(row[0])))


def _kind(element: Element) -> str | None:
    tags = element.get("tags", {})
    if element["type"] != "node":
        return None
    if tags.get("entrance", "no") != "no":
        return "entrance"
    return "gate" if tags.get("barrier") == "gate" else None


def day_of(file: str) -> str:
    """Return the date in the name of an extract."""
    digits = Path(file).stem.rpartition("_")[2]
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"

"""A what-if drawn on a map: GeoJSON features that carry ``change`` become the entries of a variant file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from servicecircle.errors import Fault, InputError

__all__ = ["read_drawn"]

_PLACE_KINDS = ("school", "community", "base", "venue")
_SAVE = "save it as a UTF-8 GeoJSON FeatureCollection in WGS-84 lon/lat"


def read_drawn(path: Path) -> dict[str, object]:
    """Return the entries that a FeatureCollection holds: ``link`` and ``place``, as a TOML file would.

    A line is a link. A point is a place where its ``kind`` is one, or where it has a ``place`` id; else it lies on the
    link that is closed. Properties are the keys of the entries; ``name`` of the collection is a title and no more.

    Raises
    ------
    InputError
        Missing file, not JSON, no features, a geometry that is neither point nor line: all faults at once.
    """
    try:
        content = json.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise InputError([Fault(f"cannot be read: {error.strerror}", "check the path", path.name)]) from error
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise InputError([Fault(f"not JSON: {error}", _SAVE, path.name)]) from error
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list) or not features:
        raise InputError([Fault("no features in it", _SAVE, path.name)])
    faults: list[Fault] = []
    links: list[dict[str, Any]] = []
    places: list[dict[str, Any]] = []
    for number, feature in enumerate(features, 1):
        _sort(number, feature, (links, places), path.name, faults)
    if faults:
        raise InputError(faults)
    return {"link": links, "place": places}


def _sort(
    number: int,
    feature: object,
    into: tuple[list[dict[str, Any]], list[dict[str, Any]]],
    name: str,
    faults: list[Fault],
) -> None:
    links, places = into
    properties = feature.get("properties") if isinstance(feature, dict) else None
    shape = feature.get("geometry") if isinstance(feature, dict) else None
    if not isinstance(properties, dict):
        faults.append(Fault(f"feature {number} has no properties", "give it change, kind, id", name))
        return
    entry = {key: value for key, value in properties.items() if value is not None}
    if shape is None:
        (places if entry.get("kind") in _PLACE_KINDS else links).append(entry)
        return
    kind = shape.get("type") if isinstance(shape, dict) else None
    at: Any = shape.get("coordinates") if isinstance(shape, dict) else None
    if kind == "Point" and _is_point(at):
        if entry.get("kind") in _PLACE_KINDS:
            places.append(entry | {"lon": at[0], "lat": at[1]} if entry.get("change") != "close" else entry)
        elif "id" in entry:
            links.append(entry)
        else:
            links.append(entry | {"line": [at[:2]]})
    elif kind == "LineString" and isinstance(at, list) and len(at) > 1 and all(map(_is_point, at)):
        drawn = entry.get("change") == "add" or "id" not in entry
        links.append(entry | ({"line": [point[:2] for point in at]} if drawn else {}))
    else:
        remedy = "draw a link as a LineString from end to end, a place as a Point"
        faults.append(Fault(f"feature {number} is neither a line nor a point", remedy, name, value=kind))


def _is_point(at: object) -> bool:
    return isinstance(at, list) and len(at) > 1 and all(type(v) in {int, float} for v in at[:2])

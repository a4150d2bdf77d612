"""Rows of vertical_links.csv from the things of a map: lifts, escalators, cableways, none of them vouched for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from servicecircle.fetching.layers import clean
from servicecircle.hours import are_hours
from servicecircle.ingest.links import LINK_COLUMNS
from servicecircle.ingest.osm_things import Thing
from servicecircle.model import Ways

__all__ = ["links_of"]

_CABLEWAYS = ("cable_car", "gondola", "mixed_lift", "chair_lift")
_MOVING = ("yes", "forward", "backward", "reversible")
_WHEELCHAIR = ("yes", "no", "limited")


def links_of(things: Sequence[Thing], ways: Ways, reach: BaseGeometry) -> pd.DataFrame:
    """Return lifts (points and lines), escalators and cableways, sorted by id.

    ``joins`` is known where both ends meet other ways, at a lift where two ways meet. ``state`` is unknown throughout:
    that a link is drawn does not say that it runs.
    """
    shapely.prepare(reach)
    meeting = Counter(dict(zip(*_counted(ways), strict=True)))
    rows = []
    for thing in things:
        kind = _kind(thing)
        if kind is not None and shapely.intersects(reach, thing.shape):
            rows.append(_row(thing, kind, meeting))
    return pd.DataFrame(rows, columns=LINK_COLUMNS, dtype=str).fillna("").sort_values("link_id").reset_index(drop=True)


def _counted(ways: Ways) -> tuple[list[int], list[int]]:
    """Return the nodes of the ways, and of how many ways each is a node."""
    pairs = pd.DataFrame({"node": ways.refs, "way": pd.Series(range(len(ways.ways))).repeat(_sizes(ways)).to_numpy()})
    counts = pairs.drop_duplicates()["node"].value_counts()
    return counts.index.tolist(), counts.tolist()


def _sizes(ways: Ways) -> list[int]:
    return [int(b - a) for a, b in zip(ways.offsets[:-1], ways.offsets[1:], strict=True)]


def _kind(thing: Thing) -> str | None:
    tags = thing.tags
    if tags.get("highway") == "elevator" and not thing.is_area:
        return "lift"
    if thing.shape.geom_type != "LineString":
        return None
    if tags.get("highway") == "steps" and tags.get("conveying") in _MOVING:
        return "escalator"
    return "cableway" if tags.get("aerialway") in _CABLEWAYS else None


def _row(thing: Thing, kind: str, meeting: Counter[int]) -> dict[str, str]:
    tags = thing.tags
    ends = [shapely.get_point(thing.shape, i) for i in (0, -1)] if thing.nodes else [thing.shape] * 2
    if thing.nodes:
        joined = all(meeting[node] > 1 for node in (thing.nodes[0], thing.nodes[-1]))
    else:
        joined = meeting[thing.id] > 1
    hours = clean(tags.get("opening_hours", ""))
    row = {
        "link_id": thing.code,
        "kind": kind,
        "name": clean(tags.get("name", "")),
        "osm_type": thing.type,
        "osm_id": str(thing.id),
        "fee_cny": "0" if tags.get("fee") == "no" else "",
        "opening_hours": hours if hours and are_hours(hours) else "",
        "direction": _direction(kind, tags.get("conveying", "")),
        "wheelchair": tags["wheelchair"] if tags.get("wheelchair") in _WHEELCHAIR else "",
        "state": "unknown",
        "joins": "known" if joined else "unknown",
        "source": f"osm:{thing.ref}",
        "confidence": "map",
    }
    for side, point in zip(("from", "to"), ends if joined or thing.nodes else ends[:1], strict=False):
        row |= {f"{side}_lon": f"{shapely.get_x(point):.7f}", f"{side}_lat": f"{shapely.get_y(point):.7f}"}
    return row


def _direction(kind: str, conveying: str) -> str:
    if kind != "escalator":
        return "both"
    return "reversible" if conveying == "reversible" else "unknown"

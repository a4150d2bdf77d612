"""Which pen draws a street: one list for the study map and for the small maps."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import pandas as pd

__all__ = ["NOT_DRAWN", "pens"]

CLASSES: Mapping[str, tuple[str, ...]] = {
    "major": ("motorway", "trunk", "primary"),
    "minor": ("secondary", "tertiary"),
    "local": ("residential", "unclassified", "living_street", "road"),
    "plaza": ("pedestrian",),
    "stairs": ("steps",),
    "path": ("footway", "path", "cycleway", "track", "corridor", "bridleway", "platform"),
}
NOT_DRAWN = ("lift", "elevator", "escalator", "link")
OTHER = "service"


def pens(network: gpd.GeoDataFrame, joined: Mapping[str, str] | None = None) -> pd.Series:
    """Name the pen of each way by its ``highway`` and ``kind``; "" where none draws it.

    Parameters
    ----------
    network
        Layer ``network`` of a bundle.
    joined
        Pens that are drawn by another one.

    Examples
    --------
    >>> highways = ["primary_link", "service", "pedestrian"]
    >>> ways = pd.DataFrame({"highway": highways, "kind": ["street", "lift", "stairs"]})
    >>> pens(ways).tolist(), pens(ways.assign(kind="street"), {"service": "path", "plaza": "local"}).tolist()
    (['major', '', 'stairs'], ['major', 'path', 'local'])
    """
    pen_of = {highway: pen for pen, highways in CLASSES.items() for highway in highways}
    highway = network["highway"].fillna("").astype(str).str.removesuffix("_link")
    found = highway.map(pen_of).fillna(OTHER).mask(network["kind"] == "stairs", "stairs")
    drawn: pd.Series = found.replace(dict(joined or {})).mask(network["kind"].isin(NOT_DRAWN), "")
    return drawn

"""What lies under a sheet: a bundle's land, rivers, streets by class and storey, rails and names, in metres."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from maps.basemap import HEAVY_RAIL
from maps.bundle import Bundle
from maps.encode import metres
from maps.pens import pens
from maps.report.reading import plain

__all__ = ["Land", "Named", "land"]

Shapes = npt.NDArray[np.object_]
CUT_M = 6.0
OPEN_AT_LEAST_M = 60.0
RIM_M = 12.0
LETTERED = ("major", "minor", "local", "stairs", "path", "plaza")


@dataclass(frozen=True, slots=True)
class Named:
    """Something with a name, on the plane; ``kind`` is the pen of a street or the kind of a stop."""

    name: str
    shape: BaseGeometry
    kind: str = ""
    name_en: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Land:
    """The ground on a plane of metres at ``latitude``.

    ``area`` is the study area, ``known`` where the data draw rivers; ``open_ends`` are edges of water that are no bank.
    """

    latitude: float
    area: BaseGeometry
    known: BaseGeometry
    water: Shapes
    waters: tuple[Named, ...]
    open_ends: BaseGeometry
    buildings: Shapes
    ways: Mapping[tuple[str, str], BaseGeometry]
    rails: Mapping[str, BaseGeometry]
    borders: BaseGeometry
    subdistricts: tuple[Named, ...]
    streets: tuple[Named, ...]
    stations: tuple[Named, ...]

    def plane(self, shapes: gpd.GeoSeries) -> Shapes:
        """Lay degrees out on the plane."""
        return metres(shapes, self.latitude)

    def dry(self, shape: BaseGeometry) -> BaseGeometry:
        """Return what of a shape is not water."""
        return shapely.difference(shape, shapely.union_all(self.water))


def land(bundle: Bundle) -> Land:
    """Lay the ground of a bundle out on its plane."""
    layers = bundle.layers
    latitude = float(np.mean(layers["area"].total_bounds[[1, 3]]))
    water = layers["water"][layers["water"].geometry.notna()]
    wet = metres(water.geometry, latitude)
    parts = layers["subdistricts"].sort_values("code")
    shapes = metres(parts.geometry, latitude)
    known = _outline(shapes)
    network = layers["network"]
    streets = network.assign(pen=_pens(network), storey=_storeys(network), flat=metres(network.geometry, latitude))
    streets = streets[streets["pen"] != ""]
    return Land(
        latitude,
        shapely.union_all(metres(layers["area"].geometry, latitude)),
        known,
        wet,
        tuple(Named(plain(n), s) for n, s in zip(water["name"], wet, strict=True) if plain(n)),
        _open_ends(wet, known),
        metres(layers["buildings"].geometry.dropna(), latitude),
        {(str(p), str(s)): _joined(g["flat"]) for (p, s), g in streets.groupby(["pen", "storey"], sort=True)},
        _rails(layers["railways"], latitude),
        _borders(shapes, known),
        tuple(
            Named(plain(zh), shape, "", plain(en), plain(code))
            for code, zh, en, shape in zip(parts["code"], parts["name"], parts["name_en"], shapes, strict=True)
        ),
        _named(streets),
        _stations(layers["stations"], latitude),
    )


def _pens(network: gpd.GeoDataFrame) -> pd.Series:
    drawn: pd.Series = pens(network).mask(network["kind"] == "escalator", "escalator")
    return drawn


def _storeys(network: gpd.GeoDataFrame) -> npt.NDArray[np.str_]:
    bridge, tunnel = (network[c].fillna(value=False).astype(bool).to_numpy() for c in ("bridge", "tunnel"))
    return np.where(bridge, "bridge", np.where(tunnel, "tunnel", "ground"))


def _named(streets: pd.DataFrame) -> tuple[Named, ...]:
    """Join each street of a name and pen; the longest of the widest pen first."""
    lettered = streets[streets["pen"].isin(LETTERED) & (streets["storey"] != "tunnel")]
    names = lettered["name"].map(plain)
    lettered = lettered.assign(said=names)[names != ""]
    found = [
        Named(str(name), _joined(group["flat"]), str(pen))
        for (name, pen), group in lettered.groupby(["said", "pen"], sort=True)
    ]
    found.sort(key=lambda n: (LETTERED.index(n.kind), -shapely.length(n.shape), n.name))
    return tuple(found)


def _outline(subdistricts: Shapes) -> BaseGeometry:
    """Join the subdistricts without the slivers between them."""
    whole = shapely.get_parts(shapely.union_all(subdistricts))
    joined: BaseGeometry = shapely.union_all(
        [shapely.Polygon(part.exterior) for part in whole if part.geom_type == "Polygon"]
    )
    return joined


def _open_ends(water: Shapes, known: BaseGeometry) -> BaseGeometry:
    shores = shapely.boundary(shapely.union_all(water))
    if shores is None or shapely.is_empty(known):
        return shapely.MultiLineString()
    cut = shapely.get_parts(shapely.line_merge(shapely.intersection(shores, shapely.buffer(known.boundary, CUT_M))))
    long = [part for part in cut if part.geom_type == "LineString" and part.length >= OPEN_AT_LEAST_M]
    ends: BaseGeometry = shapely.multilinestrings(long) if long else shapely.MultiLineString()
    return ends


def _borders(subdistricts: Shapes, known: BaseGeometry) -> BaseGeometry:
    """Lines between subdistricts, each once, or the dashes of two neighbours would fill each other's gaps."""
    if not len(subdistricts):
        return shapely.MultiLineString()
    shared = shapely.union_all(shapely.boundary(subdistricts))
    inner: BaseGeometry = shapely.line_merge(shapely.difference(shared, shapely.buffer(known.boundary, RIM_M)))
    return inner


def _rails(railways: gpd.GeoDataFrame, latitude: float) -> dict[str, BaseGeometry]:
    heavy = railways["kind"].isin(HEAVY_RAIL)
    tunnel = railways["tunnel"].fillna(value=False).astype(bool)
    pens = {"rail": heavy & ~tunnel, "metro": ~heavy & ~tunnel, "tunnel": tunnel}
    return {pen: _joined(metres(railways.geometry[chosen], latitude)) for pen, chosen in pens.items()}


def _stations(stations: gpd.GeoDataFrame, latitude: float) -> tuple[Named, ...]:
    """One stop a name and kind: a station of two lines is two points of the extract."""
    shown = stations[stations.geometry.notna()]
    found: dict[tuple[str, str], list[shapely.Point]] = {}
    for kind, name, at in zip(shown["kind"], shown["name"], metres(shown.geometry, latitude), strict=True):
        if kind == "station":
            found.setdefault((plain(name), str(kind)), []).append(at)
    named = []
    for (name, kind), at in sorted(found.items()):
        named.append(Named(name, shapely.MultiPoint(at).centroid, kind))
    return tuple(named)


def _joined(shapes: gpd.GeoSeries | Shapes) -> BaseGeometry:
    """Join ends that meet, without cutting where lines merely cross: a bridge does not meet what it spans."""
    given = np.asarray(shapes, dtype=object)
    parts = shapely.get_parts(given[~shapely.is_missing(given)])
    joined: BaseGeometry = shapely.line_merge(shapely.multilinestrings(parts[shapely.get_dimensions(parts) == 1]))
    return joined

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

from maps.bundle import Bundle
from maps.encode import metres
from maps.features import borders, joined, open_ends, outline, rail_kinds, storeys
from maps.pens import pens
from maps.report.reading import plain

__all__ = ["Land", "Named", "land"]

Shapes = npt.NDArray[np.object_]
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
    known = outline(shapes)
    network, rails = layers["network"], layers["railways"]
    streets = network.assign(pen=_pens(network), storey=storeys(network), flat=metres(network.geometry, latitude))
    streets = streets[streets["pen"] != ""]
    return Land(
        latitude,
        shapely.union_all(metres(layers["area"].geometry, latitude)),
        known,
        wet,
        tuple(Named(plain(n), s) for n, s in zip(water["name"], wet, strict=True) if plain(n)),
        shapely.multilinestrings(open_ends(wet, known)),
        metres(layers["buildings"].geometry.dropna(), latitude),
        {(str(p), str(s)): joined(g["flat"]) for (p, s), g in streets.groupby(["pen", "storey"], sort=True)},
        {pen: joined(metres(rails.geometry[own], latitude)) for pen, own in rail_kinds(rails).items()},
        borders(shapes, known),
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


def _named(streets: pd.DataFrame) -> tuple[Named, ...]:
    """Join each street of a name and pen; the longest of the widest pen first."""
    lettered = streets[streets["pen"].isin(LETTERED) & (streets["storey"] != "tunnel")]
    names = lettered["name"].map(plain)
    lettered = lettered.assign(said=names)[names != ""]
    found = [
        Named(str(name), joined(group["flat"]), str(pen))
        for (name, pen), group in lettered.groupby(["said", "pen"], sort=True)
    ]
    found.sort(key=lambda n: (LETTERED.index(n.kind), -shapely.length(n.shape), n.name))
    return tuple(found)


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

"""Where people enter a place: set by hand, on the map, on the street of the address, or supposed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from servicecircle.arrays import Floats, Ints, Shapes
from servicecircle.crs import to_metric
from servicecircle.ingest.entrances import surveyed_entrances

__all__ = ["Entrances", "Reason", "find_entrances", "street_of"]

_ON_OUTLINE_M = 0.5
_AT_AN_ENTRANCE = "entrance"
_NUMBERED = ("building", "address")


class Reason(StrEnum):
    """Why an entrance is where it is; the first that applies to a place gives all its entrances."""

    SURVEYED = "surveyed"
    TAGGED = "tagged"
    STREET_NUMBER = "street_number"
    NEAREST = "nearest"


@dataclass(frozen=True, slots=True)
class Entrances:
    """Entrances of places, those of one place together.

    ``owner`` is the position of the place, ascending, each at least once; ``lonlat`` (n, 2); ``layer`` NaN where
    unknown; ``reason`` of ``Reason``; ``street`` the name of the street that the entrance opens on if that is near, or
    None.
    """

    owner: Ints
    lonlat: Floats
    layer: Floats
    reason: Shapes
    street: Shapes

    def __len__(self) -> int:
        """Return the number of entrances."""
        return len(self.owner)


def find_entrances(
    placed: gpd.GeoDataFrame, mapped: pd.DataFrame, buildings: gpd.GeoDataFrame, streets: Sequence[str], crs: str
) -> Entrances:
    """Find every entrance of every place.

    Parameters
    ----------
    placed
        Places with a position (``schemas.FACILITIES``), index 0, 1, ...
    mapped
        Entrances of the map (``ingest.entrances.ENTRANCES``): one belongs to a place if it lies on the outline of a
        building that the place stands in. A place that stands at an entrance has that one.
    buildings
        Footprints, EPSG:4326.
    streets
        Names of streets, to be looked for in addresses of places that stand at a building or an address.
    crs
        Metric CRS of the study area.
    """
    by_hand = surveyed_entrances(placed["entrances"]).rename_axis("owner").reset_index()
    known = by_hand.assign(reason=Reason.SURVEYED)
    at_one = placed["position_confidence"] == _AT_AN_ENTRANCE
    housed = placed["located"] & ~at_one
    tagged = pd.concat([_own(placed[at_one]), _on_outlines(placed[housed], mapped, buildings, crs)])
    tagged = tagged[~tagged["owner"].isin(known["owner"])].assign(reason=Reason.TAGGED)
    known = pd.concat([known, tagged])
    rest = placed[~placed.index.isin(known["owner"])]
    numbered = rest["position_confidence"].isin(_NUMBERED)
    street = [street_of(text, streets) if yes else None for text, yes in zip(rest["address"], numbered, strict=True)]
    reason = [Reason.STREET_NUMBER if name else Reason.NEAREST for name in street]
    supposed = _own(rest).assign(reason=reason, street=pd.Series(street, dtype=object))
    table = pd.concat([known, supposed]).sort_values("owner", kind="stable")
    return Entrances(
        table["owner"].to_numpy(dtype=np.int64),
        table[["lon", "lat"]].to_numpy(dtype=np.float64),
        table["layer"].to_numpy(dtype=np.float64),
        table["reason"].to_numpy(dtype=object),
        table["street"].where(table["street"].notna(), None).to_numpy(dtype=object),
    )


def street_of(address: object, streets: Sequence[str]) -> str | None:
    """Return the longest street name that stands in an address right before a house number, or None.

    Examples
    --------
    >>> street_of("渝中区上清寺中山四路73号", ["四路", "中山四路", "上清寺"])
    '中山四路'
    >>> street_of("中山四路", ["中山四路"])
    """
    if not isinstance(address, str):
        return None
    text = unicodedata.normalize("NFKC", address)
    found = [name for name in streets if name in text and re.search(rf"{re.escape(name)}\s*\d", text)]
    return max(sorted(found), key=len, default=None)


def _own(places: gpd.GeoDataFrame) -> pd.DataFrame:
    at = shapely.get_coordinates(places.geometry.to_numpy())
    return pd.DataFrame({"owner": places.index, "lon": at[:, 0], "lat": at[:, 1], "layer": np.nan})


def _on_outlines(places: gpd.GeoDataFrame, mapped: pd.DataFrame, buildings: gpd.GeoDataFrame, crs: str) -> pd.DataFrame:
    """Return the entrances on the outline of a building that each place stands in."""
    footprints = np.asarray(buildings.geometry.to_crs(crs).to_numpy(), dtype=object)
    at, doors = (
        np.asarray(shapely.points(to_metric(lonlat, crs)), dtype=object)
        for lonlat in (shapely.get_coordinates(places.geometry.to_numpy()), mapped[["lon", "lat"]].to_numpy(np.float64))
    )
    of_place = pd.DataFrame(shapely.STRtree(footprints).query(at, predicate="intersects").T, columns=["place", "house"])
    outlines = np.asarray(shapely.boundary(footprints), dtype=object)
    on = shapely.STRtree(outlines).query(doors, predicate="dwithin", distance=_ON_OUTLINE_M)
    pairs = of_place.merge(pd.DataFrame(on.T, columns=["door", "house"]), on="house")[["place", "door"]]
    pairs = pairs.drop_duplicates().sort_values(["place", "door"])
    table = mapped[["lon", "lat", "layer"]].iloc[pairs["door"]].reset_index(drop=True)
    return table.assign(owner=places.index.to_numpy()[pairs["place"]])

"""A position for a place that has only an address: from the registry's house numbers and the map's streets.

What is found is said with how it was found; nothing is guessed in silence. From the best:

``address``
    The very house number is known of another place.
``landmark``
    The address, or brackets in it, or the name before 内, 旁 or a bracket, names a known place.
``street``
    Between two known numbers of the street, beside a known one, or at the middle of the street.
``area``
    Among the known numbers of a quarter, beside an unmapped lane, on a street that only the name names, in the
    subdistrict.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from servicecircle.crs import to_lonlat, to_metric
from servicecircle.found import Found
from servicecircle.model import LOCATED, Study
from servicecircle.registry.address_text import Address, plain, read_addresses, street_in
from servicecircle.registry.ground import Ground
from servicecircle.registry.known_places import Houses, KnownPlace, Landmarks

__all__ = ["AddressBook"]

_MAP = "OpenStreetMap"
_MAP_LICENCE = "ODbL-1.0"
_LONG_M = 1000.0  # a longer street is said to be long: its middle says little
_NEAR_DISTRICT_M = 100.0  # a street along the border belongs to both sides
_BESIDE_NUMBERS = 10  # house numbers that a place may be off a known one and still be beside it: about 100 m
_OFF_STREET_M = 200.0  # a house farther from the mapped street than this is not on that part of it
_QUARTER_M = 300.0  # known houses of one quarter must lie so close to their middle to say where it is


@dataclass(frozen=True, slots=True)
class AddressBook:
    """The known addresses of a study."""

    ground: Ground
    houses: Houses
    landmarks: Landmarks
    quarters: dict[str, BaseGeometry] = field(repr=False)
    corners: dict[str, Point] = field(repr=False)
    stations: dict[str, Point] = field(repr=False)

    @classmethod
    def of(cls, study: Study, ground: Ground | None = None) -> AddressBook:
        """Index the located places of a study, its named streets and its subdistricts."""
        ground = ground or Ground.of(study)
        area = study.area.subdistricts
        quarters = {
            str(name): to_metric(shape, ground.crs) for name, shape in zip(area["name"], area.geometry, strict=True)
        }
        corners = {name: _corner(shape, ground) for name, shape in quarters.items()}
        empty = cls(
            ground,
            Houses.of([], frozenset(ground.streets)),
            Landmarks.of([], _buildings(study.area.buildings, ground)),
            quarters,
            {name: corner for name, corner in corners.items() if corner is not None},
            _stations(study.area.stations, ground),
        )
        return empty.knowing(study.facilities)

    def knowing(self, facilities: pd.DataFrame) -> AddressBook:
        """Return a book of the same ground that knows these places, in the columns of ``schemas.FACILITIES``."""
        places = _places(facilities[facilities["position_confidence"].isin(LOCATED)], self.ground)
        landmarks = replace(self.landmarks, names=Landmarks.of(places, []).names)
        return replace(self, houses=Houses.of(places, self.houses.streets), landmarks=landmarks)

    def locate(self, name: str, address: str, subdistrict: str = "") -> Found | None:
        """Return the best position that the words allow, or None.

        Parameters
        ----------
        name, address, subdistrict
            As the table has them, empty where unknown; an address cell may hold several addresses.

        Examples
        --------
        >>> from servicecircle.datasets import bundled_study
        >>> from servicecircle.ingest.study import read_study
        >>> book = AddressBook.of(read_study(bundled_study()))
        >>> found = book.locate("某书店", "渝中区中山四路65号2楼")
        >>> found.confidence, found.source
        ('address', '中山四路65号: same house number as 桂园 (registry)')
        """
        addresses = [one for one in read_addresses(address) if one.number or one.place not in self.quarters]
        within = self._within(subdistrict, address)
        attempts = (
            *(self._same_house(one) for one in addresses),
            *(self._landmark(one) for one in addresses),
            self._beside(name, alone=not addresses),
            *(self._between(one) for one in addresses),
            *(self._street(one, within) for one in addresses),
            *(self._quarter(one) for one in addresses),
            *(self._neighbourhood(one) for one in addresses),
            self._named_street(name, within),
            self._subdistrict(within),
        )
        return next((found for found in attempts if found), None)

    def street(self, name: str, address: str) -> str | None:
        """Return the mapped street that the address names, or without an address the name; None where neither does."""
        texts = [one.place for one in read_addresses(address)] or [plain(name)]
        for text in texts:
            found = street_in(text, self.ground.streets)
            if found and not (found[1] and address):
                return found[0]
        return None

    def _same_house(self, address: Address) -> Found | None:
        known = self.houses.at(address)
        if known is None:
            return None
        source = f"{address.place}{address.number}号: same house number as {known.name} (registry)"
        return self._found(known.point, "address", source, known)

    def _landmark(self, address: Address) -> Found | None:
        for text in (address.rest, address.aside, address.place):
            known = self.landmarks.inside(text)
            if known:
                source = f"{known.name} ({known.known_to}), named in the address"
                return self._found(known.point, "landmark", source, known)
        return None

    def _beside(self, name: str, *, alone: bool) -> Found | None:
        """Return the place that the name says it is in or at; without an address also the place of the same name."""
        known = self.landmarks.before(name) or (self.landmarks.same(name) if alone else None)
        if known is None:
            return None
        return self._found(known.point, "landmark", f"{known.name} (registry), named in the name", known)

    def _between(self, address: Address) -> Found | None:
        """Interpolate between the nearest known numbers, of the same side of the street if it has them."""
        if address.house is None:
            return None
        street, below, above = self.houses.around(address)
        if below and above:
            share = (address.house - below.number) / (above.number - below.number)
            point = self._along(street, below.place.point, above.place.point, share)
            source = f"between {street} {below.number} and {above.number} (registry)"
            return self._found(point, "street", source, below.place, above.place)
        known = below or above
        if known is None or abs(known.number - address.house) > _BESIDE_NUMBERS:
            return None
        source = f"beside {street} {known.number} (registry), {abs(known.number - address.house)} numbers off"
        return self._found(known.place.point, "street", source, known.place)

    def _along(self, street: str, start: Point, end: Point, share: float) -> Point:
        """Return the point that lies the share of the way between two houses, along the street where it is mapped."""
        lines = shapely.get_parts(self.ground.streets.get(street, Point()))
        off_m = [max(line.distance(start), line.distance(end)) for line in lines]
        if off_m and min(off_m) <= _OFF_STREET_M and lines[int(np.argmin(off_m))].geom_type == "LineString":
            line = lines[int(np.argmin(off_m))]
            first, last = line.project(start), line.project(end)
            return Point(line.interpolate(first + share * (last - first)))
        return Point(start.x + share * (end.x - start.x), start.y + share * (end.y - start.y))

    def _street(self, address: Address, within: str | None) -> Found | None:
        found = street_in(address.place, self.ground.streets)
        if found is None:
            return None
        name, lane = found
        point, source = self._middle(name, within)
        if point is None:
            return None
        if lane:
            return self._found(point, "area", f"{name}{lane} is not on the map; {source}")
        return self._found(point, "street", source)

    def _named_street(self, name: str, within: str | None) -> Found | None:
        found = street_in(plain(name), self.ground.streets)
        point, source = self._middle(found[0], within) if found else (None, "")
        return self._found(point, "area", f"{source}, which only the name names") if point else None

    def _middle(self, name: str, within: str | None) -> tuple[Point | None, str]:
        """Return the point of a street nearest to the middle of its part in the subdistrict, or in the district."""
        street = self.ground.streets[name]
        for shape, where in ((self.quarters.get(within or ""), f" in {within}"), (self.ground.boundary, "")):
            part = shapely.intersection(street, shape.buffer(_NEAR_DISTRICT_M)) if shape else None
            if part is not None and part.length > 0:
                long = f", {part.length / 1000:.1f} km long" if part.length > _LONG_M else ""
                return _midpoint(part), f"midpoint of {name}{where} ({_MAP}){long}"
        return None, ""

    def _quarter(self, address: Address) -> Found | None:
        """Return the middle of the known houses of the same quarter, if they agree."""
        known = self.houses.of_quarter(address.place)
        if not known:
            return None
        xy = np.array([(place.point.x, place.point.y) for place in known])
        middle = np.median(xy, axis=0)
        off_m = np.hypot(*(xy - middle).T)
        if off_m.max() > _QUARTER_M:
            return None
        nearest = known[int(np.argmin(off_m))]
        source = f"{nearest.name} (registry), of the same {self.houses.key(address.place)}"
        return self._found(nearest.point, "area", source, nearest)

    def _neighbourhood(self, address: Address) -> Found | None:
        """Return the streets that bear the name of a quarter, as 鹅岭正街 that of 鹅岭; or the station of the name."""
        place = address.place
        called = [name for name in self.ground.streets if len(place) > 1 and name.startswith(place)]
        if called:
            point, source = self._middle(min(called, key=lambda name: (len(name), name)), None)
            return self._found(point, "area", f"{source}, which is called after {place}") if point else None
        known = [name for name in self.stations if name in place]
        if not known:
            return None
        name = max(known, key=len)
        return self._found(self.stations[name], "area", f"station {name} ({_MAP}), named in the address")

    def _within(self, subdistrict: str, address: str) -> str | None:
        for text in (plain(subdistrict), plain(address)):
            named = [name for name in self.quarters if name in text]
            if named:
                return max(named, key=len)
        # 上清寺 says the subdistrict 上清寺街道; asked last, since a street may bear its name
        text = plain(subdistrict) or plain(address)
        return next((name for name in self.quarters if text and name.removesuffix("街道") == text), None)

    def _subdistrict(self, within: str | None) -> Found | None:
        corner = self.corners.get(within or "")
        return self._found(corner, "area", f"subdistrict {within}: a street in its middle ({_MAP})") if corner else None

    def _found(self, point: Point, confidence: str, source: str, *known: KnownPlace) -> Found:
        (lon, lat), *_ = to_lonlat(np.array([[point.x, point.y]]), self.ground.crs).tolist()
        licences = dict.fromkeys(place.licence for place in known) if known else {_MAP_LICENCE: None}
        return Found(
            round(lon, 7),
            round(lat, 7),
            confidence,
            source,
            all(place.redistributable for place in known),
            "; ".join(filter(None, licences)),
        )


def _places(facilities: pd.DataFrame, ground: Ground) -> list[KnownPlace]:
    """Return places in the order of trust: by confidence, then by id."""
    trust = facilities["position_confidence"].map(LOCATED.index)
    rows = facilities.assign(_trust=trust).sort_values(["_trust", "facility_id"], kind="stable")
    xy = ground.points(rows["lon"].to_numpy(dtype=float), rows["lat"].to_numpy(dtype=float))
    columns = rows[["name", "address", "redistributable", "licence"]].astype(object)
    columns = columns.where(columns.notna(), "")
    return [
        KnownPlace(str(name), str(address), Point(x, y), bool(free), str(licence))
        for (name, address, free, licence), (x, y) in zip(columns.to_numpy().tolist(), xy.tolist(), strict=True)
    ]


def _buildings(buildings: gpd.GeoDataFrame, ground: Ground) -> list[KnownPlace]:
    named = buildings[buildings["name"].notna()].sort_values("building_id", kind="stable")
    points = [to_metric(shape.representative_point(), ground.crs) for shape in named.geometry]
    return [
        KnownPlace(str(name), "", point, redistributable=True, licence=_MAP_LICENCE, known_to=_MAP)
        for name, point in zip(named["name"], points, strict=True)
    ]


def _stations(stations: gpd.GeoDataFrame, ground: Ground) -> dict[str, Point]:
    """Return stations by name, without their entrances, the first of a name as the file has it."""
    named = stations[(stations["kind"] == "station") & stations["name"].notna()]
    points: dict[str, Point] = {}
    for name, shape in zip(named["name"], named.geometry, strict=True):
        points.setdefault(str(name).removesuffix("站"), to_metric(shape.representative_point(), ground.crs))
    return points


def _midpoint(line: BaseGeometry) -> Point:
    """Return the point of a street nearest to the middle of its metres."""
    parts = list(_lines(line))
    lengths = np.array([part.length for part in parts])
    centres = np.array([[part.centroid.x, part.centroid.y] for part in parts])
    middle = Point(np.average(centres, axis=0, weights=lengths))
    nearest = min(parts, key=lambda part: part.distance(middle))
    return Point(nearest.interpolate(nearest.project(middle)))


def _lines(shape: BaseGeometry) -> Iterator[BaseGeometry]:
    return (part for part in shapely.get_parts(shape) if part.geom_type == "LineString" and part.length > 0)


def _corner(shape: BaseGeometry, ground: Ground) -> Point | None:
    """Return the end of a walkable segment nearest to the middle of all those in a shape: on land, on a street."""
    inside = ground.walkable.query(shape, predicate="contains")
    xy = shapely.get_coordinates(ground.walkable.geometries[np.sort(inside)])
    if not len(xy):
        return None
    off_m = np.hypot(*(xy - np.median(xy, axis=0)).T)
    return Point(xy[int(np.argmin(off_m))])

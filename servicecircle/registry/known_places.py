"""Places whose position is known, by house number and by name."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from shapely.geometry import Point

from servicecircle.registry.address_text import Address, plain, read_addresses, street_in

__all__ = ["Houses", "KnownHouse", "KnownPlace", "Landmarks"]

_SHORTEST_NAME = 3  # shorter names stand inside of other words
_SHORTEST_BUILDING = 4  # 1栋, T3塔楼: names that say something only beside others
_SHORTEST_QUARTER = 3
_CITY = re.compile(r"^[^\d路街巷]{2,3}市|^重庆(?=..)")
_SEAT = r"[^()]*(?:校区|院区|园区|分[馆校院部店]|门诊|住院|[本总]部)[^()]*"
_BESIDE = re.compile(rf"[-—·内里旁侧]|对面|门口|附近|\((?!{_SEAT}\))")
_BRACKET = re.compile(r"\(([^()]*)\)")
_ONE_SEAT = re.compile(rf"\({_SEAT}\)")


@dataclass(frozen=True, slots=True)
class KnownPlace:
    """A place with a position in metres, and who knows it: ``registry`` or ``OpenStreetMap``."""

    name: str
    address: str
    point: Point
    redistributable: bool
    licence: str
    known_to: str = "registry"


@dataclass(frozen=True, slots=True)
class KnownHouse:
    """A place at a house number of the street's ordinary series."""

    number: int
    place: KnownPlace


@dataclass(frozen=True, slots=True)
class Houses:
    """Known places by street (or quarter) and number; the first of a house is the one trusted most."""

    streets: frozenset[str]
    numbers: dict[tuple[str, str], KnownPlace]
    series: dict[str, list[KnownHouse]]
    quarters: dict[str, list[KnownPlace]]

    @classmethod
    def of(cls, places: Iterable[KnownPlace], streets: frozenset[str]) -> Houses:
        """Index places, those trusted most first."""
        houses = cls(streets, {}, {}, {})
        read = [(place, address) for place in places for address in read_addresses(place.address)[:1]]
        for _, address in read:  # all quarters first, so that a place is filed under the shortest name of its own
            found = street_in(address.place, streets)
            if address.place and (not found or found[1]):
                houses.quarters.setdefault(address.place, [])
        for place, address in read:
            key = houses.key(address.place)
            if not key:
                continue
            if key not in streets:
                houses.quarters.setdefault(key, []).append(place)
            if address.number is None or (key, address.number) in houses.numbers:
                continue
            houses.numbers[key, address.number] = place
            if address.house is not None:
                houses.series.setdefault(key, []).append(KnownHouse(address.house, place))
        return houses

    def key(self, place: str) -> str:
        """Return the mapped street at the end of a text; else a known quarter at its end; else the text."""
        found = street_in(place, self.streets)
        if found and not found[1]:
            return found[0]
        alike = [name for name in self.quarters if _same_end(name, place)]
        return min(alike, key=lambda name: (len(name), name)) if alike else place

    def at(self, address: Address) -> KnownPlace | None:
        """Return the place at the same number of the same street or quarter."""
        return self.numbers.get((self.key(address.place), address.number)) if address.number else None

    def around(self, address: Address) -> tuple[str, KnownHouse | None, KnownHouse | None]:
        """Return the street, and the nearest known numbers below and above, on the same side if it has both there."""
        street, number = self.key(address.place), address.house
        series = self.series.get(street, [])
        if number is None or street not in self.streets:
            return street, None, None
        same_side = [house for house in series if house.number % 2 == number % 2]
        for houses in (same_side, series):
            below = max((h for h in houses if h.number < number), key=lambda h: h.number, default=None)
            above = min((h for h in houses if h.number > number), key=lambda h: h.number, default=None)
            if below and above:
                return street, below, above
        nearest = min(series, key=lambda h: (abs(h.number - number), h.number), default=None)
        return street, nearest, None

    def of_quarter(self, place: str) -> list[KnownPlace]:
        """Return the known places of a quarter that is no mapped street."""
        return self.quarters.get(self.key(place), [])


@dataclass(frozen=True, slots=True)
class Landmarks:
    """Known places by what they are called: the whole name, without the city, and what stands in brackets."""

    names: dict[str, KnownPlace]
    buildings: dict[str, KnownPlace]

    @classmethod
    def of(cls, places: Iterable[KnownPlace], buildings: Iterable[KnownPlace]) -> Landmarks:
        """Index places, those trusted most first, and the named buildings of the map."""
        names: dict[str, KnownPlace] = {}
        for place in places:
            for name in _names(place.name):
                names.setdefault(name, place)
        mapped: dict[str, list[KnownPlace]] = {}
        for building in buildings:
            mapped.setdefault(plain(building.name), []).append(building)
        once = {name: found[0] for name, found in mapped.items() if len(found) == 1 and len(name) >= _SHORTEST_BUILDING}
        return cls(names, once)

    def inside(self, text: str) -> KnownPlace | None:
        """Return the place, or else the building, of the longest name in a text."""
        whole = plain(text)
        return _longest(self.names, (name for name in self.names if name in whole)) or _longest(
            self.buildings, (name for name in self.buildings if name in whole)
        )

    def before(self, text: str) -> KnownPlace | None:
        """Return the place of the longest name that a text has before 内, 旁, a dash or a bracket.

        A bracket that tells one of several seats, as （凯旋路校区）, speaks of another place.
        """
        whole = plain(text)
        hits = (name for name in self.names if name in whole)
        return _longest(self.names, (name for name in hits if _BESIDE.match(whole, whole.rfind(name) + len(name))))

    def same(self, text: str) -> KnownPlace | None:
        """Return the place of this very name."""
        whole = plain(text)
        return self.names.get(whole) or self.names.get(_CITY.sub("", whole))


def _longest(known: dict[str, KnownPlace], names: Iterable[str]) -> KnownPlace | None:
    best = max(names, key=lambda name: (len(name), name), default=None)
    return known[best] if best is not None else None


def _same_end(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    return len(shorter) >= _SHORTEST_QUARTER and longer.endswith(shorter)


def _names(name: str) -> Collection[str]:
    """Return what a place is called: in whole, and unless it is one of several seats without and within brackets."""
    whole = plain(name)
    parts = [whole] if _ONE_SEAT.search(whole) else [whole, _BRACKET.sub("", whole), *_BRACKET.findall(whole)]
    parts += [_CITY.sub("", part) for part in parts]
    return [part for part in dict.fromkeys(parts) if len(part) >= _SHORTEST_NAME]

"""What a route needs: the service, and points that make sense before anything is computed."""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

import numpy as np
from fastapi import Depends, Request

from api.answers import Answers
from api.asked import MAX_MINUTES
from api.bundle import Bundle, Row
from api.collections import Collection
from api.packed import Packed
from api.pool import Pool
from api.questions import Point, Questions
from servicecircle.arrays import Bools
from servicecircle.errors import Fault, InputError
from servicecircle.units import S_PER_MIN

__all__ = ["Places", "Served", "Service", "cutoffs_s", "parse_point", "require_known", "require_point", "service"]

T = TypeVar("T")

_LON, _LAT = 180.0, 90.0
_MARGIN = 0.005  # degrees beyond the streets, about 500 m: the nearest street is measured only within
_MOST_CUTOFFS = 6
_POINT_PARTS = 2


@dataclass(frozen=True, slots=True)
class Places:
    """The facilities by row: those with a position in ``placed`` (which the answerers know by position), and all."""

    rows: list[Row]
    placed: list[Row]
    categories: tuple[str, ...]
    _counts: Counter[tuple[Any, Any]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Count those without a position, by kind and category."""
        counts = Counter((row["kind"], row["category"]) for row in self.rows)
        counts.subtract((row["kind"], row["category"]) for row in self.placed)
        object.__setattr__(self, "_counts", counts)

    def wanted(self, kinds: list[str], categories: list[str]) -> Bools:
        """Whether each placed facility was asked for."""
        if not kinds and not categories:
            return np.ones(len(self.placed), dtype=bool)
        return np.array([_matches(row["kind"], row["category"], kinds, categories) for row in self.placed], dtype=bool)

    def unlocated(self, kinds: list[str], categories: list[str]) -> int:
        """How many of those asked for have no position."""
        return sum(n for (kind, of), n in self._counts.items() if _matches(kind, of, kinds, categories))


@dataclass(frozen=True, slots=True)
class Service:
    """A snapshot: all that requests read, made from one bundle. Nothing that it says changes.

    ``digest`` is the hash of the bundle's files, ``seed`` that of the program too, from which answers get their tags.
    ``files`` are the map and the report; ``answers`` those given lately. ``pool`` answers in milliseconds, ``planning``
    what takes seconds.
    """

    bundle: Bundle
    digest: str
    seed: str
    files: Mapping[str, Packed]
    collections: dict[str, Collection]
    places: Places
    extent: tuple[float, float, float, float]
    pool: Pool[Questions]
    planning: Pool[Questions]
    answers: Answers = field(default_factory=Answers, repr=False)
    _made: dict[str, Any] = field(default_factory=dict, repr=False)
    _making: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def dated(self) -> dict[str, str]:
        """Say of which date and which parameters an answer is."""
        manifest = self.bundle.manifest
        return {"data_date": manifest.data_date, "parameters_sha256": manifest.parameters_sha256}

    def once(self, name: str, make: Callable[[], T]) -> T:
        """Return what is made of this snapshot when it is first asked for, and kept with it."""
        with self._making:
            if name not in self._made:
                self._made[name] = make()
            made: T = self._made[name]
            return made

    def made(self, name: str) -> Any:  # noqa: ANN401  whatever it is that was made
        """Return what `once` has made, or None."""
        return self._made.get(name)

    def warm(self) -> None:
        """Ask a question of each kind, so that no family waits for what is compiled or cached at first use."""
        if self.places.placed:
            for pool in (self.pool, self.planning):
                pool.each(lambda clerk: clerk.warm(0))

    @property
    def load(self) -> int:
        """How many questions are being answered or wait."""
        return self.pool.load + self.planning.load

    def close(self) -> None:
        """Finish what is being answered, and take no more."""
        self.pool.close()
        self.planning.close()


async def service(request: Request) -> Service:
    """Return the snapshot that this request has from its start to its end."""
    found: Service = request.state.service
    return found


Served = Annotated[Service, Depends(service)]


def require_point(lon: float, lat: float, served: Service) -> Point:
    """Return the point if it is on the globe, the right way round, and near the streets.

    Raises
    ------
    InputError
        It is not; the message says what to try.
    """
    west, south, east, north = served.extent
    if abs(lat) > _LAT and abs(lon) <= _LAT:
        raise InputError(
            [Fault("latitude and longitude look swapped", f"try lon={lat:g} and lat={lon:g}", column="lat")]
        )
    if abs(lon) > _LON or abs(lat) > _LAT:
        raise InputError([Fault("off the globe", "give degrees (WGS-84)", column="lon" if abs(lon) > _LON else "lat")])
    if not (west - _MARGIN <= lon <= east + _MARGIN and south - _MARGIN <= lat <= north + _MARGIN):
        remedy = f"give a point with lon {west:.3f} to {east:.3f} and lat {south:.3f} to {north:.3f} (WGS-84)"
        raise InputError([Fault("outside the area of this service", remedy, column="lon,lat")])
    return lon, lat


def parse_point(text: str, name: str, served: Service) -> Point:
    """Read ``lon,lat``.

    Raises
    ------
    InputError
        Not two finite numbers, or no point of the area.
    """
    remedy = "give lon,lat in degrees (WGS-84), for instance 106.5706,29.5564"
    parts = text.split(",")
    try:
        numbers = [float(part) for part in parts]
    except ValueError as error:
        raise InputError([Fault("not a point", remedy, column=name)]) from error
    if len(numbers) != _POINT_PARTS or not all(math.isfinite(n) for n in numbers):
        raise InputError([Fault("not two finite numbers", remedy, column=name)])
    return require_point(numbers[0], numbers[1], served)


def cutoffs_s(text: str) -> tuple[float, ...]:
    """Read minutes such as ``5,10,15`` as ascending seconds.

    Raises
    ------
    InputError
        Not minutes, too many or too long.

    Examples
    --------
    >>> cutoffs_s("10,5")
    (300.0, 600.0)
    """
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        values = []
    if not values or not all(0 < value <= MAX_MINUTES for value in values) or len(values) > _MOST_CUTOFFS:
        remedy = f"give at most {_MOST_CUTOFFS} numbers above 0, up to {MAX_MINUTES}, such as 5,10,15"
        raise InputError([Fault("not minutes", remedy, column="minutes")])
    return tuple(sorted({value * S_PER_MIN for value in values}))


def require_known(value: str, known: tuple[str, ...], name: str) -> str:
    """Return the value if it is one of the known.

    Raises
    ------
    InputError
        It is not; the message lists them.
    """
    if value not in known:
        raise InputError([Fault(f"unknown {name}", f"use one of: {', '.join(known)}", column=name, value=value)])
    return value


def _matches(kind: object, category: object, kinds: list[str], categories: list[str]) -> bool:
    return (not kinds or kind in kinds) and (not categories or category in categories)

"""The gathered material, read; and the account of its rows: each is taken, or left out with a reason."""

from __future__ import annotations

import csv
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from servicecircle.errors import Fault, InputError

__all__ = ["EXTRACTS", "Account", "Element", "Gathered", "Row", "judgements"]

Element = Mapping[str, Any]

# Newest first: where extracts share an object, the first one speaks.
EXTRACTS = {
    "walk": "overpass_walk_20260426.json",
    "stations": "overpass_rail_stations_entrances_20260424.json",
    "pois": "overpass_pois_20260424.json",
    "buildings": "overpass_buildings_20260424.json",
}
_RING = 4


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a gathered table; ``number`` is its line in the file, the header being line 1."""

    file: str
    number: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        """Return a cell without the blanks round it."""
        return self.cells[column].strip()

    @property
    def lonlat(self) -> tuple[float, float] | None:
        """The WGS-84 position, if the row has one."""
        lon, lat = self["lon_wgs84"], self["lat_wgs84"]
        return (float(lon), float(lat)) if lon and lat else None


@dataclass(slots=True)
class Account:
    """What became of every gathered row. Problems are collected and raised once."""

    open_rows: dict[tuple[str, int], Row] = field(default_factory=dict)
    left_out: list[tuple[str, str, str]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def take(self, row: Row) -> None:
        """Note that the row became a row of ours."""
        self._settle(row)

    def leave_out(self, row: Row, reason: str) -> None:
        """Note that the row became nothing, and why."""
        self._settle(row)
        self.left_out.append((row.file, row["name"] if "name" in row.cells else row["route_id"], reason))

    def leave_out_object(self, file: str, name: str, reason: str) -> None:
        """Note that an object of an extract became nothing, and why."""
        self.left_out.append((file, name, reason))

    def fault(self, problem: str, remedy: str, row: Row | None = None, value: object = None) -> None:
        """Remember a problem."""
        file, number = (row.file, row.number) if row else (None, None)
        self.faults.append(Fault(problem, remedy, file, number, value=value))

    def close(self) -> None:
        """Raise every problem, and every row that was forgotten."""
        for row in self.open_rows.values():
            self.fault("the row was neither taken nor left out", "decide on it", row, dict(row.cells).get("name"))
        if self.faults:
            raise InputError(self.faults)

    def _settle(self, row: Row) -> None:
        if self.open_rows.pop((row.file, row.number), None) is None:
            self.fault("the row was settled twice", "decide on it once", row)


class Gathered:
    """The folder of gathered material.

    Parameters
    ----------
    folder
        Has ``osm``, ``facilities``, ``admin`` and ``terrain``.
    account
        Told of every row that is read.
    """

    def __init__(self, folder: Path, account: Account) -> None:
        self.folder = folder
        self.account = account
        self._tables: dict[str, list[Row]] = {}

    def table(self, file: str) -> list[Row]:
        """Return the rows of one table; from now on they are open in the account."""
        if file not in self._tables:
            with (self.folder / "facilities" / file).open(encoding="utf-8-sig", newline="") as lines:
                rows = [Row(file, number, cells) for number, cells in enumerate(csv.DictReader(lines), 2)]
            self._tables[file] = rows
            self.account.open_rows |= {(row.file, row.number): row for row in rows}
        return self._tables[file]

    def extract(self, name: str) -> list[Element]:
        """Return the elements of one OpenStreetMap extract."""
        answer = json.loads((self.folder / "osm" / EXTRACTS[name]).read_text(encoding="utf-8"))
        elements: list[Element] = answer["elements"]
        return elements

    def features(self, path: str) -> list[Element]:
        """Return the features of a GeoJSON file."""
        found: list[Element] = json.loads((self.folder / path).read_text(encoding="utf-8"))["features"]
        return found

    def place(self, path: str) -> Element:
        """Return the first place of a Nominatim answer."""
        found: Element = json.loads((self.folder / path).read_text(encoding="utf-8"))[0]
        return found

    @cached_property
    def objects(self) -> dict[str, Element]:
        """Every OpenStreetMap object of the extracts by ``node/1``, ``way/1``, ``relation/1``."""
        found: dict[str, Element] = {}
        for name in EXTRACTS:
            for element in self.extract(name):
                key = f"{element['type']}/{element['id']}"
                if len(element.get("tags", {})) > len(found.get(key, {}).get("tags", {})) or key not in found:
                    found[key] = element
        return found

    def outline(self, ref: str) -> BaseGeometry | None:
        """Return the area of a closed way, in degrees; None for anything else."""
        element = self.objects[ref]
        refs = element.get("nodes", ())
        if len(refs) < _RING or refs[0] != refs[-1]:
            return None
        ring = [(self.objects[f"node/{n}"]["lon"], self.objects[f"node/{n}"]["lat"]) for n in refs]
        return shapely.make_valid(Polygon(ring))


def judgements() -> dict[str, Any]:
    """Read what a person decided about the rows: ``judgements.toml``."""
    return tomllib.loads(Path(__file__).with_name("judgements.toml").read_text(encoding="utf-8"))

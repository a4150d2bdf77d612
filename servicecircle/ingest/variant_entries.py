"""The entries of a what-if file: one model each for a link and a place that is added, closed or changed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from servicecircle.model import LinkChange, NewLink, PlaceChange

__all__ = ["LinkEntry", "PlaceEntry"]

Lon = Annotated[float, Field(ge=-180, le=180)]
Lat = Annotated[float, Field(ge=-90, le=90)]
Point = tuple[Lon, Lat]
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=64)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Change = Literal["add", "close", "change"]
_FACTS = ("fee_cny", "opening_hours", "wait_s", "ride_s")


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True)


class LinkEntry(_Entry):
    """A link: added between two points, or one that is there (by id, name or a drawn line) closed or changed."""

    change: Change
    id: Name | None = None
    kind: Literal["path", "stairs", "lift", "escalator", "bridge", "footbridge", "underpass"] | None = None
    name: Name | None = None
    start: Point | None = Field(default=None, alias="from")
    end: Point | None = Field(default=None, alias="to")
    line: tuple[Point, ...] = ()
    from_way: int | None = None
    to_way: int | None = None
    length_m: float | None = Field(default=None, gt=0, lt=10_000)
    rise_m: float | None = Field(default=None, gt=-1000, lt=1000)
    ride_s: float | None = Field(default=None, ge=0, lt=7200)
    wait_s: float | None = Field(default=None, ge=0, lt=7200)
    fee_cny: float | None = Field(default=None, ge=0)
    opening_hours: str | None = None
    direction: Literal["both", "up", "down"] | None = None
    wheelchair: Literal["yes", "no", "limited"] | None = None

    def faults(self) -> list[tuple[str, str, str]]:
        """Return what is missing or too much: key, problem, remedy."""
        given = self.model_fields_set - {"change", "id"}
        if self.change == "add":
            ends = {"start", "end"} if not self.line else set()
            missing = sorted(
                ({"id", "kind"} | ends) - {k for k in self.model_fields_set if getattr(self, k) is not None}
            )
            keys = {"start": "from", "end": "to"}
            return [(keys.get(k, k), "a link to add lacks it", "add it") for k in missing]
        if self.change == "close":
            if self.id is None and not self.line:
                return [("id", "which link is to be closed?", "give its id or name, or draw a line")]
            more = sorted(given - {"line", "kind", "name"})
            return [(k, "a link that is closed has no use for it", "take it out") for k in more]
        if self.id is None:
            return [("id", "which link is to be changed?", "give its id or name")]
        if not given & set(_FACTS):
            return [("change", "nothing is changed", f"give one of: {', '.join(_FACTS)}")]
        return [(k, "of a link that is there this stays", f"change {', '.join(_FACTS)}, or close it and add another")
                for k in sorted(given - {*_FACTS, "kind", "name", "line"})]  # fmt: skip

    def new(self) -> NewLink:
        """Return the link to be added."""
        start, end = (self.line[0], self.line[-1]) if self.line else (self.start, self.end)
        given = ("name", "length_m", "rise_m", "ride_s", "wait_s", "fee_cny", "opening_hours", "wheelchair")
        return NewLink(
            id=str(self.id),
            kind=str(self.kind),
            start=start or (0.0, 0.0),
            end=end or (0.0, 0.0),
            direction=self.direction or "both",
            start_way=self.from_way,
            end_way=self.to_way,
            **{key: getattr(self, key) for key in given},
        )

    def changed(self) -> LinkChange:
        """Return what is changed of a link that is there."""
        return LinkChange(str(self.id), **{key: getattr(self, key) for key in _FACTS})

    @staticmethod
    def of(link: NewLink | LinkChange) -> dict[str, object]:
        """Return the entry that says a link: what a file would hold."""
        if isinstance(link, LinkChange):
            values: dict[str, object] = {"change": "change", "id": link.id}
            values |= {key: getattr(link, key) for key in _FACTS}
        else:
            values = {"change": "add"} | {key: getattr(link, key) for key in NewLink.__slots__}
            values["from"], values["to"] = list(link.start), list(link.end)
            values["from_way"], values["to_way"] = link.start_way, link.end_way
            for key in ("start", "end", "start_way", "end_way"):
                del values[key]
        return {key: value for key, value in values.items() if value is not None}


class PlaceEntry(_Entry):
    """A place: added with its position, or one of the registry closed or changed."""

    change: Change
    id: Id
    kind: Literal["school", "community", "base", "venue"] | None = None
    name: Name | None = None
    lon: Lon | None = None
    lat: Lat | None = None
    category: str | None = None
    level: str | None = None
    subdistrict: str | None = None
    address: str | None = None
    status: Literal["loaded", "candidate", "verified"] | None = None
    batch: str | None = None
    open_from: str | None = None
    open_to: str | None = None
    opening_hours: str | None = None
    capacity: int | None = Field(default=None, ge=0)
    access: str | None = None
    position_confidence: Literal["entrance", "building", "address", "landmark", "street", "area"] | None = None
    note: str | None = None

    def faults(self) -> list[tuple[str, str, str]]:
        """Return what is missing or too much: key, problem, remedy."""
        given = {k for k in self.model_fields_set if getattr(self, k) is not None} - {"change", "id"}
        if self.change == "add":
            missing = sorted({"kind", "name", "lon", "lat"} - given)
            return [(k, "a place to add lacks it", "add it") for k in missing]
        if self.change == "close":
            return [(k, "a place that is closed has no use for it", "take it out") for k in sorted(given)]
        if ("lon" in given) != ("lat" in given):
            return [("lon, lat", "half a position", "give both, or neither")]
        return [] if given else [("change", "nothing is changed", "give what changes")]

    def changed(self) -> PlaceChange:
        """Return the cells that the place has, or has anew."""
        keys = sorted(self.model_fields_set - {"change", "id"})
        values = {key: getattr(self, key) for key in keys}
        cells = tuple((key, repr(v) if isinstance(v, float) else str(v)) for key, v in values.items() if v is not None)
        return PlaceChange(self.id, self.change == "add", cells)

    @staticmethod
    def of(place: PlaceChange) -> dict[str, object]:
        """Return the entry that says a place: what a file would hold."""
        numbers = {"lon": float, "lat": float, "capacity": int}
        cells = {key: numbers.get(key, str)(value) for key, value in place.cells}
        return {"change": "add" if place.new else "change", "id": place.id} | cells

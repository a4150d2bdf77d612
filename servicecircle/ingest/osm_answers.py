"""Answers of the Overpass API as one OpenStreetMap file: merged by id, sorted, dated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Literal

import osmium
from osmium.osm.mutable import Node, Relation, Way
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from servicecircle.errors import Fault, InputError, room_in
from servicecircle.ingest.osm_writing import writer

__all__ = ["write_answers"]

_ORDER = ("node", "way", "relation")  # as files have them
_ASK_AGAIN = "delete the file and fetch again"
_EVERYWHERE = osmium.osm.Box(-180.0, -90.0, 180.0, 90.0)

Id = Annotated[int, Field(gt=0, lt=2**63)]


class _Node(BaseModel):
    type: Literal["node"]
    id: Id
    lon: float = Field(ge=-180, le=180, allow_inf_nan=False)
    lat: float = Field(ge=-90, le=90, allow_inf_nan=False)
    tags: dict[str, str] = {}


class _Way(BaseModel):
    type: Literal["way"]
    id: Id
    nodes: list[Id]
    tags: dict[str, str] = {}


class _Member(BaseModel):
    type: Literal["node", "way", "relation"]
    ref: Id
    role: str = ""


class _Relation(BaseModel):
    type: Literal["relation"]
    id: Id
    members: list[_Member] = []
    tags: dict[str, str] = {}


class _Base(BaseModel):
    timestamp_osm_base: str = ""


class _Answer(BaseModel):
    osm3s: _Base = _Base()
    elements: list[Annotated[_Node | _Way | _Relation, Field(discriminator="type")]]


_READ = TypeAdapter(_Answer)


def write_answers(paths: Sequence[Path], out: Path) -> str:
    """Write the objects of Overpass answers as a PBF file; return the moment of the oldest answer, "" if none says it.

    Objects of the same id are one: of the newest answer, with the tags of an older one where it has none.

    Raises
    ------
    InputError
        An answer is not readable, or has an object without id, position or nodes; there is no room for the file.
    """
    faults: list[Fault] = []
    answers: list[_Answer] = []
    for path in paths:
        try:
            answers.append(_READ.validate_json(path.read_bytes()))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            faults.append(Fault(f"not an Overpass answer: {where}: {first['msg']}", _ASK_AGAIN, path.name))
    if faults:
        raise InputError(faults)
    answers.sort(key=lambda answer: answer.osm3s.timestamp_osm_base)
    merged: dict[tuple[str, int], _Node | _Way | _Relation] = {}
    for element in (e for answer in answers for e in answer.elements):
        before = merged.get((element.type, element.id))
        if before is not None and not element.tags:
            element.tags = before.tags
        merged[element.type, element.id] = element
    dates = [date for answer in answers if (date := answer.osm3s.timestamp_osm_base)]
    keys = sorted(merged, key=lambda key: (_ORDER.index(key[0]), key[1]))
    with room_in(out.parent):
        _write((merged[key] for key in keys), out, dates[0] if dates else "")
    return dates[0] if dates else ""


def _write(elements: Iterable[_Node | _Way | _Relation], out: Path, moment: str) -> None:
    header = osmium.io.Header()
    header.add_box(_EVERYWHERE)  # the service knows the whole map: no object is cut off at an edge
    if moment:
        header.set("osmosis_replication_timestamp", moment)
    with writer(out, header) as file:
        for e in elements:
            if isinstance(e, _Node):
                file.add_node(Node(id=e.id, location=(e.lon, e.lat), tags=e.tags))
            elif isinstance(e, _Way):
                file.add_way(Way(id=e.id, nodes=e.nodes, tags=e.tags))
            else:
                members = [(member.type[0], member.ref, member.role) for member in e.members]
                file.add_relation(Relation(id=e.id, members=members, tags=e.tags))

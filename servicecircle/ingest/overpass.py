"""Ways from answers of the Overpass API, as saved with ``[out:json]``."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from servicecircle.errors import Fault, InputError
from servicecircle.ingest.draft import MIN_NODES, Draft, TagColumns, build_ways
from servicecircle.ingest.tags import NODE_TAGS, WAY_TAGS, may_be_walked
from servicecircle.model import Ways

__all__ = ["read_overpass"]

_ASK_AGAIN = "ask Overpass again and save the whole answer"
_ASK_NODES = "ask for the ways with their nodes: end the query with (._;>;);out body;"
_DAY = len("2026-04-26")
_ID_LIMIT = 2**63
_NUMBER_LIMIT = 1e9
_SURROGATES = re.compile("[\ud800-\udfff]")

Element = dict[str, Any]


def read_overpass(paths: Sequence[Path]) -> Ways:
    """Read one or more Overpass answers as one network.

    Objects are merged by id. Where answers differ, the newer answer wins; a tag or node list that it leaves out is
    kept from the older. Ways of fewer than two nodes have no length and are dropped, nodes of no way too.

    Parameters
    ----------
    paths
        Files of ``[out:json]`` answers that hold the ways and their nodes.

    Returns
    -------
    Ways
        ``data_date`` is the day of the oldest answer: everything in it is at least as new.

    Raises
    ------
    InputError
        A file is missing, cut short, not JSON, no complete Overpass answer or without ways; a way lacks nodes.
    """
    if not paths:
        raise InputError([Fault("no Overpass answer was given", "name at least one file")])
    faults: list[Fault] = []
    answers: list[tuple[str, list[Element]]] = []
    for path in paths:
        try:
            answers.append(_answer(path))
        except InputError as error:
            faults.extend(error.faults)
    if faults:
        raise InputError(faults)
    # A stable sort: answers of the same moment keep the caller's order.
    answers.sort(key=lambda answer: answer[0])
    elements = _merged(answers)
    files = ", ".join(path.name for path in paths)
    draft = _draft(elements, files)
    dates = [date for date, _ in answers if date]
    return build_ways(draft, dates[0][:_DAY] if dates else "")


def _answer(path: Path) -> tuple[str, list[Element]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        answer = json.loads(text)
    except OSError as error:
        raise InputError([Fault(f"cannot be read: {error.strerror}", "check the path", path.name)]) from error
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        problem, value = "not JSON, or cut short", str(error)
        raise InputError([Fault(problem, _ASK_AGAIN, path.name, value=value)]) from error
    if not isinstance(answer, dict) or not isinstance(answer.get("elements"), list):
        raise InputError([Fault("not an Overpass answer: no list of elements", _ASK_AGAIN, path.name)])
    remark = answer.get("remark")
    if remark and "error" in str(remark):
        remedy = "the answer is incomplete: ask again for a smaller area or with a longer [timeout:]"
        raise InputError([Fault("Overpass gave up on the query", remedy, path.name, value=remark)])
    if not answer["elements"]:
        remedy = "check the area and the filter of the query"
        raise InputError([Fault("the answer has no elements", remedy, path.name)])
    faults = [fault for e in answer["elements"] for fault in _element_faults(e, path.name)]
    if faults:
        raise InputError(faults)
    osm3s = answer.get("osm3s")
    date = osm3s.get("timestamp_osm_base", "") if isinstance(osm3s, dict) else ""
    return str(date), answer["elements"]


def _element_faults(element: object, file: str) -> list[Fault]:
    if not isinstance(element, dict) or not _is_id(element.get("id")):
        return [Fault("an element has no id", _ASK_AGAIN, file, value=element)]
    tags = element.get("tags", {})
    if not isinstance(tags, dict) or not all(map(_is_text, tags.values())):
        return [Fault("the tags of an element are not texts", _ASK_AGAIN, file, value=tags)]
    name = f"{element.get('type')} {element['id']}"
    if element.get("type") == "node":
        return [
            Fault(f"{name} has no position", "end the query with out body", file, column=axis, value=element.get(axis))
            for axis in ("lon", "lat")
            if not _is_number(element.get(axis))
        ]
    if element.get("type") == "way":
        # one without tags may complete another answer's, which had the tags
        refs = element.get("nodes")
        if (may_be_walked(tags) or refs is not None) and not (isinstance(refs, list) and all(map(_is_id, refs))):
            return [Fault(f"{name} has no list of nodes", _ASK_NODES, file)]
    return []


def _is_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -_ID_LIMIT <= value < _ID_LIMIT


def _is_number(value: object) -> bool:
    # JSON knows numbers beyond any float, and Python's reader lets NaN pass.
    return isinstance(value, int | float) and not isinstance(value, bool) and -_NUMBER_LIMIT < value < _NUMBER_LIMIT


def _is_text(value: object) -> bool:
    # JSON can spell half a character (a lone surrogate), which no file can hold.
    return isinstance(value, str) and not _SURROGATES.search(value)


def _merged(answers: Sequence[tuple[str, list[Element]]]) -> dict[str, dict[int, Element]]:
    merged: dict[str, dict[int, Element]] = {"node": {}, "way": {}}
    for _, elements in answers:
        for element in elements:
            known = merged.get(element.get("type", ""))
            if known is not None:
                before = known.get(element["id"])
                known[element["id"]] = element if before is None else before | element
    return merged


def _draft(elements: Mapping[str, Mapping[int, Element]], files: str) -> Draft:
    ways = {
        i: way
        for i, way in elements["way"].items()
        if may_be_walked(way.get("tags", {})) and len(way["nodes"]) >= MIN_NODES
    }
    if not ways:
        remedy = "ask for way[highway] of the area, with the nodes"
        raise InputError([Fault("no way that could be walked", remedy, files)])
    refs = [ref for way in ways.values() for ref in way["nodes"]]
    used = set(refs)
    nodes = {i: node for i, node in elements["node"].items() if i in used}
    return Draft(
        node_file=files,
        way_file=files,
        node_ids=np.fromiter(nodes, np.int64, len(nodes)),
        lon=np.array([node["lon"] for node in nodes.values()], np.float64),
        lat=np.array([node["lat"] for node in nodes.values()], np.float64),
        way_ids=np.fromiter(ways, np.int64, len(ways)),
        refs=np.array(refs, np.int64),
        counts=np.array([len(way["nodes"]) for way in ways.values()], np.int64),
        node_tags=_tags(nodes, NODE_TAGS),
        way_tags=_tags(ways, WAY_TAGS),
        missing_remedy=_ASK_NODES,
    )


def _tags(elements: Mapping[int, Element], keys: Sequence[str]) -> TagColumns:
    columns: TagColumns = {key: {} for key in keys}
    for i, element in elements.items():
        for key, value in element.get("tags", {}).items():
            if value and key in columns:
                columns[key][i] = value
    return columns

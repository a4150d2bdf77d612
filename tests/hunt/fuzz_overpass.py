"""Hunt: any bytes under the name of an Overpass answer are ways that can be walked, or an InputError."""

from __future__ import annotations

import contextlib
import json

import numpy as np

from servicecircle.errors import InputError
from servicecircle.ingest.overpass import read_overpass
from tests.hunt.fuzzing import hunt, scratch


def one(data: bytes) -> None:
    """Read the bytes as an answer."""
    with contextlib.suppress(InputError):
        ways = read_overpass([scratch("answer.json", data)])
        assert np.isfinite(ways.nodes[["lon", "lat"]].to_numpy(dtype=np.float64)).all()
        assert np.isin(ways.refs, ways.nodes.index).all()


def seeds() -> list[bytes]:
    """Return answers with tagged nodes and ways."""
    nodes = [
        {"type": "node", "id": i, "lon": 106.5 + i / 1e4, "lat": 29.5, "tags": {"highway": "crossing"}}
        for i in range(1, 5)
    ]
    ways = [
        {"type": "way", "id": 7, "nodes": [1, 2, 3], "tags": {"highway": "steps", "name": "石梯"}},
        {"type": "way", "id": 8, "nodes": [3, 4], "tags": {"highway": "footway", "layer": "-1"}},
        {"type": "relation", "id": 9, "members": []},
    ]
    head = {"version": 0.6, "osm3s": {"timestamp_osm_base": "2026-04-26T00:00:00Z"}}
    answers = [
        head | {"elements": nodes + ways},
        {"elements": nodes[:3] + ways[:1]},
        {
            "elements": [*nodes, *ways, {"type": "way", "id": 7, "nodes": {"highway": "footway", "layer": "-1"}}]
        },  # found by a hunt
        head | {"elements": [], "remark": "runtime error"},
    ]
    return [json.dumps(answer, ensure_ascii=False).encode() for answer in answers]


def main() -> None:
    """Hunt with atheris."""
    hunt("tests.hunt.fuzz_overpass")


if __name__ == "__main__":
    main()

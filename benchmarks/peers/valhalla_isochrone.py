"""Valhalla on the same ways: its own costing at 4.8 km/h, its own contour.

``valhalla_build_tiles`` makes the network; it comes with pyvalhalla from 3.6 on (Python 3.12), or stands on the PATH.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyproj
import shapely
import valhalla

from benchmarks.peers.task import CUTOFF_S, NESTED_S, Answers, Task, peer

_KMH = 4.8
_STEP = 50  # Valhalla's limit of a matrix, a side


def answer(task: Task, answers: Answers) -> None:
    """Isochrones as polygons, and a matrix."""
    config = valhalla.get_config(task.folder / "tiles.tar", task.folder / "tiles")
    config["mjolnir"]["concurrency"] = 1
    config["mjolnir"]["tile_extract"] = ""  # the folder of tiles is read, not an archive
    config["service_limits"]["max_timedep_distance_matrix"] = 0
    path = task.folder / "valhalla.json"
    path.write_text(json.dumps(config), "utf-8")
    own = Path(valhalla.__file__).parent / "bin" / "valhalla_build_tiles"
    build = shutil.which("valhalla_build_tiles") or (str(own) if own.is_file() else None)
    if build is None:
        sys.exit("valhalla_build_tiles is neither in pyvalhalla nor on the PATH")
    answers.time(
        "prepare_s",
        lambda: subprocess.run(  # noqa: S603
            [build, "-c", str(path), str(task.folder / "ways.osm.pbf")], check=True, capture_output=True
        ),
        1,
    )
    actor = valhalla.Actor(str(path))
    to_metric = pyproj.Transformer.from_crs("EPSG:4326", task.crs, always_xy=True)
    here = [{"lon": float(lon), "lat": float(lat)} for lon, lat in task.lonlat[task.place]]
    walk = {
        "costing": "pedestrian",
        "costing_options": {"pedestrian": {"walking_speed": _KMH, "step_penalty": 0, "max_distance": 100000}},
    }

    def circles(cutoffs: tuple[float, ...]) -> np.ndarray:
        contours = [{"time": cutoff / 60} for cutoff in sorted(cutoffs)]
        texts = [
            actor.isochrone(json.dumps({"locations": [place], "contours": contours, "polygons": True, **walk}))
            for place in here
        ]
        return np.array([shapely.from_geojson(text) for text in texts], dtype=object)

    def matrix() -> int:
        found = 0
        for low in range(0, len(here), _STEP):
            for left in range(0, len(here), _STEP):
                asked = {"sources": here[low : low + _STEP], "targets": here[left : left + _STEP], **walk}
                rows = json.loads(actor.matrix(json.dumps(asked)))["sources_to_targets"]
                found += sum(cell["time"] is not None and cell["time"] <= CUTOFF_S for row in rows for cell in row)
        return found

    found = answers.time("circles_s", lambda: circles((CUTOFF_S,)))
    parts = np.array([shapely.union_all(shapely.get_parts(areas)) for areas in found], dtype=object)
    answers.areas(shapely.transform(parts, lambda xy: np.column_stack(to_metric.transform(xy[:, 0], xy[:, 1]))))
    answers.time("nested_s", lambda: circles(NESTED_S))
    if len(here) <= 10 * _STEP:
        answers.time("pairs_s", matrix, 1)


if __name__ == "__main__":
    peer("valhalla", answer)

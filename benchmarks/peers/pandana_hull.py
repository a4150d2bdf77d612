"""pandana on the task: contraction hierarchies, and the convex hull of the nodes in range."""

from __future__ import annotations

import numpy as np
import pandana
import pandas as pd
import shapely

from benchmarks.peers.task import CUTOFF_S, NESTED_S, Answers, Task, peer


def answer(task: Task, answers: Answers) -> None:
    """Nodes in range, aggregations, nearest points."""
    nodes = pd.DataFrame(task.xy, columns=["x", "y"])
    weights = pd.DataFrame({"seconds": task.seconds})

    def network() -> pandana.Network:
        built = pandana.Network(
            nodes["x"], nodes["y"], pd.Series(task.tail), pd.Series(task.head), weights, twoway=True
        )
        built.precompute(CUTOFF_S)
        return built

    built = answers.time("prepare_s", network)
    points = shapely.points(task.xy)
    places = task.place.tolist()

    def hulls(cutoffs: tuple[float, ...]) -> np.ndarray:
        areas = {}
        for cutoff in cutoffs:
            reached = built.nodes_in_range(sorted(set(places)), cutoff)
            for source, group in reached.groupby("source"):
                areas[source, cutoff] = shapely.convex_hull(shapely.multipoints(points[group["destination"]]))
        return np.array([areas[source, cutoff] for cutoff in cutoffs for source in places], dtype=object)

    def nearest() -> tuple[object, object]:
        built.set_pois("places", CUTOFF_S, 1, nodes["x"][places], nodes["y"][places])
        built.set(pd.Series(places), name="places")
        return built.nearest_pois(CUTOFF_S, "places"), built.aggregate(CUTOFF_S, type="count", name="places")

    def table() -> object:
        reached = built.nodes_in_range(sorted(set(places)), CUTOFF_S)
        return reached[reached["destination"].isin(places)]

    answers.time("search_s", lambda: built.nodes_in_range(sorted(set(places)), CUTOFF_S))
    answers.areas(answers.time("circles_s", lambda: hulls((CUTOFF_S,))))
    answers.time("nested_s", lambda: hulls(NESTED_S))
    answers.time("nearest_s", nearest)
    answers.time("pairs_s", table)


if __name__ == "__main__":
    peer("pandana", answer)

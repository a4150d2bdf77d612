"""servicecircle on the task."""

from __future__ import annotations

import pickle

import numpy as np

from benchmarks.peers.task import CUTOFF_S, NESTED_S, Answers, Task, peer
from servicecircle.graph import make_graph, nearest, pairs, search
from servicecircle.ingest.parameters import read_parameters
from servicecircle.isochrone import Circles, Drawer, Starts
from servicecircle.model import Direction
from servicecircle.prices import EdgeSeconds
from servicecircle.tessellation import build_tessellation


def answer(task: Task, answers: Answers) -> None:
    """Search, draw, count."""
    network, water = pickle.loads((task.folder / "network.pickle").read_bytes())  # noqa: S301 -- our own file
    parameters = read_parameters()
    prices = EdgeSeconds(task.seconds, task.seconds)
    graph = make_graph(
        len(task.xy), np.r_[task.tail, task.head], np.r_[task.head, task.tail], np.r_[task.seconds, task.seconds]
    )
    # compile before the clock runs
    search(graph, task.place[:1], 1.0)
    mesh = answers.time("prepare_s", lambda: build_tessellation(network, water, parameters.circles))
    drawer = Drawer(network, mesh, prices, Direction.FROM, parameters, parameters.walker("flat"))
    edge, share = _on_edges(task)
    starts = Starts(edge, share, np.zeros(len(edge)))

    def circles(cutoffs: tuple[float, ...]) -> Circles:
        return drawer.draw(search(graph, task.place, max(cutoffs)), starts, cutoffs)

    circles(NESTED_S)
    answers.time("search_s", lambda: search(graph, task.place, CUTOFF_S))
    found = answers.time("circles_s", lambda: circles((CUTOFF_S,)), 5)
    answers.time("nested_s", lambda: circles(NESTED_S), 5)
    answers.areas(found.area[:, 0])

    def nearest_and_count() -> tuple[object, np.ndarray]:
        near = search(graph, task.place, CUTOFF_S)
        return nearest(graph, task.place, CUTOFF_S), np.bincount(near.node, minlength=graph.n)

    nearest_and_count()
    answers.time("nearest_s", nearest_and_count)
    pairs(graph, task.place, task.place, CUTOFF_S)
    answers.time("pairs_s", lambda: pairs(graph, task.place, task.place, CUTOFF_S))


def _on_edges(task: Task) -> tuple[np.ndarray, np.ndarray]:
    """Return an edge at each place's node, and the end of it that the node is."""
    ends = np.r_[task.tail, task.head]
    order = np.argsort(ends, kind="stable")
    at = order[np.searchsorted(ends, task.place, sorter=order)]
    return at % len(task.tail), (at >= len(task.tail)).astype(np.float64)


if __name__ == "__main__":
    peer("servicecircle", answer)

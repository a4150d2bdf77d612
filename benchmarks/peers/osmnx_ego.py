"""OSMnx's recipe on the task: networkx's ego graph, then its hull or its buffered edges."""

from __future__ import annotations

import networkx as nx
import numpy as np
import shapely

from benchmarks.peers.task import CUTOFF_S, NESTED_S, Answers, Task, peer

_BUFFER_M = 25.0
_FEW = 25  # circles drawn by the slow recipe; the rest is multiplied


def answer(task: Task, answers: Answers) -> None:
    """Ego graphs; networkx's own searches for the tables."""
    graph = nx.Graph()
    graph.add_nodes_from(range(len(task.xy)))
    lines = task.lines
    for e in np.argsort(-task.seconds, kind="stable").tolist():
        graph.add_edge(int(task.tail[e]), int(task.head[e]), seconds=float(task.seconds[e]), edge=e)
    points = shapely.points(task.xy)
    places = task.place.tolist()
    few = places[:_FEW]

    def ego(place: int, cutoff: float) -> nx.Graph:
        return nx.ego_graph(graph, place, radius=cutoff, distance="seconds")

    def buffered(cutoffs: tuple[float, ...]) -> np.ndarray:
        areas = []
        for cutoff in cutoffs:
            for place in few:
                edges = [data["edge"] for _, _, data in ego(place, cutoff).edges(data=True)]
                areas.append(shapely.union_all(shapely.buffer([*lines[edges], points[place]], _BUFFER_M)))
        return np.array(areas, dtype=object)

    def hulls() -> list[object]:
        return [shapely.convex_hull(shapely.multipoints(points[list(ego(place, CUTOFF_S))])) for place in few]

    many = len(places) / len(few)
    answers.areas(answers.time("circles_s", lambda: buffered((CUTOFF_S,)), 1))
    answers.time("nested_s", lambda: buffered(NESTED_S), 1)
    answers.time("hull_s", hulls, 1)
    answers.say("times", many)
    answers.time("nearest_s", lambda: _nearest(graph, places), 1)
    answers.time(
        "pairs_s",
        lambda: [nx.single_source_dijkstra_path_length(graph, p, CUTOFF_S, weight="seconds") for p in set(places)],
        1,
    )


def _nearest(graph: nx.Graph, places: list[int]) -> tuple[object, np.ndarray]:
    count = np.zeros(len(graph), dtype=np.int64)
    for place in places:
        for node in nx.single_source_dijkstra_path_length(graph, place, CUTOFF_S, weight="seconds"):
            count[node] += 1
    return nx.multi_source_dijkstra_path_length(graph, set(places), CUTOFF_S, weight="seconds"), count


if __name__ == "__main__":
    peer("osmnx", answer)

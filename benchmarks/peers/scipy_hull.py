"""SciPy's own bounded search, and the convex hull of what it reaches."""

from __future__ import annotations

import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from benchmarks.peers.task import CUTOFF_S, NESTED_S, Answers, Task, peer

_CHUNK = 64


def answer(task: Task, answers: Answers) -> None:
    """Search in blocks of sources: scipy writes sources x nodes."""
    n = len(task.xy)
    ends = np.r_[task.tail, task.head], np.r_[task.head, task.tail]
    order = np.lexsort((np.r_[task.seconds, task.seconds], *ends))
    tail, head = ends[0][order], ends[1][order]
    first = np.r_[True, (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])] & (tail != head)
    graph = csr_array((np.r_[task.seconds, task.seconds][order][first], (tail[first], head[first])), shape=(n, n))

    def blocks() -> list[np.ndarray]:
        return [
            dijkstra(graph, indices=task.place[low : low + _CHUNK], limit=CUTOFF_S)
            for low in range(0, len(task.place), _CHUNK)
        ]

    def hulls(cutoffs: tuple[float, ...]) -> np.ndarray:
        points = shapely.points(task.xy)
        areas = [
            shapely.convex_hull(shapely.multipoints(points[row <= cutoff]))
            for cutoff in cutoffs
            for low in range(0, len(task.place), _CHUNK)
            for row in dijkstra(graph, indices=task.place[low : low + _CHUNK], limit=cutoff)
        ]
        return np.array(areas, dtype=object)

    def nearest() -> tuple[np.ndarray, np.ndarray]:
        best, count = np.full(n, np.inf), np.zeros(n, dtype=np.int64)
        for block in blocks():
            best = np.minimum(best, block.min(axis=0))
            count += (block <= CUTOFF_S).sum(axis=0)
        return best, count

    answers.time("search_s", blocks)
    answers.areas(answers.time("circles_s", lambda: hulls((CUTOFF_S,))))
    answers.time("nested_s", lambda: hulls(NESTED_S))
    answers.time("nearest_s", nearest)
    answers.time("pairs_s", lambda: [np.nonzero(block[:, task.place] <= CUTOFF_S) for block in blocks()])


if __name__ == "__main__":
    peer("scipy", answer)

"""What a search of shortest paths writes on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from servicecircle.arrays import Floats, Ints
from servicecircle.settling import Small

__all__ = ["Room"]

_MOST_BUCKETS = 1 << 16


@dataclass(frozen=True, slots=True)
class Room:
    """The seconds of every node, the buckets that nodes wait in, and lists of nodes: as the kernels want them."""

    seconds: Floats
    per_s: float
    bucket: Small
    before: Small
    after: Small
    settled: Ints
    marks: Ints

    @classmethod
    def of(cls, cost: Floats, access_s: Floats, n: int) -> Room:
        """Make buckets a quarter of a usual arc wide; enough of them for the longest arc or access, if that can be."""
        usual = float(cost.mean()) if len(cost) else 0.0
        longest = max(float(cost.max(initial=0.0)), float(access_s.max(initial=0.0)))
        spans = min(_MOST_BUCKETS - 2, 4 * longest / usual) if usual > 0 else 1.0
        bucket = np.full(1 << int(np.ceil(np.log2(spans + 2))), -1, dtype=np.int32)
        empty = np.full(n, -2, dtype=np.int32)
        per_s = spans / longest if longest > 0 else 1.0
        settled, marks = np.empty(n, dtype=np.int64), np.zeros(n // 16 + 1, dtype=np.int64)
        return cls(np.full(n, np.inf), per_s, bucket, empty, empty.copy(), settled, marks)

    def arrays(self, settled: int = 0) -> tuple[Floats, float, Small, Small, Small, Ints]:
        """Return all that every search needs, in the order of the kernels; so many nodes are settled already."""
        return self.seconds, self.per_s, self.bucket, self.before, self.after, self.settled[settled:]

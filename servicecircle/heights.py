"""Heights of network nodes from a terrain model, smoothed to what it can tell.

A 30 m surface model is right at 100 m and wrong at 20 m, and a bridge deck is not on the ground below it. So the
terrain is smoothed, read only where a street lies on the ground, and bridges, tunnels and other storeys run straight
between their ends.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates
from scipy.sparse import csr_array, diags_array
from scipy.sparse.linalg import spsolve

from servicecircle.arrays import Floats, Ints
from servicecircle.crs import to_metric
from servicecircle.model import Terrain
from servicecircle.parameters import TerrainParameters

__all__ = ["node_heights", "sample_terrain"]


def sample_terrain(terrain: Terrain, lonlat: Floats, smoothing_m: float) -> Floats:
    """Heights in metres at (n, 2) lon/lat from the smoothed terrain; NaN outside it.

    Cells without data do not count: values and their weights are smoothed alike and divided.
    """
    known = np.isfinite(terrain.heights_m)
    sigma = smoothing_m / abs(terrain.transform[1])
    weight = gaussian_filter(known.astype(np.float64), sigma, mode="constant")
    value = gaussian_filter(np.where(known, terrain.heights_m, 0.0), sigma, mode="constant")
    smooth = np.where(known, value / np.maximum(weight, 1e-9), np.nan)
    x0, dx, _, y0, _, dy = terrain.transform
    xy = to_metric(lonlat, terrain.crs)
    # cell values stand at cell centres
    at = np.vstack([(xy[:, 1] - y0) / dy - 0.5, (xy[:, 0] - x0) / dx - 0.5])
    return np.asarray(map_coordinates(smooth, at, order=1, mode="constant", cval=np.nan), dtype=np.float64)


def node_heights(
    terrain: Terrain | None,
    lonlat: Floats,
    tail: Ints,
    head: Ints,
    length_m: Floats,
    off_ground: np.ndarray,
    parameters: TerrainParameters,
) -> tuple[Floats, np.ndarray]:
    """Height and its source for each node: ``terrain``, ``interpolated`` (off the ground), ``none``.

    A node that only bridges, tunnels or other storeys touch takes the height that makes every deck run straight:
    the mean of its neighbours weighted by 1 / length.
    """
    n = len(lonlat)
    if terrain is None:
        return np.full(n, np.nan), np.full(n, "none", dtype=object)
    height = sample_terrain(terrain, lonlat, parameters.smoothing_m)
    ground = np.zeros(n, dtype=bool)
    ground[tail[~off_ground]] = True
    ground[head[~off_ground]] = True
    fixed = ground & np.isfinite(height)
    source = np.where(fixed, "terrain", "none").astype(object)
    height = np.where(fixed, height, np.nan)

    free = ~ground
    use = free[tail] | free[head]
    weight = 1.0 / np.maximum(length_m[use], 1.0)
    a, b = tail[use], head[use]
    adjacency = csr_array((np.r_[weight, weight], (np.r_[a, b], np.r_[b, a])), shape=(n, n))
    # a free node with no fixed node in reach stays unknown: keep those with one
    reach = fixed.astype(np.float64)
    for _ in range(n):
        wider = np.where(free & (adjacency @ reach > 0), 1.0, reach)
        if (wider == reach).all():
            break
        reach = wider
    solve = free & (reach > 0)
    if solve.any():
        # an unknown neighbour (beyond the terrain) carries no weight
        keep = diags_array((solve | fixed).astype(np.float64))
        adjacency = (keep @ adjacency @ keep).tocsr()
        total = np.asarray(adjacency.sum(axis=1)).ravel()
        system = (diags_array(total) - adjacency).tocsr()
        inside, edge = np.flatnonzero(solve), np.flatnonzero(fixed)
        right = -system[inside][:, edge] @ height[edge]
        height[inside] = spsolve(system[inside][:, inside].tocsc(), right)
        source[inside] = "interpolated"
    return height, source

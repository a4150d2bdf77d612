"""Heights of the ground from a terrain model, smoothed to what it can tell."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates

from servicecircle.arrays import Floats
from servicecircle.crs import to_metric
from servicecircle.model import Terrain

__all__ = ["Relief"]


class Relief:
    """A terrain smoothed over ``smoothing_m`` once, to be asked for heights often.

    Cells without data do not count: values and their weights are smoothed alike and divided.
    """

    def __init__(self, terrain: Terrain, smoothing_m: float) -> None:
        known = np.isfinite(terrain.heights_m)
        sigma = smoothing_m / abs(terrain.transform[1])
        weight = gaussian_filter(known.astype(np.float64), sigma, mode="constant")
        value = gaussian_filter(np.where(known, terrain.heights_m, 0.0), sigma, mode="constant")
        self._terrain = terrain
        self._heights_m = np.where(known, value / np.maximum(weight, 1e-9), np.nan)

    def __call__(self, lonlat: Floats) -> Floats:
        """Return heights in metres at (n, 2) lon/lat; NaN outside the terrain."""
        x0, dx, _, y0, _, dy = self._terrain.transform
        xy = to_metric(lonlat, self._terrain.crs)
        # cell values stand at cell centres
        at = np.vstack([(xy[:, 1] - y0) / dy - 0.5, (xy[:, 0] - x0) / dx - 0.5])
        return np.asarray(map_coordinates(self._heights_m, at, order=1, mode="constant", cval=np.nan), dtype=np.float64)

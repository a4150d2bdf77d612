"""The report's small maps: a gap with the homes that are in it, a subdistrict with all that it lacks."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from matplotlib.axes import Axes

from maps.bundle import TIERS
from maps.ground import Ground, Window, ground
from maps.printing import Fonts
from maps.report.content import LINK_ENDS
from maps.report.phrases import shortened
from maps.report.reading import Study
from maps.style import THEME
from maps.vignette import Homes, Sign, vignette

__all__ = ["HOMES", "SmallMaps"]

GAP_AT_LEAST_M = 620.0
SUBDISTRICT_AT_LEAST_M = 900.0
# How many tiers a home does not reach, none first.
HOMES = ("#5b9490", "#d9a441", "#c2603a", str(THEME["gap"]))
NAME_LETTERS = 11


class SmallMaps:
    """Draws small maps of one bundle; the ground is laid out once."""

    def __init__(self, study: Study, fonts: Fonts) -> None:
        self.study = study
        self.fonts = fonts

    @cached_property
    def _ground(self) -> Ground:
        return ground(self.study.bundle)

    @cached_property
    def _places(self) -> pd.DataFrame:
        layer = self.study.bundle.layers["facilities"]
        at = self._ground.plane(layer.geometry)
        kept = layer.assign(x=shapely.get_x(at), y=shapely.get_y(at))[~(shapely.is_missing(at) | shapely.is_empty(at))]
        return pd.DataFrame(kept.drop(columns=kept.geometry.name))

    @cached_property
    def _homes(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None:
        homes = self.study.homes
        if homes is None or homes.empty:
            return None
        return shapely.get_coordinates(self._ground.plane(homes.geometry)), homes["people"].fillna(0).to_numpy(float)

    def gap(self, axes: Axes, gap: Mapping[str, Any], ratio: float) -> None:
        """Draw a gap: its outline, the homes out of reach, the tier's places, the nearest one named, the link."""
        tier = str(gap["tier"])
        outline = self._ground.plane([gap["geometry"]])[0]
        link = self._link(gap)
        shown = [outline, *([shapely.multipoints(link)] if link is not None else [])]
        window = Window.around(shapely.union_all(shown), ratio, GAP_AT_LEAST_M, room=1.45)
        beyond = self._beyond(tier)
        homes = None if beyond is None else self._coloured(np.where(beyond, len(HOMES) - 1, 0))
        nearest = gap.get("nearest_facility_id")
        own = self._places[self._places["tier"] == tier]
        vignette(
            axes,
            self._ground,
            window,
            outline=outline,
            homes=homes,
            signs=self._signs(own, labelled=str(nearest), window=window),
            link=link,
            fit=self.fonts.fit,
        )

    def subdistrict(self, axes: Axes, code: str, ratio: float) -> None:
        """Draw a subdistrict: its outline, its homes by how many tiers they lack, the places of all tiers."""
        layer = self.study.bundle.layers["subdistricts"]
        outline = self._ground.plane(layer.geometry[layer["code"].astype(str) == code])[0]
        window = Window.around(outline, ratio, SUBDISTRICT_AT_LEAST_M, room=1.06)
        lacking = [found for tier in TIERS if (found := self._beyond(tier)) is not None]
        homes = self._coloured(np.sum(lacking, axis=0)) if lacking else None
        if homes is not None and self.study.homes is not None:
            own = (self.study.homes["subdistrict"].astype(str) == code).to_numpy()
            homes = Homes(homes.xy[own], homes.people[own], homes.colour[own])
        signs = self._signs(self._places, labelled="", window=window)
        vignette(axes, self._ground, window, frame=outline, homes=homes, signs=signs, fit=self.fonts.fit)

    def _beyond(self, tier: str) -> npt.NDArray[np.bool_] | None:
        column = f"nearest_{tier}_s"
        if self.study.homes is None or column not in self.study.homes or self._homes is None:
            return None
        seconds = self.study.homes[column].to_numpy(float)
        beyond: npt.NDArray[np.bool_] = ~(seconds <= self.study.cutoff_s())
        return None if np.isnan(seconds).all() else beyond

    def _coloured(self, lacking: npt.NDArray[np.int64]) -> Homes | None:
        if self._homes is None:
            return None
        xy, people = self._homes
        return Homes(xy, people, np.array(HOMES, dtype=object)[lacking])

    def _signs(self, places: pd.DataFrame, labelled: str, window: Window) -> list[Sign]:
        found = []
        for place in places.sort_values("facility_id").itertuples():
            named = str(place.facility_id) == labelled
            label = shortened(str(place.name), NAME_LETTERS) if named else ""
            found.append(Sign(float(place.x), float(place.y), str(place.tier), label, bool(place.approximate)))  # type: ignore[arg-type]
        inside = [
            s for s in found if s.label or (window.west < s.x < window.east and window.south < s.y < window.north)
        ]
        return sorted(inside, key=lambda s: bool(s.label))

    def _link(self, gap: Mapping[str, Any]) -> npt.NDArray[np.float64] | None:
        for ends in LINK_ENDS:
            values = np.array([gap.get(column, np.nan) for column in ends], dtype=float)
            if np.isfinite(values).all():
                a, b = self._ground.plane([shapely.Point(values[:2]), shapely.Point(values[2:])])
                return np.array([[a.x, a.y], [b.x, b.y]])
        return None

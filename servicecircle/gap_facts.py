"""A gap and what is known of it, and the homes and places it is told from as arrays."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from servicecircle.arrays import Floats, Ints, Shapes
from servicecircle.causes import Judgement
from servicecircle.clusters import name_cluster
from servicecircle.coverage import people_of
from servicecircle.crs import to_metric
from servicecircle.model import Tier
from servicecircle.near import Near
from servicecircle.scene import Scene

__all__ = ["Barred", "Facts", "Gap", "GapLink", "mean_by"]


@dataclass(frozen=True, slots=True)
class GapLink:
    """A link that may be missing: its ends (edges, metres), what it is, and whom of the tier it alone would help.

    ``home`` are rows of the homes that come within the cutoff by it, in ``home_s`` seconds.
    """

    edge: tuple[int, int]
    xy: Floats
    length_m: float
    rise_m: float
    stairs: bool
    seconds: float
    home: Ints
    home_s: Floats

    @property
    def id(self) -> str:
        """A name made of where the link is."""
        ends = np.rint(self.xy).astype("<i8").tobytes()
        return f"link-{hashlib.blake2b(ends, digest_size=4).hexdigest()}"

    @property
    def kind(self) -> str:
        """``stairs`` or ``street``."""
        return "stairs" if self.stairs else "street"


@dataclass(frozen=True, slots=True)
class Barred:
    """A barrier, and the mean seconds of those whom it holds back if they could cross it."""

    kind: str
    name: str | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Gap:
    """A neighbourhood beyond the cutoff and what is known of why.

    ``home`` are rows of the homes; ``tolls`` the paid or closed links that would help;
    ``unlocated`` names of places without position in its subdistrict, ``elsewhere`` how many more are nobody knows
    where.
    """

    tier: Tier
    home: Ints
    judgement: Judgement
    barrier: Barred | None
    tolls: tuple[str, ...]
    link: GapLink | None
    unlocated: tuple[str, ...]
    elsewhere: int

    def id(self, lonlat: Floats) -> str:
        """Name the gap by its tier and by where its homes are, given those of all homes."""
        return f"{self.tier.value}-{name_cluster(lonlat[self.home])}"


@dataclass(frozen=True, slots=True)
class Facts:
    """Homes and places of a scene, looked up once for all gaps.

    ``weight`` are the people of each home; ``models`` the same, then by each population model, as
    (1 + models, homes); ``ranges`` low and high, as (2, homes), where the homes have them.
    """

    scene: Scene
    near: Mapping[Tier, Near]
    lonlat: Floats
    xy: Floats
    code: Shapes
    weight: Floats
    models: Floats
    ranges: Floats
    place_id: Shapes
    place_name: Shapes
    subdistricts: Mapping[str, str]
    links: Mapping[str, str]

    @classmethod
    def of(cls, scene: Scene, near: Mapping[Tier, Near], models: Sequence[str]) -> Facts:
        """Look at a scene."""
        homes, places, study = scene.homes, scene.places, scene.streets.study
        lonlat: Floats = shapely.get_coordinates(homes.geometry.to_numpy())
        named = study.links[study.links["name"].notna() & (study.links["name"] != "")]
        return cls(
            scene=scene,
            near=near,
            lonlat=lonlat,
            xy=to_metric(lonlat, scene.streets.network.crs),
            code=homes["subdistrict"].to_numpy(dtype=object),
            weight=homes["people"].to_numpy(dtype=np.float64),
            models=people_of(homes, tuple(models)),
            ranges=_columns(homes, [name for name in ("people_low", "people_high") if name in homes]),
            place_id=places["facility_id"].to_numpy(dtype=object),
            place_name=places["name"].to_numpy(dtype=object),
            subdistricts=dict(zip(study.area.subdistricts["code"], study.area.subdistricts["name"], strict=True)),
            links=dict(zip(named["link_id"], named["name"], strict=True)),
        )

    def people(self, home: Ints) -> dict[str, object]:
        """Return ``people_low``, ``people``, ``people_high``: the range over the models of the homes' sum."""
        total = self.models[:, home].sum(axis=1)
        return {"people_low": float(total.min()), "people": float(total[0]), "people_high": float(total.max())}

    def place(self, name: str, at: Ints, home: Ints) -> dict[str, object]:
        """Return id and name of the place, among one a home, that most of the people have."""
        known = at >= 0
        rows, whose = np.unique(at[known], return_inverse=True)
        if not len(rows):
            return {f"{name}_facility_id": None, f"{name}_name": None}
        most = rows[np.bincount(whose, self.weight[home][known] + 1e-9).argmax()]
        return {f"{name}_facility_id": self.place_id[most], f"{name}_name": self.place_name[most]}


def mean_by(weight: Floats, values: Floats) -> float | None:
    """Mean of the finite values by people; by homes where nobody is thought to live; None of nothing."""
    known = np.isfinite(values)
    if not known.any():
        return None
    return float(np.average(values[known], weights=weight[known] if weight[known].sum() > 0 else None))


def _columns(homes: gpd.GeoDataFrame, names: Sequence[str]) -> Floats:
    return np.array([homes[name].to_numpy(dtype=np.float64) for name in names]).reshape(len(names), len(homes))

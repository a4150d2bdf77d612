"""Two bundles of one district compared: who gains and who loses a place within reach, and where.

Read from the bundles alone, so that it needs no study and no network. A bundle compared with itself says nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from servicecircle.arrays import Bools, Floats
from servicecircle.comparing_layers import changed_circles, changed_gaps, cluster_homes
from servicecircle.coverage import BASES, DISTRICT, people_of, ranged
from servicecircle.crs import WGS84
from servicecircle.errors import Fault, InputError
from servicecircle.model import Tier
from servicecircle.sharing import MODELS

__all__ = ["CHANGES", "Comparison", "Side", "compare_bundles"]

_KEY = ("subdistrict", "name", "tier", "basis", "measure", "cutoff_s")
_SHIFTS = ("shifted", "shifted_back")
CHANGES = ("gained", "lost")


@dataclass(frozen=True, slots=True)
class Side:
    """What is compared: the bundle's folder, and what its manifest says of it."""

    folder: str
    data_date: str
    profile: str
    variant: Mapping[str, Any]
    parameters_sha256: str
    inputs: Mapping[str, str]
    version: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between two bundles, ``before`` and ``after``.

    Attributes
    ----------
    notes
        What makes the two less alike than they should be, as (Chinese, English): other parameters, inputs, versions.
    cutoff_s
        The cutoff of coverage; homes and gaps are told by it.
    coverage
        People within reach before and after, in every row in which they differ.
    people
        Homes and people gained and lost by subdistrict, tier, basis and cutoff: rows in which anybody is.
    gained, lost
        EPSG:4326, a row a home and tier that comes within the cutoff or falls out of it; ``cluster`` numbers
        neighbourhoods from the largest.
    clusters
        The neighbourhoods, a row each: ``change, tier, cluster, subdistrict, homes, people*, lon, lat``.
    minutes
        By tier: people whose walk to the nearest place changed, and by how many minutes in the mean.
    gaps
        Gaps that are ``gone``, ``new`` or ``changed``.
    circles
        Circles that changed, by place and cutoff: area, metres of street, people, before and after.
    circles_changed
        EPSG:4326, what each circle gained and lost: ``facility_id, cutoff_s, change`` and the area.
    """

    area: Mapping[str, Any]
    before: Side
    after: Side
    notes: tuple[tuple[str, str], ...]
    cutoff_s: float
    coverage: pd.DataFrame
    people: pd.DataFrame
    gained: gpd.GeoDataFrame
    lost: gpd.GeoDataFrame
    clusters: pd.DataFrame
    minutes: pd.DataFrame
    gaps: gpd.GeoDataFrame
    circles: pd.DataFrame
    circles_changed: gpd.GeoDataFrame

    @property
    def empty(self) -> bool:
        """Whether the two say the same of everybody and everything that is compared."""
        tables = (self.coverage, self.people, self.minutes, self.gaps, self.circles)
        return all(table.empty for table in tables)


@dataclass(frozen=True, slots=True)
class _Bundle:
    folder: Path
    manifest: Mapping[str, Any]

    def layer(self, name: str) -> gpd.GeoDataFrame:
        try:
            return gpd.read_parquet(self.folder / "layers" / f"{name}.parquet")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise _no_bundle(self.folder, f"layer {name} is missing or cannot be read") from error

    def table(self, name: str) -> pd.DataFrame:
        path = self.folder / "tables" / f"{name}.csv"
        try:
            return pd.read_csv(path, encoding="utf-8-sig", dtype={"subdistrict": str}, keep_default_na=True)
        except (OSError, ValueError) as error:
            raise _no_bundle(self.folder, f"table {name} is missing or cannot be read") from error

    def side(self) -> Side:
        m = self.manifest
        inputs = {entry["name"]: entry["sha256"] for entry in m["inputs"]}
        about = m["data_date"], m["profile"], m["variant"], m["parameters_sha256"]
        return Side(self.folder.resolve().name, *about, inputs, m["servicecircle_version"])


def compare_bundles(before: Path, after: Path) -> Comparison:
    """Compare two bundles.

    Raises
    ------
    InputError
        A folder holds no bundle; the two are of different areas or cutoffs, or count other homes or other people.

    Examples
    --------
    >>> compare_bundles(Path("build"), Path("build")).empty  # doctest: +SKIP
    True
    """
    a, b = _open(before), _open(after)
    _refuse(a, b)
    homes_a, homes_b = (x.layer("demand").sort_values("demand_id").reset_index(drop=True) for x in (a, b))
    _refuse_other_homes(homes_a, homes_b)
    cutoff_s = float(a.manifest["parameters"]["coverage"]["cutoff_s"])
    coverage_a, coverage_b = a.table("coverage"), b.table("coverage")
    parts = coverage_a.loc[coverage_a["subdistrict"] != DISTRICT, ["subdistrict", "name"]]
    names = {str(code): str(name) for code, name in parts.itertuples(index=False)}
    crs = str(a.manifest["computed_in"])
    gained, lost, clusters = _where(homes_a, homes_b, names, cutoff_s, crs)
    places = a.layer("facilities"), b.layer("facilities")
    circles, shapes = changed_circles((a.layer("isochrones"), b.layer("isochrones")), places, crs)
    return Comparison(
        area=a.manifest["area"],
        before=a.side(),
        after=b.side(),
        notes=_notes(a.manifest, b.manifest),
        cutoff_s=cutoff_s,
        coverage=_coverage(coverage_a, coverage_b),
        people=_people(homes_a, homes_b, names, sorted(coverage_a["cutoff_s"].unique())),
        gained=gained,
        lost=lost,
        clusters=clusters,
        minutes=_minutes(homes_a, homes_b),
        gaps=changed_gaps(a.layer("gaps"), b.layer("gaps")),
        circles=circles,
        circles_changed=shapes,
    )


def _open(folder: Path) -> _Bundle:
    try:
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise _no_bundle(folder, "no bundle here") from error
    needed = ("area", "parameters", "parameters_sha256", "variant", "inputs", "profile", "computed_in")
    if not isinstance(manifest, dict) or any(key not in manifest for key in needed):
        raise _no_bundle(folder, "the manifest is not that of a bundle")
    return _Bundle(folder, manifest)


def _no_bundle(folder: Path, problem: str) -> InputError:
    remedy = "run `servicecircle build --out FOLDER` first, and give the folder"
    return InputError([Fault(problem, remedy, value=str(folder))])


def _refuse(a: _Bundle, b: _Bundle) -> None:
    pairs = [
        ("bundles of two areas", "area", [x.manifest["area"]["id"] for x in (a, b)]),
        ("bundles of two standards", "coverage", [x.manifest["parameters"]["coverage"] for x in (a, b)]),
    ]
    remedy = "compare two bundles of one study and one set of parameters"
    faults = [
        Fault(problem, remedy, column=key, value=f"{one} / {two}") for problem, key, (one, two) in pairs if one != two
    ]
    if faults:
        raise InputError(faults)


def _refuse_other_homes(a: gpd.GeoDataFrame, b: gpd.GeoDataFrame) -> None:
    if not (a["demand_id"].equals(b["demand_id"]) and np.array_equal(a["people"], b["people"])):
        remedy = "build both from one study: a what-if leaves homes and people as they are"
        raise InputError([Fault("the bundles count other homes or other people", remedy, column="demand")])


def _notes(a: Mapping[str, Any], b: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Say what differs beside the variant."""
    notes = []
    other = [key for key in a["parameters"] if a["parameters"][key] != b["parameters"].get(key)]
    if other:
        notes.append((f"两次计算的参数不同：{'、'.join(other)}", f"Computed with other parameters: {', '.join(other)}"))
    one, two = ({e["name"]: e["sha256"] for e in m["inputs"]} for m in (a, b))
    files = sorted(name for name in one.keys() | two.keys() if one.get(name) != two.get(name))
    if files:
        notes.append((f"输入文件不同：{'、'.join(files)}", f"Read from other files: {', '.join(files)}"))
    for key, zh, en in (
        ("profile", "步行者不同", "Other walkers"),
        ("servicecircle_version", "软件版本不同", "Other versions of the software"),
    ):
        if a[key] != b[key]:
            notes.append((f"{zh}：{a[key]} / {b[key]}", f"{en}: {a[key]} / {b[key]}"))
    return tuple(notes)


def _models(homes: gpd.GeoDataFrame) -> tuple[str, ...]:
    return tuple(m for m in (*MODELS, *_SHIFTS) if f"people_{m}" in homes.columns) or ("low", "high")


def _covered(homes: gpd.GeoDataFrame, tier: str, basis: str, cutoff_s: float) -> Bools:
    """Whether each home is covered: by the count of places where the bundle has one, which nothing has rounded."""
    count = f"n_{tier}_{cutoff_s:g}"
    if basis == "all" and count in homes.columns:
        return np.asarray(homes[count] > 0)
    seconds = homes[f"nearest_{tier}_s" if basis == "all" else f"nearest_{tier}_confirmed_s"]
    return np.asarray(seconds.to_numpy(dtype=np.float64) <= cutoff_s)


def _coverage(a: pd.DataFrame, b: pd.DataFrame) -> pd.DataFrame:
    """Rows of both tables side by side, those in which somebody is covered who was not, or no longer."""
    values = ["homes_covered", *(f"{v}{end}" for v in ("covered", "share") for end in ("_low", "", "_high"))]
    keys = list(_KEY)
    a, b = (t.assign(name=t["name"].fillna("")) for t in (a, b))
    both = a[[*keys, "people", *values]].merge(
        b[[*keys, *values]], on=keys, how="outer", suffixes=("_before", "_after"), sort=False
    )
    differs = np.zeros(len(both), dtype=bool)
    for value in values:
        one, two = (both[f"{value}_{side}"].fillna(-1.0).to_numpy(dtype=np.float64) for side in ("before", "after"))
        differs |= one != two
    both["covered_change"] = both["covered_after"].fillna(0.0) - both["covered_before"].fillna(0.0)
    return both[differs].reset_index(drop=True)


def _people(a: gpd.GeoDataFrame, b: gpd.GeoDataFrame, names: Mapping[str, str], cutoffs: list[float]) -> pd.DataFrame:
    people, code = people_of(a, _models(a)), a["subdistrict"].to_numpy()
    rows = []
    asked = [(tier.value, basis, cutoff) for tier in Tier for basis in BASES for cutoff in cutoffs]
    for tier, basis, cutoff in asked:
        was, now = (_covered(x, tier, basis, cutoff) for x in (a, b))
        if not (was ^ now).any():
            continue
        for place in (DISTRICT, *names):
            inside = np.ones(len(a), dtype=bool) if place == DISTRICT else code == place
            up, down = inside & now & ~was, inside & was & ~now
            if up.any() or down.any():
                key: dict[str, object] = {
                    "subdistrict": place,
                    "name": names.get(place, ""),
                    "tier": tier,
                    "basis": basis,
                }
                key |= {"cutoff_s": cutoff, "homes_gained": int(up.sum()), "homes_lost": int(down.sum())}
                both = ranged("people_gained", people[:, up].sum(axis=1))
                rows.append(key | both | ranged("people_lost", people[:, down].sum(axis=1)))
    kinds = [f"people_{kind}{end}" for kind in CHANGES for end in ("_low", "", "_high")]
    head = ["subdistrict", "name", "tier", "basis", "cutoff_s", "homes_gained", "homes_lost"]
    return pd.DataFrame(rows, columns=[*head, *kinds])


def _where(
    a: gpd.GeoDataFrame, b: gpd.GeoDataFrame, names: Mapping[str, str], cutoff_s: float, crs: str
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, pd.DataFrame]:
    """Return the homes that gain, those that lose, and the neighbourhoods of both."""
    found: dict[str, list[pd.DataFrame]] = {change: [] for change in CHANGES}
    for tier in Tier:
        was, now = (_covered(x, tier.value, "all", cutoff_s) for x in (a, b))
        for change, which in zip(CHANGES, (now & ~was, was & ~now), strict=True):
            k = np.flatnonzero(which)
            columns = {
                "demand_id": a["demand_id"].to_numpy()[k],
                "tier": np.full(len(k), tier.value, dtype=object),
                "subdistrict": a["subdistrict"].to_numpy()[k],
                **{c: a[c].to_numpy(dtype=np.float64)[k] for c in ("people_low", "people", "people_high")},
                "before_s": a[f"nearest_{tier}_s"].to_numpy(dtype=np.float64)[k],
                "after_s": b[f"nearest_{tier}_s"].to_numpy(dtype=np.float64)[k],
                "geometry": a.geometry.to_numpy()[k],
            }
            found[change].append(pd.DataFrame(columns))
    by_model = pd.DataFrame(people_of(a, _models(a)).T, index=a["demand_id"])
    frames, clusters = {}, []
    for change, parts in found.items():
        frame = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=WGS84)
        frames[change], table = cluster_homes(frame, by_model, names, crs)
        clusters.append(table.assign(change=change))
    together = pd.concat(clusters, ignore_index=True)
    return frames["gained"], frames["lost"], together[["change", *(c for c in together.columns if c != "change")]]


def _minutes(a: gpd.GeoDataFrame, b: gpd.GeoDataFrame) -> pd.DataFrame:
    """By tier: whose walk changed though both can walk, and by how much; minus is quicker."""
    people = a["people"].to_numpy(dtype=np.float64)
    rows = []
    for tier in Tier:
        was, now = (x[f"nearest_{tier}_s"].to_numpy(dtype=np.float64) for x in (a, b))
        both = np.isfinite(was) & np.isfinite(now)
        for change, which in (("quicker", both & (now < was)), ("slower", both & (now > was))):
            if which.any():
                rows.append(_told(tier.value, change, which, people, (now - was) / 60.0))
    return pd.DataFrame(rows, columns=["tier", "change", "homes", "people", "mean_change_min", "most_change_min"])


def _told(tier: str, change: str, which: Bools, people: Floats, minutes: Floats) -> dict[str, object]:
    weight = people[which] + 1e-9
    most = minutes[which][np.argmax(np.abs(minutes[which]))]
    mean = float(np.average(minutes[which], weights=weight))
    told = {"tier": tier, "change": change, "homes": int(which.sum()), "people": float(people[which].sum())}
    return told | {"mean_change_min": mean, "most_change_min": float(most)}

"""Which rows of a list are places that the registry already knows, perhaps under another name.

Only what cannot well be two places is taken for one without asking: the same id, or the same name (once normalised) of
the same tier, no further apart than a large site is wide. Everything that looks alike beyond that is proposed, with
the evidence, and decided by a person.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import pandas as pd
from rapidfuzz import fuzz, process

from servicecircle.arrays import Floats, Ints
from servicecircle.crs import GEOD
from servicecircle.model import Kind, Tier
from servicecircle.registry.names import PlaceName, comparable, plain_address

__all__ = ["PROPOSALS", "Matches", "find_matches"]

PROPOSALS = [
    "row", "name", "address", "decision", "facility_id", "known_name", "known_address", "similarity", "distance_m",
    "evidence_zh", "evidence_en",
]  # fmt: skip
"""Columns of a review: one line a pair that a person decides by writing merge or new into ``decision``."""

_SITE_M = 300.0  # a campus or a park may be so wide: two positions of one place
_HERE_M = 30.0  # two readings of one position
_NEAR_M = 100.0  # next door
_FAR_M = 1500.0  # the circle's radius and a half: names this far apart need to be all but equal
_ALIKE, _NEARLY, _SOMEWHAT = 90.0, 75.0, 55.0  # similarity of cores, 0 to 100
_UNPLACED = 80.0  # where distance says nothing: one wrong character of six
_AT_MOST = 3  # proposals a row


@dataclass(frozen=True, slots=True)
class Matches:
    """What the rows of a list are.

    Attributes
    ----------
    same
        Index row: facility_id of the known place that the row certainly is.
    proposed
        ``PROPOSALS``: pairs to be decided, the likeliest of each row first.
    twins
        Index row: an earlier row of the list that says the same place.
    """

    same: pd.Series
    proposed: pd.DataFrame
    twins: pd.Series


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two tables, in arrays."""

    names: list[PlaceName]
    cores: list[str]
    owner: Ints  # of each core
    tiers: np.ndarray
    addresses: np.ndarray
    lon: Floats
    lat: Floats

    @classmethod
    def of(cls, table: pd.DataFrame, area: str) -> _Side:
        tiers = table["kind"].replace({Kind.VENUE.value: Tier.BASE.value}).to_numpy()
        addresses = np.array([plain_address(text, area) for text in table["address"]], dtype=object)
        names = comparable(table["name"], area)
        owner = np.repeat(np.arange(len(names)), [len(name.cores) for name in names])
        cores = [core for name in names for core in name.cores]
        lon, lat = (table[c].to_numpy(dtype=np.float64) for c in ("lon", "lat"))
        return cls(names, cores, owner, tiers, addresses, lon, lat)


def find_matches(rows: pd.DataFrame, known: pd.DataFrame, area: str = "") -> Matches:
    """Compare the rows of a list with the known places.

    Parameters
    ----------
    rows, known
        ``facility_id, kind, name, address`` as text ("" where not given), ``lon, lat`` in WGS-84 degrees (NaN where
        unknown). The index of ``rows`` is the row number of the file; ``known`` is indexed by anything.
    area
        Name of the study area, left off names and addresses.
    """
    new, old = _Side.of(rows, area), _Side.of(known, area)
    ids = known["facility_id"].to_numpy()
    at = {name: k for k, name in enumerate(ids)}
    numbers = rows.index.to_numpy()
    same: dict[int, str] = {}
    pairs: list[dict[str, object]] = []
    by_core = _by_core(old)
    for i, given in enumerate(rows["facility_id"]):
        if given in at:
            same[int(numbers[i])] = given
            continue
        alike = _equals(i, new, old, by_core)
        sure = _certain(i, alike, new, old)
        if sure is not None:
            same[int(numbers[i])] = str(ids[sure])
            continue
        found = sorted(
            _candidates(i, new, old, alike),
            key=lambda pair: (-pair[1], np.nan_to_num(pair[2], nan=np.inf), ids[pair[0]]),
        )[:_AT_MOST]
        pairs += [
            _pair(
                numbers[i],
                score,
                away_m,
                rows.iloc[i],
                known.iloc[k],
                same_address=_same_address(new.addresses[i], old.addresses[k]),
            )
            for k, score, away_m in found
        ]
    proposed = pd.DataFrame(pairs, columns=PROPOSALS)
    # a known place that a row certainly is cannot be another row as well
    proposed = proposed[~proposed["facility_id"].isin(set(same.values()))].reset_index(drop=True)
    return Matches(pd.Series(same, dtype=object), proposed, _twins(rows, new, same))


def _by_core(side: _Side) -> dict[tuple[str, str], list[int]]:
    index: dict[tuple[str, str], list[int]] = defaultdict(list)
    for k, (name, tier) in enumerate(zip(side.names, side.tiers, strict=True)):
        for core in name.cores:
            if core:
                index[tier, core].append(k)
    return index


def _equals(i: int, new: _Side, old: _Side, by_core: dict[tuple[str, str], list[int]]) -> list[int]:
    """Return the known places of the same tier that share a name and are no other branch."""
    found = {k for core in new.names[i].cores for k in by_core.get((new.tiers[i], core), ())}
    return sorted(k for k in found if not _other_branch(new.names[i], old.names[k]))


def _certain(i: int, alike: list[int], new: _Side, old: _Side) -> int | None:
    """Return the one known place of the same first name and branch that is near; none where two could be meant."""
    name = new.names[i]
    away = {k: _away(i, k, new, old) for k in alike}
    near = [k for k in alike if not away[k] > _SITE_M]
    here = [k for k in near if away[k] <= _HERE_M]
    near = here if len(here) == 1 else near
    told = len(near) == 1 and (len(alike) == 1 or bool(np.isfinite(away[near[0]])))
    if not told or old.names[near[0]].branch != name.branch or old.names[near[0]].cores[0] != name.cores[0]:
        return None
    return near[0]


def _candidates(i: int, new: _Side, old: _Side, equals: list[int]) -> list[tuple[int, float, float]]:
    """Return known places of the same tier that could be this one, with their similarity and distance."""
    name = new.names[i]
    score = np.zeros(len(old.names))
    for found in process.cdist([core for core in name.cores if core], old.cores, scorer=fuzz.ratio):
        np.maximum.at(score, old.owner, found)
    score[equals] = 100.0
    there = np.array([_same_address(new.addresses[i], address) for address in old.addresses], dtype=bool)
    looks = np.flatnonzero((old.tiers == new.tiers[i]) & ((score >= _SOMEWHAT) | there))
    kept = []
    for k in looks.tolist():
        near = _away(i, k, new, old)
        possible = score[k] >= (_UNPLACED if np.isnan(near) else _ALIKE) and not near > _FAR_M
        possible |= score[k] >= _NEARLY and near <= _SITE_M
        possible |= score[k] >= _SOMEWHAT and bool(near <= _NEAR_M or there[k])
        other = _other_branch(name, old.names[k]) or name.numbers != old.names[k].numbers
        if k in equals or (possible and not other):
            kept.append((k, float(score[k]), near))
    return kept


def _other_branch(one: PlaceName, two: PlaceName) -> bool:
    return bool(one.branch and two.branch and one.branch != two.branch)


def _away(i: int, k: int, new: _Side, old: _Side) -> float:
    """Metres between a row and a known place; NaN where one has no position."""
    return float(GEOD.inv(new.lon[i], new.lat[i], old.lon[k], old.lat[k])[2])


def _pair(
    row: int, score: float, away_m: float, given: pd.Series, known: pd.Series, *, same_address: bool
) -> dict[str, object]:
    far = np.isfinite(away_m)
    zh = [
        f"名称相似度{score:.0f}%",
        f"相距{away_m:.0f}米" if far else "距离未知",
        *(["地址相同"] if same_address else []),
    ]
    en = [f"names {score:.0f}% alike", f"{away_m:.0f} m apart" if far else "distance unknown"]
    return {
        "row": int(row),
        "name": given["name"],
        "address": given["address"],
        "decision": "",
        "facility_id": known["facility_id"],
        "known_name": known["name"],
        "known_address": known["address"],
        "similarity": round(score),
        "distance_m": round(away_m) if far else None,
        "evidence_zh": "；".join(zh),
        "evidence_en": ", ".join([*en, *(["the same address"] if same_address else [])]),
    }


def _twins(rows: pd.DataFrame, new: _Side, same: dict[int, str]) -> pd.Series:
    """Rows that say a place which an earlier row of the list says already."""
    seen: dict[object, list[int]] = defaultdict(list)
    twins: dict[int, int] = {}
    for i, row in enumerate(rows.index.tolist()):
        keys: list[object] = [(new.tiers[i], new.names[i].cores[0], new.names[i].branch)]
        keys += [same[row]] if row in same else []
        for key in keys:
            for j in seen[key]:
                apart = _away(i, j, new, new) > _HERE_M or _differ(new.addresses[i], new.addresses[j])
                if key == same.get(row) or not apart:
                    twins.setdefault(row, int(rows.index[j]))
            seen[key].append(i)
    return pd.Series(twins, dtype=np.int64)


def _same_address(one: str, two: str) -> bool:
    """Whether two addresses name one house: a street alone names none."""
    return one == two and one.endswith("号")


def _differ(one: str, two: str) -> bool:
    return bool(one and two and one != two)

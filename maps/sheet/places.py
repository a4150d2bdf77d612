"""The places of a study in the order of the index: by tier, category and name; those with a position have a number."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pypinyin import lazy_pinyin

from maps.encode import metres
from maps.layers import categories
from maps.report.phrases import tier_name
from maps.report.reading import Study, plain
from maps.style import TIERS, category_signs
from servicecircle.errors import Fault, InputError

__all__ = ["Group", "Place", "Sign", "apart", "places"]

TIERS_IN_ORDER = ("school", "community", "base")
TURNS = 60
GOLDEN = math.pi * (3 - math.sqrt(5))


@dataclass(frozen=True, slots=True)
class Sign:
    """How a kind of place is drawn: colour, letter, shape."""

    colour: str
    glyph: str
    shape: str


@dataclass(frozen=True, slots=True)
class Place:
    """A place of the registry; ``number`` is 0 and ``x``, ``y`` nan where nobody knows where it is."""

    id: str
    number: int
    name: str
    candidate: bool
    approximate: bool
    x: float
    y: float
    subdistrict: str


@dataclass(frozen=True, slots=True)
class Group:
    """The places of a tier, or of a category of bases."""

    tier: str
    name: str
    name_en: str
    sign: Sign
    places: tuple[Place, ...]

    @property
    def span(self) -> str:
        """From which number to which."""
        numbers = [place.number for place in self.places if place.number]
        return f"{numbers[0]}–{numbers[-1]}" if len(numbers) > 1 else "".join(map(str, numbers))


def places(study: Study, latitude: float) -> tuple[Group, ...]:
    """Give a study's places numbers, and positions in metres of the plane at ``latitude``.

    Raises
    ------
    InputError
        When two places have one id.
    """
    layer = study.bundle.layers["facilities"]
    if layer["facility_id"].duplicated().any():
        twice = plain(layer.loc[layer["facility_id"].duplicated(), "facility_id"].iloc[0])
        raise InputError([Fault("two places of one id", "give each its own", column="facility_id", value=twice)])
    frame = pd.DataFrame(layer.drop(columns="geometry"))
    at = metres(layer.geometry.map(lambda shape: None if shape is None else shape.representative_point()), latitude)
    frame["x"], frame["y"] = shapely.get_x(at), shapely.get_y(at)
    frame["where"] = _subdistricts(study, frame, at, latitude)
    found: list[Group] = []
    number = 0
    for tier, name, name_en, sign, rows in _grouped(study, frame):
        listed = []
        for row in sorted(rows.to_dict("records"), key=lambda r: (_key(plain(r["name"])), plain(r["facility_id"]))):
            known = bool(np.isfinite(row["x"]))
            number += known
            listed.append(
                Place(
                    plain(row["facility_id"]),
                    number if known else 0,
                    plain(row["name"]),
                    row["status"] == "candidate",
                    bool(row["approximate"]),
                    float(row["x"]),
                    float(row["y"]),
                    row["where"],
                )
            )
        found.append(Group(tier, name, name_en, sign, tuple(listed)))
    return tuple(found)


def apart(xy: npt.NDArray[np.float64], reach: float, most: float) -> npt.NDArray[np.float64]:
    """Move signs that hide each other apart, each by no more than ``most``.

    Parameters
    ----------
    xy
        Positions on the sheet, shape (n, 2).
    reach
        Distance from which two signs are told apart.
    most
        Largest displacement of a sign.
    """
    turn = np.arange(len(xy)) * GOLDEN
    at = xy + 0.01 * reach * np.column_stack([np.cos(turn), np.sin(turn)])  # so that two on one spot can part
    for _ in range(TURNS):
        spots = np.array(shapely.points(at), dtype=object)
        one, other = shapely.STRtree(spots).query(spots, predicate="dwithin", distance=reach)
        order = np.lexsort((other, one))
        one, other = one[order][one[order] != other[order]], other[order][one[order] != other[order]]
        if not len(one):
            break
        step = at[one] - at[other]
        far = np.maximum(np.hypot(step[:, 0], step[:, 1]), 1e-9)
        push = step / far[:, None] * ((reach - far) * 0.26)[:, None]
        np.add.at(at, one, push)
        away = at - xy
        length = np.maximum(np.hypot(away[:, 0], away[:, 1]), 1e-9)
        at = xy + away * np.minimum(1.0, most / length)[:, None]
    moved: npt.NDArray[np.float64] = at
    return moved


def _grouped(study: Study, frame: pd.DataFrame) -> list[tuple[str, str, str, Sign, pd.DataFrame]]:
    named = categories(study.bundle)
    signs = category_signs([plain(c["zh"]) for c in named])
    found: list[tuple[str, str, str, Sign, pd.DataFrame]] = []
    for tier in TIERS_IN_ORDER:
        look = TIERS[tier]
        own = Sign(look["colour"], look["glyph"], look["shape"])
        rows = frame[frame["tier"] == tier]
        if tier == "base":
            for category, sign in zip(named, signs, strict=True):
                kind = Sign(sign["colour"], sign["glyph"], look["shape"])
                some = rows[rows["category"] == category["id"]]
                found.append((tier, plain(category["zh"]), plain(category["en"]), kind, some))
            rows = rows[rows["category"].isna()]
        found.append((tier, *tier_name(tier), own, rows))
    return [group for group in found if len(group[4])]


def _subdistricts(study: Study, frame: pd.DataFrame, at: npt.NDArray[np.object_], latitude: float) -> list[str]:
    """Give each place the code of its subdistrict: as the registry says, else by its position."""
    layer = study.bundle.layers["subdistricts"]
    codes = [plain(code) for code in layer["code"]]
    said = dict(zip(map(plain, layer["name"]), codes, strict=True)) | {code: code for code in codes}
    shapes: Sequence[shapely.Geometry] = list(metres(layer.geometry, latitude))
    found = []
    for name, point in zip(frame["subdistrict"].map(plain), at, strict=True):
        within = (
            [] if point is None else [c for c, shape in zip(codes, shapes, strict=True) if shapely.covers(shape, point)]
        )
        found.append(said.get(name) or next(iter(within), ""))
    return found


def _key(name: str) -> list[str]:
    return lazy_pinyin(name)

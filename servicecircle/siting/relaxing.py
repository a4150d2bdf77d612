"""What would help where sites cannot do what is asked: the least that must be given up, one demand at a time."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from servicecircle.siting.covering import Solved, fewest
from servicecircle.siting.models import Instance, Model, covering_needs, mclp, pcentre
from servicecircle.units import S_PER_MIN

__all__ = ["Relaxation", "relaxations"]


@dataclass(frozen=True, slots=True)
class Relaxation:
    """One way to make a question answerable.

    ``relax``: ``minutes``, ``sites`` or ``homes``; ``needed``: the least minutes, the least sites, or how many people
    must be left out; ``homes``: how many homes these are.
    """

    relax: str
    needed: float
    text_zh: str
    text_en: str
    homes: int | None = None


def relaxations(given: Instance, model: Model, found: Solved, add: int | None, work: int) -> tuple[Relaxation, ...]:
    """Say what would help; empty where the answer does what is asked.

    ``lscp`` fails where a home has no candidate within the limit, or more sites are needed than may be; ``pcentre``
    where the sites leave homes without any place within the horizon that others of the candidates reach. The other two
    models do what they can, always.
    """
    if model is Model.LSCP:
        return _to_cover(given, found, add, work)
    if model is Model.PCENTRE and not math.isfinite(found.value):
        return (_sites(len(fewest(covering_needs(given, given.horizon_s), work).chosen), given.horizon_s),)
    return ()


def _to_cover(given: Instance, found: Solved, add: int | None, work: int) -> tuple[Relaxation, ...]:
    hopeless = given.hopeless()
    needed = len(found.chosen)
    many = add is not None and needed > add
    if not hopeless.any() and not many:
        return ()
    said = []
    p = min(add if add is not None and many else needed, given.n)
    # as many sites as may be, for everybody who can be reached at all
    least = pcentre(given, p, work).value if p else _nearest(given)
    if math.isfinite(least):
        minutes = math.ceil(least / S_PER_MIN * 10 - 1e-9) / 10
        text = (
            f"{p}处选址、{minutes:g}分钟以内可以覆盖所有走得到的住处",
            (f"with {p} sites every home that can walk to any is within {minutes:g} minutes"),
        )
        said.append(Relaxation("minutes", minutes, *text))
    if many:
        said.append(_sites(needed, given.limit_s))
    best = mclp(given, p, work) if p else Solved((), 0.0, 0.0, proven=True)
    left = (given.people > 0) & ~(given.after(best.chosen) <= given.limit_s)
    people = float(given.people[left].sum())
    text = (
        f"放下{int(left.sum())}处住处约{people:,.0f}人，其余{p}处选址即可覆盖",
        (f"leaving out {int(left.sum())} homes of about {people:,.0f} people, {p} sites cover the others"),
    )
    return (*said, Relaxation("homes", people, *text, homes=int(left.sum())))


def _nearest(given: Instance) -> float:
    after = given.after(tuple(range(given.n)))[given.people > 0]
    return float(after[np.isfinite(after)].max(initial=0.0))


def _sites(needed: int, limit_s: float) -> Relaxation:
    minutes = limit_s / S_PER_MIN
    text = f"{minutes:g}分钟以内需要{needed}处选址", f"within {minutes:g} minutes {needed} sites are needed"
    return Relaxation("sites", needed, *text)

"""Why a sound question has no route: every reason that numbers show, Chinese and English."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd

from servicecircle.arrays import Floats
from servicecircle.design_question import Question
from servicecircle.errors import NoWayError
from servicecircle.orienteering import EXACT_STOPS, NEVER, Problem, best_tour, end_s, part, whole_seconds
from servicecircle.units import minutes

__all__ = ["NoRouteError", "Reason", "reasons_against", "undecided"]

_LONG_S = 7 * 24 * 3600  # seconds: a limit that limits nothing


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason and its words.

    ``code``: dwell, no_way, long_leg, closed, hours, too_long, no_stop, none_near, undecided.
    """

    code: str
    text_zh: str
    text_en: str


class NoRouteError(NoWayError):
    """A sound question that no route answers; ``reasons`` are all that were found."""

    def __init__(self, reasons: tuple[Reason, ...]) -> None:
        self.reasons = reasons
        super().__init__("\n".join(f"{reason.text_zh} / {reason.text_en}" for reason in reasons))


def reasons_against(
    problem: Problem, far_s: Floats, stops: pd.DataFrame, start: str, question: Question
) -> tuple[Reason, ...]:
    """Find out what stands against every route.

    ``far_s`` are the same seconds as ``problem.walk_s`` without the longest leg; nodes are rows of ``stops``, from 1.
    """
    if not problem.locked:
        return tuple(_about_none(problem, far_s, stops, question))
    names = [start, *(str(name) for name in stops["name"])]
    unbound = replace(problem, walk_s=whole_seconds(far_s), limit_s=_LONG_S)
    found = [
        *_about_dwell(problem),
        *_about_ways(problem, far_s, names),
        *_about_hours(replace(unbound, limit_s=_until_midnight(problem, question)), names),
        *_about_legs(problem, far_s, names, question),
    ]
    return tuple(found) or (_about_time(problem, unbound),)


def undecided(work: float) -> Reason:
    """Return the reason that is none: the search ended before it knew."""
    return Reason(
        "undecided",
        f"在规定的计算量（design.work = {work:g}）内既没找到线路，也没证明没有：缩小主题，或加大计算量",
        f"neither a route nor a proof against all within design.work = {work:g}: narrow the theme, or allow more",
    )


def _about_dwell(problem: Problem) -> Iterator[Reason]:
    locked = sorted(problem.locked)
    dwell, limit = minutes(float(problem.dwell_s[locked].sum())), minutes(problem.limit_s)
    if dwell > limit:
        yield Reason(
            "dwell",
            f"指定的{len(locked)}站光停留就要{dwell:.0f}分钟，超过时限{limit:.0f}分钟",
            f"the {len(locked)} locked stops take {dwell:.0f} minutes of dwell alone, the limit is {limit:.0f}",
        )


def _about_ways(problem: Problem, far_s: Floats, names: list[str]) -> Iterator[Reason]:
    locked = sorted(problem.locked)
    cut = [k for k in locked if not np.isfinite(far_s[0, k])]
    for k in cut:
        yield Reason("no_way", f"从“{names[0]}”走不到“{names[k]}”", f"no way on foot from {names[0]} to {names[k]}")
    for a, b in combinations([k for k in locked if k not in cut], 2):
        if not np.isfinite(far_s[a, b]) and not np.isfinite(far_s[b, a]):
            yield Reason(
                "no_way", f"“{names[a]}”与“{names[b]}”之间走不通", f"no way on foot between {names[a]} and {names[b]}"
            )


def _about_hours(unbound: Problem, names: list[str]) -> Iterator[Reason]:
    open_alone = []
    for k in sorted(unbound.locked):
        if unbound.walk_s[0, k] >= NEVER or _ends(unbound, (k,)):
            open_alone.append(k)
            continue
        stay = minutes(float(unbound.dwell_s[k]))
        yield Reason(
            "closed",
            f"“{names[k]}”当天到达后没有{stay:.0f}分钟的开放时间",
            f"{names[k]} is not open for {stay:.0f} minutes after anybody can be there that day",
        )
    for a, b in combinations(open_alone, 2):
        if not _ends(unbound, (a, b)) and not _ends(unbound, (b, a)) and _walkable(unbound, a, b):
            yield Reason(
                "hours",
                f"“{names[a]}”与“{names[b]}”的开放时间无法先后相接",
                f"the opening hours of {names[a]} and {names[b]} fit in neither order",
            )


def _about_legs(problem: Problem, far_s: Floats, names: list[str], question: Question) -> Iterator[Reason]:
    """Name the stops that no chain of short enough legs leads to, whatever stops are taken on the way."""
    most = question.leg_minutes or 0.0
    needed = _longest_needed(far_s)
    for k in sorted(problem.locked):
        there = minutes(float(needed[0, k]))
        if np.isfinite(there) and there > most:
            yield Reason(
                "long_leg",
                f"到“{names[k]}”至少有一段要走{there:.0f}分钟，超过每段{most:.0f}分钟",
                f"any way to {names[k]} has a leg of {there:.0f} minutes or more, a leg has at most {most:.0f}",
            )
        home = minutes(float(needed[k, 0]))
        if problem.back and np.isfinite(home) and home > most:
            yield Reason(
                "long_leg",
                f"从“{names[k]}”回到起点至少有一段要走{home:.0f}分钟，超过每段{most:.0f}分钟",
                f"any way back from {names[k]} has a leg of {home:.0f} minutes or more, a leg has at most {most:.0f}",
            )


def _longest_needed(far_s: Floats) -> Floats:
    """Return the least longest leg from each node to each other, over all chains of nodes."""
    needed = far_s.copy()
    for k in range(len(needed)):
        needed = np.minimum(needed, np.maximum(needed[:, k, None], needed[None, k, :]))
    return needed


def _about_time(problem: Problem, unbound: Problem) -> Reason:
    """Return how long the locked stops take at least, with legs as long as they must be."""
    limit = minutes(problem.limit_s)
    keep = np.array([0, *sorted(problem.locked)])
    if len(keep) <= EXACT_STOPS + 1:
        tour = best_tour(part(unbound, (), keep)[0])
        if tour is not None and tour.end_s > problem.limit_s:
            least = minutes(tour.end_s)
            return Reason(
                "too_long",
                f"走完指定的{len(keep) - 1}站至少要{least:.0f}分钟，超过时限{limit:.0f}分钟",
                f"the {len(keep) - 1} locked stops take at least {least:.0f} minutes, the limit is {limit:.0f}",
            )
    return Reason(
        "too_long",
        f"指定的站点无法在{limit:.0f}分钟内连成每段都不超限的路线",
        f"the locked stops cannot be joined within {limit:.0f} minutes by legs that are short enough",
    )


def _about_none(problem: Problem, far_s: Floats, stops: pd.DataFrame, question: Question) -> Iterator[Reason]:
    if stops.empty:
        yield Reason("no_stop", "没有符合主题的站点", "no place fits what is asked")
        return
    reached = np.where(np.isfinite(far_s[0, 1:]), far_s[0, 1:], np.inf)
    k = int(reached.argmin())
    name, away = stops["name"].iloc[k], minutes(float(reached[k]))
    if not np.isfinite(away):
        yield Reason("no_way", "从起点走不到任何符合主题的站点", "no place that fits can be reached on foot")
        return
    leg, limit = question.leg_minutes or 0.0, minutes(problem.limit_s)
    yield Reason(
        "none_near",
        f"{limit:.0f}分钟内、每段不超过{leg:.0f}分钟，到不了任何符合主题且开放的站点；最近的是“{name}”，步行{away:.0f}分钟",
        f"no open place that fits can be visited within {limit:.0f} minutes by legs of at most {leg:.0f}; the nearest, "
        f"{name}, is {away:.0f} minutes on foot",
    )


def _ends(problem: Problem, stops: tuple[int, ...]) -> bool:
    """Whether a tour of these stops alone can be made on the day."""
    end = end_s(replace(problem, back=False), stops)
    return end is not None and end <= problem.limit_s


def _until_midnight(problem: Problem, question: Question) -> int:
    """Return the seconds that are left of the day, or of the route if that ends later."""
    hour, minute = (int(part) for part in str(question.depart).split(":"))
    return max(problem.limit_s, (24 - hour) * 3600 - minute * 60)


def _walkable(problem: Problem, a: int, b: int) -> bool:
    """Whether two stops can follow each other at all, whatever their hours."""
    anytime = replace(problem, windows=np.zeros((0, 3), dtype=np.int64), dwell_s=np.zeros_like(problem.dwell_s))
    return _ends(anytime, (a, b)) or _ends(anytime, (b, a))

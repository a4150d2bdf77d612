"""A designed route in words, from its numbers: why these stops, how long, how steep, what was left out and why."""

from __future__ import annotations

import numpy as np

from servicecircle.design_question import clock
from servicecircle.design_stops import is_confirmed
from servicecircle.designing import Alternative, Asked
from servicecircle.model import APPROXIMATE
from servicecircle.orienteering import end_s
from servicecircle.units import M_PER_KM, minutes

__all__ = ["explain", "measures"]

_MOST_NAMES = 6
_MOST_LEFT_OUT = 3


def measures(route: Alternative) -> dict[str, object]:
    """Return a route's sums: minutes of its parts, metres, climbs, steps, and how many stops are of which sort."""
    walk_s = sum(walk.seconds for walk in route.walks)
    dwell_s = float(route.stops["dwell_minutes"].sum() * 60)
    up, down = ([getattr(walk, key) for walk in route.walks] for key in ("ascent_m", "descent_m"))
    longest = int(np.argmax([walk.seconds for walk in route.walks]))
    return {
        "stops": len(route.stops),
        "stops_candidate": int((~route.stops["status"].map(is_confirmed)).sum()),
        "stops_approximate": int(route.stops["position_confidence"].isin(APPROXIMATE).sum()),
        "stops_hours_unknown": int(route.stops["opening_hours"].isna().sum()),
        "categories": int(route.stops["category"].nunique()),
        "total_s": float(route.tour.end_s),
        "walk_s": walk_s,
        "dwell_s": dwell_s,
        "wait_s": float(sum(begun - reached for reached, begun, _ in route.times)),
        "longest_leg_s": route.walks[longest].seconds,
        "longest_leg": longest,
        "metres": sum(walk.metres for walk in route.walks),
        "ascent_m": np.nan if None in up else float(sum(up)),
        "descent_m": np.nan if None in down else float(sum(down)),
        "steps": sum(walk.steps for walk in route.walks),
        "points": route.tour.prize,
        "points_bound": route.tour.bound,
    }


def explain(asked: Asked, route: Alternative, before: tuple[Alternative, ...] = ()) -> list[tuple[str, str]]:
    """Return a route's explanation, one sentence after the other, Chinese and English.

    ``before`` are the alternatives that it had to differ from.
    """
    said = [_how_long(asked, route), _why(route), *_different(asked, route, before), *_doubts(route)]
    left = _left_out(asked, route)
    if left:
        said.append(("未选：" + "；".join(zh for zh, _ in left), "Left out: " + "; ".join(en for _, en in left)))
    return said


def _how_long(asked: Asked, route: Alternative) -> tuple[str, str]:
    question, told = asked.question, measures(route)
    names = [asked.start_name, *route.stops["name"], *([asked.start_name] if question.back else [])]
    k = int(told["longest_leg"])  # type: ignore[call-overload]
    total, walk, dwell, wait, longest = (
        minutes(float(told[key])) for key in ("total_s", "walk_s", "dwell_s", "wait_s", "longest_leg_s")  # type: ignore[arg-type]
    )  # fmt: skip
    limit = question.limit_minutes or 0.0
    end, km, steps = clock(question, route.tour.end_s), float(told["metres"]) / M_PER_KM, told["steps"]  # type: ignore[arg-type]
    climb = float(told["ascent_m"])  # type: ignore[arg-type]
    up_zh, up_en = ("升高未知", "climb unknown") if np.isnan(climb) else (f"上升{climb:.0f}米", f"{climb:.0f} m up")
    where_zh, where_en = ("回到起点", "back at the start") if question.back else ("结束", "ends")
    zh = (
        f"从{asked.start_name}{question.depart}出发，{end}{where_zh}，共{total:.0f}分钟（时限{limit:.0f}）："
        f"步行{walk:.0f}分钟{km:.1f}公里，停留{dwell:.0f}分钟"
        + (f"，等候{wait:.0f}分钟" if wait else "")
        + f"；{up_zh}，"
        f"台阶约{steps}级，最长一段{longest:.0f}分钟（{names[k]}到{names[k + 1]}）"
    )
    en = (
        f"Leaves {asked.start_name} at {question.depart}, {where_en} at {end}, {total:.0f} of {limit:.0f} minutes: "
        f"{walk:.0f} walking {km:.1f} km, {dwell:.0f} at the stops"
        + (f", {wait:.0f} waiting" if wait else "")
        + f"; {up_en}, about {steps} steps; the longest leg takes {longest:.0f} minutes ({names[k]} to {names[k + 1]})"
    )
    return zh, en


def _why(route: Alternative) -> tuple[str, str]:
    tour, stops = route.tour, route.stops
    kinds = stops.dropna(subset=["category"]).drop_duplicates("category")
    zh, en = "、".join(kinds["category_zh"]), ", ".join(kinds["category_en"])
    counted = f"{_many(len(stops), 'stop', 'stops')} of {_many(len(kinds), 'category', 'categories')}"
    proof_zh, proof_en = ("已证没有更高分的路线", "proven: no route has more")
    if tour.bound > tour.prize:
        proof_zh = f"已证上限{tour.bound}分，至多差{tour.gap:.0%}"
        proof_en = f"no route has more than {tour.bound}, {tour.gap:.0%} above"
    return (
        f"{len(stops)}站、{len(kinds)}类（{zh}），得{tour.prize}分，{proof_zh}",
        f"{counted} ({en}): {tour.prize} points; {proof_en}",
    )


def _different(asked: Asked, route: Alternative, before: tuple[Alternative, ...]) -> list[tuple[str, str]]:
    free = {k for k in route.tour.stops if k not in asked.problem.locked}
    shared = [len(free & set(other.tour.stops)) for other in before]
    if not before:
        return []
    zh = "、".join(f"方案{k}共用{n}站" for k, n in enumerate(shared, 1))
    en = ", ".join(f"{n} with route {k}" for k, n in enumerate(shared, 1))
    return [(f"不计指定站，与{zh}", f"Of the stops that were not locked it shares {en}")]


def _doubts(route: Alternative) -> list[tuple[str, str]]:
    stops, said = route.stops, []
    for rows, zh, en in (
        (~stops["status"].map(is_confirmed), "候选站（区里尚未确认）", "Candidates, not confirmed by the district"),
        (stops["position_confidence"].isin(APPROXIMATE), "位置只知大概", "Only placed roughly"),
        (stops["opening_hours"].isna(), "开放时间未知，请先联系", "Opening hours unknown, ask first"),
    ):
        names = list(stops.loc[rows, "name"])
        if len(names) == len(stops):
            said.append((f"{zh}：全部", f"{en}: all of them"))
        elif names:
            said.append((f"{zh}：{_listed(names, '、')}", f"{en}: {_listed(names, ', ')}"))
    return said


def _left_out(asked: Asked, route: Alternative) -> list[tuple[str, str]]:
    """Say of the best places that are not on the route what it would cost to put them in."""
    problem, tour, stops = asked.problem, route.tour.stops, asked.stops
    names, small = stops["name"].tolist(), stops["too_small"].tolist()
    found: list[tuple[str, str]] = []
    limit = problem.limit_s
    for k in np.argsort(-stops["points"].to_numpy(), kind="stable").tolist():
        name, node = names[k], k + 1
        if node in tour:
            continue
        if len(found) == _MOST_LEFT_OUT:
            break
        if small[k]:
            found.append((f"{name}（容纳不下{asked.question.group_size}人）", f"{name} (too small for the group)"))
            continue
        ends = [end_s(problem, (*tour[:i], node, *tour[i:])) for i in range(len(tour) + 1)]
        known = [end for end in ends if end is not None]
        if not known:
            continue  # not near this route: of no interest to who walks it
        least = min(known)
        if least > limit:
            more = max(1.0, np.ceil(minutes(least - limit)))
            found.append((f"{name}（加上就超时{more:.0f}分钟）", f"{name} (would take {more:.0f} minutes too many)"))
        else:
            found.append((f"{name}（加上就与前面的方案太像）", f"{name} (would make it too like another route)"))
    return found


def _many(count: int, one: str, more: str) -> str:
    return f"{count} {one if count == 1 else more}"


def _listed(names: list[str], joint: str) -> str:
    more = len(names) - _MOST_NAMES
    return joint.join(names[:_MOST_NAMES]) + (f"{joint}+{more}" if more > 0 else "")

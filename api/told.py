"""A walk in words, Chinese and English: what each leg is, and where the time goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.spent import Spent

__all__ = ["no_way", "told"]

# What is done on a leg of each kind: without a name, with one.
_ZH: Mapping[str, tuple[str, str]] = {
    "street": ("沿街走", "沿{}走"),
    "path": ("走小路", "走{}"),
    "crossing": ("过街", "过{}"),
    "stairs": ("走台阶", "走{}的台阶"),
    "lift": ("乘电梯", "乘{}"),
    "escalator": ("乘自动扶梯", "乘{}"),
    "cableway": ("乘索道", "乘{}"),
    "footbridge": ("过天桥", "过{}"),
    "underpass": ("走地下通道", "走{}"),
    "link": ("走到路边或门口", "走{}"),
}
_EN: Mapping[str, tuple[str, str]] = {
    "street": ("Along the street", "Along {}"),
    "path": ("By a path", "By {}"),
    "crossing": ("Across the street", "Across {}"),
    "stairs": ("By stairs", "By the stairs of {}"),
    "lift": ("By lift", "By {}"),
    "escalator": ("By escalator", "By {}"),
    "cableway": ("By cable car", "By {}"),
    "footbridge": ("Over a footbridge", "Over {}"),
    "underpass": ("Through an underpass", "Through {}"),
    "link": ("Between door and street", "By {}"),
}
_PARTS = (
    ("level", "平路", "level"),
    ("slope", "坡道", "slopes"),
    ("stairs", "台阶", "stairs"),
    ("ride", "电梯扶梯索道", "lifts and rides"),
    ("waiting", "等候", "waiting"),
)
_LEAST_M = 1.0
_LEAST_S = 0.5
_MINUTE_S = 60.0
_EXACT_BELOW_S = 90.0  # shorter walks are told in seconds


def told(content: Mapping[str, Any], spent: Spent) -> dict[str, Any]:
    """Put a walk in the shape of ``walk --json`` into words as well."""
    legs = [leg | dict(zip(("text_zh", "text_en"), _leg(leg), strict=True)) for leg in content["legs"]]
    zh, en = _whole(content, spent)
    parts = {f"{name}_s": round(getattr(spent, name), 2) + 0.0 for name, _, _ in _PARTS}
    return dict(content) | {"legs": legs, "spent": parts, "explanation_zh": zh, "explanation_en": en}


def no_way(profile: str) -> dict[str, Any]:
    """Say that there is no way, without saying between where."""
    reason = f"两处之间走不通（{profile}） / no way on foot between the two for profile {profile}"
    return {"reachable": False, "reason": reason}


def _leg(leg: Mapping[str, Any]) -> tuple[str, str]:
    named = 1 if leg["name"] else 0
    zh = _ZH.get(leg["kind"], ("走", "走{}"))[named].format(leg["name"])
    en = _EN.get(leg["kind"], ("On", "By {}"))[named].format(leg["name"])
    metres = f"{leg['metres']:.0f}"
    zh, en = f"{zh}{metres}米", f"{en} for {metres} m"
    if leg["steps"]:
        zh, en = f"{zh}，{leg['steps']}级", f"{en}, {leg['steps']} steps"
    climbs = [(leg["ascent_m"], "上", "up"), (leg["descent_m"], "下", "down")]
    for height, up_zh, up_en in climbs:
        if height is not None and height >= _LEAST_M:
            zh, en = f"{zh}，{up_zh}{height:.0f}米", f"{en}, {height:.0f} m {up_en}"
    lasts_zh, lasts_en = _time(leg["seconds"])
    return f"{zh}，{lasts_zh}", f"{en}: {lasts_en}"


def _whole(content: Mapping[str, Any], spent: Spent) -> tuple[str, str]:
    lasts_zh, lasts_en = _time(content["seconds"])
    parts = [(_time(abs(getattr(spent, name))), getattr(spent, name), zh, en) for name, zh, en in _PARTS]
    goes = [part for part in parts if abs(part[1]) >= _LEAST_S]
    zh = "、".join(f"{n_zh}{'省' if s < 0 else ''}{t[0]}" for t, s, n_zh, _ in goes)
    en = ", ".join(f"{n_en} {'saves ' if s < 0 else ''}{t[1]}" for t, s, _, n_en in goes)
    about = "约" if content["steps_estimated"] else ""
    steps_zh = f"，台阶{about}{content['steps']}级" if content["steps"] else "，没有台阶"
    steps_en = f", {'about ' if about else ''}{content['steps']} steps" if content["steps"] else ", no steps"
    metres = f"{content['metres']:.0f}"
    return (
        f"步行{lasts_zh}、{metres}米{steps_zh}" + (f"。时间用在：{zh}。" if zh else "。"),
        f"{lasts_en} on foot, {metres} m{steps_en}." + (f" The time goes to: {en}." if en else ""),
    )


def _time(seconds: float) -> tuple[str, str]:
    """Say how long: in seconds where short, else in minutes.

    >>> _time(42.4), _time(200.0)
    (('42秒', '42 s'), ('3分钟', '3 min'))
    """
    if seconds < _EXACT_BELOW_S:
        return f"{seconds:.0f}秒", f"{seconds:.0f} s"
    return f"{seconds / _MINUTE_S:.0f}分钟", f"{seconds / _MINUTE_S:.0f} min"

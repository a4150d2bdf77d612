"""The report's charts and maps as SVG for pages, each with a title, a description and ids of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from matplotlib.axes import Axes

from maps import charts
from maps.bundle import TIERS
from maps.printing import Fonts, figure, svg
from maps.report import figures, where_next
from maps.report.content import GapCard
from maps.report.figures import DISTRICT
from maps.report.phrases import tier_name
from maps.report.reading import Study
from maps.report.small_maps import SmallMaps
from maps.style import TIERS as SIGNS

__all__ = ["Plates", "all_curves", "certainty_rows", "choice_rows", "legend"]

CHART_MM = (94.0, 62.0)
MAP_MM = (80.0, 60.0)
Room = tuple[float, float, float, float]


class Plates:
    """Draws figures for a page. ``name`` of each keeps its ids apart on one page."""

    def __init__(self, study: Study, fonts: Fonts, maps: SmallMaps) -> None:
        self.study, self.fonts, self.maps = study, fonts, maps
        self._gaps: dict[str, str] = {}

    def curve(self, tier: str) -> str | None:
        """Coverage of the district by minutes: with candidates and confirmed alone."""
        given = [c for basis in ("all", "confirmed") if (c := figures.curve(self.study, tier, basis))]
        if not given:
            return None
        minutes = self.study.cutoff_s() / 60
        zh, en = tier_name(tier)
        sure = "" if any(c.sure for c in given) else "；已确认口径未知"
        return self._drawn(
            f"curve-{tier}",
            f"{zh}：步行几分钟内可达 {en}: share of people by minutes on foot",
            f"横轴分钟，纵轴人数占比，带为各人口模型的低–高；{minutes:g}分钟处标数{sure}。数字见下表。",
            CHART_MM,
            (0.105, 0.155, 0.765, 0.81),
            lambda axes: charts.curves(axes, given, minutes),
        )

    def histogram(self, tier: str) -> str | None:
        """People of the district by minutes to the nearest place."""
        given = figures.histogram(self.study, tier)
        if given is None:
            return None
        zh, en = tier_name(tier)
        return self._drawn(
            f"times-{tier}",
            f"{zh}：到最近一处要走多久 {en}: people by minutes to the nearest",
            "横轴分钟，纵轴万人；细线为低–高；斜纹为超过时限者。数字见下表。",
            (CHART_MM[0], 54.0),
            (0.085, 0.19, 0.9, 0.68),
            lambda axes: charts.histogram(axes, given, SIGNS[tier]["colour"], self.study.cutoff_s() / 60),
        )

    def choices(self, tier: str) -> str | None:
        """People of each subdistrict by how many places they can choose from."""
        given = figures.choices(self.study, tier)
        if given is None:
            return None
        zh, en = tier_name(tier)
        height = 8 + 5.6 * len(given.rows)
        rows = replace(given, rows=tuple(map(self.fonts.fit, given.rows)))
        return self._drawn(
            f"choices-{tier}",
            f"{zh}：各街道有0、1、2处以上可选的人 {en}: people with 0, 1, 2 or more by subdistrict",
            "每条为一个街道的全部人数；斜纹为一处也走不到者。数字见下表。",
            (CHART_MM[0], height),
            (0.2, 0.01, 0.79, 0.98),
            lambda axes: charts.bars(axes, rows),
        )

    def certainty(self) -> str | None:
        """How surely the district's people are covered."""
        given = certainty_rows(self.study, DISTRICT)
        if given is None:
            return None
        return self._drawn(
            "certainty",
            "覆盖的把握 How sure coverage is",
            "每条为一层级的全部人数，自左：不可达、难定、很可能、确定。数字见下表。",
            (CHART_MM[0], 26.0),
            (0.12, 0.02, 0.87, 0.96),
            lambda axes: charts.bars(axes, given, least_label=0.04),
        )

    def years(self) -> str | None:
        """Coverage at the end of each year."""
        given = figures.years(self.study, TIERS)
        if not given:
            return None
        title, said = "逐年覆盖率 Coverage by year", "横轴年份，纵轴人数占比，带为低–高。数字见下表。"
        room = (0.105, 0.1, 0.86, 0.87)
        return self._drawn("years", title, said, CHART_MM, room, lambda axes: charts.years(axes, given))

    def added(self, tier: str) -> str | None:
        """Coverage of the district by the number of sites added."""
        given = where_next.added(self.study, tier)
        if given is None:
            return None
        zh, en = tier_name(tier)
        return self._drawn(
            f"added-{tier}",
            f"{zh}：增设几处，覆盖多少人 {en}: share of people by sites added",
            "横轴增设处数，纵轴人数占比，带为低–高；数字为该处新覆盖的人。数字见下表。",
            CHART_MM,
            (0.105, 0.155, 0.865, 0.81),
            lambda axes: charts.added(axes, given),
        )

    def gap(self, card: GapCard) -> str:
        """Draw the small map of a gap, once for all pages."""
        gap = str(card.row["gap_id"])
        if gap not in self._gaps:
            self._gaps[gap] = self._gap(card, f"gap{len(self._gaps)}")
        return self._gaps[gap]

    def _gap(self, card: GapCard, name: str) -> str:
        return self._drawn(
            name,
            f"{card.where[0]}的缺口 Gap in {card.where[1]}",
            f"深色圆点为走不到的住处，浅色为走得到的；约{card.people}人。{card.explanation[0]}",
            MAP_MM,
            (0, 0, 1, 1),
            lambda axes: self.maps.gap(axes, card.row, MAP_MM[0] / MAP_MM[1]),
        )

    def subdistrict(self, code: str, name: str) -> str:
        """Draw the map of a subdistrict."""
        size = (108.0, 82.0)
        return self._drawn(
            "place",
            f"{name}：住处缺几类点位 homes by how many tiers they lack",
            "圆点为住处，颜色越深，15分钟内走不到的层级越多；方、圆、菱形为三层点位。",
            size,
            (0, 0, 1, 1),
            lambda axes: self.maps.subdistrict(axes, code, size[0] / size[1]),
        )

    def own_curves(self, code: str) -> str | None:
        """Coverage of a subdistrict by minutes, a line a tier."""
        given = all_curves(self.study, code)
        if not given:
            return None
        return self._drawn(
            "curves",
            "步行几分钟内可达 share of people by minutes on foot",
            "三条线为三个层级，计入候选；带为低–高。",
            (CHART_MM[0], 52.0),
            (0.105, 0.185, 0.765, 0.78),
            lambda axes: charts.curves(axes, given, self.study.cutoff_s() / 60),
        )

    def own_choices(self, code: str) -> str | None:
        """People of a subdistrict by how many places they can choose from, a bar a tier."""
        given = choice_rows(self.study, code)
        if given is None:
            return None
        return self._drawn(
            "choices",
            "15分钟内有几处可选 how many places within reach",
            "每条为一个层级：斜纹为0处，其后为1处、2处以上。",
            (CHART_MM[0], 26.0),
            (0.12, 0.02, 0.87, 0.96),
            lambda axes: charts.bars(axes, given),
        )

    def _drawn(
        self, name: str, title: str, said: str, size: tuple[float, float], room: Room, draw: Callable[[Axes], Any]
    ) -> str:
        drawn = figure(*size)
        draw(drawn.add_axes(room))
        return svg(drawn, name, title, said)


def all_curves(study: Study, where: str) -> list[charts.Curve]:
    """Give a place's curves, candidates included, each named by its tier's sign."""
    found = {tier: figures.curve(study, tier, "all", where) for tier in TIERS}
    return [replace(c, label=_short(tier), sure=True) for tier, c in found.items() if c]


def choice_rows(study: Study, where: str) -> charts.Bars | None:
    """Give a place's choices, each row named by its tier."""
    return _renamed(figures.choices_at(study, where, TIERS))


def certainty_rows(study: Study, where: str) -> charts.Bars | None:
    """Give a place's certainty, candidates included, each row named by its tier."""
    return _renamed(figures.certainty(study, "all", TIERS, where))


def _renamed(given: charts.Bars | None) -> charts.Bars | None:
    return given and replace(given, rows=tuple(map(_short, given.rows)))


def _short(tier: str) -> str:
    names: Mapping[str, str] = {"school": "学校", "community": "社区", "base": "基地"}
    return names.get(tier, tier)


def legend(parts: Sequence[str]) -> list[tuple[str, str]]:
    """Pair the parts of a bar with their colours, as the chart does."""
    return list(zip(parts, charts.colours(len(parts)), strict=True))

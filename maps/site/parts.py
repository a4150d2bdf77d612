"""What other applications put into the site: a part has a folder and a function that writes it from a bundle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from maps.study import write_study

__all__ = ["PARTS", "Part"]


@dataclass(frozen=True, slots=True)
class Part:
    """A product in its own folder.

    Attributes
    ----------
    folder
        Its folder in the site.
    zh, en, about_zh, about_en
        What it is called, and one line on it.
    write
        Takes the bundle's folder and the folder to write, which does not exist; returns the file to open first. It
        writes the same bytes for the same bundle.
    """

    folder: str
    zh: str
    en: str
    about_zh: str
    about_en: str
    write: Callable[[Path, Path], Path]


def _report(bundle: Path, out: Path) -> Path:
    from maps.report.write import write_report  # noqa: PLC0415  matplotlib, which a site without a report does not need

    return write_report(bundle, out)


def _sheets(bundle: Path, out: Path) -> Path:
    from maps.sheet.write import ALL, Order, write_sheets  # noqa: PLC0415  matplotlib

    first = write_sheets(bundle, out, Order())
    for order in (Order(size="a0"), Order(subdistrict=ALL, route=ALL), Order(size="a4", route=ALL)):
        write_sheets(bundle, out, order)
    return first[0]


# A folder without a page of its own gets one that lists its files.
PARTS: tuple[Part, ...] = (
    Part(
        *("map", "研究地图", "Study map"),
        *("服务圈、覆盖率、缺口、线路，点开看每一处。", "Circles, coverage, gaps and routes; open every place."),
        write_study,
    ),
    Part(
        *("report", "规划报告", "Planning report"),
        *("全区报告、数据表、各街道一页简报。", "The district's report, its tables, a one-page brief a subdistrict."),
        _report,
    ),
    Part(
        *("sheets", "印刷地图", "Print sheets"),
        *(
            "全区（A3、A0）、各街道、各线路的印刷图。",
            "For print: the district on A3 and A0, subdistricts and routes on A3.",
        ),
        _sheets,
    ),
)

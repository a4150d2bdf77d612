"""What a fetched study is made of: every source, what was left out, and what nobody knows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from servicecircle.fetching.area import Area
from servicecircle.fetching.folder import write_text

__all__ = ["LEDGER", "unknowns", "write_ledger"]

LEDGER = "fetched.json"
"""The file of a study folder that holds the ledger."""


def unknowns(
    terrain_share: float | None, people: float | None, trimmed: int, others: Iterable[Mapping[str, str]] = ()
) -> list[dict[str, str]]:
    """Return what the study does not know, each ``what`` in both languages; ``trimmed`` ways are not whole.

    ``others`` are what the makers of single layers say of theirs.
    """
    found = []
    if terrain_share is None:
        found.append(
            {
                "what": "terrain",
                "zh": "没有给出地形：所有高差未知，步速按平地计算",
                "en": "no terrain was given: every rise is unknown, and the pace is that of the level",
            }
        )
    elif terrain_share < 1:
        missing = f"{1 - terrain_share:.1%}"
        found.append(
            {
                "what": "terrain",
                "zh": f"范围内有{missing}没有高程",
                "en": f"{missing} of the area within reach has no height",
            }
        )
    if people is None:
        found.append(
            {
                "what": "people",
                "zh": "没有人口数：people.csv 为 0，各项人口比例未知，请填入常住人口",
                "en": "nobody said how many people live here: people.csv says 0 and shares of people stay unknown; "
                "fill it in",
            }
        )
    if trimmed:
        found.append(
            {
                "what": "edge",
                "zh": f"{trimmed}条线在文件边缘被截断，只保留最长的一段",
                "en": f"{trimmed} lines are cut off by the edge of the file: the longest piece of each is kept",
            }
        )
    return [
        *found,
        *map(dict, others),
        {
            "what": "places",
            "zh": "所有点位来自地图，均为候选，待确认",
            "en": "every place comes from the map and is a candidate until the office names it",
        },
    ]


def write_ledger(folder: Path, area: Area, about: Mapping[str, Any]) -> dict[str, Any]:
    """Write the ledger of an area, with what ``about`` says beyond its name and outline; return it."""
    ledger = {"id": area.id, "name": area.name, "crs": area.crs, "boundary": area.source, **about}
    write_text(json.dumps(ledger, ensure_ascii=False, indent=2) + "\n", folder / LEDGER)
    return ledger

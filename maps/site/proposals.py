"""The proposed routes as a table: names and rounded figures; no position, for schools may not be passed on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from maps.bundle import Bundle
from maps.file_names import Names
from maps.report.phrases import word
from maps.report.reading import plain
from maps.style import THEME
from maps.walks import Walk, read_walks

__all__ = ["Proposal", "proposals"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A line of the table; figures as texts, '' where unknown; ``mark`` names it in a link."""

    mark: str
    name: str
    theme: tuple[str, str]
    colour: str
    age: tuple[str, str]
    stops: tuple[str, ...]
    note: str
    total: str
    minutes: str
    kilometres: str
    climb: str
    steps: str


def proposals(bundle: Bundle) -> list[Proposal]:
    """Return the proposed routes by id."""
    names = Names()
    return [_proposal(walk, names.of(walk.id, "route")) for walk in read_walks(bundle, plain) if walk.proposed]


def _proposal(walk: Walk, mark: str) -> Proposal:
    colours: Mapping[str, str] = THEME["route"]  # type: ignore[assignment]
    return Proposal(
        mark,
        walk.name or walk.id,
        word(f"theme_{walk.theme}", walk.theme),
        colours.get(walk.theme, str(THEME["routeOther"])),
        word(f"age_{walk.age_band}", walk.age_band),
        tuple(stop.name for stop in walk.stops[1:] if stop.facility != walk.stops[0].facility),
        walk.note,
        _rounded(walk.total_s, 60.0),
        _rounded(walk.seconds, 60.0),
        "" if walk.metres is None else f"{walk.metres / 1000:.1f}",
        _rounded(walk.ascent, 10.0, 10),
        _rounded(walk.steps, 10.0, 10),
    )


def _rounded(value: float | None, unit: float, times: int = 1) -> str:
    return "" if value is None else f"{round(value / unit) * times:,}"

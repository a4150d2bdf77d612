"""Templates: everything escaped, nothing undefined."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api import words
from servicecircle.units import M_PER_KM, S_PER_MIN

__all__ = ["STATIC", "render"]

_HERE = Path(__file__).parent
STATIC = _HERE / "static"
_UNKNOWN = "未知"


def render(template: str, **values: object) -> str:
    """Fill a template in."""
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"minutes": _minutes, "kilometres": _kilometres, "whole": _whole, "quoted": _quoted}
    environment.globals["words"] = words
    return environment


def _minutes(seconds: float | None) -> str:
    return _UNKNOWN if seconds is None else f"{seconds / S_PER_MIN:.0f}"


def _kilometres(metres: float | None) -> str:
    return _UNKNOWN if metres is None else f"{metres / M_PER_KM:.1f}"


def _whole(number: float | None) -> str:
    return _UNKNOWN if number is None else f"{number:,.0f}"


def _quoted(text: str) -> str:
    return quote(text, safe="")

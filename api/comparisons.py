"""What somebody compared or sought beside the bundle: a folder ``comparison`` with ``compare.json``, ``links.json``."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from api.siting_schemas import ComparisonAnswer, LinksAnswer
from servicecircle.errors import Fault

__all__ = ["COMPARISON", "read_comparison", "read_links"]

COMPARISON = "comparison"

A = TypeVar("A", bound=BaseModel)


def read_comparison(folder: Path, faults: list[Fault]) -> ComparisonAnswer | None:
    """Return what ``servicecircle compare --out`` wrote, None where nobody compared."""
    return _read(folder, "compare.json", ComparisonAnswer, "run `servicecircle compare A B --out FOLDER` again", faults)


def read_links(folder: Path, faults: list[Fault]) -> LinksAnswer | None:
    """Return what ``servicecircle links --json`` said, None where nobody asked."""
    return _read(folder, "links.json", LinksAnswer, "run `servicecircle links --json` again", faults)


def _read(folder: Path, name: str, shape: type[A], remedy: str, faults: list[Fault]) -> A | None:
    path = folder / COMPARISON / name
    if not path.is_file():
        return None
    try:
        return shape.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        faults.append(Fault("not of this shape", remedy, f"{COMPARISON}/{name}", value=str(error)[:200]))
        return None

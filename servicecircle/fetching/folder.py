"""The files of a study folder that are not layers of the map: head, outlines, people, tables."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from servicecircle.crs import WGS84
from servicecircle.errors import Fault, InputError
from servicecircle.fetching.area import Area
from servicecircle.publish.geojson import feature_collection, tidy

__all__ = [
    "all_or_nothing",
    "require_new",
    "write_categories",
    "write_head",
    "write_outlines",
    "write_people",
    "write_table",
    "write_text",
]

_SOURCE = ("id", "title", "date", "licence", "attribution", "note")


def require_new(out: Path) -> None:
    """Refuse a folder that holds anything: a study that an office has worked on is never written over.

    Raises
    ------
    InputError
        ``out`` is a file, or a folder with something in it.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        remedy = "give a new folder; what was done in this one would be lost"
        raise InputError([Fault("the study folder is there already", remedy, column="--out", value=str(out))])


@contextmanager
def all_or_nothing(out: Path) -> Iterator[Path]:
    """Give a scratch folder beside ``out`` that takes its name when all went well, and goes when not.

    Raises
    ------
    InputError
        The folder is there already, or cannot be written: no right, no room.
    """
    require_new(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as beside:
            scratch = Path(beside) / "study"
            scratch.mkdir()
            yield scratch
            if out.is_dir():
                out.rmdir()  # empty, or it fails: whoever wrote into it meanwhile loses nothing
            scratch.rename(out)
    except OSError as error:
        problem = f"the study cannot be written: {error.strerror or error}"
        raise InputError([Fault(problem, "give a folder you may write to, with room", value=str(out))]) from error


def write_head(folder: Path, area: Area, date: str, sources: Sequence[Mapping[str, str]]) -> None:
    """Write study.toml."""
    head = {"id": area.id, "name_zh": area.name, "name_en": area.name_en, "crs": area.crs, "data_date": date}
    lines = ["# The study area, and every source of its data.", "", *_pairs(head)]
    for source in sources:
        lines += ["", "[[sources]]", *_pairs({key: source[key] for key in _SOURCE if source.get(key)})]
    write_text("\n".join(lines) + "\n", folder / "study.toml")


def write_categories(folder: Path, categories: Sequence[Mapping[str, Any]]) -> None:
    """Write categories.toml."""
    lines = [line for entry in categories for line in ("[[category]]", *_pairs(entry), "")]
    write_text("\n".join(lines), folder / "categories.toml")


def write_outlines(folder: Path, area: Area, parts: gpd.GeoDataFrame) -> None:
    """Write area.geojson, and subdistricts.geojson with the parts of the area."""
    about = {"id": area.id, "name": area.name, "name_en": area.name_en, "source": area.source}
    whole = gpd.GeoDataFrame(pd.DataFrame([about]), geometry=[area.shape], crs=WGS84)
    for name, layer in (("area", whole), ("subdistricts", parts)):
        shapes = gpd.GeoSeries(tidy(layer.geometry.to_numpy()), layer.index, crs=WGS84)
        write_text(feature_collection(layer.set_geometry(shapes)), folder / f"{name}.geojson")


def write_people(folder: Path, area: Area, parts: gpd.GeoDataFrame, people: float | None) -> None:
    """Write people.csv: those of the whole area; where nobody said how many, a row with 0 for each part, to fill in."""
    codes = [*parts["code"]] if people is None else [area.id]
    write_table(pd.DataFrame({"subdistrict": codes, "people": f"{people or 0:g}"}), folder / "people.csv")


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table of text: UTF-8 without BOM, LF."""
    write_text(table.to_csv(index=False, lineterminator="\n"), path)


def write_text(text: str, path: Path) -> None:
    """Write a text: UTF-8 without BOM, LF on every machine."""
    path.write_text(text, encoding="utf-8", newline="")


def _pairs(table: Mapping[str, Any]) -> list[str]:
    """Return keys with their values as TOML, whose plain texts and booleans are spelled as JSON's."""
    return [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in table.items()]

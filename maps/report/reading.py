"""What the report reads: the map's bundle, and every table and layer beside it that happens to be there."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import geopandas as gpd
import pandas as pd

from maps.bundle import Bundle, read_bundle
from servicecircle.errors import Fault, InputError

__all__ = ["Study", "plain", "read_study"]

Frame = TypeVar("Frame", bound=pd.DataFrame)

REBUILD = "run `servicecircle build --out {folder}` again"
# Codes and days are text whatever they look like.
AS_TEXT = {"subdistrict": str, "code": str, "unit": str, "date": str, "gap_id": str, "community": str}
FORMULA = ("=", "+", "-", "@", "\t", "\r")
SPACES = "\u2028\u2029\n\r\t"


@dataclass(frozen=True, slots=True)
class Study:
    """A bundle with its further tables; ``homes`` is the layer `demand`, None where the bundle has none.

    ``bundle_sha256`` is that of the manifest: it names the inputs, the parameters and every layer.
    """

    bundle: Bundle
    tables: Mapping[str, pd.DataFrame]
    homes: gpd.GeoDataFrame | None
    bundle_sha256: str

    @property
    def manifest(self) -> Mapping[str, Any]:
        """The bundle's manifest."""
        return self.bundle.manifest

    @property
    def area(self) -> tuple[str, str]:
        """Name of the area in Chinese and in English; its id where there is none."""
        area = self.manifest["area"]
        zh = plain(area.get("name_zh")) or plain(area.get("id"))
        return zh, plain(area.get("name_en")) or zh

    def subdistricts(self) -> list[tuple[str, str, str]]:
        """Code, Chinese and English name of each, by code."""
        layer = self.bundle.layers["subdistricts"].sort_values("code")
        rows = zip(layer["code"].astype(str), layer["name"], layer["name_en"], strict=True)
        return [(code, plain(name) or code, plain(name_en) or plain(name) or code) for code, name, name_en in rows]

    def cutoff_s(self) -> float:
        """Return the cutoff of coverage in seconds: the largest of the table."""
        return float(self.tables["coverage"]["cutoff_s"].max())


def read_study(folder: Path) -> Study:
    """Read a bundle for the report.

    Raises
    ------
    InputError
        When the bundle is missing or broken, or a further table or layer of it cannot be read.
    """
    bundle = read_bundle(folder)
    remedy = REBUILD.format(folder=folder)
    tables = {path.stem: _table(path, remedy) for path in sorted((folder / "tables").glob("*.csv"))}
    homes = folder / "layers" / "demand.parquet"
    layers = {name: _plain_frame(layer) for name, layer in bundle.layers.items()}
    panels = {name: _plain_frame(panel) for name, panel in bundle.panels.items()}
    further = {name: _plain_frame(layer) for name, layer in bundle.further.items()}
    return Study(
        Bundle(bundle.manifest, layers, bundle.tables, panels, further),
        tables,
        _plain_frame(_homes(homes, remedy)) if homes.is_file() else None,
        hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest(),
    )


def plain(value: object) -> str:
    r"""Return a text without what steers machines: control characters, marks that turn the line round, half letters.

    >>> plain("a\x00b\u202ec\nd"), plain(None), plain(float("nan"))
    ('abc d', '', '')
    """
    if not isinstance(value, str):
        return "" if pd.isna(value) else str(value)  # type: ignore[call-overload]
    if value.isprintable():
        return value.strip()
    spaced = "".join(" " if c in SPACES else c for c in value)
    return "".join(c for c in spaced if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn"}).strip()


def _table(path: Path, remedy: str) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, encoding="utf-8-sig", dtype=AS_TEXT, low_memory=False)
    except (OSError, ValueError) as error:
        raise InputError([Fault("table not readable as CSV", remedy, file=path.name, value=str(error))]) from error
    return _plain_frame(table)


def _homes(path: Path, remedy: str) -> gpd.GeoDataFrame:
    try:
        return gpd.read_parquet(path)
    except (OSError, ValueError, KeyError, TypeError) as error:
        fault = Fault("layer not readable as GeoParquet", remedy, file=path.name, value=str(error))
        raise InputError([fault]) from error


def _plain_frame(table: Frame) -> Frame:
    """Clean every text; a formula's apostrophe goes, for here no text can run."""
    out = table.copy()
    for column in out.select_dtypes(include=["object", "string"]).columns:
        seen = {value: _cell(value) for value in out[column].unique()}
        out[column] = pd.Series([seen.get(v, v) for v in out[column]], index=out.index, dtype=object)
    return out


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = plain(value)
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA) else text

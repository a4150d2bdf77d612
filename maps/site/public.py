"""A bundle that holds only what may be passed on, for drawing: the map of it cannot show what the data do not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from maps.site.data import TABLES
from maps.site.opened import open_layers

__all__ = ["write_open_bundle"]


def write_open_bundle(
    bundle: Path, layers: Mapping[str, gpd.GeoDataFrame], manifest: Mapping[str, Any], folder: Path
) -> Path:
    """Write the open part of ``bundle`` into ``folder``; outlines of subdistricts stay, for drawing.

    Tables stay where they say nothing of a single place; of the lights those of the subdistricts.
    """
    opened = open_layers(layers, manifest, outlines=True)
    (folder / "layers").mkdir(parents=True)
    (folder / "tables").mkdir()
    for name, layer in opened.layers.items():
        layer.to_parquet(folder / "layers" / f"{name}.parquet", index=False)
    for path in sorted((bundle / "tables").glob("*.csv")):
        if path.stem == "lights":
            table = pd.read_csv(path, encoding="utf-8-sig", dtype=str, keep_default_na=False)
            kept = table[table["unit_kind"] == "subdistrict"]
            kept.to_csv(folder / "tables" / path.name, index=False, encoding="utf-8-sig")
        elif path.stem in TABLES:
            (folder / "tables" / path.name).write_bytes(path.read_bytes())
    rows = {name: len(layer) for name, layer in opened.layers.items()}
    listed = [{**entry, "rows": rows[entry["name"]]} for entry in manifest["layers"] if entry["name"] in rows]
    text = json.dumps({**manifest, "layers": listed}, ensure_ascii=False, indent=2)
    (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")
    return folder

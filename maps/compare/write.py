"""Draw what ``servicecircle compare --out`` wrote, on the ground of a bundle, as one file that asks no network."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from maps.bundle import TIERS, Bundle, read_bundle
from maps.encode import json_block
from maps.offline import STATIC, inline_css, inline_js, refuse_outside, seal
from maps.pens import pens
from maps.style import GROUND, css_variables
from maps.style import TIERS as SIGNS
from servicecircle.errors import Fault, InputError

__all__ = ["compare_page", "write_compare"]

HERE = Path(__file__).parent
_CUTOFF_S = 900.0
_SHOWN_M = 2e-5  # degrees: about two metres
_LAYERS = ("gained", "lost", "circles_changed")


def write_compare(bundle: Path, comparison: Path, out: Path) -> Path:
    """Write the map of a comparison and return its path.

    Raises
    ------
    InputError
        The bundle is missing or broken, the folder holds no comparison, or the two are of different areas.
    """
    page = compare_page(read_bundle(bundle), comparison)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page, "utf-8")
    return out


def compare_page(bundle: Bundle, comparison: Path) -> str:
    """Return the page as text; the same files give the same text."""
    told, layers = _read(comparison)
    if told["area"]["id"] != bundle.manifest["area"]["id"]:
        remedy = "give the bundle that was compared"
        raise InputError([Fault("bundle and comparison are of two areas", remedy, value=told["area"]["id"])])
    blocks = {
        "told": told,
        "tiers": [{"id": t, "colour": SIGNS[t]["colour"], "glyph": SIGNS[t]["glyph"]} for t in TIERS],
        "ground": GROUND,
        "land": _shapes(bundle.layers["subdistricts"], "name"),
        "water": _shapes(bundle.layers["water"]),
        "streets": _streets(bundle.layers["network"]),
        "gained": layers["gained"],
        "lost": layers["lost"],
        "circles": _by_tier(comparison / "circles_changed.geojson"),
        "bounds": [float(v) for v in bundle.layers["area"].total_bounds],
    }
    template = (HERE / "page.html").read_text("utf-8")
    parts = {
        "CSS": "\n".join([inline_css(STATIC / "leaflet" / "leaflet.css"), css_variables(), _text("page.css")]),
        "LEAFLET": inline_js(STATIC / "leaflet" / "leaflet.js"),
        "SCRIPT": inline_js(HERE / "page.js"),
        "BLOCKS": "\n".join(
            f'<script type="application/json" id="data-{name}">{json_block(value)}</script>'
            for name, value in blocks.items()
        ),
    }
    before, *rest = template.split("@@")
    page = before + "".join(parts[piece] if i % 2 == 0 else piece for i, piece in enumerate(rest))
    return refuse_outside(seal(page))


def _text(name: str) -> str:
    return (HERE / name).read_text("utf-8")


def _read(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        told = json.loads((folder / "compare.json").read_text("utf-8"))
        layers = {name: json.loads((folder / f"{name}.geojson").read_text("utf-8")) for name in _LAYERS}
        known = isinstance(told, dict) and {"area", "people", "before", "after"} <= told.keys()
    except (OSError, ValueError) as error:
        raise _no_comparison(folder) from error
    if not known:
        raise _no_comparison(folder)
    return told, layers


def _no_comparison(folder: Path) -> InputError:
    remedy = "run `servicecircle compare A B --out FOLDER` first, and give the folder"
    return InputError([Fault("no comparison here", remedy, value=str(folder))])


def _shapes(layer: gpd.GeoDataFrame, *columns: str) -> dict[str, Any]:
    shapes = shapely.set_precision(shapely.simplify(layer.geometry.to_numpy(), _SHOWN_M), 1e-6)
    return _collection(shapes, layer[list(columns)].to_dict("records") if columns else [{}] * len(layer))


def _streets(network: gpd.GeoDataFrame) -> dict[str, Any]:
    """One shape a pen: thin lines, for the eye to find its way."""
    drawn = network.assign(pen=pens(network))
    drawn = drawn[drawn["pen"] != ""]
    names = sorted(drawn["pen"].unique())
    shapes = [
        shapely.set_precision(
            shapely.simplify(
                shapely.line_merge(shapely.union_all(drawn.geometry[drawn["pen"] == name].to_numpy())), _SHOWN_M
            ),
            1e-6,
        )
        for name in names
    ]
    return _collection(shapes, [{"pen": name} for name in names])


def _by_tier(path: Path) -> dict[str, Any]:
    """Return the ground that the circles of each tier together gained and lost within 15 minutes."""
    features = json.loads(path.read_text("utf-8"))["features"]
    if not features:
        return _collection([], [])
    table = gpd.GeoDataFrame.from_features(features)
    table = table[table["cutoff_s"] == _CUTOFF_S]
    shapes, about = [], []
    for (tier, change), group in pd.DataFrame(table).groupby(["tier", "change"], sort=True):
        whole = shapely.union_all(shapely.simplify(shapely.make_valid(group["geometry"].to_numpy()), _SHOWN_M))
        shapes.append(shapely.set_precision(whole, 1e-6))
        about.append({"tier": tier, "change": change})
    return _collection(shapes, about)


def _collection(shapes: Any, about: Sequence[Mapping[Any, Any]]) -> dict[str, Any]:  # noqa: ANN401  array or list
    features = [
        {"type": "Feature", "properties": dict(row), "geometry": json.loads(shapely.to_geojson(shape))}
        for shape, row in zip(shapes, about, strict=True)
        if shape is not None and not shape.is_empty
    ]
    return {"type": "FeatureCollection", "features": features}

"""The network of a study area as ``nodes.csv`` and ``ways.csv``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from servicecircle.model import Ways

__all__ = ["write_ways"]

_NEEDS_QUOTES = re.compile(r'[",\r\n]')


def write_ways(ways: Ways, folder: Path) -> tuple[Path, Path]:
    """Write a network: UTF-8 without BOM, LF, sorted by id, the same bytes for the same ways.

    ``nodes.csv``: ``node_id,lon,lat`` (WGS-84, 7 decimals), then the tag columns that at least one node fills, in
    the order of ``NODE_TAGS``. ``ways.csv``: ``way_id``, then the tag columns that at least one way fills, in the
    order of ``WAY_TAGS``, then ``node_ids``, separated by spaces. An empty field means untagged. The date of the
    extract is not in them: it belongs to the study area.

    Parameters
    ----------
    ways
        The network.
    folder
        Made if it does not exist; files of these names in it are replaced.

    Returns
    -------
    tuple of Path
        ``nodes.csv`` and ``ways.csv``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    node_tags = ways.nodes.drop(columns=["lon", "lat"]).dropna(axis="columns", how="all")
    nodes: dict[str, Iterable[str | None]] = {
        "node_id": ways.nodes.index.astype(str),
        "lon": np.char.mod("%.7f", ways.nodes["lon"].to_numpy()).tolist(),
        "lat": np.char.mod("%.7f", ways.nodes["lat"].to_numpy()).tolist(),
        **{str(key): column for key, column in node_tags.items()},
    }
    refs = ways.refs.astype(str).tolist()
    bounds = zip(ways.offsets[:-1].tolist(), ways.offsets[1:].tolist(), strict=True)
    way_tags = ways.ways.dropna(axis="columns", how="all")
    lines: dict[str, Iterable[str | None]] = {
        "way_id": ways.ways.index.astype(str),
        **{str(key): column for key, column in way_tags.items()},
        "node_ids": [" ".join(refs[start:stop]) for start, stop in bounds],
    }
    return _write(nodes, folder / "nodes.csv"), _write(lines, folder / "ways.csv")


def _write(columns: dict[str, Iterable[str | None]], path: Path) -> Path:
    rows = zip(*columns.values(), strict=True)
    text = "".join(",".join(map(_field, row)) + "\n" for row in (tuple(columns), *rows))
    path.write_text(text, encoding="utf-8", newline="")
    return path


def _field(value: str | None) -> str:
    if not value:
        return ""
    return f'"{value.replace(chr(34), chr(34) * 2)}"' if _NEEDS_QUOTES.search(value) else value

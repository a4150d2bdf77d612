"""What every sheet is made of: the study laid out on its plane, and what the publisher says of the sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from maps.encode import metres
from maps.printing import Fonts
from maps.report.phrases import word
from maps.report.reading import Study, plain
from maps.sheet.board import Board
from maps.sheet.code import addresses
from maps.sheet.land import Land, land
from maps.sheet.places import Group, places
from maps.sheet.words import NOT_REVIEWED, UNSET
from maps.style import INK
from maps.walks import Walk, read_walks
from servicecircle.errors import Fault, InputError

__all__ = ["LEADING", "Content", "foot", "imprint", "paragraphs", "read_content"]

WGS84 = 4326
LEADING = 1.16
OSM = "© OpenStreetMap contributors (ODbL 1.0) · openstreetmap.org/copyright"


@dataclass(frozen=True, slots=True)
class Content:
    """A study ready to be drawn; ``around`` is all that the data hold, west, south, east, north in metres."""

    study: Study
    fonts: Fonts
    land: Land
    groups: tuple[Group, ...]
    walks: Mapping[str, Walk]
    around: tuple[float, float, float, float]
    corners: str
    review_number: str
    publisher: str
    boundary: BaseGeometry | None
    boundary_name: str
    pages: Mapping[str, str] = field(default_factory=dict)

    @property
    def watermark(self) -> str:
        """What stands across a sheet without a review number."""
        return word("watermark")[0]


def read_content(
    study: Study,
    fonts: Fonts,
    *,
    review_number: str = "",
    publisher: str = "",
    boundary: Path | None = None,
    page: str = "",
) -> Content:
    """Lay a study out for its sheets; ``page`` is the address of the site that has its routes.

    Raises
    ------
    InputError
        When the boundary file cannot be read as lines or areas of EPSG:4326.
    """
    under, walks = land(study.bundle), read_walks(study.bundle, plain)
    layers = study.bundle.layers
    extents = [layers[name].total_bounds for name in ("area", "network", "water", "railways") if len(layers[name])]
    known = np.array([e for e in extents if np.isfinite(e).all()])
    degrees = [*known[:, :2].min(axis=0).tolist(), *known[:, 2:].max(axis=0).tolist()]
    around = shapely.bounds(metres([shapely.box(*degrees)], under.latitude)[0])
    west, south, east, north = layers["area"].total_bounds
    corners = f"{west:.3f}–{east:.3f}°E，{south:.3f}–{north:.3f}°N"
    return Content(
        study,
        fonts,
        under,
        places(study, under.latitude),
        {walk.id: walk for walk in walks},
        (float(around[0]), float(around[1]), float(around[2]), float(around[3])),
        corners,
        plain(review_number),
        plain(publisher),
        None if boundary is None else _boundary(boundary, under.latitude),
        "" if boundary is None else boundary.name,
        addresses(walks, page),
    )


def imprint(board: Board, content: Content) -> list[str]:
    """Say what must be known to use the sheet: coordinates, how to read the figures, what the lines are."""
    manifest, frame = content.study.manifest, board.frame
    projected = (
        "坐标系 coordinates：WGS 84（EPSG:4326）经纬度，按等距圆柱投影绘制 equirectangular，"
        f"标准纬线 {content.land.latitude:.3f}°N。方格 squares：{frame.side_m} m。"
        "重叠的符号略有移位 overlapping signs are moved apart."
    )
    made = (
        f"成果包 bundle {content.study.bundle_sha256[:16]}"
        f" · 参数 parameters {plain(manifest['parameters_sha256'])[:16]}"
        f" · servicecircle {plain(manifest.get('servicecircle_version'))}"
    )
    lines = [
        projected,
        f"界线为开放数据示意，未经审核 boundaries: open data, not reviewed. {_boundary_said(content)}",
        "人数为估计；未知不是零；未定位的点位不画 people: estimates; unknown is not zero; unlocated places: not drawn.",
        made,
    ]
    return [line.strip() for line in lines]


def foot(board: Board, content: Content, x: float, y: float, width: float) -> None:
    """Set the last line of a sheet: the fields of a published map, and whom the licences ask to be named."""
    paper, size = board.paper, 6.2
    paper.rule(x, y, width, colour=INK["ink"], points=0.9)
    base = y + paper.em(size) * 1.35
    fields = (
        ("审图号", content.review_number or NOT_REVIEWED),
        ("编制单位", content.publisher or UNSET),
        ("坐标系", "WGS 84"),
        ("比例尺", f"1:{board.frame.scale}"),
        ("数据日期", plain(content.study.manifest["data_date"])),
    )
    at = x
    for name, said in fields:
        paper.text(at, base, f"{name}：", size, colour=INK["ink-soft"])
        at += paper.measure(f"{name}：", size)
        missing = said in (NOT_REVIEWED, UNSET)
        paper.text(at, base, said, size, bold=True, colour=INK["warn"] if missing else INK["ink"])
        at += paper.measure(said, size, bold=True) + 5.0
    if not content.review_number:
        paper.text(at, base, content.watermark, size, bold=True, colour=INK["warn"])
        at += paper.measure(content.watermark, size, bold=True) + 3.0
    if at > x + width - paper.measure(OSM, size):
        base += paper.em(size) * 1.3
    paper.text(x + width, base, OSM, size, align="right")


def paragraphs(board: Board, x: float, y: float, width: float, texts: Sequence[str], size: float = 5.5) -> float:
    """Set small paragraphs from ``y`` down; return where the last ends."""
    step = board.paper.em(size)
    for text in texts:
        look: dict[str, Any] = {"colour": INK["ink-soft"], "leading": LEADING}
        y = board.paper.paragraph(x, y + step * 0.9, width, text, size, **look) - step * 0.9 + 0.3
    return y


def _boundary_said(content: Content) -> str:
    return f"另绘界线文件 official line from {content.boundary_name}。" if content.boundary_name else ""


def _boundary(file: Path, latitude: float) -> BaseGeometry:
    remedy = "give GeoJSON, GeoPackage or Shapefile with lines or areas"
    try:
        layer = gpd.read_file(file)
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError([Fault("not readable as a boundary", remedy, file=file.name, value=str(error))]) from error
    if layer.crs is not None and layer.crs.to_epsg() != WGS84:
        layer = layer.to_crs(WGS84)
    shapes: Sequence[BaseGeometry] = metres(layer.geometry.dropna(), latitude).tolist()
    lines = [
        shapely.boundary(s) if "Polygon" in s.geom_type else s
        for s in shapes
        if s.geom_type.endswith(("Polygon", "String"))
    ]
    if not lines:
        raise InputError([Fault("no line and no area in it", remedy, file=file.name)])
    joined: BaseGeometry = shapely.union_all(lines)
    return joined

"""The manifest: what a bundle holds, from which inputs, under which licence."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from servicecircle import __version__

__all__ = ["BUNDLE_VERSION", "Area", "Input", "Layer", "Manifest", "Source"]

BUNDLE_VERSION = "1"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Area(_Frozen):
    """The study area."""

    id: str
    name_zh: str
    name_en: str
    bbox: tuple[float, float, float, float]


class Input(_Frozen):
    """A file that was read."""

    name: str
    sha256: str


class Layer(_Frozen):
    """A layer of the bundle; ``bbox`` is None where no row has a geometry."""

    name: str
    file: str
    geojson: str | None
    geometry: str
    rows: int
    bbox: tuple[float, float, float, float] | None
    units: dict[str, str]
    licence: str
    attribution: str


class Source(_Frozen):
    """Where facts came from."""

    id: str
    title: str
    date: str
    licence: str
    attribution: str


class Manifest(_Frozen):
    """``manifest.json``."""

    bundle_version: str = BUNDLE_VERSION
    servicecircle_version: str = __version__
    area: Area
    crs: str = "EPSG:4326"
    computed_in: str
    data_date: str
    profile: str
    direction_circles: str
    direction_coverage: str = "to"
    parameters: dict[str, object]
    parameters_sha256: str
    variant: dict[str, object] = {}
    inputs: list[Input]
    sources: list[Source]
    layers: list[Layer]

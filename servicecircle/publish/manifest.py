"""The manifest: what a bundle holds, from which inputs, under which licence."""

from __future__ import annotations

import hashlib
from pathlib import Path, PurePosixPath

from pydantic import BaseModel, ConfigDict

from servicecircle import __version__
from servicecircle.errors import Fault

__all__ = ["BUNDLE_VERSION", "MANIFEST", "Area", "Input", "Layer", "Manifest", "Source", "changed_files", "digests"]

BUNDLE_VERSION = "1"
MANIFEST = "manifest.json"


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
    """``manifest.json``; ``files`` are the SHA-256 of every other file of the bundle, by path."""

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
    files: dict[str, str]


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file below a folder, by its path in it; not of the manifest itself."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def changed_files(folder: Path, manifest: Manifest, remedy: str) -> list[Fault]:
    """Return a fault for every file of a bundle that is not as it was written; what was added is not looked at."""
    faults = []
    for name, digest in manifest.files.items():
        try:
            content = (folder / PurePosixPath(name)).read_bytes()
        except OSError as error:
            faults.append(Fault(f"not readable: {error.strerror}", remedy, name))
            continue
        if hashlib.sha256(content).hexdigest() != digest:
            faults.append(Fault("not the file that was written: damaged, or changed by hand", remedy, name))
    return faults

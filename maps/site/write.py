"""Write the site: made beside its place, then moved there. A folder that is not a site is never touched."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd

from maps.report.reading import Study, plain, read_study
from maps.site import pages
from maps.site.data import write_data
from maps.site.journeys import downloads, journeys
from maps.site.opened import Opened, open_layers
from maps.site.parts import PARTS, Part
from maps.site.public import write_open_bundle
from servicecircle.errors import Fault, InputError

__all__ = ["MARK", "write_site"]

MARK = "site.json"
INDEX = "index.html"


def write_site(
    bundle: Path,
    out: Path,
    *,
    gcj02: bool = False,
    open_only: bool = False,
    parts: Sequence[Part] = PARTS,
    say: Callable[[str], None] = lambda _: None,
) -> Path:
    """Write the site of a bundle into ``out``; return its first page. An interrupted run leaves the old one.

    Parameters
    ----------
    bundle
        What ``servicecircle build --out`` wrote.
    out
        A new or empty folder, or one that holds a site, which is replaced.
    gcj02
        Add the open data in GCJ-02.
    open_only
        Draw the parts from what may be passed on alone: places that may not are not on the map either.
    parts
        Which applications' products are in it.
    say
        Takes a line of progress.

    Raises
    ------
    InputError
        When the bundle is missing or broken, or ``out`` holds something that is no site.
    """
    study = read_study(bundle)
    layers = _layers(bundle, study)
    opened = open_layers(layers, study.manifest)
    _check(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as scratch:
        draft = Path(scratch) / "site"
        draft.mkdir()
        drawn = bundle
        if open_only:
            drawn = write_open_bundle(bundle, layers, study.manifest, Path(scratch) / "bundle")
        for part in parts:
            part.write(drawn, draft / part.folder)
            say(part.folder)
        _fill(study, opened, layers, draft, parts, gcj02=gcj02, open_only=open_only)
        say("data")
        _move(draft, out, Path(scratch) / "old")
    return out / INDEX


def _layers(bundle: Path, study: Study) -> dict[str, gpd.GeoDataFrame]:
    """Read the layers that neither the map nor the report needs, beside those that are in memory."""
    found = dict(study.bundle.layers) | ({"demand": study.homes} if study.homes is not None else {})
    paths = sorted((bundle / "layers").glob("*.parquet"))
    return found | {path.stem: gpd.read_parquet(path) for path in paths if path.stem not in found}


def _fill(
    study: Study,
    opened: Opened,
    layers: Mapping[str, gpd.GeoDataFrame],
    folder: Path,
    parts: Sequence[Part],
    *,
    gcj02: bool,
    open_only: bool,
) -> None:
    catalogue = write_data(study, opened, folder / "data", gcj02=gcj02)
    told = journeys(opened)
    (folder / "routes").mkdir()
    for journey in told:
        for name, content in downloads(journey).items():
            (folder / "routes" / name).write_bytes(content)
    site = pages.Site(study, opened, layers, tuple(told), catalogue, _parts(folder, parts), gcj02, open_only)
    for name, text in pages.site_pages(site).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(text.encode())
    _sign(study, folder)


def _parts(folder: Path, parts: Sequence[Part]) -> tuple[pages.Made, ...]:
    """List what each part wrote for people to open."""
    return tuple(
        pages.Made(
            part,
            tuple(
                (path.relative_to(folder).as_posix(), path.stat().st_size)
                for path in sorted((folder / part.folder).rglob("*"))
                if path.suffix in {".html", ".pdf", ".png", ".svg", ".xlsx"}
            ),
        )
        for part in parts
    )


def _sign(study: Study, folder: Path) -> None:
    """Leave the mark of a site: what it was made from, and the digest of every file."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    said: dict[str, Any] = {
        "site": "servicecircle",
        "data_date": plain(study.manifest["data_date"]),
        "parameters_sha256": plain(study.manifest["parameters_sha256"]),
        "bundle_sha256": study.bundle_sha256,
        "files": {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names},
    }
    (folder / MARK).write_bytes((json.dumps(said, ensure_ascii=False, indent=1) + "\n").encode())


def _check(out: Path) -> None:
    """Refuse a folder that somebody else filled."""
    if out.exists() and not out.is_dir():
        raise InputError([Fault("the output folder is a file", "give a folder", value=out.name)])
    if out.is_dir() and any(out.iterdir()) and not _ours(out):
        remedy = "choose an empty folder with --out, or one that holds a site"
        raise InputError([Fault("the folder holds files that are not a site", remedy, value=out.name)])


def _ours(out: Path) -> bool:
    """Say whether a folder is a site, and nothing but files that the site wrote is in it."""
    try:
        files = json.loads((out / MARK).read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    there = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file() or path.is_symlink()}
    return there <= {*files, MARK}


def _move(draft: Path, out: Path, old: Path) -> None:
    draft.chmod(0o755)
    if out.exists():
        os.replace(out, old)  # noqa: PTH105  the atomic one, on every system
    try:
        os.replace(draft, out)  # noqa: PTH105
    except BaseException:  # an interrupt, too, must leave the old site
        if old.exists():
            os.replace(old, out)  # noqa: PTH105
        raise

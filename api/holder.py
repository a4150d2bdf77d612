"""Holds the snapshot that is served, and puts another in its place: whole, or not at all."""

from __future__ import annotations

import ctypes
import hashlib
import logging
import os
import threading
from contextlib import suppress
from functools import cache
from pathlib import Path

import api
import servicecircle
from api.bundle import Bundle, read_bundle
from api.collections import build_collection
from api.comparisons import COMPARISON
from api.deps import Places, Service
from api.files import read_files
from api.metrics import Metrics
from api.pool import Pool
from api.questions import build_questions, read_streets
from api.settings import Settings
from servicecircle.datasets import bundled_study
from servicecircle.errors import Fault, InputError
from servicecircle.ingest.study import REGISTRY
from servicecircle.publish.tables import finite

__all__ = ["REGISTRY_COPY", "Holder", "point_to", "read_service"]

REGISTRY_COPY = "registry.gpkg"
"""In a bundle of the office's own making: the registry as it was then, which its places come from."""

_log = logging.getLogger("api")
_PARTS = ("manifest.json", "layers", "tables", "maps", "report", COMPARISON)
_CODE = {".py", ".html", ".css", ".js", ".toml", ".json"}


class Holder:
    """The snapshot served now. Requests take it once, at their start, and keep it to their end."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._settings = settings
        self._metrics = metrics
        self._one = threading.Lock()
        self._seen = _signature(settings.bundle)
        self._restless = self._seen
        self._refused: InputError | None = None
        self._current = read_service(settings)
        metrics.ask(lambda: self._current.load)

    @property
    def current(self) -> Service:
        """The snapshot to answer from."""
        return self._current

    @property
    def refused(self) -> InputError | None:
        """Why the newest bundle is not served; None if it is."""
        return self._refused

    def swap(self, to: Settings | Path | None = None) -> None:
        """Read another bundle, or the same folder again, and serve it from the next request on.

        What runs finishes on the old snapshot. A path is served until the next reload, which follows the settings: who
        serves bundles through a link turns it, too (`point_to`). Takes seconds: not for the event loop.

        Raises
        ------
        InputError
            The bundle is not sound; the old one is served on.
        """
        settings = self._settings.model_copy(update={"bundle": to}) if isinstance(to, Path) else to or self._settings
        with self._one:
            self._seen = _signature(settings.bundle)
            try:
                found = read_service(settings)
                found.warm()
            except InputError as error:
                self._refused = error
                self._metrics.reloaded(taken=False)
                raise
            self._current, self._refused = found, None
            if isinstance(to, Settings):
                self._settings = to
            self._metrics.reloaded(taken=True)
        _give_back()
        _log.info("serving bundle %s of %s", found.digest[:12], found.bundle.manifest.data_date)

    def reload(self) -> None:
        """Read the folder again; a bundle that is not sound is logged."""
        try:
            self.swap()
        except InputError as error:
            _log.error("bundle refused, the old one is served on: %s", error)

    def has_changed(self) -> bool:
        """Whether the bundle on disk is another one than was last read, and has come to rest between two looks."""
        now = _signature(self._settings.bundle)
        at_rest, self._restless = now == self._restless, now
        return at_rest and now != self._seen

    def close(self) -> None:
        """Finish what is being answered."""
        self._current.close()


def read_service(settings: Settings) -> Service:
    """Read a bundle and everything that is served of it, from one state of its folder.

    Raises
    ------
    InputError
        No sound bundle, a study folder that it was not built from, or a folder that changed meanwhile.
    """
    folder = settings.bundle.resolve()  # a link is followed once: all is read from one folder
    before = _signature(folder)
    try:
        service = _read(settings, folder)
    except InputError:
        raise
    except Exception as error:  # a damaged file may fail in any way, and none of them may be served
        problem = f"the bundle cannot be read ({type(error).__name__})"
        raise InputError([Fault(problem, _again(folder), value=str(error)[:200])]) from error
    if _signature(folder) != before:
        raise InputError([Fault("the bundle changed while it was read", "load it again", value=str(folder))])
    return service


def point_to(link: Path, folder: Path) -> None:
    """Let a link lead to another bundle from one moment to the next, whatever is killed when.

    Raises
    ------
    InputError
        There is something else than a link.
    """
    if link.exists() and not link.is_symlink():
        raise InputError([Fault("not a link", "serve bundles through a link", value=str(link))])
    fresh = link.with_name(f".{link.name}-{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(os.path.relpath(folder, link.parent), target_is_directory=True)
    fresh.replace(link)


def _read(settings: Settings, folder: Path) -> Service:
    bundle = read_bundle(folder)
    streets = read_streets(settings.data or bundled_study(), bundle.manifest, _registry(settings, bundle))
    facilities = bundle.layers["facilities"]
    placed = facilities[facilities.geometry.notna()]
    digest = _digest([path for part in _PARTS for path in _below(folder / part)], folder)
    clerks = build_questions(streets, placed, settings.workers + settings.planners)
    short, long = clerks[: settings.workers], clerks[settings.workers :]
    return Service(
        bundle=bundle,
        digest=digest,
        seed=f"{digest} {_code()}",
        files=read_files(folder),
        collections={a.name: build_collection(a, bundle.layers[a.name]) for a in bundle.manifest.layers},
        places=_places(bundle),
        extent=_extent(bundle),
        pool=Pool(short, settings.queue, settings.deadline_s),
        planning=Pool(long, settings.queue, settings.deadline_s),
    )


def _give_back() -> None:
    """Let the allocator return what the old snapshot held, whose threads had arenas of their own (of glibc alone)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _registry(settings: Settings, bundle: Bundle) -> Path | None:
    """Return the registry that a bundle was built from, if it was: the copy in it comes first, never to be served."""
    if all(entry.name != REGISTRY for entry in bundle.manifest.inputs):
        return None
    copy = bundle.folder / REGISTRY_COPY
    return copy if copy.is_file() else settings.registry


def _places(bundle: Bundle) -> Places:
    layer = bundle.layers["facilities"]
    columns = [c for c in layer.columns if c != layer.geometry.name]
    rows, placed = [], []
    for values, shape in zip(layer[columns].itertuples(index=False, name=None), layer.geometry, strict=True):
        row = {name: finite(value) for name, value in zip(columns, values, strict=True)}
        rows.append(row)
        if shape is not None:
            placed.append(row | {"lon": shape.x, "lat": shape.y})
    categories = sorted({str(row["category"]) for row in rows if row["category"]})
    return Places(rows, placed, tuple(categories))


def _extent(bundle: Bundle) -> tuple[float, float, float, float]:
    """Return the box of the streets: beyond it no walk begins."""
    return next((a.bbox for a in bundle.manifest.layers if a.name == "network" and a.bbox), bundle.manifest.area.bbox)


def _below(path: Path) -> list[Path]:
    return [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file() and p.suffix != ".geojson")


def _digest(paths: list[Path], folder: Path) -> str:
    """Return the hash of the names and the bytes of files."""
    whole = hashlib.sha256()
    for path in paths:
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        whole.update(f"{path.relative_to(folder).as_posix()} {content}\n".encode())
    return whole.hexdigest()


@cache
def _code() -> str:
    """Return the hash of the program: another program may answer otherwise from the same bundle."""
    whole = []
    for package in (api, servicecircle):
        root = Path(str(package.__file__)).parent
        whole.append(_digest([p for p in sorted(root.rglob("*")) if p.suffix in _CODE and p.is_file()], root))
    return hashlib.sha256(" ".join(whole).encode()).hexdigest()


def _signature(folder: Path) -> tuple[tuple[str, int, int, int], ...]:
    """Say which files there are, from when: any replacement shows in it, and no file is opened."""
    try:
        paths = [path for part in _PARTS for path in _below(folder / part)]
        stats = [(path.relative_to(folder).as_posix(), path.stat()) for path in paths]
    except OSError:  # being replaced at this moment
        return ()
    return tuple((name, stat.st_ino, stat.st_mtime_ns, stat.st_size) for name, stat in stats)


def _again(folder: Path) -> str:
    return f"run `servicecircle build --out {folder}` again"

"""OpenStreetMap's public services, asked politely: outlines by name from Nominatim, the map from Overpass.

OSMnx asks, one small question after another, and keeps every whole answer in a folder: what was answered once is not
asked again, so an interrupted fetch goes on where it was. Around it stands what it does not do: a bound on the tries, a
wait as long as the service wants, no answer taken that is cut short or that the service itself calls incomplete.

References
----------
Usage policies of both: https://operations.osmfoundation.org/policies/nominatim/ and
https://wiki.openstreetmap.org/wiki/Overpass_API.
"""

from __future__ import annotations

import hashlib
import json
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import osmnx
import shapely
from osmnx._errors import CacheOnlyInterruptError, InsufficientResponseError  # OSMnx publishes them nowhere else
from shapely.geometry.base import BaseGeometry

from servicecircle.errors import Fault, InputError, disk_is_full, room_in
from servicecircle.ingest.osm_clip import Wanted
from servicecircle.model import Progress

__all__ = ["NOMINATIM", "OVERPASS", "WALKED", "Place", "Service", "download", "find_place"]

OVERPASS = "https://overpass-api.de/api"
NOMINATIM = "https://nominatim.openstreetmap.org"
WALKED = (
    '[~"^(highway|aerialway)$"~"."]',
    '[~"^(railway|public_transport)$"~"^platform$"]',
    '["man_made"="pier"]',
)
"""Filters of every way that could be walked or ridden. The usual filter for walking drops lifts drawn as lines, squares
drawn as areas, cycleways open to people on foot, cableways and platforms; here the rules of the study decide, later."""

_BUSY = (429, 502, 503, 504)
_LONGEST_WAIT_S = 300.0
_SHOWN = 200
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Service:
    """Where the services are and how they are asked.

    ``interval_s`` passes between two questions, ``timeout_s`` is what an answer may take, ``backoff_s`` the wait before
    the second try (doubled each time, or what the service asks for), ``tries`` the most that one question is asked.
    """

    cache: Path
    overpass: str = OVERPASS
    nominatim: str = NOMINATIM
    user_agent: str = "servicecircle (study areas of walking districts)"
    interval_s: float = 1.0
    timeout_s: float = 180.0
    backoff_s: float = 15.0
    tries: int = 5


@dataclass(frozen=True, slots=True)
class Place:
    """An outline found by name: ``ref`` is the object of the map, such as ``relation/4738525``."""

    ref: str
    name: str
    shape: BaseGeometry


class _Refusal(Exception):  # noqa: N818 - it never leaves the module
    """A try that failed, in words; ``wait_s`` before another one, None where another one is of no use."""

    def __init__(self, words: str, wait_s: float | None = 0.0) -> None:
        super().__init__(words)
        self.wait_s = wait_s


def find_place(name: str, service: Service) -> Place:
    """Ask Nominatim for the outline of a place.

    Raises
    ------
    InputError
        No such place, one without an outline, or the service cannot be asked.
    """
    remedy = "write it as on openstreetmap.org (渝中区, 重庆市), or give --boundary or --bbox"
    with room_in(service.cache), _asking(service, service.cache / "places"):
        try:
            found = _patiently(partial(osmnx.geocode_to_gdf, name), service, "Nominatim")
        except InsufficientResponseError as error:
            raise InputError([Fault("no such place on the map", remedy, value=name)]) from error
        except (TypeError, KeyError, ValueError) as error:
            raise InputError([Fault("the place has no outline on the map", remedy, value=name)]) from error
    row = found.iloc[0]
    title = str(row.get("name") or "").strip() or str(row.get("display_name", name)).partition(",")[0]
    return Place(f"{row['osm_type']}/{int(row['osm_id'])}", title, found.geometry.iloc[0])


def download(reach: BaseGeometry, wanted: Wanted, service: Service, progress: Progress) -> list[Path]:
    """Ask Overpass for the ways of an area and for everything with a wanted tag; return the files of the answers.

    Parameters
    ----------
    reach
        EPSG:4326. It is asked for with fewer corners, never a smaller one.
    wanted
        Key to values, True for any; one question a key.

    Raises
    ------
    InputError
        The service refuses, fails or answers nonsense every time, or there is no room for an answer; what was answered
        before is kept.
    """
    shape = _plain(reach)
    question = json.dumps([service.overpass, shapely.to_wkt(shape, 6), WALKED, _sorted(wanted)])
    folder = service.cache / hashlib.sha256(question.encode()).hexdigest()[:16]
    with room_in(service.cache), _asking(service, folder):
        progress.step("streets")
        _ask(partial(osmnx.graph_from_polygon, shape, custom_filter=list(WALKED)), service)
        for key, values in _sorted(wanted).items():
            progress.step(key)
            _ask(partial(osmnx.features_from_polygon, shape, {key: values}), service)
    return sorted(folder.glob("*.json"))


def _sorted(wanted: Wanted) -> dict[str, list[str] | bool]:
    return {key: True if isinstance(v, bool) else sorted(v) for key, v in sorted(wanted.items())}


def _plain(reach: BaseGeometry) -> Any:  # noqa: ANN401 - a polygon or several
    """Return a larger shape with few corners: every question repeats it."""
    width = max(b - a for a, b in zip(shapely.bounds(reach)[:2], shapely.bounds(reach)[2:], strict=True))
    slack = width / 100
    hull = shapely.union_all(shapely.buffer(reach, slack)).simplify(slack / 2)
    parts = [shapely.Polygon(part.exterior) for part in shapely.get_parts(hull)]
    return shapely.set_precision(shapely.union_all(parts), 1e-6)


def _ask(question: Callable[[], object], service: Service) -> None:
    """Ask until OSMnx has every part of the answer in its folder, which it says by interrupting itself."""
    try:
        _patiently(question, service, "Overpass")
    except CacheOnlyInterruptError:
        return


def _patiently(question: Callable[[], Answer], service: Service, who: str) -> Answer:
    words = ""
    for attempt in range(service.tries):
        try:
            return question()
        except CacheOnlyInterruptError:  # how OSMnx says that every part is there; an OSError, too
            raise
        except _Refusal as refusal:
            words, wait_s = str(refusal), refusal.wait_s
        except OSError as error:  # the client's errors are of this family
            if disk_is_full(error) or isinstance(error, PermissionError):  # it was answered, and cannot be kept
                raise
            words, wait_s = f"cannot be reached ({type(error).__name__})", 0.0
        if wait_s is None:
            break
        if attempt + 1 < service.tries:
            time.sleep(min(max(wait_s, service.backoff_s * 2**attempt), _LONGEST_WAIT_S))
    remedy = "try again later, what was answered is kept; or ask for a smaller area, or give a file with --pbf"
    raise InputError([Fault(f"{who} gave no whole answer: {words}", remedy)])


@contextmanager
def _asking(service: Service, folder: Path) -> Iterator[None]:
    """Lend OSMnx our settings; take everything back, the name resolution that it replaces too."""
    folder.mkdir(parents=True, exist_ok=True)
    for answer in folder.glob("*.json"):
        if not _is_whole(answer):  # the program was ended while it wrote
            answer.unlink()
    ours: dict[str, Any] = {
        "overpass_url": service.overpass,
        "nominatim_url": service.nominatim,
        "http_user_agent": service.user_agent,
        "http_referer": service.user_agent,
        "http_accept_language": "zh,en",
        "cache_folder": folder,
        "use_cache": True,
        "cache_only_mode": True,
        "doh_url_template": None,
        "overpass_rate_limit": False,
        "requests_timeout": service.timeout_s,
        "overpass_settings": f"[out:json][timeout:{max(1, round(service.timeout_s))}]{{maxsize}}",
        "requests_kwargs": {"hooks": {"response": _judge(service)}},
    }
    theirs = {name: getattr(osmnx.settings, name) for name in ours}
    resolve = socket.getaddrinfo
    try:
        for name, value in ours.items():
            setattr(osmnx.settings, name, value)
        yield
    finally:
        for name, value in theirs.items():
            setattr(osmnx.settings, name, value)
        socket.getaddrinfo = resolve


def _judge(service: Service) -> Callable[..., None]:
    """Return what looks at every answer before OSMnx does: only a whole one passes."""

    def judge(response: Any, **_: object) -> None:  # noqa: ANN401 - the client is OSMnx's
        refusal = _refusal(response)
        if refusal is not None:
            response.close()
            raise refusal
        time.sleep(service.interval_s)

    return judge


def _refusal(response: Any) -> _Refusal | None:  # noqa: ANN401
    """Return what is wrong with an answer, None if it is whole."""
    status = int(response.status_code)
    if status in _BUSY:
        words = "too many questions" if status == 429 else "it is busy or gave up"  # noqa: PLR2004
        return _Refusal(f"{words} (HTTP {status})", _retry_after_s(response.headers))
    if status != 200:  # noqa: PLR2004
        return _Refusal(f"HTTP {status}: {response.text[:_SHOWN]!r}", None)
    try:
        answer = json.loads(response.content)
    except ValueError:
        return _Refusal("the answer is cut short, or is no JSON")
    if not isinstance(answer, dict):
        return None
    remark = str(answer.get("remark", ""))
    if "error" in remark:
        return _Refusal(f"it says that the answer is incomplete: {remark[:_SHOWN]!r}")
    return None if isinstance(answer.get("elements"), list) else _Refusal("an answer without elements")


def _retry_after_s(headers: Mapping[str, str]) -> float:
    asked = headers.get("Retry-After", "")
    return float(asked) if asked.isdecimal() and asked.isascii() and len(asked) < 6 else 0.0  # noqa: PLR2004


def _is_whole(path: Path) -> bool:
    try:
        json.loads(path.read_bytes())
    except ValueError:
        return False
    return True

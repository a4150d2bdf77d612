"""Optional basemaps from the web, off unless asked for. Without them the page asks nothing of any network.

``MAPS_BASEMAPS`` names them, ``MAPS_TIANDITU_KEY`` is the key of 天地图. Only then does the page's policy let the
browser fetch pictures, and only from the hosts of these basemaps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from servicecircle.errors import Fault, InputError

__all__ = ["Basemap", "basemaps", "hosts", "payload"]

LAYER = "SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles"
TILE = "TILEMATRIX={z}&TILEROW={y}&TILECOL={x}"


@dataclass(frozen=True, slots=True)
class Basemap:
    """Tiles of the web: their addresses, lowest first, whose they are, and how far they go."""

    id: str
    urls: tuple[str, ...]
    attribution: str
    max_zoom: int


def basemaps(environment: Mapping[str, str]) -> list[Basemap]:
    """Read which basemaps were asked for, in that order.

    Raises
    ------
    InputError
        A basemap that is not known, or 天地图 without a key that could be one.

    Examples
    --------
    >>> [basemap.id for basemap in basemaps({"MAPS_BASEMAPS": "osm"})], basemaps({})
    (['osm'], [])
    """
    wanted = [name.strip() for name in environment.get("MAPS_BASEMAPS", "").split(",") if name.strip()]
    return [_basemap(name, environment.get("MAPS_TIANDITU_KEY", "")) for name in dict.fromkeys(wanted)]


def hosts(chosen: Sequence[Basemap]) -> list[str]:
    """Name the origins that the pictures come from.

    Examples
    --------
    >>> hosts(basemaps({"MAPS_BASEMAPS": "osm"}))
    ['https://tile.openstreetmap.org']
    """
    return sorted({"/".join(url.split("/")[:3]) for basemap in chosen for url in basemap.urls})


def payload(chosen: Sequence[Basemap]) -> list[dict[str, Any]]:
    """Say the basemaps as the page's script reads them."""
    return [asdict(basemap) for basemap in chosen]


def _basemap(name: str, key: str) -> Basemap:
    if name == "osm":
        url = "https://tile.openstreetmap.org/{z}/{x}/{y}.png"
        return Basemap("osm", (url,), "© OpenStreetMap contributors", 19)
    if name != "tianditu":
        raise InputError([Fault("no such basemap", "use osm, tianditu or both", column="MAPS_BASEMAPS", value=name)])
    if not key.isalnum() or not key.isascii():
        remedy = "set it to the key that 天地图 gave you"
        raise InputError([Fault("天地图 needs a key of letters and digits", remedy, column="MAPS_TIANDITU_KEY")])
    urls = tuple(
        f"https://t0.tianditu.gov.cn/{layer}_w/wmts?{LAYER}&LAYER={layer}&{TILE}&tk={key}" for layer in ("vec", "cva")
    )
    return Basemap("tianditu", urls, "天地图", 18)

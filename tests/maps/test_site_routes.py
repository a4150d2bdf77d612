"""Heights and proposed routes on the site: drawn where they may be, and nothing of a place that is withheld."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString, Point

from maps.bundle import Bundle, read_bundle
from maps.site.heights import profile
from maps.site.opened import open_layers
from maps.site.proposals import proposals

LEGS = [(1, 1, 2, (0.0, 412.0)), (2, 2, 3, (412.0, 846.3)), (3, 3, 4, (846.3, 1000.0))]
HEIGHTS = [200.0, 230.0, 230.0, 215.0, 215.0, 240.0]


def _walked(layers: dict[str, gpd.GeoDataFrame]) -> dict[str, gpd.GeoDataFrame]:
    """Give the first route four stops and three legs with heights; the second stop is the first school."""
    ids = [None, "school0", None, None]
    stops = {"route_id": "R1", "seq": [1, 2, 3, 4], "name": list("甲乙丙丁"), "facility_id": ids, "note": None}
    at = [Point(106.505 + 0.002 * n, 29.505) for n in range(4)]
    lines = [LineString(pair) for pair in pairwise(at)]
    legs = [{"route_id": "R1", "leg": n, "from_seq": a, "to_seq": b, "metres": m[1] - m[0]} for n, a, b, m in LEGS]
    profile_ = {
        "route_id": "R1",
        "leg": np.repeat([leg[0] for leg in LEGS], 2),
        "metres": np.ravel([leg[3] for leg in LEGS]),
        "height_m": HEIGHTS,
    }
    return layers | {
        "route_stops": gpd.GeoDataFrame(stops, geometry=at, crs=4326),
        "route_legs": gpd.GeoDataFrame(legs, geometry=lines, crs=4326).assign(seconds=300.0),
        "route_profile": gpd.GeoDataFrame(profile_, geometry=[at[0]] * 6, crs=4326),
    }


@pytest.fixture(scope="module")
def bundle(planned_town: Path) -> Bundle:
    """Give the town's bundle."""
    return read_bundle(planned_town)


def _opened(bundle: Bundle, closed: list[str]) -> dict[str, gpd.GeoDataFrame]:
    layers = dict(bundle.layers) | dict(bundle.further)
    places = layers["facilities"]
    layers["facilities"] = places.assign(redistributable=~places["facility_id"].isin(closed))
    return dict(open_layers(_walked(layers), bundle.manifest).layers)


def test_heights_to_a_withheld_place_are_gone_and_their_length_is_rounded(bundle: Bundle) -> None:
    kept = _opened(bundle, ["school0"])["route_profile"]
    assert kept["leg"].tolist() == [3, 3]
    # 412 and 434.3 metres to the place and on are drawn as 400 each
    assert kept["metres"].tolist() == pytest.approx([800.0, 953.7])
    whole = _opened(bundle, ["base4"])["route_profile"]
    assert whole["metres"].tolist() == [m for leg in LEGS for m in leg[3]]


def test_a_proposed_route_by_a_withheld_place_is_not_passed_on(bundle: Bundle) -> None:
    hidden, shown = _opened(bundle, ["base0"]), _opened(bundle, ["base4"])
    assert (len(hidden["proposed_routes"]), len(hidden["proposed_stops"])) == (0, 0)
    assert (len(shown["proposed_routes"]), len(shown["proposed_stops"])) == (1, 3)


def test_the_picture_has_each_leg_and_each_stop_once(bundle: Bundle) -> None:
    layers = _opened(bundle, [])
    drawn = profile(layers["route_profile"], layers["route_legs"], "#b3202a")
    assert drawn.count('fill="none" stroke="#b3202a" stroke-width="2.4"') == len(LEGS)
    assert re.findall(r'y="17.6">(\d+)</text>', drawn) == ["1", "2", "3", "4"]
    across = [float(x) for x in re.findall(r'<circle cx="([\d.]+)"', drawn)]
    assert all(b - a >= 24.9 for a, b in pairwise(across))
    assert profile(pd.DataFrame(columns=["leg", "metres", "height_m"]), layers["route_legs"], "#000") == ""


def test_proposals_are_told_without_a_position(bundle: Bundle) -> None:
    [one] = proposals(bundle)
    assert (one.mark, one.stops, one.total, one.minutes) == ("P-school0", ("纪念馆",), "90", "25")
    assert (one.kilometres, one.climb, one.steps) == ("1.7", "40", "0")
    assert not re.search(r"\d+\.\d{3,}", str(one))

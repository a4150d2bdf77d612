"""Ways and hours as the phone finds them, beside the library's own: two programs that must agree."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from opening_hours import OpeningHours, validate

from api.bundle import read_bundle
from api.family.content import content
from servicecircle.crs import WGS84
from servicecircle.doors import open_doors
from servicecircle.entrances import find_entrances
from servicecircle.model import Direction
from servicecircle.pipeline import Streets
from servicecircle.prices import edge_seconds
from servicecircle.reach import pairs_within
from tests.family.conftest import Opener
from tests.town import lonlat

WITHIN_S = 3.0  # of a walk of an hour: the phone's book is in tenths of a second and thousandths of an edge
HORIZON_S = 7200.0
FIND = """async ([network, starts, bases]) => {
  const { readNetwork, journeys } = await import('/family/assets/js/network.js');
  const read = readNetwork(network);
  return read.walkers.map((walker) => starts.map((start) => {
    const own = journeys(read, walker, start);
    return own && bases.map((base) => own.to(base));
  }));
}"""
WALK = """async ([network, start, base, back]) => {
  const { readNetwork, journeys } = await import('/family/assets/js/network.js');
  const read = readNetwork(network);
  return journeys(read, read.walkers[0], start).walk(base, back);
}"""
OPEN = """async (asked) => {
  const { openingAt } = await import('/family/assets/js/hours.js');
  return asked.map(([text, at]) => openingAt(text, new Date(at + '+08:00')));
}"""


@pytest.fixture(scope="module")
def district_data(bundle: Path, streets: Streets) -> dict[str, Any]:
    """Give the page's data of the district."""
    return content(read_bundle(bundle), streets)


def _at(each: dict[str, Any]) -> dict[str, Any]:
    return {"id": each["id"], "lon": each["at"][0] / 1e5, "lat": each["at"][1] / 1e5}


def _oracle(streets: Streets, name: str, ids: list[str], sides: tuple[list[str], list[str]]) -> list[np.ndarray]:
    """Seconds there and back as the library measures them, through every door."""
    own = replace(streets, profile=streets.parameters.walker(name))
    prices = edge_seconds(streets.network, streets.parameters, replace(streets.variant, profile=name))
    own = replace(own, prices=prices)
    study = streets.study
    placed = study.facilities[study.facilities["facility_id"].isin(ids)].reset_index(drop=True)
    entrances = find_entrances(placed, study.entrances, study.area.buildings, own.snapper().streets, study.area.crs)
    nobody = gpd.GeoDataFrame(geometry=[], crs=WGS84)
    doors = open_doors(own.snapper(), placed, entrances, nobody, streets.parameters.snap)
    attached = doors.join(streets.network).price(prices, own.profile)
    number = {facility: i for i, facility in enumerate(placed["facility_id"])}
    starts, bases = (np.array([number[i] for i in side]) for side in sides)
    ways = (Direction.FROM, Direction.TO)
    return [pairs_within(attached, starts, bases, HORIZON_S, way).dense(len(bases)) for way in ways]


def test_the_phone_finds_the_times_that_the_library_finds(
    visit: Opener, streets: Streets, district_data: dict[str, Any]
) -> None:
    starts = [_at(each) for each in district_data["starts"] if each["at"]][::3]
    bases = [_at(each) for each in district_data["bases"] if each["at"]]
    with visit() as it:
        found = it.page.evaluate(FIND, [district_data["network"], starts, bases])
    ids = [each["id"] for each in starts + bases]
    sides = ([each["id"] for each in starts], [each["id"] for each in bases])
    for name, rows in zip(("adult", "stepfree"), found, strict=True):
        there, back = _oracle(streets, name, ids, sides)
        reached = np.array([[cell is not None for cell in row] for row in rows])
        near = there < HORIZON_S
        assert reached[near].all()
        assert near.mean() > 0.3
        for key, known in (("there", there), ("back", back)):
            mine = np.array([[np.nan if c is None or c[key] is None else c[key] for c in row] for row in rows])
            both = np.isfinite(mine) & np.isfinite(known)
            assert both.sum() > 1000
            assert np.abs(mine - known)[both].max() < WITHIN_S
    steps = [cell["steps"] for row in found[1] for cell in row if cell]
    assert set(steps) == {0}
    assert max(cell["steps"] for row in found[0] for cell in row if cell) > 300


def test_the_way_in_full_is_the_way_that_was_timed(visit: Opener, district_data: dict[str, Any]) -> None:
    start = next(_at(each) for each in district_data["starts"] if each["name"] == "人民路小学")
    for name, back in (("重庆市人民大礼堂", False), ("重庆市人民大礼堂", True)):
        base = next(_at(each) for each in district_data["bases"] if each["name"] == name)
        with visit() as it:
            walk = it.page.evaluate(WALK, [district_data["network"], start, base, back])
            trip = it.page.evaluate(FIND, [district_data["network"], [start], [base]])[0][0][0]
        assert walk["seconds"] == trip["back" if back else "there"]
        ends = [[start["lon"], start["lat"]], [base["lon"], base["lat"]]]
        assert [walk["line"][0], walk["line"][-1]] == (ends[::-1] if back else ends)
        line = np.array(walk["line"]) * [96_900.0, 110_850.0]
        length = np.hypot(*np.diff(line, axis=0).T).sum()
        assert length == pytest.approx(walk["metres"], rel=0.02)
        assert sum(leg["metres"] for leg in walk["legs"]) <= walk["metres"] + 0.1
        assert round(sum(leg["steps"] for leg in walk["legs"])) == walk["steps"] > 0
        assert walk["stairs"]


def test_on_a_lattice_every_time_is_known_by_hand(visit: Opener) -> None:
    with visit() as it:
        data = it.page.evaluate("fetch('family/data.json').then((r) => r.json())")
        base = next(_at(each) for each in data["bases"] if each["id"] == "B1")  # at 500, 700
        points = [(300.0, 300.0), (520.0, 700.0), (500.0, 688.0), (480.0, 712.0), (1000.0, 0.0)]
        starts = [dict(zip(("lon", "lat"), lonlat(*point), strict=True)) for point in points]
        found = it.page.evaluate(FIND, [data["network"], starts, [base]])[0]
    for (x, y), (cell,) in zip(points, found, strict=True):
        metres = abs(x - 500) + abs(y - 700)
        assert cell["metres"] == pytest.approx(metres, abs=4)
        assert cell["there"] == pytest.approx(metres / 1.2, abs=4)


def _texts() -> list[str]:
    """Hours of every form that places write, and mixtures of them."""
    drawn = random.Random(10)  # noqa: S311  a sample, not a secret
    days = ["", "Mo-Fr ", "Tu-Su ", "Sa,Su ", "Fr-Mo ", "Mo,We-Fr ", "Mar-Oct ", "Nov-Feb Tu-Su ", "May 01-Oct 07 "]
    times = ["09:00-17:00", "09:00-12:00,13:30-17:00", "00:00-24:00", "18:00-02:00", "08:30-11:30, 14:00-18:00"]
    plain = [day + clock for day, clock in itertools.product(days, times)]
    closed = ["Mo off", "Su closed", "Dec-Jan off", "Mo-We off"]
    mixed = ["; ".join([*drawn.sample(plain, 2), drawn.choice(closed)]) for _ in range(30)]
    added = [f"{drawn.choice(days[1:5])}09:00-12:00, {drawn.choice(days[1:5])}14:00-18:00" for _ in range(8)]
    return ["24/7", "24/7; Mo off", "Mo-Fr", *plain, *mixed, *added]


def test_hours_are_read_as_the_librarys_own_reader_reads_them(visit: Opener) -> None:
    drawn = random.Random(11)  # noqa: S311
    begin = datetime.fromisoformat("2026-01-01T00:00")
    texts = _texts()
    assert all(validate(text) for text in texts)
    moments = [begin + timedelta(minutes=drawn.randrange(525_600)) for _ in range(60)]
    asked = [(text, at.isoformat()) for text in texts for at in moments]
    with visit() as it:
        told = it.page.evaluate(OPEN, asked)
    wrong = [
        (text, at, mine["open"])
        for (text, at), mine in zip(asked, told, strict=True)
        if mine["known"] and mine["open"] != OpeningHours(text).is_open(datetime.fromisoformat(at))
    ]
    assert wrong == []
    assert np.mean([mine["known"] for mine in told]) > 0.99


@pytest.mark.parametrize(
    "text",
    [
        "", "by appointment", '"预约"', "sunrise-sunset", "week 1-10 Mo 09:00-17:00", "Mo[1] 09:00-12:00", "09:00+",
        'Mo-Fr 09:00-17:00 || "call"', "easter off", "2026 Mo-Fr 09:00-17:00", "9-17", "Mo-Fr 25:99-30:00",
        "周一至周五 9:00-17:00", "Mo 09:00-17:00 unknown", "Mar-Oct 15 09:00-17:00",
    ],
)  # fmt: skip
def test_hours_that_are_not_understood_are_unknown(visit_once: Any, text: str) -> None:
    assert visit_once(OPEN, [[text, "2026-05-20T10:00:00"]]) == [{"known": False, "open": None, "holidays": False}]


def test_a_rule_for_public_holidays_is_a_doubt_not_an_answer(visit_once: Any) -> None:
    told = visit_once(OPEN, [[text, "2026-05-20T10:00:00"] for text in ("09:00-17:00; PH off", "Mo-Su,PH 09:00-17:00")])
    assert told == [{"known": True, "open": True, "holidays": True}, {"known": True, "open": True, "holidays": False}]


@pytest.fixture(scope="module")
def visit_once(visit: Opener) -> Any:
    """Give a way to ask the scripts on one open page."""
    with visit() as it:
        yield it.page.evaluate

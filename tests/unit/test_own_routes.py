"""A route somebody wrote by hand: understood, or refused with everything that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from servicecircle.errors import InputError
from servicecircle.ingest.study import read_study
from servicecircle.ingest.walkable import load_rules
from servicecircle.own_routes import trace_own_route
from servicecircle.route_groups import Ground, Groups
from servicecircle.streets import Streets, build_streets
from tests.sketch import PARAMETERS
from tests.town import Place, Town, lonlat

PLACES = [
    Place("S1", "school", 500.0, 500.0, "中心小学"),
    Place("S2", "school", 800.0, 500.0, "南山中学"),
    Place("S3", "school", 100.0, 100.0, "分校"),
    Place("S4", "school", 100.0, 900.0, "分校"),
]
ISLAND = [lonlat(2000 + 50 * k, 0) for k in range(40)]
OWN = f"""[route]
name = "半日红色游学"
age_band = "primary"
limit_minutes = 120
depart = "09:00"

[[stop]]
name = "起点"
lon = {lonlat(0, 0)[0]:.7f}
lat = {lonlat(0, 0)[1]:.7f}
dwell_minutes = 10
on_site = "outside"

[[stop]]
place = "S1"
dwell_minutes = 30
"""


@pytest.fixture(scope="module")
def streets(tmp_path_factory: pytest.TempPathFactory) -> Streets:
    """Build a town with opening hours, and an island that nothing joins to it."""
    folder = Town(places=PLACES).write(tmp_path_factory.mktemp("own"))
    nodes, ways, places = (folder / name for name in ("nodes.csv", "ways.csv", "facilities.csv"))
    corners = "".join(f"{900 + k},{x:.7f},{y:.7f},\n" for k, (x, y) in enumerate(ISLAND))
    nodes.write_text(nodes.read_text("utf-8") + corners, "utf-8")
    lines = "".join(f"{900 + k},residential,岛,{900 + k} {901 + k}\n" for k in range(len(ISLAND) - 1))
    ways.write_text(ways.read_text("utf-8") + lines, "utf-8")
    hours = ["opening_hours", "14:00-17:00", "09:00-12:00", "", ""]
    table = zip(places.read_text("utf-8").splitlines(), hours, strict=True)
    places.write_text("".join(f"{line},{cell}\n" for line, cell in table), "utf-8")
    return build_streets(read_study(folder), PARAMETERS, load_rules())


def refusal(streets: Streets, path: Path) -> str:
    with pytest.raises(InputError) as refused:
        trace_own_route(path, streets.study, Groups(streets), Ground.of(streets))
    return str(refused.value)


def test_places_are_found_by_id_or_name_and_named_as_asked(streets: Streets, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(OWN.replace('"S1"', '"南山中学"\nname = "终点"\non_site = "outside"'), "utf-8")
    traced, found = trace_own_route(path, streets.study, Groups(streets), Ground.of(streets))
    assert traced.stops["facility_id"].fillna("").tolist() == ["", "S2"]
    assert traced.stops["name"].tolist() == ["起点", "终点"]
    assert traced.stops["arrive"].tolist() == ["09:00", "09:32"]  # 1300 m at 1 m/s
    assert traced.routes["provenance"].tolist() == ["own"]
    assert found["fault"].tolist() == ["assumed", "long_leg"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"S1"', '"S9"', ("row 14", "place", "'S9'", "no such place")),
        ('"S1"', '"中心小学校"', ("row 14", "did you mean 中心小学 (S1)")),
        ('"S1"', '"分校"', ("row 14", "several places", "S3, S4")),
        ("limit_minutes = 120", "limit_minutes = 35", ("40 minutes at the stops alone, over the limit of 35",)),
        ("[[stop]]\nplace", '[[stop]]\nplace = "S1"\n[[stop]]\nplace', ("row 16", "is stop 2 already")),
        ("primary", "pupils", ("row 1", "age_band", "'pupils'", "elder")),
        ('"09:00"', '"9 Uhr"', ("depart", "'9 Uhr'")),
        ('"outside"', '"drive-by"', ("row 7", "on_site", "'drive-by'", "booking")),
        ("lon = ", "x = ", ("row 7", "unknown key", "half a position")),
        ("lon = ", "lon = 1", ("row 7", "off the globe")),
        ("dwell_minutes = 30", "dwell_minutes = -1", ("row 14", "dwell_minutes", "-1")),
        ("dwell_minutes = 30", 'dwell_minutes = "half an hour"', ("row 14", "wrong type")),
        ("[route]", "[tour]", ("tour", "the table is missing")),
        (OWN[OWN.index("\n[[stop]]\nplace") :], "", ("a route needs two stops",)),
        (OWN[OWN.index("\n[[stop]]") :], "", ("no [[stop]] in it",)),
        (OWN, "[route", ("mine.toml",)),
    ],
)
def test_a_wrong_file_is_refused(streets: Streets, tmp_path: Path, old: str, new: str, words: tuple[str, ...]) -> None:
    path = tmp_path / "mine.toml"
    assert old in OWN
    path.write_text(OWN.replace(old, new), "utf-8")
    said = refusal(streets, path)
    for word in ("mine.toml", *words):
        assert word in said


def test_all_that_is_wrong_is_told_at_once(streets: Streets, tmp_path: Path) -> None:
    x, y = ISLAND[20]
    stops = [f'place = "{name}"' for name in ("S1", "S2", "S9", "S1")] + [f'name = "岛"\nlon = {x}\nlat = {y}']
    path = tmp_path / "mine.toml"
    path.write_text(
        '[route]\nname = "x"\ndepart = "24:00"\n' + "".join(f"[[stop]]\n{stop}\n" for stop in stops), "utf-8"
    )
    said = refusal(streets, path).splitlines()
    for row, word in (
        (1, "not a time of day"),
        (6, "南山中学 is not open when it comes"),  # 09:00-12:00, after 14:00-17:00
        (8, "no such place"),
        (10, "中心小学 is stop 1 already"),
        (10, "the streets of the two stops do not connect"),
    ):
        assert [line for line in said if f"row {row}," in line or f"row {row}:" in line if word in line], (row, word)
    assert len(said) == 5

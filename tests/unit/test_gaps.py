"""Homes beyond the cutoff become gaps, each with its numbers and its cause."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from servicecircle.coverage import Access
from servicecircle.gaps import GapInputs, find_gaps
from servicecircle.ingest.parameters import read_parameters
from servicecircle.ingest.study import read_study
from servicecircle.ingest.walkable import load_rules
from servicecircle.model import StudyArea, Variant
from servicecircle.pipeline import Results, run
from tests.conftest import Silent
from tests.sketch import PARAMETERS
from tests.town import Place, Town, lonlat

INF = np.inf
MODELS = ("a", "b")
EVERYWHERE = (106.0, 29.0, 107.0, 30.0)
REGISTER = (
    "link_id,kind,name,osm_type,osm_id,from_lon,from_lat,to_lon,to_lat,rise_m,length_m,ride_s,wait_s,fee_cny,"
    "opening_hours,direction,wheelchair,state,joins,source,confidence,note\n"
)


@pytest.fixture(scope="module")
def area(tmp_path_factory: pytest.TempPathFactory) -> StudyArea:
    """Read a town of two subdistricts: west of x = 500, and east of it."""
    return read_study(Town().write(tmp_path_factory.mktemp("town"))).area


@dataclasses.dataclass
class Case:
    """Homes on a line 50 m apart and the seconds they need to one school; what is not said is out of reach."""

    walk: list[float]
    level: list[float] | None = None
    paid: list[float] | None = None
    radius: list[float] | None = None
    people: float = 100.0
    subdistrict: str = "1"
    unlocated: int = 0
    extent: tuple[float, float, float, float] = EVERYWHERE
    apart_m: float = 50.0
    status: str = "loaded"
    located: bool = True

    def inputs(self) -> GapInputs:
        """Return the case as the stage takes it."""
        n = len(self.walk)
        at = [lonlat(self.apart_m * k, 0) for k in range(n)]
        homes = gpd.GeoDataFrame(
            {
                "demand_id": [f"h{k}" for k in range(n)],
                "subdistrict": self.subdistrict,
                "people_a": self.people * 0.8,
                "people_b": self.people * 1.2,
                "people": self.people,
            },
            geometry=[shapely.Point(p) for p in at],
            crs="EPSG:4326",
        )
        school = gpd.GeoDataFrame(
            {
                "facility_id": ["S1"],
                "name": ["中心小学"],
                "tier": "school",
                "status": self.status,
                "located": self.located,
                "approximate": not self.located,
            },
            geometry=[shapely.Point(lonlat(0, 500))],
            crs="EPSG:4326",
        )
        walk = np.array([self.walk])
        level, paid = (np.array([given or self.walk]) for given in (self.level, self.paid))
        radius = np.array([self.radius or [500.0] * n])
        index = pd.MultiIndex.from_tuples([("school", "西城街道")], names=["tier", "subdistrict"])
        unlocated = pd.Series([self.unlocated], index=index)
        return GapInputs(Access(school, walk, level, radius), paid, homes, MODELS, unlocated, self.extent)

    def find(self, area: StudyArea) -> gpd.GeoDataFrame:
        """Return the gaps of the case."""
        return find_gaps(self.inputs(), area, None, PARAMETERS.coverage, PARAMETERS.gaps)


def cause(case: Case, area: StudyArea) -> str:
    found = case.find(area)
    assert len(found) == 1
    return str(found["cause"].iloc[0])


def test_homes_at_the_cutoff_are_covered_and_one_second_beyond_is_a_gap(area: StudyArea) -> None:
    assert len(Case([900.0, 900.0]).find(area)) == 0
    assert Case([900.0, 901.0]).find(area)["homes"].tolist() == [1]


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (Case([1200.0], unlocated=2), "unlocated_place"),
        (Case([1200.0], extent=(106.5, 29.5, *lonlat(100, 4000))), "beyond_extract"),
        (Case([INF]), "disconnected"),
        (Case([1200.0], radius=[1001.0]), "too_far"),
        (Case([1200.0], paid=[800.0]), "paid_or_closed"),
        (Case([1200.0], level=[800.0]), "terrain"),
        (Case([1200.0]), "detour"),
    ],
)
def test_each_cause_is_recognised(area: StudyArea, case: Case, expected: str) -> None:
    assert cause(case, area) == expected


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (Case([INF], unlocated=1, level=[800.0]), "unlocated_place"),
        (Case([INF], extent=(106.5, 29.5, *lonlat(100, 4000))), "beyond_extract"),
        (Case([INF], radius=[2000.0]), "disconnected"),
        (Case([1200.0], radius=[1001.0], paid=[800.0], level=[800.0]), "too_far"),
        (Case([1200.0], paid=[800.0], level=[800.0]), "paid_or_closed"),
    ],
)
def test_the_first_cause_that_applies_is_named(area: StudyArea, case: Case, expected: str) -> None:
    assert cause(case, area) == expected


def test_a_cause_needs_half_of_the_homes(area: StudyArea) -> None:
    assert cause(Case([1200.0] * 4, level=[800.0, 800.0, 1000.0, 1000.0]), area) == "terrain"
    assert cause(Case([1200.0] * 4, level=[800.0, 1000.0, 1000.0, 1000.0]), area) == "detour"


def test_a_home_farther_from_the_edge_than_from_its_place_is_not_beyond_the_extract(area: StudyArea) -> None:
    east = (106.5, 29.5, lonlat(600, 0)[0], 30.0)
    assert cause(Case([1200.0], radius=[590.0], extent=east), area) == "detour"
    assert cause(Case([1200.0], radius=[610.0], extent=east), area) == "beyond_extract"


def test_places_without_position_in_another_subdistrict_are_no_excuse(area: StudyArea) -> None:
    assert cause(Case([1200.0], subdistrict="2", unlocated=3), area) == "detour"


def test_a_candidate_or_roughly_placed_place_within_reach_leaves_no_gap(area: StudyArea) -> None:
    for case in (Case([800.0], status="candidate"), Case([800.0], located=False)):
        assert len(case.find(area)) == 0


def test_a_tier_without_any_placed_place_is_unknown_and_lists_no_gaps(area: StudyArea) -> None:
    found = Case([1200.0]).find(area)
    assert set(found["tier"]) == {"school"}


def test_numbers_of_a_gap_are_those_of_its_homes(area: StudyArea) -> None:
    found = Case([900.0, 1000.0, 1300.0], people=100).find(area).iloc[0]
    assert found["homes"] == 2
    assert (found["people_low"], found["people"], found["people_high"]) == (160, 200, 240)
    assert found["mean_excess_s"] == 250
    assert found["nearest_s"] == 1150
    assert found["person_minutes"] == pytest.approx(200 * 250 / 60)
    assert (found["nearest_facility_id"], found["nearest_name"]) == ("S1", "中心小学")
    assert (found["subdistrict"], found["subdistrict_name"]) == ("1", "西城街道")


def test_nobody_reaches_a_place_from_a_disconnected_gap(area: StudyArea) -> None:
    found = Case([INF, INF]).find(area).iloc[0]
    assert found[["nearest_facility_id", "nearest_name", "nearest_s", "mean_excess_s"]].isna().all()
    assert found["person_minutes"] > 0
    assert "cannot walk to any" in found["explanation_en"]


def test_seconds_and_excess_of_a_gap_are_of_the_same_homes(area: StudyArea) -> None:
    """The explanation names both in one sentence: "walk 17 minutes on average ..., 2 too many"."""
    found = Case([1000.0, 1000.0, INF, INF]).find(area).iloc[0]
    assert found["nearest_s"] == 1000
    assert found["mean_excess_s"] == 100


def test_homes_far_apart_are_gaps_of_their_own_and_the_worst_comes_first(area: StudyArea) -> None:
    link = PARAMETERS.gaps.link_m
    near = Case([1000.0, 1800.0], apart_m=link - 1).find(area)
    far = Case([1000.0, 1800.0], apart_m=link + 1).find(area)
    assert len(near) == 1
    assert far["mean_excess_s"].tolist() == [900, 100]
    assert far["rank"].tolist() == [1, 2]


def test_a_gap_never_spans_two_subdistricts(area: StudyArea) -> None:
    inputs = Case([1200.0, 1200.0]).inputs()
    inputs.homes["subdistrict"] = ["1", "2"]
    found = find_gaps(inputs, area, None, PARAMETERS.coverage, PARAMETERS.gaps)
    assert sorted(found["subdistrict"]) == ["1", "2"]


def test_few_people_are_no_listed_gap(area: StudyArea) -> None:
    least = PARAMETERS.gaps.min_people
    assert len(Case([1200.0], people=least - 1).find(area)) == 0
    assert len(Case([1200.0], people=least).find(area)) == 1


def test_homes_in_which_nobody_is_thought_to_live_make_a_gap_where_every_gap_is_listed(area: StudyArea) -> None:
    rules = PARAMETERS.gaps.model_copy(update={"min_people": 0.0})
    found = find_gaps(Case([1000.0, 1200.0], people=0).inputs(), area, None, PARAMETERS.coverage, rules).iloc[0]
    assert (found["homes"], found["people"], found["person_minutes"]) == (2, 0, 0)
    assert (found["nearest_s"], found["mean_excess_s"]) == (1100, 200)


def test_the_outline_holds_its_homes_and_the_point_lies_in_it(area: StudyArea) -> None:
    case = Case([1200.0] * 5)
    found = case.find(area).iloc[0]
    assert shapely.contains(found.geometry, case.inputs().homes.geometry.to_numpy()).all()
    assert found.geometry.contains(shapely.Point(found["lon"], found["lat"]))


def test_the_id_of_a_gap_depends_on_its_homes_alone(area: StudyArea) -> None:
    ids = [Case(walk).find(area)["gap_id"].iloc[0] for walk in ([1200.0] * 3, [5000.0] * 3, [1200.0] * 2)]
    assert ids[0] == ids[1] != ids[2]


def test_explanations_say_who_how_far_and_why_in_both_languages(area: StudyArea) -> None:
    found = Case([1200.0] * 3, level=[800.0] * 3, people=100).find(area).iloc[0]
    assert found["explanation_en"].startswith("About 300 people (estimate 240 to 360, 3 homes) walk 20 minutes")
    assert "5 too many: near enough on the level" in found["explanation_en"]
    assert "西城街道约300人（估计240–360人，3处住房）" in found["explanation_zh"]
    assert "台阶和坡道" in found["explanation_zh"]


def test_a_place_without_position_is_unknown_and_not_called_a_gap(area: StudyArea) -> None:
    found = Case([1200.0], unlocated=2).find(area).iloc[0]
    assert "2 places of this kind in the subdistrict have no position: unknown" in found["explanation_en"]
    assert "2处" in found["explanation_zh"]


def compute(town: Town, folder: Path, **files: str) -> Results:
    """Run a town, with lines added to its files."""
    town.write(folder)
    for name, lines in files.items():
        with (folder / f"{name}.csv").open("a", encoding="utf-8") as file:
            file.write(lines)
    parameters = read_parameters()
    return run(read_study(folder), parameters, load_rules(), Variant(), Silent())


def margin(metres: float, side: float) -> str:
    """Two lone nodes that widen the extract on every side."""
    corners = lonlat(-metres, -metres), lonlat(side + metres, side + metres)
    return "".join(f"{9000 + k},{lon:.7f},{lat:.7f},\n" for k, (lon, lat) in enumerate(corners))


def causes(found: Results, tier: str = "school") -> set[str]:
    return set(found.gaps[found.gaps["tier"] == tier]["cause"])


def test_a_long_town_with_its_school_at_one_end_is_too_far_at_the_other(tmp_path: Path) -> None:
    town = Town(blocks=20, people=9000, places=[Place("S1", "school", 0.0, 1000.0)])
    assert causes(compute(town, tmp_path, nodes=margin(2000, 2000))) == {"too_far"}
    found = compute(town, tmp_path / "edge")
    assert "beyond_extract" in causes(found)


def test_a_school_without_position_makes_the_gap_of_its_subdistrict_unknown(tmp_path: Path) -> None:
    places = [Place("S1", "school", 0.0, 1000.0), Place("S2", "school", 0, 0, confidence="none")]
    town = Town(blocks=20, people=9000, places=places).write(tmp_path)
    file = town / "facilities.csv"
    file.write_text(file.read_text("utf-8").replace("S2,school,,S2,,", "S2,school,,S2,东城街道,"), "utf-8")
    with (town / "nodes.csv").open("a", encoding="utf-8") as nodes:
        nodes.write(margin(2000, 2000))
    found = run(read_study(town), read_parameters(), load_rules(), Variant(), Silent()).gaps
    by_subdistrict = found.groupby("subdistrict")["cause"].agg(set)
    assert by_subdistrict["2"] == {"unlocated_place"}
    assert "unlocated_place" not in by_subdistrict["1"]


def test_a_town_cut_in_two_is_disconnected(tmp_path: Path) -> None:
    """Every street from west to east loses the block east of the middle: the halves do not connect."""
    folder = Town(blocks=20, people=9000, places=[Place("S1", "school", 500.0, 1000.0)]).write(tmp_path)
    ways = folder / "ways.csv"
    head, *lines = ways.read_text("utf-8").splitlines()
    kept = []
    for line in lines:
        way_id, highway, name, refs = line.split(",")
        ids = refs.split()
        if int(way_id) < 100:
            west, east = (f"{highway},{name},{' '.join(part)}" for part in (ids[:11], ids[11:]))
            kept += [f"{way_id},{west}", f"{int(way_id) + 500},{east}"]
        else:
            kept.append(line)
    kept.sort(key=lambda line: int(line.split(",")[0]))
    ways.write_text("\n".join([head, *kept]) + "\n", "utf-8")
    with (folder / "nodes.csv").open("a", encoding="utf-8") as nodes:
        nodes.write(margin(2000, 2000))
    found = run(read_study(folder), read_parameters(), load_rules(), Variant(), Silent())
    gaps = found.gaps[found.gaps["subdistrict"] == "2"]
    assert set(gaps["cause"]) == {"disconnected"}
    assert set(found.homes.loc[found.homes["nearest_school_s"].isna(), "subdistrict"]) == {"2"}


@pytest.mark.parametrize(("known", "expected"), [("2", "paid_or_closed"), ("", "none")])
def test_a_paid_escalator_between_town_and_school_is_named_as_the_cause(
    tmp_path: Path, known: str, expected: str
) -> None:
    """The school stands on a quarter of its own; the long way round leads there, or the belt, for a fee."""
    town = Town(blocks=10, people=9000, places=[Place("S1", "school", 1250.0, 500.0)]).write(tmp_path)
    quarter = {900: (1150, 500), 901: (1250, 500), 902: (1250, 600), 903: (1250, 2500), 904: (0, 2500)}
    with (town / "nodes.csv").open("a", encoding="utf-8") as nodes:
        for k, xy in quarter.items():
            lon, lat = lonlat(*xy)
            nodes.write(f"{k},{lon:.7f},{lat:.7f},\n")
        nodes.write(margin(3000, 1000))
    ways = town / "ways.csv"
    head, *lines = ways.read_text("utf-8").splitlines()
    # corner 66 is the middle of the town's east side, corner 111 its north-west
    added = ["200,steps,,66 900,yes", "201,residential,,900 901 902,", "202,tertiary,,902 903 904 111,"]
    rows = [f"{head.replace('node_ids', 'x')},conveying", *(f"{line}," for line in lines), *added]
    order = [0, 1, 2, 4, 3]
    cells = [[row.split(",")[k] for k in order] for row in rows]
    cells[0] = ["way_id", "highway", "name", "conveying", "node_ids"]
    ways.write_text("\n".join(",".join(row) for row in cells) + "\n", "utf-8")
    fee = f"V1,escalator,皇冠,way,200,,,,,,,,,{known},,both,,in_service,known,by hand,high,\n"
    (town / "vertical_links.csv").write_text(REGISTER + fee, "utf-8")
    found = run(read_study(town), read_parameters(), load_rules(), Variant(), Silent())
    west = causes(found)
    assert ("paid_or_closed" in west) == (expected == "paid_or_closed")
    with_fare = run(read_study(town), read_parameters(), load_rules(), Variant(paid=True), Silent())
    assert "paid_or_closed" not in causes(with_fare)

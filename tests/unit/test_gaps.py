"""Homes beyond the cutoff become gaps: clusters, numbers, ranks, words; and the links that may be missing."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from servicecircle.causes import Cause
from servicecircle.clusters import find_clusters, name_cluster
from servicecircle.crs import to_lonlat, to_metric
from servicecircle.gap_table import GAPS
from servicecircle.gaps import Gaps
from servicecircle.graph import Graph, make_graph
from servicecircle.ingest.parameters import read_parameters
from servicecircle.ingest.study import read_study
from servicecircle.ingest.walkable import load_rules
from servicecircle.link_table import MISSING_LINKS
from servicecircle.model import Study, Variant
from servicecircle.pipeline import Results, run
from tests.conftest import Silent
from tests.planted import Plant, gaps_in, plant
from tests.sketch import PARAMETERS
from tests.town import CRS, Place, Town, lonlat

REGISTER = (
    "link_id,kind,name,osm_type,osm_id,from_lon,from_lat,to_lon,to_lat,rise_m,length_m,ride_s,wait_s,fee_cny,"
    "opening_hours,direction,wheelchair,state,joins,source,confidence,note\n"
)
ONE = np.array(["1"] * 9, dtype=object)


@pytest.fixture(scope="module")
def narrow() -> tuple[Plant, Gaps]:
    """Plant a village that one short link would join to its town."""
    truth = plant(3, Cause.MISSING_LINK)
    return truth, gaps_in(truth.study)


def street(seconds: list[float]) -> Graph:
    """Nodes in a row, with the seconds between each and the next, both ways."""
    k = np.arange(len(seconds))
    return make_graph(len(k) + 1, np.r_[k, k + 1], np.r_[k + 1, k], np.r_[seconds, seconds])


def cluster(graph: Graph, x: list[float], area: np.ndarray = ONE) -> list[int]:
    """Label homes on a line, one at each node."""
    xy = np.column_stack([x, np.zeros(len(x))])
    return find_clusters(graph, np.arange(len(x)), xy, area[: len(x)], 120.0, 300.0).tolist()


def test_neighbours_are_near_in_plan_and_near_on_foot() -> None:
    assert cluster(street([100.0, 100.0]), [0, 119, 238]) == [0, 0, 0]
    assert cluster(street([100.0, 100.0]), [0, 119, 240]) == [0, 0, 1]
    assert cluster(street([100.0, 301.0]), [0, 50, 100]) == [0, 0, 1]
    assert cluster(street([100.0, np.inf]), [0, 50, 100]) == [0, 0, 1]


def test_one_way_that_is_quick_makes_neighbours() -> None:
    down = make_graph(2, np.array([1, 0]), np.array([0, 1]), np.array([200.0, 900.0]))
    assert cluster(down, [0, 50]) == [0, 0]


def test_a_passage_nobody_has_mapped_splits_no_neighbourhood() -> None:
    """Back to back, 30 m apart, four minutes round the block."""
    assert cluster(street([240.0]), [0, 30]) == [0, 0]


def test_a_cluster_never_spans_two_areas() -> None:
    assert cluster(street([10.0, 10.0]), [0, 20, 40], np.array(["1", "2", "1"], dtype=object)) == [0, 1, 0]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), min_size=2, max_size=12, unique=True),
    st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11), st.integers(1, 400)), max_size=30),
)
def test_clusters_are_what_neighbours_join(at: list[tuple[int, int]], arcs: list[tuple[int, int, int]]) -> None:
    """Against every pair by hand: least seconds by Floyd and Warshall, clusters by hand to hand."""
    n = len(at)
    seconds = np.full((n, n), np.inf)
    np.fill_diagonal(seconds, 0.0)
    for a, b, cost in arcs:
        if a < n and b < n:
            seconds[a, b] = min(seconds[a, b], cost)
    tail, head = np.nonzero(np.isfinite(seconds) & ~np.eye(n, dtype=bool))
    graph = make_graph(n, tail, head, seconds[tail, head])
    for k in range(n):
        seconds = np.minimum(seconds, seconds[:, [k]] + seconds[[k]])
    xy = np.array(at, dtype=float)
    near = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1)) <= 120
    joined = near & (np.minimum(seconds, seconds.T) <= 300)
    label = list(range(n))
    for _ in range(n):
        label = [min(label[j] for j in range(n) if joined[i, j]) for i in range(n)]
    found = find_clusters(graph, np.arange(n), xy, np.array(["1"] * n, dtype=object), 120.0, 300.0)
    assert [[found[i] == found[j] for j in range(n)] for i in range(n)] == [[a == b for b in label] for a in label]


def test_the_name_of_a_cluster_outlives_most_changes_of_its_homes() -> None:
    rng = np.random.default_rng(7)
    homes = rng.uniform([106.5, 29.5], [106.6, 29.6], (100, 2))
    kept = sum(name_cluster(np.delete(homes, k, axis=0)) == name_cluster(homes) for k in range(100))
    assert kept == 99
    assert name_cluster(homes[::-1]) == name_cluster(homes)


def test_columns_are_the_published_ones(narrow: tuple[Plant, Gaps]) -> None:
    _, found = narrow
    assert list(found.table.columns) == GAPS
    assert list(found.missing_links.columns) == MISSING_LINKS
    assert len(found.missing_links) == 1


def test_the_missing_link_really_does_what_is_said_of_it(narrow: tuple[Plant, Gaps]) -> None:
    """Built as a street between the two points told, in the real network, it closes the gap."""
    truth, found = narrow
    link = found.missing_links.iloc[0]
    assert link["status"] == "candidate"
    assert link["homes"] == found.table["homes"].iloc[0]
    assert link["gap_share"] == pytest.approx(1.0)
    assert truth.strip.contains(shapely.Point(link["from_lon"], link["from_lat"]))
    built = with_link(truth.study, link.geometry)
    assert gaps_in(built).table.empty


def test_a_link_that_leads_through_a_house_is_no_candidate(narrow: tuple[Plant, Gaps]) -> None:
    truth, _ = narrow
    corners = {"building_id": ["b"], "building": ["wall"], "levels": [1.0], "height_m": [3.0]}
    wall = gpd.GeoDataFrame(
        corners | {"name": [None], "use": [None], "layer": [None]},
        geometry=[thin(truth.strip)],
        crs="EPSG:4326",
    )
    study = dataclasses.replace(truth.study, area=dataclasses.replace(truth.study.area, buildings=wall))
    found = gaps_in(study)
    assert found.table["cause"].tolist() == ["detour"]
    assert found.missing_links.empty


def with_link(study: Study, line: shapely.LineString) -> Study:
    """Add a way between the network's points nearest to the ends of a line."""
    nodes = study.ways.nodes
    xy = to_metric(nodes[["lon", "lat"]].to_numpy(), CRS)
    ends = to_metric(shapely.get_coordinates(line), CRS)
    # the points of the link lie on streets: cut these where the link ends
    ways, refs = study.ways.ways, np.split(study.ways.refs, study.ways.offsets[1:-1])
    row = dict.fromkeys(nodes.columns)
    added = []
    for k, end in enumerate(ends):
        number = int(nodes.index.max()) + 1
        lon, lat = to_lonlat(end[None], CRS)[0]
        nodes = pd.concat(
            [nodes, pd.DataFrame([row], index=pd.Index([number], name="node_id")).assign(lon=lon, lat=lat)]
        )
        at = dict(zip(study.ways.nodes.index, xy, strict=True)) | dict(added)
        distance = [
            (shapely.LineString([at[a], at[b]]).distance(shapely.Point(end)), w, i)
            for w, ids in enumerate(refs)
            for i, (a, b) in enumerate(itertools.pairwise(ids.tolist()))
        ]
        _, way, i = min(distance)
        refs[way] = np.insert(refs[way], i + 1, number)
        added.append((number, end))
        assert k < 2
    refs.append(np.array([number for number, _ in added]))
    tags = ways.iloc[[0]].set_axis(pd.Index([int(ways.index.max()) + 1], name="way_id"))
    offsets = np.r_[0, np.cumsum([len(ids) for ids in refs])]
    nodes = nodes.astype({"lon": float, "lat": float})
    built = dataclasses.replace(
        study.ways, nodes=nodes, ways=pd.concat([ways, tags]), refs=np.concatenate(refs), offsets=offsets
    )
    return dataclasses.replace(study, ways=built)


def thin(strip: shapely.Polygon) -> shapely.Polygon:
    """Return a wall along the middle of a strip, from end to end."""
    corners = shapely.get_coordinates(strip)[:4]
    a, b, c, d = corners  # box corners: south-east, north-east, north-west, south-west
    south, north = (a + d) / 2, (b + c) / 2
    reach = (north - south) * 2
    return shapely.LineString([south - reach, north + reach]).buffer(2e-5)


def test_numbers_of_a_gap_are_those_of_its_homes(narrow: tuple[Plant, Gaps]) -> None:
    truth, found = narrow
    row = found.table.iloc[0]
    assert truth.study.people is not None
    own = truth.study.people.set_index("demand_id").loc[sorted(truth.village)]
    assert row["homes"] == len(own)
    assert row["people"] == pytest.approx(own["people"].sum())
    assert row["least_excess_s"] <= row["mean_excess_s"] <= row["most_excess_s"]
    assert row["nearest_s"] == pytest.approx(row["mean_excess_s"] + PARAMETERS.coverage.cutoff_s)
    assert row["person_minutes"] == pytest.approx(row["people"] * row["mean_excess_s"] / 60)
    assert (row["rank_low"], row["rank"], row["rank_high"]) == (1, 1, 1)
    assert (row["nearest_facility_id"], row["straight_facility_id"]) == ("S1", "S1")
    assert row["subdistrict_name"] == "东乡街道"


def test_the_outline_holds_its_homes_and_the_point_lies_in_it(narrow: tuple[Plant, Gaps]) -> None:
    truth, found = narrow
    row = found.table.iloc[0]
    assert truth.study.people is not None
    homes = truth.study.people.set_index("demand_id").loc[sorted(truth.village)]
    assert shapely.contains(row.geometry, homes.geometry.to_numpy()).all()
    assert row.geometry.contains(shapely.Point(row["lon"], row["lat"]))


@pytest.mark.parametrize("cause", list(Cause))
def test_explanations_say_who_how_far_why_and_what_would_help(cause: Cause) -> None:
    row = gaps_in(plant(11, cause).study).table.iloc[0]
    people = f"{round(row['people'], -1):.0f}"
    for text in (row["explanation_zh"], row["explanation_en"]):
        assert people in text
        assert "None" not in text
        assert "nan" not in text
    if np.isfinite(row["nearest_s"] or np.nan):
        assert f"平均{row['nearest_s'] / 60:.0f}分钟" in row["explanation_zh"]
        assert f"walk {row['nearest_s'] / 60:.0f} minutes on average" in row["explanation_en"]
    assert WORDS[cause][0] in row["explanation_zh"]
    assert WORDS[cause][1] in row["explanation_en"]
    assert row["suggestion_zh"]
    assert row["suggestion_en"]


WORDS = {
    Cause.UNLOCATED_PLACE: ("1处该类点位没有坐标（某小学）", "1 place of this kind in the subdistrict has no position"),
    Cause.BEYOND_EXTRACT: ("路网数据的边缘", "edge of the street data"),
    Cause.DISCONNECTED: ("都不相连", "cannot walk to any campus parent school"),
    Cause.TOO_FAR: ("直线1000米以内没有", "No such place lies within 1000 m"),
    Cause.BARRIER: ("绕过东河", "leads round 东河"),
    Cause.MISSING_LINK: ("只差一段连接", "One short link is missing"),
    Cause.PAID_OR_CLOSED: ("crown收费或停用", "crown costs a fare or is closed"),
    Cause.TERRAIN: ("若是平地只需", "near enough on the level"),
    Cause.DETOUR: ("绕远", "a long way round"),
}


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


def test_ranks_are_by_people_times_minutes_and_their_range_is_over_every_model(tmp_path: Path) -> None:
    places = [Place("S1", "school", 0.0, 1000.0), Place("C1", "community", 0.0, 0.0)]
    found = compute(Town(blocks=20, people=9000, places=places), tmp_path)
    for tier in ("school", "community"):
        gaps = found.gaps[found.gaps["tier"] == tier]
        assert gaps["rank"].tolist() == list(range(1, len(gaps) + 1))
        assert gaps["person_minutes"].is_monotonic_decreasing
        assert (gaps["rank_low"] <= gaps["rank"]).all()
        assert (gaps["rank"] <= gaps["rank_high"]).all()
        assert (gaps["person_minutes_low"] <= gaps["person_minutes"]).all()
        assert (gaps["person_minutes"] <= gaps["person_minutes_high"]).all()


def test_too_few_people_and_a_candidate_near_by_make_no_gap() -> None:
    study = plant(4, Cause.DETOUR).study
    assert study.people is not None
    few = study.people.assign(people=study.people["people"] * 0.01)
    assert gaps_in(dataclasses.replace(study, people=few)).table.empty
    places = study.facilities.copy()
    village = study.people.loc[study.people["demand_id"] == "v00", "geometry"].to_numpy()[0]
    places.loc[1, ["status", "approximate"]] = ["candidate", True]
    places.loc[1, "geometry"] = village
    assert gaps_in(dataclasses.replace(study, facilities=places)).table.empty

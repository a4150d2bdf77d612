"""The tables of a study folder: what a good file gives, and what each bad one says."""

from __future__ import annotations

import csv
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from servicecircle.errors import InputError
from servicecircle.ingest.demand import read_demand, read_population
from servicecircle.ingest.facilities import read_categories, read_facilities
from servicecircle.ingest.study import read_study
from servicecircle.schemas import FACILITY_COLUMNS, FACILITY_OPTIONAL

EXTENT = (106.48, 29.52, 106.60, 29.58)
CATEGORIES = pd.DataFrame(
    {"name_zh": ["爱国主义教育", "健康教育"], "name_en": ["Patriotic education", "Health"], "published": [True, True]},
    pd.Index(["patriotic", "health"], name="category"),
)
GOOD = dict.fromkeys(FACILITY_COLUMNS, "") | {
    "facility_id": "school-001",
    "kind": "school",
    "name": "人和街小学",
    "lon": "106.5512345",
    "lat": "29.5601234",
    "status": "loaded",
    "source": "plan of 2024-05-21",
    "position_source": "OpenStreetMap",
    "position_confidence": "building",
    "datum": "wgs84",
    "redistributable": "true",
    "level": "primary",
}
BASE = {"kind": "base", "category": "health", "level": ""}
UNLOCATED = {"lon": "", "lat": "", "position_confidence": "none", "datum": "", "position_source": ""}


def write(folder: Path, *changes: dict[str, str], encoding: str = "utf-8") -> Path:
    """Write good rows, each with its changes; line 2 is the first row."""
    path = folder / "facilities.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        more = dict.fromkeys(name for change in changes for name in change if name in FACILITY_OPTIONAL)
        writer = csv.DictWriter(file, [*FACILITY_COLUMNS, *more], restval="", lineterminator="\n")
        writer.writeheader()
        for i, change in enumerate(changes, 1):
            writer.writerow(GOOD | {"facility_id": f"school-{i:03}"} | change)
    return path


def read(path: Path) -> gpd.GeoDataFrame:
    return read_facilities(path, CATEGORIES, EXTENT)


def test_places_keep_their_row_tier_and_position(tmp_path: Path) -> None:
    venue = BASE | {"kind": "venue", "position_confidence": "street", "status": "candidate", "redistributable": "false"}
    places = read(write(tmp_path, {}, venue, BASE | UNLOCATED))
    assert places.crs == "EPSG:4326"
    assert places["tier"].tolist() == ["school", "base", "base"]
    assert places["located"].tolist() == [True, False, False]
    assert places["approximate"].tolist() == [False, True, False]
    assert places["row"].tolist() == [2, 3, 4]
    assert places["redistributable"].tolist() == [True, False, True]
    assert places.geometry.is_empty.tolist() == [False, False, True]
    assert (places.geometry[0].x, places.geometry[0].y) == (106.5512345, 29.5601234)
    assert places["lon"].isna().tolist() == [False, False, True]
    assert places["category"].isna().tolist() == [True, False, False]


@pytest.mark.parametrize(
    "name", ["<img src=x onerror=alert(1)>", "=HYPERLINK(1)", "${alert(1)}", '"; DROP', "NaN", "NA"]
)
def test_hostile_names_stay_as_they_are(tmp_path: Path, name: str) -> None:
    assert read(write(tmp_path, {"name": name}))["name"].tolist() == [name]


def test_a_byte_order_mark_and_extra_columns_are_welcome(tmp_path: Path) -> None:
    path = write(tmp_path, {}, encoding="utf-8-sig")
    path.write_text(path.read_text("utf-8").replace("note\n", "note,x_phone\n", 1).rstrip() + ",023\n", "utf-8")
    assert read(path)["x_phone"].tolist() == ["023"]


def test_rows_are_lines_of_the_file_even_below_a_quoted_line_break(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        read(write(tmp_path, {"note": "one\ntwo"}, {"kind": "shop"}))
    assert [(f.row, f.column) for f in error.value.faults] == [(2, "note"), (4, "kind")]


@pytest.mark.parametrize(
    ("change", "column", "problem", "remedy"),
    [
        ({"facility_id": ""}, "facility_id", "not an id", "letters"),
        ({"facility_id": "../x"}, "facility_id", "not an id", "letters"),
        ({"name": "  \u3000"}, "name", "name is empty", "give the place's name"),
        ({"name": "小学\u202egpj"}, "name", "U+202E RIGHT-TO-LEFT OVERRIDE", "delete it"),
        ({"name": "小\u200b学"}, "name", "U+200B ZERO WIDTH SPACE", "delete it"),
        ({"name": "小学\x07"}, "name", "U+0007", "delete it"),
        ({"name": "小学\x00"}, "name", "U+0000", "delete it"),
        ({"address": "a\tb"}, "address", "U+0009", "delete it"),
        ({"kind": "shop"}, "kind", "unknown kind", "school, community, base, venue"),
        ({"status": "Loaded"}, "status", "unknown status", "loaded, candidate, verified"),
        (BASE | {"category": "fun"}, "category", "unknown category", "patriotic"),
        (BASE | {"category": ""}, "category", "no category", "patriotic, health"),
        ({"category": "health"}, "category", "only bases and venues", "leave it empty"),
        ({"position_confidence": "sure"}, "position_confidence", "unknown", "entrance"),
        ({"position_confidence": "none"}, "position_confidence", "a position of no confidence", "how it was found"),
        (UNLOCATED | {"position_confidence": "street"}, "position_confidence", "without a position", "or none"),
        ({"redistributable": "yes"}, "redistributable", "unknown redistributable", "true, false"),
        ({"redistributable": ""}, "redistributable", "unknown redistributable", "true, false"),
        ({"designations": "brand;prize"}, "designations", "unknown or repeated", "practice_base"),
        ({"designations": "brand;brand"}, "designations", "unknown or repeated", "practice_base"),
        ({"level": "university"}, "level", "unknown level", "primary"),
        ({"datum": "cgcs"}, "datum", "unknown datum", "wgs84, gcj02, bd09"),
        ({"datum": ""}, "datum", "no datum", "wgs84"),
        ({"source": " "}, "source", "no source", "make it a candidate"),
        ({"position_source": ""}, "position_source", "no source of the position", "where it comes from"),
        ({"lon": "NaN"}, "lon", "not a number", "plain digits"),
        ({"lat": "inf"}, "lat", "not a number", "plain digits"),
        ({"lat": "1e999"}, "lat", "not a number", "plain digits"),
        ({"lon": "106°33'"}, "lon", "not a number", "plain digits"),
        ({"lon": "106,55"}, "lon", "not a number", "plain digits"),
        ({"lon": "１０６.５５"}, "lon", "not a number", "plain digits"),
        ({"lon": "106_0.5"}, "lon", "not a number", "plain digits"),
        ({"lon": ""}, "lon, lat", "half a position", "give both, or neither"),
        ({"lat": ""}, "lon, lat", "half a position", "give both, or neither"),
        ({"lon": "29.5601234", "lat": "106.5512345"}, "lon, lat", "looks swapped", "longitude goes into lon"),
        ({"lon": "106.6037", "lat": "29.5571"}, "lon, lat", "GCJ-02 or BD-09", "convert it to WGS-84"),
        ({"lon": "0", "lat": "0"}, "lon, lat", "outside the walking network", "106.4800 to 106.6000"),
        ({"lon": "116.39", "lat": "39.9"}, "lon, lat", "outside the walking network", "within lon"),
    ],
)
def test_a_bad_cell_is_named(tmp_path: Path, change: dict[str, str], column: str, problem: str, remedy: str) -> None:
    with pytest.raises(InputError) as error:
        read(write(tmp_path, {}, change))
    [fault] = error.value.faults
    assert (fault.file, fault.row, fault.column) == ("facilities.csv", 3, column)
    assert problem in fault.problem
    assert remedy in fault.remedy
    expected = ", ".join((GOOD | {"facility_id": "school-002"} | change)[name] for name in column.split(", "))
    assert fault.value == expected


def test_all_faults_come_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    twice = {"facility_id": "school-001", "status": "?", "lon": "x"}
    with pytest.raises(InputError) as error:
        read(write(tmp_path, {}, twice, {"kind": "?", "name": ""}))
    found = [(f.row, f.column) for f in error.value.faults]
    assert found == [(3, "facility_id"), (3, "lon"), (3, "status"), (4, "kind"), (4, "name")]
    assert "facilities.csv, row 3, column facility_id: the id occurs twice (value: 'school-001')" in str(error.value)


def test_rows_of_a_wrong_width_do_not_hide_other_faults(tmp_path: Path) -> None:
    path = write(tmp_path, {}, {"kind": "?"})
    path.write_text(path.read_text("utf-8") + "a,b\n", "utf-8")
    with pytest.raises(InputError) as error:
        read(path)
    assert [(f.row, f.problem[:7]) for f in error.value.faults] == [(3, "unknown"), (4, "2 cells")]


@pytest.mark.parametrize(
    ("content", "problem", "remedy"),
    [
        (b"", "the file is empty", "begin with a header"),
        (b"\xef\xbb\xbf\n", "the file is empty", "begin with a header"),
        ((",".join(FACILITY_COLUMNS) + "\n").encode(), "no rows below the header", "at least one row"),
        ("名称\n小学\n".encode("gb18030"), "not UTF-8: byte 0 is 0xc3", "save it as UTF-8 CSV"),
        (b"\xef\xbb\xbfname\xff", "not UTF-8: byte 7 is 0xff", "save it as UTF-8 CSV"),
        (b"PK\x03\x04\x00", "a workbook or archive", "save the sheet as UTF-8 CSV"),
        ((",".join(FACILITY_COLUMNS) + '\n"a').encode(), "not CSV", "close each quote"),
    ],
)
def test_a_bad_file_is_named(tmp_path: Path, content: bytes, problem: str, remedy: str) -> None:
    path = tmp_path / "facilities.csv"
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        read(path)
    fault = error.value.faults[0]
    assert fault.file == "facilities.csv"
    assert problem in fault.problem
    assert remedy in fault.remedy


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"facilities\.csv: cannot be read: No such file.*check the path"):
        read(tmp_path / "facilities.csv")


def test_a_bad_header_is_named_column_by_column(tmp_path: Path) -> None:
    header = [*FACILITY_COLUMNS, "phone", "name"]
    header.remove("datum")
    (tmp_path / "facilities.csv").write_text(",".join(header) + "\n", "utf-8")
    with pytest.raises(InputError) as error:
        read(tmp_path / "facilities.csv")
    found = [(f.row, f.column, f.problem) for f in error.value.faults]
    assert found == [
        (1, "datum", "the column is missing"),
        (1, "phone", "an unknown column"),
        (1, "name", "the column occurs twice"),
    ]


def test_categories_keep_their_order(tmp_path: Path) -> None:
    path = tmp_path / "categories.toml"
    entry = '[[category]]\nid = "{0}"\nname_zh = "{0}教育"\nname_en = "{0}"\npublished = false\nnote = ""\n'
    path.write_text(entry.format("patriotic") + entry.format("health"), "utf-8")
    categories = read_categories(path)
    assert categories.index.tolist() == ["patriotic", "health"]
    assert categories["published"].tolist() == [False, False]
    assert categories["name_zh"].tolist() == ["patriotic教育", "health教育"]


@pytest.mark.parametrize(
    ("content", "row", "column", "problem"),
    [
        ('category = "a"', None, "category", "no [[category]]"),
        ("[[category", None, None, "not TOML"),
        ('[[category]]\nid = "a"\nname_zh = "甲"\nname_en = "A"\npublished = "no"', 1, "published", "of a wrong type"),
        ('\n[[category]]\nid = "a"\nname_zh = "甲"\nname_en = "A"', 2, "published", "the key is missing"),
        ('[[category]]\nid = "a b"\nname_zh = "甲"\nname_en = "A"\npublished = true', 1, "id", "not an id"),
        ('[[category]]\nid = "a"\nname_zh = ""\nname_en = "A"\npublished = true', 1, "name_zh", "the name is empty"),
    ],
)
def test_bad_categories_are_named(
    tmp_path: Path, content: str, row: int | None, column: str | None, problem: str
) -> None:
    path = tmp_path / "categories.toml"
    path.write_text(content, "utf-8")
    with pytest.raises(InputError) as error:
        read_categories(path)
    [fault] = error.value.faults
    assert (fault.file, fault.row, fault.column) == ("categories.toml", row, column)
    assert problem in fault.problem


def test_population_leaves_unknown_figures_missing(tmp_path: Path) -> None:
    path = tmp_path / "population.csv"
    header = "unit,code,name,year,measure,value,measure_unit,source,confidence,note\n"
    path.write_text(
        header + "district,500103,渝中区,2020,resident_census,588717,person,census,high,\n"
        "subdistrict,500103001,七星岗街道,2020,resident_census,,person,none found,none,\n",
        "utf-8",
    )
    figures = read_population(path)
    assert figures.index.tolist() == [2, 3]
    assert figures["value"].iloc[0] == 588717
    assert figures["value"].isna().tolist() == [False, True]
    path.write_text(header + "town,1,甲,20.5,m,-3,person,census,high,\n", "utf-8")
    with pytest.raises(InputError) as error:
        read_population(path)
    assert [f.column for f in error.value.faults] == ["unit", "year", "value"]


def test_a_users_own_homes_are_read_and_checked(tmp_path: Path) -> None:
    path = tmp_path / "homes.csv"
    path.write_text("demand_id,lon,lat,people\nh1,106.55,29.55,12.5\nh2,106.56,29.56,0\n", "utf-8")
    homes = read_demand(path, EXTENT)
    assert homes["people"].tolist() == [12.5, 0]
    assert homes.geometry.x.tolist() == [106.55, 106.56]
    path.write_text("demand_id,lon,lat,people\nh1,106.55,29.55,-1\nh1,,,x\nh3,29.56,106.56,nan\n", "utf-8")
    with pytest.raises(InputError) as error:
        read_demand(path, EXTENT)
    found = [(f.row, f.column, f.problem) for f in error.value.faults]
    assert found == [
        (2, "people", "fewer than 0 people"),
        (3, "demand_id", "the id occurs twice"),
        (3, "lon, lat", "no position"),
        (3, "people", "not a number"),
        (4, "lon, lat", "looks swapped"),
        (4, "people", "not a number"),
    ]


HEADERS = {
    "routes.csv": "route_id,name,theme,provenance,source,date,note",
    "route_stops.csv": "route_id,seq,name,facility_id,lon,lat,position_confidence,note",
    "vertical_links.csv": "link_id,kind,name,osm_type,osm_id,from_lon,from_lat,to_lon,to_lat,rise_m,length_m,ride_s,"
    "wait_s,fee_cny,opening_hours,direction,wheelchair,state,joins,source,confidence,note",
}
ROWS = {
    "routes.csv": "R01,红色路线,red,published,page,,",
    "route_stops.csv": "R01,1,中心小学,,106.55,29.55,street,",
    "vertical_links.csv": "n7,lift,电梯,node,7,,,,,12.5,,,,1,,both,,,,map,,",
}


def put(folder: Path, name: str, *rows: str) -> None:
    (folder / name).write_text("\n".join([HEADERS[name], *rows]) + "\n", "utf-8")


def test_tables_of_links_and_routes_may_be_missing_or_empty(town: Path) -> None:
    for name in HEADERS:
        assert not (town / name).exists()
    bare = read_study(town)
    for name in HEADERS:
        put(town, name)
    for study in (bare, read_study(town)):
        for table, name in ((study.routes, "routes.csv"), (study.stops, "route_stops.csv")):
            columns = HEADERS[name].split(",")  # what may be left out comes after, and is unknown
            assert (table.columns.tolist()[: len(columns)], len(table)) == (columns, 0)
        assert study.links["osm_id"].tolist() == []


def test_links_and_routes_are_read(town: Path) -> None:
    for name, row in ROWS.items():
        put(town, name, row)
    study = read_study(town)
    assert study.links.loc[0, ["osm_id", "rise_m", "fee_cny"]].tolist() == [7, 12.5, 1]
    assert study.links[["ride_s", "opening_hours"]].isna().all(axis=None)
    assert study.routes["route_id"].tolist() == ["R01"]
    assert study.stops.loc[0, ["seq", "lon"]].tolist() == [1, 106.55]
    assert study.stops[["facility_id", "note"]].isna().all(axis=None)
    assert {*HEADERS} < {*study.inputs}


@pytest.mark.parametrize(
    ("name", "second", "column", "problem"),
    [
        ("routes.csv", "R01,又一条,red,published,page,,", "route_id", "the id occurs twice"),
        ("routes.csv", "R 2,又一条,red,published,page,,", "route_id", "not an id"),
        ("routes.csv", "R02,又一条\u202e,red,published,page,,", "name", "hidden character"),
        ("routes.csv", "R02,又一条", None, "2 cells where the header has 7"),
        ("route_stops.csv", "R01,1,又一站,,,,none,", "route_id, seq", "the stop occurs twice"),
        ("route_stops.csv", "R01,,又一站,,,,none,", "seq", "no place in the route"),
        ("route_stops.csv", "R01,2,又一站,,东,29.55,none,", "lon", "not a number"),
        ("route_stops.csv", "R09,1,又一站,,,,none,", "route_id", "no such route"),
        (
            "vertical_links.csv",
            "n8,lift,,node,7,,,,,,,,,,,both,,,,map,,",
            "osm_type, osm_id",
            "the object occurs twice",
        ),
        ("vertical_links.csv", "n7,lift,,node,8,,,,,,,,,,,both,,,,map,,", "link_id", "the id occurs twice"),
        ("vertical_links.csv", "n8,lift,,node,8,,,,,,,,,2元,,both,,,,map,,", "fee_cny", "not a number"),
        ("vertical_links.csv", "n8,lift,,node,nan,,,,,,,,,,,both,,,,map,,", "osm_id", "not a number"),
    ],
)
def test_a_bad_row_of_links_or_routes_is_named(
    town: Path, name: str, second: str, column: str | None, problem: str
) -> None:
    for other, row in ROWS.items():
        put(town, other, row)
    put(town, name, ROWS[name], second)
    with pytest.raises(InputError) as error:
        read_study(town)
    [fault] = error.value.faults
    assert (fault.file, fault.row, fault.column) == (name, 3, column)
    assert problem in fault.problem


def test_a_table_of_links_or_routes_has_the_faults_of_every_table(town: Path) -> None:
    (town / "routes.csv").write_bytes("名称\n".encode("gb18030"))
    with pytest.raises(InputError, match=r"routes\.csv, row 1: not UTF-8"):
        read_study(town)
    (town / "routes.csv").write_text("route_id,name,theme,provenance,source,date\n", "utf-8")
    with pytest.raises(InputError, match=r"routes\.csv, row 1, column note: the column is missing"):
        read_study(town)


def test_a_folder_needs_categories_and_people(town: Path) -> None:
    (town / "categories.toml").unlink()
    (town / "population.csv").unlink()
    with pytest.raises(InputError) as error:
        read_study(town)
    assert [f.file for f in error.value.faults] == ["categories.toml", "population.csv"]
    assert "people.csv" in error.value.faults[1].remedy


def test_people_of_ones_own_stand_in_for_the_published_figures(town: Path) -> None:
    lon, lat = read_study(town).ways.nodes[["lon", "lat"]].mean()
    (town / "people.csv").write_text(f"demand_id,lon,lat,people\nh1,{lon},{lat},12.5\n", "utf-8")
    both = read_study(town)
    (town / "population.csv").unlink()
    alone = read_study(town)
    for study, figures in ((both, [1000]), (alone, [])):
        assert study.people is not None
        assert study.people["people"].tolist() == [12.5]
        assert study.population["value"].tolist() == figures
        assert "people.csv" in study.inputs
    (town / "people.csv").write_text("demand_id,lon,lat,people\nh1,0,0,1\n", "utf-8")
    with pytest.raises(InputError, match=r"people\.csv, row 2, column lon, lat: outside the walking network"):
        read_study(town)


def test_a_head_without_its_keys_is_named(town: Path) -> None:
    (town / "study.toml").write_text('id = "town"\nname_zh = "镇"\nname_en = "Town"\ncrs = "EPSG:32648"\n', "utf-8")
    with pytest.raises(InputError, match=r"study\.toml, column data_date: no data_date"):
        read_study(town)
    (town / "study.toml").write_text("id = ", "utf-8")
    with pytest.raises(InputError, match=r"study\.toml: not TOML"):
        read_study(town)


PARTICULARS = {
    "access": ("everyone", "unknown access"),
    "opening_hours": ("from nine to five", "not opening hours"),
    "capacity": ("0", "not a number of people"),
    "website": ("javascript:alert(1)", "not a web address"),
    "contact": ("校长 138 1234 5678", "looks like a personal telephone or identity number"),
    "name": ("李老师 13812345678", "looks like a personal telephone or identity number"),
    "note": ("50010319900101123X", "looks like a personal telephone or identity number"),
    "open_from": ("2026/09/01", "not a date"),
    "relations": ("part_of:nowhere", "no such place"),
}


@pytest.mark.parametrize("column", [*PARTICULARS])
def test_a_wrong_particular_is_a_fault(tmp_path: Path, column: str) -> None:
    value, problem = PARTICULARS[column]
    with pytest.raises(InputError) as error:
        read(write(tmp_path, {column: value}))
    fault = error.value.faults[0]
    assert (fault.row, fault.column, fault.value, fault.problem) == (2, column, value, problem)


@pytest.mark.parametrize(
    ("relations", "problem"),
    [
        ("part_of:school-001", "related to itself"),
        ("near:school-001", "unknown relation"),
        ("partner:school-002;partner:school-002", "given twice"),
    ],
)
def test_a_wrong_relation_is_a_fault(tmp_path: Path, relations: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        read(write(tmp_path, {"relations": relations}, {}))


def test_particulars_are_kept(tmp_path: Path) -> None:
    given = {
        "access": "booking",
        "opening_hours": "Tu-Su 09:00-17:00; PH off",
        "capacity": "40",
        "website": "https://example.org/课程?a=1",
        "contact": "023-63001234",
        "relations": "partner:school-002;run_by:school-002",
        "open_from": "2026-09-01",
        "note": "OpenStreetMap node/13812345678",
    }
    places = read(write(tmp_path, given, {}))
    assert places.iloc[0][[*given]].to_dict() == given
    assert places.iloc[1][["access", "capacity", "relations"]].isna().all()

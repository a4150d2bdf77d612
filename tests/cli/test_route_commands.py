"""Study routes on the command line: checked, traced, exported; refused by name where they are none."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.cli.conftest import Ask
from tests.town import Town, lonlat

NAME = '<b>红色 & "研学"</b>'
GPX = "{http://www.topografix.com/GPX/1/1}"


@pytest.fixture(scope="module")
def routed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a town with a route that can be walked, one with a stop nobody has placed, and one of no stop at all."""
    town = Town().write(tmp_path_factory.mktemp("routed") / "town")
    stops = ["route_id,seq,name,facility_id,lon,lat,position_confidence,note"]
    for route, seq, name, xy in (
        ("R1", 1, "起点", (0, 0)),
        ("R1", 2, NAME.replace('"', '""'), (500, 0)),
        ("R1", 3, "终点", (500, 400)),
        ("R2", 1, "起点", (0, 0)),
        ("R2", 2, "无处", None),
        ("R2", 3, "终点", (900, 900)),
    ):
        lon, lat = (f"{degrees:.7f}" for degrees in lonlat(*xy)) if xy else ("", "")
        stops.append(f'{route},{seq},"{name}",,{lon},{lat},{"building" if xy else "none"},')
    (town / "route_stops.csv").write_text("\n".join(stops) + "\n", "utf-8")
    routes = ["route_id,name,theme,provenance,source,date,note"]
    routes += [f'{k},"{NAME.replace(chr(34), chr(34) * 2)}",red,published,by hand,2024,' for k in ("R1", "R2", "R3")]
    (town / "routes.csv").write_text("\n".join(routes) + "\n", "utf-8")
    return town


def strict(text: str) -> dict:
    """Parse JSON that any parser can read."""

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    return json.loads(text, parse_constant=refuse)


def test_traced_routes_come_with_their_legs(ask: Ask, routed: Path) -> None:
    answer = ask("route", "trace", "--data", routed, "--json")
    assert answer.code == 0
    found = strict(answer.out)
    routes = {row["route_id"]: row for row in found["routes"]}
    assert {row["walker"] for row in found["routes"]} == {"pupil"}
    assert list(routes) == ["R1", "R2", "R3"]
    assert routes["R1"]["metres"] == pytest.approx(900, rel=1e-3)
    assert routes["R1"]["seconds"] == pytest.approx(900, rel=1e-3)  # pupils: 1 m/s
    assert (routes["R1"]["at_least"], routes["R2"]["at_least"]) == (False, True)
    assert routes["R3"]["seconds"] is None
    assert [(leg["route_id"], leg["from_seq"], leg["to_seq"]) for leg in found["legs"]] == [
        ("R1", 1, 2),
        ("R1", 2, 3),
        ("R2", 1, 3),
    ]
    assert routes["R1"]["name"] == NAME


def test_one_route_is_the_same_alone_as_among_all(ask: Ask, routed: Path) -> None:
    every = strict(ask("route", "trace", "--data", routed, "--json").out)
    alone = strict(ask("route", "trace", "R2", "--data", routed, "--json").out)
    assert alone["routes"] == [row for row in every["routes"] if row["route_id"] == "R2"]
    assert alone["legs"] == [leg for leg in every["legs"] if leg["route_id"] == "R2"]


def test_checked_routes_say_what_stands_between(ask: Ask, routed: Path) -> None:
    answer = ask("route", "check", "--data", routed, "--json")
    assert answer.code == 0
    faults = strict(answer.out)["faults"]
    found = {(fault["route_id"], fault["seq"], fault["fault"]) for fault in faults}
    assert {("R2", 2, "unlocated"), ("R2", 1, "at_least")} <= found
    assert {fault["fault"] for fault in faults if fault["route_id"] == "R1"} == {"hours_unknown", "assumed"}
    verdicts = {row["route_id"]: row["feasible"] for row in strict(answer.out)["routes"]}
    assert verdicts == {"R1": "unknown", "R2": "unknown", "R3": "unknown"}


@pytest.mark.parametrize("command", ["check", "trace"])
def test_routes_for_people_are_printed_verbatim(ask: Ask, routed: Path, command: str) -> None:
    answer = ask("route", command, "--data", routed)
    assert answer.code == 0
    assert '红色 & "研学"' in answer.out


def test_an_exported_gpx_is_sound_and_in_the_order_of_the_route(ask: Ask, routed: Path, tmp_path: Path) -> None:
    out = tmp_path / "routes"
    answer = ask("route", "export", "--data", routed, "--out", out)
    assert answer.code == 0
    assert sorted(p.name for p in out.iterdir()) == ["R1.gpx", "R2.gpx", "R3.gpx"]
    assert answer.out.split() == [str(out / f"R{k}.gpx") for k in (1, 2, 3)]
    root = ET.parse(out / "R1.gpx").getroot()  # noqa: S314
    assert root.tag == f"{GPX}gpx"
    assert [w.findtext(f"{GPX}name") for w in root.findall(f"{GPX}wpt")] == ["1 起点", f"2 {NAME}", "3 终点"]
    track = [(float(p.attrib["lon"]), float(p.attrib["lat"])) for p in root.iter(f"{GPX}trkpt")]
    assert track[0] == pytest.approx(lonlat(0, 0), abs=1e-6)
    assert track[-1] == pytest.approx(lonlat(500, 400), abs=1e-6)


def test_an_exported_geojson_holds_stops_and_legs(ask: Ask, routed: Path, tmp_path: Path) -> None:
    ask("route", "export", "R1", "--data", routed, "--out", tmp_path, "--format", "geojson")
    features = strict((tmp_path / "R1.geojson").read_text("utf-8"))["features"]
    assert [f["properties"]["feature"] for f in features] == ["stop"] * 3 + ["leg"] * 2
    assert [f["geometry"]["type"] for f in features] == ["Point"] * 3 + ["LineString"] * 2


def test_an_export_twice_gives_the_same_bytes_and_leaves_other_files_alone(
    ask: Ask, routed: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine.txt").write_text("mine", "utf-8")
    ask("route", "export", "--data", routed, "--out", tmp_path)
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    ask("route", "export", "--data", routed, "--out", tmp_path)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before
    assert before["mine.txt"] == b"mine"


def test_an_unknown_route_format_or_folder_is_refused(ask: Ask, routed: Path, tmp_path: Path) -> None:
    for command in ("check", "trace", "export"):
        ask("route", command, "R9", "--data", routed).refuses("'R9'", "R1, R2, R3")
    out = tmp_path / "routes"
    ask("route", "export", "--data", routed, "--out", out, "--format", "doc").refuses("--format", "'doc'", "gpx")
    assert not out.exists()
    out.write_text("a file", "utf-8")
    ask("route", "export", "--data", routed, "--out", out).refuses("cannot write", "routes")
    assert out.read_text("utf-8") == "a file"


def test_a_town_without_routes_has_none_and_that_is_no_fault(ask: Ask, sound: Path) -> None:
    for command in ("check", "trace"):
        assert ask("route", command, "--data", sound).code == 0
        answer = ask("route", command, "--data", sound, "--json")
        assert answer.code == 0
        assert not [value for value in strict(answer.out).values() if isinstance(value, list) and value]
    assert not re.search("Traceback", ask("route", "check", "R1", "--data", sound).err)


OWN = """[route]
name = "半日红色游学"
age_band = "primary"
limit_minutes = 120
depart = "09:00"

[[stop]]
name = "起点"
lon = {0:.7f}
lat = {1:.7f}
dwell_minutes = 10
on_site = "outside"

[[stop]]
place = "S1"
dwell_minutes = 30
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Write a route by hand: from a corner of the town to its school."""
    path = tmp_path / "mine.toml"
    path.write_text(OWN.format(*lonlat(0, 0)), "utf-8")
    return path


def test_a_route_of_ones_own_is_checked_traced_and_exported(ask: Ask, routed: Path, own: Path, tmp_path: Path) -> None:
    answer = ask("route", "check", own, "--data", routed, "--json")
    assert answer.code == 0
    (verdict,) = strict(answer.out)["routes"]
    assert (verdict["route_id"], verdict["feasible"]) == ("own", "unknown")  # nobody knows the school's hours
    assert {f["fault"] for f in strict(answer.out)["faults"]} == {"long_leg", "hours_unknown", "assumed"}
    traced = strict(ask("route", "trace", own, "--data", routed, "--json").out)
    assert [(s["name"], s["arrive"], s["leave"]) for s in traced["stops"]] == [
        ("起点", "09:00", "09:10"),
        ("中心小学", "09:27", "09:57"),
    ]
    assert ask("route", "export", own, "--data", routed, "--out", tmp_path / "out", "--format", "kml").code == 0
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["own.kml"]


def test_a_route_that_takes_too_long_ends_with_no_way(ask: Ask, routed: Path, own: Path) -> None:
    own.write_text(own.read_text("utf-8").replace("= 120", "= 50"), "utf-8")
    answer = ask("route", "check", own, "--data", routed)
    assert answer.code == 3
    assert "不可行" in answer.out
    assert "超过时限50分钟" in answer.out


def test_a_wrong_route_file_is_refused_and_nothing_is_written(
    ask: Ask, routed: Path, own: Path, tmp_path: Path
) -> None:
    own.write_text(own.read_text("utf-8").replace('"S1"', '"S9"').replace('"09:00"', '"9 Uhr"'), "utf-8")
    out = tmp_path / "out"
    for command in (["check"], ["export", "--out", out]):
        ask("route", *command, own, "--data", routed).refuses("mine.toml", "row 14", "'S9'", "'9 Uhr'")
    assert not out.exists()


def test_a_table_is_no_route_file_and_a_day_is_a_date(ask: Ask, routed: Path, own: Path) -> None:
    ask("route", "check", "mine.csv", "--data", routed).refuses("mine.csv", "write a TOML file")
    ask("route", "check", own, "--data", routed, "--day", "20.5.").refuses("--day", "'20.5.'")
    ask("route", "check", own, "--data", routed, "--profile", "runner").refuses("'runner'")
    ask("route", "export", own, "--datum", "mars").refuses("--datum", "gcj02")

"""Study routes as files: what is written is what was walked, and others can read it."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import gpxpy
import numpy as np
import pyogrio
import pytest
import shapely

from servicecircle.datum import Datum, to_wgs84
from servicecircle.publish.routes import FORMATS, export_routes, file_names
from servicecircle.routes import Traced, place_stops, trace_routes
from tests.sketch import PARAMETERS, STREET, draw, network, plane, row, walker
from tests.town import CRS
from tests.unit.test_routes import One, ground, routes, stops

NAME = '一<b>&]]> "红"\x07\''


@pytest.fixture(scope="module")
def traced() -> Traced:
    """Two routes on a slope; one has a stop nobody has placed, and names that are markup."""
    drawn = draw(row(0, 200, 400) | {4: (400.0, 300.0)}, ("1 2 3", STREET), ("3 4", STREET))
    net = network(drawn, terrain=plane(200.0, 0.05, 0.02))
    table = stops(R1=[(10, 0), None, (390, 0), (400, 290)], R2=[(10, 0), None])
    table["name"] = [f"{NAME} {k}" for k in range(len(table))]
    about = routes("R1", "R2").assign(name=NAME, source="by hand", note=None)
    assert CRS
    return trace_routes(One(walker(net)), ground(drawn, net), about, place_stops(table, PARAMETERS.routes))


def clean(text: str) -> str:
    return text.replace("\x07", "")


def line_of(traced: Traced, leg: int) -> np.ndarray:
    own = traced.profile[(traced.profile["route_id"] == "R1") & (traced.profile["leg"] == leg)]
    return np.column_stack([shapely.get_coordinates(own.geometry).round(7), own["height_m"].round(1)])


def test_a_gpx_read_again_is_the_route(traced: Traced, tmp_path: Path) -> None:
    export_routes(traced, tmp_path, "gpx")
    gpx = gpxpy.parse((tmp_path / "R1.gpx").read_text("utf-8"))
    assert gpx.name == clean(NAME)
    placed = traced.stops[(traced.stops["route_id"] == "R1") & traced.stops["located"]]
    expected = [
        (f"{s.seq} {clean(s.name)}", round(s.geometry.x, 7), round(s.geometry.y, 7)) for s in placed.itertuples()
    ]
    assert [(w.name, w.longitude, w.latitude) for w in gpx.waypoints] == expected
    assert [(p.name, p.longitude, p.latitude) for p in gpx.routes[0].points] == expected
    (track,) = gpx.tracks
    assert len(track.segments) == 2
    for leg, segment in enumerate(track.segments, 1):
        points = np.array([(p.longitude, p.latitude, p.elevation) for p in segment.points])
        np.testing.assert_array_equal(points, line_of(traced, leg))
    assert gpx.length_2d() == pytest.approx(traced.routes["metres"].iloc[0], rel=0.005)
    ends = [w.elevation for w in gpx.waypoints]
    assert ends[-1] - ends[0] == pytest.approx(0.05 * 390 + 0.02 * 290, abs=3)  # levelled
    assert ends == [line_of(traced, 1)[0, 2], line_of(traced, 2)[0, 2], line_of(traced, 2)[-1, 2]]


@pytest.mark.parametrize("driver", ["GPX", "KML", "LIBKML"])
def test_another_reader_opens_the_files(traced: Traced, tmp_path: Path, driver: str) -> None:
    known = pyogrio.list_drivers()
    assert "GPX" in known
    if driver not in known:
        pytest.skip(f"this GDAL reads no {driver}")
    fmt = "gpx" if driver == "GPX" else "kml"
    export_routes(traced, tmp_path, fmt)
    path = tmp_path / f"R1.{fmt}"
    names = pyogrio.list_layers(path)[:, 0].tolist()
    layer, lines = ("waypoints", "tracks") if fmt == "gpx" else (names[0], names[1])
    found = pyogrio.read_dataframe(path, layer=layer)
    column = "name" if fmt == "gpx" else "Name" if "Name" in found else "name"
    placed = traced.stops[traced.stops["route_id"] == "R1"]
    placed = placed[placed["located"]] if fmt == "gpx" else placed
    assert found[column].tolist() == [f"{s.seq} {clean(s.name)}" for s in placed.itertuples()]
    drawn = pyogrio.read_dataframe(path, layer=lines)
    whole = shapely.get_coordinates(drawn.geometry.to_numpy(), include_z=True)
    expected = np.vstack([line_of(traced, 1), line_of(traced, 2)])
    np.testing.assert_allclose(whole[:, :2], expected[:, :2], atol=1e-9)
    if fmt == "kml":
        np.testing.assert_allclose(whole[:, 2], expected[:, 2])


def test_a_kml_holds_every_sign_of_a_name(traced: Traced, tmp_path: Path) -> None:
    export_routes(traced, tmp_path, "kml")
    root = ET.parse(tmp_path / "R1.kml").getroot()  # noqa: S314
    names = [node.text for node in root.iter("{http://www.opengis.net/kml/2.2}name")]
    assert names[0] == clean(NAME)
    assert f"2 {clean(NAME)} 1" in names  # the stop without a position


def test_a_geojson_holds_heights_and_says_what_it_is(traced: Traced, tmp_path: Path) -> None:
    export_routes(traced, tmp_path, "geojson")
    content = json.loads((tmp_path / "R1.geojson").read_text("utf-8"))
    assert "WGS-84" in content["crs_note"]
    assert content["attribution"].startswith("© OpenStreetMap")
    kinds = [(f["properties"]["feature"], f["geometry"] and f["geometry"]["type"]) for f in content["features"]]
    assert (
        kinds == [("stop", "Point"), ("stop", None), ("stop", "Point"), ("stop", "Point")] + [("leg", "LineString")] * 2
    )
    assert content["features"][4]["geometry"]["coordinates"] == line_of(traced, 1).tolist()
    assert content["features"][0]["properties"]["seq"] == 1


@pytest.mark.parametrize("datum", [Datum.GCJ02, Datum.BD09])
@pytest.mark.parametrize("fmt", list(FORMATS))
def test_shifted_files_are_called_so_and_say_so(traced: Traced, tmp_path: Path, datum: Datum, fmt: str) -> None:
    paths = export_routes(traced, tmp_path, fmt, datum)
    assert [p.name for p in paths] == [f"R{k}+{datum.value}.{fmt}" for k in (1, 2)]
    text = paths[0].read_text("utf-8")
    word = {Datum.GCJ02: "GCJ-02", Datum.BD09: "BD-09"}[datum]
    assert f"converted to {word}, not WGS-84" in text
    if fmt == "gpx":
        gpx = gpxpy.parse(text)
        shifted = np.array([(p.longitude, p.latitude) for p in gpx.tracks[0].segments[0].points])
        back = np.column_stack(to_wgs84(shifted[:, 0], shifted[:, 1], datum))
        np.testing.assert_allclose(back, line_of(traced, 1)[:, :2], atol=2e-7)
        assert np.abs(shifted - line_of(traced, 1)[:, :2]).max() > 0.001


def test_a_route_of_which_nothing_is_walked_is_still_a_file(traced: Traced, tmp_path: Path) -> None:
    for fmt in FORMATS:
        export_routes(traced, tmp_path, fmt)
    assert not gpxpy.parse((tmp_path / "R2.gpx").read_text("utf-8")).tracks[0].segments
    assert len(json.loads((tmp_path / "R2.geojson").read_text("utf-8"))["features"]) == 2
    assert "<Point>" in (tmp_path / "R2.kml").read_text("utf-8")


def test_names_of_files_are_apart_on_every_disk() -> None:
    ids = ["R.1", "R_1", "R1", "r1", "CON", "con.x", "LPT1", "R2.", "../R3", "R/4", "R:4", "R 4", "线路", "_R", ""]
    names = file_names(ids)
    assert len({name.casefold() for name in names.values()}) == len(ids)
    assert (names["R.1"], names["R_1"]) == ("R.1", "R_1")
    for name in names.values():
        assert name == Path(name).name
        assert name.isascii()
        assert not name.endswith(".")
        assert not set(name) & set('<>:"/\\|?*')
        assert name.casefold().split(".")[0] not in {"con", "lpt1"}

"""What-if files: TOML and GeoJSON say the same, every fault is named, names are resolved."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from servicecircle.errors import InputError
from servicecircle.ingest.study import read_study
from servicecircle.ingest.variant import parse_variant, read_variant, variant_values
from servicecircle.ingest.variant_places import with_places
from servicecircle.ingest.walkable import load_rules
from servicecircle.model import Study, Variant
from servicecircle.streets import Streets, build_streets
from tests.sketch import PARAMETERS
from tests.town import Place, Town, lonlat

A, B, FAR = lonlat(150, 0), lonlat(150, 400), lonlat(150, 60)
LIFT = {"change": "add", "id": "L1", "kind": "lift", "from": list(A), "to": list(B)}
SEAT = {"change": "add", "id": "N1", "kind": "community", "name": "新社区", "lon": A[0], "lat": A[1]}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    folder = tmp_path_factory.mktemp("town") / "town"
    places = [Place("S1", "school", 500, 500), Place("C1", "community", 100, 100)]
    return read_study(Town(blocks=5, places=places).write(folder))


def built(study: Study, **values: Any) -> Streets:
    variant = parse_variant(values, "v.toml")
    return build_streets(with_places(study, variant), PARAMETERS, load_rules(), variant)


TOML = f"""
closed = ["way/3"]
pace = 0.9

[[link]]
change = "add"
id = "L1"
kind = "lift"
from = [{A[0]}, {A[1]}]
to = [{B[0]}, {B[1]}]
wait_s = 20
fee_cny = 0

[[link]]
change = "change"
id = "way/2"
opening_hours = "Mo-Su 06:00-22:00"

[[place]]
change = "add"
id = "N1"
kind = "community"
name = "新社区"
lon = {A[0]}
lat = {A[1]}
batch = "2026"
open_from = "2026-09-01"

[[place]]
change = "close"
id = "S1"
"""


def test_a_file_of_links_and_places_is_a_value_and_a_value_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "v.toml").write_text(TOML, "utf-8")
    found = read_variant(tmp_path / "v.toml")
    assert found.closed == ("way/3",)
    assert found.without == ("S1",)
    assert found.pace == 0.9
    (link,) = found.links
    assert (link.kind, link.start, link.wait_s, link.direction) == ("lift", A, 20.0, "both")
    assert found.changes[0].opening_hours == "Mo-Su 06:00-22:00"
    assert found.places[0].new
    assert dict(found.places[0].cells)["open_from"] == "2026-09-01"
    values = json.loads(json.dumps(variant_values(found)))  # as a manifest keeps it
    assert parse_variant(values, "manifest.json") == found


def feature(shape: str, at: list[Any], **properties: object) -> dict[str, object]:
    return {"type": "Feature", "properties": properties, "geometry": {"type": shape, "coordinates": at}}


def test_a_drawing_says_the_same_as_a_file(tmp_path: Path) -> None:
    street = [list(lonlat(0, 200)), list(lonlat(100, 200))]
    drawn = [
        feature("LineString", [list(A), list(FAR), list(B)], change="add", id="L1", kind="lift"),
        feature("LineString", street, change="close"),
        feature("Point", list(A), change="add", id="N1", kind="community", name="新社区"),
        feature("Point", list(A), change="close", id="way/3"),
    ]
    path = tmp_path / "v.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": drawn}), "utf-8")
    found = read_variant(path)
    said = parse_variant({"link": [LIFT], "place": [SEAT], "closed": ["way/3"], "drawn": [street]}, "v.toml")
    assert found == said


def test_a_drawn_line_closes_the_streets_under_it(study: Study) -> None:
    line = [list(lonlat(0, 201)), list(lonlat(205, 201))]
    streets = built(study, link=[{"change": "close", "line": line}])
    shut = streets.network.edges.loc[~(streets.prices.forward_s < 1e9), "edge_id"]
    assert set(shut) == set(streets.variant.closed) == {"3.0", "3.1"}


def test_a_link_is_found_by_its_name_on_the_map(study: Study) -> None:
    assert built(study, closed=["横2路"]).variant.closed == ("way/3",)


def test_fees_and_hours_change_whether_a_street_is_open(study: Study) -> None:
    fee = built(study, link=[{"change": "change", "id": "way/2", "fee_cny": 2}])
    mine = (fee.network.edges["osm_way_id"] == 2).to_numpy()
    assert (~(fee.prices.forward_s[mine] < 1e9)).all()
    night = {"change": "change", "id": "way/2", "opening_hours": "Mo-Su 06:00-22:00"}
    shut = built(study, link=[night], at="2026-11-22T23:00")
    assert (~(shut.prices.forward_s[mine] < 1e9)).all()
    assert (built(study, link=[night], at="2026-11-22T12:00").prices.forward_s[mine] < 1e9).all()


def test_a_changed_place_keeps_what_is_not_named(study: Study) -> None:
    there = study.facilities.set_index("facility_id").loc["S1"]
    variant = parse_variant({"place": [{"change": "change", "id": "S1", "kind": "community"}]}, "v")
    changed = with_places(study, variant).facilities
    assert list(changed["facility_id"]) == list(study.facilities["facility_id"])
    now = changed.set_index("facility_id").loc["S1"]
    assert (now["kind"], now["tier"]) == ("community", "community")
    assert now["geometry"].equals(there["geometry"])
    assert now["name"] == there["name"]
    assert changed.dtypes.equals(study.facilities.dtypes)


def test_nothing_said_leaves_the_study_itself(study: Study) -> None:
    assert with_places(study, Variant()) is study


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"link": [LIFT | {"to": None}]}, ["link.0.to", "lacks"]),
        ({"link": [{"change": "close"}]}, ["which link"]),
        ({"link": [{"change": "close", "id": "way/1", "rise_m": 3}]}, ["rise_m", "no use"]),
        ({"link": [{"change": "change", "id": "way/1"}]}, ["nothing is changed"]),
        ({"link": [{"change": "change", "id": "way/1", "rise_m": 3.0, "fee_cny": 1}]}, ["rise_m", "stays"]),
        ({"link": [LIFT, {"change": "close", "id": "L1"}]}, ["added and closed"]),
        ({"link": [LIFT | {"kind": "rope"}]}, ["link.0.kind"]),
        ({"link": [LIFT | {"from": [float("nan"), 1]}]}, ["from"]),
        ({"link": [LIFT | {"speed": 1}]}, ["speed"]),
        ({"place": [SEAT | {"lat": None}]}, ["place.0.lat", "lacks"]),
        ({"place": [SEAT, SEAT]}, ["twice"]),
        ({"place": [{"change": "close", "id": "S1", "name": "x"}]}, ["no use"]),
        ({"place": [{"change": "change", "id": "S1"}]}, ["nothing is changed"]),
        ({"place": [{"change": "change", "id": "S1", "lon": 1.0}]}, ["half a position"]),
        ({"place": [SEAT | {"id": "a b"}]}, ["place.0.id"]),
        ({"link": [LIFT | {"to": None}], "place": [SEAT | {"lat": None}], "day": "x"}, ["link.0", "place.0", "day"]),
    ],
)
def test_a_faulty_file_is_refused_in_words(values: dict[str, object], words: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        parse_variant(values, "v.toml")
    for word in [*words, "v.toml", "Remedy"]:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"closed": ["way/999", "no street"]}, ["way/999", "no street", "no such link"]),
        ({"link": [{"change": "change", "id": "lift", "fee_cny": 0}]}, ["no such link"]),
        ({"link": [LIFT | {"id": "1.0"}]}, ["a link of this id is there"]),
        ({"link": [LIFT, LIFT]}, ["a link of this id is there"]),
        ({"link": [LIFT | {"to": list(lonlat(250, 650))}]}, ["L1.to", "outside the street data"]),
        ({"link": [LIFT | {"to": list(lonlat(150, 3))}]}, ["same point of one street"]),
        ({"link": [LIFT | {"from_way": 77}]}, ["no such way"]),
        ({"link": [LIFT | {"opening_hours": "always"}]}, ["opening_hours"]),
        ({"link": [{"change": "close", "line": [list(lonlat(9000, 0)), list(lonlat(9100, 0))]}]}, ["no street lies"]),
        ({"opened": ["way/1"], "closed": ["way/1"]}, ["opened and closed"]),
        ({"link": [LIFT], "closed": ["L1"]}, ["added and closed"]),
        ({"closed": ["way/2"], "link": [{"change": "change", "id": "way/2", "fee_cny": 1}]}, ["changed and closed"]),
        ({"place": [SEAT | {"id": "S1"}]}, ["a place of this id is there"]),
        ({"place": [{"change": "close", "id": "X9"}]}, ["no such place", "X9"]),
        ({"place": [{"change": "change", "id": "X9", "batch": "2"}]}, ["no such place", "X9"]),
        ({"without": ["S1"], "place": [{"change": "change", "id": "S1", "batch": "2"}]}, ["changed and closed"]),
        ({"place": [SEAT | {"lon": 100.0}]}, ["outside the walking network"]),
        ({"place": [SEAT | {"kind": "base"}]}, ["no category"]),
        ({"place": [SEAT | {"open_from": "soon"}]}, ["open_from"]),
    ],
)
def test_a_what_if_that_does_not_fit_the_study_is_refused_in_words(
    study: Study, values: dict[str, object], words: list[str]
) -> None:
    with pytest.raises(InputError) as caught:
        built(study, **values)
    for word in [*words, "Remedy"]:
        assert word in str(caught.value)


POLYGON = {"features": [{"properties": {"change": "add"}, "geometry": {"type": "Polygon", "coordinates": []}}]}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"features": [1]}', json.dumps(POLYGON)])
def test_a_drawing_that_is_none_is_refused_in_words(tmp_path: Path, text: str) -> None:
    path = tmp_path / "v.geojson"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError, match=r"v\.geojson"):
        read_variant(path)

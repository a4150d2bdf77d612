"""The readers of OpenStreetMap: the same content, the same ways, whatever the file."""

from __future__ import annotations

import bz2
import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servicecircle.errors import InputError
from servicecircle.ingest.draft import Draft, build_ways
from servicecircle.ingest.osm import read_osm
from servicecircle.ingest.overpass import read_overpass
from servicecircle.ingest.tags import NODE_TAGS, WAY_TAGS
from servicecircle.ingest.ways import read_ways
from servicecircle.model import Ways
from servicecircle.publish.study_area import write_ways

MOMENT = "2026-04-26T06:06:24Z"
# id: (lon, lat, tags); 9 belongs to no way, 13_607_253_000 is beyond 32 bits
NODES: dict[int, tuple[float, float, dict[str, str]]] = {
    5: (106.5812835, 29.5559797, {}),
    3: (106.5818737, 29.5565789, {"highway": "crossing", "crossing": "traffic_signals", "source": "survey"}),
    13_607_253_000: (106.5714871, 29.5504266, {"highway": "elevator", "name": "凯旋路电梯", "fee": "yes"}),
    4: (106.5714872, 29.5504267, {"barrier": "gate"}),
    9: (106.5, 29.5, {"highway": "street_lamp", "ref": "L9"}),
    -0 + 7: (-51.2, -30.0, {}),
}
# id: (nodes, tags); 21 is a rail line and 24 has no length
WAYS: dict[int, tuple[list[int], dict[str, str]]] = {
    22: (
        [5, 3, 13_607_253_000],
        {"highway": "steps", "name": '十八梯, "老街"', "name:en": "Eighteen Steps", "lanes": ""},
    ),
    20: ([4, 7], {"highway": "footway", "layer": "-1", "foot": "yes", "note": "not kept"}),
    21: ([5, 9], {"railway": "rail"}),
    23: ([3, 4, 5, 3], {"railway": "platform", "public_transport": "platform"}),
    24: ([3], {"highway": "path"}),
    25: ([7, 5], {"aerialway": "cable_car"}),
    26: ([3, 5], {"man_made": "pier"}),
    27: ([3, 9], {"man_made": "breakwater"}),
}


def write_osm(path: Path, *, ways_first: bool = False, moment: str = MOMENT, replicated: str = "") -> Path:
    header = osmium.io.Header()
    if replicated:
        header.set("osmosis_replication_timestamp", replicated)
    writer = osmium.SimpleWriter(str(path), header=header)

    def nodes() -> None:
        for i, (lon, lat, tags) in sorted(NODES.items()):
            writer.add_node(osmium.osm.mutable.Node(id=i, location=(lon, lat), tags=tags, timestamp=moment, version=1))

    def ways() -> None:
        for i, (refs, tags) in sorted(WAYS.items()):
            writer.add_way(osmium.osm.mutable.Way(id=i, nodes=refs, tags=tags, timestamp=moment, version=1))

    for part in (ways, nodes) if ways_first else (nodes, ways):
        part()
    writer.close()
    return path


def answer(**other: Any) -> dict[str, Any]:
    nodes = [{"type": "node", "id": i, "lon": lon, "lat": lat, "tags": tags} for i, (lon, lat, tags) in NODES.items()]
    ways = [{"type": "way", "id": i, "nodes": refs, "tags": tags} for i, (refs, tags) in WAYS.items()]
    return {"version": 0.6, "osm3s": {"timestamp_osm_base": MOMENT}, "elements": [*nodes, *ways], **other}


def write_answer(path: Path, content: object) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


@pytest.fixture
def expected(tmp_path: Path) -> Ways:
    return read_overpass([write_answer(tmp_path / "expected.json", answer())])


def assert_same(left: Ways, right: Ways) -> None:
    pd.testing.assert_frame_equal(left.nodes, right.nodes, check_exact=True)
    pd.testing.assert_frame_equal(left.ways, right.ways, check_exact=True)
    np.testing.assert_array_equal(left.refs, right.refs)
    np.testing.assert_array_equal(left.offsets, right.offsets)
    assert left.data_date == right.data_date


def test_overpass_keeps_what_could_be_walked_sorted_and_nothing_else(expected: Ways) -> None:
    assert expected.ways.index.tolist() == [20, 22, 23, 25, 26]
    assert expected.nodes.index.tolist() == [3, 4, 5, 7, 13_607_253_000]
    assert expected.refs.tolist() == [4, 7, 5, 3, 13_607_253_000, 3, 4, 5, 3, 7, 5, 3, 5]
    assert expected.offsets.tolist() == [0, 2, 5, 9, 11, 13]
    assert list(expected.ways.columns) == list(WAY_TAGS)
    assert list(expected.nodes.columns) == ["lon", "lat", *NODE_TAGS]
    assert expected.ways.loc[22, "name"] == '十八梯, "老街"'
    assert expected.ways.loc[20, "name"] is None
    assert expected.ways.loc[22, "lanes"] is None  # an empty value is no value
    assert expected.nodes.loc[3, "lon"] == 106.5818737
    assert expected.nodes.loc[3, "lat"] == 29.5565789
    assert expected.nodes.loc[3, "crossing"] == "traffic_signals"
    assert expected.data_date == "2026-04-26"


@pytest.mark.parametrize("name", ["a.osm.pbf", "a.osm", "a.osm.gz", "a.osm.bz2"])
@pytest.mark.parametrize("ways_first", [False, True])
def test_the_same_content_gives_the_same_ways(tmp_path: Path, expected: Ways, name: str, ways_first: bool) -> None:  # noqa: FBT001
    assert_same(read_osm(write_osm(tmp_path / name, ways_first=ways_first)), expected)


@pytest.mark.parametrize(
    ("moment", "replicated", "date"),
    [(MOMENT, "2026-05-01T00:00:00Z", "2026-05-01"), (MOMENT, "", "2026-04-26"), ("1970-01-01T00:00:00Z", "", "")],
)
def test_the_date_is_that_of_the_header_else_of_the_newest_object(
    tmp_path: Path, moment: str, replicated: str, date: str
) -> None:
    path = write_osm(tmp_path / "a.osm.pbf", moment=moment, replicated=replicated)
    assert read_osm(path).data_date == date


def test_answers_are_merged_by_id_and_the_newer_wins(tmp_path: Path, expected: Ways) -> None:
    whole = answer()["elements"]
    skeleton = [{k: v for k, v in e.items() if k != "tags"} for e in whole if e["type"] == "node"]
    tagged = [e for e in whole if e["type"] == "way" or e["tags"]]
    old = [{"type": "way", "id": 20, "nodes": [3, 4], "tags": {"highway": "path", "lit": "yes"}}]
    paths = [
        write_answer(tmp_path / "1.json", answer(elements=tagged)),
        write_answer(tmp_path / "2.json", answer(elements=skeleton)),
        write_answer(tmp_path / "3.json", answer(elements=old, osm3s={"timestamp_osm_base": "2026-04-20T00:00:00Z"})),
    ]
    merged = read_overpass(paths)
    assert merged.data_date == "2026-04-20"  # everything is at least as new
    assert_same(Ways(merged.nodes, merged.ways, merged.refs, merged.offsets, expected.data_date), expected)


def broken(part: dict[str, Any]) -> dict[str, Any]:
    """Return the answer with one of its elements changed."""
    elements = answer()["elements"]
    return answer(elements=[e | part if (e["type"], e["id"]) == (part["type"], part["id"]) else e for e in elements])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "not JSON"),
        (json.dumps(answer())[:-200], "not JSON"),
        ("<osm/>", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "no list of elements"),
        (answer(elements=[]), "no elements"),
        (answer(elements=[{"type": "node", "id": 1, "lon": 1, "lat": 1}]), "no way that could be walked"),
        (answer(remark="runtime error: Query timed out"), "Overpass gave up"),
        (broken({"type": "node", "id": 4, "lat": float("nan")}), "node 4 has no position"),
        (broken({"type": "node", "id": 4, "lat": None}), "node 4 has no position"),
        (broken({"type": "node", "id": 4, "lat": 10**400}), "node 4 has no position"),
        (broken({"type": "node", "id": 4, "lat": 106.5, "lon": 29.5}), "swap lon and lat"),
        (broken({"type": "node", "id": 4, "lon": 206.5}), "column lon: node 4 has no possible position"),
        (broken({"type": "way", "id": 20, "nodes": None}), "way 20 has no list of nodes"),
        (broken({"type": "way", "id": 20, "nodes": [4, 2**70]}), "way 20 has no list of nodes"),
        (broken({"type": "way", "id": 20, "nodes": [4, 8]}), "way 20 runs through a node .*value: 8.*out body"),
        (broken({"type": "way", "id": 20, "tags": {"highway": 1}}), "not texts"),
        (broken({"type": "way", "id": 20, "tags": {"highway": "\ud800"}}), "not texts"),
        (answer(elements=[{"type": "node"}]), "no id"),
    ],
)
def test_a_wrong_answer_is_refused_with_file_and_remedy(tmp_path: Path, content: object, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        read_overpass([write_answer(tmp_path / "walk.json", content)])
    assert all(fault.file == "walk.json" and fault.remedy for fault in caught.value.faults)


def test_faults_of_all_answers_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "gb.json").write_bytes("解放碑".encode("gb18030"))
    with pytest.raises(InputError) as caught:
        read_overpass([tmp_path / "missing.json", tmp_path / "gb.json"])
    assert [fault.file for fault in caught.value.faults] == ["missing.json", "gb.json"]
    with pytest.raises(InputError, match="no Overpass answer was given"):
        read_overpass([])


def xml(body: str) -> bytes:
    return f'<osm version="0.6">{body}</osm>'.encode()


NODE_1 = '<node id="1" lat="29.5" lon="106.5"/>'
WAY_9 = '<way id="9"><nd ref="1"/><nd ref="2"/><tag k="highway" v="path"/></way>'


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.osm", b"", "not a whole"),
        ("a.osm", xml(NODE_1)[:-8], "not a whole"),
        ("a.osm", b"<html></html>", "not a whole"),
        ("a.osm.pbf", b"", "not a whole"),
        ("a.osm.pbf", xml(NODE_1), "not a whole"),
        ("a.osm.gz", gzip.compress(xml(NODE_1), mtime=0)[:-12], "not a whole"),
        ("a.osm.bz2", bz2.compress(xml(NODE_1))[:-12], "not a whole"),
        ("a.json", b"{}", "not a whole"),
        ("a.csv", b"node_id,lon,lat", "not a whole"),
        ("a.osm", xml(NODE_1), "no way that could be walked"),
        ("a.osm", xml(NODE_1 + WAY_9), "way 9 runs through a node .*value: 2.*complete_ways"),
        ("a.osm", xml(NODE_1 + '<node id="2" lat="106" lon="29"/>' + WAY_9), "swap lon and lat"),
        ("a.osm", xml(NODE_1 + '<node id="2" lat="x" lon="29"/>' + WAY_9), "not a whole"),
        ("a.osm", xml(NODE_1.replace("29.5", '29.5" timestamp="today')), "not a whole"),
        ("a.osm", xml(NODE_1.replace('"1"', '"one"')), "not a whole"),
        ("a.osm", xml(NODE_1 + WAY_9.replace('"2"', '"-2"')), "not in OpenStreetMap yet"),
        ("a.osm", xml(NODE_1 + NODE_1.replace('id="1"', 'id="2"') + WAY_9 + WAY_9), "the id occurs twice"),
        ("a.osc", b'<osmChange version="0.6"><create>' + NODE_1.encode() + b"</create></osmChange>", "change file"),
    ],
)
def test_a_wrong_file_is_refused_with_file_and_remedy(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=words) as caught:
        read_osm(tmp_path / name)
    assert all(fault.file == name and fault.remedy for fault in caught.value.faults)


def test_a_missing_a_cut_and_a_history_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_osm(tmp_path / "a.osm.pbf")
    whole = write_osm(tmp_path / "b.osm.pbf").read_bytes()
    (tmp_path / "cut.osm.pbf").write_bytes(whole[:-40])
    with pytest.raises(InputError, match="not a whole"):
        read_osm(tmp_path / "cut.osm.pbf")
    header = osmium.io.Header()
    header.has_multiple_object_versions = True
    osmium.SimpleWriter(str(tmp_path / "c.osh.pbf"), header=header).close()
    with pytest.raises(InputError, match="history"):
        read_osm(tmp_path / "c.osh.pbf")


def test_the_tables_are_sorted_quoted_and_say_only_what_is_tagged(tmp_path: Path, expected: Ways) -> None:
    nodes, ways = write_ways(expected, tmp_path / "out")
    assert nodes.read_bytes().decode() == (
        "node_id,lon,lat,highway,barrier,name,crossing,fee\n"
        "3,106.5818737,29.5565789,crossing,,,traffic_signals,\n"
        "4,106.5714872,29.5504267,,gate,,,\n"
        "5,106.5812835,29.5559797,,,,,\n"
        "7,-51.2000000,-30.0000000,,,,,\n"
        "13607253000,106.5714871,29.5504266,elevator,,凯旋路电梯,,yes\n"
    )
    assert ways.read_bytes().decode() == (
        "way_id,highway,railway,public_transport,aerialway,man_made,name,name:en,foot,layer,node_ids\n"
        "20,footway,,,,,,,yes,-1,4 7\n"
        '22,steps,,,,,"十八梯, ""老街""",Eighteen Steps,,,5 3 13607253000\n'
        "23,,platform,platform,,,,,,,3 4 5 3\n"
        "25,,,,cable_car,,,,,,7 5\n"
        "26,,,,,pier,,,,,3 5\n"
    )
    again = write_ways(expected, tmp_path / "again")
    assert [p.read_bytes() for p in again] == [nodes.read_bytes(), ways.read_bytes()]


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)
AWKWARD = st.sampled_from(
    ["解放碑", "a,b", '"', '""', "a\nb", "\r", "\r\n", "مرحبا", "\u202ex", "NA", "null", "None", " ", "\ufeff", "1e5"]
)
NUMBER = st.integers(1, 2**40)


@st.composite
def networks(draw: st.DrawFn) -> Ways:
    node_ids = draw(st.lists(NUMBER, min_size=2, max_size=6, unique=True))
    way_ids = draw(st.lists(NUMBER, min_size=1, max_size=4, unique=True))
    refs = [draw(st.lists(st.sampled_from(node_ids), min_size=2, max_size=5)) for _ in way_ids]
    values = TEXT | AWKWARD

    def tags(ids: list[int], keys: tuple[str, ...]) -> dict[str, dict[int, str]]:
        return draw(st.dictionaries(st.sampled_from(keys), st.dictionaries(st.sampled_from(ids), values), max_size=3))

    def degrees(limit: int) -> list[float]:
        whole = st.integers(-limit * 10**7, limit * 10**7)
        return [draw(whole) / 10**7 for _ in node_ids]

    draft = Draft(
        node_file="",
        way_file="",
        node_ids=np.array(node_ids),
        lon=np.array(degrees(180)),
        lat=np.array(degrees(90)),
        way_ids=np.array(way_ids),
        refs=np.concatenate([np.array(r) for r in refs]),
        counts=np.array([len(r) for r in refs]),
        node_tags=tags(node_ids, NODE_TAGS),
        way_tags=tags(way_ids, WAY_TAGS),
    )
    return build_ways(draft, "2026-04-26")


@settings(max_examples=150, deadline=None)
@given(ways=networks())
def test_what_is_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, ways: Ways) -> None:
    folder = tmp_path_factory.mktemp("network")
    write_ways(ways, folder)
    assert_same(read_ways(folder, ways.data_date), ways)


GOOD_NODES = "node_id,lon,lat,highway\n1,106.5,29.5,\n2,106.6,29.6,crossing\n"
GOOD_WAYS = "way_id,highway,node_ids\n9,steps,1 2\n"


def write_tables(folder: Path, nodes: str | bytes = GOOD_NODES, ways: str | bytes = GOOD_WAYS) -> Path:
    for name, content in (("nodes.csv", nodes), ("ways.csv", ways)):
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_tables_saved_by_other_programs_are_read(tmp_path: Path, end: str) -> None:
    nodes, ways = (("\ufeff" + text + "\n\n").replace("\n", end) for text in (GOOD_NODES, GOOD_WAYS))
    network = read_ways(write_tables(tmp_path, nodes, ways), "2026-04-26")
    assert network.nodes.index.tolist() == [1, 2]
    assert network.ways.loc[9, "highway"] == "steps"


@pytest.mark.parametrize(
    ("nodes", "ways", "faults"),
    [
        ("", GOOD_WAYS, [("nodes.csv", None, None, "the file is empty")]),
        ("node_id,lon,lat\n", GOOD_WAYS, [("nodes.csv", None, None, "a header without rows")]),
        (GOOD_NODES.replace("crossing", "碑").encode("gb18030"), GOOD_WAYS, [("nodes.csv", 3, None, "not UTF-8")]),
        (
            "node_id,lat\n1,2\n",
            "highway\nsteps\n",
            [
                ("nodes.csv", 1, "lon", "the column is missing"),
                ("ways.csv", 1, "way_id", "the column is missing"),
                ("ways.csv", 1, "node_ids", "the column is missing"),
            ],
        ),
        (GOOD_NODES.replace("highway", "higway"), GOOD_WAYS, [("nodes.csv", 1, "higway", "no tag that is read")]),
        (GOOD_NODES.replace("highway", "lon"), GOOD_WAYS, [("nodes.csv", 1, "lon", "occurs twice")]),
        (
            GOOD_NODES + "3,1\n\n4,1,1,\n",
            GOOD_WAYS,
            [("nodes.csv", 4, None, "2 cells"), ("nodes.csv", 5, None, "0 cells")],
        ),
        (GOOD_NODES, GOOD_WAYS + '10,"steps,1 2\n', [("ways.csv", 3, None, "not CSV")]),
        (
            GOOD_NODES + "2,106.5,29.5,\n1,1,1,\n",
            GOOD_WAYS + "9,,2 1\n",
            [
                ("nodes.csv", 4, "node_id", "occurs twice"),
                ("nodes.csv", 5, "node_id", "occurs twice"),
                ("ways.csv", 3, "way_id", "occurs twice"),
            ],
        ),
        (
            GOOD_NODES + 'x,east,,"a\nb"\n1.5,1,1,\n99999999999999999999,1,1,\n',
            GOOD_WAYS + "10,,1 b\n",
            [
                ("nodes.csv", 4, "node_id", "not a whole number"),
                ("nodes.csv", 6, "node_id", "not a whole number"),
                ("nodes.csv", 7, "node_id", "not a whole number"),
                ("nodes.csv", 4, "lon", "not a number"),
                ("nodes.csv", 4, "lat", "not a number"),
                ("ways.csv", 3, "node_ids", "not a whole number"),
            ],
        ),
        (
            GOOD_NODES + "3,nan,29.5,\n4,106.5,nan,\n5,29.5,106.5,\n6,400,29,\n",
            GOOD_WAYS,
            [
                ("nodes.csv", 4, "lon", "no possible position"),
                ("nodes.csv", 5, "lat", "no possible position"),
                ("nodes.csv", 6, "lat", "no possible position"),
                ("nodes.csv", 7, "lon", "no possible position"),
            ],
        ),
        (
            GOOD_NODES,
            GOOD_WAYS + "10,,1\n11,,\n12,,1 7 8\n",
            [
                ("ways.csv", 3, "node_ids", "fewer than two"),
                ("ways.csv", 4, "node_ids", "fewer than two"),
                ("ways.csv", 5, "node_ids", "does not have"),
            ],
        ),
    ],
)
def test_faults_of_the_tables_are_collected_with_their_place(
    tmp_path: Path, nodes: str | bytes, ways: str | bytes, faults: list[tuple[str, int | None, str | None, str]]
) -> None:
    with pytest.raises(InputError) as caught:
        read_ways(write_tables(tmp_path, nodes, ways), "")
    found = caught.value.faults
    assert [(f.file, f.row, f.column) for f in found] == [fault[:3] for fault in faults]
    assert all(words in f.problem and f.remedy for f, (*_, words) in zip(found, faults, strict=True))


def test_missing_tables_and_swapped_positions_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_ways(tmp_path, "")
    assert [fault.file for fault in caught.value.faults] == ["nodes.csv", "ways.csv"]
    with pytest.raises(InputError, match=r"row 4, column lat.*value: 106\.5.*swap lon and lat"):
        read_ways(write_tables(tmp_path, GOOD_NODES + "3,29.5,106.5,\n"), "")

"""Which ways people may walk on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from servicecircle.crs import GEOD
from servicecircle.errors import InputError
from servicecircle.ingest.draft import Draft, build_ways
from servicecircle.ingest.walkable import apply_rules, load_rules
from servicecircle.model import Ways


def network(*tags: dict[str, str]) -> Ways:
    """Ways 1, 2, ... in a row; way k runs from node k + 1 back to node k."""
    count = len(tags)
    way_tags: dict[str, dict[int, str]] = {}
    for way_id, pairs in enumerate(tags, start=1):
        for key, value in pairs.items():
            way_tags.setdefault(key, {})[way_id] = value
    draft = Draft(
        node_file="",
        way_file="",
        node_ids=np.arange(1, count + 2),
        lon=np.linspace(106.5, 106.6, count + 1),
        lat=np.linspace(29.5, 29.6, count + 1),
        way_ids=np.arange(1, count + 1),
        refs=np.repeat(np.arange(1, count + 1), 2) + np.tile([1, 0], count),
        counts=np.full(count, 2),
        way_tags=way_tags,
    )
    return build_ways(draft, "2026-04-26")


def tagged(text: str) -> dict[str, str]:
    return dict(pair.split("=") for pair in text.split())


@pytest.mark.parametrize(
    "tags",
    [
        "highway=footway",
        "highway=steps",
        "highway=steps conveying=yes",
        "highway=corridor indoor=yes",
        "highway=elevator",
        "highway=pedestrian area=yes",
        "highway=service service=driveway",
        "highway=service service=parking_aisle",
        "highway=service tunnel=yes",
        "highway=residential tunnel=yes",
        "highway=residential sidewalk=no",
        "highway=unclassified tunnel=building_passage",
        "highway=tertiary_link",
        "highway=primary bridge=yes layer=3",
        "highway=secondary bridge=viaduct",
        "highway=trunk sidewalk=both",
        "highway=trunk foot=designated bridge=yes",
        "highway=primary_link sidewalk:left=separate",
        "highway=primary tunnel=yes sidewalk:right=yes",
        "highway=secondary tunnel=yes foot=yes access=permissive",
        "highway=service access=private foot=yes",
        "highway=footway access=customers",
        "highway=cycleway foot=designated",
        "highway=platform public_transport=platform",
        "public_transport=platform",
        "man_made=pier floating=yes",
    ],
)
def test_people_walk_here(tags: str) -> None:
    kept, _ = apply_rules(network(tagged(tags)), load_rules())
    assert len(kept.ways) == 1


@pytest.mark.parametrize(
    "tags",
    [
        "highway=motorway",
        "highway=motorway foot=yes",
        "highway=motorway_link sidewalk=both",
        "highway=primary motorroad=yes",
        "highway=construction construction=footway",
        "highway=proposed",
        "highway=footway foot=no",
        "highway=residential foot=private",
        "highway=footway access=no",
        "highway=service access=private",
        "highway=service access=yes foot=no",
        "highway=primary foot=use_sidepath",
        "highway=trunk",
        "highway=trunk bridge=yes sidewalk=no",
        "highway=trunk_link",
        "highway=primary_link",
        "highway=secondary_link",
        "highway=trunk tunnel=yes",
        "highway=primary tunnel=yes",
        "highway=secondary tunnel=yes sidewalk=no",
        "highway=tertiary tunnel=yes",
        "highway=tertiary_link tunnel=yes",
        "highway=unclassified tunnel=yes",
        "highway=secondary sidewalk=no",
        "highway=cycleway",
        "highway=raceway",
        "highway=via_ferrata",
        "aerialway=cable_car foot=yes",
        "railway=platform public_transport=platform",
        "man_made=pier highway=busway",
    ],
)
def test_people_do_not_walk_here(tags: str) -> None:
    kept, _ = apply_rules(network(tagged(tags)), load_rules())
    assert len(kept.ways) == 0


def test_kept_ways_keep_their_nodes_and_no_others() -> None:
    ways = network({"highway": "motorway"}, {"highway": "steps"}, {"highway": "trunk"}, {"highway": "path"})
    kept, _ = apply_rules(ways, load_rules())
    assert kept.ways.index.tolist() == [2, 4]
    assert kept.nodes.index.tolist() == [2, 3, 4, 5]
    assert kept.refs.tolist() == [3, 2, 5, 4]
    assert kept.offsets.tolist() == [0, 2, 4]
    assert kept.data_date == "2026-04-26"
    pd.testing.assert_frame_equal(kept.nodes, ways.nodes.loc[[2, 3, 4, 5]])
    again, _ = apply_rules(kept, load_rules())
    pd.testing.assert_frame_equal(again.ways, kept.ways)


def test_the_report_counts_every_way_once_with_its_length() -> None:
    ways = network({"highway": "motorway"}, {"highway": "steps"}, {"highway": "steps"}, {"railway": "platform"})
    _, report = apply_rules(ways, load_rules())
    assert list(report.columns) == ["rule", "walk", "reason_zh", "reason_en", "ways", "km"]
    assert report["rule"].tolist() == list(range(1, len(load_rules()) + 1))
    decided = report[report["ways"] > 0].set_index("reason_en")
    assert decided["ways"].to_dict() == {
        "a railway platform lies behind the fare gates": 1,
        "a motorway is closed to people on foot": 1,
        "stairs": 2,
    }
    lon, lat = ways.nodes["lon"].to_numpy(), ways.nodes["lat"].to_numpy()
    assert report["km"].sum() == pytest.approx(GEOD.line_length(lon, lat) / 1000)
    assert decided.loc["stairs", "km"] == pytest.approx(GEOD.line_length(lon[1:4], lat[1:4]) / 1000)


RULE = '[[rule]]\nwalk = true\nwhen = { highway = ["path"] }\nreason_zh = "路"\nreason_en = "way"\n'
LAST = '[[rule]]\nwalk = false\nreason_zh = "余"\nreason_en = "rest"\n'


def test_the_first_rule_that_fits_decides(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    either = 'when = [{ highway = ["path"], lit = "*" }, { foot = ["no"] }]\nwithout = ["fee"]'
    path.write_text(
        RULE.replace("true", "false").replace('when = { highway = ["path"] }', either) + RULE + LAST, "utf-8"
    )
    ways = network(
        {"highway": "path", "lit": "no"},
        {"highway": "path"},
        {"foot": "no", "highway": "path"},
        {"highway": "path", "lit": "no", "fee": "yes"},
        {"highway": "steps"},
    )
    kept, report = apply_rules(ways, load_rules(path))
    assert kept.ways.index.tolist() == [2, 4]
    assert report["ways"].tolist() == [2, 2, 1]


def test_ways_with_few_tag_columns_are_judged_too() -> None:
    ways = network({"highway": "steps"})
    few = Ways(ways.nodes, ways.ways[["highway"]], ways.refs, ways.offsets, ways.data_date)
    kept, _ = apply_rules(few, load_rules())
    assert len(kept.ways) == 1
    assert list(kept.ways.columns) == ["highway"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[rule]", "not TOML"),
        ("", "no .*rule.* tables"),
        ("rule = 3", "no .*rule.* tables"),
        ("colour = 1\n" + LAST, "column colour: an unknown key"),
        (RULE, "rule 1: the last rule, and only the last, has no condition"),
        (LAST + LAST, "rule 1: the last rule, and only the last, has no condition"),
        (RULE.replace("true", '"yes"') + LAST, "rule 1: neither true nor false"),
        (RULE.replace("way", " ") + LAST, "column reason_en: rule 1: no reason"),
        (RULE.replace("reason_zh", "reason_fr") + LAST, "rule 1: an unknown key"),
        (RULE.replace("highway", "higway") + LAST, "rule 1: higway is no tag"),
        (RULE.replace('["path"]', '"path"') + LAST, "rule 1: highway is neither"),
        (RULE.replace('["path"]', "[]") + LAST, "rule 1: highway is neither"),
        (RULE.replace('["path"]', '["*"]') + LAST, "rule 1: highway is neither"),
        (RULE.replace('{ highway = ["path"] }', "{}") + LAST, "rule 1: not a table of tags"),
        (RULE.replace('{ highway = ["path"] }', "[]") + LAST, "rule 1: not a table of tags"),
        (RULE + 'without = ["fe"]\n' + LAST, "rule 1: not a list of tags"),
        (RULE.replace("when = {", "without = []\n#") + LAST, "rule 1: not a table of tags"),
    ],
)
def test_a_wrong_rule_file_is_refused(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "own.toml").write_text(text, "utf-8")
    with pytest.raises(InputError, match=words) as caught:
        load_rules(tmp_path / "own.toml")
    assert all(fault.file == "own.toml" and fault.remedy for fault in caught.value.faults)


def test_a_missing_or_undecodable_rule_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_rules(tmp_path / "own.toml")
    (tmp_path / "own.toml").write_bytes("理由".encode("gb18030"))
    with pytest.raises(InputError, match="not TOML"):
        load_rules(tmp_path / "own.toml")


def test_every_packaged_rule_gives_its_reason_in_both_languages() -> None:
    rules = load_rules()
    assert len({rule.reason_en for rule in rules}) == len({rule.reason_zh for rule in rules}) == len(rules)
    assert not rules[-1].walk

"""The map of a comparison: one sealed file that says what the comparison says, whatever names there are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from maps.__main__ import main
from maps.bundle import read_bundle
from maps.compare.write import compare_page, write_compare
from maps.offline import outside_urls
from servicecircle.errors import InputError

HOSTILE = "</script><script>alert(1)</script>@@BLOCKS@@{{7*7}}"


@pytest.fixture(scope="module")
def compared(town: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a comparison of the town as it is written, in which somebody gains under a hostile name."""
    folder = tmp_path_factory.mktemp("compared")
    for name in ("gained", "lost", "circles_changed"):
        (folder / f"{name}.geojson").write_text('{"type":"FeatureCollection","features":[]}', "utf-8")
    path = folder / "compare.json"
    area = json.loads((town / "manifest.json").read_text("utf-8"))["area"]
    side: dict[str, object] = {"folder": "build", "variant": {}}
    told: dict[str, object] = {
        "area": area,
        "before": side,
        "after": side,
        "notes": [],
        "people": [],
        "cutoff_s": 900.0,
    }
    people = {"people_low": 1.0, "people": 2.0, "people_high": 3.0}
    about = {"tier": "school", "subdistrict": "1", "name": HOSTILE, "homes": 1, "lon": 106.5, "lat": 29.5}
    told["clusters"] = [{"change": "gained", "cluster": 1, **about, **people}]
    path.write_text(json.dumps(told), "utf-8")
    return folder


def block(page: str, name: str) -> Any:
    begin = page.index(f'id="data-{name}">') + len(f'id="data-{name}">')
    return json.loads(page[begin : page.index("</script>", begin)])


def test_the_map_asks_nobody_and_holds_what_was_compared(town: Path, compared: Path, tmp_path: Path) -> None:
    path = write_compare(town, compared, tmp_path / "x" / "map.html")
    page = path.read_text("utf-8")
    assert outside_urls(page) == []
    assert "Content-Security-Policy" in page
    assert block(page, "told") == json.loads((compared / "compare.json").read_text("utf-8"))
    assert block(page, "told")["clusters"][0]["name"] == HOSTILE
    assert "<script>alert" not in page
    assert len(block(page, "land")["features"]) > 0
    assert main(["compare", "--bundle", str(town), "--comparison", str(compared), "--out", str(tmp_path / "y")]) == 0
    assert (tmp_path / "y").read_text("utf-8") == page


def test_what_is_no_comparison_is_refused_in_words(town: Path, compared: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no comparison here"):
        write_compare(town, tmp_path, tmp_path / "map.html")
    told = json.loads((compared / "compare.json").read_text("utf-8"))
    for name in ("gained", "lost", "circles_changed"):
        (tmp_path / f"{name}.geojson").write_bytes((compared / f"{name}.geojson").read_bytes())
    (tmp_path / "compare.json").write_text(json.dumps(told | {"area": {"id": "elsewhere"}}), "utf-8")
    with pytest.raises(InputError, match="two areas"):
        compare_page(read_bundle(town), tmp_path)

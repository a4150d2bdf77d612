"""Layers as OGC API Features: by the letter of the standard, and as GDAL reads them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from urllib.parse import urlsplit

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from fastapi.testclient import TestClient

from servicecircle.publish.tables import finite
from tests.api.conftest import HOSTILE, Live
from tests.town import lonlat

ITEMS = "/collections/facilities/items"


def pages(client: TestClient, path: str) -> list[dict]:
    """Follow the next links."""
    found = []
    while path:
        answer = client.get(path)
        assert answer.status_code == 200
        found.append(answer.json())
        follow = [link["href"] for link in found[-1]["links"] if link["rel"] == "next"]
        path = follow[0].removeprefix("http://testserver") if follow else ""
        assert len(found) < 100
    return found


def test_landing_for_machines(client: TestClient) -> None:
    for answer in (client.get("/", headers={"Accept": "application/json"}), client.get("/?f=json")):
        links = {link["rel"]: link["href"] for link in answer.json()["links"]}
        assert {"self", "service-desc", "service-doc", "conformance", "data"} <= set(links)
        for href in links.values():
            assert client.get(urlsplit(href).path).status_code == 200


def test_conformance_claims_what_holds(client: TestClient) -> None:
    classes = client.get("/conformance").json()["conformsTo"]
    assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in classes


def test_every_layer_is_a_collection(client: TestClient, built: Path) -> None:
    listed = client.get("/collections").json()["collections"]
    files = {path.stem for path in (built / "layers").glob("*.parquet")}
    assert {entry["id"] for entry in listed} == files >= {"missing_links"}
    for entry in listed:
        assert client.get(f"/collections/{entry['id']}").json() == entry
        answer = client.get(f"/collections/{entry['id']}/items?limit=1000")
        assert answer.headers["content-type"] == "application/geo+json"
        layer = gpd.read_parquet(built / "layers" / f"{entry['id']}.parquet")
        assert answer.json()["numberMatched"] == len(layer) == entry["items"]
        if entry["extent"]:
            assert entry["extent"]["spatial"]["bbox"][0] == pytest.approx(layer.total_bounds.tolist(), abs=1e-7)


def test_pages_hold_every_feature_once(client: TestClient) -> None:
    found = pages(client, f"{ITEMS}?limit=3")
    assert [page["numberReturned"] for page in found] == [3, 3, 1]
    assert all(page["numberMatched"] == 7 for page in found)
    ids = [feature["id"] for page in found for feature in page["features"]]
    assert sorted(ids) == ["B1", "B2", "B3", "C1", "S1", "S2", "V1"]
    assert "prev" not in {link["rel"] for link in found[0]["links"]}
    back = next(link["href"] for link in found[1]["links"] if link["rel"] == "prev")
    assert client.get(back).json()["features"] == found[0]["features"]


def test_links_keep_filters(client: TestClient) -> None:
    found = pages(client, f"{ITEMS}?limit=1&tier=base&located=true")
    assert [page["features"][0]["id"] for page in found] == ["B1", "B2", "V1"]


def test_no_clock_in_the_answer(client: TestClient) -> None:
    assert "timeStamp" not in client.get(ITEMS).json()
    assert client.get(ITEMS).content == client.get(ITEMS).content


def test_box(client: TestClient) -> None:
    west, south = lonlat(450, 350)
    east, north = lonlat(650, 550)
    inside = client.get(ITEMS, params={"bbox": f"{west},{south},{east},{north}"}).json()
    assert {f["id"] for f in inside["features"]} == {"S1", "B2"}
    solid = client.get(ITEMS, params={"bbox": f"{west},{south},0,{east},{north},500"}).json()
    assert solid["features"] == inside["features"]


def test_box_takes_shapes_not_their_bounds(client: TestClient) -> None:
    def matched(x: float, y: float) -> int:
        lon, lat = lonlat(x, y)
        asked = {"bbox": f"{lon},{lat},{lon},{lat}", "facility_id": "S1", "cutoff_s": "300"}
        return client.get("/collections/isochrones/items", params=asked).json()["numberMatched"]

    assert matched(650, 500) == 1  # on a street, 150 m from the gate
    assert matched(800, 800) == 0  # 600 m on foot, but in the corner of the circle's bounds


def test_property_filters_compare_by_kind(client: TestClient) -> None:
    def ids(**asked: str) -> set[str]:
        return {f["id"] for f in client.get(ITEMS, params=asked).json()["features"]}

    assert ids(kind="school") == {"S1", "S2"}
    assert ids(located="false") == {"B3", "C1"}
    assert ids(inside_area="true") == {"S1", "S2", "C1", "B1", "B2", "V1"}
    assert ids(name="nobody") == set()
    circles = client.get("/collections/isochrones/items", params={"facility_id": "S1", "cutoff_s": "900"}).json()
    assert [f["id"] for f in circles["features"]] == ["S1-900"]


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"bbox": "1,2,3"}, "3 numbers"),
        ({"bbox": "1,2,3,4,5"}, "5 numbers"),
        ({"bbox": ""}, "not numbers"),
        ({"bbox": "a,b,c,d"}, "not numbers"),
        ({"bbox": "nan,1,2,3"}, "finite"),
        ({"bbox": "1,1,inf,3"}, "finite"),
        ({"bbox": "1,1,1e999,3"}, "finite"),
        ({"bbox": "3,1,2,3"}, "south-western"),
        ({"bbox": "1,3,2,1"}, "south-western"),
        ({"bbox": "29.5,106.5,29.6,106.6"}, "swapped"),
        ({"bbox": "200,1,201,2"}, "globe"),
        ({"limit": "0"}, "limit"),
        ({"limit": "-1"}, "limit"),
        ({"limit": "x"}, "limit"),
        ({"limit": ""}, "limit"),
        ({"offset": "-1"}, "offset"),
        ({"offset": "99999999999999999999"}, "offset"),
        ({"teir": "base"}, "unknown parameter"),
        ({"cutoff_s": "900"}, "unknown parameter"),
        ({"located": "maybe"}, "true or false"),
        ({"snap_m": "nan"}, "finite number"),
        ({"kind": ""}, "no value"),
        ({"datetime": "yesterday"}, "RFC 3339"),
    ],
)
def test_bad_queries_are_400(client: TestClient, asked: dict[str, str], says: str) -> None:
    answer = client.get(ITEMS, params=asked)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert says in answer.json()["detail"]


def test_a_limit_above_the_most_is_lowered(client: TestClient) -> None:
    answer = client.get("/collections/network/items?limit=100000").json()
    assert answer["numberReturned"] == min(1000, answer["numberMatched"])


def test_times_match_layers_without_times(client: TestClient) -> None:
    for text in ("2026-01-01", "2026-01-01T00:00:00Z", "../2026-01-01", "2026-01-01T00:00:00+08:00/.."):
        assert client.get(ITEMS, params={"datetime": text}).json()["numberMatched"] == 7


def test_one_feature(client: TestClient) -> None:
    answer = client.get(f"{ITEMS}/B1")
    assert answer.json()["properties"]["name"] == f"博物馆{HOSTILE}"
    assert {link["rel"] for link in answer.json()["links"]} == {"self", "collection"}
    for path in (f"{ITEMS}/nobody", "/collections/nothing/items", "/collections/nothing", f"{ITEMS}/../../x"):
        missing = client.get(path)
        assert missing.status_code == 404
        assert missing.headers["content-type"] == "application/problem+json"


def test_features_are_the_files_as_gdal_reads_them(client: TestClient, built: Path) -> None:
    for file in sorted((built / "layers").glob("*.geojson")):
        read = pyogrio.read_dataframe(file)
        given = [f for page in pages(client, f"/collections/{file.stem}/items?limit=1000") for f in page["features"]]
        assert len(given) == len(read), file.stem
        for k, (feature, row) in enumerate(zip(given, read.to_dict("records"), strict=True)):
            known = {key: value for key, value in feature["properties"].items() if value is not None}
            wrote = {key: finite(v) for key, v in row.items() if key != "geometry" and finite(v) is not None}
            assert known == {key: _like(value, known.get(key)) for key, value in wrote.items()}, (file.stem, k)
            shape = feature["geometry"] and shapely.geometry.shape(feature["geometry"])
            assert (shape is None) == (row["geometry"] is None)
            assert shape is None or shapely.equals_exact(shape, row["geometry"], 1e-7)


def _like(value: object, known: object) -> object:
    """Return a value as JSON has it: GDAL takes text that looks like a date or a time for one."""
    if isinstance(value, (dt.date, dt.time)) and isinstance(known, str):
        return known if value.isoformat().startswith(known) else value.isoformat()
    return value


def test_queryables_name_every_scalar_with_its_type(client: TestClient, built: Path) -> None:
    for file in sorted((built / "layers").glob("*.parquet")):
        described = client.get(f"/collections/{file.stem}/queryables")
        assert described.headers["content-type"] == "application/schema+json"
        layer = gpd.read_parquet(file)
        properties = described.json()["properties"]
        assert list(properties) == [c for c in layer.columns if c != "geometry"]
        if layer.empty:
            continue
        row = {name: finite(value) for name, value in layer.iloc[0].items() if name != "geometry"}
        known = {name: value for name, value in row.items() if value not in {None, ""}}
        asked = {name: str(v).lower() if isinstance(v, bool) else str(v) for name, v in known.items()}
        found = client.get(f"/collections/{file.stem}/items", params=asked).json()
        same = np.logical_and.reduce([(layer[name] == value).to_numpy(dtype=bool) for name, value in known.items()])
        assert found["numberMatched"] == same.sum() > 0, file.stem
        typed = [name for name, about in properties.items() if about["type"] != "string"]
        for name in typed[:2]:
            wrong = client.get(f"/collections/{file.stem}/items", params={name: "x1"})
            assert wrong.status_code == 400
            assert name in wrong.json()["detail"]


def test_gdal_reads_every_layer_page_by_page(live: Live, built: Path) -> None:
    source = f"OAPIF:{live.url}"
    names = {name for name, _ in pyogrio.list_layers(source)}
    assert names == {path.stem for path in (built / "layers").glob("*.parquet")}
    for name in sorted(names):
        wrote = gpd.read_parquet(built / "layers" / f"{name}.parquet")
        read = pyogrio.read_dataframe(source, layer=name, PAGE_SIZE=max(1, len(wrote) // 2 + 1))
        assert len(read) == len(wrote), name
        if wrote.empty:
            continue
        assert read.crs.equals("EPSG:4326") or read.crs.to_epsg() == 4326
        key = wrote.columns[0]
        assert read[key].tolist() == wrote[key].tolist()
        assert (read.geometry.notna() == wrote.geometry.notna().to_numpy()).all()
        assert read.geometry.dropna().geom_equals_exact(wrote.geometry.dropna(), 1e-7, align=False).all()
        where, kept = _filter(wrote)
        filtered = pyogrio.read_dataframe(source, layer=name, where=where)
        assert filtered[key].tolist() == wrote[kept][key].tolist() != [], (name, where)


def _filter(layer: gpd.GeoDataFrame) -> tuple[str, pd.Series]:
    """Return a filter by the last text column that tells anything, and what it keeps."""
    for column in reversed(layer.columns):
        texts = [v for v in layer[column] if isinstance(v, str) and v and "'" not in v]
        if texts and column != "geometry":
            return f"{column} = '{texts[0]}'", layer[column] == texts[0]
    column = next(c for c in layer.columns if pd.api.types.is_numeric_dtype(layer[c]) and layer[c].notna().any())
    value = layer[column].dropna().iloc[0]
    return f"{column} = {value!r}", layer[column] == value


def test_gdal_lets_the_service_filter(live: Live, capfd: pytest.CaptureFixture[str]) -> None:
    pyogrio.set_gdal_config_options({"CPL_DEBUG": "HTTP"})
    try:
        read = pyogrio.read_dataframe(f"OAPIF:{live.url}", layer="facilities", where="kind = 'school'")
    finally:
        pyogrio.set_gdal_config_options({"CPL_DEBUG": None})
    assert set(read["facility_id"]) == {"S1", "S2"}
    assert "kind=school" in capfd.readouterr().err


def test_gdal_passes_boxes_on(live: Live) -> None:
    box = (*lonlat(450, 350), *lonlat(650, 550))
    read = gpd.read_file(f"OAPIF:{live.url}", layer="facilities", bbox=box)
    assert set(read["facility_id"]) == {"S1", "B2"}


def test_gdal_filters_by_truth(live: Live) -> None:
    read = pyogrio.read_dataframe(f"OAPIF:{live.url}", layer="facilities", where="located = 0")
    assert set(read["facility_id"]) == {"B3", "C1"}

"""The registry as files for others: read back the same, nothing that may not leave, nothing that runs."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import openpyxl
import openpyxl.writer.excel
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from servicecircle.datum import Datum, from_wgs84
from servicecircle.errors import InputError
from servicecircle.formulas import guarded, unguarded
from servicecircle.ingest.facilities import facilities_of
from servicecircle.ingest.text_table import TextTable
from servicecircle.model import Study
from servicecircle.publish import exports
from servicecircle.publish.exports import SUFFIXES, About, export
from servicecircle.publish.kml import kml
from servicecircle.schemas import FACILITY_COLUMNS, FACILITY_OPTIONAL

ABOUT = About("方格镇点位 places of Grid Town", "places.gpkg, revision 7", "2026-11-22")
COLUMNS = (*FACILITY_COLUMNS, *FACILITY_OPTIONAL)
EXTENT = (106.0, 29.0, 107.0, 30.0)
CATEGORIES = pd.DataFrame({"name_zh": ["健康"], "name_en": ["Health"], "published": [True]}, pd.Index(["health"]))
HOSTILE = (
    '=HYPERLINK("http://x","y")', "+1+1", "-2+3", "@SUM(A1)", "＝1+1", "'=1", "<img src=x onerror=alert(1)>",
    "a]]>b<c&d",
    "${jndi:x}", '"quoted", and comma', "_x0041_", "人和街小学",
)  # fmt: skip


def places(names: tuple[str, ...] = HOSTILE, **changes: str) -> gpd.GeoDataFrame:
    """Return schools with these names, north of each other, the last one without a position."""
    good = dict.fromkeys(COLUMNS, "") | {
        "kind": "school", "status": "loaded", "source": "by hand", "position_source": "by hand", "datum": "wgs84",
        "position_confidence": "building", "licence": "CC0", "redistributable": "true", "contact": "023-63841234",
        "entrances": "106.5512345 29.5601234 @1; 106.5520000 29.5605000",
    }  # fmt: skip
    rows = [
        good | {"facility_id": f"S{i}", "name": name, "lon": "106.5512345", "lat": f"29.56{i:05}"} | changes
        for i, name in enumerate(names)
    ]
    nowhere = dict.fromkeys(("lon", "lat", "entrances", "datum", "position_source"), "")
    rows[-1] |= nowhere | {"position_confidence": "none"}
    cells = pd.DataFrame(rows, pd.RangeIndex(2, 2 + len(rows), name="row"), list(COLUMNS), dtype=str)
    return facilities_of(TextTable("by hand", cells), CATEGORIES, EXTENT)


def read_csv(path: Path) -> list[dict[str, str]]:
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def rows_of(path: Path) -> list[dict[str, Any]]:
    """Read any of the files back: the cells of each place, with lon and lat as numbers or None."""
    if path.suffix == ".csv":
        return [
            {k: float(v) if k in {"lon", "lat"} and v else unguarded(v) or None for k, v in row.items()}
            for row in read_csv(path)
        ]
    if path.suffix == ".xlsx":
        header, *body = openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True)
        return [dict(zip(header, row, strict=True)) for row in body]
    table = pyogrio.read_dataframe(path, layer=0)
    points = table.geometry
    plain = pd.DataFrame(table.drop(columns="geometry")).rename(columns={"Name": "name"})
    plain = plain.astype(object).where(plain.notna(), None).assign(lon=points.x, lat=points.y)
    return plain.astype(object).where(plain.notna(), None).to_dict("records")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_file_reads_back_as_what_went_in(tmp_path: Path, suffix: str) -> None:
    given_places = places()
    path = tmp_path / f"点位{suffix}"
    done = export(given_places, path, about=ABOUT)
    assert (done.rows, done.left_out) == (len(HOSTILE), 0)
    found = rows_of(path)
    assert [row["name"] for row in found] == [
        n.replace("_x0041_", "_x005F_x0041_") if suffix == ".xlsx" else n for n in HOSTILE
    ]
    for row, (_, place) in zip(found, given_places.iterrows(), strict=True):
        for name in set(COLUMNS) - {"contact", "name", "redistributable", "lon", "lat"}:
            expected = None if pd.isna(place[name]) else place[name]
            assert (row.get(name) or None) == expected, name
        assert row["redistributable"] == "true"
        assert [row["lon"], row["lat"]] == [None if np.isnan(place[k]) else place[k] for k in ("lon", "lat")]


def test_excel_reads_hostile_names_as_text(tmp_path: Path) -> None:
    names = (*HOSTILE, "end")
    export(places(names), tmp_path / "a.xlsx", about=ABOUT)
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    cells = [cell for row in book.worksheets[0].iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s", "n"}
    assert all(cell.quotePrefix for cell in cells if cell.data_type == "s")
    assert {cell.column_letter for cell in cells if cell.data_type == "n"} == {"G", "H"}
    assert book.worksheets[0].freeze_panes == "A2"
    values = CalamineWorkbook.from_path(tmp_path / "a.xlsx").get_sheet_by_index(0).to_python()
    assert tuple(row[3] for row in values[1:]) == names


@pytest.mark.parametrize("name", ["\t=1", "\r=1", "\n=1", "=1"])
def test_no_cell_begins_a_formula(tmp_path: Path, name: str) -> None:
    hostile = places(("x", "y")).assign(name=name)
    export(hostile, tmp_path / "a.csv", about=ABOUT)
    assert [row["name"] for row in read_csv(tmp_path / "a.csv")] == [f"'{name}"] * 2
    export(hostile, tmp_path / "a.xlsx", about=ABOUT)
    cell = openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets[0]["D2"]
    assert cell.data_type == "s"
    assert CalamineWorkbook.from_path(tmp_path / "a.xlsx").get_sheet_by_index(0).to_python()[1][3] == name


@given(st.text())
def test_guarding_is_taken_back_and_leaves_nothing_to_run(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert not guarded(text).startswith(tuple("=+-@\t\r\n＝＋－＠"))


def test_numbers_are_never_guarded(tmp_path: Path) -> None:
    west = places(("x", "y")).assign(lon=[-106.5, np.nan], lat=[-0.5, np.nan])
    export(west, tmp_path / "a.csv", about=ABOUT)
    assert [(row["lon"], row["lat"]) for row in read_csv(tmp_path / "a.csv")] == [
        ("-106.5000000", "-0.5000000"),
        ("", ""),
    ]


@settings(max_examples=25, deadline=None)
@given(st.text(st.characters(blacklist_categories=["Cs"])))
def test_kml_takes_any_name(name: str) -> None:
    """Also the one that GDAL's own driver writes into a file that nobody can read."""
    text = kml([{"facility_id": "S1", "name": name}], [None], name, name)
    root = ET.fromstring(text)  # noqa: S314 - our own text
    found = root.find(".//{http://www.opengis.net/kml/2.2}Placemark/{http://www.opengis.net/kml/2.2}name")
    assert found is not None
    assert (found.text or "") == "".join(c for c in name if c.isprintable() or c in "\t\n")


def said(path: Path) -> str:
    """Return what a file says of itself."""
    if path.suffix == ".csv":
        return path.with_name(path.name + ".txt").read_text("utf-8-sig")
    if path.suffix == ".xlsx":
        sheet = openpyxl.load_workbook(path).worksheets[1]
        return "\n".join(str(row[1]) for row in sheet.iter_rows(values_only=True))
    if path.suffix == ".geojson":
        return "\n".join(v for v in json.loads(path.read_text("utf-8")).values() if isinstance(v, str))
    if path.suffix == ".gpkg":
        info = pyogrio.read_info(path)
        return "\n".join([*info["dataset_metadata"].values(), info["layer_metadata"]["DESCRIPTION"]])
    return path.read_text("utf-8")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_may_not_be_passed_on_stays_and_the_file_says_so(tmp_path: Path, suffix: str, district: Study) -> None:
    facilities = district.facilities.assign(contact="023-63841234")
    kept = facilities[facilities["redistributable"]]
    assert 0 < len(kept) < len(facilities)
    path = tmp_path / f"open{suffix}"
    done = export(facilities, path, about=ABOUT)
    assert (done.rows, done.left_out) == (len(kept), len(facilities) - len(kept))
    assert [row["facility_id"] for row in rows_of(path)] == kept["facility_id"].tolist()
    words = said(path)
    assert f"{done.left_out} 处因许可" in words
    assert ABOUT.made_from in words
    assert "63841234" not in words
    assert not any("63841234" in str(value) for row in rows_of(path) for value in row.values())
    whole = tmp_path / f"internal{suffix}"
    done = export(facilities, whole, internal=True, about=ABOUT)
    assert (done.rows, done.left_out) == (len(facilities), 0)
    assert {row["contact"] for row in rows_of(whole)} == {"023-63841234"}
    assert "内部使用" in said(whole)


def test_a_new_column_does_not_leave_unasked(tmp_path: Path) -> None:
    export(places().assign(x_phone="13800000000", row=5), tmp_path / "a.geojson", about=ABOUT)
    assert "13800000000" not in (tmp_path / "a.geojson").read_text("utf-8")


@pytest.mark.parametrize("datum", [Datum.GCJ02, Datum.BD09])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_positions_and_entrances_are_converted_and_the_file_says_so(tmp_path: Path, suffix: str, datum: Datum) -> None:
    path = tmp_path / f"a{suffix}"
    export(places(), path, datum=datum, about=ABOUT)
    lon, lat = from_wgs84(np.array([106.5512345]), np.array([29.56]), datum)
    row = rows_of(path)[0]
    assert [row["lon"], row["lat"]] == pytest.approx([lon[0], lat[0]], abs=1e-7)
    x, y = from_wgs84(np.array([106.5512345, 106.552]), np.array([29.5601234, 29.5605]), datum)
    assert row["entrances"] == f"{x[0]:.7f} {y[0]:.7f} @1; {x[1]:.7f} {y[1]:.7f}"
    assert rows_of(path)[-1]["lon"] is None
    assert "不是 WGS-84" in said(path)
    if suffix == ".gpkg":
        crs = pyogrio.read_info(path)["crs"]
        assert datum.value.upper() in crs
        assert "4326" not in crs


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_same_places_give_the_same_bytes(
    tmp_path: Path, suffix: str, district: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = [export(district.facilities, tmp_path / f"a{suffix}", about=ABOUT)]
    first = [path.read_bytes() for path in done[0].files]
    later = SimpleNamespace(
        datetime=SimpleNamespace(now=lambda **_: datetime(2031, 1, 1, tzinfo=UTC)), timezone=timezone
    )
    monkeypatch.setattr(openpyxl.writer.excel, "datetime", later)
    done.append(export(district.facilities, tmp_path / f"a{suffix}", about=ABOUT))
    assert [path.read_bytes() for path in done[1].files] == first


def test_geojson_is_what_its_standard_says(tmp_path: Path) -> None:
    export(places(), tmp_path / "a.geojson", about=ABOUT)
    content = json.loads((tmp_path / "a.geojson").read_text("utf-8"))
    assert content["type"] == "FeatureCollection"
    assert content["title"] == ABOUT.title
    assert content["features"][-1]["geometry"] is None
    point = shapely.from_geojson(json.dumps(content["features"][0]["geometry"]))
    assert (point.x, point.y) == (106.5512345, 29.56)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_no_place_at_all_is_a_file_too(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    done = export(places(redistributable="false"), path, about=ABOUT)
    assert (done.rows, done.left_out) == (0, len(HOSTILE))
    assert f"{len(HOSTILE)} 处因许可" in said(path)
    assert suffix in {".kml", ".geojson"} or rows_of(path) == []


def test_what_cannot_be_written_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.gpkg"
    export(places(), path, about=ABOUT)
    before = path.read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(exports.pyogrio, "write_dataframe", full)
    with pytest.raises(InputError, match=r"a.gpkg: cannot be written: No space left.*Remedy"):
        export(places(), path, about=ABOUT)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.gpkg"]


@pytest.mark.parametrize(
    ("name", "words"),
    [("a.pdf", "use one of: .csv, .xlsx"), ("a", "unknown kind"), ("no/a.csv", "No such file"), ("d.csv", "a folder")],
)
def test_bad_names_are_refused(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "d.csv").mkdir()
    with pytest.raises(InputError, match=words):
        export(places(), tmp_path / name, about=ABOUT)

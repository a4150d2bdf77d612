"""Doors of a town known by hand: its times, its flags and what is published of them."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from servicecircle.errors import InputError
from servicecircle.ingest.parameters import read_parameters
from servicecircle.ingest.study import read_study
from servicecircle.ingest.walkable import load_rules
from servicecircle.model import Variant
from servicecircle.pipeline import Results, run
from servicecircle.publish.layers import bundle_layers
from tests.conftest import Silent
from tests.sketch import small_pieces
from tests.town import Place, Town, lonlat

PLACES = [
    Place("S1", "school", 500.0, 500.0),
    Place("S2", "school", 150.0, 240.0),
    Place("S3", "school", 830.0, 855.0),
]


def build(
    folder: Path,
    entrances: dict[str, str] | None = None,
    addresses: dict[str, str] | None = None,
    refuse_m: float = 300.0,
) -> Results:
    """Compute the town after writing entrances and addresses of some places into its table."""
    Town(places=PLACES).write(folder)
    path = folder / "facilities.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["entrances"] = (entrances or {}).get(row["facility_id"], "")
        row["address"] = (addresses or {}).get(row["facility_id"], "")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    parameters = small_pieces(read_parameters())
    snap = parameters.snap.model_copy(update={"refuse_m": refuse_m})
    parameters = parameters.model_copy(update={"snap": snap})
    return run(read_study(folder), parameters, load_rules(), Variant(profile="flat"), Silent())


def at(x: float, y: float) -> str:
    lon, lat = lonlat(x, y)
    return f"{lon:.7f} {lat:.7f}"


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return build(tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module")
def gated(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """S1 has two gates, 220 m east and 240 m west, S2 has an address on the farther of two streets, S3 one far gate."""
    gates = {"S1": f"{at(720, 510)};{at(260, 503)}", "S3": at(850, 850)}
    return build(tmp_path_factory.mktemp("gated"), gates, {"S2": "西城横3路12号"})


def test_a_home_walks_to_the_nearest_gate(plain: Results, gated: Results) -> None:
    seconds = {}
    mps = plain.streets.profile.flat_mps
    for name, results in (("plain", plain), ("gated", gated)):
        homes = results.homes.set_index("demand_id")["nearest_school_s"]
        seconds[name] = homes["w58"]  # 20 m north of (750, 500)
    assert seconds["plain"] * mps == pytest.approx(20 + 250, abs=0.5)
    assert seconds["gated"] * mps == pytest.approx(20 + 30 + 10, abs=0.5)


def test_entrances_are_published_nearest_first(gated: Results) -> None:
    table = gated.entrances
    assert " ".join(table.columns) == "facility_id reason layer snap_m snap_height_m snap_flag geometry"
    assert table["facility_id"].tolist() == ["S1", "S1", "S2", "S3"]
    assert table["reason"].tolist() == ["surveyed", "surveyed", "street_number", "surveyed"]
    assert table["snap_m"].to_numpy() == pytest.approx([3, 10, 60, 50], abs=0.05)
    assert table["snap_flag"].fillna("").tolist() == ["", "", "far", "far"]
    assert table["snap_height_m"].isna().all()
    assert [point.coords[0] for point in table.geometry[[0, 1, 3]]] == [
        pytest.approx(lonlat(x, y), abs=1e-7) for x, y in ((260, 503), (720, 510), (850, 850))
    ]
    # a supposed entrance is shown where it opens on its street
    assert table.geometry[2].coords[0] == pytest.approx(lonlat(150, 300), abs=1e-6)


def test_the_registry_tells_of_the_nearest_door(plain: Results, gated: Results) -> None:
    columns = ["snap_m", "snap_far", "snap_height_m", "snap_flag", "entrance_reason", "n_entrances"]
    for results, metres, reasons, counts in (
        (plain, [0, 40, 30], ["nearest"] * 3, [1, 1, 1]),
        (gated, [3, 60, 50], ["surveyed", "street_number", "surveyed"], [2, 1, 1]),
    ):
        layer = bundle_layers(results)["facilities"]
        assert [c for c in layer.columns if c in columns] == columns
        assert layer["snap_m"].to_numpy(dtype=float) == pytest.approx(metres, abs=0.05)
        assert layer["entrance_reason"].tolist() == reasons
        assert layer["n_entrances"].tolist() == counts
        assert layer["snap_far"].tolist() == [bool(m > 30) for m in layer["snap_m"]]
    assert "entrances" not in bundle_layers(gated)["facilities"].columns
    assert bundle_layers(gated)["entrances"] is gated.entrances


def test_a_gate_far_from_any_street_is_a_fault_of_its_row(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        build(tmp_path, {"S1": at(720, 510), "S3": f"{at(850, 810)};{at(850, 850)}"}, refuse_m=45.0)
    (fault,) = error.value.faults
    assert (fault.file, fault.row, fault.column) == ("facilities.csv", 4, "entrances")
    assert "no walkable street within 45 m of 'S3' (nearest: 50 m)" in fault.problem
    assert fault.value == ",".join(f"{value:.6f}" for value in lonlat(850, 850))
    assert "take this entrance out" in fault.remedy


def test_two_gates_on_one_outline_serve_the_place_within(tmp_path: Path) -> None:
    """A home's own footprint holds the school; its nodes on the south and north side are entrances of the map."""
    folder = Town().write(tmp_path / "town")
    rows = ["osm_id,lon,lat,kind,layer,name,source"]
    homes = Town().homes()
    x, y = homes[0]
    rows += [f"{k},{lonlat(x, y + dy)[0]:.7f},{lonlat(x, y + dy)[1]:.7f},entrance,,,map" for k, dy in ((1, -5), (2, 5))]
    (folder / "entrances.csv").write_text("\n".join(rows) + "\n", "utf-8")
    table = (folder / "facilities.csv").read_text("utf-8")
    lon, lat = lonlat(500, 500)
    east, north = lonlat(x, y)
    (folder / "facilities.csv").write_text(table.replace(f"{lon:.7f},{lat:.7f}", f"{east:.7f},{north:.7f}"), "utf-8")
    results = run(read_study(folder), small_pieces(read_parameters()), load_rules(), Variant(), Silent())
    assert results.entrances["reason"].tolist() == ["tagged", "tagged"]
    assert results.entrances["snap_m"].to_numpy() == pytest.approx([15, 25], abs=0.05)
    assert "entrances.csv" in results.streets.study.inputs


def test_in_the_district_every_place_has_its_doors(results: Results) -> None:
    placed = results.facilities.query("located or approximate")
    table = results.entrances
    assert set(table["facility_id"]) == set(placed["facility_id"])
    assert table["reason"].value_counts().to_dict() == {"nearest": 178, "street_number": 69, "tagged": 8}
    mall = table[table["facility_id"] == placed.set_index("name").loc["重庆来福士广场", "facility_id"]]
    assert len(mall) == 3
    assert mall["snap_m"].max() < 5
    flagged = table["snap_flag"].fillna("")
    assert np.array_equal(flagged.str.contains("far"), table["snap_m"] > 30)
    assert np.array_equal(flagged.str.contains("height"), table["snap_height_m"].abs() > 8)

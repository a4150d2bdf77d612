"""Coverage, circles and gaps of a lattice town, every number known by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from servicecircle.ingest.parameters import read_parameters
from servicecircle.ingest.study import read_study
from servicecircle.ingest.walkable import load_rules
from servicecircle.model import Variant
from servicecircle.pipeline import Results, run
from tests.conftest import Silent
from tests.town import BLOCK_M, Place, Town

ADULT_MPS = 1.2


def compute(town: Town, folder: Path, **changes: object) -> Results:
    parameters = read_parameters(**changes)  # type: ignore[arg-type]
    return run(read_study(town.write(folder)), parameters, load_rules(), Variant(), Silent())


@pytest.mark.parametrize(("x", "y"), [(500.0, 500.0), (0.0, 0.0), (1000.0, 300.0)])
def test_homes_covered_are_those_within_reach_by_hand(tmp_path: Path, x: float, y: float) -> None:
    town = Town(blocks=20, places=[Place("S1", "school", x, y)])
    found = compute(town, tmp_path)
    table = found.coverage.set_index(["subdistrict", "tier", "basis", "measure", "cutoff_s"])
    seconds = town.metres_to(x, y) / ADULT_MPS
    for cutoff in (300.0, 600.0, 900.0):
        row = table.loc[("district", "school", "confirmed", "walk", cutoff)]
        assert row["homes"] == 20 * 21
        assert row["homes_covered"] == int((seconds <= cutoff).sum())
    radius = np.hypot(*(town.homes() - [x, y]).T)
    assert table.loc[("district", "school", "confirmed", "radius", 900.0), "homes_covered"] == int(
        (radius <= 1000).sum()
    )


def test_every_home_knows_its_seconds(tmp_path: Path) -> None:
    town = Town(blocks=12, places=[Place("S1", "school", 300.0, 700.0)])
    homes = compute(town, tmp_path).homes
    seconds = homes.set_index("demand_id")["nearest_school_s"].loc[[f"w{i}" for i in range(1, 12 * 13 + 1)]]
    # lengths are geodesic, the town is laid out on the plane: its scale is 0.9999 here
    assert np.abs(seconds.to_numpy() - town.metres_to(300.0, 700.0) / ADULT_MPS).max() < 0.5


def test_one_subdistrict_is_not_the_other(tmp_path: Path) -> None:
    town = Town(blocks=10, places=[Place("S1", "school", 0.0, 500.0)])
    found = compute(town, tmp_path, minutes=(5.0,))
    table = found.coverage.query("tier == 'school' and basis == 'all' and measure == 'walk' and cutoff_s == 300")
    covered = table.set_index("subdistrict")["homes_covered"]
    near = town.metres_to(0.0, 500.0) / ADULT_MPS <= 300
    west = town.homes()[:, 0] < 500
    assert (covered["1"], covered["2"]) == (int((near & west).sum()), int((near & ~west).sum()))
    assert covered["district"] == covered["1"] + covered["2"]


def test_candidates_and_approximate_places_count_only_in_all(tmp_path: Path) -> None:
    places = [
        Place("B1", "base", 100.0, 100.0, status="candidate", category="patriotic"),
        Place("B2", "base", 900.0, 900.0, confidence="street", category="patriotic"),
    ]
    table = compute(Town(places=places), tmp_path).coverage
    rows = table.query("subdistrict == 'district' and tier == 'base' and measure == 'walk' and cutoff_s == 900")
    confirmed, everything = (rows[rows["basis"] == b].iloc[0] for b in ("confirmed", "all"))
    assert confirmed["unknown"]
    assert np.isnan(confirmed["share"])
    assert everything["homes_covered"] > 0
    unseen = table.query("subdistrict == 'district' and tier == 'community'")
    assert unseen["unknown"].all()


def test_a_circle_on_the_lattice_is_the_diamond(tmp_path: Path) -> None:
    town = Town(blocks=20, places=[Place("S1", "school", 1000.0, 1000.0)])
    found = compute(town, tmp_path, minutes=(5.0,)).isochrones.iloc[0]
    reach = 300.0 * ADULT_MPS
    k = np.arange(-20, 21) * BLOCK_M
    # on each street |dx| + |dy| <= reach leaves 2 (reach - distance of the street) metres
    by_hand = 2 * 2 * np.maximum(reach - np.abs(k), 0).sum()
    assert found["street_m"] == pytest.approx(by_hand, rel=0.001)
    assert found["area_m2"] < 2 * (reach + 25) ** 2


def test_the_far_half_is_a_gap_with_its_numbers(tmp_path: Path) -> None:
    town = Town(blocks=30, people=9300, places=[Place("S1", "school", 0.0, 1500.0)])
    found = compute(town, tmp_path)
    seconds = town.metres_to(0.0, 1500.0) / ADULT_MPS
    beyond = seconds > 900
    gaps = found.gaps[found.gaps["tier"] == "school"]
    assert gaps["homes"].sum() == int(beyond.sum())
    total = (gaps["mean_excess_s"] * gaps["people"]).sum() / gaps["people"].sum()
    shares = found.homes["people"].to_numpy()
    order = found.homes["demand_id"].str[1:].astype(int).to_numpy() - 1
    expected = np.average(seconds[order][beyond[order]] - 900, weights=shares[beyond[order]])
    assert total == pytest.approx(expected, rel=0.002)
    assert set(gaps["cause"]) <= {"too_far", "detour", "beyond_extract"}


def test_columns_of_15_minutes_say_15_minutes_whatever_counts_as_covered(tmp_path: Path) -> None:
    town = Town(blocks=20, places=[Place("S1", "school", 500.0, 500.0)])
    own = tmp_path / "own.toml"
    own.write_text("[coverage]\ncutoff_s = 300\n", "utf-8")
    found = compute(town, tmp_path / "town", path=own)
    seconds = town.metres_to(500.0, 500.0) / ADULT_MPS
    assert found.homes["n_school_900"].sum() == int((seconds <= 900).sum())
    beyond = found.gaps.query("tier == 'school'")["homes"].sum()
    assert beyond == int((seconds > 300).sum())

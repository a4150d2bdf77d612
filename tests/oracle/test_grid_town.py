"""Coverage, circles and gaps of a lattice town, every number known by hand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from servicecircle.catchments import catchments
from servicecircle.ingest.parameters import read_parameters
from servicecircle.ingest.planning import read_planning
from servicecircle.ingest.study import read_study
from servicecircle.ingest.walkable import load_rules
from servicecircle.model import Variant
from servicecircle.pipeline import Results, run
from tests.conftest import Silent
from tests.town import BLOCK_M, Place, Town

ADULT_MPS = 1.2


def compute(town: Town, folder: Path, **changes: object) -> Results:
    parameters = read_parameters(**changes)  # type: ignore[arg-type]
    study = read_study(town.write(folder))
    return run(study, parameters, load_rules(), Variant(), Silent(), read_planning(folder, study))


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


BLOCKS = 30
SCHOOLS = {"S1": (500.0, 500.0), "S2": (2500.0, 1500.0), "S3": (700.0, 800.0)}
BASES_AT = {"B1": (0.0, 0.0), "B2": (1500.0, 3000.0)}
CANDIDATE, APPROXIMATE = "S3", "B2"
RADIUS_M = 1000.0


@dataclass(frozen=True)
class ByHand:
    """The town of 31 x 31 streets: metres from each home to each place along the streets and as the crow flies."""

    found: Results
    walk_m: dict[str, np.ndarray]
    straight_m: dict[str, np.ndarray]
    order: np.ndarray

    def of(self, tier: str, basis: str) -> list[str]:
        """Names of the places that count."""
        named = {"school": list(SCHOOLS), "base": list(BASES_AT), "community": []}[tier]
        return [name for name in named if basis == "all" or name not in (CANDIDATE, APPROXIMATE)]

    def seconds(self, tier: str, basis: str) -> np.ndarray:
        """Seconds of every home, in the order of the table, to each place that counts, as (places, homes)."""
        rows = [self.walk_m[name][self.order] / ADULT_MPS for name in self.of(tier, basis)]
        return np.array(rows).reshape(-1, len(self.order))


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> ByHand:
    places = [Place(k, "school", *at, status="candidate" if k == CANDIDATE else "loaded") for k, at in SCHOOLS.items()]
    places += [
        Place(k, "base", *at, category="patriotic", confidence="street" if k == APPROXIMATE else "building")
        for k, at in BASES_AT.items()
    ]
    town = Town(blocks=BLOCKS, people=93_000, places=places)
    found = compute(town, tmp_path_factory.mktemp("grid"))
    every = SCHOOLS | BASES_AT
    return ByHand(
        found,
        {name: town.metres_to(*at) for name, at in every.items()},
        {name: np.hypot(*(town.homes() - at).T) for name, at in every.items()},
        found.homes["demand_id"].str[1:].astype(int).to_numpy() - 1,
    )


def test_every_cell_of_coverage_is_known_by_hand(grid: ByHand) -> None:
    homes, table = grid.found.homes, grid.found.coverage
    assert len(homes) == BLOCKS * (BLOCKS + 1)
    assert len(table) == 3 * 2 * 3 * (3 * 2 + 1)
    people = homes[["people_floor_area", "people_street_frontage", "people_land_area"]].to_numpy()
    west = grid.order % BLOCKS < BLOCKS // 2
    inside = {"district": np.ones(len(homes), dtype=bool), "1": west, "2": ~west}
    for row in table.to_dict("records"):
        names = grid.of(row["tier"], row["basis"])
        if row["measure"] == "radius":
            near = [grid.straight_m[name][grid.order] <= RADIUS_M for name in names]
        else:
            near = list(grid.seconds(row["tier"], row["basis"]) <= row["cutoff_s"])
        here = inside[row["subdistrict"]]
        covered = here & np.any([np.zeros(len(homes), dtype=bool), *near], axis=0)
        assert (row["homes"], row["homes_covered"]) == (here.sum(), covered.sum()), row
        total, reached = people[here].sum(axis=0), people[covered].sum(axis=0)
        for name, values in (("people", total), ("covered", reached)):
            told = [row[f"{name}_low"], row[name], row[f"{name}_high"]]
            assert told == pytest.approx([values.min(), values.mean(), values.max()])
        share = [np.nan] * 3
        if names:
            share = [(reached / total).min(), reached.mean() / total.mean(), (reached / total).max()]
        assert [row["share_low"], row["share"], row["share_high"]] == pytest.approx(share, nan_ok=True)
        assert row["unknown"] == (not names)
        assert row["name"] == {"district": "", "1": "西城街道", "2": "东城街道"}[row["subdistrict"]]


def test_every_cell_of_the_choices_is_known_by_hand(grid: ByHand) -> None:
    homes, table = grid.found.homes, grid.found.assessment.choices
    assert len(table) == 3 * 2 * 3
    people = homes[["people_floor_area", "people_street_frontage", "people_land_area"]].to_numpy()
    west = grid.order % BLOCKS < BLOCKS // 2
    inside = {"district": np.ones(len(homes), dtype=bool), "1": west, "2": ~west}
    for row in table.to_dict("records"):
        here, seconds = inside[row["subdistrict"]], grid.seconds(row["tier"], row["basis"])
        choices = (seconds <= 900).sum(axis=0)
        for word, chosen in (("none", choices == 0), ("one", choices == 1), ("more", choices >= 2)):
            assert row[f"homes_{word}"] == (here & chosen).sum()
            total = people[here & chosen].sum(axis=0)
            told = [row[f"people_{word}_low"], row[f"people_{word}"], row[f"people_{word}_high"]]
            assert told == pytest.approx([total.min(), total.mean(), total.max()])
        assert row["unknown"] == (not len(seconds))
        assert row["homes_cut_off"] == (0 if len(seconds) else here.sum())
        if not len(seconds):
            assert np.isnan([row["mean_s"], row["gini_low"], row["gini"], row["gini_high"]]).all()
            continue
        walk = seconds.min(axis=0)[here]
        apart = np.abs(walk[:, None] - walk[None, :])
        ginis, means = [], []
        for weight in people[here].T:
            share = weight / weight.sum()
            means.append(share @ walk)
            ginis.append(share @ apart @ share / (2 * means[-1]))
        assert row["mean_s"] == pytest.approx(np.mean(means), rel=0.001)
        told = [row["gini_low"], row["gini"], row["gini_high"]]
        assert told == pytest.approx([min(ginis), np.mean(ginis), max(ginis)], rel=0.001)


def test_every_cell_of_the_access_of_a_home_is_known_by_hand(grid: ByHand) -> None:
    homes = grid.found.homes
    for tier in ("school", "community", "base"):
        for basis, column in (("all", f"nearest_{tier}_s"), ("confirmed", f"nearest_{tier}_confirmed_s")):
            best = grid.seconds(tier, basis).min(axis=0, initial=np.inf)
            best = np.where(np.isfinite(best), best, np.nan)
            assert homes[column].to_numpy() == pytest.approx(best, abs=0.5, nan_ok=True)
        everything = grid.seconds(tier, "all")
        for cutoff in (300, 600, 900):
            assert homes[f"n_{tier}_{cutoff}"].tolist() == (everything <= cutoff).sum(axis=0).tolist()
        # level streets: back takes as long as there
        back, there = homes[f"nearest_{tier}_back_s"], homes[f"nearest_{tier}_s"]
        assert back.to_numpy() == pytest.approx(there.to_numpy(), nan_ok=True)
        if len(everything):
            two = np.sort(everything, axis=0)[:2]
            clear = two[-1] - two[0] > 1  # equally far is either
            names = np.array(grid.of(tier, "all"))[everything.argmin(axis=0)]
            assert homes[f"nearest_{tier}_id"][clear].tolist() == names[clear].tolist()
        else:
            assert homes[f"nearest_{tier}_id"].isna().all()
    base = grid.seconds("base", "all").min(axis=0)
    assert homes["nearest_patriotic_s"].to_numpy() == pytest.approx(base, abs=0.5)
    for cutoff in (300, 600, 900):
        assert homes[f"n_categories_{cutoff}"].tolist() == (base <= cutoff).astype(int).tolist()


def test_places_and_school_gates_are_counted_by_hand(grid: ByHand) -> None:
    facilities = grid.found.facilities.set_index("facility_id")
    people = grid.found.homes["people_floor_area"].to_numpy()
    at = SCHOOLS | BASES_AT
    for name, (x, y) in at.items():
        around = [other for other, (u, v) in at.items() if other != name and abs(x - u) + abs(y - v) <= 900 * ADULT_MPS]
        for tier, members in (("school", SCHOOLS), ("base", BASES_AT)):
            assert facilities.loc[name, f"n_{tier}_900"] == len(set(around) & set(members))
        near = grid.walk_m[name][grid.order] <= 900 * ADULT_MPS
        low, high = facilities.loc[name, ["people_900_low", "people_900_high"]]
        assert low - 1e-6 <= people[near].sum() <= high + 1e-6
        assert facilities.loc[name, "terrain_loss"] == pytest.approx(0, abs=1e-9)
    schools = grid.found.schools.set_index("facility_id")
    assert schools.loc["S1", "nearest_base_min"] == pytest.approx(1000 / ADULT_MPS / 60, abs=0.01)
    assert schools["nearest_base"].tolist() == ["B1", "B2", "B1"]
    assert schools["nearest_community"].isna().all()
    assert schools["base_15min"].tolist() == [1, 0, 0]
    assert schools["categories_15min"].tolist() == [1, 0, 0]


@pytest.mark.parametrize("rooms", [{"S1": "120", "S2": "90"}, {"S1": "120", "S3": "60", "B1": "30"}])
def test_room_in_places_is_shared_by_hand(grid: ByHand, rooms: dict[str, str]) -> None:
    """A place's room is shared by all who reach it; a home has the shares of all places that it reaches."""
    homes = grid.found.homes.assign(people=2.0)
    facilities = grid.found.facilities.assign(capacity=lambda t: t["facility_id"].map(rooms))
    table = catchments(grid.found.access, homes, facilities)
    tiers = {"school": SCHOOLS, "base": BASES_AT}
    known = {tier: [name for name in rooms if name in members] for tier, members in tiers.items()}
    assert list(table.columns) == ["demand_id", *(f"{tier}_per_person" for tier, names in known.items() if names)]
    assert table["demand_id"].tolist() == homes["demand_id"].tolist()
    for tier, names in known.items():
        if not names:
            continue
        expected = np.zeros(len(homes))
        for name in names:
            near = grid.walk_m[name][grid.order] <= 900 * ADULT_MPS
            expected += near * int(rooms[name]) / (2.0 * near.sum())
        assert table[f"{tier}_per_person"].to_numpy() == pytest.approx(expected)
        # all room is given to somebody, none twice
        assert (2.0 * table[f"{tier}_per_person"]).sum() == pytest.approx(sum(int(rooms[name]) for name in names))


def test_without_known_capacities_no_room_is_told(grid: ByHand) -> None:
    assert list(grid.found.assessment.catchments.columns) == ["demand_id"]
    empty = grid.found.homes.assign(people=0.0)
    facilities = grid.found.facilities.assign(capacity=lambda t: t["facility_id"].map({"S1": "10"}))
    told = catchments(grid.found.access, empty, facilities)["school_per_person"]
    assert set(told.isna()) == {True, False}  # nobody lives near S1: room for a person of nobody is unknown
    assert (told.dropna() == 0).all()

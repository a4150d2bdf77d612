"""Which datum a table has: places of the district, moved; no single row decides, no honest row is accused."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from servicecircle.crs import to_lonlat, to_metric
from servicecircle.datum import Datum, from_wgs84
from servicecircle.errors import InputError
from servicecircle.model import Study
from servicecircle.registry.addresses import AddressBook
from servicecircle.registry.evidence import ROW_COLUMNS, Reading, Verdict, weigh
from servicecircle.registry.ground import Ground

Table = Callable[..., pd.DataFrame]
TRUTHS = [Reading(datum, swapped) for datum in Datum for swapped in (False, True)]


@pytest.fixture(scope="module")
def ground(district: Study) -> Ground:
    return Ground.of(district)


@pytest.fixture(scope="module")
def table(district: Study, ground: Ground) -> Table:
    """Make a table of the district's places, 30 m off, in a datum; with their streets, and their known places."""
    places = district.facilities[district.facilities["located"]]
    book = AddressBook.of(district, ground)
    texts = places[["name", "address"]].fillna("").to_numpy().tolist()
    streets = np.array([book.street(name, address) for name, address in texts], dtype=object)
    there = places[["lon", "lat"]].to_numpy(dtype=float)

    def make(
        size: int, truth: Reading, seed: int = 7, *, streets_known: bool = True, known: bool = True
    ) -> pd.DataFrame:
        draw = np.random.default_rng(seed)
        chosen = draw.choice(len(places), size, replace=False)
        moved = to_lonlat(to_metric(there[chosen], ground.crs) + draw.normal(0, 30, (size, 2)), ground.crs)
        lon, lat = from_wgs84(moved[:, 0], moved[:, 1], truth.datum)
        given = (lat, lon) if truth.swapped else (lon, lat)
        columns = [*given, *(there[chosen].T if known else np.full((2, size), np.nan))]
        frame = pd.DataFrame(dict(zip(ROW_COLUMNS[:4], columns, strict=True)), index=np.arange(5, size + 5))
        return frame.assign(street=pd.Series(streets[chosen] if streets_known else None, frame.index, dtype=object))

    return make


@pytest.mark.parametrize("truth", TRUTHS, ids=str)
@pytest.mark.parametrize("stated", list(Datum))
@pytest.mark.parametrize(("size", "known"), [(3, True), (12, False), (60, False)])
def test_the_true_reading_wins(
    table: Table, ground: Ground, truth: Reading, stated: Datum, size: int, *, known: bool
) -> None:
    evidence = weigh(table(size, truth, known=known), stated, ground)
    right = truth == Reading(stated)
    assert evidence.best == truth
    assert evidence.verdict is (Verdict.SUPPORTED if right else Verdict.CONTRADICTED)
    assert bool(evidence.faults()) is not right


def test_sixty_positions_alone_are_enough_and_three_are_not(table: Table, ground: Ground) -> None:
    bare = {"streets_known": False, "known": False}
    for stated, verdict in ((Datum.GCJ02, Verdict.SUPPORTED), (Datum.WGS84, Verdict.CONTRADICTED)):
        assert weigh(table(60, Reading(Datum.GCJ02), **bare), stated, ground).verdict is verdict
        few = weigh(table(3, Reading(Datum.GCJ02), **bare), stated, ground)
        assert few.verdict is Verdict.WEAK
        assert few.faults() == []
        assert few.summary.startswith(f"weak, the rows cannot tell {stated} from the others; 3 rows as {stated}")


def test_one_row_never_decides(table: Table, ground: Ground) -> None:
    for truth in TRUTHS:
        for seed in range(5):
            evidence = weigh(table(1, truth, seed), Datum.WGS84, ground)
            assert evidence.verdict is Verdict.WEAK
            assert evidence.table["log10_odds"].min() > -3


def test_many_rows_in_one_house_are_one_row(table: Table, ground: Ground) -> None:
    rows = table(1, Reading(Datum.GCJ02))
    house = pd.concat([rows] * 40, ignore_index=True)
    assert weigh(house, Datum.WGS84, ground).verdict is Verdict.WEAK


def test_rows_of_nonsense_do_not_upset_a_good_table(table: Table, ground: Ground) -> None:
    rows = table(30, Reading(Datum.GCJ02))
    rows.loc[[5, 6], ["lon", "lat"]] = [[0.0, 0.0], [-180.0, 90.0]]
    rows.loc[7, ["known_lon", "known_lat"]] = [106.49, 29.54]
    rows.loc[[8, 9], "lon"] = np.nan
    evidence = weigh(rows, Datum.GCJ02, ground)
    assert (evidence.verdict, evidence.rows) == (Verdict.SUPPORTED, 28)
    assert evidence.faults() == []


def test_the_figures(table: Table, ground: Ground) -> None:
    evidence = weigh(table(30, Reading(Datum.WGS84)), Datum.WGS84, ground)
    assert len(evidence.table) == 6
    best, rest = evidence.table.iloc[0], evidence.table.iloc[1:]
    assert (best["reading"], best["matched"], best["log10_odds"]) == ("wgs84", 30, 0.0)
    assert best["matched_m"] < 60
    assert best["street_m"] < 100
    assert best["inside"] >= 29
    assert (rest["log10_odds"] <= -3).all()
    assert evidence.table["log10_odds"].is_monotonic_decreasing
    by_reading = evidence.table.set_index("reading")
    assert 400 < by_reading.loc["gcj02", "matched_m"] < 600
    assert 900 < by_reading.loc["bd09", "matched_m"] < 1200
    assert by_reading.loc["wgs84, axes swapped", "inside"] == 0


def test_a_contradiction_says_its_figures_and_its_remedy(table: Table, ground: Ground) -> None:
    (fault,) = weigh(table(30, Reading(Datum.BD09)), Datum.GCJ02, ground).faults("list.xlsx")
    assert fault.problem.startswith("the coordinates are not gcj02: bd09 is 10^")
    assert "30 known places" in fault.problem
    assert fault.remedy == "say --datum bd09, if that is where they come from"
    assert (fault.file, fault.row, fault.column) == ("list.xlsx", None, "lon, lat")
    (fault,) = weigh(table(30, Reading(Datum.GCJ02, swapped=True)), Datum.GCJ02, ground).faults()
    assert fault.remedy == "swap the columns of longitude and latitude"
    assert "off the map" in str(InputError([fault]))
    (fault,) = weigh(table(30, Reading(Datum.GCJ02, swapped=True)), Datum.WGS84, ground).faults()
    assert fault.remedy.startswith("swap the columns of longitude and latitude, and say --datum gcj02")


@pytest.mark.parametrize(
    "odd", [Reading(Datum.GCJ02), Reading(Datum.BD09), Reading(Datum.WGS84, swapped=True)], ids=str
)
def test_rows_of_another_datum_are_named(table: Table, ground: Ground, odd: Reading) -> None:
    rows = table(30, Reading(Datum.WGS84))
    mixed = pd.concat([rows.iloc[:27], table(30, odd).iloc[27:]])
    evidence = weigh(mixed, Datum.WGS84, ground)
    assert evidence.verdict is Verdict.SUPPORTED
    assert [(stray.row, stray.reading) for stray in evidence.strays] == [(32, odd), (33, odd), (34, odd)]
    faults = evidence.faults("list.csv")
    assert [(fault.file, fault.row) for fault in faults] == [("list.csv", row) for row in (32, 33, 34)]
    assert all(f"the row speaks for {odd} where the file is said to be wgs84" in fault.problem for fault in faults)
    assert all(fault.remedy.startswith("swap" if odd.swapped else "put the rows") for fault in faults)


def test_a_street_accuses_only_in_company(table: Table, ground: Ground) -> None:
    rows = table(60, Reading(Datum.WGS84), known=False)
    gcj = table(60, Reading(Datum.GCJ02), known=False)
    apart = ground.off_street_m(ground.points(gcj["lon"].to_numpy(), gcj["lat"].to_numpy()), gcj["street"].tolist())
    near = ground.off_street_m(ground.points(rows["lon"].to_numpy(), rows["lat"].to_numpy()), rows["street"].tolist())
    telling = rows.index[(apart > 330) & (near < 50)]
    assert len(telling) >= 3
    for odd, accused in ((telling[:1], 0), (telling[:2], 0), (telling[:3], 3)):
        mixed = rows.copy()
        mixed.loc[odd] = gcj.loc[odd]
        strays = weigh(mixed, Datum.WGS84, ground).strays
        assert len(strays) == accused
        assert all(stray.reading == Reading(Datum.GCJ02) for stray in strays)


def test_honest_tables_are_not_accused(table: Table, ground: Ground) -> None:
    for datum in Datum:
        for seed in range(20):
            for known in (True, False):
                evidence = weigh(table(60, Reading(datum), seed, known=known), datum, ground)
                assert (evidence.verdict, evidence.strays) == (Verdict.SUPPORTED, ())


def test_the_order_of_rows_says_nothing(table: Table, ground: Ground) -> None:
    rows = table(12, Reading(Datum.GCJ02))
    one, other = (weigh(frame, Datum.WGS84, ground) for frame in (rows, rows.iloc[::-1]))
    pd.testing.assert_frame_equal(one.table, other.table, rtol=1e-12)


def test_a_table_without_positions_says_nothing(ground: Ground) -> None:
    rows = pd.DataFrame(np.full((2, 4), np.nan), columns=list(ROW_COLUMNS[:4]), index=[2, 3]).assign(street=None)
    for frame in (rows, rows.iloc[:0]):
        evidence = weigh(frame, Datum.GCJ02, ground)
        assert (evidence.verdict, evidence.rows, evidence.faults()) == (Verdict.WEAK, 0, [])
        assert (evidence.table["log10_odds"] == 0).all()

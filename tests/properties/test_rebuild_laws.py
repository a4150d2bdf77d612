"""What is computed from a finished study is what a whole computation gives: the same files, byte by byte."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servicecircle.changes import Changes, Side
from servicecircle.errors import InputError
from servicecircle.ingest.planning import Planning, read_planning
from servicecircle.ingest.study import read_study
from servicecircle.model import Direction, LinkChange, NewLink, PlaceChange, Study, Variant
from servicecircle.pipeline import Results, run
from servicecircle.publish.bundle import write_bundle
from servicecircle.redrawing import Redraw
from servicecircle.uncertainty import covered_share, groups_of
from tests.conftest import Silent
from tests.properties.test_scenario_laws import RULES, SHORT, apart, link, points
from tests.sketch import plane
from tests.town import Place, Town, lonlat

FULL = SHORT.model_copy(
    update={
        "circles": SHORT.circles.model_copy(update={"minutes": (3.0, 5.0)}),
        "uncertainty": SHORT.uncertainty.model_copy(update={"draws": 12}),
    }
)
PLACES = [
    Place("S1", "school", 0, 0, "小学"),
    Place("S2", "school", 900, 800, "中学", status="candidate"),
    Place("C1", "community", 900, 300, "社区"),
    Place("B1", "base", 120, 100, "书院", category="patriotic"),
    Place("B2", "base", 150, 300, "老街", category="patriotic", status="candidate", confidence="street"),
    Place("V1", "venue", 800, 700, "馆", category="patriotic"),
]
ROUTE = "R1,线路,red,published,by hand,,"
STOPS = [(1, "小学", 0, 0), (2, "老街", 150, 300), (3, "馆", 800, 700)]


def place(name: str, at: tuple[float, float], kind: str = "school", **cells: str) -> PlaceChange:
    lon, lat = lonlat(*at)
    told = {"kind": kind, "name": name, "lon": repr(lon), "lat": repr(lat)} | cells
    return PlaceChange(name, new=True, cells=tuple(sorted(told.items())))


LIFT = replace(link("lift", ((250.0, 100.0), (250.0, 330.0))), fee_cny=2.0, wait_s=5.0, ride_s=10.0)
STAIRS = NewLink("L2", "stairs", lonlat(30, 100), lonlat(55, 200), name="横3路")
VARIANTS = {
    "nothing": Variant(),
    "a paid link": Variant(links=(LIFT,)),
    "a paid link opened": Variant(links=(LIFT,), paid=True),
    "two links": Variant(links=(replace(LIFT, fee_cny=0.0), STAIRS)),
    "a street closed": Variant(closed=("way/3",)),
    "a street without doors closed": Variant(closed=("way/107",)),
    "half the town cut off": Variant(closed=tuple(f"way/{k}" for k in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10))),
    "a street that costs a fee": Variant(changes=(LinkChange("way/102", fee_cny=2.0),)),
    "a place added": Variant(places=(place("N1", (820.0, 100.0)),)),
    "a place closed": Variant(without=("S1",)),
    "places and links": Variant(
        links=(LIFT,),
        paid=True,
        closed=("way/104",),
        without=("B1",),
        places=(place("N1", (500.0, 500.0), "community"),),
    ),
    "another status": Variant(places=(PlaceChange("S2", new=False, cells=(("status", "loaded"),)),)),
    "another pace": Variant(pace=0.9),
}
QUICK = "nothing", "places and links"


@cache
def town() -> tuple[Study, Planning]:
    """Read a town on a slope with places of every kind and a study route."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Town(blocks=9, places=PLACES).write(Path(scratch))
        (folder / "routes.csv").write_text(f"route_id,name,theme,provenance,source,date,note\n{ROUTE}\n", "utf-8")
        rows = ["route_id,seq,name,facility_id,lon,lat,position_confidence,note"]
        for seq, name, x, y in STOPS:
            lon, lat = lonlat(x, y)
            rows.append(f"R1,{seq},{name},,{lon:.7f},{lat:.7f},street,")
        (folder / "route_stops.csv").write_text("\n".join(rows) + "\n", "utf-8")
        study = read_study(folder)
        return replace(study, terrain=plane(east=0.12, north=0.2)), read_planning(folder, study)


def computed(variant: Variant, base: Results | None = None) -> Results:
    study, planning = town()
    return run(study, FULL, RULES, variant, Silent(), planning, base)


@cache
def whole(name: str) -> Results:
    return computed(VARIANTS[name])


def files(results: Results) -> dict[str, str]:
    with tempfile.TemporaryDirectory() as scratch:
        write_bundle(results, Path(scratch) / "build")
        paths = [path for path in (Path(scratch) / "build").rglob("*") if path.is_file()]
        return {path.name: sha256(path.read_bytes()).hexdigest() for path in paths}


def changes(base: Results, after: Results) -> tuple[Changes, Side, Side]:
    was, now = (Side(r.scene, r.scene.priced(r.streets.variant)) for r in (base, after))
    return Changes.between(base.scene, after.scene), was, now


@cache
def expected(name: str) -> dict[str, str]:
    return files(whole(name))


@pytest.mark.parametrize("name", [n if n in QUICK else pytest.param(n, marks=pytest.mark.long) for n in VARIANTS])
def test_a_scenario_computed_from_the_study_is_the_whole(name: str) -> None:
    assert files(computed(VARIANTS[name], whole("nothing"))) == expected(name)
    assert (expected(name) == expected("nothing")) == (name == "nothing")


@pytest.mark.parametrize("name", [n if n in QUICK[1:] else pytest.param(n, marks=pytest.mark.long) for n in VARIANTS])
def test_the_study_computed_from_a_scenario_is_the_whole(name: str) -> None:
    assert files(computed(Variant(), whole(name))) == expected("nothing")


@pytest.mark.long
@settings(max_examples=6, deadline=None)
@given(
    st.sampled_from(["path", "lift", "stairs"]),
    apart,
    st.sets(st.integers(1, 9), max_size=2),
    st.none() | points,
    st.sampled_from([(), ("S1",), ("C1", "B1")]),
)
def test_any_links_and_places_computed_in_part_are_the_whole(
    kind: str,
    ends: tuple[tuple[float, float], tuple[float, float]],
    closed: set[int],
    at: tuple[float, float] | None,
    without: tuple[str, ...],
) -> None:
    added = () if at is None else (place("N1", at),)
    streets = tuple(f"way/{row}" for row in sorted(closed))
    variant = Variant(links=(link(kind, ends),), closed=streets, places=added, without=without)
    assert files(computed(variant, whole("nothing"))) == files(computed(variant))


def test_what_notices_nothing_is_not_searched_again() -> None:
    plain, after = whole("nothing"), whole("places and links")
    found, was, now = changes(plain, after)
    ids = after.scene.places["facility_id"]
    assert set(ids[found.touched(was, now, 30.0, Direction.FROM)]) == {"N1"}
    assert {"S1", "S2", "V1"} <= set(ids[~found.touched(was, now, 60.0, Direction.FROM)])
    assert found.touched(was, now, 300.0, Direction.FROM).sum() > 1
    same, was, now = changes(plain, plain)
    assert not same.touched(was, now, 300.0, Direction.TO).any()


def test_homes_beyond_every_change_keep_their_draws() -> None:
    """Draws are the same for all homes, and made again for some of them only."""
    plain, after = whole("nothing"), whole("places and links")
    found, was, now = changes(plain, after)
    shares = np.stack([plain.homes[f"{label}_share"].to_numpy() for label in groups_of(plain.scene.places)])
    drawn: list[int] = []

    def count(*given: object) -> np.ndarray:
        drawn.append(len(given[3]))  # type: ignore[arg-type]
        return covered_share(*given)  # type: ignore[arg-type]

    scene, streets = after.scene, after.streets
    about = list(groups_of(scene.places).values()), scene.doors.home, streets.variant, FULL
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("servicecircle.redrawing.covered_share", count)
        redraw = Redraw(plain.scene, scene, found.streets(was, now), shares)
        again = redraw(streets.network, scene.joined, *about)
    np.testing.assert_array_equal(again, covered_share(streets.network, scene.joined, *about))
    assert 0 < drawn[0] < len(scene.homes)


def test_another_study_or_other_parameters_are_refused() -> None:
    study, _ = town()
    slower = FULL.model_copy(update={"coverage": FULL.coverage.model_copy(update={"cutoff_s": 299.0})})
    with pytest.raises(InputError, match="other parameters"):
        run(study, slower, RULES, Variant(), Silent(), base=whole("nothing"))
    with pytest.raises(InputError, match="another study"):
        run(replace(study, links=study.links.copy()), FULL, RULES, Variant(), Silent(), base=whole("nothing"))

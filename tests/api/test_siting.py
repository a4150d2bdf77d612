"""Where next and what if over HTTP: the answers of the commands, and problems that say what to do."""

from __future__ import annotations

import json
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from api import examples
from api.app import create_app
from api.bundle import read_bundle
from api.grounds import Grounds, SitesWanted
from api.settings import Settings
from api.siting_schemas import SiteAnswer
from servicecircle.comparing import compare_bundles
from servicecircle.errors import InputError
from servicecircle.pipeline import Results
from servicecircle.publish.comparison import write_comparison
from servicecircle.scene import study_demand
from servicecircle.siting.ground import open_ground
from servicecircle.siting.pairing import PAIRING
from servicecircle.siting.sites import find_sites
from servicecircle.summary_site import siting_json

ASKED = {"tier": "community", "add": 2, "minutes": 8}


@pytest.mark.parametrize("model", ["mclp", "lscp", "pmedian", "pcentre"])
def test_sites_are_those_of_the_command(client: TestClient, town_results: Results, model: str) -> None:
    streets = town_results.streets
    ground = open_ground(streets, study_demand(streets), "community", 8.0)
    told = siting_json(find_sites(ground, model, 2))
    answer = client.post("/site", json=ASKED | {"model": model})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    found = answer.json()
    assert found.pop("seconds") >= 0
    assert found.pop("data_date")
    assert found.pop("parameters_sha256") == streets.parameters.sha256()
    for step in found["curve"]:
        if step["best_covered"] is None:
            del step["best_covered"]
    del told["seconds"]
    assert found == json.loads(json.dumps(told))
    assert client.post("/site", json=ASKED | {"model": model}).json()["sites"] == found["sites"]


@pytest.mark.parametrize("minutes", [15.0, 5e-324])
@pytest.mark.parametrize("model", ["mclp", "lscp", "pmedian", "pcentre"])
def test_where_there_is_no_place_yet_how_far_it_is_is_unknown(
    town_results: Results, model: str, minutes: float
) -> None:
    scene = town_results.scene
    ground = open_ground(scene.streets, study_demand(scene.streets), "community", minutes)
    nowhere = replace(ground.given, base_s=np.full_like(ground.given.base_s, np.inf))
    told = siting_json(find_sites(replace(ground, given=nowhere), model, 2))
    dated = {"data_date": "2026-04-26", "parameters_sha256": ""}
    assert SiteAnswer.model_validate(told | dated).curve[0].worst_min is None


def test_what_cannot_be_done_is_an_answer(client: TestClient) -> None:
    found = client.post("/site", json={"tier": "community", "model": "lscp", "add": 1, "minutes": 5}).json()
    assert found["status"] == "infeasible"
    assert {entry["relax"] for entry in found["relaxations"]} <= {"minutes", "sites", "homes"}
    assert all(entry["text_zh"] and entry["text_en"] for entry in found["relaxations"])


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"tier": "cinema", "add": 1}, "school"),
        ({"tier": "base"}, "add: how many sites"),
        ({"tier": "base", "add": 0}, "add"),
        ({"tier": "base", "add": 21}, "add"),
        ({"tier": "base", "add": 19}, "more sites than candidates"),
        ({"tier": "base", "add": 1, "minutes": 121}, "minutes"),
        ({"tier": "base", "add": 1, "minutes": -1}, "minutes"),
        ({"tier": "base", "add": 1, "model": "best"}, "mclp"),
        ({"tier": "base", "add": 1, "adds": 1}, "adds"),
    ],
)
def test_a_bad_question_is_a_problem(client: TestClient, asked: dict[str, object], says: str) -> None:
    answer = client.post("/site", json=asked)
    assert answer.status_code == 422
    assert says in answer.json()["detail"]
    assert "--" not in answer.json()["detail"].split(";")[0]


def test_a_late_answer_is_there_when_asked_again(
    town_results: Results, monkeypatch: pytest.MonkeyPatch, built: Path, study_folder: Path
) -> None:
    find, go = Grounds.find, threading.Event()

    def held(self: Grounds, asked: SitesWanted) -> dict[str, object]:
        go.wait(20)
        return find(self, asked)

    monkeypatch.setattr(Grounds, "find", held)
    app = create_app(Settings(bundle=built, data=study_folder, deadline_s=0.2))
    with TestClient(app) as client:
        late = client.post("/site", json=ASKED)
        assert (late.status_code, late.headers["Retry-After"]) == (503, "5")
        assert late.json()["type"].endswith("late")
        assert client.get("/healthz").status_code == 200
        go.set()
        app.state.holder.current.close()  # what was given up is answered all the same
    wanted = SitesWanted("community", 2, 8.0, "mclp", "all", approximate=False)
    clerk = app.state.holder.current.planning._free.get()  # noqa: SLF001
    assert list(clerk._grounds._answers) == [wanted]  # noqa: SLF001
    assert town_results.streets.parameters.siting.work >= clerk._grounds._streets.parameters.siting.work  # noqa: SLF001


def test_pairs_are_those_of_the_command(client: TestClient, town_results: Results) -> None:
    every = client.get("/pairing", params={"limit": 1000}).json()
    table = town_results.where_next.pairing
    assert every["matched"] == every["returned"] == len(table) > 0
    assert list(every["pairs"][0]) == PAIRING
    told = [(row["school_id"], row["category"], row["base_id"]) for row in every["pairs"]]
    assert told == [
        (s, c, b if isinstance(b, str) else None)
        for s, c, b in table[["school_id", "category", "base_id"]].itertuples(index=False)
    ]
    with_base = client.get("/pairing", params={"paired": True, "category": "patriotic"}).json()
    assert 0 < with_base["matched"] <= every["matched"]
    assert all(row["base_id"] and row["limit_basis"] == "assumed" and row["walk_s"] > 0 for row in with_base["pairs"])
    own = client.get("/pairing", params={"school": "S2"}).json()
    assert [row["school_id"] for row in own["pairs"]] == ["S2"]
    assert client.get("/pairing", params={"base": "B2"}).json()["matched"] < every["matched"]
    without = client.get("/pairing", params={"paired": False}).json()
    assert without["matched"] + client.get("/pairing", params={"paired": True}).json()["matched"] == every["matched"]
    assert all(row["why_zh"] and row["why_en"] for row in without["pairs"])
    page = client.get("/pairing", params={"limit": 1, "offset": 1}).json()
    assert page["pairs"] == every["pairs"][1:2]
    assert [link["rel"] for link in page["links"]] == ["self", "prev"]
    wrong = client.get("/pairing", params={"category": "cinema"})
    assert (wrong.status_code, "patriotic" in wrong.json()["detail"]) == (422, True)
    assert client.get("/tables/siting?tier=community&n=1").json()["matched"] == 1


def test_mobile_classes_are_those_of_the_bundle(client: TestClient, town_results: Results) -> None:
    found, rules = town_results.where_next, town_results.streets.parameters.siting
    for tier in ("school", "community"):
        term, areas = (t[t["tier"] == tier] for t in (found.mobile, found.mobile_served))
        told = client.get("/mobile", params={"tier": tier}).json()
        assert (told["tier"], told["rooms"], told["weeks"]) == (tier, rules.mobile_rooms, rules.mobile_weeks)
        assert told["assumptions"]["mobile_share"] == rules.mobile_share
        assert [(c["week"], c["candidate_id"], c["guests"]) for c in told["timetable"]] == [
            (row.week, row.candidate_id, pytest.approx(row.guests, abs=1e-4)) for row in term.itertuples()
        ]
        assert [(a["neighbourhood_id"], a["served"], a["why_zh"]) for a in told["neighbourhoods"]] == [
            (row.neighbourhood_id, row.served, row.why_zh if isinstance(row.why_zh, str) else None)
            for row in areas.itertuples()
        ]
        assert told["people"] == pytest.approx(areas["people"].sum(), abs=0.1 * max(1, len(areas)))
        parts = [client.get("/mobile", params={"tier": tier, "served": served}).json() for served in (True, False)]
        assert sum(len(part["neighbourhoods"]) for part in parts) == len(areas)
        assert {part["objective"] for part in parts} == {told["objective"]}
    assert len(found.mobile_served) > 0
    assert client.get("/mobile").json()["tier"] == "community"
    assert client.get("/mobile", params={"tier": "base"}).status_code == 422
    assert client.get("/tables/mobile_served").json()["matched"] == len(found.mobile_served)


def test_a_bundle_from_before_says_how_to_get_classes(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(client.app.state.holder.current.bundle.tables, "mobile")  # type: ignore[attr-defined]
    answer = client.get("/mobile?tier=school&served=0")  # which nobody has asked before: no answer is kept
    assert answer.status_code == 404
    assert "servicecircle build" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/compare", "/links"])
def test_what_nobody_made_is_missing_with_its_remedy(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert f"servicecircle {path.strip('/')}" in answer.json()["detail"]


def test_what_was_compared_beside_the_bundle_is_served(built: Path, study_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "build"
    shutil.copytree(built, folder)
    write_comparison(compare_bundles(built, built), folder / "comparison")
    (folder / "comparison" / "links.json").write_text(json.dumps(examples.LINKS), "utf-8")
    (folder / "maps").mkdir()
    (folder / "maps" / "comparison.html").write_text("<style>b{}</style><b style='x'>对比</b>", "utf-8")
    client = TestClient(create_app(Settings(bundle=folder, data=study_folder)))
    answer = client.get("/compare")
    assert answer.json()["empty"] is True
    assert answer.json()["before"]["folder"] == built.name  # and not where it is
    page = client.get("/compare", headers={"Accept": "text/html"})
    assert page.headers["Content-Type"].startswith("text/html")
    assert "对比" in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert answer.headers["ETag"] != page.headers["ETag"]
    assert client.get("/links").json() == examples.LINKS


def test_a_comparison_of_another_shape_is_refused(built: Path, tmp_path: Path) -> None:
    folder = tmp_path / "build"
    shutil.copytree(built, folder)
    (folder / "comparison").mkdir()
    (folder / "comparison" / "compare.json").write_text("{}", "utf-8")
    with pytest.raises(InputError, match=r"comparison/compare\.json"):
        read_bundle(folder)

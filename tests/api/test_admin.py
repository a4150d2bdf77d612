"""The office over HTTP: who may do what, on which version, and what is refused."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute

from api.admin.guard import Guarded
from api.admin.imports import in_own_process
from api.admin.keys import Scope
from api.admin.places import tag
from api.admin.settings import read_admin_settings
from servicecircle.datum import Datum, from_wgs84
from servicecircle.errors import InputError
from servicecircle.ingest.registry import COLUMNS
from servicecircle.registry.store import open_registry
from tests.api.admin_office import LINES, OFFICE, TOKENS, Desk, open_desk
from tests.town import Place, Town, lonlat
from tests.workbooks import rows_of_excel, sheet_of_excel, zip_bytes, zipped

PLACES = [
    Place("S1", "school", 300.0, 300.0, "中心小学"),
    Place("B1", "base", 300.0, 500.0, "博物馆", category="patriotic"),
    Place("C1", "community", 100.0, 100.0, "东门社区"),
]
XLSX = {"name": "bases.xlsx", "kind": "base", "datum": "wgs84"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a town."""
    return Town(blocks=6, places=PLACES).write(tmp_path_factory.mktemp("office") / "town")


@pytest.fixture
def desk(tmp_path: Path, data: Path) -> Iterator[Desk]:
    """Open an office with a registry of its own."""
    opened = open_desk(tmp_path, data, tmp_path / "build")
    yield opened
    opened.office.close()


def _routes(desk: Desk) -> list[tuple[str, APIRoute]]:
    found: list[tuple[str, APIRoute]] = []

    def walk(routes: Any) -> None:
        for route in routes:
            inner = getattr(route, "original_router", None) or getattr(route, "router", None)
            if isinstance(route, APIRoute):
                found.extend((method, route) for method in sorted(route.methods))
            elif inner is not None:
                walk(inner.routes)

    walk(desk.app.routes)
    return [(method, route) for method, route in found if route.path.startswith("/admin/")]


def _filled(path: str) -> str:
    known = {"facility_id": "S1", "commit_id": "1", "import_id": "x", "job_id": "x", "report_id": "1"}
    return path.format(**known)


def _tag(desk: Desk, place: str) -> str:
    answer = desk.ask("GET", f"/admin/places/{place}")
    assert answer.status_code == 200
    return str(answer.headers["ETag"])


def test_every_route_refuses_without_a_key_with_a_wrong_one_and_with_one_of_another_scope(desk: Desk) -> None:
    before = open_registry(desk.registry).read()
    routes = _routes(desk)
    assert len(routes) >= 18
    assert all(isinstance(route, Guarded) for _, route in routes)
    for method, route in routes:
        path = _filled(route.path)
        # a body that would never be taken: it is not even looked at
        nobody = desk.client.request(method, path, content=b"x" * 300_000 if method != "GET" else None)
        assert nobody.status_code == 401, (method, path)
        assert nobody.headers["WWW-Authenticate"].startswith("Bearer")
        assert nobody.headers["Content-Type"] == "application/problem+json"
        scope = (route.openapi_extra or {})["x-scope"]
        for other in set(Scope) - {scope}:
            answer = desk.ask(method, path, TOKENS[other])
            assert (answer.status_code == 403) == (scope != "any"), (method, path, other)
    assert open_registry(desk.registry).read().revision == before.revision


def test_wrong_keys_of_every_shape_are_refused_and_soon_not_even_looked_at(desk: Desk) -> None:
    wrong = ["", "office", "office.", ".x", "nobody.x", OFFICE[:-1], OFFICE + "x", "office." + "长" * 5, OFFICE.upper()]
    for token in wrong:
        answer = desk.client.get("/admin/me", headers={"Authorization": f"Bearer {token}".encode()})
        assert answer.status_code == 401, token
    for _ in range(5):
        last = desk.ask("GET", "/admin/me", "office.wrong")
    assert (last.status_code, last.headers["Retry-After"]) == (429, "600")
    text = desk.office.audit.path.read_text("utf-8")
    assert "wrong key" in text
    assert OFFICE.partition(".")[2] not in text
    assert desk.office.audit.broken_at() is None


def test_basic_auth_cookies_and_queries_are_no_way_in(desk: Desk) -> None:
    for headers in ({"Authorization": f"Basic {OFFICE}"}, {"Cookie": f"key={OFFICE}"}, {"X-Key": OFFICE}):
        assert desk.client.get("/admin/me", headers=headers).status_code == 401
    assert desk.client.get("/admin/me", params={"key": OFFICE}).status_code == 401
    assert "set-cookie" not in desk.ask("GET", "/admin/me").headers


def test_the_key_says_whose_it_is(desk: Desk) -> None:
    answer = desk.ask("GET", "/admin/me", TOKENS[Scope.EDIT])
    assert answer.json()["name"] == "edit"
    assert answer.json()["scopes"] == ["edit"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_edit_needs_the_version_that_stands_there(desk: Desk) -> None:
    path, body = "/admin/places/B1", {"cells": {"opening_hours": "Tu-Su 09:00-17:00"}, "reason": "called them"}
    assert desk.ask("PATCH", path, json=body).status_code == 428
    assert desk.ask("PATCH", path, json=body, headers={"If-Match": "*"}).status_code == 428
    seen = _tag(desk, "B1")
    for other in ('"x"', f"W/{seen}", seen.strip('"'), _tag(desk, "S1")):
        assert desk.ask("PATCH", path, json=body, headers={"If-Match": other}).status_code == 412, other
    done = desk.ask("PATCH", path, json=body, headers={"If-Match": f'"x", {seen}'})
    assert done.status_code == 200
    again = desk.ask("PATCH", path, json=body, headers={"If-Match": seen})
    assert again.status_code == 412
    assert again.headers["ETag"] == _tag(desk, "B1") != seen
    assert again.headers["Content-Type"] == "application/problem+json"
    log = open_registry(desk.registry).log()
    assert log[["author", "reason"]].iloc[-1].tolist() == ["office", "called them"]
    assert desk.ask("GET", path, headers={"If-None-Match": _tag(desk, "B1")}).status_code == 304


def test_another_place_may_change_meanwhile_and_two_at_once_lose_nothing(desk: Desk) -> None:
    seen = _tag(desk, "B1")
    other = {"cells": {"note": "x"}, "reason": "r"}
    assert desk.ask("PATCH", "/admin/places/S1", json=other, headers={"If-Match": _tag(desk, "S1")}).status_code == 200
    assert desk.ask("PATCH", "/admin/places/B1", json=other, headers={"If-Match": seen}).status_code == 200


def test_a_change_that_would_not_be_sound_is_refused_with_every_fault(desk: Desk) -> None:
    before = open_registry(desk.registry).read().revision
    cells = {"name": "", "lon": "1e999", "website": "javascript:alert(1)", "note": "打13812345678", "category": "x"}
    headers = {"If-Match": _tag(desk, "B1")}
    answer = desk.ask("PATCH", "/admin/places/B1", json={"cells": cells, "reason": "r"}, headers=headers)
    assert answer.status_code == 422
    assert {e["column"] for e in answer.json()["errors"]} >= {"name", "lon", "website", "note", "category"}
    assert {e["facility_id"] for e in answer.json()["errors"]} == {"B1"}
    for bad in ({"x": "y"}, {"facility_id": "Z9"}, {"name": "a\u202eb"}, {"name": "a\0b"}):
        answer = desk.ask("PATCH", "/admin/places/B1", json={"cells": bad, "reason": "r"}, headers=headers)
        assert answer.status_code == 422, bad
    for body in ({"cells": {}}, {"cells": {"name": 1}, "reason": "r"}, {"cells": {}, "reason": "r", "more": 1}, [], 7):
        assert desk.ask("PATCH", "/admin/places/B1", json=body, headers=headers).status_code == 422, body
    assert open_registry(desk.registry).read().revision == before


def test_a_place_is_added_in_gcj02_changed_removed_and_brought_back(desk: Desk) -> None:
    lon, lat = lonlat(200, 200)
    east, north = from_wgs84([lon], [lat], Datum.GCJ02)
    cells = {
        "kind": "base", "category": "patriotic", "name": "新基地", "lon": f"{east[0]:.7f}", "lat": f"{north[0]:.7f}",
        "position_confidence": "building", "position_source": "by hand", "datum": "wgs84",
    }  # fmt: skip
    body = {"cells": cells, "reason": "new", "given_in": "gcj02"}
    assert desk.ask("PUT", "/admin/places/B9", json=body).status_code == 428
    new = {"If-None-Match": "*"}
    assert desk.ask("PUT", "/admin/places/B9", json=body, headers=new).status_code == 201
    assert desk.ask("PUT", "/admin/places/B9", json=body, headers=new).status_code == 412
    made = desk.ask("GET", "/admin/places/B9").json()["cells"]
    assert made["datum"] == "gcj02"
    assert (float(made["lon"]), float(made["lat"])) == pytest.approx((lon, lat), abs=2e-7)
    assert desk.ask("DELETE", "/admin/places/B9", params={"reason": "r"}).status_code == 428
    assert desk.ask("DELETE", "/admin/places/B9", headers={"If-Match": _tag(desk, "B9")}).status_code == 422
    headers = {"If-Match": _tag(desk, "B9")}
    gone = desk.ask("DELETE", "/admin/places/B9", params={"reason": "r"}, headers=headers)
    assert gone.status_code == 200
    assert desk.ask("GET", "/admin/places/B9").status_code == 404
    commit = gone.json()["commit"]
    assert desk.ask("POST", f"/admin/log/{commit}/undo").status_code == 200
    assert desk.ask("GET", "/admin/places/B9").json()["cells"] == made
    assert desk.ask("POST", f"/admin/log/{commit}/undo").status_code == 409
    assert desk.ask("POST", "/admin/log/99/undo").status_code == 404
    log = desk.ask("GET", "/admin/log").json()["commits"]
    assert [c["author"] for c in log[:3]] == ["office"] * 3
    assert log[0]["undoes"] == commit


def test_a_place_that_others_belong_to_is_not_taken_away(desk: Desk) -> None:
    body = {"cells": {"relations": "part_of:S1"}, "reason": "r"}
    assert desk.ask("PATCH", "/admin/places/B1", json=body, headers={"If-Match": _tag(desk, "B1")}).status_code == 200
    answer = desk.ask("DELETE", "/admin/places/S1", params={"reason": "r"}, headers={"If-Match": _tag(desk, "S1")})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["facility_id"] == "B1"


def test_old_faults_of_other_places_are_shown_and_stop_nobody(desk: Desk) -> None:
    with sqlite3.connect(desk.registry) as database:
        database.execute("UPDATE places SET website = 'nonsense' WHERE facility_id = 'C1'")
    faults = desk.ask("GET", "/admin/faults").json()["faults"]
    assert [(f["facility_id"], f["column"]) for f in faults] == [("C1", "website")]
    body = {"cells": {"note": "x"}, "reason": "r"}
    assert desk.ask("PATCH", "/admin/places/S1", json=body, headers={"If-Match": _tag(desk, "S1")}).status_code == 200
    assert desk.ask("PATCH", "/admin/places/C1", json=body, headers={"If-Match": _tag(desk, "C1")}).status_code == 422


def test_places_are_searched_for_as_plain_text(desk: Desk) -> None:
    found = desk.ask("GET", "/admin/places", params={"q": "博物"}).json()
    assert (found["matched"], found["places"][0]["facility_id"]) == (1, "B1")
    assert desk.ask("GET", "/admin/places", params={"q": ".*"}).json()["matched"] == 0
    assert desk.ask("GET", "/admin/places", params={"kind": "base"}).json()["matched"] == 1
    assert desk.ask("GET", "/admin/places", params={"kind": "x"}).status_code == 422
    assert desk.ask("GET", "/admin/places", params={"limit": "1e999"}).status_code == 422


@pytest.mark.parametrize("path", ["../S1", "..%2f..%2fetc%2fpasswd", "%00", "S1%0d%0aX: y", "x" * 500, "<script>"])
def test_ids_in_paths_lead_nowhere_else(desk: Desk, path: str) -> None:
    assert desk.ask("GET", f"/admin/places/{path}").status_code in {404, 422}
    for part in ("jobs", "imports", "static"):
        answer = desk.ask("DELETE" if part == "imports" else "GET", f"/admin/{part}/{path}")
        assert answer.status_code in {404, 405, 422}


def test_a_body_is_refused_by_its_header_and_by_its_stream(desk: Desk) -> None:
    huge = json.dumps({"cells": {"note": "x" * 300_000}, "reason": "r"})
    assert desk.ask("PATCH", "/admin/places/S1", content=huge).status_code == 413
    parts = (huge[i : i + 999].encode() for i in range(0, len(huge), 999))
    assert desk.ask("PATCH", "/admin/places/S1", content=parts).status_code == 413
    pulled = 0

    def rows() -> Iterator[bytes]:
        nonlocal pulled
        for _ in range(5000):
            pulled += 1
            yield b"x,y\n" * 1000

    answer = desk.ask("POST", "/admin/imports", params=XLSX, content=rows())
    assert answer.status_code == 413
    assert not list(desk.office.uploads.folder.iterdir())
    declared = {"Content-Length": str(10**12)}
    assert desk.ask("POST", "/admin/imports", params=XLSX, content=b"x", headers=declared).status_code == 413


@pytest.mark.parametrize(
    "name", ["../x.csv", "/etc/passwd", "..\\x.csv", "C:\\x.csv", "..", ".", "", " ", "a\0b.csv", "a\nb", "x" * 200]
)
def test_a_list_has_the_name_of_one_file(desk: Desk, name: str) -> None:
    before = sorted(p.name for p in desk.registry.parent.rglob("*"))
    answer = desk.ask("POST", "/admin/imports", params=XLSX | {"name": name}, content=b"name\nx\n")
    assert answer.status_code == 422
    assert sorted(p.name for p in desk.registry.parent.rglob("*")) == before
    assert not list(desk.office.uploads.folder.iterdir())


def test_a_list_is_tried_decided_carried_out_and_undone(desk: Desk, tmp_path: Path) -> None:
    lon, lat = lonlat(320, 510)
    there = [f"{lon:.7f}", f"{lat:.7f}"]
    lon, lat = lonlat(500, 100)
    rows = [["名称", "类别", "经度", "纬度"], ["城市博物馆", "爱国主义教育", *there]]
    rows += [["科技馆", "爱国主义教育", f"{lon:.7f}", f"{lat:.7f}"]]
    file = sheet_of_excel(tmp_path / "bases.xlsx", rows_of_excel(rows)).read_bytes()
    before = open_registry(desk.registry).read()
    tried = desk.ask("POST", "/admin/imports", TOKENS[Scope.IMPORT], params=XLSX, content=file)
    assert tried.status_code == 201, tried.json()
    plan = tried.json()["plan"]
    assert plan["counts"]["added"] >= 1
    assert [(u["row"], u["facility_id"]) for u in plan["undecided"]] == [(2, "B1")]
    assert open_registry(desk.registry).read().revision == before.revision
    path, version = f"/admin/imports/{tried.json()['id']}", {"If-Match": tried.headers["ETag"]}
    assert desk.ask("POST", path, TOKENS[Scope.IMPORT], json={}).status_code == 428
    assert desk.ask("POST", path, TOKENS[Scope.IMPORT], json={}, headers={"If-Match": '"r99"'}).status_code == 412
    assert desk.ask("POST", path, json={}, headers=version).status_code == 404  # the list of another key
    decided = {"decisions": [{"row": 2, "facility_id": "B1", "decision": "merge"}], "reason": "the bureau's list"}
    done = desk.ask("POST", path, TOKENS[Scope.IMPORT], json=decided, headers=version)
    assert done.status_code == 200, done.json()
    log = open_registry(desk.registry).log().iloc[-1]
    assert (log["author"], log["source"], log["added"], log["changed"]) == ("import", "bases.xlsx", 1, 1)
    assert desk.ask("POST", path, TOKENS[Scope.IMPORT], json=decided, headers=version).status_code == 404
    assert desk.ask("POST", f"/admin/log/{done.json()['commit']}/undo").status_code == 200
    assert open_registry(desk.registry).read().table.equals(before.table)


def test_a_list_tried_on_an_older_registry_is_not_carried_out(desk: Desk) -> None:
    lon, lat = lonlat(500, 100)
    text = f"name,category,lon,lat\n科技馆,patriotic,{lon:.7f},{lat:.7f}\n".encode()
    tried = desk.ask("POST", "/admin/imports", params=XLSX | {"name": "a.csv"}, content=text)
    assert tried.status_code == 201, tried.json()
    body = {"cells": {"note": "x"}, "reason": "r"}
    assert desk.ask("PATCH", "/admin/places/S1", json=body, headers={"If-Match": _tag(desk, "S1")}).status_code == 200
    revision = open_registry(desk.registry).read().revision
    version = {"If-Match": tried.headers["ETag"]}
    answer = desk.ask("POST", f"/admin/imports/{tried.json()['id']}", json={}, headers=version)
    assert answer.status_code == 412
    assert open_registry(desk.registry).read().revision == revision


def test_a_process_of_its_own_reads_the_list(desk: Desk) -> None:
    desk = replace(desk, office=replace(desk.office, imports=replace(desk.office.imports, worker=in_own_process)))
    desk.app.state.office = desk.office
    answer = desk.ask(
        "POST", "/admin/imports", params=XLSX | {"name": "a.csv"}, content="名称,类别\n新馆,无此类\n".encode()
    )
    assert answer.status_code == 422
    assert [(e["row"], e["column"]) for e in answer.json()["errors"]] == [(2, "类别")]


def test_bombs_are_refused_in_words(desk: Desk, tmp_path: Path) -> None:
    far = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    rectangle = sheet_of_excel(tmp_path / "far.xlsx", far).read_bytes()
    inner = zip_bytes({"zeros": bytes(30 << 20)})
    nested = zipped(tmp_path / "zips.xlsx", {f"{i}.zip": inner for i in range(20)}).read_bytes()
    for file in (rectangle, nested):
        answer = desk.ask("POST", "/admin/imports", params=XLSX, content=file)
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"][0]["remedy"]
    assert not list(desk.office.uploads.folder.iterdir())


def test_reports_of_families_are_listed_and_closed(desk: Desk) -> None:
    reports = desk.office.reports
    assert reports is not None
    number = reports.create("B1", "hours", "周一不开门", at_date="2026-01-02")
    listed = desk.ask("GET", "/admin/reports").json()["reports"]
    assert [(r["id"], r["text"]) for r in listed] == [(number, "周一不开门")]
    assert desk.ask("POST", f"/admin/reports/{number}/close", json={"state": "open"}).status_code == 422
    closed = desk.ask("POST", f"/admin/reports/{number}/close", json={"state": "done"})
    assert closed.json()["state"] == "done"
    assert desk.ask("GET", "/admin/reports").json()["reports"] == []
    assert desk.ask("POST", "/admin/reports/77/close", json={"state": "done"}).status_code == 404


def test_every_act_stands_in_the_audit_log_with_its_outcome(desk: Desk) -> None:
    body = {"cells": {"note": "秘密"}, "reason": "r"}
    desk.ask("PATCH", "/admin/places/S1", json=body)
    desk.ask("PATCH", "/admin/places/S1", json=body, headers={"If-Match": _tag(desk, "S1")})
    desk.ask("POST", "/admin/rebuilds", TOKENS[Scope.EDIT])
    lines = desk.ask("GET", "/admin/audit").json()
    seen = [(line["key"], line["act"], line["status"]) for line in lines["lines"]]
    assert seen[:3] == [
        ("edit", "POST /admin/rebuilds", 403),
        ("office", "PATCH /admin/places/{facility_id}", 200),
        ("office", "PATCH /admin/places/{facility_id}", 428),
    ]
    assert lines["broken_at"] is None
    text = desk.office.audit.path.read_text("utf-8")
    assert "秘密" not in text
    desk.office.audit.path.write_text(text.replace('"status": 428', '"status": 200'), "utf-8")
    assert desk.ask("GET", "/admin/audit").json()["broken_at"] == 3


def test_an_audit_log_that_cannot_be_written_stops_every_act(desk: Desk) -> None:
    desk.office.audit.path.unlink()
    desk.office.audit.path.mkdir()
    body = {"cells": {"note": "x"}, "reason": "r"}
    revision = open_registry(desk.registry).read().revision
    answer = desk.ask("PATCH", "/admin/places/S1", json=body, headers={"If-Match": _tag(desk, "S1")})
    assert answer.status_code == 500
    assert open_registry(desk.registry).read().revision == revision


def test_no_key_no_office_and_a_key_needs_a_registry(tmp_path: Path) -> None:
    assert read_admin_settings({}) is None
    with pytest.raises(InputError):
        read_admin_settings({"SERVICECIRCLE_ADMIN_KEY": LINES.splitlines()[0]})
    with pytest.raises(InputError):
        read_admin_settings({"SERVICECIRCLE_ADMIN_KEYS": str(tmp_path / "none")})
    file = tmp_path / "keys.txt"
    file.write_text(LINES, "utf-8")
    found = read_admin_settings({"SERVICECIRCLE_ADMIN_KEYS": str(file), "SERVICECIRCLE_REGISTRY": "p.gpkg"})
    assert found is not None
    assert len(found.keys) == 5
    assert "scrypt" not in str(LINES.split()[0])


def test_the_version_of_a_place_is_of_all_its_cells() -> None:
    cells = dict.fromkeys(COLUMNS, "")
    seen = {tag(cells | {name: "x"}) for name in COLUMNS} | {tag(cells)}
    assert len(seen) == len(COLUMNS) + 1

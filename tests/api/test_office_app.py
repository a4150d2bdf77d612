"""The office in the service itself: what it adds is served after a rebuild, from a bundle that brings its registry."""

from __future__ import annotations

import dataclasses
import os
import time
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.admin.rebuilding import Order
from api.admin.settings import AdminSettings
from api.app import create_app
from api.settings import Settings
from servicecircle.cli_registry import seed_rows
from servicecircle.errors import InputError
from servicecircle.ingest.parameters import read_parameters
from servicecircle.ingest.study import read_study
from servicecircle.ingest.walkable import load_rules
from servicecircle.model import Variant
from servicecircle.pipeline import run
from servicecircle.publish.bundle import write_bundle
from servicecircle.registry.store import create
from tests.api.admin_office import KEYS, OFFICE
from tests.conftest import Silent
from tests.town import Place, Town, lonlat

PLACES = [Place("S1", "school", 300.0, 300.0, "中心小学"), Place("C1", "community", 100.0, 100.0, "东门社区")]
HEADERS = {"Authorization": f"Bearer {OFFICE}"}


@dataclasses.dataclass(frozen=True)
class Served:
    """A town, its registry and the bundle built from them."""

    data: Path
    registry: Path
    link: Path

    def settings(self, **values: Path) -> Settings:
        """Serve it with one worker."""
        return Settings(bundle=self.link, data=self.data, workers=1, rate_per_s=0, **values)

    @property
    def admin(self) -> AdminSettings:
        """Open the office over its registry."""
        return AdminSettings(keys=KEYS, registry=self.registry)


@pytest.fixture
def town(tmp_path: Path) -> Served:
    data = Town(blocks=6, places=PLACES).write(tmp_path / "town")
    registry = tmp_path / "places.gpkg"
    create(registry, seed_rows(data), at="2026-01-01T00:00:00Z")
    served = tmp_path / "served"
    served.mkdir()
    write_bundle(
        run(read_study(data, registry), read_parameters(None), load_rules(), Variant(), Silent()), served / "first"
    )
    (served / "build").symlink_to("first")
    return Served(data, registry, served / "build")


def test_without_a_key_there_is_no_office(town: Served) -> None:
    with TestClient(create_app(town.settings(registry=town.registry))) as client:
        assert client.get("/admin").status_code == 404
        assert client.get("/admin/me", headers=HEADERS).status_code == 404


def test_a_bundle_of_a_registry_is_served_with_it_and_with_no_other(town: Served) -> None:
    with pytest.raises(InputError, match="--registry"):
        create_app(town.settings())
    with TestClient(create_app(town.settings(registry=town.registry))) as client:
        assert client.get("/healthz").status_code == 200


def test_what_the_office_adds_is_served_after_a_rebuild(town: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    every = Order.stages  # map and report have tests of their own and take a while
    monkeypatch.setattr(Order, "stages", lambda self, out: {"build": every(self, out)["build"]})
    app = create_app(town.settings(registry=town.registry), town.admin)
    lon, lat = lonlat(500, 300)
    cells = {"kind": "community", "name": "新社区", "lon": f"{lon:.7f}", "lat": f"{lat:.7f}", "source": "office"}
    cells |= {"status": "loaded", "position_confidence": "building", "position_source": "by hand", "datum": "wgs84"}
    with TestClient(app) as client:
        assert client.get("/admin").status_code == 200
        assert client.get("/admin/me").status_code == 401
        body = {"cells": cells, "reason": "opened"}
        made = client.put("/admin/places/C9", json=body, headers=HEADERS | {"If-None-Match": "*"})
        assert made.status_code == 201, made.json()
        place = "/collections/facilities/items?facility_id=C9"
        before = client.get(place)
        assert before.json()["numberMatched"] == 0
        job = client.post("/admin/rebuilds", headers=HEADERS).headers["Location"]
        end = time.monotonic() + 120
        while (told := client.get(job, headers=HEADERS).json())["state"] == "running" and time.monotonic() < end:
            time.sleep(0.1)
        assert told["state"] == "done", told
        after = client.get(place)
        assert after.json()["numberMatched"] == 1
        assert after.headers["etag"] != before.headers["etag"]
        near = client.get("/nearest", params={"lon": lon, "lat": lat, "minutes": 5, "kind": "community"}).json()
        assert [each["facility_id"] for each in near["places"]] == ["C9"]
        app.state.holder.reload()  # as at a SIGHUP, and at the next start: the path leads to the new bundle
        assert app.state.holder.refused is None
        assert client.get(place).json()["numberMatched"] == 1
        assert client.get("/registry.gpkg").status_code == 404
    assert town.link.is_symlink()
    assert Path(os.path.realpath(town.link)).name != "first"
    town.registry.unlink()  # the bundle has its own copy
    with TestClient(create_app(town.settings())) as client:
        assert client.get(place).json()["numberMatched"] == 1

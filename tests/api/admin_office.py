"""An office over a small town: an app of its own, a registry made from the seed, keys of every scope."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from api import errors
from api.admin.keys import Keyring, Scope, make_key, read_keys
from api.admin.office import Office, open_office
from api.admin.page import install
from api.admin.places import read_ground
from api.admin.settings import AdminSettings
from api.admin.work import work
from api.bundle import Bundle, read_bundle
from api.metrics import Metrics
from api.middleware import Frame
from servicecircle.cli_registry import seed_rows
from servicecircle.registry.store import create

_MADE = {scope: make_key(scope.value, [scope]) for scope in Scope}
_ALL = make_key("office", list(Scope))
LINES = "\n".join([line for _, line in _MADE.values()] + [_ALL[1]])
TOKENS = {scope: token for scope, (token, _) in _MADE.items()}
OFFICE = _ALL[0]
KEYS = tuple(read_keys(LINES))
RING = Keyring(KEYS)  # what was proved once need not be proved in each test


_ground = cache(read_ground)


def _in_this_process(job: Mapping[str, Any]) -> dict[str, Any]:
    """Do what the process of its own does: starting one takes seconds."""
    answer: dict[str, Any] = json.loads(json.dumps(work(json.loads(json.dumps(job)))))
    return answer


@dataclass
class Holding:
    """Serves bundles, as the service does: whole, or not at all."""

    served: list[Bundle] = field(default_factory=list)

    def swap(self, bundle: Path) -> None:
        """Read a bundle and serve it."""
        self.served.append(read_bundle(bundle))


@dataclass
class Desk:
    """The office as a client sees it."""

    client: TestClient
    office: Office
    registry: Path
    app: FastAPI

    def ask(self, method: str, path: str, token: str = OFFICE, **values: Any) -> Response:
        """Ask with a key."""
        headers = {"Authorization": f"Bearer {token}"} | dict(values.pop("headers", {}))
        return self.client.request(method, path, headers=headers, **values)


def open_desk(folder: Path, data: Path, bundle: Path, holder: Holding | None = None) -> Desk:
    """Open an office in a folder."""
    registry = folder / "places.gpkg"
    create(registry, seed_rows(data), at="2026-01-01T00:00:00Z")
    settings = AdminSettings(keys=KEYS, registry=registry, reports=folder / "reports.sqlite", most_upload_mb=1)
    office = open_office(settings, data, bundle, holder or Holding())
    imports = replace(office.imports, worker=_in_this_process)
    places = replace(office.places, ground=partial(_ground, data))
    office = replace(office, keyring=RING, imports=imports, places=places)
    app = FastAPI(redirect_slashes=False)
    errors.install(app)
    install(app, office)
    app.add_middleware(Frame, snapshot=object, metrics=Metrics())
    return Desk(TestClient(app), office, registry, app)

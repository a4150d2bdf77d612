"""The hostile town, its map, report and site, and the service over it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn

from api.app import create_app
from api.settings import Settings
from maps.site.parts import PARTS
from maps.site.write import write_site
from servicecircle.ingest.parameters import read_parameters
from servicecircle.ingest.planning import read_planning
from servicecircle.ingest.study import read_study
from servicecircle.ingest.walkable import load_rules
from servicecircle.model import Variant
from servicecircle.pipeline import run
from servicecircle.publish.bundle import write_bundle
from tests.conftest import Silent
from tests.untrusted.study import Texts, write_study


@dataclass(frozen=True)
class Hostile:
    """Folders of the study, its bundle and its site, and what was given."""

    study: Path
    bundle: Path
    site: Path
    texts: Texts


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Hostile:
    """Run the whole way: from a study folder whose every text is hostile to the pages."""
    folder = tmp_path_factory.mktemp("hostile")
    texts = Texts()
    data = write_study(folder / "town", texts)
    study = read_study(data)
    results = run(study, read_parameters(), load_rules(), Variant(), Silent(), read_planning(data, study))
    write_bundle(results, folder / "build")
    pages = tuple(part for part in PARTS if part.folder != "sheets")  # paper runs nothing
    site = write_site(folder / "build", folder / "site", parts=pages).parent
    # the service shows them from the bundle
    (site / "map").rename(folder / "build" / "maps")
    (site / "report").rename(folder / "build" / "report")
    return Hostile(data, folder / "build", site, texts)


@pytest.fixture(scope="session")
def address(hostile: Hostile) -> Iterator[str]:
    """Serve the town on a free port of the loopback."""
    app = create_app(Settings.model_validate({"bundle": hostile.bundle, "data": hostile.study}))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, access_log=False, log_config=None, ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    end = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < end, "the service did not start"
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)

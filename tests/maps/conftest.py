"""The made-up town as a bundle, plain and with hostile names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from matplotlib import font_manager

from maps.bundle import Bundle, read_bundle
from maps.study import study_page
from tests.maps.hostile import hostile_names
from tests.maps.town import write_town


@pytest.fixture(autouse=True)
def fonts_as_they_were() -> Iterator[None]:
    """Take back what a test told matplotlib of fonts: another test's sheet is drawn with those of the machine."""
    listed = list(font_manager.fontManager.ttflist)
    yield
    if listed != font_manager.fontManager.ttflist:
        font_manager.fontManager = font_manager.FontManager()


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of the town's bundle; read it, never write to it."""
    return write_town(tmp_path_factory.mktemp("town") / "build")


@pytest.fixture(scope="session")
def planned_town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of the town's bundle with the planner's tables; read it, never write to it."""
    return write_town(tmp_path_factory.mktemp("planned") / "build", planned=True)


@pytest.fixture(scope="session")
def town_bundle(town: Path) -> Bundle:
    """Give the town's bundle as read."""
    return read_bundle(town)


@pytest.fixture(scope="session")
def town_page(planned_town: Path) -> str:
    """Give the town's page, the planner's panels filled."""
    return study_page(read_bundle(planned_town))


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], str]:
    """Give every text of the town with its hostile stand-in, and the page they are in."""
    given, name = hostile_names()
    folder = write_town(tmp_path_factory.mktemp("hostile") / "build", name, planned=True)
    return given, study_page(read_bundle(folder))

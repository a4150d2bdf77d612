"""The map and the sheets look as they did when somebody looked: the stored pictures are those of the documentation."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser

from maps.printing import find_fonts, printing
from maps.report.reading import read_study
from maps.sheet import drawing, plate, subdistrict
from maps.sheet.board import Board
from maps.sheet.content import Content, read_content
from maps.sheet.formats import FORMATS
from maps.sheet.frame import Rect
from tests.maps.town import write_town
from tests.pictures.compare import LOOSE, STRICT, Tolerance, compare, kept
from tests.pictures.made import MOST_BYTES, SCREENS, SHEETS, STORED, TYPE, screens, sheet, small, taken

ROOT = STORED.parents[1]
OUT = ROOT / "build" / "pictures"
DPI = 60


def _stored(name: str) -> tuple[Image.Image, Tolerance]:
    """Open a stored picture; say how close a sheet set in this machine's type has to come to it."""
    with Image.open(STORED / f"{name}.png") as picture:
        same = picture.info.get(TYPE) == find_fonts().sans
        return picture.convert("RGB"), STRICT if same else LOOSE


@pytest.fixture(scope="module")
def content(bundle: Path) -> Content:
    """Lay the district out for its sheets."""
    return read_content(read_study(bundle), find_fonts())


def test_the_map_looks_as_it_did(district_map: Path, chromium: Browser) -> None:
    said = []
    for name, actual in screens(district_map, chromium):
        stored, _ = _stored(name)
        found = compare(actual, stored, LOOSE)  # browsers differ more than fonts do
        said += [] if found.same else [kept(name, actual, stored, found, OUT)]
    assert said == []


@pytest.mark.long
@pytest.mark.parametrize("name", SHEETS)
def test_a_sheet_looks_as_it_did(content: Content, name: str) -> None:
    actual = sheet(name, content)
    stored, tolerance = _stored(name)
    found = compare(actual, stored, tolerance)
    assert found.same, kept(name, actual, stored, found, OUT)


@pytest.mark.parametrize("name", [*SCREENS, *SHEETS])
def test_a_stored_picture_is_small_and_shown(name: str) -> None:
    assert (STORED / f"{name}.png").stat().st_size <= MOST_BYTES
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    assert any(f"images/{name}.png" in page.read_text(encoding="utf-8") for page in pages)


def _moved_legend(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = plate.draw_entries

    def moved(board: Board, rect: Rect, *rest: object, **more: object) -> float:
        return draw(board, Rect(rect.x + 6, rect.y, rect.width, rect.height), *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(plate, "draw_entries", moved)


def _no_lifts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subdistrict, "draw_links", lambda *_: [])


def _no_water(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "_water", lambda *_: None)


def _no_rails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "_rails", lambda *_: None)


def _no_stairs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "_footways", lambda *_: None)


def _drawn(content: Content) -> Image.Image:
    with printing(content.fonts):
        return taken(subdistrict.subdistrict_sheet(content, FORMATS["a3"], content.land.subdistricts[0].code), DPI)


@pytest.fixture(scope="module")
def little(tmp_path_factory: pytest.TempPathFactory) -> Content:
    """Lay the made-up town out, which is quick to draw."""
    return read_content(read_study(write_town(tmp_path_factory.mktemp("little") / "build")), find_fonts())


@pytest.fixture(scope="module")
def sound(little: Content) -> Image.Image:
    """Draw a sheet that has nothing wrong, through the colours of a stored one."""
    return Image.open(io.BytesIO(small(_drawn(little)))).convert("RGB")


@pytest.mark.parametrize("fault", [_moved_legend, _no_lifts, _no_water, _no_rails, _no_stairs])
def test_a_moved_legend_or_a_lost_layer_is_seen(
    little: Content, sound: Image.Image, monkeypatch: pytest.MonkeyPatch, fault: Callable[[pytest.MonkeyPatch], None]
) -> None:
    assert compare(sound, sound).same
    fault(monkeypatch)
    assert not compare(_drawn(little), sound).same


def test_a_difference_is_written_down_and_named(tmp_path: Path) -> None:
    stored = Image.new("RGB", (256, 128), "#f8f4ea")
    actual = stored.copy()
    assert compare(actual, stored).same
    ImageDraw.Draw(actual).ellipse((70, 40, 90, 60), fill="#4a379b")
    found = compare(actual, stored)
    assert found.tiles == ((2, 1),)
    said = kept("sheet-x", actual, stored, found, tmp_path)
    assert str(tmp_path / "sheet-x-difference.png") in said
    assert "python -m tests.pictures.regenerate" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sheet-x-actual.png", "sheet-x-difference.png"]
    assert not compare(stored.resize((128, 128)), stored).same

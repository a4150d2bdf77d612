"""Write the report's folder: drawn beside its place, then moved there: an interrupted run leaves the old one."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from maps.printing import find_fonts, pdfs, printing
from maps.report.brief import draw_brief
from maps.report.notes import notes
from maps.report.pages import brief_page, index_page
from maps.report.plates import Plates
from maps.report.reading import Study, read_study
from maps.report.small_maps import SmallMaps
from maps.report.workbook import workbook
from servicecircle.errors import Fault, InputError

__all__ = ["INDEX", "write_report"]

INDEX = "index.html"
WORKBOOK = "report.xlsx"
BRIEFS = "briefs"
OURS = {INDEX, WORKBOOK, BRIEFS}
_CODE = re.compile(r"[A-Za-z0-9_-]{1,64}")


def write_report(
    bundle_folder: Path, out: Path, font: Path | None = None, say: Callable[[str], None] = lambda _: None
) -> Path:
    """Write ``index.html``, ``report.xlsx`` and a brief a subdistrict under ``out``; return the path of the index.

    Parameters
    ----------
    bundle_folder
        What ``servicecircle build --out`` wrote.
    out
        The folder of the report; what an older report left there is replaced.
    font
        A font file that holds Chinese, where the system has none.
    say
        Takes a line of progress.

    Raises
    ------
    InputError
        When the bundle is missing or broken, no font holds Chinese, or ``out`` holds other files.
    """
    fonts = find_fonts(font)
    study = read_study(bundle_folder)
    _check_codes(study)
    _check_folder(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as draft:
        with printing(fonts):
            maps = SmallMaps(study, fonts)
            for name, content in _files(study, Plates(study, fonts, maps), maps):
                path = Path(draft) / name
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(content)
                say(f"{name}  {len(content) / 1e3:,.0f} kB")
        _move(Path(draft), out)
    return out / INDEX


def _files(study: Study, plates: Plates, maps: SmallMaps) -> Iterator[tuple[str, bytes]]:
    noted = notes(study)
    yield INDEX, index_page(study, plates, noted).encode("utf-8")
    yield WORKBOOK, workbook(study, noted)
    codes = [code for code, _, _ in study.subdistricts()]
    for code in codes:
        yield f"{BRIEFS}/{code}.html", brief_page(study, plates, code).encode("utf-8")
    pages = pdfs(dict(draw_brief(study, plates.fonts, maps, code) for code in codes))
    for code, content in zip(codes, pages.values(), strict=True):
        yield f"{BRIEFS}/{code}.pdf", content


def _check_codes(study: Study) -> None:
    """Refuse a code that would be a path: briefs are files by their code."""
    strange = [code for code, _, _ in study.subdistricts() if not _CODE.fullmatch(code)]
    if strange:
        remedy = "give subdistricts codes of letters, digits, - and _"
        raise InputError(
            [Fault("no name for a file", remedy, file="subdistricts.parquet", column="code", value=c) for c in strange]
        )


def _check_folder(out: Path) -> None:
    if out.is_dir():
        others = sorted(path.name for path in out.iterdir() if path.name not in OURS)
        if others:
            remedy = "choose an empty folder with --out"
            raise InputError(
                [Fault("the folder holds files that are not a report", remedy, value=", ".join(others[:5]))]
            )


def _move(draft: Path, out: Path) -> None:
    draft.chmod(0o755)
    new = out.with_name(f".{out.name}.new")
    old = out.with_name(f".{out.name}.old")
    for path in (new, old):
        shutil.rmtree(path, ignore_errors=True)
    shutil.copytree(draft, new)
    if out.exists():
        os.replace(out, old)  # noqa: PTH105  the atomic one, on every system
    os.replace(new, out)  # noqa: PTH105
    shutil.rmtree(old, ignore_errors=True)

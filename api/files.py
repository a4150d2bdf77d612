"""The pages that were drawn beside a bundle: the map and the report, read whole and packed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from api.packed import Packed, pack
from api.sealing import seal

__all__ = ["COMPARE", "HOME", "MAP", "read_files", "read_static"]

COMPARE, MAP, HOME = "compare", "map", "report/index.html"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".pdf": "application/pdf",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_STATIC_TYPES = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".js": "text/javascript; charset=utf-8"}
_CIRCLES = re.compile(r'(<script type="application/json" id="data-circles">).*?(</script>)', re.DOTALL)
_SEALED = "content=\"default-src 'none';"


def read_files(folder: Path) -> dict[str, Packed]:
    """Read the map (under ``map``), the map of a comparison (``compare``) and every file of the report (``report/``).

    Only files of the report's own kinds, and no links: what is not here cannot be asked for.
    """
    found: dict[str, Packed] = {}
    drawn = folder / "maps" / "study.html"
    if drawn.is_file():
        found[MAP] = _map(drawn.read_text(encoding="utf-8"))
    compared = folder / "maps" / "comparison.html"
    if compared.is_file():
        page, policy = seal(compared.read_text(encoding="utf-8"))
        found[COMPARE] = pack(compared.name, page.encode(), _TYPES[".html"], _under(policy))
    report = folder / "report"
    if (report / "index.html").is_file():
        for path in sorted(report.rglob("*")):
            if path.suffix in _TYPES and path.is_file() and not path.is_symlink():
                found[f"report/{path.relative_to(report).as_posix()}"] = _report(path)
    return found


def read_static(folder: Path) -> dict[str, Packed]:
    """Read the style sheets and pictures of the service's own pages."""
    return {
        path.name: pack(path.name, path.read_bytes(), _STATIC_TYPES[path.suffix])
        for path in sorted(folder.iterdir())
        if path.suffix in _STATIC_TYPES
    }


def _map(page: str) -> Packed:
    """Pack the map without the circles of each place, which it then asks this service for, one place at a time.

    The policy inside the file allows no request at all, so here it is opened for this service alone.
    """
    page = _CIRCLES.sub(r"\1null\2", page, count=1)
    page = page.replace(_SEALED, f"{_SEALED} connect-src 'self';", 1)
    page, policy = seal(page, connects="'self'", images="data: blob:")
    return pack("map.html", page.encode(), _TYPES[".html"], _under(policy))


def _report(path: Path) -> Packed:
    if path.suffix != ".html":
        return pack(path.name, path.read_bytes(), _TYPES[path.suffix])
    page, policy = seal(path.read_text(encoding="utf-8"))
    return pack(path.name, page.encode(), _TYPES[path.suffix], _under(policy))


def _under(policy: str) -> Mapping[str, str]:
    return {"Content-Security-Policy": policy}

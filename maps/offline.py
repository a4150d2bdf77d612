"""One file that asks nothing of any network: assets inlined, outside requests refused, scripts sealed by their hash."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path

from branca.element import Element

from servicecircle.errors import Fault, InputError

__all__ = ["inline_css", "inline_js", "outside_urls", "pin_ids", "refuse_outside", "seal", "vendored_images"]

STATIC = Path(__file__).parent / "static"
IMAGES = STATIC / "leaflet" / "images"
# Names, not requests: the SVG namespace, and the link in the attribution that the map does not use.
NAMES = ("http://www.w3.org/2000/svg", "https://leafletjs.com")
ASKING = ("src", "srcset", "data", "poster", "action", "formaction", "background", "cite", "manifest", "ping")
LINKS = ("a", "area")
_SCHEME = re.compile(r"""(?:https?|wss?|ftp)://[^\s"'`<>)\\]*""", re.IGNORECASE)
_CSS_ASKS = re.compile(r"""(?:url\(\s*|@import\s+)["']?\s*([^"')\s;]+)""", re.IGNORECASE)
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_SEAL = "<!-- seal -->"


def inline_js(path: Path) -> str:
    """Return a script fit for the inside of a page: no source map is asked for, nothing ends the element early."""
    text = re.sub(r"^//# sourceMappingURL=.*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    if "</script" in text.lower() or "<!--" in text:
        raise InputError([Fault("script would end its own element", "escape the string", file=path.name)])
    return text.strip()


def inline_css(path: Path) -> str:
    """Return a style sheet with its images as data URIs."""

    def as_data(match: re.Match[str]) -> str:
        name = match.group(1)
        return match.group(0) if name.startswith("#") else f"url({data_uri(path.parent / name)})"

    return re.sub(r"url\(([^)]+)\)", as_data, path.read_text(encoding="utf-8")).strip()


def data_uri(path: Path) -> str:
    """Return a PNG as a data URI."""
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode("ascii")


def vendored_images() -> dict[str, str]:
    """Give Leaflet's default pin by option name: from a style sheet of data URIs it could not guess the folder."""
    names = {"iconUrl": "marker-icon", "iconRetinaUrl": "marker-icon-2x", "shadowUrl": "marker-shadow"}
    return {option: data_uri(IMAGES / f"{name}.png") for option, name in names.items()}


def pin_ids(root: Element) -> None:
    """Replace folium's random ids by the places of the elements in the tree, so that two builds are equal."""
    waiting = [(root, "study")]
    while waiting:
        element, name = waiting.pop()
        element._id = name  # noqa: SLF001  branca has no public name for it
        children = element._children.values()  # noqa: SLF001
        waiting += [(child, f"{name}_{i}") for i, child in enumerate(children)]


def seal(page: str, pictures: Sequence[str] = ()) -> str:
    """Let the page run exactly its own scripts and ask for nothing: a content security policy in its head.

    ``pictures`` are the only origins it may fetch pictures from, none unless a basemap of the web was asked for.
    """
    hashes = sorted(
        {base64.b64encode(hashlib.sha256(s.encode()).digest()).decode("ascii") for s in _SCRIPT.findall(page)}
    )
    allowed = " ".join(f"'sha256-{h}'" for h in hashes)
    images = " ".join(["img-src data:", *pictures])
    policy = f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; {images}; base-uri 'none'"
    return page.replace(_SEAL, f'<meta http-equiv="Content-Security-Policy" content="{policy}">', 1)


def refuse_outside(page: str) -> str:
    """Return the page, or fail naming every outside address that a browser would ask for.

    Raises
    ------
    InputError
        When the page is not self-contained.
    """
    found = outside_urls(page)
    if found:
        remedy = "vendor the file under maps/static and inline it"
        raise InputError([Fault("the page would ask an outside address", remedy, value=url) for url in found])
    return page


def outside_urls(page: str) -> list[str]:
    """Every address in the page that opening or using it would request.

    >>> outside_urls('<script src="https://cdn.example/x.js"></script><a href="https://example.org">source</a>')
    ['https://cdn.example/x.js']
    """
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return reader.found


class _Reader(HTMLParser):
    """Collects what would be requested: attributes that load, style addresses, addresses in executed scripts."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._inside = tag if tag in {"style", "script"} and "json" not in given.get("type", "") else ""
        for name, value in given.items():
            if name in ASKING or (name.endswith("href") and tag not in LINKS):
                self.found += [part for part in value.split() if not part.startswith(("data:", "#"))]
            elif name == "style":
                self.found += _asked_by_css(value)
            elif name == "content" and given.get("http-equiv", "").lower() == "refresh":
                self.found.append(value)

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "style":
            self.found += _asked_by_css(data)
        elif self._inside == "script":
            self.found += [url for url in _SCHEME.findall(data) if not url.startswith(NAMES)]


def _asked_by_css(text: str) -> Iterator[str]:
    return (url for url in _CSS_ASKS.findall(text) if not url.startswith(("data:", "#")))

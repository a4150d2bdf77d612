"""Read a page back the way a browser does."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any


class Page(HTMLParser):
    """The JSON blocks of a page, and everything in it that is not inside one."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: dict[str, Any] = {}
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rest: list[str] = []
        self._block: str | None = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element: a block of data, or something else."""
        given = dict(attrs)
        self.tags.append((tag, given))
        self._block = given["id"] if tag == "script" and given.get("type") == "application/json" else None
        if self._block:
            self.blocks[self._block] = ""
        self.rest += [value for value in given.values() if value]

    def handle_endtag(self, tag: str) -> None:
        """Close a block."""
        if tag == "script":
            self._block = None

    def handle_data(self, data: str) -> None:
        """Keep text where it stands."""
        if self._block:
            self.blocks[self._block] += data
        else:
            self.rest.append(data)

    def json(self, name: str) -> Any:
        """Parse a block."""
        return json.loads(self.blocks[f"data-{name}"])


def texts(value: Any) -> set[str]:
    """Every text in a JSON value."""
    if isinstance(value, str):
        return {value}
    if isinstance(value, dict):
        return set().union(*(texts(v) for v in value.values()), set())
    if isinstance(value, list):
        return set().union(*(texts(v) for v in value), set())
    return set()

"""Names of files from names of anything: plain letters, short, never twice, never out of their folder."""

from __future__ import annotations

import re

__all__ = ["Names"]

MOST = 40
_OTHER = re.compile(r"[^A-Za-z0-9_-]+")
# Devices of Windows, where no file can have such a name, and pages of the site.
_TAKEN = re.compile(r"con|prn|aux|nul|com\d|lpt\d|index|proposed", re.IGNORECASE)


class Names:
    """Gives each text its own file name.

    >>> names = Names()
    >>> [names.of(text, "route") for text in ("R01", "../R01", "红色", "红色")]
    ['R01', 'R01-2', 'route', 'route-2']
    """

    def __init__(self) -> None:
        self._given: set[str] = set()

    def of(self, text: str, otherwise: str) -> str:
        """Return a name for a text; ``otherwise`` where no letter of it can stay."""
        base = _OTHER.sub("-", text).strip("-")[:MOST].strip("-") or otherwise
        base = f"{otherwise}-{base}" if _TAKEN.fullmatch(base) else base
        name, turn = base, 1
        while name.lower() in self._given:
            turn += 1
            name = f"{base}-{turn}"
        self._given.add(name.lower())
        return name

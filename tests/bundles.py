"""Bundles changed on purpose, and sealed again: else whoever reads them sees by their hashes that they were changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from servicecircle.publish.manifest import MANIFEST, digests

__all__ = ["reseal"]

_PARTS = ("layers/", "tables/")


def reseal(folder: Path, **changed: Any) -> None:
    """Write a manifest of what lies there now, with other values if any are given."""
    head = folder / MANIFEST
    files = {name: digest for name, digest in digests(folder).items() if name.startswith(_PARTS)}
    told = json.loads(head.read_text("utf-8")) | {"files": files} | changed
    head.write_text(json.dumps(told, ensure_ascii=False), "utf-8")

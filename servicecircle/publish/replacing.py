"""A finished folder in the place of an old one: whoever is killed when, one of the two is there whole."""

from __future__ import annotations

import shutil
from pathlib import Path

__all__ = ["replace_folder"]


def replace_folder(scratch: Path, folder: Path) -> None:
    """Put a finished folder in the place of the old one, with all that others wrote into the old one gone."""
    old = scratch.with_name(f"{scratch.name}-old")
    scratch.chmod(0o755)
    if folder.exists():
        folder.replace(old)
    try:
        scratch.replace(folder)
    except BaseException:  # an interrupt, too, must leave the old one
        if old.exists():
            old.replace(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)

"""Where the bundled study lies: inside the wheel, or beside the package in a checkout."""

from __future__ import annotations

from pathlib import Path

from servicecircle.errors import Fault, InputError

__all__ = ["bundled_study"]


def bundled_study() -> Path:
    """Return the folder of the bundled district, whatever the working directory.

    Raises
    ------
    InputError
        The package was installed without its data.
    """
    here = Path(__file__).resolve().parent
    for folder in (here / "_data" / "geo", here.parent / "data" / "geo"):
        if (folder / "study.toml").is_file():
            return folder
    raise InputError([Fault("the bundled study is missing", "install the package again, or give --data DIR")])

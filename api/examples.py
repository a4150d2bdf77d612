"""Answers of an imagined town, as the OpenAPI document shows them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_KNOWN: dict[str, Any] = json.loads((Path(__file__).parent / "examples.json").read_text("utf-8"))


def __getattr__(name: str) -> Any:  # noqa: ANN401  JSON has no type
    """Return an example by the name of its answer."""
    try:
        return _KNOWN[name.lower()]
    except KeyError as error:
        message = f"no example {name.lower()!r} in examples.json"
        raise AttributeError(message) from error

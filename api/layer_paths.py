"""The OpenAPI document with a path for every layer: clients of the standard read there what may be filtered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.collections import Collection

__all__ = ["with_layers"]

_ITEMS = "/collections/{layer}/items"


def with_layers(document: Mapping[str, Any], collections: Mapping[str, Collection]) -> dict[str, Any]:
    """Return the document with the items of each layer, its properties as parameters."""
    general = document["paths"][_ITEMS]["get"]
    shared = [given for given in general["parameters"] if given["in"] != "path"]
    paths = {}
    for name, collection in collections.items():
        own = [_parameter(key, kind) for key, kind in collection.kinds.items()]
        about = {"operationId": f"items_{name}", "parameters": [*shared, *own]}
        paths[_ITEMS.replace("{layer}", name)] = {"get": dict(general) | about}
    return dict(document) | {"paths": dict(document["paths"]) | paths}


def _parameter(name: str, kind: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": {"type": kind}}

"""The documentation page's content, read from the OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

__all__ = ["Asked", "Operation", "sections"]

_LIMITS = {"exclusiveMinimum": ">", "minimum": "≥", "maximum": "≤"}
_EXAMPLES = {"layer": "facilities", "name": "choices"}  # for paths; other paths are reached by links


@dataclass(frozen=True, slots=True)
class Asked:
    """A parameter: its name, what it may be, whether it must be given."""

    name: str
    kind: str
    required: bool
    about: str


@dataclass(frozen=True, slots=True)
class Operation:
    """A route: how to ask it, what it says, and a link that tries it (None where there is no simple one)."""

    method: str
    path: str
    summary: str
    about: str
    asked: tuple[Asked, ...]
    example: str | None


def sections(document: Mapping[str, Any]) -> dict[str, list[Operation]]:
    """Return the operations by tag, in their order."""
    found: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            tag = operation.get("tags", [""])[0]
            found.setdefault(tag, []).append(_operation(method.upper(), path, operation, document))
    return found


def _operation(method: str, path: str, operation: Mapping[str, Any], document: Mapping[str, Any]) -> Operation:
    schemas = document.get("components", {}).get("schemas", {})
    asked = [*_parameters(operation, schemas), *_body(operation, schemas)]
    return Operation(
        method,
        path,
        str(operation.get("summary", "")),
        str(operation.get("description", "")),
        tuple(asked),
        _example(path, operation) if method == "GET" else None,
    )


def _parameters(operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[Asked]:
    for given in operation.get("parameters", ()):
        about = given.get("description") or given["schema"].get("description", "")
        yield Asked(given["name"], _kind(given["schema"], schemas), bool(given.get("required")), about)


def _body(operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[Asked]:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
    schema = schemas.get(name, {})
    for key, value in schema.get("properties", {}).items():
        yield Asked(key, _kind(value, schemas), key in schema.get("required", ()), value.get("description", ""))


def _kind(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    """Say in a few words what a value may be."""
    choices = [part for part in schema.get("anyOf", [schema]) if part.get("type") != "null"]
    words = [_one(part, schemas) for part in choices]
    default = schema.get("default")
    return " | ".join(words) + ("" if default in (None, []) else f" = {default}")


def _one(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return _one(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    if schema.get("type") == "array":
        return f"{_one(schema['items'], schemas)}; repeatable" if "items" in schema else "array"
    limits = [f"{sign} {schema[key]:g}" for key, sign in _LIMITS.items() if key in schema]
    return " ".join([str(schema.get("type", "any")), *limits])


def _example(path: str, operation: Mapping[str, Any]) -> str | None:
    """Fill in the examples of the required parameters."""
    query = {}
    for given in operation.get("parameters", ()):
        if given["in"] == "path":
            if given["name"] not in _EXAMPLES:
                return None
            path = path.replace(f"{{{given['name']}}}", _EXAMPLES[given["name"]])
        elif given.get("required"):
            examples = given["schema"].get("examples") or [None]
            if examples[0] is None:
                return None
            query[given["name"]] = examples[0]
    return f"{path}?{urlencode(query, safe=',')}" if query else path

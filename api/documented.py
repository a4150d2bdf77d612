"""What the OpenAPI document says of answers and problems, beside what their types say."""

from __future__ import annotations

from typing import Any

from api.errors import MEDIA_TYPE
from api.schemas import Answer

__all__ = ["GEOJSON", "HTML", "JSON", "ProblemAnswer", "answered", "problems"]

JSON, GEOJSON, HTML = "application/json", "application/geo+json", "text/html"
_SAYS = {
    400: ("bad-query", "The query is not sound", "limit: Input should be greater than or equal to 1; see /docs."),
    404: ("missing", "No such thing here", "no route 'R99'; /routes lists them"),
    408: ("slow", "The body came too slowly", "the body came too slowly; send it again"),
    413: ("body", "The body is too long", "the body is longer than 65536 bytes; send less"),
    422: ("bad-input", "The question is not sound", "lon: Field required; see /docs for what can be asked."),
    429: ("rate", "Too many requests from one address", "too many requests from this address; ask again in a moment"),
    503: ("busy", "Too many questions at once", "all workers are taken and the queue is full; ask again in a moment"),
}

Responses = dict[int | str, dict[str, Any]]


class FaultAnswer(Answer):
    """One thing wrong: where, what, and the remedy."""

    where: str | None
    problem: str
    remedy: str


class ProblemAnswer(Answer):
    """A problem (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[FaultAnswer] | None = None


def problems(*codes: int) -> Responses:
    """Document problems by their status."""
    schema = ProblemAnswer.model_json_schema(ref_template="#/components/schemas/{model}")
    schema.pop("$defs", None)
    schema["properties"]["errors"] = {"type": "array", "items": FaultAnswer.model_json_schema()}
    found: Responses = {}
    for code in codes:
        slug, title, detail = _SAYS[code]
        example = {"type": f"/docs#problem-{slug}", "title": title, "status": code, "detail": detail, "instance": "/…"}
        found[code] = {"description": title, "content": {MEDIA_TYPE: {"schema": schema, "example": example}}}
    return found


def answered(example: object, *codes: int, media_type: str = JSON, page: bool = False) -> Responses:
    """Document the answer by an example, and the problems that may come instead; ``page``: browsers get HTML."""
    content: dict[str, Any] = {media_type: {"example": example}}
    if page:
        content[HTML] = {"schema": {"type": "string"}}
    return {200: {"description": "Successful Response", "content": content}} | problems(*codes)

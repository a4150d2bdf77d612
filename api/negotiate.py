"""Whether a page or JSON is wanted."""

from __future__ import annotations

from fastapi import Request

__all__ = ["VARIES", "wants_html"]

VARIES = {"Vary": "Accept"}


def wants_html(request: Request, *, usual: bool = False) -> bool:
    """Whether HTML was asked for by ``f=html`` or before JSON in the Accept header; ``usual`` if neither is named."""
    asked = request.query_params.get("f")
    if asked is not None:
        return asked == "html"
    accepted = request.headers.get("accept", "")
    json_at, html_at = accepted.find("json"), accepted.find("text/html")
    if json_at < 0 and html_at < 0:
        return usual
    return html_at >= 0 and (json_at < 0 or html_at < json_at)

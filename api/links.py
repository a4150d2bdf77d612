"""Links: absolute, from the address that the client used."""

from __future__ import annotations

from fastapi import Request
from starlette.datastructures import URL

from api.schemas import Link

__all__ = ["link", "root_of"]


def root_of(request: Request) -> URL:
    """Return the address of the service as the client sees it."""
    return URL(str(request.base_url).rstrip("/"))


def link(root: URL, path: str, rel: str, media_type: str, title: str) -> Link:
    """Return a link below the service's address; ``path`` is percent-encoded already."""
    return Link(href=f"{root}{path}", rel=rel, type=media_type, title=title)

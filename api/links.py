"""Links: absolute, from the address that the client used."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import Request
from starlette.datastructures import URL

from api.schemas import Link

__all__ = ["link", "page_links", "root_of"]


def root_of(request: Request) -> URL:
    """Return the address of the service as the client sees it."""
    return URL(str(request.base_url).rstrip("/"))


def link(root: URL, path: str, rel: str, media_type: str, title: str) -> Link:
    """Return a link below the service's address; ``path`` is percent-encoded already."""
    return Link(href=f"{root}{path}", rel=rel, type=media_type, title=title)


def page_links(
    root: URL, path: str, request: Request, limit: int, offset: int, matched: int, media_type: str = "application/json"
) -> list[Link]:
    """Return links to this page, the next and the previous one, with everything else that was asked kept."""
    kept = [(key, value) for key, value in request.query_params.multi_items() if key not in {"limit", "offset"}]

    def page(rel: str, start: int, title: str) -> Link:
        query = urlencode([*kept, ("limit", limit), ("offset", start)], safe=",/:")
        return link(root, f"{path}?{query}", rel, media_type, title)

    links = [page("self", offset, "本页 this page")]
    if offset + limit < matched:
        links.append(page("next", offset + limit, "下一页 next page"))
    if offset > 0:
        links.append(page("prev", max(0, offset - limit), "上一页 previous page"))
    return links

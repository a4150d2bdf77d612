"""Files of the page in memory, packed once, each under a tag of its content."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from fastapi import Request, Response

__all__ = ["FOLDER", "Asset", "pack", "read_assets", "serve"]

FOLDER = Path(__file__).parent
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A body as it is and as gzip."""

    body: bytes
    packed: bytes
    tag: str
    media_type: str


def pack(body: bytes, media_type: str) -> Asset:
    """Pack a body; the same bytes give the same pack."""
    tag = hashlib.sha256(body).hexdigest()[:20]
    return Asset(body, gzip.compress(body, mtime=0), tag, media_type)


def read_assets(folder: Path = FOLDER) -> dict[str, Asset]:
    """Read every file the page may ask for, by its path below ``static`` or ``i18n``."""
    found: dict[str, Asset] = {}
    for below in (folder / "static", folder / "i18n"):
        for path in sorted(below.rglob("*")):
            if path.suffix in TYPES:
                found[path.relative_to(below).as_posix()] = pack(path.read_bytes(), TYPES[path.suffix])
    return found


def serve(request: Request, asset: Asset) -> Response:
    """Answer with an asset, packed if that is understood, or with 304 if the browser still has it."""
    packed = "gzip" in request.headers.get("accept-encoding", "")
    tag = f'"{asset.tag}{"-gz" if packed else ""}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    if packed:
        headers["Content-Encoding"] = "gzip"
    return Response(asset.packed if packed else asset.body, headers=headers, media_type=asset.media_type)

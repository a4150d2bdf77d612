"""Files held in memory: read once, packed once, the same for every request of a snapshot."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass, field

import brotli
from fastapi import Request, Response

from api.compression import negotiate

__all__ = ["Packed", "pack", "send_packed"]

_BROTLI, _GZIP = 9, 9
_PACKED_ALREADY = (".pdf", ".xlsx", ".png")


@dataclass(frozen=True, slots=True)
class Packed:
    """A body by coding (the plain one under the empty name), and what is said with it."""

    bodies: Mapping[str, bytes] = field(repr=False)
    media_type: str
    headers: Mapping[str, str]


def pack(name: str, body: bytes, media_type: str, headers: Mapping[str, str] | None = None) -> Packed:
    """Pack a file, unless its format is packed already; the same bytes give the same pack."""
    bodies = {"": body}
    if not name.endswith(_PACKED_ALREADY):
        bodies["gzip"] = gzip.compress(body, _GZIP, mtime=0)
        packer = brotli.Compressor(quality=_BROTLI)
        bodies["br"] = packer.process(body) + packer.finish()
    return Packed(bodies, media_type, headers or {})


def send_packed(request: Request, file: Packed) -> Response:
    """Answer with a file in the best coding that the client understands."""
    coding = negotiate(request.headers.get("accept-encoding", ""))
    headers = dict(file.headers)
    if coding in file.bodies and coding:
        headers["Content-Encoding"] = coding
    return Response(file.bodies.get(coding, file.bodies[""]), headers=headers, media_type=file.media_type)

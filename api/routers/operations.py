"""For whoever runs the service: is it alive, does it serve, what does it count."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from api import examples
from api.asked import NoQuestion
from api.deps import Served
from api.documented import answered
from api.holder import Holder
from api.metrics import CONTENT_TYPE, Metrics
from api.schemas import Answer, Health

__all__ = ["router"]

router = APIRouter(tags=["运行 operations"])


class Ready(Answer):
    """What is served; ``stale`` while a newer bundle is refused, for the reasons given."""

    status: Literal["ready", "stale"]
    bundle_sha256: str
    data_date: str
    questions: int
    refused: list[str]


Nothing = Annotated[NoQuestion, Query()]


@router.get("/healthz", summary="服务状态 Health", responses=answered(examples.HEALTH))
async def health(served: Served, _: Nothing) -> Health:
    """Say that the service stands, and on which data."""
    about = served.bundle.manifest
    return Health(
        status="ok",
        area=about.area.id,
        data_date=about.data_date,
        bundle_version=about.bundle_version,
        servicecircle_version=about.servicecircle_version,
        parameters_sha256=about.parameters_sha256,
    )


@router.get("/readyz", summary="就绪状态 Ready, and from which bundle")
async def ready(request: Request, served: Served, _: Nothing) -> Ready:
    """Say which bundle is served, and whether a newer one was refused: then the old one is served on."""
    holder: Holder = request.app.state.holder
    faults = [] if holder.refused is None else [f"{f.file or ''}: {f.problem}" for f in holder.refused.faults]
    return Ready(
        status="ready" if holder.refused is None else "stale",
        bundle_sha256=served.digest,
        data_date=served.bundle.manifest.data_date,
        questions=served.load,
        refused=[fault.removeprefix(": ") for fault in faults],
    )


@router.get("/metrics", summary="指标 Counts for Prometheus", response_class=Response)
async def metrics(request: Request, served: Served, _: Nothing) -> Response:
    """Count requests by method, route template and status; never by path."""
    counts: Metrics = request.app.state.metrics
    return Response(counts.text(served.digest, served.bundle.manifest.data_date), media_type=CONTENT_TYPE)

"""What the bundle says of the district: health, ledger, coverage, gaps."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.asked import CoverageQuestion, GapsQuestion, NoQuestion
from api.deps import Served, require_known
from api.schemas import Coverage, CoverageRow, Gap, Gaps, Health, LedgerAnswer
from servicecircle.errors import Fault, InputError
from servicecircle.units import S_PER_MIN

__all__ = ["router"]

router = APIRouter(tags=["结果 results"])


@router.get("/healthz", summary="服务状态 Health")
async def health(served: Served, _: Annotated[NoQuestion, Query()]) -> Health:
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


@router.get("/ledger", summary="台账 Ledger: declared beside loaded")
async def ledger(served: Served, _: Annotated[NoQuestion, Query()]) -> LedgerAnswer:
    """Say what the district declared beside what the registry holds, as `servicecircle ledger --json`."""
    return LedgerAnswer(**served.bundle.ledger)


@router.get("/coverage", summary="覆盖率 Coverage by subdistrict")
async def coverage(served: Served, asked: Annotated[CoverageQuestion, Query()]) -> Coverage:
    """Homes and people who reach a place of a tier; home to place, counted at doors. Unknown shares are null."""
    rows = served.bundle.coverage
    if asked.subdistrict is not None:
        known = tuple(dict.fromkeys(row["subdistrict"] for row in rows))
        require_known(asked.subdistrict, known, "subdistrict")
    cutoff = None if asked.minutes is None else asked.minutes * S_PER_MIN
    cutoffs = sorted({row["cutoff_s"] for row in rows})
    if cutoff is not None and cutoff not in cutoffs:
        listed = ", ".join(f"{c / S_PER_MIN:g}" for c in cutoffs)
        raise InputError([Fault("not a cutoff of this bundle", f"use one of: {listed}", column="minutes")])
    wanted = {
        "subdistrict": asked.subdistrict,
        "tier": asked.tier,
        "basis": asked.basis,
        "cutoff_s": cutoff,
        "measure": asked.measure,
    }
    chosen = {key: value for key, value in wanted.items() if value is not None}
    found = [CoverageRow(**row) for row in rows if all(row[key] == value for key, value in chosen.items())]
    about = served.bundle.manifest
    return Coverage(profile=about.profile, direction=about.direction_coverage, coverage=found, **served.dated())


@router.get("/gaps", summary="缺口 Gaps, worst first")
async def gaps(served: Served, asked: Annotated[GapsQuestion, Query()]) -> Gaps:
    """Neighbourhoods beyond the cutoff with their causes, as `servicecircle gaps --json`."""
    rows = [row for row in served.bundle.gaps if asked.tier is None or row["tier"] == asked.tier]
    return Gaps(gaps=[Gap(**row) for row in rows])

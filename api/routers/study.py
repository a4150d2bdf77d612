"""What the bundle says of the district: ledger, coverage, gaps, lights, tables."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from api import examples
from api.asked import CoverageQuestion, GapsQuestion, LightsQuestion, NoQuestion, TableQuestion
from api.bundle import Row, Table
from api.deps import Served, Service, require_known
from api.documented import answered, problems
from api.errors import MissingError
from api.files import HOME, MAP
from api.filters import parse_value
from api.headline import headline
from api.negotiate import VARIES, wants_html
from api.pages import render
from api.planner import Gap, Gaps, Light, Lights, TableAnswer, TableName
from api.schemas import Coverage, CoverageRow, LedgerAnswer
from api.tagged import TaggedRoute
from servicecircle.errors import Fault, InputError
from servicecircle.units import S_PER_MIN

__all__ = ["router"]

router = APIRouter(tags=["结果 results"], route_class=TaggedRoute, responses=problems(422))


@router.get("/ledger", summary="台账 Ledger: declared beside loaded", responses=answered(examples.LEDGER))
async def ledger(served: Served, _: Annotated[NoQuestion, Query()]) -> LedgerAnswer:
    """Say what the district declared beside what the registry holds, as `servicecircle ledger --json`."""
    return LedgerAnswer(**served.bundle.ledger)


@router.get("/coverage", summary="覆盖率 Coverage by subdistrict", responses=answered(examples.COVERAGE))
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
    chosen = _chosen(wanted)
    found = [CoverageRow(**row) for row in rows if _fits(row, chosen)]
    about = served.bundle.manifest
    return Coverage(profile=about.profile, direction=about.direction_coverage, coverage=found, **served.dated())


@router.get(
    "/gaps", summary="缺口 Gaps, worst first", response_model=Gaps, responses=answered(examples.GAPS, page=True)
)
async def gaps(request: Request, served: Served, asked: Annotated[GapsQuestion, Query()]) -> Gaps | Response:
    """Neighbourhoods beyond the cutoff with cause, evidence and what would help; a page where a browser asks.

    As `servicecircle gaps --json`, with the further columns of the layer `gaps`.
    """
    every = served.bundle.gaps
    names = {row["subdistrict"]: row["subdistrict_name"] for row in every if row["subdistrict"]}
    if asked.subdistrict is not None:
        require_known(asked.subdistrict, tuple(names), "subdistrict")
    chosen = _chosen({"tier": asked.tier, "cause": asked.cause, "subdistrict": asked.subdistrict})
    answer = Gaps(gaps=[Gap(**row) for row in every if _fits(row, chosen)])
    if not wants_html(request):
        return answer
    bundle = served.bundle
    briefs = {code for code in names if f"report/briefs/{code}.html" in served.files}
    page = render(
        "gaps.html",
        area=bundle.manifest.area,
        gaps=answer.gaps,
        asked=asked,
        names=names,
        briefs=briefs,
        has_map=MAP in served.files,
        has_report=HOME in served.files,
        cutoff=headline(bundle, served.files)["minutes"],
    )
    return HTMLResponse(page, headers=VARIES)


@router.get(
    "/lights", summary="红黄绿灯 Lights by subdistrict, community and school", responses=answered(examples.LIGHTS, 404)
)
async def lights(served: Served, asked: Annotated[LightsQuestion, Query()]) -> Lights:
    """Give each unit its light and how it came about; grey, not red, where a required figure is missing."""
    chosen = _chosen({"unit_kind": asked.kind, "light": asked.light})
    rows = [row for row in _table(served, "lights").rows if _fits(row, chosen)]
    return Lights(lights=[_light(row) for row in rows], **served.dated())


@router.get("/tables/{name}", summary="规划表 A planner's table", responses=answered(examples.TABLE, 404))
async def table(
    name: TableName, request: Request, served: Served, asked: Annotated[TableQuestion, Query()]
) -> TableAnswer:
    """Rows as the bundle's `tables/NAME.csv` has them, page by page.

    Any column is a filter: `/tables/standards?subdistrict=district&reached=no`. Unknown parameters are refused.
    """
    found = _table(served, name)
    given = request.query_params.multi_items()
    filters = [_filter(found, key, text) for key, text in given if key not in TableQuestion.model_fields]
    rows = [row for row in found.rows if all(row[key] == value for key, value in filters)]
    page = rows[asked.offset : asked.offset + asked.limit]
    return TableAnswer(
        name=name,
        columns=dict(found.columns),
        matched=len(rows),
        returned=len(page),
        rows=page,
        **served.dated(),
    )


def _table(served: Service, name: str) -> Table:
    tables = served.bundle.tables
    if name not in tables:
        message = f"this bundle has no table {name!r}; run `servicecircle build --out {served.bundle.folder}` again"
        raise MissingError(message)
    return tables[name]


def _filter(table: Table, name: str, text: str) -> tuple[str, object]:
    if name not in table.columns:
        remedy = f"use limit, offset or one of: {', '.join(table.columns)}"
        raise InputError([Fault("unknown parameter", remedy, column=name)])
    return name, parse_value(name, text, table.columns[name])


def _light(row: Row) -> Light:
    missing = str(row["missing"]).split(";") if row["missing"] else []
    return Light.model_validate(row | {"kind": row["unit_kind"], "missing": missing})


def _chosen(wanted: Row) -> Row:
    return {key: value for key, value in wanted.items() if value is not None}


def _fits(row: Row, chosen: Row) -> bool:
    return all(row[key] == value for key, value in chosen.items())

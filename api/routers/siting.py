"""Where next, and what if: sites, pairs of schools and bases, a comparison, links that would help."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api import examples
from api.asked import MobileQuestion, NoQuestion, PageQuestion, PairingQuestion, SiteQuestion
from api.bundle import Row
from api.comparisons import COMPARISON
from api.deps import Served, require_known
from api.documented import answered, problems
from api.errors import MissingError
from api.files import COMPARE
from api.grounds import SitesWanted
from api.links import page_links, root_of
from api.negotiate import VARIES, wants_html
from api.packed import send_packed
from api.siting_schemas import ComparisonAnswer, LinksAnswer, Mobile, Pair, Pairing, SiteAnswer
from api.tagged import TaggedRoute
from servicecircle.parameters import Parameters
from servicecircle.siting.classes import ASSUMED

__all__ = ["router"]

router = APIRouter(tags=["下一处与如果 where next, what if"], route_class=TaggedRoute, responses=problems(422))


@router.post("/site", summary="下一处建在哪里 Where the next places go", responses=answered(examples.SITE, 503))
async def site(served: Served, asked: SiteQuestion, response: Response) -> SiteAnswer:
    """Choose rooms of the registry that serve most people who have no place yet, as `servicecircle site --json`.

    The first question of a tier opens the doors of every home, which takes seconds: an answer that is not there by the
    deadline is `503` with `Retry-After`, and is there when it is asked for again. What cannot be done as asked has the
    status `infeasible`, with `relaxations` that would help: it is an answer.
    """
    response.headers["Cache-Control"] = "no-store"
    wanted = SitesWanted(asked.tier.value, asked.add, asked.minutes, asked.model, asked.basis, asked.approximate)
    found = await served.planning.ask(lambda clerk: clerk.sites(wanted))
    return SiteAnswer.model_validate(found | served.dated())


@router.get("/mobile", summary="流动课堂 Mobile classes", responses=answered(examples.MOBILE, 404))
async def mobile(served: Served, asked: Annotated[MobileQuestion, Query()]) -> Mobile:
    """Give the term that the bundle plans: rooms by week, and the neighbourhoods that they serve, or why not.

    The rest is as in `servicecircle site --mobile --json`. The sums are of all neighbourhoods, whichever are asked for.
    Where no room is a candidate for the tier, nothing is planned, and `status` is null.
    """
    tables = served.bundle.tables
    if "mobile" not in tables or "mobile_served" not in tables:
        message = f"this bundle has no mobile classes; run `servicecircle build --out {served.bundle.folder}` again"
        raise MissingError(message)
    term, areas = ([r for r in tables[name].rows if r["tier"] == asked.tier] for name in ("mobile", "mobile_served"))
    rules = Parameters.model_validate(served.bundle.manifest.parameters).siting
    told = {
        "tier": asked.tier,
        **{name: areas[0][name] if areas else None for name in ("minutes", "candidates", "status", "gap")},
        **{name: getattr(rules, f"mobile_{name}") for name in ("rooms", "weeks", "every")},
        "assumptions": {name: getattr(rules, name) for name in ASSUMED},
        "people": round(sum(row["people"] for row in areas), 1),
        "objective": round(sum(row["people"] for row in areas if row["served"]), 1),
        "timetable": term,
        "neighbourhoods": [row for row in areas if asked.served in {None, row["served"]}],
    }
    return Mobile.model_validate(told | served.dated())


@router.get("/pairing", summary="绿色通道 Schools and bases", responses=answered(examples.PAIRING, 404))
async def pairing(request: Request, served: Served, asked: Annotated[PairingQuestion, Query()]) -> Pairing:
    """Give the base that each school uses by category: near, and none asked by more schools than it can take."""
    table = served.bundle.tables.get("pairing")
    if table is None:
        message = f"this bundle has no pairs; run `servicecircle build --out {served.bundle.folder}` again"
        raise MissingError(message)
    if asked.category is not None:
        known = tuple(dict.fromkeys(str(row["category"]) for row in table.rows))
        require_known(asked.category, known, "category")
    rows = [row for row in table.rows if _fits(row, asked)]
    page = rows[asked.offset : asked.offset + asked.limit]
    return Pairing(
        matched=len(rows),
        returned=len(page),
        pairs=[Pair.model_validate(row) for row in page],
        links=page_links(root_of(request), "/pairing", request, asked.limit, asked.offset, len(rows)),
        **served.dated(),
    )


@router.get(
    "/compare",
    summary="前后对比 Before and after",
    response_model=ComparisonAnswer,
    responses=answered(examples.COMPARE, 404, page=True),
)
async def compare(request: Request, served: Served, _: Annotated[PageQuestion, Query()]) -> ComparisonAnswer | Response:
    """Say what a scenario changes, where somebody has compared it with this bundle; a map where a browser asks."""
    page, told = served.files.get(COMPARE), served.bundle.comparison
    if page is not None and (told is None or wants_html(request)):
        answer = send_packed(request, page)
        answer.headers.add_vary_header(VARIES["Vary"])
        return answer
    if told is None:
        folder = served.bundle.folder
        message = (
            f"nothing was compared with this bundle; run `servicecircle compare {folder} OTHER --out "
            f"{folder / COMPARISON}`, and let the service read the bundle again"
        )
        raise MissingError(message)
    return told


@router.get("/links", summary="最有用的新连接 Links that would help most", responses=answered(examples.LINKS, 404))
async def links(served: Served, _: Annotated[NoQuestion, Query()]) -> LinksAnswer:
    """Give the single new links that would bring most people within reach, where somebody has sought them."""
    found = served.bundle.links
    if found is None:
        folder = served.bundle.folder
        message = (
            f"no links were sought for this bundle; run `servicecircle links --tier school --json > "
            f"{folder / COMPARISON / 'links.json'}`, and let the service read the bundle again"
        )
        raise MissingError(message)
    return found


def _fits(row: Row, asked: PairingQuestion) -> bool:
    return (
        asked.school in {None, row["school_id"]}
        and asked.base in {None, row["base_id"]}
        and asked.category in {None, row["category"]}
        and asked.paired in {None, row["base_id"] is not None}
    )

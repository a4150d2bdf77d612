"""The office's routes: each asks for a key of a scope (``guard``), and says what it did."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.security import HTTPBearer
from starlette.concurrency import run_in_threadpool

from api.admin.audit import now
from api.admin.guard import Guarded, needs
from api.admin.keys import Key, Scope
from api.admin.office import Office
from api.admin.places import matches, require, revision_tag, tag
from api.admin.problems import UnconditionalError
from api.admin.schemas import (
    AuditLine,
    Carry,
    Committed,
    Edit,
    Faults,
    ImportQuestion,
    JobAnswer,
    Jobs,
    Log,
    Me,
    NothingAsked,
    PlaceAnswer,
    PlacesAnswer,
    PlacesQuestion,
    Reason,
    ReportAnswer,
    ReportsAnswer,
    ReportsQuestion,
    Tried,
    Verdict,
)
from api.errors import MissingError
from api.reports import State
from servicecircle.ingest.registry import COLUMNS

__all__ = ["MOST_UPLOAD", "router"]

MOST_UPLOAD = 64 << 20
_LAST_ACTS = 500
_FIRST_COLUMNS = ("facility_id", "kind", "category", "name", "address", "status", "position_confidence")

_shown = HTTPBearer(scheme_name="key", description="NAME.SECRET, of `python -m api key`", auto_error=False)
router = APIRouter(prefix="/admin", tags=["admin"], route_class=Guarded, dependencies=[Depends(_shown)])


async def _office(request: Request) -> Office:
    found: Office = request.app.state.office
    return found


async def _key(request: Request) -> Key:
    found: Key = request.state.key
    return found


At = Annotated[Office, Depends(_office)]
Who = Annotated[Key, Depends(_key)]
PlaceId = Annotated[str, Path(max_length=64)]
IfMatch = Annotated[str | None, Header(max_length=500)]
IfNoneMatch = Annotated[str | None, Header(max_length=500)]
Nothing = Annotated[NothingAsked, Query()]


@router.get("/me", openapi_extra=needs(None))
def me(office: At, who: Who, _: Nothing) -> Me:
    """Say whose key this is, and what it may do."""
    table = office.places.ground().categories
    names = zip(table.index.astype(str), table["name_zh"], table["name_en"], strict=True)
    categories = [(word, f"{zh} {en}") for word, zh, en in names]
    return Me(
        categories=categories,
        name=who.name,
        scopes=sorted(who.scopes),
        reports=office.reports is not None,
        columns=list(COLUMNS),
    )


@router.get("/places", openapi_extra=needs(Scope.EDIT))
def places(office: At, asked: Annotated[PlacesQuestion, Query()]) -> PlacesAnswer:
    """Return the places of the registry that fit, with their main columns."""
    table = office.places.registry.read().table
    if asked.kind is not None:
        table = table[table["kind"] == asked.kind]
    if asked.q:
        fits = [table[c].str.contains(asked.q, case=False, regex=False) for c in ("facility_id", "name", "address")]
        table = table[fits[0] | fits[1] | fits[2]]
    page = table.iloc[asked.offset : asked.offset + asked.limit][list(_FIRST_COLUMNS)]
    return PlacesAnswer(
        matched=len(table), places=[dict(zip(_FIRST_COLUMNS, row, strict=True)) for row in page.to_numpy().tolist()]
    )


@router.get("/places/{facility_id}", openapi_extra=needs(Scope.EDIT), response_model=PlaceAnswer)
def place(office: At, facility_id: PlaceId, response: Response, if_none_match: IfNoneMatch = None) -> Any:  # noqa: ANN401
    """Return a place with all its cells; its ETag is needed to change it."""
    cells = office.places.get(facility_id)
    version = tag(cells)
    response.headers["ETag"] = version
    if matches(if_none_match, version):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"ETag": version})
    return PlaceAnswer(cells=cells, etag=version)


@router.put("/places/{facility_id}", openapi_extra=needs(Scope.EDIT), status_code=HTTPStatus.CREATED)
def add(
    office: At, who: Who, facility_id: PlaceId, asked: Edit, request: Request, if_none_match: IfNoneMatch = None
) -> Committed:
    """Add a place; ``If-None-Match: *`` says that it must be new."""
    if (if_none_match or "").strip() != "*":
        detail = "a new place is sent with If-None-Match: *; one that is there is changed with PATCH"
        raise UnconditionalError(detail)
    made = office.places.add(facility_id, asked.cells, asked.given_in, author=who.name, reason=asked.reason)
    return _committed(request, made)


@router.patch("/places/{facility_id}", openapi_extra=needs(Scope.EDIT))
def change(
    office: At, who: Who, facility_id: PlaceId, asked: Edit, request: Request, if_match: IfMatch = None
) -> Committed:
    """Change cells of a place whose ETag is sent as ``If-Match``."""
    made = office.places.change(
        facility_id, asked.cells, asked.given_in, if_match, author=who.name, reason=asked.reason
    )
    return _committed(request, made)


@router.delete("/places/{facility_id}", openapi_extra=needs(Scope.EDIT))
def remove(
    office: At,
    who: Who,
    facility_id: PlaceId,
    reason: Annotated[Reason, Query()],
    request: Request,
    if_match: IfMatch = None,
) -> Committed:
    """Take away a place whose ETag is sent as ``If-Match``."""
    return _committed(request, office.places.remove(facility_id, if_match, author=who.name, reason=reason))


@router.get("/faults", openapi_extra=needs(Scope.EDIT))
def faults(office: At, _: Nothing) -> Faults:
    """Return everything that is wrong in the registry."""
    return Faults(faults=office.places.faults())


@router.get("/log", openapi_extra=needs(Scope.READ_LOG))
def log(office: At, _: Nothing) -> Log:
    """Return the registry's log."""
    commits = office.places.registry.log()
    return Log(commits=json.loads(commits.to_json(orient="records", force_ascii=False))[::-1])


@router.post("/log/{commit_id}/undo", openapi_extra=needs(Scope.EDIT))
def undo(
    office: At, who: Who, commit_id: Annotated[int, Path(ge=1, le=2**53)], request: Request, _: Nothing
) -> Committed:
    """Take a commit back; the undo is a commit itself, and can be undone."""
    return _committed(request, office.places.undo(commit_id, author=who.name))


@router.get("/audit", openapi_extra=needs(Scope.READ_LOG))
def audit(office: At, _: Nothing) -> AuditLine:
    """Return what was done, under which key."""
    return AuditLine(broken_at=office.audit.broken_at(), lines=office.audit.last(_LAST_ACTS))


@router.post("/imports", openapi_extra=needs(Scope.IMPORT, MOST_UPLOAD), status_code=HTTPStatus.CREATED)
async def try_import(
    office: At, who: Who, asked: Annotated[ImportQuestion, Query()], request: Request, response: Response
) -> Tried:
    """Try a list, the body: what it would change, what has to be decided, or everything that is wrong with it."""
    upload = await office.uploads.take(asked.name, who.name, request.stream(), office.most_upload)
    request.state.about = {"file": asked.name, "kind": asked.kind}
    try:
        answer = await run_in_threadpool(office.imports.run, upload.file, asked.sheet, _choices(asked))
    except BaseException:
        office.uploads.drop(upload.id)
        raise
    office.uploads.remember(upload.id, asked.sheet, _choices(asked), answer["revision"])
    version = revision_tag(answer["revision"])
    response.headers["ETag"] = version
    return Tried(id=upload.id, etag=version, plan=answer["plan"])


@router.post("/imports/{import_id}", openapi_extra=needs(Scope.IMPORT))
def carry_out(
    office: At,
    who: Who,
    import_id: Annotated[str, Path(max_length=64)],
    asked: Carry,
    request: Request,
    if_match: IfMatch = None,
) -> Committed:
    """Carry out an import as it was tried, with what was decided; its ETag is sent as ``If-Match``."""
    upload = office.uploads.get(import_id, who.name)
    require(if_match, revision_tag(upload.revision))
    reason = asked.reason.strip() or f"import of {upload.choices['kind']} from {upload.choices['source']}"
    order = {"author": who.name, "reason": reason, "revision": upload.revision, "at": now()}
    decisions = [decision.model_dump() for decision in asked.decisions]
    answer = office.imports.run(upload.file, upload.sheet, upload.choices, decisions, order)
    office.uploads.drop(import_id)
    return _committed(request, answer["commit"])


@router.delete("/imports/{import_id}", openapi_extra=needs(Scope.IMPORT), status_code=HTTPStatus.NO_CONTENT)
def drop_import(office: At, who: Who, import_id: Annotated[str, Path(max_length=64)], _: Nothing) -> None:
    """Forget a list that was tried."""
    office.uploads.drop(office.uploads.get(import_id, who.name).id)


@router.post("/rebuilds", openapi_extra=needs(Scope.REBUILD), status_code=HTTPStatus.ACCEPTED)
def rebuild(office: At, who: Who, request: Request, response: Response, _: Nothing) -> JobAnswer:
    """Begin a rebuild of everything from the registry; where it stands is at the Location."""
    job = office.rebuilds.start(who.name)
    request.state.about = {"job": job.id}
    response.headers["Location"] = f"/admin/jobs/{job.id}"
    return JobAnswer.model_validate(job)


@router.get("/jobs", openapi_extra=needs(None))
def jobs(office: At, _: Nothing) -> Jobs:
    """Return the rebuilds since the service was started."""
    return Jobs(jobs=[JobAnswer.model_validate(job) for job in office.rebuilds.all()])


@router.get("/jobs/{job_id}", openapi_extra=needs(None))
def job(office: At, job_id: Annotated[str, Path(max_length=64)], _: Nothing) -> JobAnswer:
    """Say where a rebuild stands."""
    return JobAnswer.model_validate(office.rebuilds.get(job_id))


@router.delete("/jobs/{job_id}", openapi_extra=needs(Scope.REBUILD))
def cancel(office: At, job_id: Annotated[str, Path(max_length=64)], _: Nothing) -> JobAnswer:
    """End a rebuild; what is served stays."""
    return JobAnswer.model_validate(office.rebuilds.cancel(job_id))


@router.get("/reports", openapi_extra=needs(Scope.EDIT))
def reports(office: At, asked: Annotated[ReportsQuestion, Query()]) -> ReportsAnswer:
    """Return what families reported."""
    if office.reports is None:
        return ReportsAnswer(reports=[])
    found = office.reports.list(asked.state, limit=asked.limit, offset=asked.offset)
    return ReportsAnswer(reports=[ReportAnswer.model_validate(report) for report in found])


@router.post("/reports/{report_id}/close", openapi_extra=needs(Scope.EDIT))
def close_report(
    office: At, report_id: Annotated[int, Path(ge=1, le=2**53)], asked: Verdict, request: Request
) -> ReportAnswer:
    """Close a report: done, or declined."""
    if office.reports is None:
        message = "no reports are kept here; set SERVICECIRCLE_REPORTS"
        raise MissingError(message)
    request.state.about = {"state": asked.state}
    return ReportAnswer.model_validate(office.reports.close(report_id, State(asked.state)))


def _committed(request: Request, commit: int | None) -> Committed:
    request.state.about = {"commit": commit}
    return Committed(commit=commit)


def _choices(asked: ImportQuestion) -> dict[str, Any]:
    return {
        "kind": asked.kind.value,
        "datum": asked.datum.value,
        "source": (asked.source or asked.name).strip(),
        "status": asked.status.value,
        "confidence": asked.position,
        "redistributable": asked.redistributable,
        "remove_gone": asked.complete,
        "alike": asked.alike,
    }

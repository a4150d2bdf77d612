"""What the office sends and gets."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.admin.rebuilding import JobState
from api.reports import Mistake, State
from servicecircle.datum import Datum
from servicecircle.model import Kind, Status

__all__ = [
    "AuditLine",
    "Carry",
    "Committed",
    "Edit",
    "Faults",
    "ImportQuestion",
    "JobAnswer",
    "Jobs",
    "Log",
    "Me",
    "NothingAsked",
    "PlaceAnswer",
    "PlacesAnswer",
    "PlacesQuestion",
    "Reason",
    "ReportAnswer",
    "ReportsAnswer",
    "ReportsQuestion",
    "Tried",
    "Verdict",
]

Cell = Annotated[str, Field(max_length=5000)]
Name = Annotated[str, Field(max_length=64)]
Reason = Annotated[str, Field(min_length=1, max_length=200, description="缘由，写入日志 why, for the log")]
Confidence = Literal["entrance", "building", "address", "landmark", "street", "area"]


class _Asked(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class NothingAsked(_Asked):
    """No parameters."""


class PlacesQuestion(_Asked):
    """Which places."""

    q: str = Field("", max_length=100, description="名称、地址或编号的一部分 part of name, address or id")
    kind: Kind | None = Field(None, description="种类 kind; none given: all")
    limit: int = Field(50, ge=1, le=500)
    offset: int = Field(0, ge=0, le=10**9)


class Edit(_Asked):
    """Cells to be written, and why; ``given_in`` is the datum of their lon and lat."""

    cells: dict[Name, Cell] = Field(max_length=64, examples=[{"opening_hours": "Tu-Su 09:00-17:00"}])
    reason: Reason
    given_in: Datum = Datum.WGS84


class ImportQuestion(_Asked):
    """What the person who imports says of the list, whose bytes are the body."""

    name: str = Field(max_length=200, description="文件名 name of the file", examples=["bases.xlsx"])
    kind: Kind
    datum: Datum
    sheet: str | None = Field(None, max_length=100, description="工作表 sheet; none given: the first with a header")
    source: str | None = Field(None, max_length=200, description="来源 who says so; none given: the file's name")
    status: Status = Status.CANDIDATE
    position: Confidence = "address"
    redistributable: bool = False
    complete: bool = Field(
        default=False, description="清单完整，未列出者移除 places that it does not name are taken out"
    )
    alike: Literal["ask", "merge", "new"] = "ask"


class Decision(_Asked):
    """What a person decided of a row that looks like a known place."""

    row: int = Field(ge=1, le=10_000_000)
    facility_id: Name
    decision: Literal["merge", "new"]


class Carry(_Asked):
    """Carry a tried import out."""

    decisions: list[Decision] = Field(default=[], max_length=5000)
    reason: str = Field("", max_length=200)


class Verdict(_Asked):
    """What the office made of a report."""

    state: Literal[State.DONE, State.DECLINED]


class ReportsQuestion(_Asked):
    """Which reports."""

    state: State | None = State.OPEN
    limit: int = Field(100, ge=1, le=500)
    offset: int = Field(0, ge=0, le=10**9)


class Me(_Answer):
    """Whose key it is, what it may do, and what there is here."""

    name: str
    scopes: list[str]
    reports: bool
    columns: list[str]
    categories: list[tuple[str, str]]


class PlaceAnswer(_Answer):
    """A place: its cells as text; its version is the ETag."""

    cells: dict[str, str]
    etag: str


class PlacesAnswer(_Answer):
    """Places in the order of the registry."""

    matched: int
    places: list[dict[str, str]]


class Faults(_Answer):
    """All that is wrong in the registry; a rebuild needs it to be nothing."""

    faults: list[dict[str, Any]]


class Committed(_Answer):
    """The number of a commit in the registry's log; None where nothing changed."""

    commit: int | None


class Log(_Answer):
    """The registry's commits, the newest first."""

    commits: list[dict[str, Any]]


class AuditLine(_Answer):
    """Acts, the newest first; ``broken_at`` is the first line that was tampered with."""

    broken_at: int | None
    lines: list[dict[str, Any]]


class Tried(_Answer):
    """What an import would change; nothing was written. Its version is the ETag, to be sent with the carrying out."""

    id: str
    etag: str
    plan: dict[str, Any]


class JobAnswer(_Answer):
    """A rebuild."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: str
    author: str
    began: str
    state: JobState
    stage: str
    step: int
    steps: int
    seconds: float
    said: str
    problem: str | None
    ended: str | None


class Jobs(_Answer):
    """The rebuilds since the service was started, the newest first."""

    jobs: list[JobAnswer]


class ReportAnswer(_Answer):
    """A report of a family."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    at_date: str
    facility_id: str
    kind: Mistake
    text: str
    state: State


class ReportsAnswer(_Answer):
    """Reports, the newest first."""

    reports: list[ReportAnswer]

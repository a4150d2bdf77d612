"""``servicecircle import``: a list of the office into the registry, all of it or nothing."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from servicecircle.cli_options import AsJson, Data, study_folder
from servicecircle.cli_registry import make_registry, now, say_notes, seed_rows, user
from servicecircle.errors import Fault, InputError
from servicecircle.model import Kind, Status

if TYPE_CHECKING:
    import pandas as pd

    from servicecircle.ingest.sheet import Sheet as Read
    from servicecircle.model import Study
    from servicecircle.registry.importing import Geocode, Plan
    from servicecircle.registry.merging import Choices

__all__ = ["import_list"]

_KEY = "SERVICECIRCLE_TIANDITU_KEY"

List = Annotated[Path, typer.Argument(metavar="FILE", help="CSV or workbook (xlsx, xls, ods) with a header row.")]
RegistryFile = Annotated[
    Path, typer.Option("--registry", help="The registry, a GeoPackage; made from the seed if new.")
]
KindOption = Annotated[str, typer.Option("--kind", help="school, community, base or venue.")]
DatumOption = Annotated[str, typer.Option("--datum", help="Of the coordinates: wgs84, gcj02 (Amap), bd09 (Baidu).")]
Sheet = Annotated[str | None, typer.Option(help="Sheet of the workbook; default: the first with a header.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would change; write nothing.")]
AlikeOption = Annotated[
    str, typer.Option("--alike", help="Places that look alike: ask (write a review), merge or new.")
]
Review = Annotated[Path | None, typer.Option(help="Where the review goes; default: FILE.review.csv.")]
Decisions = Annotated[Path | None, typer.Option(help="A review with its decisions filled in.")]
Report = Annotated[Path | None, typer.Option(help="Write every fault of the file here, as CSV.")]
Source = Annotated[str | None, typer.Option(help="Who says that these places exist; default: the file's name.")]
StatusOption = Annotated[str, typer.Option("--status", help="candidate, loaded (the district names it) or verified.")]
Confidence = Annotated[
    str,
    typer.Option("--position", help="How good the coordinates are: entrance, building, address, street, area."),
]
Open = Annotated[bool, typer.Option("--redistributable", help="The positions may be passed on as open data.")]
Licence = Annotated[str | None, typer.Option(help="Licence of the positions.")]
Complete = Annotated[bool, typer.Option("--complete", help="Take out places of this kind that the list does not name.")]


def import_list(
    file: List,
    kind: KindOption,
    datum: DatumOption,
    registry: RegistryFile,
    data: Data = None,
    sheet: Sheet = None,
    dry_run: DryRun = False,  # noqa: FBT002
    alike: AlikeOption = "ask",
    review: Review = None,
    decisions: Decisions = None,
    report: Report = None,
    source: Source = None,
    status: StatusOption = "candidate",
    position: Confidence = "address",
    redistributable: Open = False,  # noqa: FBT002
    licence: Licence = None,
    complete: Complete = False,  # noqa: FBT002
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Load a list of places into the registry: checked as a whole, shown as a difference, undone at will."""
    from servicecircle.ingest.review import read_review
    from servicecircle.ingest.sheet import read_sheet
    from servicecircle.ingest.study import read_study
    from servicecircle.registry.importing import plan_import
    from servicecircle.registry.intake import read_intake
    from servicecircle.summary_import import plan_json, print_plan

    choices = _choices(kind, datum, source or file.name, status, position, alike)
    choices = replace(choices, redistributable=redistributable, remove_gone=complete)
    choices = replace(choices, licence=licence or choices.licence)
    study = read_study(study_folder(data), registry if registry.exists() else None)
    known, revision = _known(registry, study_folder(data))
    try:
        read = read_sheet(file, sheet)
        intake = read_intake(read, choices.kind, study.categories)
        decided = None if decisions is None else read_review(decisions)
        plan = plan_import(intake, study, known, choices, decided, _geocode(study))
    except InputError as error:
        if report is not None:
            _write_faults(error, report)
        raise
    asked = review or file.with_suffix(file.suffix + ".review.csv")
    if len(plan.undecided) and not dry_run:
        _write_review(plan, asked)
    done = not dry_run and not len(plan.undecided)
    commit = _commit(plan, registry, data, revision, read, choices) if done else None
    if as_json:
        typer.echo(json.dumps(plan_json(plan, commit), ensure_ascii=False, indent=2))
    else:
        print_plan(plan, intake, choices, registry, commit)
    if len(plan.undecided) and not dry_run:
        problem = (
            f"{plan.undecided['row'].nunique()} rows look like places that the registry knows; nothing was imported"
        )
        remedy = f"write merge or new into the column decision of {asked.name}, and give it back with --decisions"
        raise InputError([Fault(problem, remedy, file.name)])


def _choices(kind: str, datum: str, source: str, status: str, position: str, alike: str) -> Choices:
    from servicecircle.datum import Datum
    from servicecircle.model import APPROXIMATE, LOCATED
    from servicecircle.registry.merging import Choices

    faults = [
        Fault(f"unknown {what}", f"use one of: {', '.join(words)}", column=f"--{what}", value=value)
        for what, value, words in (
            ("kind", kind, [*Kind]),
            ("datum", datum, [*Datum]),
            ("status", status, [*Status]),
            ("position", position, [*LOCATED, *APPROXIMATE]),
            ("alike", alike, ["ask", "merge", "new"]),
        )
        if value not in words
    ]
    if faults:
        raise InputError(faults)
    return Choices(Kind(kind), Datum(datum), source, Status(status), position, alike=alike)  # type: ignore[arg-type]


def _known(registry: Path, folder: Path) -> tuple[pd.DataFrame, int | None]:
    """Return the registry as text, with its revision; the seed and None where there is none yet."""
    from servicecircle.registry.store import open_registry

    if registry.exists():
        say_notes(registry)
        snapshot = open_registry(registry).read()
        return snapshot.table, snapshot.revision
    return seed_rows(folder), None


def _commit(
    plan: Plan, registry: Path, data: Path | None, revision: int | None, read: Read, choices: Choices
) -> int | None:
    """Carry the plan out; return the number of the commit, None where nothing changes."""
    from servicecircle.registry.store import open_registry

    if plan.upserts.empty and not plan.removed:
        return None
    if revision is None:
        revision = make_registry(registry, study_folder(data), user()).read().revision
    return open_registry(registry).commit(
        plan.upserts,
        plan.removed,
        revision=revision,
        author=user(),
        reason=f"import of {choices.kind} from {choices.source}",
        source=read.file,
        sha256=read.sha256,
        at=now(),
    )


def _geocode(study: Study) -> Geocode | None:
    """Return the online service, where its key is set; nothing is asked of anybody otherwise."""
    key = os.environ.get(_KEY, "")
    if not key:
        return None
    from servicecircle.ingest.geocoder import Geocoder

    return Geocoder(key, study.area.boundary, study.area.name_zh).locate


def _write_review(plan: Plan, path: Path) -> None:
    from servicecircle.publish.tables import write_csv

    write_csv(plan.undecided, path)


def _write_faults(error: InputError, path: Path) -> None:
    import pandas as pd

    from servicecircle.publish.tables import write_csv

    columns = ("file", "row", "column", "value", "problem", "remedy")
    rows = [[getattr(fault, c) for c in columns] for fault in error.faults]
    write_csv(pd.DataFrame(rows, columns=columns).astype({"row": "Int64", "value": "string"}), path)

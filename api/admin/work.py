"""An import in a process of its own, which may die of what it reads: JSON in, JSON out.

The list is read by the library's reader alone (which gives workbooks a process of their own once more, with a limit
on memory); no other reader is ever asked what a file might be.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import Any

from servicecircle.errors import ConflictError, Fault, InputError

__all__ = ["main", "work"]

_MEMORY = 6 << 30  # of address space: the numeric libraries reserve much and use little
_PROCESSOR_S = 120
_MOST_LINES = 1000


def main() -> None:
    """Do the job on standard input; answer on standard output."""
    resource.setrlimit(resource.RLIMIT_CPU, (_PROCESSOR_S, _PROCESSOR_S + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    job = json.loads(sys.stdin.buffer.read())
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    sys.stdout.write(json.dumps(work(job), ensure_ascii=False))


def work(job: dict[str, Any]) -> dict[str, Any]:
    """Plan an import, and carry it out where ``job["commit"]`` says who does so and on which revision.

    Returns
    -------
    dict
        ``plan, revision, commit``; or ``faults``; or ``conflict``, where the registry is no longer at the revision.
    """
    try:
        return _done(job)
    except ConflictError as error:
        return {"conflict": [_told(fault) for fault in error.faults]}
    except InputError as error:
        return {"faults": [_told(fault) for fault in error.faults]}


def _done(job: dict[str, Any]) -> dict[str, Any]:
    from servicecircle.ingest.sheet import read_sheet  # noqa: PLC0415  the limits come first
    from servicecircle.ingest.study import read_study  # noqa: PLC0415
    from servicecircle.registry.importing import plan_import  # noqa: PLC0415
    from servicecircle.registry.intake import read_intake  # noqa: PLC0415
    from servicecircle.registry.store import open_registry  # noqa: PLC0415

    registry = Path(job["registry"])
    choices = _choices(job["choices"])
    snapshot = open_registry(registry).read()
    study = read_study(Path(job["data"]), registry)
    read = read_sheet(Path(job["file"]), job["sheet"])
    intake = read_intake(read, choices.kind, study.categories)
    plan = plan_import(intake, study, snapshot.table, choices, _decided(job["decisions"]))
    answer = {"revision": snapshot.revision, "plan": _plan(plan, intake.untaken), "commit": None}
    order = job["commit"]
    if order is None:
        return answer
    if order["revision"] != snapshot.revision:
        raise ConflictError([Fault("the registry has changed since the list was tried", "try it again")])
    if len(plan.undecided):
        problem = f"{plan.undecided['row'].nunique()} rows look like places that the registry knows"
        raise InputError([Fault(problem, "decide each of them: merge or new")])
    if plan.upserts.empty and not plan.removed:
        return answer
    made = open_registry(registry).commit(
        plan.upserts,
        plan.removed,
        revision=snapshot.revision,
        author=order["author"],
        reason=order["reason"],
        source=read.file,
        sha256=read.sha256,
        at=order["at"],
    )
    return answer | {"commit": made}


def _choices(words: dict[str, Any]) -> Any:  # noqa: ANN401  the library is imported behind the limits
    from servicecircle.datum import Datum  # noqa: PLC0415
    from servicecircle.model import Kind, Status  # noqa: PLC0415
    from servicecircle.registry.merging import Choices  # noqa: PLC0415

    kinds = {"kind": Kind(words["kind"]), "datum": Datum(words["datum"]), "status": Status(words["status"])}
    return Choices(**(words | kinds))


def _decided(decisions: list[dict[str, Any]]) -> Any:  # noqa: ANN401
    import pandas as pd  # noqa: PLC0415

    if not decisions:
        return None
    return pd.DataFrame(decisions, columns=["row", "facility_id", "decision"])


def _plan(plan: Any, untaken: tuple[str, ...]) -> dict[str, Any]:  # noqa: ANN401
    from servicecircle.summary_import import plan_json  # noqa: PLC0415

    told = plan_json(plan, None)
    told.pop("commit")
    counts = {str(word): int(n) for word, n in plan.changes.groupby("change")["facility_id"].nunique().items()}
    for name in ("changes", "found"):
        told[name] = told[name][:_MOST_LINES]
    return told | {"counts": counts, "untaken": list(untaken)}


def _told(fault: Fault) -> dict[str, Any]:
    value = None if fault.value is None else str(fault.value)[:200]
    return {
        "problem": fault.problem, "remedy": fault.remedy, "row": fault.row, "column": fault.column, "value": value,
    }  # fmt: skip

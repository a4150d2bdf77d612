"""``servicecircle batch``: many districts in one run, and the national tables."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from servicecircle.errors import Fault, InputError

if TYPE_CHECKING:
    from servicecircle.batch.cluster import Tls
    from servicecircle.batch.district import Outcome
    from servicecircle.batch.engines import Engine
    from servicecircle.batch.running import National

__all__ = ["batch"]

AreaList = Annotated[Path, typer.Argument(metavar="AREAS.toml", help="The districts: [[area]] with id and study.")]
Out = Annotated[Path, typer.Option(help="Folder of the parts and the national tables; run again, it goes on.")]
Workers = Annotated[
    int | None, typer.Option(help="Processes; default: one a core, if memory allows. 0: none but this one.")
]
MemoryMb = Annotated[
    float | None, typer.Option("--memory-mb", help="Private memory that a worker may use; default: its share.")
]
Whole = Annotated[bool, typer.Option("--whole", help="Keep the whole bundle of each district, too.")]
Scheduler = Annotated[str | None, typer.Option(help="Address of a Dask scheduler in place of processes here.")]
TlsFile = Path | None
TlsCa = Annotated[TlsFile, typer.Option("--tls-ca", help="PEM file of the cluster's authority.")]
TlsCert = Annotated[TlsFile, typer.Option("--tls-cert", help="PEM file of our certificate.")]
TlsKey = Annotated[TlsFile, typer.Option("--tls-key", help="PEM file of our key.")]

_FAILED = 2
_TIERS = {"school": "校园 school", "community": "社区 community", "base": "基地 base"}


def batch(
    areas: AreaList,
    out: Out,
    workers: Workers = None,
    memory_mb: MemoryMb = None,
    scheduler: Scheduler = None,
    tls_ca: TlsCa = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    whole: Whole = False,  # noqa: FBT002
) -> None:
    """Compute every district of a list, each by itself, and put them together by country."""
    from servicecircle.batch.areas import read_areas
    from servicecircle.batch.district import State
    from servicecircle.batch.running import run_batch

    _check(workers, memory_mb, scheduler)
    tls = _tls(tls_ca, tls_cert, tls_key, scheduler)
    listed = read_areas(areas)
    engine = _engine(out, workers, memory_mb, scheduler, tls)
    told = _Told(len(listed))
    national = run_batch(listed, out, engine, told.tell, whole=whole)
    _say(national, out)
    if national.count(State.FAILED) or national.count(State.NOT_RUN):
        raise typer.Exit(_FAILED)


class _Told:
    """A line a district on standard error, with the time that is left at the pace so far."""

    def __init__(self, total: int) -> None:
        self._total, self._done, self._computed = total, 0, 0
        self._began = time.perf_counter()

    def tell(self, outcome: Outcome) -> None:
        from servicecircle.batch.district import State

        self._done += 1
        self._computed += outcome.state != State.UNCHANGED
        past = time.perf_counter() - self._began
        left = past / self._computed * (self._total - self._done) if self._computed else 0.0
        cost = f"{outcome.seconds:.1f} s, {outcome.peak_mb:.0f} MB" if outcome.inputs else _first(outcome.problem)
        line = f"{self._done}/{self._total} {outcome.district}: {outcome.state}, {cost}"
        typer.echo(f"{line}; {left / 60:.0f} min left" if left else line, err=True)


def _engine(out: Path, workers: int | None, memory_mb: float | None, scheduler: str | None, tls: Tls | None) -> Engine:
    from servicecircle.batch.cluster import check_address, on_cluster
    from servicecircle.batch.engines import in_processes, one_by_one, room_for
    from servicecircle.batch.running import measured_mb

    if scheduler is not None:
        check_address(scheduler, tls)
        return lambda jobs: on_cluster(jobs, scheduler, tls)
    if workers == 0:
        return one_by_one
    asked = workers or len(os.sched_getaffinity(0))
    room = room_for(asked, measured_mb(out), memory_mb)
    if room.workers < asked:
        typer.echo(f"内存只够 memory for {room.workers} of {asked} workers (--memory-mb)", err=True)
    return lambda jobs: in_processes(jobs, room)


def _check(workers: int | None, memory_mb: float | None, scheduler: str | None) -> None:
    faults = []
    if workers is not None and workers < 0:
        faults.append(Fault("not a number of workers", "give 0 or more", column="--workers", value=workers))
    if memory_mb is not None and not memory_mb > 0:
        faults.append(Fault("not an amount of memory", "give megabytes", column="--memory-mb", value=memory_mb))
    if scheduler is not None and (workers is not None or memory_mb is not None):
        remedy = "give them to `dask worker`: --nworkers, --memory-limit"
        faults.append(Fault("a cluster has its own workers", remedy, column="--scheduler", value=scheduler))
    if faults:
        raise InputError(faults)


def _tls(ca: Path | None, cert: Path | None, key: Path | None, scheduler: str | None) -> Tls | None:
    from servicecircle.batch.cluster import Tls

    if ca is None and cert is None and key is None:
        return None
    if ca is None or cert is None or key is None or scheduler is None:
        remedy = "give --scheduler tls://HOST:PORT, --tls-ca, --tls-cert and --tls-key together"
        raise InputError([Fault("only a part of the TLS settings", remedy, column="--tls-ca")])
    return Tls(ca, cert, key)


def _say(national: National, out: Path) -> None:
    from servicecircle.batch.district import State
    from servicecircle.batch.national import ALL

    names = {State.DONE: "算出", State.UNCHANGED: "未变", State.FAILED: "失败", State.NOT_RUN: "未算"}
    counts = (f"{name} {state} {national.count(state)}" for state, name in names.items() if national.count(state))
    typer.echo(f"区县 districts: {'；'.join(counts)}")
    if not national.table.empty:
        row = national.table[national.table["district"] == ALL].iloc[0]
        typer.echo(f"人口 people: {row['people']:,.0f}；住处 homes: {row['homes']:,}")
        for tier, name in _TIERS.items():
            share, known = row[f"share_{tier}_all"], row[f"known_{tier}_all"]
            within = f"{share:.1%} (已知 of {known:,.0f} known)" if known else "未知 unknown"
            typer.echo(f"{name}: 点位 places {row[f'places_{tier}']:,}；覆盖 covered {within}")
    for outcome in (o for o in national.outcomes if not o.inputs):
        typer.echo(f"{outcome.district}: {outcome.state}: {_first(outcome.problem)}", err=True)
    typer.echo(f"结果 results: {out / 'national' / 'summary.csv'}")


def _first(problem: str) -> str:
    """Return the first line of a problem; the rest is in errors.csv."""
    return problem.partition("\n")[0]

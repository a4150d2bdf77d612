"""``servicecircle registry``: make it, look at its log, take a change back, hand it out."""

from __future__ import annotations

import getpass
import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from servicecircle.cli_options import AsJson, Data, study_folder
from servicecircle.errors import Fault, InputError

if TYPE_CHECKING:
    import pandas as pd

    from servicecircle.registry.store import GeoPackageRegistry

__all__ = ["app", "make_registry", "now", "say_notes", "seed_rows", "user"]

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Make a registry, read its log, undo a change, export places."
)

Registry = Annotated[Path, typer.Option("--registry", help="A registry, a GeoPackage such as places.gpkg.")]
Author = Annotated[str | None, typer.Option("--author", help="Who does it, for the log; default: the user's name.")]


@app.command(epilog="Example: servicecircle registry init --registry places.gpkg")
def init(registry: Registry, data: Data = None, author: Author = None) -> None:
    """Make a registry from the places of a study folder."""
    from servicecircle.ingest.study import read_study

    folder = study_folder(data)
    read_study(folder)  # a registry begins without a fault
    made = make_registry(registry, folder, author or user())
    typer.echo(f"{registry}: {len(made.read().table)} 处点位 places")


@app.command(epilog="Example: servicecircle registry log --registry places.gpkg --json")
def log(registry: Registry, as_json: AsJson = False) -> None:  # noqa: FBT002
    """List what was changed, when, by whom and from which file; the oldest first."""
    from servicecircle.registry.store import open_registry

    commits = open_registry(registry).log()
    if as_json:
        records = json.loads(commits.to_json(orient="records", force_ascii=False))
        typer.echo(json.dumps({"commits": records}, ensure_ascii=False, indent=2))
        return
    from servicecircle.summary_registry import print_log

    print_log(commits)


@app.command(epilog="Example: servicecircle registry undo --registry places.gpkg --commit 7")
def undo(
    registry: Registry,
    commit: Annotated[int | None, typer.Option(help="Which commit; default: the last one.")] = None,
    author: Author = None,
) -> None:
    """Take a commit back. The undo stands in the log and can be undone itself."""
    from servicecircle.registry.store import open_registry

    store = open_registry(registry)
    made = store.undo(commit, author=author or user(), at=now())
    row = store.log().set_index("commit_id").loc[made]
    typer.echo(
        f"已撤销第 {row['undoes']} 次修改 undid commit {row['undoes']}: 第 {made} 次 now commit {made}, "
        f"+{row['added']} ~{row['changed']} -{row['removed']}"
    )


@app.command(epilog="Example: servicecircle registry export --registry places.gpkg --out places.xlsx --datum gcj02")
def export(
    out: Annotated[Path, typer.Option(help="A .csv, .xlsx, .geojson, .gpkg or .kml file.")],
    registry: Annotated[Path | None, typer.Option(help="A registry; default: the places of the study folder.")] = None,
    data: Data = None,
    datum: Annotated[str, typer.Option(help="wgs84, gcj02 (Amap, Tencent) or bd09 (Baidu).")] = "wgs84",
    internal: Annotated[bool, typer.Option("--internal", help="Keep what may not be passed on.")] = False,  # noqa: FBT002
    kind: Annotated[str | None, typer.Option(help="school, community, base or venue; default: all.")] = None,
    category: Annotated[str | None, typer.Option(help="A category of bases; default: all.")] = None,
) -> None:
    """Write the places into a file for others: those that may be passed on, without contacts."""
    from servicecircle.datum import Datum
    from servicecircle.ingest.study import read_study
    from servicecircle.model import Kind
    from servicecircle.publish.exports import About
    from servicecircle.publish.exports import export as write

    _require(datum, list(Datum), "--datum")
    if registry is not None and registry.resolve() == out.resolve():
        raise InputError([Fault("this would replace the registry itself", "give another name", column="--out")])
    folder = study_folder(data)
    study = read_study(folder, registry)
    say_notes(registry)
    places = study.facilities
    if kind is not None:
        _require(kind, list(Kind), "--kind")
        places = places[places["kind"] == kind]
    if category is not None:
        _require(category, [str(name) for name in study.categories.index], "--category")
        places = places[places["category"] == category]
    name, digest = ("registry", registry.name) if registry else ("facilities.csv", "facilities.csv")
    about = About(
        title=f"{study.area.name_zh}服务圈点位 places of {study.area.name_en}",
        made_from=f"{digest} (SHA-256 {study.inputs[name]})",
        date=now()[:10],
    )
    done = write(places, out, datum=Datum(datum), internal=internal, about=about)
    for file in done.files:
        typer.echo(file)
    typer.echo(f"{done.rows} 处点位 places; {done.left_out} 处因许可未列入 left out for their licence", err=True)


def _require(word: str, known: list[str], option: str) -> None:
    if word not in known:
        raise InputError([Fault("an unknown word", f"use one of: {', '.join(known)}", column=option, value=word)])


def make_registry(path: Path, folder: Path, author: str) -> GeoPackageRegistry:
    """Make a registry of the places of a study folder."""
    from servicecircle.registry.store import create

    seed = folder / "facilities.csv"
    digest = hashlib.sha256(seed.read_bytes()).hexdigest()
    return create(path, seed_rows(folder), at=now(), author=author, source=seed.name, sha256=digest)


def say_notes(registry: Path | None) -> None:
    """Say what of a registry is not read: columns that somebody added."""
    from servicecircle.ingest.registry import read_registry

    for note in read_registry(registry).notes if registry else ():
        typer.echo(note, err=True)


def seed_rows(folder: Path) -> pd.DataFrame:
    """Return the places of a study folder as a registry holds them: text, under their ``facility_id``."""
    from servicecircle.ingest.registry import COLUMNS
    from servicecircle.ingest.text_table import read_text_table
    from servicecircle.schemas import FACILITY_COLUMNS, FACILITY_OPTIONAL

    cells = read_text_table(folder / "facilities.csv", FACILITY_COLUMNS, FACILITY_OPTIONAL).cells
    return cells[[*COLUMNS]].set_index("facility_id", drop=False)


def now() -> str:
    """Return the time, for the log."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def user() -> str:
    """Return who works at this machine, for the log."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without names
        return "unknown"

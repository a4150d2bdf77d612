"""The command line. Exit codes: 0 done, 2 bad input, 3 a sound question whose answer is "no way"."""

from __future__ import annotations

import json
import math
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from servicecircle import __version__
from servicecircle.cli_batch import batch as run_areas
from servicecircle.cli_compare import add_commands as add_compare
from servicecircle.cli_fetch import fetch as fetch_area
from servicecircle.cli_import import import_list
from servicecircle.cli_options import (
    AsJson,
    Data,
    Paid,
    Params,
    ProfileName,
    Registry,
    VariantFile,
    study_folder,
    study_streets,
    what_if,
)
from servicecircle.cli_registry import app as registry_app
from servicecircle.cli_registry import say_notes
from servicecircle.cli_route import app as route_app
from servicecircle.cli_site import find_pairs, find_site
from servicecircle.errors import Fault, InputError, NoWayError

if TYPE_CHECKING:
    from servicecircle.pipeline import Results

__all__ = ["main"]

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    help="Who can walk to what within 15 minutes, where nobody can, and what to do about it.",
)

app.add_typer(route_app, name="route")
app.add_typer(registry_app, name="registry")
add_compare(app)
app.command(
    "import",
    epilog="Example: servicecircle import bases.xlsx --kind base --datum gcj02 --registry district.gpkg --dry-run",
)(import_list)
app.command("site", epilog="Example: servicecircle site --tier community --add 5")(find_site)
app.command("pair", epilog="Example: servicecircle pair --minutes 20 --out pairs.geojson")(find_pairs)
app.command("fetch", epilog="Example: servicecircle fetch --pbf city.osm.pbf --out city --terrain heights.tif")(
    fetch_area
)
app.command("batch", epilog="Example: servicecircle batch areas.toml --out country --workers 8")(run_areas)

_BAD_INPUT, _NO_WAY = 2, 3
_LON, _LAT = 180.0, 90.0


def main() -> None:
    """Run the command line."""
    try:
        app()
    except InputError as error:
        _say(f"error: {error}")
        sys.exit(_BAD_INPUT)
    except NoWayError as error:
        _say(f"no way: {error}")
        sys.exit(_NO_WAY)


@app.callback(invoke_without_command=True)
def _root(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:  # noqa: FBT002
    if version:
        typer.echo(f"servicecircle {__version__}")
        raise typer.Exit


@app.command(epilog="Example: servicecircle build --out build --minutes 5,10,15")
def build(
    data: Data = None,
    registry: Registry = None,
    out: Annotated[Path, typer.Option(help="Folder of the bundle.")] = Path("build"),
    params: Params = None,
    profile: ProfileName = None,
    minutes: Annotated[str | None, typer.Option(help="Cutoffs of the circles, such as 5,10,15.")] = None,
    variant: VariantFile = None,
    paid: Paid = False,  # noqa: FBT002
    base_out: Annotated[
        Path | None, typer.Option(help="With --variant: build the study without it, too, into this folder.")
    ] = None,
) -> None:
    """Compute a study: layers, tables and manifest, in one folder.

    With --base-out also as it is without the variant, in another folder, to be compared: in less time than two builds.
    """
    from servicecircle.ingest.parameters import read_parameters
    from servicecircle.ingest.planning import read_planning
    from servicecircle.ingest.study import read_study
    from servicecircle.ingest.walkable import load_rules
    from servicecircle.pipeline import run
    from servicecircle.publish.bundle import refuse_others, write_bundle
    from servicecircle.summary import Steps, print_summary

    began = time.perf_counter()
    folders = [out] if base_out is None else _two(base_out, out, variant)
    for folder in folders:
        refuse_others(folder)
    parameters = read_parameters(params, profile=profile, minutes=None if minutes is None else _minutes(minutes))
    rules, cases = load_rules(), [what_if(file, paid=paid) for file in (None, variant)[-len(folders) :]]
    say_notes(registry)
    with Steps(total=2 + 7 * len(cases)) as steps:
        steps.step("reading")
        study = read_study(study_folder(data), registry)
        planning = read_planning(study_folder(data), study)
        found: list[Results] = []
        for case in cases:  # the second one from the first
            found.append(run(study, parameters, rules, case, steps, planning, *found))
        steps.step("writing")
        for results, folder in zip(found, folders, strict=True):
            write_bundle(results, folder)
    print_summary(found[-1], out, time.perf_counter() - began)


@app.command(epilog="Example: servicecircle ledger --json")
def ledger(data: Data = None, registry: Registry = None, as_json: AsJson = False) -> None:  # noqa: FBT002
    """Say what the registry knows: declared, loaded, candidates, approximate, located, verified."""
    from servicecircle.ingest.study import read_study
    from servicecircle.registry.ledger import build_ledger

    study = read_study(study_folder(data), registry)
    found = build_ledger(study.facilities, study.declared, study.categories)
    if as_json:
        typer.echo(json.dumps(found.to_json(), ensure_ascii=False, indent=2))
        return
    from servicecircle.summary import print_ledger

    print_ledger(found, whole=True)


@app.command(epilog="Example: servicecircle circle --at 106.5734,29.5601 --minutes 15 > circle.geojson")
def circle(
    at: Annotated[str, typer.Option(help="LON,LAT of the place (WGS-84).")],
    minutes: Annotated[str, typer.Option(help="Cutoffs, such as 15 or 5,10,15.")] = "15",
    profile: ProfileName = None,
    direction: Annotated[str, typer.Option(help="from (the place outwards) or to (towards the place).")] = "from",
    data: Data = None,
    params: Params = None,
    variant: VariantFile = None,
    paid: Paid = False,  # noqa: FBT002
) -> None:
    """Draw the circle round any point, as GeoJSON on standard output."""
    from servicecircle.adhoc import Easel, circle_at
    from servicecircle.model import Direction

    point = _point(at, "--at")
    if direction not in set(Direction):
        raise InputError([Fault("unknown direction", "use from or to", column="--direction", value=direction)])
    streets = study_streets(data, params, profile, _minutes(minutes), what_if(variant, paid=paid))
    typer.echo(circle_at(Easel.of(streets), point, Direction(direction)), nl=False)


@app.command(epilog="Example: servicecircle walk --from 106.5706,29.5564 --to 106.5692,29.5539 --profile elder")
def walk(
    start: Annotated[str, typer.Option("--from", help="LON,LAT of the start (WGS-84).")],
    end: Annotated[str, typer.Option("--to", help="LON,LAT of the end (WGS-84).")],
    profile: ProfileName = None,
    data: Data = None,
    params: Params = None,
    variant: VariantFile = None,
    paid: Paid = False,  # noqa: FBT002
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Explain the quickest walk between two points, leg by leg."""
    from servicecircle.adhoc import walk_json
    from servicecircle.summary import print_walk

    ends = _point(start, "--from"), _point(end, "--to")
    streets = study_streets(data, params, profile, None, what_if(variant, paid=paid))
    try:
        found = streets.walker().walk(*ends)
    except NoWayError as error:
        if as_json:
            typer.echo(json.dumps({"reachable": False, "reason": str(error)}, ensure_ascii=False))
            raise typer.Exit(_NO_WAY) from error
        raise
    if as_json:
        typer.echo(json.dumps(walk_json(found, streets), ensure_ascii=False))
    else:
        print_walk(found, streets.profile)


@app.command(epilog="Example: servicecircle gaps --bundle build --tier school --json")
def gaps(
    bundle: Annotated[Path, typer.Option(help="Folder of a bundle.")] = Path("build"),
    tier: Annotated[str | None, typer.Option(help="school, community or base; default: all.")] = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """List the gaps of a bundle, worst first."""
    from servicecircle.adhoc import read_gaps
    from servicecircle.model import Tier

    if tier is not None and tier not in set(Tier):
        raise InputError([Fault("unknown tier", "use school, community or base", column="--tier", value=tier)])
    found = read_gaps(bundle, tier)
    if as_json:
        typer.echo(json.dumps({"gaps": found}, ensure_ascii=False, indent=2))
        return
    from servicecircle.summary import print_gaps

    print_gaps(found)


def _two(base_out: Path, out: Path, variant: Path | None) -> list[Path]:
    """Return the folders of the study as it is and of the variant, if there are two."""
    if variant is None:
        raise InputError([Fault("there is nothing to compare", "give --variant, too", column="--base-out")])
    base, other = base_out.resolve(), out.resolve()
    if base == other or base in other.parents or other in base.parents:
        remedy = "give two folders, none within the other"
        raise InputError(
            [Fault("one would be written over the other", remedy, column="--base-out", value=str(base_out))]
        )
    return [base_out, out]


def _minutes(text: str) -> tuple[float, ...]:
    try:
        values = tuple(float(part) for part in text.split(","))
    except ValueError:
        values = (math.nan,)
    if not all(math.isfinite(v) and v > 0 for v in values):
        raise InputError([Fault("not minutes", "give numbers such as 5,10,15", column="--minutes", value=text)])
    return values


def _point(text: str, option: str) -> tuple[float, float]:
    remedy = "give LON,LAT in degrees (WGS-84), for instance 106.5734,29.5601"
    try:
        lon, lat = (float(part) for part in text.split(","))
    except ValueError as error:
        raise InputError([Fault("not a point", remedy, column=option, value=text)]) from error
    if not (math.isfinite(lon) and math.isfinite(lat)):
        raise InputError([Fault("the coordinates are no finite numbers", remedy, column=option, value=text)])
    if abs(lat) > _LAT and abs(lon) <= _LAT:
        raise InputError(
            [Fault("latitude and longitude look swapped", f"try {lat:g},{lon:g}", column=option, value=text)]
        )
    if abs(lon) > _LON or abs(lat) > _LAT:
        raise InputError([Fault("outside the globe", remedy, column=option, value=text)])
    return lon, lat


def _say(text: str) -> None:
    typer.echo(text, err=True)

"""``servicecircle compare`` and ``servicecircle links``: what a what-if changes, and which link would help most."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from servicecircle.cli_options import AsJson, Data, Paid, Params, ProfileName, VariantFile, study_folder, what_if
from servicecircle.errors import Fault, InputError

__all__ = ["add_commands"]

_MOST = 200


def add_commands(app: typer.Typer) -> None:
    """Add both commands to the command line."""
    app.command(epilog="Example: servicecircle compare build build-lift --out build-lift/compare")(compare)
    app.command(epilog="Example: servicecircle links --tier school --top 20 --json")(links)


def compare(
    before: Annotated[Path, typer.Argument(help="Folder of a bundle.")],
    after: Annotated[Path, typer.Argument(help="Folder of another bundle of the same study, built with --variant.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder for compare.json, tables (CSV) and layers (GeoJSON).")
    ] = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Say who gains and who loses between two bundles, where, and what became of gaps and circles."""
    from servicecircle.comparing import compare_bundles
    from servicecircle.publish.comparison import comparison_json, write_comparison

    found = compare_bundles(before, after)
    if out is not None:
        write_comparison(found, out)
    if as_json:
        typer.echo(json.dumps(comparison_json(found), ensure_ascii=False, indent=1, allow_nan=False))
        return
    from servicecircle.summary_compare import print_comparison

    print_comparison(found)


def links(
    tier: Annotated[str, typer.Option(help="school, community or base.")] = "school",
    top: Annotated[int, typer.Option(help="How many links.")] = 20,
    profile: ProfileName = None,
    data: Data = None,
    params: Params = None,
    variant: VariantFile = None,
    paid: Paid = False,  # noqa: FBT002
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Find the single new links that would bring most people within 15 minutes of a place."""
    from servicecircle.ingest.parameters import read_parameters
    from servicecircle.ingest.study import read_study
    from servicecircle.ingest.variant_places import with_places
    from servicecircle.ingest.walkable import load_rules
    from servicecircle.link_finder import find_links, links_json
    from servicecircle.model import Tier
    from servicecircle.scene import open_scene, study_demand
    from servicecircle.streets import build_streets

    if tier not in set(Tier):
        raise InputError([Fault("unknown tier", "use school, community or base", column="--tier", value=tier)])
    if not 1 <= top <= _MOST:
        raise InputError([Fault("not a number of links", f"give 1 to {_MOST}", column="--top", value=top)])
    case = what_if(variant, paid=paid)
    parameters = read_parameters(params, profile=profile)
    study = with_places(read_study(study_folder(data)), case)
    streets = build_streets(study, parameters, load_rules(), case)
    demand = study_demand(streets)
    scene = open_scene(streets, demand.points, streets.variant)
    found = links_json(find_links(scene, Tier(tier), top, demand.models), scene)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=1, allow_nan=False))
        return
    from servicecircle.summary_compare import print_links

    print_links(found)

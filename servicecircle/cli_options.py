"""Options that several commands share, and how a command gets its study."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from servicecircle.model import Variant
    from servicecircle.pipeline import Streets

__all__ = [
    "AsJson",
    "Data",
    "Paid",
    "Params",
    "ProfileName",
    "Registry",
    "VariantFile",
    "study_folder",
    "study_streets",
    "what_if",
]

Data = Annotated[
    Path | None, typer.Option(help="A study folder in the schema of data/geo; default: the bundled district.")
]
Registry = Annotated[Path | None, typer.Option(help="A registry (GeoPackage) in place of the study's facilities.csv.")]
Params = Annotated[Path | None, typer.Option(help="A TOML file laid over the packaged parameters.")]
ProfileName = Annotated[
    str | None, typer.Option(help="adult, pupil, preschool, elder, stepfree, flat, or level-NAME; default adult.")
]
VariantFile = Annotated[
    Path | None,
    typer.Option("--variant", help="A TOML file with a what-if: links, fees, hours, pace."),
]
Paid = Annotated[bool, typer.Option("--paid", help="Count paid lifts and escalators.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


def study_streets(
    data: Path | None,
    params: Path | None,
    profile: str | None,
    minutes: tuple[float, ...] | None,
    variant: Variant | None = None,
) -> Streets:
    """Read a study and build its streets for one walker."""
    from servicecircle.ingest.parameters import read_parameters
    from servicecircle.ingest.study import read_study
    from servicecircle.ingest.walkable import load_rules
    from servicecircle.model import Variant
    from servicecircle.pipeline import build_streets

    parameters = read_parameters(params, profile=profile, minutes=minutes)
    return build_streets(read_study(study_folder(data)), parameters, load_rules(), variant or Variant())


def what_if(file: Path | None, *, paid: bool) -> Variant:
    """Return the variant of a file, with paid links open where asked for."""
    from servicecircle.ingest.variant import read_variant
    from servicecircle.model import Variant

    variant = Variant() if file is None else read_variant(file)
    return replace(variant, paid=True) if paid else variant


def study_folder(data: Path | None) -> Path:
    """Return the folder of the study: the given one, or the bundled district."""
    from servicecircle.datasets import bundled_study

    return data if data is not None else bundled_study()

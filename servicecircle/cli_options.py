"""Options that several commands share, and how a command gets its study."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from servicecircle.pipeline import Streets

__all__ = ["AsJson", "Data", "Params", "ProfileName", "study_folder", "study_streets"]

Data = Annotated[
    Path | None, typer.Option(help="A study folder in the schema of data/geo; default: the bundled district.")
]
Params = Annotated[Path | None, typer.Option(help="A TOML file laid over the packaged parameters.")]
ProfileName = Annotated[
    str | None, typer.Option(help="adult, pupil, preschool, elder, stepfree, flat, or level-NAME; default adult.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


def study_streets(
    data: Path | None, params: Path | None, profile: str | None, minutes: tuple[float, ...] | None
) -> Streets:
    """Read a study and build its streets for one walker."""
    from servicecircle.ingest.parameters import read_parameters
    from servicecircle.ingest.study import read_study
    from servicecircle.ingest.walkable import load_rules
    from servicecircle.pipeline import build_streets

    parameters = read_parameters(params, profile=profile, minutes=minutes)
    return build_streets(read_study(study_folder(data)), parameters, load_rules())


def study_folder(data: Path | None) -> Path:
    """Return the folder of the study: the given one, or the bundled district."""
    from servicecircle.datasets import bundled_study

    return data if data is not None else bundled_study()

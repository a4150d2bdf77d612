"""Read parameters and profiles from TOML: the packaged files, or a user's own."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from servicecircle.errors import Fault, InputError
from servicecircle.parameters import Parameters
from servicecircle.units import QUARTER_S

__all__ = ["read_parameters"]

_PARAMETERS = "parameters.toml"
_PROFILES = "profiles.toml"


def read_parameters(
    path: Path | None = None, *, profile: str | None = None, minutes: tuple[float, ...] | None = None
) -> Parameters:
    """Read the packaged parameters, laid over by a user's file and by the command line.

    A user's file may hold any of the sections of ``parameters.toml`` and a ``[profiles.NAME]`` table for each
    profile of their own.

    Raises
    ------
    InputError
        Missing file, not TOML, unknown key, value out of range, unknown profile: all faults at once.
    """
    rules = files("servicecircle").joinpath("rules")
    values = tomllib.loads(rules.joinpath(_PARAMETERS).read_text("utf-8"))
    values["profiles"] = tomllib.loads(rules.joinpath(_PROFILES).read_text("utf-8"))
    name = _PARAMETERS
    if path is not None:
        name = path.name
        _overlay(values, _read_toml(path), name)
    if minutes:
        values["circles"]["minutes"] = list(minutes)
    if profile:
        values["profile"] = profile
    for key, table in values["profiles"].items():
        table["name"] = key
    try:
        parameters = Parameters.model_validate(values)
    except ValidationError as error:
        faults = [
            Fault(
                e["msg"],
                "see servicecircle/rules/parameters.toml",
                name,
                None,
                ".".join(map(str, e["loc"])),
                e["input"],
            )
            for e in error.errors()
        ]
        raise InputError(faults) from error
    _check(parameters, name)
    return parameters


def _check(parameters: Parameters, name: str) -> None:
    parameters.walker()
    faults = [
        Fault("circles are between 1 and 120 minutes", "give minutes such as 5,10,15", name, None, "minutes", m)
        for m in parameters.circles.minutes
        if not 1 <= m <= 120  # noqa: PLR2004
    ]
    pace = parameters.pace
    if len(pace.grades) != len(pace.relative_pace) or list(pace.grades) != sorted(set(pace.grades)):
        remedy = "as many relative_pace values as grades, grades ascending"
        faults.append(Fault("the pace curve is no function", remedy, name, None, "pace.grades", pace.grades))
    if min(pace.relative_pace, default=0) <= 0:
        faults.append(Fault("pace must be above 0", "give shares of the flat pace", name, None, "pace.relative_pace"))
    if parameters.coverage.horizon_s < max(*parameters.cutoffs_s(), parameters.coverage.cutoff_s, QUARTER_S):
        remedy = "give a horizon beyond every cutoff, and of 900 s at least"
        value = parameters.coverage.horizon_s
        faults.append(Fault("times are cut before they are counted", remedy, name, None, "coverage.horizon_s", value))
    if faults:
        raise InputError(faults)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError as error:
        raise InputError([Fault("no such file", "check the path", path.name)]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise InputError([Fault(f"not readable as TOML: {error}", "save it as UTF-8 TOML", path.name)]) from error


def _overlay(below: dict[str, Any], above: dict[str, Any], file: str, path: str = "") -> None:
    """Lay a user's values over the packaged ones; a table can only be replaced by a table."""
    for key, value in above.items():
        here = f"{path}{key}"
        if path == "profiles." and key not in below:
            below[key] = {}
        if not isinstance(below.get(key), dict):
            below[key] = value
        elif isinstance(value, dict):
            _overlay(below[key], value, file, f"{here}.")
        else:
            raise InputError([Fault("a table of values is needed here", f"write [{here}]", file, None, here, value)])

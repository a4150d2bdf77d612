"""Read parameters and profiles from TOML: the packaged files, or a user's own."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from servicecircle.errors import Fault, InputError
from servicecircle.hours import is_clock, is_day, is_time
from servicecircle.parameters import Parameters, RouteParameters
from servicecircle.units import QUARTER_S

__all__ = ["read_parameters", "read_toml_file"]

_PARAMETERS = "parameters.toml"
_PROFILES = "profiles.toml"


def read_parameters(
    path: Path | None = None, *, profile: str | None = None, minutes: tuple[float, ...] | None = None
) -> Parameters:
    """Read the packaged parameters, laid over by a user's file and by the command line.

    A user's file may hold any of the sections of ``parameters.toml`` and a ``[profiles.NAME]`` table for each
    profile of their own, which may be ``like`` another and name only what is different.

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
        _overlay(values, read_toml_file(path), name)
    if minutes:
        values["circles"]["minutes"] = list(minutes)
    if profile:
        values["profile"] = profile
    for key, table in values["profiles"].items():
        if "like" in table:  # a profile of one's own names only what is different
            values["profiles"][key] = table = _like(values["profiles"], key, name) | table  # noqa: PLW2901
            del table["like"]
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
    if parameters.links.at and not is_time(parameters.links.at):
        remedy = 'write a local time as at = "2026-11-22T10:00", or "" for any hour'
        faults.append(Fault("not a time", remedy, name, None, "links.at", parameters.links.at))
    faults += _check_routes(parameters.routes, parameters.profiles, name)
    band = parameters.uncertainty
    if not band.borderline <= band.likely <= band.certain:
        remedy = "borderline <= likely <= certain"
        faults.append(Fault("the classes are out of order", remedy, name, None, "uncertainty", band.likely))
    if parameters.coverage.horizon_s < max(*parameters.cutoffs_s(), parameters.coverage.cutoff_s, QUARTER_S):
        remedy = "give a horizon beyond every cutoff, and of 900 s at least"
        value = parameters.coverage.horizon_s
        faults.append(Fault("times are cut before they are counted", remedy, name, None, "coverage.horizon_s", value))
    if faults:
        raise InputError(faults)


def _check_routes(routes: RouteParameters, profiles: Collection[str], name: str) -> list[Fault]:
    known = ", ".join(profiles)
    faults = [
        Fault("no such profile", f"use one of: {known}", name, None, f"routes.walks_as.{band}", profile)
        for band, profile in routes.walks_as.items()
        if profile not in profiles
    ]
    faults += [
        Fault("a pace must be above 0", "give a share of the profile's pace", name, None, f"routes.class_pace.{b}", v)
        for b, v in routes.class_pace.items()
        if not v > 0
    ]
    if not is_clock(routes.depart):
        faults.append(Fault("not a time of day", 'write it as "09:00"', name, None, "routes.depart", routes.depart))
    if not is_day(routes.day):
        faults.append(Fault("not a date", 'write it as "2026-05-20"', name, None, "routes.day", routes.day))
    return faults


def read_toml_file(path: Path) -> dict[str, Any]:
    """Read a TOML file, with or without a byte-order mark.

    Raises
    ------
    InputError
        Missing, not UTF-8 or not TOML.
    """
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError as error:
        raise InputError([Fault("no such file", "check the path", path.name)]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise InputError([Fault(f"not readable as TOML: {error}", "save it as UTF-8 TOML", path.name)]) from error


def _like(profiles: dict[str, Any], key: str, file: str) -> dict[str, Any]:
    wanted = profiles[key]["like"]
    other = profiles.get(wanted) if isinstance(wanted, str) else None
    if not isinstance(other, dict) or "like" in other:
        known = ", ".join(name for name, table in profiles.items() if "like" not in table)
        raise InputError([Fault("no such profile", f"use one of: {known}", file, None, f"profiles.{key}.like", wanted)])
    return dict(other)


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

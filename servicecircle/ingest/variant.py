"""Read a what-if from a TOML file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from servicecircle.errors import Fault, InputError
from servicecircle.hours import is_day, is_time
from servicecircle.ingest.parameters import read_toml_file
from servicecircle.model import Variant

__all__ = ["parse_variant", "read_variant", "variant_values"]


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    profile: str | None = None
    paid: bool | None = None
    at: str | None = None
    opened: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    day: str | None = None
    without: tuple[str, ...] = ()
    pace: float = Field(default=1.0, gt=0.1, lt=10)
    climb: float = Field(default=1.0, ge=0, lt=10)
    patience: float = Field(default=1.0, ge=0, lt=100)


def read_variant(path: Path) -> Variant:
    """Read a variant; keys that are not given change nothing.

    Raises
    ------
    InputError
        Missing file, not TOML, unknown key, value out of range: all faults at once.
    """
    return parse_variant(read_toml_file(path), path.name)


def parse_variant(values: Mapping[str, object], name: str) -> Variant:
    """Return the variant that a mapping of its keys describes; ``name`` is the file to blame.

    Raises
    ------
    InputError
        As for a file.
    """
    try:
        found = _File.model_validate(values)
    except ValidationError as error:
        keys = ", ".join(_File.model_fields)
        faults = [
            Fault(e["msg"], f"a variant has the keys {keys}", name, None, ".".join(map(str, e["loc"])), e["input"])
            for e in error.errors()
        ]
        raise InputError(faults) from error
    if found.at and not is_time(found.at):
        remedy = 'write a local time as at = "2026-11-22T10:00"'
        raise InputError([Fault("not a time", remedy, name, None, "at", found.at)])
    if found.day is not None and not is_day(found.day):
        remedy = 'write it as day = "2026-09-01"'
        raise InputError([Fault("not a date", remedy, name, None, "day", found.day)])
    return Variant(**found.model_dump())


def variant_values(variant: Variant) -> dict[str, object]:
    """Return what a variant changes, by key: what a file would say."""
    still = asdict(Variant())
    values = {key: getattr(variant, key) for key in _File.model_fields}
    return {key: value for key, value in values.items() if value != still[key]}

"""Settings: where things are and how much may be asked at once. They never change an answer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from servicecircle.errors import Fault, InputError

__all__ = ["Settings", "read_settings"]

_PREFIX = "SERVICECIRCLE_"


class Settings(BaseModel):
    """How the service runs; without ``data`` the bundled district, without ``reports`` no mistake can be reported."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    bundle: Path = Path("build")
    data: Path | None = None
    reports: Path | None = None
    host: str = Field("127.0.0.1", min_length=1)
    port: int = Field(8000, ge=0, le=65535)
    workers: int = Field(2, ge=1, le=64)
    queue: int = Field(16, ge=0, le=10_000)
    deadline_s: float = Field(10.0, gt=0, le=600)


def read_settings(options: Mapping[str, object], environment: Mapping[str, str]) -> Settings:
    """Read settings from options, else from ``SERVICECIRCLE_*``, else the defaults.

    Raises
    ------
    InputError
        Values that are no settings, all of them.

    Examples
    --------
    >>> read_settings({"port": "9000"}, {"SERVICECIRCLE_PORT": "80", "SERVICECIRCLE_QUEUE": "4"}).port
    9000
    """
    values: dict[str, object] = {}
    for name in Settings.model_fields:
        given = options.get(name)
        found = environment.get(_PREFIX + name.upper()) if given is None else given
        if found is not None:
            values[name] = found
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        remedy = "see `python -m api --help`"
        faults = [Fault(e["msg"], remedy, column=str(e["loc"][0]), value=e["input"]) for e in error.errors()]
        raise InputError(faults) from error

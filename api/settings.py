"""Settings: where things are and how much may be asked at once. They never change an answer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from servicecircle.errors import Fault, InputError

__all__ = ["Settings", "read_settings"]

_PREFIX = "SERVICECIRCLE_"
_ORIGINS = r"^(https?://[A-Za-z0-9.\-]+(:\d+)?(,https?://[A-Za-z0-9.\-]+(:\d+)?)*)?$"
_ADDRESSES = r"^([0-9A-Fa-f.:/]+(,[0-9A-Fa-f.:/]+)*)?$"


class Settings(BaseModel):
    """How the service runs; without ``data`` the bundled district, without ``reports`` no mistake can be reported."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    bundle: Path = Field(Path("build"), description="the bundle to serve, or a link to it")
    data: Path | None = Field(None, description="the study folder it was built from (none: the bundled district)")
    registry: Path | None = Field(None, description="the registry it was built with, if it was (none: its own copy)")
    reports: Path | None = Field(None, description="where mistakes that families report are kept (none: nowhere)")
    watch_s: float = Field(0.0, ge=0, le=3600, description="seconds between looks whether the bundle changed; 0: never")
    host: str = Field("127.0.0.1", min_length=1, description="address to listen on")
    port: int = Field(8000, ge=0, le=65535, description="port to listen on")
    # Python computes one thing at a time: a second worker for what takes milliseconds makes all of them wait longer
    workers: int = Field(1, ge=1, le=64, description="short questions computed at once: nearest, circle, walk")
    planners: int = Field(1, ge=1, le=64, description="long questions computed at once: siting, design, tables")
    queue: int = Field(16, ge=0, le=10_000, description="questions of either kind that may wait")
    deadline_s: float = Field(10.0, gt=0, le=600, description="seconds after which a question is given up")
    rate_per_s: float = Field(50.0, ge=0, le=1e6, description="requests a second from one address; 0: no limit")
    burst: int = Field(1000, ge=1, le=10**6, description="requests one address may send at once before that limit")
    at_once: int = Field(200, ge=1, le=100_000, description="requests served at once")
    connections: int = Field(1000, ge=1, le=100_000, description="open connections")
    body_bytes: int = Field(65_536, ge=0, le=2**30, description="the longest body of a request")
    upload_bytes: int = Field(67_108_864, ge=0, le=2**30, description="the longest body below /admin")
    head_s: float = Field(10.0, gt=0, le=600, description="seconds that the head of a request may take")
    body_s: float = Field(20.0, gt=0, le=600, description="seconds that the body of a request may take")
    upload_s: float = Field(120.0, gt=0, le=3600, description="seconds that a body below /admin may take")
    keep_alive_s: int = Field(5, ge=1, le=600, description="seconds that an idle connection stays open")
    grace_s: int = Field(15, ge=1, le=600, description="seconds that requests may take to end when stopped")
    trusted_proxies: str = Field(
        "", pattern=_ADDRESSES, description="addresses whose X-Forwarded-For is believed, with commas (none: nobody)"
    )
    embed: str = Field("", pattern=_ORIGINS, description="origins that may frame the pages, with commas (none: nobody)")
    cors: str = Field("", pattern=_ORIGINS, description="origins whose pages may read answers (none: nobody)")
    log_format: Literal["line", "json"] = Field("line", description="line, or json: one object a line")


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

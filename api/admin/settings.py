"""Settings of the office's part, from the environment: without a key there is no such part."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.admin.keys import Key, read_keys
from servicecircle.errors import Fault, InputError

__all__ = ["AdminSettings", "read_admin_settings"]

_KEYS, _KEY = "SERVICECIRCLE_ADMIN_KEYS", "SERVICECIRCLE_ADMIN_KEY"
_NAMES = {
    "registry": "SERVICECIRCLE_REGISTRY",
    "reports": "SERVICECIRCLE_REPORTS",
    "audit": "SERVICECIRCLE_ADMIN_AUDIT",
    "parameters": "SERVICECIRCLE_PARAMS",
    "most_upload_mb": "SERVICECIRCLE_ADMIN_UPLOAD_MB",
}


class AdminSettings(BaseModel):
    """Who may come in, and what they work on.

    Attributes
    ----------
    registry
        The GeoPackage of places.
    reports
        The families' reports; None: there are none.
    audit
        Where each act is written; None: beside the registry.
    parameters
        The file of parameters that the bundle was built with; None: the package's own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, arbitrary_types_allowed=True)

    keys: tuple[Key, ...] = Field(min_length=1)
    registry: Path
    reports: Path | None = None
    audit: Path | None = None
    parameters: Path | None = None
    most_upload_mb: int = Field(16, ge=1, le=64)


def read_admin_settings(environment: Mapping[str, str]) -> AdminSettings | None:
    """Read ``SERVICECIRCLE_ADMIN_KEYS`` (a file) or ``_ADMIN_KEY`` (a line), and the rest; None without a key.

    Raises
    ------
    InputError
        The keys cannot be read, or there are keys and no registry.

    Examples
    --------
    >>> read_admin_settings({}) is None
    True
    """
    keys: list[Key] = []
    if _KEYS in environment:
        path = Path(environment[_KEYS])
        try:
            keys = read_keys(path.read_text("utf-8"), path.name)
        except (OSError, UnicodeDecodeError) as error:
            raise InputError([Fault("the keys cannot be read", "check the path and your rights", _KEYS)]) from error
    keys += read_keys(environment.get(_KEY, ""), _KEY)
    if not keys:
        return None
    if len({key.name for key in keys}) < len(keys):
        raise InputError([Fault("the name occurs twice", "give each person a name", _KEY)])
    values: dict[str, object] = {name: environment[known] for name, known in _NAMES.items() if environment.get(known)}
    try:
        return AdminSettings.model_validate({"keys": tuple(keys)} | values)
    except ValidationError as error:
        faults = [
            Fault(e["msg"], "see docs/admin.md", column=_NAMES.get(str(e["loc"][0]), _KEYS)) for e in error.errors()
        ]
        raise InputError(faults) from error

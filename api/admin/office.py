"""All that the office's routes work with, made once when the service starts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from threading import Lock

from api.admin.audit import Audit
from api.admin.guesses import Guesses
from api.admin.imports import Imports
from api.admin.keys import Keyring
from api.admin.places import Places, read_ground
from api.admin.rebuilding import Job, Order, Rebuilds, Swaps
from api.admin.settings import AdminSettings
from api.admin.uploads import Uploads
from api.reports import Reports
from servicecircle.registry.store import open_registry

__all__ = ["Office", "open_office"]


@dataclass(frozen=True, slots=True)
class Office:
    """Keys, registry, lists, reports, rebuilds and the log of it all."""

    keyring: Keyring
    guesses: Guesses
    audit: Audit
    places: Places
    uploads: Uploads
    imports: Imports
    rebuilds: Rebuilds
    reports: Reports | None
    most_upload: int

    def close(self) -> None:
        """End the rebuild that runs, and take the lists away."""
        self.rebuilds.close()
        self.uploads.close()


def open_office(settings: AdminSettings, data: Path, bundle: Path, holder: Swaps) -> Office:
    """Open the registry and begin the log.

    Parameters
    ----------
    settings
        Keys and files.
    data
        The study folder.
    bundle
        The path that the service reads its bundle from when it starts.
    holder
        Who serves bundles.

    Raises
    ------
    InputError
        There is no sound registry.
    ServiceError
        The audit log cannot be written.
    """
    registry = open_registry(settings.registry)
    audit = Audit(settings.audit or settings.registry.with_name(f"{settings.registry.name}.audit.jsonl"))
    audit.write("", "service started", 0)

    def ended(job: Job) -> None:
        audit.write(job.author, f"rebuild {job.state}", 0, job=job.id, problem=job.problem)

    order = Order(bundle, data, settings.registry, settings.parameters)
    return Office(
        keyring=Keyring(settings.keys),
        guesses=Guesses(),
        audit=audit,
        places=Places(registry, cache(partial(read_ground, data))),
        uploads=Uploads(),
        imports=Imports(settings.registry, data, Lock()),
        rebuilds=Rebuilds(order, holder, ended),
        reports=None if settings.reports is None else Reports(settings.reports),
        most_upload=settings.most_upload_mb << 20,
    )

"""The districts on a Dask cluster. Whoever reaches its scheduler can run code there: this machine alone, or TLS."""

from __future__ import annotations

import importlib
import ipaddress
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from servicecircle.batch.district import Job, Outcome, State, run_district
from servicecircle.errors import Fault, InputError

__all__ = ["Tls", "check_address", "on_cluster"]

_AHEAD = 2  # districts a worker has before it: the next is there when one is done
_PATIENCE_S = 30
_GREETING_S = 5  # a scheduler speaks first
_PORT = 65535


@dataclass(frozen=True, slots=True)
class Tls:
    """Files (PEM) by which both ends of a connection know each other: the authority, and our certificate and key."""

    ca: Path
    cert: Path
    key: Path


def check_address(address: str, tls: Tls | None) -> None:
    """Refuse an address that is none, and a scheduler of another machine without TLS.

    Raises
    ------
    InputError
        What is wrong with the address, or with the files of the TLS.

    Examples
    --------
    >>> check_address("tcp://127.0.0.1:8786", None)
    """
    parts = urlsplit(address)
    faults = []
    try:
        sound = parts.scheme in {"tcp", "tls"} and bool(parts.hostname) and 0 < (parts.port or 0) <= _PORT
    except ValueError:  # a port that is no number
        sound = False
    if not sound:
        remedy = "write tcp://127.0.0.1:8786, or tls://HOST:8786"
        faults.append(Fault("not the address of a scheduler", remedy, column="--scheduler", value=address))
    elif tls is None and not _loopback(parts.hostname or ""):
        remedy = "give tls://HOST:PORT with --tls-ca, --tls-cert and --tls-key; who reaches it can run code there"
        problem = "a scheduler of another machine, without TLS"
        faults.append(Fault(problem, remedy, column="--scheduler", value=address))
    elif (tls is not None) != (parts.scheme == "tls"):
        remedy = "tls://HOST:PORT goes with --tls-ca, --tls-cert and --tls-key"
        faults.append(Fault("TLS at one end alone", remedy, column="--scheduler", value=address))
    for name in ("ca", "cert", "key"):
        file = getattr(tls, name, None)
        if file is not None and not file.is_file():
            faults.append(Fault("no such file", "give a PEM file", column=f"--tls-{name}", value=str(file)))
    if faults:
        raise InputError(faults)


def on_cluster(jobs: Iterator[Job], address: str, tls: Tls | None = None) -> Iterator[Outcome]:
    """Compute districts on a cluster, whose workers must see the same folders under the same names.

    Raises
    ------
    InputError
        The address is refused, nobody answers there, who answers is of another authority, or the cluster has no
        worker.
    """
    check_address(address, tls)
    if tls is not None:
        _greet(address, tls)
    with _client(address, tls) as client:
        yield from _shared(client, jobs)


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _greet(address: str, tls: Tls) -> None:
    """Shake hands once, by hand: Dask would try until its patience ends, and not say which certificate was wrong."""
    parts = urlsplit(address)
    remedy = "give the authority that signed the scheduler's certificate, and a certificate and key of your own from it"
    try:
        context = ssl.create_default_context(cafile=tls.ca)
        context.check_hostname = False  # the authority is the cluster's own: whom it signed, it knows
        context.load_cert_chain(tls.cert, tls.key)
    except (ssl.SSLError, ValueError) as error:
        problem = f"not a PEM certificate and its key ({error})"
        raise InputError([Fault(problem, remedy, column="--tls-ca", value=str(tls.ca))]) from error
    try:
        with (
            socket.create_connection((parts.hostname or "", parts.port or 0), timeout=_GREETING_S) as plain,
            context.wrap_socket(plain) as secure,
        ):
            secure.recv(1)  # it refuses a certificate of ours after the handshake
    except (ssl.SSLError, ConnectionResetError) as error:
        problem = f"the scheduler and we are not of the same authority ({error})"
        raise InputError([Fault(problem, remedy, column="--tls-ca", value=str(tls.ca))]) from error
    except OSError:  # nobody is there, or slow: said with more patience below
        return


def _client(address: str, tls: Tls | None) -> Any:  # noqa: ANN401 -- most of distributed has no types
    try:
        distributed: Any = importlib.import_module("distributed")  # an extra, and slow to load
    except ImportError as error:
        remedy = "pip install 'servicecircle[cluster]'"
        raise InputError([Fault("dask.distributed is not installed", remedy, column="--scheduler")]) from error
    security = None
    if tls is not None:
        files = {"tls_ca_file": tls.ca, "tls_client_cert": tls.cert, "tls_client_key": tls.key}
        security = distributed.Security(require_encryption=True, **{name: str(file) for name, file in files.items()})
    try:
        client = distributed.Client(address, security=security, timeout=_PATIENCE_S, set_as_default=False)
        client.wait_for_workers(1, timeout=_PATIENCE_S)
    except (OSError, TimeoutError) as error:
        remedy = "start `dask scheduler` and `dask worker`; see docs/many-districts.md"
        problem = "no scheduler with a worker answers"
        raise InputError([Fault(problem, remedy, column="--scheduler", value=address)]) from error
    return client


def _shared(client: Any, jobs: Iterator[Job]) -> Iterator[Outcome]:  # noqa: ANN401
    distributed: Any = importlib.import_module("distributed")
    running: dict[str, Job] = {}

    def begin() -> list[Any]:
        """Give the cluster so many more jobs that each thread of it has its own and the next; threads come and go."""
        ahead = _AHEAD * max(1, sum(client.nthreads().values()))
        begun = []
        while len(running) < ahead and (job := next(jobs, None)) is not None:
            future = client.submit(run_district, job, pure=False)
            running[future.key] = job
            begun.append(future)
        return begun

    pending = distributed.as_completed(begin(), loop=client.loop, raise_errors=False)
    for future in pending:
        job = running.pop(future.key)
        yield _outcome(future, job)
        future.release()
        for another in begin():
            pending.add(another)


def _outcome(future: Any, job: Job) -> Outcome:  # noqa: ANN401
    """Return the job's own outcome; a worker that died with it, more often than the cluster allows, has none."""
    if future.status == "finished":
        outcome: Outcome = future.result()
        return outcome
    problem = f"the cluster gave it up: {future.exception() or future.status}"
    return Outcome(job.area.id, State.FAILED, problem=problem)

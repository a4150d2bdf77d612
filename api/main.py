"""``python -m api``: serve a bundle. Exit codes: 0 stopped, 2 bad input."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence

import uvicorn
from fastapi import FastAPI

from api.admin.command import main as key_command
from api.admin.settings import read_admin_settings
from api.app import create_app
from api.logs import log_config
from api.protocol import protocol
from api.settings import Settings, read_settings
from servicecircle.errors import InputError

__all__ = ["main", "server_config"]

DONE, BAD_INPUT = 0, 2
HEAD_BYTES = 16 * 1024
EXAMPLE = """example:
  servicecircle build --out build
  python -m maps study --bundle build --out build/maps
  python -m api --bundle build --port 8000

`python -m api key NAME` makes a key for the office, which is closed without one (docs/admin.md).
Every option may be given as SERVICECIRCLE_NAME in the environment; an option given here wins.
SIGHUP reads the bundle again and serves it from the next request on; one that is not sound is refused.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the service until it is stopped; return the exit code."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    if words[:1] == ["key"]:
        return key_command(words[1:])
    options = vars(_parser().parse_args(words))
    try:
        settings = read_settings(options, os.environ)
        app = create_app(settings, read_admin_settings(os.environ))
        app.state.holder.current.warm()
    except InputError as error:
        sys.stderr.write(f"error: {error}\n")
        return BAD_INPUT
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, lambda *_: threading.Thread(target=app.state.holder.reload).start())
    uvicorn.Server(server_config(app, settings)).run()
    return DONE


def server_config(app: FastAPI, settings: Settings) -> uvicorn.Config:
    """Return how uvicorn serves the app: slow, many and long requests have an end."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=protocol(settings.head_s),
        ws="none",
        access_log=False,
        log_config=log_config(settings.log_format),
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies,
        limit_concurrency=settings.connections,
        timeout_keep_alive=settings.keep_alive_s,
        timeout_graceful_shutdown=settings.grace_s,
        h11_max_incomplete_event_size=HEAD_BYTES,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m api",
        description="Serve a bundle: pages, JSON answers, OGC API Features.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for name, field in Settings.model_fields.items():
        default = f" (default: {field.default})" if field.default not in (None, "") else ""
        parser.add_argument(f"--{name.replace('_', '-')}", help=f"{field.description}{default}")
    return parser

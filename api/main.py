"""``python -m api``: serve a bundle. Exit codes: 0 stopped, 2 bad input."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import uvicorn

from api.app import create_app
from api.settings import read_settings
from servicecircle.errors import InputError

__all__ = ["main"]

DONE, BAD_INPUT = 0, 2
EXAMPLE = """example:
  servicecircle build --out build
  python -m maps study --bundle build --out build/maps
  python -m api --bundle build --port 8000

Every option may be given as SERVICECIRCLE_NAME in the environment; an option given here wins.
"""
# Access is logged by our own middleware, which never sees a query string.
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stderr"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the service until it is stopped; return the exit code."""
    options = vars(_parser().parse_args(arguments))
    try:
        settings = read_settings(options, os.environ)
        app = create_app(settings)
    except InputError as error:
        sys.stderr.write(f"error: {error}\n")
        return BAD_INPUT
    uvicorn.run(app, host=settings.host, port=settings.port, access_log=False, log_config=LOGGING, server_header=False)
    return DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m api",
        description="Serve a bundle: pages, JSON answers, OGC API Features.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--bundle", type=Path, help="the bundle to serve (default: build)")
    parser.add_argument("--data", type=Path, help="the study folder it was built from (default: the bundled district)")
    parser.add_argument("--reports", type=Path, help="where mistakes that families report are kept (default: nowhere)")
    parser.add_argument("--host", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", help="port to listen on (default: 8000)")
    parser.add_argument("--workers", help="questions computed at once (default: 2)")
    parser.add_argument("--queue", help="questions that may wait for a worker (default: 16)")
    parser.add_argument("--deadline-s", help="seconds after which a question is given up (default: 10)")
    return parser

"""``python -m api key``: make a key for the office. Exit codes: 0 done, 2 bad input."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from api.admin.keys import Scope, make_key
from servicecircle.errors import InputError

__all__ = ["main"]

DONE, BAD_INPUT = 0, 2
EXAMPLE = """example:
  python -m api key wang --scopes read-log,edit,import >> keys.txt

The key goes to the terminal (stderr), once; the line with its hash to the output, for the file of keys.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Make a key, say it once, and print its line; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m api key",
        description="Make a key for the office.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", help="whose key it is, for the log: a-z, 0-9 and -")
    parser.add_argument("--scopes", default=",".join(Scope), help=f"what it may do (default: {','.join(Scope)})")
    options = parser.parse_args(arguments)
    words = options.scopes.split(",")
    if not set(words) <= set(Scope):
        sys.stderr.write(f"error: unknown scope; use any of {', '.join(Scope)}\n")
        return BAD_INPUT
    try:
        token, line = make_key(options.name, map(Scope, words))
    except InputError as error:
        sys.stderr.write(f"error: {error}\n")
        return BAD_INPUT
    sys.stderr.write(f"密钥，只显示这一次 the key, shown only this once: {token}\n")
    sys.stdout.write(f"{line}\n")
    return DONE

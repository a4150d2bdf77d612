"""Compiled kernels: plain loops over arrays that the caller allocates.

A kernel takes arrays and scalars and allocates nothing: such code compiles in half a second instead of four. It is
compiled once on a machine, at its first call, and read back from a file after that. The files lie in a folder named
after the source of all kernels: numba alone would not notice that a kernel in another module has changed.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import numba

__all__ = ["compiled"]

P = ParamSpec("P")
R = TypeVar("R")

_HERE = Path(__file__).parent
_MARK = b"\n@compiled\n"


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a kernel at its first call, and keep it where a folder can be written.

    Examples
    --------
    >>> @compiled
    ... def twice(x: float) -> float:
    ...     return 2 * x
    >>> twice(21.0)
    42.0
    """
    config: Any = numba.config  # its attributes are made at run time
    given = config.CACHE_DIR
    config.CACHE_DIR = given or str(_folder())
    try:
        kernel = numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:  # nowhere to keep it: compiled anew in each process
        kernel = numba.njit(nogil=True)(function)
    finally:
        config.CACHE_DIR = given
    return cast("Callable[P, R]", kernel)


@cache
def _folder() -> Path:
    beside = _HERE / "__pycache__"
    if not os.access(beside if beside.is_dir() else _HERE, os.W_OK):
        beside = Path.home() / ".cache" / "servicecircle"
    return beside / f"kernels-{_digest()}"


def _digest() -> str:
    sources = [path.read_bytes() for path in sorted(_HERE.glob("*.py"))]
    return hashlib.sha256(b"".join(text for text in sources if _MARK in text)).hexdigest()[:12]

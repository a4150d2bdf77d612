"""Filters by equality: the text of a query as the value that a column would hold."""

from __future__ import annotations

import math
import re

from servicecircle.errors import Fault, InputError

__all__ = ["parse_value"]

_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_TRUTH = {"true": True, "false": False, "1": True, "0": False}  # GDAL asks with numbers


def parse_value(name: str, text: str, kind: str) -> object:
    """Read what a column of a kind (string, number, integer or boolean) is compared with.

    Raises
    ------
    InputError
        The text is none of that kind.

    Examples
    --------
    >>> parse_value("cutoff_s", "900", "number"), parse_value("unknown", "true", "boolean")
    (900.0, True)
    """
    if not text:
        raise InputError([Fault("no value", f"give a {kind}, or leave the parameter out", column=name)])
    if kind == "boolean":
        if text not in _TRUTH:
            raise InputError([Fault("not a truth value", "use true or false", column=name, value=text)])
        return _TRUTH[text]
    if kind == "integer":
        if not _WHOLE.fullmatch(text):
            raise InputError([Fault("not a whole number", "give digits alone", column=name, value=text)])
        return int(text)
    if kind == "number":
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise InputError([Fault("not a finite number", "give a plain number", column=name, value=text)])
        return number
    return text

"""Text that a spreadsheet would run as a formula, made harmless in CSV and read back as it was."""

from __future__ import annotations

import re

__all__ = ["guarded", "unguarded"]

# Full-width signs count in East Asian spreadsheets. Apostrophes before a sign are counted in, so that nothing is lost.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")


def guarded(text: str) -> str:
    """Return a text with an apostrophe before it, if a spreadsheet could run it; for text, never for numbers.

    References
    ----------
    OWASP, "CSV Injection".

    Examples
    --------
    >>> guarded("=1+1"), guarded("人和街小学")
    ("'=1+1", '人和街小学')
    """
    return "'" + text if _FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """Return what ``guarded`` was given.

    Examples
    --------
    >>> unguarded("'=1+1"), unguarded("'t Huis")
    ('=1+1', "'t Huis")
    """
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text

"""What makes a GeoPackage a registry: a log, written by triggers, that no program can go round.

A change that is not part of an open commit is a commit of its own, by "another program". ``state.revision`` grows with
every row that changes: who has read one revision and writes on another has missed something.
"""

from __future__ import annotations

import re
import sqlite3
from functools import cache
from importlib import resources
from string import Template

from servicecircle.errors import Fault, InputError
from servicecircle.ingest.registry import SCHEMA
from servicecircle.registry.rows import record

__all__ = ["ANOTHER", "add_schema", "check_triggers"]

ANOTHER = "another program"
"""Author of changes that came in through QGIS or any other program."""

_TRIGGER = re.compile(r"CREATE TRIGGER (\w+)")


def add_schema(database: sqlite3.Connection) -> None:
    """Make a GeoPackage with a layer ``places`` a registry."""
    database.execute("BEGIN")
    for statement in _statements():
        database.execute(statement)
    database.execute("INSERT INTO state (id, schema, revision) VALUES (1, ?, 0)", (SCHEMA,))
    database.execute("COMMIT")


def check_triggers(database: sqlite3.Connection, file: str) -> None:
    """Refuse a registry whose log has been cut off.

    Raises
    ------
    InputError
        A trigger is gone or reads differently: another program made the table anew.
    """
    found = dict(database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
    triggers = {match[1]: statement for statement in _statements() if (match := _TRIGGER.match(statement))}
    if any(found.get(name) != sql for name, sql in triggers.items()):
        problem = "the log is cut off: another program has made the table anew, its changes are not recorded"
        remedy = "restore the backup; or export the places and make a new registry from them"
        raise InputError([Fault(problem, remedy, file)])


@cache
def _statements() -> tuple[str, ...]:
    text = (resources.files("servicecircle.registry") / "schema.sql").read_text("utf-8")
    plain = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    words = {
        "OLD": record("OLD"),
        "NEW": record("NEW"),
        "ROW": record("places"),
        "OPEN": "ifnull(open_commit, (SELECT max(commit_id) FROM commits))",
        "DAY": f"('moved in {ANOTHER}, ' || date('now'))",
    }
    return tuple(block.strip() for block in Template(plain).substitute(words).split("\n\n") if block.strip())

"""Which ways people may walk on: rules from a file, the first that fits decides."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from servicecircle.arrays import Bools, Floats
from servicecircle.crs import GEOD
from servicecircle.errors import Fault, InputError
from servicecircle.ingest.draft import pick_ways
from servicecircle.ingest.tags import WAY_TAGS
from servicecircle.model import Ways
from servicecircle.units import M_PER_KM

__all__ = ["Rule", "apply_rules", "load_rules"]

_ANY = "*"
_FIELDS = ("walk", "when", "without", "reason_zh", "reason_en")
_REMEDY = "see the head of the packaged rules/walkable.toml"

# key -> accepted values, None for any value
Condition = Mapping[str, frozenset[str] | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """Ways that meet one of ``when`` (all of it), and have none of the keys ``without``, are walked or not."""

    walk: bool
    when: tuple[Condition, ...]
    without: tuple[str, ...]
    reason_zh: str
    reason_en: str


def load_rules(path: Path | None = None) -> tuple[Rule, ...]:
    """Read rules; without a path those of the package.

    Raises
    ------
    InputError
        The file is missing or no TOML; a rule lacks its decision or reason, names a tag that is not read, or stands
        behind a rule without condition; the last rule has one.
    """
    source: Path | Traversable = path or resources.files("servicecircle.rules") / "walkable.toml"
    try:
        raw = tomllib.loads(source.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError([Fault(f"cannot be read: {error.strerror}", "check the path", source.name)]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError([Fault(f"not TOML: {error}", _REMEDY, source.name)]) from error
    entries = raw.pop("rule", None)
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        raise InputError([Fault("there are no [[rule]] tables", _REMEDY, source.name)])
    faults = [Fault("an unknown key", _REMEDY, source.name, column=key) for key in raw]
    for number, entry in enumerate(entries, start=1):
        last = number == len(entries)
        faults += [
            Fault(f"rule {number}: {problem}", _REMEDY, source.name, column=key, value=entry.get(key))
            for key, problem in _problems(entry, last=last)
        ]
    if faults:
        raise InputError(faults)
    return tuple(_rule(entry) for entry in entries)


def apply_rules(ways: Ways, rules: Sequence[Rule]) -> tuple[Ways, pd.DataFrame]:
    """Keep the ways that people may walk on, with only their nodes.

    Parameters
    ----------
    ways
        As read.
    rules
        Tried in order; a way that no rule fits is left out.

    Returns
    -------
    tuple of Ways and DataFrame
        The kept ways; and a row a rule: ``rule`` (from 1), ``walk``, ``reason_zh``, ``reason_en``, ``ways``, ``km``
        (geodesic), of the ways that it decided.
    """
    count = len(ways.ways)
    decided_by = np.full(count, len(rules))
    tags = ways.ways.reindex(columns=list(WAY_TAGS))
    # Backwards, so that the first rule that fits is written last.
    for number in reversed(range(len(rules))):
        decided_by[_fits(tags, rules[number])] = number
    lengths_m = _lengths_m(ways)
    report = pd.DataFrame(
        {
            "rule": np.arange(1, len(rules) + 1),
            "walk": [rule.walk for rule in rules],
            "reason_zh": [rule.reason_zh for rule in rules],
            "reason_en": [rule.reason_en for rule in rules],
            "ways": np.bincount(decided_by, minlength=len(rules) + 1)[: len(rules)],
            "km": np.bincount(decided_by, lengths_m, len(rules) + 1)[: len(rules)] / M_PER_KM,
        }
    )
    walk = np.array([*(rule.walk for rule in rules), False])
    kept = np.flatnonzero(walk[decided_by])
    refs, offsets = pick_ways(ways.refs, ways.offsets, kept)
    nodes = ways.nodes.iloc[np.searchsorted(ways.nodes.index.to_numpy(), np.unique(refs))]
    return Ways(nodes, ways.ways.iloc[kept], refs, offsets, ways.data_date), report


def _fits(tags: pd.DataFrame, rule: Rule) -> Bools:
    fits = np.zeros(len(tags), dtype=bool)
    for condition in rule.when:
        every = np.ones(len(tags), dtype=bool)
        for key, values in condition.items():
            every &= tags[key].notna().to_numpy() if values is None else tags[key].isin(values).to_numpy()
        fits |= every
    for key in rule.without:
        fits &= tags[key].isna().to_numpy()
    return fits


def _lengths_m(ways: Ways) -> Floats:
    at = np.searchsorted(ways.nodes.index.to_numpy(), ways.refs)
    lon, lat = ways.nodes["lon"].to_numpy()[at], ways.nodes["lat"].to_numpy()[at]
    owner = np.repeat(np.arange(len(ways.ways)), np.diff(ways.offsets))
    inside = owner[:-1] == owner[1:]
    start, end = np.flatnonzero(inside), np.flatnonzero(inside) + 1
    steps_m = np.asarray(GEOD.inv(lon[start], lat[start], lon[end], lat[end])[2], dtype=np.float64)
    return np.bincount(owner[start], steps_m, len(ways.ways)).astype(np.float64, copy=False)


def _rule(entry: dict[str, Any]) -> Rule:
    when = entry.get("when", {})
    conditions = tuple(
        {key: None if values == _ANY else frozenset(values) for key, values in condition.items()}
        for condition in (when if isinstance(when, list) else [when])
    )
    return Rule(entry["walk"], conditions, tuple(entry.get("without", ())), entry["reason_zh"], entry["reason_en"])


def _problems(entry: dict[str, Any], *, last: bool) -> Iterator[tuple[str, str]]:
    for key in entry:
        if key not in _FIELDS:
            yield key, "an unknown key"
    if not isinstance(entry.get("walk"), bool):
        yield "walk", "neither true nor false"
    for key in ("reason_zh", "reason_en"):
        if not isinstance(entry.get(key), str) or not entry[key].strip():
            yield key, "no reason is given"
    if ("when" in entry or "without" in entry) == last:
        yield "when", "the last rule, and only the last, has no condition"
    without = entry.get("without", [])
    if not isinstance(without, list) or not all(key in WAY_TAGS for key in without):
        yield "without", "not a list of tags that are read"
    if "when" in entry or "without" in entry:
        for problem in _condition_problems(entry.get("when")):
            yield "when", problem


def _condition_problems(when: object) -> Iterator[str]:
    for condition in when if isinstance(when, list) and when else [when]:
        if not isinstance(condition, dict) or not condition:
            yield "not a table of tags"
            continue
        for key, values in condition.items():
            if key not in WAY_TAGS:
                yield f"{key} is no tag that is read"
            elif values != _ANY and not (isinstance(values, list) and values and all(map(_is_value, values))):
                yield f'{key} is neither "*" nor a list of values'


def _is_value(value: object) -> bool:
    return isinstance(value, str) and value not in ("", _ANY)

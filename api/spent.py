"""Where the time of a walk goes: the level way, slopes, stairs, rides, waiting."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from servicecircle.network import WalkNetwork
from servicecircle.pace import cableway_s, crossing_s, lift_s
from servicecircle.parameters import PaceParameters, Profile
from servicecircle.walk import Stretch, Walk

__all__ = ["Spent", "spent_on"]

_ROLLING = ("street", "path", "crossing")
_OVER = ("footbridge", "underpass")


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds that add up to the walk's; ``slope`` is what ramps and hills add (below 0 where downhill saves time)."""

    level: float = 0.0
    slope: float = 0.0
    stairs: float = 0.0
    ride: float = 0.0
    waiting: float = 0.0

    def plus(self, other: Spent) -> Spent:
        """Return the sums of both."""
        return Spent(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


def spent_on(walk: Walk, network: WalkNetwork, profile: Profile, pace: PaceParameters) -> Spent:
    """Divide the seconds of a walk, stretch by stretch, by the same prices that they were added up from."""
    total, edges = Spent(), [stretch.edge for stretch in walk.stretches]  # -1 beside the streets, where nobody waits
    rows = network.edges.iloc[edges][["wait_s", "signals", "gaps"]].to_numpy(dtype=np.float64)
    for stretch, (wait_s, signals, gaps) in zip(walk.stretches, rows, strict=True):
        total = total.plus(_of(stretch, _Waits(wait_s, signals, gaps), profile, pace))
    return total


@dataclass(frozen=True, slots=True)
class _Waits:
    """What an edge has to wait for."""

    wait_s: float
    signals: float
    gaps: float


def _of(stretch: Stretch, edge: _Waits, profile: Profile, pace: PaceParameters) -> Spent:
    seconds, level = stretch.seconds, stretch.metres / profile.flat_mps
    if stretch.kind == "stairs" and profile.stairs == "timed":
        return Spent(stairs=seconds)
    if stretch.kind == "escalator" and profile.stairs == "timed":
        return Spent(ride=seconds)
    if stretch.kind in {"lift", "cableway"}:
        waiting = min(_waiting_s(stretch, edge, profile, pace), seconds)
        return Spent(ride=seconds - waiting, waiting=waiting)
    if stretch.kind in _OVER and profile.stairs == "timed":
        return Spent(level=level, stairs=seconds - level)
    waiting = _waiting_s(stretch, edge, profile, pace) if stretch.kind in _ROLLING else 0.0
    return Spent(level=level, slope=seconds - waiting - level, waiting=waiting)


def _waiting_s(stretch: Stretch, edge: _Waits, profile: Profile, pace: PaceParameters) -> float:
    """Return the seconds of a stretch that are spent standing."""
    part, nothing, wait_s = abs(stretch.stop - stretch.start), np.zeros(1), np.array([edge.wait_s])
    if stretch.kind == "lift":
        waits = lift_s(nothing, wait_s, nothing, profile, pace)
    elif stretch.kind == "cableway":
        waits = cableway_s(nothing, wait_s, nothing, profile, pace)
    else:
        waits = crossing_s(np.array([edge.signals]), np.array([edge.gaps]), profile, pace)
    return float(waits[0]) * part

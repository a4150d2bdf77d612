"""Which OpenStreetMap tags are kept, and which ways are read at all.

Kept is what walking time, access, drawing or an explanation needs. The order here is the order of the columns
everywhere: in memory, in ``nodes.csv`` and in ``ways.csv``.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["NODE_TAGS", "WALK_KEYS", "WAY_TAGS", "may_be_walked"]

WAY_TAGS: tuple[str, ...] = (
    # what it is
    "highway",
    "footway",
    "service",
    "railway",
    "public_transport",
    "aerialway",
    "man_made",
    "area",
    "junction",
    "construction",
    # what it is called
    "name",
    "name:en",
    "ref",
    "bridge:name",
    "tunnel:name",
    # who may use it, when, in which direction, for how much
    "access",
    "foot",
    "foot:backward",
    "motor_vehicle",
    "bicycle",
    "motorroad",
    "oneway",
    "oneway:foot",
    "conveying",
    "opening_hours",
    "fee",
    # where pedestrians walk beside or across it
    "sidewalk",
    "sidewalk:left",
    "sidewalk:right",
    "sidewalk:both",
    "crossing",
    "crossing:signals",
    "lanes",
    "maxspeed",
    # on which storey
    "layer",
    "level",
    "bridge",
    "tunnel",
    "covered",
    "indoor",
    "location",
    "floating",
    "ford",
    # how it feels underfoot
    "incline",
    "step_count",
    "surface",
    "smoothness",
    "width",
    "lit",
    "wheelchair",
    "handrail",
    "ramp",
    "ramp:wheelchair",
    "ramp:stroller",
)

NODE_TAGS: tuple[str, ...] = (
    "highway",
    "railway",
    "entrance",
    "barrier",
    "name",
    "name:en",
    "ref",
    "crossing",
    "crossing:signals",
    "access",
    "foot",
    "locked",
    "wheelchair",
    "opening_hours",
    "fee",
    "level",
    "layer",
    "indoor",
    "ele",
)

# A way without one of these keys is never a way to walk, whatever its other tags.
WALK_KEYS: tuple[str, ...] = ("highway", "railway", "public_transport", "aerialway", "man_made")
_VALUES: dict[str, frozenset[str]] = {
    "railway": frozenset({"platform"}),
    "public_transport": frozenset({"platform"}),
    "man_made": frozenset({"pier"}),
}


def may_be_walked(tags: Mapping[str, str]) -> bool:
    """Whether a way is read: any ``highway`` or ``aerialway``, a platform, a pier.

    This is the coarse sieve of the readers, not a judgement: motorways pass it, so that the rules of
    ``rules/walkable.toml`` can refuse them with a reason. Ferries and area relations do not pass.

    Examples
    --------
    >>> may_be_walked({"highway": "motorway"}), may_be_walked({"railway": "rail"})
    (True, False)
    """
    if "highway" in tags or "aerialway" in tags:
        return True
    return any(tags.get(key) in values for key, values in _VALUES.items())

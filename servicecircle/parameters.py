"""Parameters are data: every number a result depends on, read from a file and hashed into the manifest."""

from __future__ import annotations

import hashlib
import json
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from servicecircle.errors import Fault, InputError

__all__ = [
    "AgeBand",
    "CircleParameters",
    "CoverageParameters",
    "DesignParameters",
    "GapParameters",
    "HeightParameters",
    "LevellingParameters",
    "LinkParameters",
    "PaceParameters",
    "Parameters",
    "PopulationParameters",
    "Profile",
    "RouteParameters",
    "SitingParameters",
    "SnapParameters",
    "Theme",
    "UncertaintyParameters",
]

_LEVEL = "level-"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class CircleParameters(_Frozen):
    """Circles: which cutoffs, and how a set of reached streets becomes an area."""

    minutes: tuple[float, ...] = Field(min_length=1)
    direction: Literal["from", "to"]
    beyond_street_m: float = Field(gt=0)
    sample_m: float = Field(gt=1)


class PaceParameters(_Frozen):
    """Seconds for each kind of stretch, for every profile."""

    grades: tuple[float, ...]
    relative_pace: tuple[float, ...]
    stairs_up_short: float = Field(ge=0)
    stairs_up_long: float = Field(ge=0)
    stairs_down_short: float = Field(ge=0)
    stairs_down_long: float = Field(ge=0)
    stairs_tiring_m: float = Field(gt=0)
    stairs_grade: float = Field(gt=0, lt=2)
    ramp_grade: float = Field(gt=0, lt=1)
    riser_m: float = Field(gt=0.05, lt=0.5)
    steps_per_m: float = Field(gt=0)
    lift_wait_s: float = Field(ge=0)
    lift_ride_s: float = Field(ge=0)
    lift_mps: float = Field(gt=0)
    escalator_mps: float = Field(gt=0)
    escalator_walking: bool
    cableway_wait_s: float = Field(ge=0)
    cableway_mps: float = Field(gt=0)
    signal_wait_s: float = Field(ge=0)
    gap_wait_s: float = Field(ge=0)


class HeightParameters(_Frozen):
    """How sure a rise must be to be called so, by its standard deviation and by what the terrain says beside it."""

    high_sd_m: float = Field(gt=0)
    medium_sd_m: float = Field(gt=0)
    doubt_m: float = Field(gt=0)


class LevellingParameters(_Frozen):
    """What is believed of heights before they are levelled: standard deviations, usual grades, least clearances."""

    smoothing_m: float = Field(ge=0)
    terrain_sd_m: float = Field(gt=0)
    street_grade: dict[str, float]
    other_grade: float = Field(gt=0)
    grade_length_m: float = Field(gt=0)
    flight_grade: float = Field(gt=0)
    flight_spread: float = Field(gt=0)
    flight_sd_m: float = Field(gt=0)
    open_flight_grade: float = Field(gt=0)
    least_flight_grade: float = Field(ge=0)
    straight_grade: float = Field(gt=0)
    clearance_m: float = Field(ge=0)
    clearance_sd_m: float = Field(gt=0)
    known_sd_m: float = Field(gt=0)
    unknown_sd_m: float = Field(gt=0)
    rounds: int = Field(ge=1)
    settled_m: float = Field(gt=0)


class SnapParameters(_Frozen):
    """From a door to the network."""

    flag_m: float = Field(gt=0)
    flag_height_m: float = Field(gt=0)
    refuse_m: float = Field(gt=0)
    min_component_nodes: int = Field(ge=1)
    street_reach_m: float = Field(ge=0)
    storey_reach_m: float = Field(ge=0)
    height_cost: float = Field(ge=0)


class CoverageParameters(_Frozen):
    """What counts as covered."""

    cutoff_s: float = Field(gt=0)
    radius_m: float = Field(gt=0)
    horizon_s: float = Field(gt=0)


class GapParameters(_Frozen):
    """How uncovered homes become a gap, and what may stand between them and a place."""

    neighbour_m: float = Field(gt=0)
    neighbour_s: float = Field(gt=0)
    around_home_m: float = Field(gt=0)
    min_people: float = Field(ge=0)
    barrier_roads: tuple[str, ...]
    barrier_approach_m: float = Field(gt=0)
    station_m: float = Field(gt=1)
    missing_link_m: float = Field(gt=0)
    missing_link_rise_m: float = Field(ge=0)
    missing_link_saves_s: float = Field(gt=0)
    stairs_from_grade: float = Field(gt=0)


class PopulationParameters(_Frozen):
    """Where people may live, and which published figures are shared among their homes."""

    base_year: int
    measure: str
    total_year: int
    total_measure: str
    sample_m: float = Field(gt=1)
    frontage_spacing_m: float = Field(gt=1)
    frontage_gap_m: float = Field(ge=0)
    residential_streets: tuple[str, ...]
    skipped_services: tuple[str, ...]
    not_homes: tuple[str, ...]
    not_home_uses: tuple[str, ...]
    not_home_names: tuple[str, ...]
    dwellings: tuple[str, ...]
    smallest_home_m2: float = Field(ge=0)
    storey_m: float = Field(gt=0)
    least_storey_m: float = Field(gt=0)
    most_storey_m: float = Field(gt=0)
    default_levels: float = Field(ge=1)
    most_levels: float = Field(ge=1)
    fewest_trusted: int = Field(ge=1)
    land_cell_m: float = Field(gt=1)
    land_reach_m: float = Field(gt=0)
    rail_buffer_m: float = Field(ge=0)


AgeBand = Literal["preschool", "primary", "middle", "high", "adult", "family", "elder"]
"""Who a study route is for."""


class RouteParameters(_Frozen):
    """What is taken for granted of a group on a study route, and what is too much for it.

    ``walks_as``, ``class_pace`` and ``most_steps`` have a value for every age band.
    """

    age_band: AgeBand
    group_size: int = Field(ge=1)
    limit_minutes: float = Field(gt=0)
    depart: str
    day: str
    dwell_minutes: float = Field(ge=0)
    walks_as: dict[AgeBand, str]
    class_from: int = Field(ge=1)
    class_pace: dict[AgeBand, float]
    most_steps: dict[AgeBand, int]
    landing_m: float = Field(ge=0)
    leg_minutes: float = Field(gt=0)
    main_roads: tuple[str, ...]
    carriageways_m: float = Field(ge=0)
    near_m: float = Field(gt=0)


class Theme(_Frozen):
    """What a route is about: how well each category of places fits, from 0 (not at all) to 1; ``*`` is any other."""

    id: str
    name_zh: str
    name_en: str
    fit: dict[str, float]


class DesignParameters(_Frozen):
    """What a stop is worth to a designed route, how long a group stays, and what is proposed to a school."""

    stop_points: dict[str, float]
    venue_share: float = Field(gt=0, le=1)
    approximate_share: float = Field(gt=0, le=1)
    first_points: float = Field(ge=0)
    dwell_minutes: dict[str, float]
    alternatives: int = Field(ge=1, le=9)
    shared_most: float = Field(ge=0, le=1)
    work: float = Field(gt=0)
    school_bands: dict[str, AgeBand]
    school_themes: tuple[str, ...] = Field(min_length=1)
    school_leg_minutes: tuple[float, ...]
    school_least_stops: int = Field(ge=1)
    themes: tuple[Theme, ...] = Field(min_length=1)


class SitingParameters(_Frozen):
    """Which rooms of the registry are candidates, how long is searched, and what is assumed of classes and bases."""

    kinds: tuple[str, ...]
    venue_categories: tuple[str, ...]
    sites: int = Field(ge=1, le=50)
    work: int = Field(ge=1)
    mobile_rooms: int = Field(ge=1)
    mobile_weeks: int = Field(ge=1)
    mobile_every: int = Field(ge=1)
    mobile_seats: float = Field(gt=0)
    mobile_share: float = Field(gt=0, le=1)
    mobile_reach: float = Field(gt=0, le=1)
    pairing_kinds: tuple[str, ...] = Field(min_length=1)
    pairing_minutes: float = Field(gt=0)
    pairing_schools: int = Field(ge=1)


class LinkParameters(_Frozen):
    """Which vertical links are open; ``at`` is a local time such as 2026-11-22T10:00, empty: hours do not count."""

    paid: bool
    at: str
    out_of_service: tuple[str, ...]


class UncertaintyParameters(_Frozen):
    """How far pace, climbing, waiting and heights may be off, for the draws of an uncertainty band."""

    draws: int = Field(ge=0, le=10_000)
    seed: int = Field(ge=0)
    pace_sd: float = Field(ge=0, lt=1)
    climb_sd: float = Field(ge=0, lt=2)
    wait_sd: float = Field(ge=0, lt=2)
    certain: float = Field(gt=0, le=1)
    likely: float = Field(gt=0, le=1)
    borderline: float = Field(gt=0, le=1)


class Profile(_Frozen):
    """Who walks: the pace on the level, and what stairs, slopes, waits and closed or paid links mean to them.

    ``climb`` and ``patience`` scale what stairs and waits cost: 1 but in a what-if.
    """

    name: str
    name_zh: str
    flat_mps: float = Field(gt=0.1, lt=3)
    stairs: Literal["timed", "as_street", "never"]
    slope: bool = True
    waits: bool = True
    escalators: bool = True
    closures: bool = True
    climb: float = Field(default=1.0, gt=0)
    patience: float = Field(default=1.0, ge=0)
    source: str

    def level(self) -> Profile:
        """Return the same walker in a district without hills: no rise, no waits, stairs like street."""
        if self.name.startswith(_LEVEL):
            return self
        changes = {"name": _LEVEL + self.name, "stairs": "as_street", "slope": False, "waits": False}
        return self.model_copy(update=changes | {"escalators": True})


class Parameters(_Frozen):
    """All parameters of a study."""

    circles: CircleParameters
    pace: PaceParameters
    heights: HeightParameters
    levelling: LevellingParameters
    snap: SnapParameters
    coverage: CoverageParameters
    gaps: GapParameters
    population: PopulationParameters
    routes: RouteParameters
    design: DesignParameters
    siting: SitingParameters
    links: LinkParameters
    uncertainty: UncertaintyParameters
    profiles: dict[str, Profile]
    profile: str = "adult"

    def walker(self, name: str | None = None) -> Profile:
        """Return the profile called ``name`` (``level-NAME`` is derived), or the study's own.

        Raises
        ------
        InputError
            No such profile.
        """
        wanted = name or self.profile
        base = wanted.removeprefix(_LEVEL)
        if base not in self.profiles:
            known = ", ".join(self.profiles)
            raise InputError([Fault("unknown profile", f"use one of: {known}, or level-NAME", value=wanted)])
        found = self.profiles[base]
        return found.level() if wanted.startswith(_LEVEL) else found

    def cutoffs_s(self) -> tuple[float, ...]:
        """Return the cutoffs of the circles in seconds, ascending."""
        return tuple(sorted({m * 60.0 for m in self.circles.minutes}))

    def sha256(self) -> str:
        """Return the hash of all values, whatever file they came from."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

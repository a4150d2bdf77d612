"""Which links a what-if means: by id, by name, by a line drawn on the map; and what it may not ask at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import shapely

from servicecircle.arrays import Shapes
from servicecircle.crs import to_metric
from servicecircle.errors import Fault
from servicecircle.model import Study, Variant
from servicecircle.network import WalkNetwork
from servicecircle.prices import edge_names

__all__ = ["REACH_M", "Names", "contradictions", "lines_of_edges", "under_drawn"]

REACH_M = 50.0
"""An end of a link, or a line drawn to close a street, is no farther than this from a street."""
_UNDER_M = 8.0  # a street lies under a drawn line if its middle is no farther from it


@dataclass(frozen=True, slots=True)
class Names:
    """Every name a link goes by: exact ones, those of the register, those on the map."""

    exact: set[str]
    register: Mapping[str, list[str]]
    mapped: Mapping[str, list[str]]

    @classmethod
    def of(cls, network: WalkNetwork, study: Study) -> Names:
        """Gather the names of a network and the study's register."""
        edges, links = network.edges, study.links
        register: dict[str, list[str]] = {}
        if "name" in links:
            for link, name in zip(links["link_id"], links["name"], strict=True):
                if isinstance(name, str) and name:
                    register.setdefault(name, []).append(str(link))
        named = edges.loc[edges["name"].notna(), ["name", "osm_way_id"]].drop_duplicates()
        mapped: dict[str, list[str]] = {}
        for name, way in zip(named["name"], named["osm_way_id"], strict=True):
            mapped.setdefault(str(name), []).append(f"way/{way}")
        return cls(edge_names(edges) | set(links["link_id"]), register, mapped)

    def resolve(self, asked: Iterable[str], key: str, faults: list[Fault]) -> list[str]:
        """Return the exact names; note a fault for each that is nowhere, or that several links of the register have."""
        found: list[str] = []
        for name in asked:
            if name in self.exact:
                found.append(name)
            elif len(self.register.get(name, [])) > 1:
                several = ", ".join(self.register[name])
                faults.append(Fault("several links have this name", f"name one: {several}", column=key, value=name))
            elif name in self.register:
                found += self.register[name]
            elif name in self.mapped:
                found += self.mapped[name]
            else:
                remedy = "give a link_id of vertical_links.csv, an edge_id of layer network, way/ID, or its whole name"
                faults.append(Fault("no such link", remedy, column=key, value=name))
        return found


def lines_of_edges(network: WalkNetwork) -> Shapes:
    """Return every edge as a line in metres."""
    owner = np.repeat(np.arange(network.n_edges), np.diff(network.vertex_start))
    return np.asarray(shapely.linestrings(network.vertex_xy, indices=owner), dtype=object)


def under_drawn(
    network: WalkNetwork, lines: Shapes, drawn: tuple[tuple[tuple[float, float], ...], ...], faults: list[Fault]
) -> list[str]:
    """Return the ids of the edges that lie under drawn lines; of a point, or a line with none, the nearest edge."""
    found: list[str] = []
    middle = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    for shape in drawn:
        xy = to_metric(np.array(shape, dtype=np.float64), network.crs)
        line = shapely.linestrings(xy) if len(xy) > 1 else shapely.points(xy[0])
        under = np.flatnonzero(shapely.distance(middle, line) <= _UNDER_M) if len(xy) > 1 else np.zeros(0, np.int64)
        if not len(under):
            apart = shapely.distance(lines, shapely.centroid(line))
            under = np.array([int(np.argmin(apart))])
            if not apart[under[0]] <= REACH_M:
                remedy = "draw the line along the street to be closed"
                where = f"{shape[0][0]:.6f},{shape[0][1]:.6f}"
                faults.append(Fault("no street lies under it", remedy, column="close", value=where))
                continue
        found += [str(name) for name in network.edges["edge_id"].to_numpy()[under]]
    return found


def contradictions(variant: Variant, resolved: tuple[list[str], list[str]]) -> list[Fault]:
    """Refuse what is asked both ways."""
    new, (opened, closed) = [link.id for link in variant.links], resolved
    faults = [
        Fault("added and closed at once", "keep one of the two", column="closed", value=name)
        for name in dict.fromkeys([*variant.closed, *closed])
        if name in new
    ]
    faults += [
        Fault("opened and closed at once", "keep one of the two", column="closed", value=name)
        for name in sorted(set(opened) & set(closed))
    ]
    changes = [change.id for change in variant.changes]
    faults += [
        Fault("changed twice", "say all of it once", column="link", value=name)
        for name in sorted({name for name in changes if changes.count(name) > 1})
    ]
    faults += [
        Fault("changed and closed at once", "keep one of the two", column="link", value=name)
        for name in sorted(set(changes) & set(variant.closed))
    ]
    return faults

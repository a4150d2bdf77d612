"""What makes a study large and steep, of two studies side by side."""

from __future__ import annotations

import numpy as np

from servicecircle.ingest.parameters import read_parameters
from servicecircle.ingest.walkable import load_rules
from servicecircle.model import Study
from servicecircle.pipeline import build_streets
from servicecircle.scene import study_demand

__all__ = ["compared"]


def compared(*studies: Study) -> str:
    """Return a Markdown table of what makes a study large and steep."""
    tables = [_about(study) for study in studies]
    lines = ["| | synthetic | bundled |", "|---|---|---|"]
    lines += [f"| {key} | {tables[0][key]:,.6g} | {tables[1][key]:,.6g} |" for key in tables[0]]
    return "\n".join(lines) + "\n"


def _about(study: Study) -> dict[str, float]:
    streets = build_streets(study, read_parameters(), load_rules())
    edges = streets.network.edges
    length, rise = edges["length_m"].to_numpy(), edges["rise_m"].abs().to_numpy()
    known = np.isfinite(rise) & (length > 0)
    degree = np.bincount(np.r_[streets.network.tail, streets.network.head])
    placed = study.facilities["located"] | study.facilities["approximate"]
    stairs = (edges["kind"] == "stairs").to_numpy()
    return {
        "nodes as mapped": len(study.ways.nodes),
        "ways as mapped": len(study.ways.ways),
        "nodes of the network": streets.network.n_nodes,
        "edges of the network": streets.network.n_edges,
        "dead ends, share of nodes": float((degree == 1).mean()),
        "walkable km": length.sum() / 1000,
        "stairs, edges": int(stairs.sum()),
        "stairs, share of km": length[stairs].sum() / length.sum(),
        "mean grade": rise[known].sum() / length[known].sum(),
        "edges steeper than 10 %, share of km": length[known & (rise > 0.1 * length)].sum() / length.sum(),
        "lifts and escalators": len(study.links),
        "buildings": len(study.area.buildings),
        "homes": len(study_demand(streets).points),
        "places with a position": int(placed.sum()),
    }

"""What each edge is, from the tags of its way and the vertical-link register."""

from __future__ import annotations

import numpy as np
import pandas as pd

from servicecircle.arrays import Bools, Floats, Ints
from servicecircle.model import Ways

__all__ = ["EDGE_COLUMNS", "edge_table", "register_facts"]

EDGE_COLUMNS = (
    "edge_id", "osm_way_id", "kind", "highway", "name", "bridge", "tunnel", "layer", "length_m", "rise_m", "climb_m",
    "incline", "belt", "runs", "signals", "gaps", "step_count", "link_id", "paid", "open", "hours", "stepfree",
    "wait_s", "ride_s",
)  # fmt: skip
"""What is known of an edge before its heights."""

_PATHS = {"footway", "path", "pedestrian", "corridor", "track", "bridleway", "cycleway", "platform"}
_BELT = {"yes", "forward", "backward", "reversible"}
_NO_TUNNEL = {"no", "building_passage", "covered"}
_OVERPASS_M = 5.0  # over or under a street of four lanes where the register does not say; as the clearance of bridges
_NUMBERS = ("rise_m", "wait_s", "ride_s", "fee_cny")
_TEXTS = ("state", "opening_hours", "wheelchair", "direction", "kind")


def edge_table(ways: Ways, rows: Ints, first: Ints, last: Ints, length_m: Floats, links: pd.DataFrame) -> pd.DataFrame:
    """Return one row an edge: the way (``rows``), the positions of its ends in ``refs``, its length.

    ``incline`` is +1 up, -1 down, 0 unknown along the edge; ``belt`` +1, -1, or 0 where it runs, or may run, both ways;
    ``runs`` is ``up`` or ``down`` where only that is known of a belt. ``signals`` and ``gaps`` are parts of a
    crossing with and without lights. ``rise_m`` is the register's, NaN elsewhere; of a footbridge or underpass that
    only the register knows it is not the rise from end to end but ``climb_m``, up at one end and down at the other.
    """
    tags = ways.ways.iloc[rows].reset_index(names="osm_way_id")
    sequence = tags.groupby("osm_way_id").cumcount()
    told = links[links["osm_type"] == "way"].drop_duplicates("osm_id").set_index("osm_id")
    facts = register_facts(told.reindex(tags["osm_way_id"]).reset_index())
    kind = _kinds(tags)
    kind = np.where(tags["osm_way_id"].to_numpy() < 0, facts["kind"].where(facts["kind"].notna(), "street"), kind)
    signals, gaps = _crossings(ways, rows, first, last, kind, length_m)
    over = np.isin(kind, ["footbridge", "underpass"])
    one_way = tags["conveying"].isin(["forward", "backward"])
    # a register's rise is that of the whole way, from end to end
    share = length_m / np.maximum(np.bincount(rows, length_m, len(ways.ways))[rows], 1e-9)
    table = {
        "edge_id": tags["osm_way_id"].astype(str) + "." + sequence.astype(str),
        "osm_way_id": tags["osm_way_id"],
        "kind": kind,
        "highway": tags["highway"],
        "name": tags["name"],
        "bridge": tags["bridge"].notna() & (tags["bridge"] != "no"),
        "tunnel": tags["tunnel"].notna() & ~tags["tunnel"].isin(_NO_TUNNEL),
        "layer": pd.to_numeric(tags["layer"], errors="coerce").fillna(0).astype(int),
        "length_m": length_m,
        "rise_m": np.where(over, np.nan, facts["rise_m"] * share),
        "climb_m": np.where(over, facts["rise_m"].fillna(_OVERPASS_M) * share, np.nan),
        "incline": tags["incline"].map(_incline_sign),
        "belt": np.select([tags["conveying"] == "forward", tags["conveying"] == "backward"], [1, -1], 0),
        "signals": signals,
        "gaps": gaps,
        "step_count": pd.to_numeric(tags["step_count"], errors="coerce") * share,
        "link_id": facts["link_id"],
        "paid": facts["paid"] | (tags["fee"] == "yes"),
        "open": facts["open"],
        "hours": facts["hours"].where(facts["hours"].notna(), tags["opening_hours"]),
        "stepfree": facts["stepfree"],
        "wait_s": facts["wait_s"],
        "ride_s": facts["ride_s"] * share,
        "runs": facts["runs"].where(~one_way, None),
    }
    return pd.DataFrame(table)[list(EDGE_COLUMNS)]


def register_facts(links: pd.DataFrame) -> pd.DataFrame:
    """Return what the register says, row by row, with what it does not say as missing: a link is open unless closed."""
    links = links.reindex(columns=["link_id", *_NUMBERS, *_TEXTS])
    numbers = {name: pd.to_numeric(links[name]).to_numpy(dtype=np.float64) for name in _NUMBERS}
    direction, hours = links["direction"].astype(object), links["opening_hours"].astype(object)
    return pd.DataFrame(
        {
            "link_id": links["link_id"].astype(object).where(links["link_id"].notna(), None),
            "kind": links["kind"].where(links["kind"].notna(), None).astype(object),
            "rise_m": numbers["rise_m"],
            "wait_s": numbers["wait_s"],
            "ride_s": numbers["ride_s"],
            "paid": np.nan_to_num(numbers["fee_cny"]) > 0,
            "open": (links["state"] != "closed").to_numpy(),
            "hours": hours.where(hours.notna() & (hours != ""), None),
            "stepfree": (links["wheelchair"] != "no").to_numpy(),
            "runs": direction.where(direction.isin(["up", "down"]), None),
        }
    )


def _kinds(tags: pd.DataFrame) -> np.ndarray:
    path = tags["highway"].isin(_PATHS)
    crossing = (tags["footway"] == "crossing") | (tags["crossing"].notna() & path)
    belt = tags["conveying"].isin(_BELT)
    tests = [belt, tags["highway"] == "steps", crossing, path]
    return np.asarray(np.select(tests, ["escalator", "stairs", "crossing", "path"], "street"), dtype=object)


def _crossings(
    ways: Ways, rows: Ints, first: Ints, last: Ints, kind: np.ndarray, length_m: Floats
) -> tuple[Floats, Floats]:
    """Parts of crossings with and without lights on each edge.

    A way that is a crossing counts once, over all its edges by length; on a footpath each crossing node counts, half
    where an edge ends on it. Along a street nothing is crossed.
    """
    here = ways.nodes.loc[ways.refs, ["highway", "crossing"]]
    lights = ((here["crossing"] == "traffic_signals") | (here["highway"] == "traffic_signals")).to_numpy()
    node = lights | ((here["highway"] == "crossing") & (here["crossing"] != "no")).to_numpy()
    by_way = np.logical_or.reduceat(lights, ways.offsets[:-1]) | (ways.ways["crossing"] == "traffic_signals").to_numpy()
    whole = kind == "crossing"
    total = np.bincount(rows[whole], length_m[whole], len(ways.ways))
    part = np.where(whole, length_m / np.maximum(total[rows], 1e-9), 0.0)
    path = kind == "path"

    def count(wanted: Bools) -> Floats:
        below = np.concatenate([[0], np.cumsum(wanted)])
        inner = below[last] - below[first + 1]
        return np.where(path, inner + 0.5 * wanted[first] + 0.5 * wanted[last], 0.0)

    signals = np.where(by_way[rows], part, 0.0) + count(lights)
    gaps = np.where(by_way[rows], 0.0, part) + count(node & ~lights)
    return signals, gaps


def _incline_sign(value: object) -> int:
    text = str(value or "").strip().rstrip("%°")
    if text in {"up", "down"}:
        return 1 if text == "up" else -1
    try:
        return int(np.sign(float(text)))
    except ValueError:
        return 0

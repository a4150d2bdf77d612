"""Figures that pages quote, read from a bundle of the district."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd

from benchmarks.climb import table

_CUTOFF_S = 900
_TIERS = {"school": "校园 school", "community": "社区 community", "base": "基地 base"}
_CAUSES = {
    "unlocated_place": "点位未定位", "beyond_extract": "数据边缘", "disconnected": "路网不通", "too_far": "太远",
    "barrier": "屏障阻隔", "missing_link": "缺连接", "paid_or_closed": "收费或关闭", "terrain": "地形",
    "detour": "绕行",
}  # fmt: skip


def coverage(bundle: Path) -> str:
    """Shares of the district's people within 15 minutes."""
    table = _csv(bundle, "coverage")
    table = table[(table["subdistrict"] == "district") & (table["cutoff_s"] == _CUTOFF_S)]
    lines = ["| tier | places counted | radius | level | walk | people, walk |", "|---|---|---|---|---|---|"]
    for tier, label in _TIERS.items():
        for basis in ("confirmed", "all"):
            part = table[(table["tier"] == tier) & (table["basis"] == basis)].set_index("measure")
            shares = [_share(float(part["share"][measure])) for measure in ("radius", "level", "walk")]
            walk = part.loc["walk"]
            people = f"{walk['covered_low'] / 1e3:.0f}–{walk['covered_high'] / 1e3:.0f} thousand"
            lines.append(f"| {' | '.join([label, basis, *shares, 'unknown' if walk['unknown'] else people])} |")
    return _text(*lines)


def network(bundle: Path) -> str:
    """Size of the walking network."""
    edges = gpd.read_parquet(bundle / "layers" / "network.parquet")
    rules = _csv(bundle, "walkable")
    dropped = rules.loc[~rules["walk"], "km"].sum()
    stairs = (edges["kind"] == "stairs").sum()
    km = edges["length_m"].sum() / 1e3
    return _text(
        f"In the bundled district the rule keeps {km:.0f} km in {len(edges):,} edges, {stairs} of them stairs, "
        f"and drops {dropped:.0f} km."
    )


def homes(bundle: Path) -> str:
    """How many homes are mapped, and how many people are placed where none is."""
    points = gpd.read_parquet(bundle / "layers" / "demand.parquet")
    people = points.groupby("kind")["people"].sum() / points["people"].sum()
    mapped = int((points["kind"] == "footprint").sum())
    return _text(
        f"The district has {len(points):,} homes here: {mapped:,} mapped, {len(points) - mapped} supposed. "
        f"{people['frontage']:.0%} of the people live in the supposed ones."
    )


def gaps(bundle: Path) -> str:
    """Gaps of the district by tier and cause."""
    table = pd.crosstab(_csv(bundle, "gaps")["cause"], _csv(bundle, "gaps")["tier"])
    table = table.reindex(index=list(_CAUSES), columns=list(_TIERS), fill_value=0)
    lines = [f"| gaps in the district | {' | '.join(_TIERS.values())} |", "|---|---|---|---|"]
    lines += [f"| {_CAUSES[str(c)]} `{c}` | {' | '.join(map(str, row))} |" for c, row in table.iterrows() if row.any()]
    return _text(*lines, f"| all | {' | '.join(map(str, table.sum()))} |")


def climb(_bundle: Path) -> str:
    """One climb by other engines' constants and by ours."""
    return _text(*table().splitlines())


def certainty(bundle: Path) -> str:
    """Share of the district's people by class, where every placed facility counts and where only confirmed ones do."""
    rows = _csv(bundle, "certainty")
    rows = rows[rows["subdistrict"] == "district"]
    lines = ["| tier | places counted | certain | likely | borderline | uncovered |", "|---|---|---|---|---|---|"]
    for tier, label in _TIERS.items():
        for basis in ("confirmed", "all"):
            part = rows[(rows["tier"] == tier) & (rows["basis"] == basis)].set_index("class")
            total = part["people"].sum()
            known = not part["unknown"].any() and total > 0
            cells = [_share(part["people"][name] / total if known else float("nan")) for name in part.index]
            lines.append(f"| {' | '.join([label, basis, *cells])} |")
    return _text(*lines)


def proposals(bundle: Path) -> str:
    """One proposed route for each located school."""
    table = _csv(bundle, "proposals")
    told = table[table["route_id"].notna()]
    stops, candidates = int(told["stops"].sum()), int(told["stops_candidate"].sum())
    lines = [
        f"{len(told)} of {len(table)} located schools have one: {stops} stops, of which {candidates} are candidates.",
        "",
        "| school | theme | stops | of them candidates | min in all | min walking | longest leg, min | m up | steps |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in table.to_dict("records"):
        if pd.isna(row["route_id"]):
            lines.append(f"| {row['school']} | {row['why_zh']} {row['why_en']} | | | | | | | |")
            continue
        times = (f"{row[key] / 60:.0f}" for key in ("total_s", "walk_s", "longest_leg_s"))
        sums = (f"{row[key]:.0f}" for key in ("ascent_m", "steps"))
        cells = (row["school"], row["theme"], row["stop_names"], f"{row['stops_candidate']:.0f}", *times, *sums)
        lines.append(f"| {' | '.join(cells)} |")
    return _text(*lines)


def _csv(bundle: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(bundle / "tables" / f"{name}.csv")


def _share(value: float) -> str:
    return "unknown" if pd.isna(value) else f"{value:.1%}"


def _text(*lines: str) -> str:
    return "\n" + "\n".join(lines) + "\n\n"


FIGURES: dict[str, Callable[[Path], str]] = {
    "certainty": certainty,
    "climb": climb,
    "coverage": coverage,
    "gaps": gaps,
    "homes": homes,
    "network": network,
    "proposals": proposals,
}

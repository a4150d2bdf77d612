"""The districts together: GeoParquet partitioned by district, and a table with a row for each and one for all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from servicecircle.batch.areas import Area
from servicecircle.batch.district import Outcome
from servicecircle.batch.parts import LAYERS, TABLES, Part, read_part
from servicecircle.coverage import BASES
from servicecircle.errors import Fault, InputError
from servicecircle.model import Tier
from servicecircle.publish.replacing import replace_folder
from servicecircle.publish.tables import write_csv

__all__ = ["ALL", "merge", "read_national", "summary"]

ALL = "*"
"""Stands for a district's id in the row of all."""

_ADDED = ("people", "homes", "nodes", "walk_km", "seconds")
_WORDS = ("district", "name_zh", "name_en")
_WHOLE = ("homes", "nodes", "places_", "gaps_")
_PARTITION = pa.schema([("district", pa.string())])
_ERRORS = ["district", "name", "state", "problem"]


def merge(areas: Sequence[Area], outcomes: Mapping[str, Outcome], parts: Path, out: Path) -> pd.DataFrame:
    """Put the parts together that the outcomes name, in place of what ``out`` held; return the national table.

    A part of older inputs is left out: its district stands in errors.csv.

    Raises
    ------
    InputError
        The disk has no room, or districts say different things by one name. The old tables are as they were.
    """
    found = {area.id: read_part(parts / area.id) for area in areas}
    sound = {
        area.id: part
        for area in areas
        if (part := found[area.id]) is not None and part.inputs == outcomes[area.id].inputs
    }
    table = summary(areas, sound)
    scratch = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        write_csv(table, scratch / "summary.csv")
        write_csv(_errors(areas, outcomes), scratch / "errors.csv")
        for kind, names, prefix in (("layers", LAYERS, ""), ("tables", TABLES, "table-")):
            for name in names:
                files = {d: parts / d / f"{prefix}{name}.parquet" for d in sound}
                _partitioned(files, scratch / kind / name)
        replace_folder(scratch, out)
    except OSError as error:
        remedy = "make room, and run the same command again: no district is computed twice"
        problem = f"the national tables cannot be written: {error.strerror or error}"
        raise InputError([Fault(problem, remedy, value=str(out))]) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return table


def read_national(out: Path, layer: str, districts: Sequence[str] | None = None) -> gpd.GeoDataFrame:
    """Read a layer of all districts, or of some; column ``district`` is text, also where ids are numbers.

    Raises
    ------
    InputError
        There is no such layer.
    """
    folder = out / "national" / "layers" / layer
    if not folder.is_dir():
        remedy = f"run servicecircle batch; a layer is one of: {', '.join(LAYERS)}"
        raise InputError([Fault("no such layer", remedy, value=layer)])
    wanted = None if districts is None else ds.field("district").isin(list(districts))
    hive = ds.partitioning(_PARTITION, flavor="hive")
    return gpd.read_parquet(folder, partitioning=hive, filters=wanted)


def summary(areas: Sequence[Area], parts: Mapping[str, Part]) -> pd.DataFrame:
    """Return a row a district, in the order of the list, and a row of all (``ALL``) at the end.

    ``known_TIER_BASIS``: people of the districts whose share is known; the share of all is of these.
    """
    rows = []
    for area in areas:
        part = parts.get(area.id)
        if part is None:
            continue
        row = {"district": area.id} | part.facts | {"seconds": part.seconds, "peak_mb": part.peak_mb}
        row["name_zh"] = area.name or row["name_zh"]
        for key in _shares():
            row[f"known_{key}"] = 0.0 if row[f"share_{key}"] is None else row["people"]
        rows.append(row)
    if not rows:
        return pd.DataFrame()
    table = pd.DataFrame([*rows, _all(rows)])
    kinds = {str(c): "Int64" if str(c).startswith(_WHOLE) else "float64" for c in table.columns if c not in _WORDS}
    return table.astype(kinds)


def _shares() -> list[str]:
    return [f"{tier}_{basis}" for tier in Tier for basis in BASES]


def _all(rows: Sequence[Mapping[str, object]]) -> dict[str, object]:
    table = pd.DataFrame(rows)
    added = [*_ADDED, *(f"{what}_{tier}" for tier in Tier for what in ("places", "gaps"))]
    added += [f"{what}_{key}" for key in _shares() for what in ("covered", "known")]
    row: dict[str, object] = {key: pd.to_numeric(table[key]).sum() for key in added}
    for key in _shares():
        known = float(pd.to_numeric(table[f"known_{key}"]).sum())
        row[f"share_{key}"] = float(pd.to_numeric(table[f"covered_{key}"]).sum()) / known if known else None
    cutoffs = set(table["cutoff_s"])
    cutoff = cutoffs.pop() if len(cutoffs) == 1 else None
    names = dict(zip(_WORDS, (ALL, "合计", "All"), strict=True))
    return names | row | {"cutoff_s": cutoff, "peak_mb": table["peak_mb"].max()}


def _errors(areas: Sequence[Area], outcomes: Mapping[str, Outcome]) -> pd.DataFrame:
    told = ((area, outcomes[area.id]) for area in areas)
    rows = [(area.id, area.name, o.state.value, o.problem) for area, o in told if not o.inputs]
    return pd.DataFrame(rows, columns=_ERRORS)


def _partitioned(files: Mapping[str, Path], folder: Path) -> None:
    """Lay the districts' files side by side under one schema: a second name of the same file where it has it already.

    What is empty or whole numbers in one district may be text or fractions in another.
    """
    if not files:
        return
    schemas = {district: pq.read_schema(file) for district, file in files.items()}
    common = _common([_filled(file) for file in files.values()], next(iter(schemas.values())), folder.name)
    for district, file in files.items():
        target = folder / f"district={district}" / "part.parquet"
        target.parent.mkdir(parents=True)
        if schemas[district].equals(common, check_metadata=False):
            _same_file(file, target)
            continue
        table = pq.read_table(file)
        columns = [
            pa.nulls(len(table), kind) if _nothing(table, name) else table[name].cast(kind)
            for name, kind in zip(common.names, common.types, strict=True)
        ]
        known = common.with_metadata(schemas[district].metadata)
        pq.write_table(pa.table(columns, schema=known), target, compression="zstd")


def _filled(file: Path) -> pa.Schema:
    """Return the schema of a file, in which a column without any value is of no type."""
    with pq.ParquetFile(file) as opened:
        about, schema = opened.metadata, opened.schema_arrow.remove_metadata()
    nulls = dict.fromkeys(schema.names, 0)
    for group in (about.row_group(k) for k in range(about.num_row_groups)):
        for column in (group.column(k) for k in range(about.num_columns)):
            if column.path_in_schema in nulls and column.is_stats_set:
                nulls[column.path_in_schema] += column.statistics.null_count or 0
    return pa.schema([f.with_type(pa.null()) if nulls[f.name] == about.num_rows else f for f in schema])


def _common(schemas: Sequence[pa.Schema], first: pa.Schema, layer: str) -> pa.Schema:
    """Return the schema that all fit into; what is empty everywhere keeps the type it has in the first."""
    try:
        common = pa.unify_schemas(schemas, promote_options="permissive")
    except pa.ArrowException as error:
        remedy = "compare these districts' files"
        raise InputError([Fault(f"districts cannot be put together: {error}", remedy, layer)]) from error
    empty = pa.types.is_null
    return pa.schema(
        [f.with_type(first.field(f.name).type) if empty(f.type) and f.name in first.names else f for f in common]
    )


def _nothing(table: pa.Table, name: str) -> bool:
    return name not in table.column_names or table[name].null_count == len(table)


def _same_file(file: Path, target: Path) -> None:
    try:
        os.link(file, target)
    except OSError:  # a file system that knows no second name
        shutil.copyfile(file, target)

"""Make this data set from gathered source material: ``python data/geo/make.py --source DIR``.

Every gathered row becomes a row here or is named in excluded.csv with a reason; otherwise
nothing is written and the faults are shown. The same material gives the same bytes.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path

from making.amenities import write_amenities
from making.entrances import write_entrances
from making.figures import write_population, write_routes
from making.files import write_csv, write_manifest
from making.gathered import EXTRACTS, Account, Gathered, judgements
from making.layers import write_layers, write_terrain
from making.links import write_links
from making.places import write_places
from making.registry import registry

from servicecircle.errors import Fault, InputError
from servicecircle.ingest.overpass import read_overpass
from servicecircle.publish.study_area import write_ways

HERE = Path(__file__).resolve().parent
WRITTEN_BY_HAND = ("study.toml", "categories.toml", "declared.toml", "targets.toml")


def make(source: Path, out: Path) -> None:
    """Make the data set.

    Parameters
    ----------
    source
        Folder of gathered material, with ``osm``, ``facilities``, ``admin`` and ``terrain``.
    out
        Folder to write.

    Raises
    ------
    InputError
        A row is neither taken nor excluded, or a source does not say what it should.
    """
    account = Account()
    gathered = Gathered(source, account)
    decided = judgements()
    places = registry(gathered, decided)
    write_places(places, out / "facilities.csv")
    write_entrances(gathered, out / "entrances.csv")
    write_amenities(gathered, out / "amenities.csv")
    write_links(gathered, decided, out / "vertical_links.csv")
    write_routes(gathered, decided, places, out)
    write_population(gathered, places, out)
    write_layers(gathered, out)
    write_terrain(gathered, out)
    ways = read_overpass([source / "osm" / EXTRACTS["walk"]])
    write_ways(ways, out)
    _check_by_hand(out, ways.data_date, {place.category for place in places} - {""})
    account.close()
    write_csv(out / "excluded.csv", ("source_file", "name", "reason"), sorted(account.left_out))
    write_manifest(out)


def _check_by_hand(out: Path, data_date: str, used: set[str]) -> None:
    study, categories, *_ = (tomllib.loads((out / name).read_text(encoding="utf-8")) for name in WRITTEN_BY_HAND)
    faults = []
    if study["data_date"] != data_date:
        faults.append(
            Fault("not the day of the walk extract", f"write {data_date}", "study.toml", value=study["data_date"])
        )
    known = {category["id"] for category in categories["category"]}
    if not used <= known:
        faults.append(Fault("unknown categories are used", "add them", "categories.toml", value=sorted(used - known)))
    if faults:
        raise InputError(faults)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--source", type=Path, required=True, help="folder of the gathered material")
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write (default: the folder of this script)")
    given = parser.parse_args(arguments)
    # A failure must not leave a half-made data set behind.
    with tempfile.TemporaryDirectory() as name:
        draft = Path(name)
        for file in WRITTEN_BY_HAND:
            shutil.copyfile(HERE / file, draft / file)
        try:
            make(given.source, draft)
        except InputError as error:
            sys.stderr.write(f"{error}\n")
            return 1
        given.out.mkdir(parents=True, exist_ok=True)
        for path in sorted(draft.iterdir()):
            shutil.copyfile(path, given.out / path.name)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

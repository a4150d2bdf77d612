"""``python -m maps``: draw a bundle. Exit codes: 0 done, 2 bad input."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from maps.study import write_study
from servicecircle.errors import InputError

DONE, BAD_INPUT = 0, 2
EXAMPLE = """example:
  servicecircle build --out build
  python -m maps study --bundle build --out build/maps
"""
REPORT_EXAMPLE = """example:
  servicecircle build --out build
  python -m maps report --bundle build --out build/report
"""
SITE_EXAMPLE = """example:
  servicecircle build --out build
  python -m maps site --bundle build --out site --gcj02
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        path = options.run(options)
    except (InputError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return BAD_INPUT
    sys.stdout.write(f"{path}\n")
    return DONE


def _study(options: argparse.Namespace) -> Path:
    return write_study(options.bundle, options.out or options.bundle / "maps")


def _report(options: argparse.Namespace) -> Path:
    from maps.report.write import write_report  # noqa: PLC0415  matplotlib, which the map does not need

    return write_report(options.bundle, options.out or options.bundle / "report", options.font, _progress)


def _site(options: argparse.Namespace) -> Path:
    from maps.site.write import write_site  # noqa: PLC0415  with the report, matplotlib

    return write_site(options.bundle, options.out, gcj02=options.gcj02, open_only=options.open_only, say=_progress)


def _progress(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _parser() -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="python -m maps", description="Draw a bundle.", epilog=EXAMPLE, formatter_class=raw
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    study = commands.add_parser(
        "study",
        help="the interactive map: one HTML file that works without any network",
        description="Write the interactive map of a bundle as one self-contained HTML file and print its path.",
        epilog=EXAMPLE,
        formatter_class=raw,
    )
    study.add_argument("--bundle", type=Path, default=Path("build"), help="the bundle to draw (default: build)")
    study.add_argument("--out", type=Path, help="the folder to write to (default: maps in the bundle)")
    study.set_defaults(run=_study)
    report = commands.add_parser(
        "report",
        help="the planner's report: pages, a workbook, a one-page brief a subdistrict as HTML and PDF",
        description="Write the report of a bundle, all without any network, and print the path of its first page.",
        epilog=REPORT_EXAMPLE,
        formatter_class=raw,
    )
    report.add_argument("--bundle", type=Path, default=Path("build"), help="the bundle to report on (default: build)")
    report.add_argument("--out", type=Path, help="the folder to write to (default: report in the bundle)")
    report.add_argument("--font", type=Path, help="a font file that holds Chinese (default: the system's)")
    report.set_defaults(run=_report)
    _add_site(commands)
    return parser


def _add_site(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    site = commands.add_parser(
        "site",
        help="the static site: map, report, routes, open data, for any web server or a USB stick",
        description="Write the site of a bundle, which works without a server or network, and print its first page.",
        epilog=SITE_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    site.add_argument("--bundle", type=Path, default=Path("build"), help="the bundle to publish (default: build)")
    site.add_argument("--out", type=Path, default=Path("site"), help="the folder to write to (default: site)")
    site.add_argument("--gcj02", action="store_true", help="add the open data in GCJ-02, for Amap and Tencent maps")
    site.add_argument("--open-only", action="store_true", help="draw only places that may be passed on, on the map too")
    site.set_defaults(run=_site)


if __name__ == "__main__":
    sys.exit(main())

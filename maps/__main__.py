"""``python -m maps``: draw a bundle. Exit codes: 0 done, 2 bad input."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from maps.compare.write import write_compare
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
SHEET_EXAMPLE = """example:
  servicecircle build --out build
  python -m maps sheet --bundle build --size a0 --out build/sheets
  python -m maps sheet --bundle build --subdistrict all --route all --out build/sheets
  python -m maps sheet --bundle build --route R01 --size a4 --site-url https://HOST/study/
"""
COMPARE_EXAMPLE = """example:
  servicecircle compare build build-lift --out build-lift/compare
  python -m maps compare --bundle build --comparison build-lift/compare --out compare.html
"""
RAW = argparse.RawDescriptionHelpFormatter
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001


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


def _compare(options: argparse.Namespace) -> Path:
    return write_compare(options.bundle, options.comparison, options.out)


def _progress(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _sheet(options: argparse.Namespace) -> Path:
    from maps.sheet.write import Order, write_sheets  # noqa: PLC0415  matplotlib, which the map does not need

    order = Order(
        options.size,
        options.subdistrict,
        options.route,
        options.boundary,
        options.review_number,
        options.publisher,
        options.font,
        options.site_url,
    )
    written = write_sheets(options.bundle, options.out or options.bundle / "sheets", order, _progress)
    return written[0] if len(written) == 1 else options.out or options.bundle / "sheets"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m maps", description="Draw a bundle.", epilog=EXAMPLE, formatter_class=RAW
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add in (_add_study, _add_report, _add_sheet, _add_site, _add_compare):
        add(commands)
    return parser


def _add_study(commands: Commands) -> None:
    study = commands.add_parser(
        "study",
        help="the interactive map: one HTML file that works without any network",
        description="Write the interactive map of a bundle as one self-contained HTML file and print its path.",
        epilog=EXAMPLE,
        formatter_class=RAW,
    )
    _add_folders(study, "maps")
    study.set_defaults(run=_study)


def _add_report(commands: Commands) -> None:
    report = commands.add_parser(
        "report",
        help="the planner's report: pages, a workbook, a one-page brief a subdistrict as HTML and PDF",
        description="Write the report of a bundle, all without any network, and print the path of its first page.",
        epilog=REPORT_EXAMPLE,
        formatter_class=RAW,
    )
    _add_folders(report, "report")
    _add_font(report)
    report.set_defaults(run=_report)


def _add_sheet(commands: Commands) -> None:
    sheet = commands.add_parser(
        "sheet",
        help="the printed map: the whole district, a subdistrict or a route on A3 or A0, as PDF, PNG and SVG",
        description="Write print sheets of a bundle as PDF, PNG and SVG and print the path of the PDF, or the folder.",
        epilog=SHEET_EXAMPLE,
        formatter_class=RAW,
    )
    _add_folders(sheet, "sheets")
    sheet.add_argument(
        "--size",
        choices=("a4", "a3", "a0"),
        default="a3",
        help="A4: a route to take along; A3 for the desk, A0 for the wall (default: a3)",
    )
    sheet.add_argument("--subdistrict", default="", metavar="CODE", help="its sheet; `all`: one of each")
    sheet.add_argument(
        "--route", default="", metavar="ID", help="its sheet; `all`: each published one; `proposed`: each other"
    )
    sheet.add_argument(
        "--site-url", default="", metavar="URL", help="where the site is: A4 sheets get a code of the route's page"
    )
    sheet.add_argument("--boundary", type=Path, metavar="FILE", help="an official boundary line to draw, as given")
    sheet.add_argument("--review-number", default="", metavar="S", help="审图号; without one a watermark says so")
    sheet.add_argument("--publisher", default="", metavar="S", help="编制单位")
    _add_font(sheet)
    sheet.set_defaults(run=_sheet)


def _add_folders(command: argparse.ArgumentParser, folder: str) -> None:
    command.add_argument("--bundle", type=Path, default=Path("build"), help="the bundle to draw (default: build)")
    command.add_argument("--out", type=Path, help=f"the folder to write to (default: {folder} in the bundle)")


def _add_font(command: argparse.ArgumentParser) -> None:
    command.add_argument("--font", type=Path, help="a font file that holds Chinese (default: the system's)")


def _add_site(commands: Commands) -> None:
    site = commands.add_parser(
        "site",
        help="the static site: map, report, routes, open data, for any web server or a USB stick",
        description="Write the site of a bundle, which works without a server or network, and print its first page.",
        epilog=SITE_EXAMPLE,
        formatter_class=RAW,
    )
    site.add_argument("--bundle", type=Path, default=Path("build"), help="the bundle to publish (default: build)")
    site.add_argument("--out", type=Path, default=Path("site"), help="the folder to write to (default: site)")
    site.add_argument("--gcj02", action="store_true", help="add the open data in GCJ-02, for Amap and Tencent maps")
    site.add_argument("--open-only", action="store_true", help="draw only places that may be passed on, on the map too")
    site.set_defaults(run=_site)


def _add_compare(commands: Commands) -> None:
    compare = commands.add_parser(
        "compare",
        help="the map of a comparison: who gains and who loses between two bundles, and where",
        description="Draw what `servicecircle compare --out` wrote, as one HTML file, and print its path.",
        epilog=COMPARE_EXAMPLE,
        formatter_class=RAW,
    )
    compare.add_argument("--bundle", type=Path, default=Path("build"), help="the bundle to draw under it")
    compare.add_argument("--comparison", type=Path, required=True, help="the folder that `compare --out` wrote")
    compare.add_argument("--out", type=Path, default=Path("compare.html"), help="the file (default: compare.html)")
    compare.set_defaults(run=_compare)


if __name__ == "__main__":
    sys.exit(main())

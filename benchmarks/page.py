"""How heavy the study map is and how soon it can be used, on a processor slowed down six times.

    python -m benchmarks.page [--page build/maps/study.html] [--slower 6] [--runs 3]

Measured in the Chromium of this machine. "Drawn" is the time from the start of the navigation until both canvases
have been painted and the page is idle enough to run the next script. Numbers are printed, never tested.
"""

from __future__ import annotations

import argparse
import gzip
import re
import statistics
import sys
from pathlib import Path

from playwright.sync_api import Browser

from tests.chromium import started

READY = """() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() =>
  setTimeout(() => done(performance.now())))))"""
SCREENS = {"desktop": (1440, 900), "phone": (390, 844)}
CIRCLES = re.compile(rb'(id="data-circles">).*?(</script>)', re.DOTALL)


def main() -> None:
    """Print weights and times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page", type=Path, default=Path("build/maps/study.html"))
    parser.add_argument("--slower", type=float, default=6.0)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    page = options.page.read_bytes()
    served = CIRCLES.sub(rb"\1null\2", page, count=1)
    _say(f"offline: {len(page):,} bytes, {_packed(page):,} gzipped; served: {_packed(served):,} gzipped")
    with started() as browser:
        for screen, size in SCREENS.items():
            times = sorted(_opened(browser, options.page, size, options.slower) for _ in range(options.runs))
            told = ", ".join(f"{t:.2f}" for t in times)
            _say(f"{screen} {size[0]}x{size[1]}, CPU x{options.slower:g}: {statistics.median(times):.2f} s ({told})")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _packed(page: bytes) -> int:
    return len(gzip.compress(page, 6))


def _opened(browser: Browser, page: Path, size: tuple[int, int], slower: float) -> float:
    """Open the page once, cold; return seconds."""
    phone = size == SCREENS["phone"]
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, is_mobile=phone, has_touch=phone, device_scale_factor=1 + phone
    )
    tab = context.new_page()
    context.new_cdp_session(tab).send("Emulation.setCPUThrottlingRate", {"rate": slower})
    tab.goto(page.resolve().as_uri())
    milliseconds: float = tab.evaluate(READY)
    context.close()
    return milliseconds / 1000


if __name__ == "__main__":
    main()

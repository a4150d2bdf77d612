"""How heavy the study map is and how soon it can be used, on a processor slowed down six times; the family page, too.

    python -m benchmarks.page [--page build/maps/study.html] [--slower 6] [--runs 3]
    python -m benchmarks.page --family build [--slower 6] [--runs 3]

Measured in the Chromium of this machine. "Drawn" is the time from the start of the navigation until both canvases
have been painted and the page is idle enough to run the next script. The family page comes from a service over HTTP,
until it can be used: in a browser that was just started, and once more in the same one, with nothing kept.
Numbers are printed, never tested.
"""

from __future__ import annotations

import argparse
import gzip
import re
import statistics
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser

from tests.chromium import started
from tests.hunt.service_running import serving

READY = """() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() =>
  setTimeout(() => done(performance.now())))))"""
USABLE = """new MutationObserver(() => {
  if (!document.body?.dataset.ready) return;
  window.usable ??= performance.now();
  const tiles = [...document.querySelectorAll('.leaflet-tile')];
  if (tiles.length && tiles.every((tile) => tile.classList.contains('leaflet-tile-loaded')))
    requestAnimationFrame(() => setTimeout(() => { window.painted ??= performance.now(); }));
}).observe(document, { subtree: true, attributes: true, childList: true })"""
SCREENS = {"desktop": (1440, 900), "phone": (390, 844)}
CIRCLES = re.compile(rb'(id="data-circles">).*?(</script>)', re.DOTALL)


def main() -> None:
    """Print weights and times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page", type=Path, default=Path("build/maps/study.html"))
    parser.add_argument("--slower", type=float, default=6.0)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--family", type=Path, help="a bundle, to be served")
    options = parser.parse_args()
    if options.family is not None:
        _family(options.family.resolve(), options.slower, options.runs)
        return
    page = options.page.read_bytes()
    served = CIRCLES.sub(rb"\1null\2", page, count=1)
    _say(f"offline: {len(page):,} bytes, {_packed(page):,} gzipped; served: {_packed(served):,} gzipped")
    with started() as browser:
        for screen, size in SCREENS.items():
            times = sorted(_opened(browser, options.page, size, options.slower) for _ in range(options.runs))
            told = ", ".join(f"{t:.2f}" for t in times)
            _say(f"{screen} {size[0]}x{size[1]}, CPU x{options.slower:g}: {statistics.median(times):.2f} s ({told})")


def _family(bundle: Path, slower: float, runs: int) -> None:
    with TemporaryDirectory() as scratch, serving(Path(scratch), "--bundle", str(bundle)) as running:
        address = f"http://127.0.0.1:{running.port}/family"
        _opened_family(address, 1.0)  # what the service makes once, and what the system reads from its disk
        times = [_opened_family(address, slower) for _ in range(runs)]
    for k, name in enumerate(("browser just started", "once more in it")):
        for j, what in enumerate(("can be used", "map painted")):
            column = sorted(run[k][j] for run in times)
            told = ", ".join(f"{t:.2f}" for t in column)
            _say(f"family page, phone, CPU x{slower:g}, {name}, {what}: {statistics.median(column):.2f} s ({told})")


def _opened_family(address: str, slower: float) -> list[tuple[float, float]]:
    """Open the page twice in a new browser; return seconds from the navigation until its two states."""
    seconds = []
    with started() as browser:
        for _ in range(2):
            width, height = SCREENS["phone"]
            context = browser.new_context(viewport={"width": width, "height": height}, is_mobile=True, has_touch=True)
            tab = context.new_page()
            tab.add_init_script(USABLE)
            context.new_cdp_session(tab).send("Emulation.setCPUThrottlingRate", {"rate": slower})
            tab.goto(address, wait_until="commit")
            tab.wait_for_function("() => window.painted", timeout=60_000)
            usable, painted = tab.evaluate("() => [window.usable / 1000, window.painted / 1000]")
            seconds.append((usable, painted))
            context.close()
    return seconds


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

"""How quick the service is under load, what it does under ten times as much, and what it forgets to forget."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np

from tests.hunt.service_running import Running, press, serving

CONNECTIONS, OVERLOAD = 16, 160
RECOVERY_S = 5.0
RSS_GROWTH = 0.05
TARGETS_MS = {"items": 100.0, "nearest": 100.0, "stored circle": 100.0, "circle on demand": 300.0}
_NUMBER = re.compile(r"\d{2,3}\.\d{3,}")
Path_ = Callable[[np.random.Generator], str]


def questions(bundle: Path) -> dict[str, Path_]:
    """Return what is asked: the places and the streets are the bundle's."""
    places = gpd.read_parquet(bundle / "layers" / "facilities.parquet")
    placed = places[places.geometry.notna()]
    points = np.column_stack([placed.geometry.x, placed.geometry.y])
    circles = sorted(set(gpd.read_parquet(bundle / "layers" / "isochrones.parquet")["facility_id"]))

    @cache
    def size() -> int:
        return len(places)

    def point(random: np.random.Generator) -> tuple[float, float]:
        lon, lat = points[random.integers(len(points))] + random.normal(0, 3e-4, 2)
        return round(float(lon), 6), round(float(lat), 6)

    def at(path: str) -> Path_:
        def asked(random: np.random.Generator) -> str:
            lon, lat = point(random)
            return f"{path}?lon={lon}&lat={lat}"

        return asked

    def walk(random: np.random.Generator) -> str:
        (a, b), (c, d) = point(random), point(random)
        return f"/walk?from={a},{b}&to={c},{d}"

    def box(random: np.random.Generator) -> str:
        lon, lat = point(random)
        return f"/collections/network/items?bbox={lon},{lat},{lon + 0.01:.6f},{lat + 0.01:.6f}&limit=10"

    return {
        "items": lambda random: f"/collections/facilities/items?limit=10&offset={random.integers(size())}",
        "nearest": at("/nearest"),
        "stored circle": lambda random: (
            f"/collections/isochrones/items?facility_id={random.choice(circles)}&cutoff_s=900"
        ),
        "circle on demand": at("/circle"),
        "walk": walk,
        "box": box,
    }


def latency(bundle: Path, folder: Path, seconds: float) -> list[str]:
    """Ask each kind on 16 connections; no answer but 200 (and 422 where a point is too far from any street)."""
    told = []
    with serving(folder, "--bundle", str(bundle), "--rate-per-s", "0") as running:
        for name, path in questions(bundle).items():
            press(running, path, CONNECTIONS, min(2.0, seconds / 3))
            load = press(running, path, CONNECTIONS, seconds)
            assert set(load.statuses) <= {200, 422}, load.statuses
            share = 95 if name == "circle on demand" else 99
            seen, most = load.percentile(share), TARGETS_MS.get(name)
            verdict = (
                "" if most is None else f"; p{share} {seen:.0f} of {most:.0f} ms: {'kept' if seen < most else 'MISSED'}"
            )
            told.append(f"{name}: {load.told()}, {len(load.seconds) / seconds:.0f}/s{verdict}")
    return told


def overload(bundle: Path, folder: Path, seconds: float) -> list[str]:
    """Ask on ten times as many connections: only 200, 429 and 503, and quick again within seconds."""
    told = []
    asked = questions(bundle)
    for limit in ("0", "50"):
        with serving(folder, "--bundle", str(bundle), "--rate-per-s", limit, "--burst", "100") as running:
            load = press(running, asked["circle on demand"], OVERLOAD, seconds)
            assert set(load.statuses) <= {200, 422, 429, 503}, load.statuses
            assert load.statuses[200] > 0
            recovered = _recovery(running, asked["circle on demand"])
            assert recovered < RECOVERY_S, recovered
            told.append(
                f"{OVERLOAD} connections, {limit} requests/s an address: {load.told()}; "
                f"quick again after {recovered:.2f} s"
            )
    return told


def soak(bundle: Path, folder: Path, minutes: float) -> list[str]:
    """Ask everything, mixed, for minutes: memory stays what it was after the first fifth."""
    asked = list(questions(bundle).values())

    def mixed(random: np.random.Generator) -> str:
        return asked[random.integers(len(asked))](random)

    with serving(folder, "--bundle", str(bundle), "--rate-per-s", "0") as running:
        seen, count = [], 0
        for _ in range(10):
            load = press(running, mixed, CONNECTIONS, minutes * 6)
            assert set(load.statuses) <= {200, 422}, load.statuses
            count += len(load.seconds)
            seen.append(running.rss_mb())
        growth = max(seen[2:]) / seen[1] - 1
        sizes = " ".join(f"{size:.0f}" for size in seen)
        assert growth < RSS_GROWTH, sizes
        return [
            (
                f"{minutes:g} minutes, {count} answers: RSS {sizes} MB at each tenth; "
                f"growth after the first fifth {100 * growth:.1f} %"
            )
        ]


def silence(bundle: Path, folder: Path, count: int) -> list[str]:
    """Ask a thousand varied questions, sound and not: no coordinate in the log."""
    asked = list(questions(bundle).values())
    odd = ("/circle?minutes=x&{}", "/{}", "/routes/{}", "/report/{}.html", "/walk?from={}", "/nearest?lon=nan&{}")
    random = np.random.default_rng(1)
    for form in ("line", "json"):
        with serving(folder, "--bundle", str(bundle), "--rate-per-s", "0", "--log-format", form) as running:
            statuses = set()
            for i in range(count):
                path = asked[i % len(asked)](random)
                path = path if i % 3 else odd[i % len(odd)].format(path.partition("?")[2].replace("/", ""))
                statuses.add(running.get(path, Referer=path, **{"User-Agent": path})[0])
            time.sleep(0.2)
            lines = running.log.read_text("utf-8").splitlines()
            assert len(lines) >= count
            assert not [
                line
                for line in lines
                if _NUMBER.search(line.partition("ms")[0][24:] if form == "line" else line.partition('"message"')[2])
            ], "a coordinate"
    return [
        f"{count} varied requests in each log format, answers {sorted(statuses)}: no coordinate in {len(lines)} lines"
    ]


def _recovery(running: Running, path: Path_) -> float:
    begun = time.perf_counter()
    random = np.random.default_rng(0)
    while True:
        asked = time.perf_counter()
        status = running.get(path(random))[0]
        if status == 200 and time.perf_counter() - asked < 1.0:
            return time.perf_counter() - begun
        time.sleep(0.1)

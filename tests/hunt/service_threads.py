"""Many threads in the library that the service stands on: shapely keeps caches inside shapes, and none may abort."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from pathlib import Path

import numpy as np

from api.holder import read_service
from api.settings import Settings
from servicecircle.errors import InputError, NoWayError
from servicecircle.model import Direction
from tests.hunt.service_running import SEED

THREADS = 16


def many_threads(bundle: Path, calls: int) -> list[str]:
    """Call boxes, walks and circles from 16 threads, each with a clerk of the pool: no abort, no other answer."""
    service = read_service(Settings(bundle=bundle, workers=THREADS, queue=THREADS))
    collections = list(service.collections.values())
    placed = service.places.placed
    everything = np.ones(len(placed), dtype=bool)
    expected = {i: _circle(service, placed[i]) for i in range(4)}
    counts: Counter[str] = Counter()
    lock = threading.Lock()

    def work(number: int) -> None:
        random = np.random.default_rng(SEED + number)
        own: Counter[str] = Counter()
        for i in range(calls):
            row = placed[random.integers(len(placed))]
            lon, lat = row["lon"], row["lat"]
            if i % 100 < 97:
                box = (lon, lat, lon + float(random.uniform(0, 0.02)), lat + float(random.uniform(0, 0.02)))
                collections[random.integers(len(collections))].find(box, [], 10, 0)
                own["boxes"] += 1
            elif i % 100 == 97:
                asyncio.run(
                    service.pool.ask(lambda clerk, p=(lon, lat): _quiet(clerk.nearest, p, 900.0, None, everything))
                )
                own["nearest"] += 1
            elif i % 100 == 98:
                other = placed[random.integers(len(placed))]
                to = (other["lon"], other["lat"])
                asyncio.run(service.pool.ask(lambda clerk, p=(lon, lat), q=to: _quiet(clerk.walk, p, q, None)))
                own["walks"] += 1
            else:
                which = int(random.integers(4))
                assert _circle(service, placed[which]) == expected[which], "another circle"
                own["circles"] += 1
        with lock:
            counts.update(own)

    begun = time.perf_counter()
    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts.total() == THREADS * calls, counts
    told = ", ".join(f"{n} {name}" for name, n in sorted(counts.items()))
    return [
        f"{THREADS} threads × {calls} calls ({told}) in {time.perf_counter() - begun:.0f} s: no abort, no other answer"
    ]


def _circle(service, row):  # noqa: ANN001, ANN202
    point = (row["lon"], row["lat"])
    return asyncio.run(service.pool.ask(lambda clerk: _quiet(clerk.circle, point, (900.0,), None, Direction.FROM)))


def _quiet(ask, *asked):  # noqa: ANN001, ANN002, ANN202
    try:
        return ask(*asked)
    except (InputError, NoWayError) as error:
        return str(error)

"""Wrong keys, counted by address."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from time import monotonic

__all__ = ["Guesses"]

_MOST_ADDRESSES = 10_000


class Guesses:
    """Wrong keys by address: so many in a while, then none is looked at; addresses are forgotten, never written."""

    def __init__(self, most: int = 10, while_s: float = 600.0, clock: Callable[[], float] = monotonic) -> None:
        self._most, self._while_s, self._clock = most, while_s, clock
        self._seen: dict[str, list[float]] = {}
        self._lock = Lock()

    def too_many(self, address: str) -> bool:
        """Whether this address has to wait."""
        with self._lock:
            return len(self._recent(address)) >= self._most

    def count(self, address: str) -> None:
        """Count a wrong key."""
        with self._lock:
            self._seen[address] = [*self._recent(address), self._clock()]
            while len(self._seen) > _MOST_ADDRESSES:
                self._seen.pop(next(iter(self._seen)))

    def _recent(self, address: str) -> list[float]:
        since = self._clock() - self._while_s
        return [at for at in self._seen.get(address, []) if at > since]

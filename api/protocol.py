"""HTTP/1.1 with an end to patience: who opens a connection says what it wants, or loses it."""

from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["protocol"]


def protocol(head_s: float) -> type[H11Protocol]:
    """Return uvicorn's protocol that gives the head of a request so many seconds, from its first byte to its last."""

    class Patient(H11Protocol):
        _head: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._head = self.loop.call_later(head_s, transport.close)

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            waits = self.conn.their_state is h11.IDLE
            if not waits and self._head is not None:
                self._head.cancel()
                self._head = None
            elif waits and self._head is None and self.transport is not None:
                self._head = self.loop.call_later(head_s, self.transport.close)

        def connection_lost(self, exc: Exception | None) -> None:
            if self._head is not None:
                self._head.cancel()
            super().connection_lost(exc)

    return Patient

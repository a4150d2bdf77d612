"""A bounded pool for answers that take the processor: so many at once, so many waiting, none beyond the deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from threading import BoundedSemaphore, Lock
from typing import Generic, TypeVar

from api.errors import BusyError, LateError

__all__ = ["Pool"]

C = TypeVar("C")
T = TypeVar("T")


class Pool(Generic[C]):
    """Threads that each hold a clerk of their own while they answer: what a clerk knows is never shared.

    A question that outlives the deadline is dropped if it still waits; if it is being answered, its clerk stays taken
    until the answer is there, so that late questions count as load.
    """

    def __init__(self, clerks: Sequence[C], waiting: int, deadline_s: float) -> None:
        self._deadline_s = deadline_s
        self._room = BoundedSemaphore(len(clerks) + waiting)
        self._asked = 0
        self._counting = Lock()
        self._free: SimpleQueue[C] = SimpleQueue()
        for clerk in clerks:
            self._free.put(clerk)
        self._threads = ThreadPoolExecutor(len(clerks), thread_name_prefix="answer")

    async def ask(self, question: Callable[[C], T]) -> T:
        """Answer a question on one of the threads.

        Raises
        ------
        BusyError
            All clerks are taken and the queue is full.
        LateError
            The deadline passed.
        """
        if not self._room.acquire(blocking=False):
            message = "all workers are taken and the queue is full; ask again in a moment"
            raise BusyError(message)
        future = self._submit(question)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), self._deadline_s)
        except TimeoutError as error:
            message = f"no answer within {self._deadline_s:g} s; ask again in a moment"
            raise LateError(message) from error

    @property
    def load(self) -> int:
        """How many questions are being answered or wait."""
        return self._asked

    def each(self, question: Callable[[C], None]) -> None:
        """Let every clerk do something, one after the other, before the pool is asked anything else."""
        for _ in range(self._free.qsize()):
            self._answer(question)

    def close(self) -> None:
        """Finish what is being answered and take no more."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _submit(self, question: Callable[[C], T]) -> Future[T]:
        with self._counting:
            self._asked += 1
        try:
            future = self._threads.submit(self._answer, question)
        except RuntimeError as error:
            self._done(None)
            message = "the service is stopping"
            raise BusyError(message) from error
        future.add_done_callback(self._done)
        return future

    def _done(self, _: object) -> None:
        with self._counting:
            self._asked -= 1
        self._room.release()

    def _answer(self, question: Callable[[C], T]) -> T:
        clerk = self._free.get()
        try:
            return question(clerk)
        finally:
            self._free.put(clerk)

"""Answers under a tag, packed as they were sent: who asks the same of the same bundle gets the same bytes at once."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from fastapi import Response

__all__ = ["Answers"]

_ROOM = 32 << 20
_MOST = 2 << 20
_OVERHEAD = 1 << 10  # of an entry beside its body


@dataclass(frozen=True, slots=True)
class _Answer:
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...]


class Answers:
    """So many bytes of answers, those asked for last; for the event loop alone.

    Examples
    --------
    >>> answers = Answers(room=2100)
    >>> answers.keep("a", Response(b"one"))
    >>> answers.keep("b", Response(b"two"))
    >>> answers.find("a").body, answers.keep("c", Response(b"three")), answers.find("b")
    (b'one', None, None)
    """

    def __init__(self, room: int = _ROOM) -> None:
        self._room, self._held = room, 0
        self._answers: OrderedDict[str, _Answer] = OrderedDict()

    def find(self, tag: str) -> Response | None:
        """Return the answer of a tag, if it is still there."""
        answer = self._answers.get(tag)
        if answer is None:
            return None
        self._answers.move_to_end(tag)
        response = Response(answer.body)
        response.raw_headers = list(answer.headers)
        return response

    def keep(self, tag: str, response: Response) -> None:
        """Keep an answer; the ones that nobody has asked for the longest make room."""
        body = bytes(response.body)
        if len(body) > min(_MOST, self._room - _OVERHEAD) or tag in self._answers:
            return
        self._answers[tag] = _Answer(body, tuple(response.raw_headers))
        self._held += len(body) + _OVERHEAD
        while self._held > self._room:
            _, old = self._answers.popitem(last=False)
            self._held -= len(old.body) + _OVERHEAD

"""The public geocoder 天地图, for addresses that nothing else places. Asked only by who gives a key of his own.

What it answers is a fact of unclear licence: usable in a study, never part of open data. A failure is a note beside the
row, never an end of the import; no message holds the key.

References
----------
天地图 API: http://lbs.tianditu.gov.cn/server/geocodinginterface.html. Its positions are CGCS2000, which is WGS-84 to
less than a metre.
"""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode, urlsplit

import shapely
from pydantic import BaseModel, BeforeValidator, Field, ValidationError
from shapely.geometry.base import BaseGeometry

from servicecircle.found import Found

__all__ = ["Geocoded", "Geocoder", "Manners"]

_ADDRESS = "https://api.tianditu.gov.cn/geocoder"
_LICENCE = "unclear (天地图 service)"
_MOST_BYTES = 65_536  # an answer has some 300
_CHUNK = 8192
_SURE, _LIKELY = 90.0, 60.0  # the service scores its answers from 0 to 100
_STREETS = ("道路", "街", "路")
_AREAS = ("省", "市", "区", "县", "乡", "镇", "村")
_BUSY = (429, 500, 502, 503, 504)
_REFUSED = (401, 403, 418)
_LONGEST_WAIT_S = 30.0
_PATIENCE = 3  # questions in a row that may fail before no more are asked
_LATE, _UNREADABLE, _TOO_LONG = "no answer in time", "the answer is not understood", "the answer is far too long"


@dataclass(frozen=True, slots=True)
class Manners:
    """How a service is asked: seconds between questions, to wait for an answer, before the second try (then twice)."""

    interval_s: float = 0.5
    timeout_s: float = 10.0
    backoff_s: float = 1.0
    tries: int = 3


@dataclass(frozen=True, slots=True)
class Geocoded:
    """A position or None, and what to say of it; the note is empty where all is well."""

    found: Found | None
    note: str = ""


class _Location(BaseModel):
    lon: float = Field(ge=-180, le=180, allow_inf_nan=False)
    lat: float = Field(ge=-90, le=90, allow_inf_nan=False)
    score: float = Field(default=0.0, ge=0, le=100, allow_inf_nan=False)
    level: str = ""


class _Answer(BaseModel):
    status: Annotated[str, BeforeValidator(str)]
    location: _Location | None = None


class _Failure(Exception):  # noqa: N818 - it never leaves the module
    """A try that failed, in words; ``wait_s`` before another one, None where another one is of no use."""

    def __init__(self, words: str, wait_s: float | None = None) -> None:
        super().__init__(words)
        self.wait_s = wait_s


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the key to another house."""

    def redirect_request(self, *_: object) -> None:
        return None


class Geocoder:
    """Ask 天地图 where an address is, one question at a time.

    Parameters
    ----------
    key
        The asker's own key (``SERVICECIRCLE_TIANDITU_KEY`` of the command line).
    district
        Outline in EPSG:4326; an answer outside of it is another place of the name.
    prefix
        What the service should read before each address, as 重庆市渝中区.
    address
        Where the service is.
    manners
        How it is asked.

    Examples
    --------
    >>> geocoder = Geocoder("…", shapely.box(106.47, 29.53, 106.59, 29.58), "重庆市渝中区")  # doctest: +SKIP
    >>> geocoder.locate("中山四路65号").found.confidence  # doctest: +SKIP
    'address'
    """

    def __init__(
        self,
        key: str,
        district: BaseGeometry,
        prefix: str = "",
        *,
        address: str = _ADDRESS,
        manners: Manners | None = None,
    ) -> None:
        if urlsplit(address).scheme not in {"http", "https"} or not key:
            message = "a geocoder needs a key and an http address"
            raise ValueError(message)
        self._key, self._district, self._prefix, self._address = key, district, prefix, address
        self._manners = manners or Manners()
        self._opener = urllib.request.build_opener(_NoRedirect)
        self._asked = -_LONGEST_WAIT_S
        self._failed = 0
        self._closed = ""

    def locate(self, text: str) -> Geocoded:
        """Return where an address is; whatever goes wrong is a note."""
        if self._closed:
            return Geocoded(None, f"天地图 was not asked: {self._closed}")
        for attempt in range(self._manners.tries):
            try:
                answer = self._ask(text, attempt)
            except _Failure as failure:
                words, wait_s = str(failure), failure.wait_s
            else:
                self._failed = 0
                return self._judged(answer)
            if wait_s is None:
                break
            if attempt + 1 < self._manners.tries:
                time.sleep(min(wait_s, _LONGEST_WAIT_S))
        self._failed += 1
        if self._failed >= _PATIENCE:
            self._closed = f"it failed {_PATIENCE} times in a row"
        return Geocoded(None, f"天地图: {words}")

    def _judged(self, answer: _Answer) -> Geocoded:
        place = answer.location
        if answer.status == "404" or (answer.status == "0" and place is None):
            return Geocoded(None, "天地图 knows no such address")
        if answer.status != "0" or place is None:
            return Geocoded(None, "天地图 refused the question")
        if place.level.endswith(_AREAS) or place.score < _LIKELY:
            return Geocoded(None, f"天地图 is not sure enough: score {place.score:.0f}, level {place.level[:20]!r}")
        if not shapely.intersects_xy(self._district, place.lon, place.lat):
            return Geocoded(None, "天地图 answers with a place outside the district")
        exact = place.score >= _SURE and not place.level.endswith(_STREETS)
        source = f"天地图 geocoder, score {place.score:.0f}" + (f", {place.level[:20]}" if place.level else "")
        confidence = "address" if exact else "street"
        return Geocoded(Found(place.lon, place.lat, confidence, source, redistributable=False, licence=_LICENCE))

    def _ask(self, text: str, attempt: int) -> _Answer:
        time.sleep(max(0.0, self._asked + self._manners.interval_s - time.monotonic()))
        self._asked = time.monotonic()
        question = json.dumps({"keyWord": self._prefix + text}, ensure_ascii=False)
        url = f"{self._address}?{urlencode({'ds': question, 'tk': self._key})}"
        backoff_s = self._manners.backoff_s * 2**attempt
        request = urllib.request.Request(url, headers={"User-Agent": "servicecircle"})  # noqa: S310 - the scheme is checked
        # an exception of the client may hold the URL, and with it the key: none is chained, none is quoted
        try:
            with self._opener.open(request, timeout=self._manners.timeout_s) as reply:
                body = self._body(reply)
        except urllib.error.HTTPError as error:
            raise self._refusal(error, backoff_s) from None
        except TimeoutError:
            raise _Failure(_LATE, backoff_s) from None
        except (OSError, http.client.HTTPException) as error:
            slow = isinstance(getattr(error, "reason", None), TimeoutError)
            raise _Failure(_LATE if slow else "cannot be reached", backoff_s) from None
        try:
            return _Answer.model_validate_json(body)
        except ValidationError:
            raise _Failure(_UNREADABLE) from None

    def _body(self, reply: http.client.HTTPResponse) -> bytes:
        """Read an answer of bounded length in bounded time, however slowly it drips."""
        body = b""
        while chunk := reply.read1(_CHUNK):
            body += chunk
            if len(body) > _MOST_BYTES:
                raise _Failure(_TOO_LONG)
            if time.monotonic() - self._asked > self._manners.timeout_s:
                raise TimeoutError
        return body

    def _refusal(self, error: urllib.error.HTTPError, backoff_s: float) -> _Failure:
        error.close()
        if error.code in _REFUSED:
            self._closed = f"it refused the key (HTTP {error.code})"
            return _Failure(f"the key was refused (HTTP {error.code})")
        if error.code in _BUSY:
            asked = error.headers.get("Retry-After", "")
            wait_s = float(asked) if asked.isdecimal() and asked.isascii() and len(asked) < 6 else 0.0  # noqa: PLR2004
            words = "too many questions" if error.code == 429 else "the service fails"  # noqa: PLR2004
            return _Failure(f"{words} (HTTP {error.code})", max(wait_s, backoff_s))
        return _Failure(f"HTTP {error.code}")

"""Keys of the office: known to the service by their hashes alone, each with what it may do."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from threading import BoundedSemaphore

from api.errors import BusyError
from servicecircle.errors import Fault, InputError

__all__ = ["Key", "Keyring", "Scope", "make_key", "read_keys"]

_LOG2_N, _R, _P = 14, 8, 1  # 16 MB and about 50 ms: the secret itself has 256 bits
_MOST_LOG2_N, _MOST_RP = 17, 16
_SALT_BYTES, _HASH_BYTES, _SECRET_BYTES = 16, 32, 32
_AT_ONCE = 2
_MOST_TOKEN = 200
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_PARTS = 3
_REMEDY = "make a line with `python -m api key NAME --scopes read-log,edit,import,rebuild`"


class Scope(StrEnum):
    """What a key may do."""

    READ_LOG = "read-log"
    EDIT = "edit"
    IMPORT = "import"
    REBUILD = "rebuild"


@dataclass(frozen=True, slots=True)
class _Hash:
    """A secret by scrypt (RFC 7914)."""

    log2_n: int
    r: int
    p: int
    salt: bytes
    digest: bytes

    def fits(self, secret: str) -> bool:
        return hmac.compare_digest(_scrypt(secret, self.salt, self.log2_n, self.r, self.p), self.digest)


@dataclass(frozen=True, slots=True)
class Key:
    """A key: whose it is (the name stands in the log), and what it may do."""

    name: str
    scopes: frozenset[Scope]
    hash: _Hash


class Keyring:
    """The keys of a service. What was proved once is remembered under a secret of this process, never as it is."""

    def __init__(self, keys: Iterable[Key]) -> None:
        self._keys = {key.name: key for key in keys}
        self._nobody = _Hash(_LOG2_N, _R, _P, bytes(_SALT_BYTES), bytes(_HASH_BYTES))
        self._own = secrets.token_bytes(32)
        self._proved: dict[str, bytes] = {}
        self._room = BoundedSemaphore(_AT_ONCE)

    def check(self, token: str) -> Key | None:
        """Return the key of a token such as ``office.SECRET``; None where it is none. Takes as long either way.

        Raises
        ------
        BusyError
            Others are being checked: each takes memory and time, so that nobody guesses.
        """
        name, _, secret = token.partition(".")
        seen = hmac.digest(self._own, token.encode("utf-8", "replace"), "sha256")
        if hmac.compare_digest(self._proved.get(name, b""), seen):
            return self._keys[name]
        if not self._room.acquire(blocking=False):
            message = "other keys are being checked; try again in a moment"
            raise BusyError(message)
        try:
            key = self._keys.get(name)
            fits = (self._nobody if key is None else key.hash).fits(secret[:_MOST_TOKEN])
        finally:
            self._room.release()
        if key is None or not fits or len(secret) > _MOST_TOKEN:
            return None
        self._proved[name] = seen
        return key


def make_key(name: str, scopes: Iterable[Scope]) -> tuple[str, str]:
    """Make a key.

    Returns
    -------
    tuple[str, str]
        The token for its owner, and the line for the file of keys. The token is kept nowhere.

    Raises
    ------
    InputError
        No name, or no scope.

    Examples
    --------
    >>> token, line = make_key("office", [Scope.EDIT])
    >>> Keyring(read_keys(line)).check(token).name
    'office'
    """
    given = set(scopes)
    wanted = [scope for scope in Scope if scope in given]
    if not wanted or not _NAME.fullmatch(name):
        raise InputError([Fault("no name or no scope", "give a name of a-z, 0-9 and -, and one scope at least")])
    secret, salt = secrets.token_urlsafe(_SECRET_BYTES), secrets.token_bytes(_SALT_BYTES)
    digest = _scrypt(secret, salt, _LOG2_N, _R, _P)
    words = ("scrypt", _LOG2_N, _R, _P, _text(salt), _text(digest))
    return f"{name}.{secret}", f"{name} {','.join(wanted)} {':'.join(map(str, words))}"


def read_keys(text: str, file: str = "keys") -> list[Key]:
    """Read lines of ``NAME SCOPES HASH``; ``#`` begins a remark.

    Raises
    ------
    InputError
        A line is none of these, or a name occurs twice: all faults, without the lines themselves.
    """
    keys: dict[str, Key] = {}
    faults = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        key = _key(words)
        if key is None:
            faults.append(Fault("not a name, scopes and a hash", _REMEDY, file, number))
        elif key.name in keys:
            faults.append(Fault("the name occurs twice", "give each person a name", file, number, value=key.name))
        else:
            keys[key.name] = key
    if faults:
        raise InputError(faults)
    return list(keys.values())


def _key(words: list[str]) -> Key | None:
    if len(words) != _PARTS or not _NAME.fullmatch(words[0]):
        return None
    scopes = words[1].split(",")
    found = _hash(words[2])
    if found is None or not set(scopes) <= set(Scope):
        return None
    return Key(words[0], frozenset(map(Scope, scopes)), found)


def _hash(text: str) -> _Hash | None:
    kind, *parts = text.split(":")
    try:
        log2_n, r, p = (int(part) for part in parts[:3])
        salt, digest = (base64.urlsafe_b64decode(part + "==") for part in parts[3:])
    except (ValueError, binascii.Error):
        return None
    sane = 10 <= log2_n <= _MOST_LOG2_N and r > 0 and p > 0 and r * p <= _MOST_RP  # noqa: PLR2004
    if kind != "scrypt" or not sane or len(salt) < _SALT_BYTES or len(digest) != _HASH_BYTES:
        return None
    return _Hash(log2_n, r, p, salt, digest)


def _scrypt(secret: str, salt: bytes, log2_n: int, r: int, p: int) -> bytes:
    data = secret.encode("utf-8", "replace")
    most = 2 * 128 * r * ((1 << log2_n) + p)
    return hashlib.scrypt(data, salt=salt, n=1 << log2_n, r=r, p=p, maxmem=most, dklen=_HASH_BYTES)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

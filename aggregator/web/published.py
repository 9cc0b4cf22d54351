"""The published files as they are sent: held in memory with their headers, looked at on the disk at most once a second.

Any static web server may take this module's place. What it adds: strong validators made of the content, so that they outlive a
restart and a copy to another machine, and codings prepared once for each version of a file.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import blake2b
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from aggregator.web import coding, freshness
from aggregator.web.coding import Coding

if TYPE_CHECKING:
    from starlette.types import Message

Headers: TypeAlias = list[tuple[bytes, bytes]]

TYPES = {
    ".rss": "application/rss+xml; charset=utf-8",
    ".atom": "application/atom+xml; charset=utf-8",
    ".json": "application/feed+json; charset=utf-8",
    ".opml": "text/x-opml; charset=utf-8",
    ".xml": "application/xml; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
}
_PACKED = frozenset({".png", ".ico"})  # a coding would make them longer
_OPML = frozenset({"opml.xml", "feeds.opml"})
# On every answer. Everything we publish may be read by scripts of any origin or by none: nothing depends on who asks.
SECURITY: Headers = [
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]
# For scripts on other sites (fetch.spec.whatwg.org): ETag is none of the headers they see unasked
CROSS_ORIGIN: Headers = [(b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", b"ETag, Link")]

_LOOK = 1.0  # seconds between two looks at a file that is asked for
_MOST = 64 * 2**20  # bytes held; what was asked for longest ago goes first
_WORDINGS, _SHORT = 1_000, 2_000  # requests remembered; bytes of one at the most
_OVERHEAD = 2_000  # bytes that a held file takes beside its content, about
# No segment begins with a full stop: nothing hidden is served, and `..` is none
_NAME = re.compile(r"(?:[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,127}/){0,4}[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,127}")


@dataclass(slots=True)
class Answer:
    """An answer as ASGI takes it, and as it goes over the wire."""

    start: Message  # made once and never changed
    body: bytes = b""
    _wire: bytes = b""
    _wired_for: object = None

    def wire(self, leading: Headers) -> bytes:
        """The whole answer in HTTP/1.1, `leading` (the date) before its own headers. Put together again when these are
        others: uvicorn makes a new list every second."""
        if leading is not self._wired_for:
            lines = [b"%b: %b\r\n" % header for header in (*leading, *self.start["headers"])]
            status = HTTPStatus(self.start["status"])
            said = b"HTTP/1.1 %d %b\r\n" % (status, status.phrase.encode())
            self._wire, self._wired_for = b"".join([said, *lines, b"\r\n", self.body]), leading
        return self._wire


@dataclass(slots=True)
class Sent:
    """A file in one coding."""

    etag: bytes
    whole: Answer
    unchanged: Answer  # 304

    @property
    def size(self) -> int:
        return 2 * len(self.whole.body)  # as a body and over the wire


@dataclass(slots=True)
class Held:
    """One version of a published file. Codings are added when the first reader asks for one."""

    name: str
    stamp: tuple[int, int, int]
    modified: datetime
    headers: Headers  # what the answers of all codings share
    tag: str
    plain: Sent
    coded: dict[Coding, Sent | None] = field(default_factory=dict)  # None: no shorter than the plain one
    by_etag: dict[bytes, Answer] = field(default_factory=dict)  # the 304 for each validator given out
    looked: float = 0.0

    @property
    def size(self) -> int:
        return _OVERHEAD + self.plain.size + sum(sent.size for sent in self.coded.values() if sent)


class Shelf:
    """The files below one directory, those asked for lately in memory."""

    def __init__(self, root: Path, linked: Callable[[str], Headers] = lambda _: []) -> None:
        self._root = root
        self._linked = linked  # further headers of a file, by its name
        self._held: OrderedDict[str, Held] = OrderedDict()
        self._size = 0
        self._loading: dict[str, asyncio.Task[Held | None]] = {}
        self.remembered: dict[bytes, tuple[Held, Answer]] = {}

    def at_hand(self, name: str) -> Held | None:
        """The file where it is in memory and was looked at within the last second."""
        held = self._held.get(name)
        return held if held is not None and self.is_fresh(held) else None

    def is_fresh(self, held: Held) -> bool:
        """Whether it was looked at within the last second."""
        return time.monotonic() - held.looked < _LOOK

    def remember(self, request: bytes, held: Held, found: Answer) -> None:
        """A reader asks in the same words each time, and so do all readers of one make: what was answered to them is the
        answer as long as the file is the same."""
        if len(self.remembered) >= _WORDINGS:
            self.remembered.clear()
        if len(request) <= _SHORT:
            self.remembered[request] = (held, found)

    async def find(self, name: str) -> Held | None:
        """The file as it is now; None where there is none of that name that may be served."""
        if not servable(name):
            return None
        stamp = _stamp(self._root / name)
        held = self._held.get(name)
        if held is not None and held.stamp == stamp:
            held.looked = time.monotonic()
            self._held.move_to_end(name)
            return held
        if stamp is None:
            self._forget(name)
            return None
        return await self._load(name)

    async def _load(self, name: str) -> Held | None:
        """Reads it once, however many ask for it meanwhile."""
        task = self._loading.get(name)
        if task is None:
            task = self._loading[name] = asyncio.create_task(self._loaded(name))
            task.add_done_callback(lambda _: self._loading.pop(name, None))
        return await asyncio.shield(task)  # who hangs up takes nothing from the others

    async def _loaded(self, name: str) -> Held | None:
        held = await asyncio.to_thread(_read, self._root, name, self._linked(name))
        self._forget(name)
        if held is not None:
            held.looked = time.monotonic()
            self._held[name] = held
            self._size += held.size
            self._shrink()
        return held

    async def prepare(self, held: Held, asked: Coding) -> None:
        """Adds the file in that coding, once for each version."""
        body = await asyncio.to_thread(coding.encoded, held.plain.whole.body, asked)
        if asked not in held.coded:  # else somebody else was faster
            self._add(held, asked, body)

    def _add(self, held: Held, asked: Coding, body: bytes) -> None:
        shorter = len(body) < len(held.plain.whole.body)
        sent = _sent(held.headers, body, f'"{held.tag}-{asked}"', asked) if shorter else None
        before = held.size
        held.coded[asked] = sent
        if sent is not None:
            held.by_etag[sent.etag] = sent.unchanged
        if self._held.get(held.name) is held:
            self._size += held.size - before
            self._shrink()

    def _forget(self, name: str) -> None:
        gone = self._held.pop(name, None)
        if gone is not None:
            self._size -= gone.size
            self.remembered.clear()  # it would keep the old version in memory, and answer with it

    def _shrink(self) -> None:
        while self._size > _MOST and len(self._held) > 1:
            self._forget(next(iter(self._held)))

    def is_file(self, name: str) -> bool:
        """Whether a file of that name may be served."""
        return servable(name) and _stamp(self._root / name) is not None


def servable(name: str) -> bool:
    """Whether a file of that name may be served at all: plain names with a known ending, nothing hidden."""
    return _NAME.fullmatch(name) is not None and name[name.rfind(".") :] in TYPES


def is_open(name: str) -> bool:
    """Whether scripts on other sites may read it."""
    return name.startswith("feeds/") or name in _OPML


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What differs when another file has taken the place: a file is only ever replaced whole."""
    try:
        state = path.stat()
    except (OSError, ValueError):
        return None
    return (state.st_ino, state.st_mtime_ns, state.st_size)


def _read(root: Path, name: str, linked: Headers) -> Held | None:
    path = root / name
    try:
        # a link below the output directory must not lead out of it
        if not path.resolve().is_relative_to(root.resolve()):
            return None
        with path.open("rb") as file:
            state = os.fstat(file.fileno())
            content = file.read()
    except (OSError, RuntimeError, ValueError):  # gone since it was looked at; RuntimeError: links in a circle
        return None
    return _held(name, content, (state.st_ino, state.st_mtime_ns, state.st_size), linked)


def _held(name: str, content: bytes, stamp: tuple[int, int, int], linked: Headers) -> Held:
    modified = datetime.fromtimestamp(stamp[1] // 10**9, UTC)
    suffix = name[name.rfind(".") :]
    fresh = int(freshness.lifetime(name, content).total_seconds())
    headers: Headers = [
        (b"content-type", (TYPES[".opml"] if name in _OPML else TYPES[suffix]).encode()),
        (b"last-modified", format_datetime(modified, usegmt=True).encode()),
        (b"cache-control", b"public, max-age=%d" % fresh),
        (b"vary", b"Accept-Encoding"),
        *SECURITY,
        *(CROSS_ORIGIN if is_open(name) else []),
        *linked,
    ]
    tag = blake2b(content, digest_size=16).hexdigest()
    plain = _sent(headers, content, f'"{tag}"', None)
    held = Held(name, stamp, modified, headers, tag, plain, by_etag={plain.etag: plain.unchanged})
    if suffix in _PACKED or not coding.worthwhile(content):
        held.coded = dict.fromkeys(coding.CODINGS)
    return held


def _sent(shared: Headers, body: bytes, etag: str, coded: Coding | None) -> Sent:
    """Each coding has a validator of its own: strong ones name bytes (RFC 9110 section 8.8.3), and weak ones would forbid
    caches to join parts of an answer."""
    headers = [*shared, (b"etag", etag.encode())]
    whole = [*headers, (b"content-length", b"%d" % len(body))]
    if coded is not None:
        whole.append((b"content-encoding", coded.encode()))
    return Sent(
        etag=etag.encode(),
        whole=Answer({"type": "http.response.start", "status": 200, "headers": whole}, body),
        unchanged=Answer({"type": "http.response.start", "status": 304, "headers": headers}),
    )


@dataclass(slots=True)
class Asked:
    """What of a request an answer depends on."""

    path: str
    codings: bytes | None = None  # Accept-Encoding
    known: bytes | None = None  # If-None-Match
    since: bytes | None = None  # If-Modified-Since

    def take(self, name: bytes, value: bytes) -> None:
        """Notes a header; `name` in lower case."""
        if name == b"accept-encoding":
            self.codings = value
        elif name == b"if-none-match":
            self.known = (
                value if self.known is None else b"%b,%b" % (self.known, value)
            )  # a list, also in several lines
        elif name == b"if-modified-since":
            self.since = value


def answer(held: Held, asked: Asked) -> Answer | Coding:
    """What a reader is sent, or the coding that has to be prepared before."""
    # If-None-Match before If-Modified-Since, which counts for nothing beside it (RFC 9110 section 13.2.2)
    if asked.known is not None:
        unchanged = _matched(held, asked.known)
        if unchanged is not None:
            return unchanged
    elif asked.since is not None and _not_modified_since(held, asked.since):
        return held.plain.unchanged
    for liked in coding.accepted(asked.codings):
        if liked not in held.coded:
            return liked
        sent = held.coded[liked]
        if sent is not None:
            return sent.whole
    return held.plain.whole


def _matched(held: Held, known: bytes) -> Answer | None:
    """The 304 for a reader that has what If-None-Match names: by weak comparison (RFC 9110 section 13.1.2), in whatever coding.
    It carries the validator that the reader named, so that a cache knows which of its answers is still good."""
    exact = held.by_etag.get(known)
    if exact is not None:
        return exact
    if known.strip() == b"*":
        return held.plain.unchanged
    for part in known.split(b","):
        named = part.strip().removeprefix(b"W/")
        if named in held.by_etag:
            return held.by_etag[named]
        # given out by an earlier process, which had prepared a coding that this one has not been asked for yet
        bare, _, asked = named.strip(b'"').partition(b"-")
        if bare.decode("latin-1") == held.tag and asked.decode("latin-1") in coding.CODINGS:
            return _renamed(held.plain.unchanged, named)
    return None


def _renamed(unchanged: Answer, etag: bytes) -> Answer:
    headers = [(name, etag if name == b"etag" else value) for name, value in unchanged.start["headers"]]
    return Answer({**unchanged.start, "headers": headers})


def _not_modified_since(held: Held, since: bytes) -> bool:
    """Whether what was there at that time is there still. What is no date counts as if it was not sent."""
    try:
        moment = parsedate_to_datetime(since.decode("latin-1"))
    except (TypeError, ValueError):
        return False
    return held.modified <= (moment if moment.tzinfo else moment.replace(tzinfo=UTC))

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
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import blake2b
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
_OVERHEAD = 2_000  # bytes that a held file takes beside its content, about
# No segment begins with a full stop: nothing hidden is served, and `..` is none
_NAME = re.compile(r"(?:[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,127}/){0,4}[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,127}")


@dataclass(frozen=True, slots=True)
class Sent:
    """A representation as ASGI takes it. `start` and `unchanged` are made once and never changed."""

    body: bytes
    etag: bytes
    start: Message
    unchanged: Message  # 304


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
    by_etag: dict[bytes, Message] = field(default_factory=dict)  # the 304 for each validator given out
    looked: float = 0.0

    @property
    def size(self) -> int:
        return _OVERHEAD + len(self.plain.body) + sum(len(sent.body) for sent in self.coded.values() if sent)


class Shelf:
    """The files below one directory, those asked for lately in memory."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._held: OrderedDict[str, Held] = OrderedDict()
        self._size = 0
        self._loading: dict[str, asyncio.Task[Held | None]] = {}

    def at_hand(self, name: str) -> Held | None:
        """The file where it is in memory and was looked at within the last second."""
        held = self._held.get(name)
        return held if held is not None and time.monotonic() - held.looked < _LOOK else None

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
        held = await asyncio.to_thread(_read, self._root, name)
        self._forget(name)
        if held is not None:
            held.looked = time.monotonic()
            self._held[name] = held
            self._size += held.size
            self._shrink()
        return held

    async def coded(self, held: Held, asked: Coding) -> Sent | None:
        """The file in that coding, prepared once for each version; None where that gains nothing."""
        if asked not in held.coded:
            body = await asyncio.to_thread(coding.encoded, held.plain.body, asked)
            if asked not in held.coded:  # else somebody else was faster
                self._add(held, asked, body)
        return held.coded[asked]

    def _add(self, held: Held, asked: Coding, body: bytes) -> None:
        shorter = len(body) < len(held.plain.body)
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

    def _shrink(self) -> None:
        while self._size > _MOST and len(self._held) > 1:
            _, gone = self._held.popitem(last=False)
            self._size -= gone.size

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


def _read(root: Path, name: str) -> Held | None:
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
    return _held(name, content, (state.st_ino, state.st_mtime_ns, state.st_size))


def _held(name: str, content: bytes, stamp: tuple[int, int, int]) -> Held:
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
        body=body,
        etag=etag.encode(),
        start={"type": "http.response.start", "status": 200, "headers": whole},
        unchanged={"type": "http.response.start", "status": 304, "headers": headers},
    )


def matched(held: Held, known: bytes) -> Message | None:
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


def _renamed(unchanged: Message, etag: bytes) -> Message:
    headers = [(name, etag if name == b"etag" else value) for name, value in unchanged["headers"]]
    return {**unchanged, "headers": headers}


def not_modified_since(held: Held, since: bytes) -> bool:
    """Whether what was there at that time is there still. What is no date counts as if it was not sent."""
    try:
        moment = parsedate_to_datetime(since.decode("latin-1"))
    except (TypeError, ValueError):
        return False
    return held.modified <= (moment if moment.tzinfo else moment.replace(tzinfo=UTC))

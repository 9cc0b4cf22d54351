"""A connection to an address that was looked at: the name is resolved, judged and dialled in one place, so that nothing can
change in between (DNS rebinding) and no spelling of an address gets past."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import zip_longest
from typing import Protocol

from aggregator.errors import Failure
from aggregator.fetch import addresses
from aggregator.fetch.stream import Stream, UnreachableError

# RFC 8305 section 5: the next address gets its try this many seconds after the one before.
_HEAD_START = 0.25
_TRIES = 6  # a name may have hundreds of addresses


class Resolve(Protocol):
    """Gives all addresses of a name, best first; raises socket.gaierror."""

    async def __call__(self, host: str, port: int) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class SystemResolver:
    """The system's resolver in threads of our own: names that hang must not hold up whatever else uses threads."""

    threads: Executor | None  # None: the event loop's own

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        # As bytes: for a str Python applies its own IDNA codec, which raises UnicodeError for what DNS would just not know.
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(
            self.threads, lambda: socket.getaddrinfo(host.encode("ascii"), port, type=socket.SOCK_STREAM)
        )
        return list(dict.fromkeys(str(address[0]) for *_, address in found))


async def connect(host: str, port: int, *, private: bool, resolve: Resolve) -> Stream:
    """A stream to the host. With `private` any address will do; otherwise one address that is not public is enough to
    refuse the host: a name that has both is an attack or a mistake."""
    found = await _addresses(host, port, resolve)
    closed = [] if private else [address for address in found if not addresses.public(address)]
    if closed:
        detail = (
            f"{host} stands at {closed[0]}, which is not public; a source of one's own says `private_network: true`"
        )
        raise UnreachableError(Failure.BLOCKED_ADDRESS, detail)
    try:
        return await _first(_alternating(found), port)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)  # asyncio's own words repeat the address
        raise UnreachableError(Failure.CONNECT, f"cannot connect to {host}, port {port}: {reason}") from error


async def _addresses(host: str, port: int, resolve: Resolve) -> Sequence[str]:
    literal = addresses.literal(host)
    if literal:
        return [literal]
    try:
        found = await resolve(host, port)
    except (socket.gaierror, UnicodeError) as error:
        raise UnreachableError(Failure.DNS, _unknown(host, error)) from error
    if not found:
        raise UnreachableError(Failure.DNS, f"no address for {host}")
    return found


def _unknown(host: str, error: Exception) -> str:
    """A name that does not exist, and one that nobody could be asked for, want different things done."""
    if isinstance(error, UnicodeError):
        return f"{host} is no host name"
    code, reason, *_ = (*error.args, None, None)
    if code == socket.EAI_AGAIN:
        return f"the resolver gave no answer for {host} ({reason})"
    if code in {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}:
        return f"{host} does not exist ({reason})"
    return f"no address for {host}: {reason}"


def _alternating(found: Sequence[str]) -> list[str]:
    """The two families in turn (RFC 8305 section 4), so that a dead IPv6 costs one head start, not one for each address."""
    first = ":" in found[0]
    same = [address for address in found if (":" in address) is first]
    other = [address for address in found if (":" in address) is not first]
    return [address for pair in zip_longest(same, other) for address in pair if address]


async def _first(found: Sequence[str], port: int) -> Stream:
    """The connection that stands first; OSError of the last try when none does."""
    if len(found) == 1:
        return await _open(found[0], port)
    waiting = list(found[:_TRIES])
    trying: set[asyncio.Task[Stream]] = set()
    try:
        while True:
            if waiting:
                trying.add(asyncio.create_task(_open(waiting.pop(0), port)))
            done, trying = await asyncio.wait(
                trying, timeout=_HEAD_START if waiting else None, return_when=asyncio.FIRST_COMPLETED
            )
            standing = [task for task in done if task.exception() is None]
            trying.update(standing[1:])
            if standing:
                return standing[0].result()
            if not trying and not waiting:
                return done.pop().result()
    finally:
        for task in trying:
            task.cancel()
            task.add_done_callback(_given_up)


def _given_up(task: asyncio.Task[Stream]) -> None:
    """A connection that came second."""
    if not task.cancelled() and task.exception() is None:
        task.result().abort()


async def _open(address: str, port: int) -> Stream:
    _, stream = await asyncio.get_running_loop().create_connection(Stream, address, port)
    return stream

"""The same address is asked for once in a pass, however many sources and entries name it."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from typing import TypeAlias

from aggregator.model import Fetched, Outcome, RobotsTxt, Source, SourceState, Validators

# Bodies that wait for another one who wants them; past it the oldest goes and would be asked for again
_KEPT = 32_000_000  # bytes

_Key: TypeAlias = tuple[str, bool, RobotsTxt, str]


class Once:
    """Answers of one pass, kept while they may be wanted again."""

    def __init__(self) -> None:
        self._answers: OrderedDict[_Key, asyncio.Future[Outcome]] = OrderedDict()
        self._size = 0

    async def ask(self, key: _Key, fetch: Callable[[], Awaitable[Outcome]]) -> Outcome:
        """The answer for a key: that which is there or on its way, else that of `fetch`."""
        waiting = self._answers.get(key)
        if waiting is not None:
            return await asyncio.shield(waiting)
        answer = self._answers[key] = asyncio.get_running_loop().create_future()
        try:
            outcome = await fetch()
        except BaseException as error:  # whoever waits gets it too
            del self._answers[key]
            if isinstance(error, Exception):
                answer.set_exception(error)
                answer.exception()  # nobody may be waiting
            else:
                answer.cancel()
            raise
        answer.set_result(outcome)
        self._keep(outcome)
        return outcome

    def _keep(self, outcome: Outcome) -> None:
        self._size += _weight(outcome)
        if self._size <= _KEPT:
            return
        for key, answer in list(self._answers.items()):
            if self._size <= _KEPT:
                return
            if answer.done():
                del self._answers[key]
                self._size -= _weight(answer.result())


def _weight(outcome: Outcome) -> int:
    return 500 + (len(outcome.body) if isinstance(outcome, Fetched) else 0)


def key(source: Source, url: str, *, private: bool, accept: str) -> _Key:
    """What must be the same for one answer to serve two: the address, without its fragment, and how it is asked for."""
    return url.partition("#")[0], private, source.robots, accept


def shared(sources: Iterable[Source]) -> frozenset[str]:
    """Addresses that several of the sources have."""
    counted = Counter(source.url for source in sources)
    return frozenset(url for url, number in counted.items() if number > 1)


def agreed(
    sources: Iterable[Source], states: Mapping[str, SourceState], addresses: frozenset[str]
) -> dict[str, SourceState]:
    """The states with which sources of shared addresses are asked. Where they remember different answers, none is asked
    conditionally: a 304 for one would leave the other without its document."""
    found = dict(states)
    by_url: dict[str, list[str]] = {}
    for source in sources:
        if source.url in addresses:
            by_url.setdefault(source.url, []).append(source.id)
    for ids in by_url.values():
        known = [states[name].validators if name in states else Validators() for name in ids]
        if len(set(known)) > 1:
            found |= {name: replace(states[name], validators=Validators()) for name in ids if name in states}
    return found

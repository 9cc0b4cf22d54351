"""What our hub sends: questions to those who asked, documents to those who meant it, and when.

Nothing is queued. Who was last given another document than stands in the output directory is owed that one: a change that
comes while a subscriber is away replaces the one before it, and a restart loses nothing.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any

from aggregator.errors import Failure
from aggregator.model import Failed, Intent, Message, Mode, Sent, Subscriber
from aggregator.store.websub import Delivered, Subscriptions
from aggregator.web.websub import protocol
from aggregator.web.websub.outbox import Parcel, Returned, Room

_MINUTE = timedelta(minutes=1)
_ASKED_A_MINUTE = 30  # at one host: strangers decide who is asked back
_ASKED_IN_ALL = 300  # a minute: a victim may have many names
_ALL = 1_000  # there are not more (hub.Caps): those of one slow host must not stand before all others
_ENDED_AT_ONCE = 100  # subscriptions of a feed that is no more, in one round


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """An intent that is asked for, with the challenge that was sent."""

    intent: Intent
    challenge: str
    sent: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivering:
    """A subscriber with the digest of the document that is on its way."""

    subscriber: Subscriber
    digest: str


@dataclass(frozen=True, slots=True)
class Denying:
    """A subscription that is ended, of which its subscriber is told."""

    subscriber: Subscriber


@dataclass(slots=True)
class Documents:
    """The published files, known by time and size until they change."""

    output: Path
    names: Mapping[str, str]  # by topic
    _known: dict[str, tuple[tuple[int, int], str]] = field(default_factory=dict)

    def digest(self, topic: str) -> str:
        """Of what stands there now; "" where nothing does."""
        if topic not in self.names:
            return ""
        path = self.output / self.names[topic]
        try:
            state = path.stat()
            stamp = (state.st_mtime_ns, state.st_size)
            if topic not in self._known or self._known[topic][0] != stamp:
                self._known[topic] = (stamp, _digest(path.read_bytes()))
        except OSError:
            return ""
        return self._known[topic][1]

    def read(self, topic: str) -> bytes | None:
        try:
            return (self.output / self.names[topic]).read_bytes()
        except OSError:
            return None


def _digest(content: bytes) -> str:
    return blake2b(content, digest_size=16).hexdigest()


@dataclass(slots=True, kw_only=True)
class Hub:
    """Our hub's side of a round: writes down what came back, and says what is to be sent."""

    hub: str  # its address
    documents: Documents
    types: Mapping[str, str]  # suffix to media type
    private: bool  # callbacks may be at addresses that are not public
    log: Any
    _expired: datetime | None = None  # when subscriptions were last looked through for those that ended
    _asked: dict[str, deque[datetime]] = field(default_factory=dict)  # by host, of the last minute

    def round(self, shelf: Subscriptions, returned: Sequence[Returned], room: Room, now: datetime) -> list[Parcel]:
        """The messages for which there is something to say and room."""
        self._write_down(shelf, returned, now)
        if self._expired is None or not timedelta() <= now - self._expired < _MINUTE:
            shelf.expire(now)
            self._expired = now
        return [*self._askings(shelf, room, now), *self._of_topics(shelf, room, now)]

    # -------------------------------------------------------------------------------------------------------- what came back

    def _write_down(self, shelf: Subscriptions, returned: Sequence[Returned], now: datetime) -> None:
        fates: list[Delivered] = []
        for one in returned:
            match one.parcel.about:
                case Asking() as asking:
                    self._asked_back(shelf, asking, one.outcome, now)
                case Delivering() as delivering:
                    fates += self._fate(shelf, delivering, one.outcome, now)
        if fates:
            shelf.commit(fates)

    def _asked_back(self, shelf: Subscriptions, asking: Asking, outcome: Sent | Failed, now: datetime) -> None:
        intent = asking.intent
        told = {"mode": intent.mode.value, "topic": intent.topic, "host": intent.host}
        if not protocol.confirmed(outcome, asking.challenge):
            again = protocol.ask_again(outcome, intent.tries, now)
            if again:
                shelf.postpone(intent, next_try=again)
            else:
                shelf.drop(intent)
                self.log().info("websub.not_confirmed", **told, answer=_said(outcome))
        elif intent.mode is Mode.SUBSCRIBE:
            expires = asking.sent + timedelta(seconds=intent.lease)
            shelf.subscribe(intent, expires=expires, delivered=self.documents.digest(intent.topic), now=now)
            self.log().info("websub.subscribed", **told, expires=expires.isoformat())
        else:
            shelf.unsubscribe(intent)
            self.log().info("websub.unsubscribed", **told)

    def _fate(
        self, shelf: Subscriptions, delivering: Delivering, outcome: Sent | Failed, now: datetime
    ) -> Iterator[Delivered]:
        """Section 7: a 2xx is a success, a 410 the end, everything else a failure."""
        one = delivering.subscriber
        status = outcome.status
        if isinstance(outcome, Sent) and 200 <= outcome.status < 300:
            yield Delivered(topic=one.topic, callback=one.callback, delivered=delivering.digest, next_try=now)
            return
        if status == 410:
            shelf.end(one.topic, one.callback)
            self.log().info("websub.gone", topic=one.topic, host=one.host)
            return
        later = (outcome.retry_after if isinstance(outcome, Failed) else None) or now
        if isinstance(outcome, Failed) and outcome.failure is Failure.RATE_LIMITED and status is None:
            # its host wants to be left alone, and was: that is no failure of this one's
            yield Delivered(
                topic=one.topic, callback=one.callback, tries=one.tries, next_try=later, failing_since=one.failing_since
            )
            return
        self.log().info("websub.not_delivered", topic=one.topic, host=one.host, answer=_said(outcome))
        yield Delivered(
            topic=one.topic,
            callback=one.callback,
            tries=one.tries + 1,
            next_try=max(now + protocol.wait(one.tries + 1), later),
            failing_since=one.failing_since or now,
        )

    # --------------------------------------------------------------------------------------------------------- asking back

    def _askings(self, shelf: Subscriptions, room: Room, now: datetime) -> Iterator[Parcel]:
        self._forget(now)
        if room.left <= 0:
            return
        left = _ASKED_IN_ALL - sum(map(len, self._asked.values()))
        for intent in shelf.intents(now, _ALL):
            lately = self._asked.setdefault(intent.host, deque())
            key = (intent.mode, intent.topic, intent.callback)
            full = left <= 0 or len(lately) >= _ASKED_A_MINUTE
            if full or not room.take(key, intent.host, failing=intent.tries > 0):
                continue
            lately.append(now)
            left -= 1
            challenge = secrets.token_urlsafe(32)
            lease = {"lease_seconds": intent.lease} if intent.mode is Mode.SUBSCRIBE else {}
            question = protocol.asking(
                intent.callback, mode=intent.mode.value, topic=intent.topic, challenge=challenge, **lease
            )
            yield Parcel(
                key=key,
                host=intent.host,
                message=Message(url=question, private_network=self.private),
                about=Asking(intent=intent, challenge=challenge, sent=now),
                failing=intent.tries > 0,
            )

    def _forget(self, now: datetime) -> None:
        for host in list(self._asked):
            lately = self._asked[host]
            while lately and not timedelta() <= now - lately[0] < _MINUTE:
                lately.popleft()
            if not lately:
                del self._asked[host]

    # ---------------------------------------------------------------------------------------------------------- delivering

    def _of_topics(self, shelf: Subscriptions, room: Room, now: datetime) -> Iterator[Parcel]:
        given: dict[str, set[str]] = {}
        for topic, delivered in shelf.versions():
            given.setdefault(topic, set()).add(delivered)
        for topic in sorted(given):
            if room.left <= 0:
                return
            if topic not in self.documents.names:
                yield from self._denials(shelf, topic)
            elif given[topic] != {digest := self.documents.digest(topic)} and digest:
                yield from self._deliveries(shelf, topic, digest, room, now)

    def _deliveries(self, shelf: Subscriptions, topic: str, digest: str, room: Room, now: datetime) -> Iterator[Parcel]:
        owed = shelf.owed(topic, digest, now, _ALL)
        content = self.documents.read(topic) if owed else None
        if content is None:
            return
        digest = _digest(content)  # it may have been replaced just now
        headers = {
            "Content-Type": self.types[Path(self.documents.names[topic]).suffix],
            "Link": protocol.link(self.hub, topic),
        }
        for one in owed:
            if self._given_up(one, now):
                yield from self._denial(shelf, one, "it could not be reached for ten days")
            elif room.take((topic, one.callback), one.host, failing=one.tries > 0):
                yield Parcel(
                    key=(topic, one.callback),
                    host=one.host,
                    message=protocol.delivery(one, content, headers, private=self.private),
                    about=Delivering(subscriber=one, digest=digest),
                    failing=one.tries > 0,
                )

    @staticmethod
    def _given_up(one: Subscriber, now: datetime) -> bool:
        return one.failing_since is not None and now - one.failing_since >= protocol.GIVE_UP

    def _denials(self, shelf: Subscriptions, topic: str) -> Iterator[Parcel]:
        for one in shelf.of_topic(topic, _ENDED_AT_ONCE):
            yield from self._denial(shelf, one, "there is no such feed any more")

    def _denial(self, shelf: Subscriptions, one: Subscriber, reason: str) -> Iterator[Parcel]:
        """Section 5.2: a hub may deny at any time, and says so."""
        shelf.end(one.topic, one.callback)
        self.log().info("websub.denied", topic=one.topic, host=one.host, reason=reason)
        url = protocol.asking(one.callback, mode="denied", topic=one.topic, reason=reason)
        yield Parcel(
            key=("denied", one.topic, one.callback),
            host=one.host,
            message=Message(url=url, private_network=self.private),
            about=Denying(one),
            failing=True,
        )


def _said(outcome: Sent | Failed) -> str:
    """For a log line: not more than the class and the status, since a callback is a secret of two."""
    return f"HTTP {outcome.status}" if outcome.status else outcome.failure.value if isinstance(outcome, Failed) else ""

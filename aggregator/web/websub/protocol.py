"""What hub and subscriber say to each other, and what each may. Pure; section numbers are those of the recommendation."""

from __future__ import annotations

import hmac
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

from aggregator.errors import Failure
from aggregator.fetch import addresses, targets
from aggregator.model import Failed, Message, Mode, Sent, Subscriber

LARGEST_REQUEST = 16_000  # bytes of a form
SUFFIXES = (".rss", ".atom", ".json")
_DAY = 86_400
SHORTEST_LEASE, LEASE, LONGEST_LEASE = 3_600, 10 * _DAY, 30 * _DAY  # seconds; ten days are what section 8.2 calls good
_SECRET = 200  # bytes, and less (section 5.1)
_LONGEST = 2_000  # characters of a callback
_FORM = "application/x-www-form-urlencoded"
_KEYS = ("hub.mode", "hub.topic", "hub.callback", "hub.lease_seconds", "hub.secret")
# After one failed delivery more: the last again and again, until GIVE_UP
_WAITS = (10, 60, 300, 900, 3_600, 3 * 3_600, 6 * 3_600, 12 * 3_600)  # seconds
GIVE_UP = timedelta(days=10)
_ASKING_BACK = (30, 300)  # seconds between the tries to reach whoever asked
# What will not be otherwise in five minutes
_FOR_GOOD = frozenset({Failure.BLOCKED_ADDRESS, Failure.SCHEME})
_CHALLENGE = re.compile(r"[!-~]{1,500}")
_ALGORITHMS = frozenset({"sha1", "sha256", "sha384", "sha512"})  # section 7.1.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request to our hub that we understand and that is about a feed of ours."""

    mode: Mode
    topic: str
    callback: str = field(repr=False)
    host: str
    lease: int
    secret: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """Why not, with the status that says so."""

    status: int
    reason: str


# ----------------------------------------------------------------------------------------------------------- asking a hub


def topics(base_url: str, feed_ids: Collection[str]) -> dict[str, str]:
    """The addresses that one may subscribe to, each with the file that stands there."""
    names = [f"feeds/{feed_id}{suffix}" for feed_id in feed_ids for suffix in SUFFIXES]
    return {f"{base_url}{name}": name for name in names}


def asked(body: bytes, known: Collection[str], *, private: bool) -> Asked | Refused:
    """What a form asks for. `known` are our topics; `private`: callbacks may be at addresses that are not public."""
    form = _form(body)
    if isinstance(form, Refused):
        return form
    mode, topic = form.get("hub.mode", ""), form.get("hub.topic", "")
    if mode == "publish":
        return Refused(403, "this hub tells of its own feeds, and knows itself when they change")
    if mode not in set(Mode):
        return Refused(400, "hub.mode: subscribe or unsubscribe")
    if topic not in known:
        topic = unquote(topic)  # section 5.1.1: `%61ll.atom` is the same address
    if topic not in known:
        return Refused(404, "hub.topic: no feed of this hub; expected the address that the feed calls rel=self")
    host = _host(form.get("hub.callback", ""), private=private)
    if isinstance(host, Refused):
        return host
    secret = form.get("hub.secret") or None
    if secret is not None and len(secret.encode()) >= _SECRET:
        return Refused(400, f"hub.secret: less than {_SECRET} bytes")
    seconds = form.get("hub.lease_seconds") or str(LEASE)
    if mode == Mode.SUBSCRIBE and not re.fullmatch(r"[0-9]{1,12}", seconds):
        return Refused(400, "hub.lease_seconds: a positive whole number")
    return Asked(
        mode=Mode(mode),
        topic=topic,
        callback=form["hub.callback"],
        host=host,
        lease=lease(int(seconds)) if mode == Mode.SUBSCRIBE else 0,
        secret=secret,
    )


def lease(seconds: int) -> int:
    """What is given to who wishes for so much."""
    return min(max(seconds, SHORTEST_LEASE), LONGEST_LEASE)


def _form(body: bytes) -> dict[str, str] | Refused:
    """The parameters that we know; all others are ignored (section 5.1)."""
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError:
        return Refused(400, f"not a form: expected {_FORM} in UTF-8")
    found = [(name, value) for name, value in pairs if name in _KEYS]
    form = dict(found)
    if len(form) < len(found):
        return Refused(400, "a parameter that is given twice")
    return form


def _host(callback: str, *, private: bool) -> str | Refused:
    """The host of a callback, without its port: a victim has one host and many ports. A name may still lead to an address that
    is not public: what it leads to is looked at when it is connected to."""
    if not re.fullmatch(rf"[!-~]{{1,{_LONGEST}}}", callback) or "#" in callback:
        return Refused(
            400, f"hub.callback: an http or https address of at most {_LONGEST:,} ASCII characters, without #"
        )
    target = targets.read(callback)
    if isinstance(target, Failed):
        return Refused(400, "hub.callback: an http or https address")
    if target.authorization:
        return Refused(400, "hub.callback: an address without user name and password")
    literal = addresses.literal(target.host)
    closed = addresses.loopback_name(target.host) or (literal is not None and not addresses.public(literal))
    if closed and not private:
        return Refused(400, "hub.callback: an address that can be reached from everywhere")
    return target.host


# ---------------------------------------------------------------------------------------------------------- asking back


def asking(callback: str, **parameters: str | int) -> str:
    """The callback with `hub.` parameters behind its own (section 5.1.1)."""
    added = urlencode({f"hub.{name}": value for name, value in parameters.items()})
    return f"{callback}{'&' if '?' in callback else '?'}{added}"


def confirmed(answer: Sent | Failed, challenge: str) -> bool:
    """Whether whoever was asked back meant it (section 5.3.1): any 2xx with exactly the challenge."""
    if isinstance(answer, Failed) or not 200 <= answer.status < 300:
        return False
    return hmac.compare_digest(answer.body, challenge.encode())


def ask_again(answer: Sent | Failed, tries: int, now: datetime) -> datetime | None:
    """When to ask back once more, where nobody was reached; None: not any more."""
    if isinstance(answer, Sent) or answer.failure in _FOR_GOOD or tries >= len(_ASKING_BACK):
        return None
    return max(now + timedelta(seconds=_ASKING_BACK[tries]), answer.retry_after or now)


def challenge(written: str) -> str | None:
    """What a hub wants to be given back, where one may give it (section 8.2: nothing long, nothing binary)."""
    return written if _CHALLENGE.fullmatch(written) else None


# ----------------------------------------------------------------------------------------------------------- delivering


def delivery(one: Subscriber, content: bytes, headers: Mapping[str, str], *, private: bool) -> Message:
    """A document on its way to a subscriber (section 7): all of it, since a reader that missed one needs no other then."""
    signature = {"X-Hub-Signature": signed(one.secret, content)} if one.secret else {}
    return Message(
        url=one.callback, headers=tuple({**headers, **signature}.items()), body=content, private_network=private
    )


def link(hub: str, topic: str) -> str:
    """The Link header of a topic: of its deliveries, and wherever it is served (section 4)."""
    return f'<{hub}>; rel="hub", <{topic}>; rel="self"'


def signed(secret: str, content: bytes) -> str:
    """SHA-256: all subscribers know it, and it is the least that section 8.3 calls appropriate."""
    return "sha256=" + hmac.new(secret.encode(), content, "sha256").hexdigest()


def wait(tries: int) -> timedelta:
    """How long a subscriber is left alone after so many failures in a row."""
    return timedelta(seconds=_WAITS[min(tries, len(_WAITS)) - 1])


# ------------------------------------------------------------------------------------------------------------ subscribing


def subscription(hub: str, mode: Mode, topic: str, callback: str, secret: str) -> Message:
    """A request of ours to a hub (section 5.1)."""
    wanted = {"hub.mode": mode.value, "hub.topic": topic, "hub.callback": callback}
    if mode is Mode.SUBSCRIBE:
        wanted |= {"hub.lease_seconds": str(LEASE), "hub.secret": secret}
    return Message(url=hub, headers=(("Content-Type", _FORM),), body=urlencode(wanted).encode())


class Signature:
    """The signature of a delivery, looked at while its body comes in: of that nothing needs to be kept."""

    def __init__(self, header: str, secret: str) -> None:
        method, _, self._claimed = header.strip().partition("=")
        known = method.lower() in _ALGORITHMS
        self._mac: Any = hmac.new(secret.encode(), digestmod=method.lower()) if known else None

    def feed(self, chunk: bytes) -> None:
        if self._mac is not None:
            self._mac.update(chunk)

    def valid(self) -> bool:
        """Whether who sent the body knows the secret."""
        claimed = self._claimed.strip().lower().encode("utf-8", "replace")
        return self._mac is not None and hmac.compare_digest(self._mac.hexdigest().encode(), claimed)


def given_lease(written: str) -> int | None:
    """The seconds that a hub gives us; None where it does not say, and so gives none."""
    seconds = int(written) if re.fullmatch(r"[0-9]{1,12}", written) else 0
    return min(seconds, 90 * _DAY) or None

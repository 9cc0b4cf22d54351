"""Our subscriptions: what is asked of which hub, and that nobody but the hub can make us do anything."""

from __future__ import annotations

import hashlib
import hmac
import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from aggregator.model import HubLink, Push, PushState, SourceUpdate
from aggregator.web.websub import subscribe
from tests.servers.local_world import Reply
from tests.servers.websub import FakeHub
from tests.web.websub.installation import BASE, NOW, Installation

TOPIC = "http://127.0.0.1/feed.atom"
LINK = HubLink("https://hub.example/", TOPIC)
PUSH = Push(
    token="t", source_id="one", hub=LINK.hub, topic=LINK.topic, secret="s", asked=NOW, tries=1,
    next_try=NOW + timedelta(minutes=10),
)  # fmt: skip
LIVE = replace(PUSH, state=PushState.LIVE, expires=NOW + timedelta(days=10), tries=0, next_try=NOW + timedelta(days=8))


# ------------------------------------------------------------------------------------------------------ what is decided


@pytest.mark.parametrize(
    ("wanted", "push", "passed", "expected"),
    [
        pytest.param(LINK, None, 0, PushState.ASKED, id="a source that names a hub is subscribed to"),
        pytest.param(LINK, PUSH, 9, None, id="a hub has ten minutes to ask back"),
        pytest.param(LINK, PUSH, 10, PushState.ASKED, id="then it is asked again"),
        pytest.param(LINK, LIVE, 24 * 60, None, id="a lease that lasts is left alone"),
        pytest.param(LINK, LIVE, 8 * 24 * 60, PushState.LIVE, id="it is renewed before it ends"),
        pytest.param(
            LINK, replace(LIVE, next_try=NOW), 11 * 24 * 60, PushState.ASKED, id="what has ended is asked for anew"
        ),
        pytest.param(None, LIVE, 1, PushState.LEAVING, id="a source that names none any more is left"),
        pytest.param(
            None, replace(PUSH, state=PushState.LEAVING), 1, None, id="a hub has ten minutes to confirm that too"
        ),
        pytest.param(
            LINK,
            replace(PUSH, state=PushState.DENIED, next_try=NOW + subscribe.DENIED),
            29 * 24 * 60,
            None,
            id="a hub that said no is left alone for a month",
        ),
        pytest.param(None, replace(PUSH, state=PushState.DENIED), 1, PushState.LEAVING, id="also where it said no"),
    ],
)
def test_what_is_asked_of_a_hub(
    wanted: HubLink | None, push: Push | None, passed: int, expected: PushState | None
) -> None:
    now = NOW + timedelta(minutes=passed)
    names = map(str, itertools.count())
    found = subscribe.plan(
        {"one": wanted} if wanted else {}, [push] if push else [], now=now, drawn=lambda: next(names)
    )
    assert [one.state for one in found.ask] == ([expected] if expected else [])
    assert all(one.next_try > now for one in found.ask), "who does not ask back is asked again"
    assert found.forget == ()


def test_another_hub_is_another_subscription() -> None:
    moved = HubLink("https://other.example/", LINK.topic)
    found = subscribe.plan({"one": moved}, [LIVE], now=NOW, drawn=lambda: "new")
    assert [(one.hub, one.state) for one in found.ask] == [
        (LINK.hub, PushState.LEAVING),
        (moved.hub, PushState.ASKED),
    ]


def test_a_hub_that_never_answers_is_asked_less_and_less() -> None:
    pushes, asked = [PUSH], []
    for hour in range(24 * 7):
        found = subscribe.plan({"one": LINK}, pushes, now=NOW + timedelta(hours=hour), drawn=lambda: "t")
        asked += [hour] * len(found.ask)
        pushes = list(found.ask) or pushes
    assert len(asked) == 9


def test_what_has_ended_is_forgotten_in_the_end() -> None:
    left = replace(PUSH, state=PushState.LEFT, next_try=NOW)
    leaving = replace(PUSH, token="u", state=PushState.LEAVING, tries=3, next_try=NOW)
    assert subscribe.plan({}, [left, leaving], now=NOW, drawn=lambda: "").forget == ("t", "u")


def test_hints_in_vain_count_less_and_less() -> None:
    assert [subscribe.gap(idle).total_seconds() for idle in (0, 1, 2, 6, 7, 99)] == [10, 20, 40, 640, 900, 900]


# ------------------------------------------------------------------------------------------------------------ with a hub


@pytest.fixture
def reader(installation: Callable[..., Installation], foreign_hub: FakeHub) -> Installation:
    """An installation whose one source names the hub."""
    source = f"{{id: one, name: Eins, url: '{foreign_hub.server.url('/feed')}', private_network: true}}"
    made = installation("subscribe: true", source)
    look(made, hub=HubLink(foreign_hub.url, TOPIC))
    return made


def look(reader: Installation, **fields: object) -> None:
    """What a pass writes down of the source."""
    with reader.store() as store:
        asked = replace(store.state("one"), last_checked=reader.now, next_due=reader.now + timedelta(days=1))
        store.commit(SourceUpdate(state=replace(asked, **fields)))


def stored(reader: Installation) -> Push:
    with reader.store() as store:
        [push] = store.websub.pushes()
        return push


def due(reader: Installation) -> bool:
    with reader.store() as store:
        state = store.state("one")
        return state.next_due is not None and state.next_due <= reader.now


def confirm(reader: Installation, **changed: str) -> tuple[int, bytes]:
    """The hub asks back; what it is answered."""
    form = {"mode": "subscribe", "topic": TOPIC, "challenge": "c" * 40, "lease_seconds": "864000"} | changed
    query = urlencode({f"hub.{name}": value for name, value in form.items()})
    answer = reader.request("GET", f"/websub/{stored(reader).token}?{query}")
    return answer.status_code, answer.content


def push(reader: Installation, signature: str | None, body: bytes = b"<feed/>", token: str | None = None) -> int:
    headers = {} if signature is None else {"X-Hub-Signature": signature}
    path = f"/websub/{token or stored(reader).token}"
    return reader.request("POST", path, content=body, headers=headers).status_code


def signed(reader: Installation, method: str = "sha256", body: bytes = b"<feed/>", secret: str | None = None) -> str:
    key = (secret or stored(reader).secret).encode()
    return f"{method}={hmac.new(key, body, getattr(hashlib, method)).hexdigest()}"


def test_the_hub_of_a_source_is_asked_once(reader: Installation, foreign_hub: FakeHub) -> None:
    reader.tick()
    reader.tick(seconds=2)
    [form] = foreign_hub.asked()
    kept = stored(reader)
    assert form == {
        "hub.mode": "subscribe",
        "hub.topic": TOPIC,
        "hub.callback": f"{BASE}websub/{kept.token}",
        "hub.lease_seconds": "864000",
        "hub.secret": kept.secret,
    }
    assert len(kept.token) >= 40
    assert len(kept.secret) >= 40
    assert kept.token != kept.secret


def test_what_we_asked_for_is_confirmed(reader: Installation) -> None:
    reader.tick()
    assert confirm(reader) == (200, b"c" * 40)
    assert stored(reader).state is PushState.LIVE
    with reader.store() as store:
        assert store.state("one").pushed_until == NOW + timedelta(days=10)


def test_the_answer_is_nothing_that_a_browser_would_run(reader: Installation) -> None:
    reader.tick()
    query = urlencode({"hub.mode": "subscribe", "hub.topic": TOPIC, "hub.challenge": "<b>", "hub.lease_seconds": "9"})
    answer = reader.request("GET", f"/websub/{stored(reader).token}?{query}")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"topic": "http://127.0.0.1/other.atom"}, id="another topic"),
        pytest.param({"mode": "unsubscribe"}, id="the opposite of what we want"),
        pytest.param({"mode": "publish"}, id="a mode that is none"),
        pytest.param({"challenge": ""}, id="no challenge"),
        pytest.param({"challenge": "c" * 501}, id="a challenge that is a document"),
        pytest.param({"challenge": "a\0b"}, id="a challenge of other bytes than text"),
        pytest.param({"lease_seconds": ""}, id="no lease"),
        pytest.param({"lease_seconds": "0"}, id="an empty lease"),
        pytest.param({"lease_seconds": "never"}, id="a lease that is no number"),
    ],
)
def test_what_we_did_not_ask_for_is_not_confirmed(reader: Installation, changed: dict[str, str]) -> None:
    reader.tick()
    assert confirm(reader, **changed)[0] == 404
    assert stored(reader).state is PushState.ASKED


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_token_that_nobody_was_given_is_not_found(reader: Installation, method: str) -> None:
    reader.tick()
    assert reader.request(method, "/websub/guessed").status_code == 404


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_a_signed_push_makes_the_source_due(reader: Installation, method: str) -> None:
    reader.tick()
    confirm(reader)
    reader.now += timedelta(minutes=5)
    assert not due(reader)
    assert push(reader, signed(reader, method)) == 202
    assert due(reader)


@pytest.mark.parametrize(
    "signature",
    [
        pytest.param(None, id="none"),
        pytest.param("", id="an empty one"),
        pytest.param("sha256=" + "0" * 64, id="a wrong one"),
        pytest.param("md5=" + "0" * 32, id="of an algorithm that is none"),
        pytest.param("sha256=ü", id="of other characters"),
    ],
)
def test_a_push_without_the_right_signature_does_nothing(reader: Installation, signature: str | None) -> None:
    reader.tick()
    confirm(reader)
    reader.now += timedelta(minutes=5)
    given = None if signature is None else signature.encode()
    assert push(reader, given) == 202  # type: ignore[arg-type]
    reader.tick(seconds=2)
    assert not due(reader)
    assert stored(reader).hinted is None


def test_the_signature_is_of_this_body_and_this_secret(reader: Installation) -> None:
    reader.tick()
    confirm(reader)
    reader.now += timedelta(minutes=5)
    push(reader, signed(reader, body=b"another"))
    push(reader, signed(reader, secret="another"))
    assert not due(reader)


def test_a_push_may_be_as_large_as_a_document(reader: Installation) -> None:
    reader.tick()
    large = b"x" * (reader.site.config.limits.body + 1)
    assert push(reader, signed(reader, body=large), large) == 413
    assert stored(reader).hinted is None


def test_a_hint_holds_until_the_source_was_asked_after_it(reader: Installation) -> None:
    reader.tick()
    confirm(reader)
    began = reader.now
    reader.now += timedelta(minutes=5)
    push(reader, signed(reader))
    look(reader, last_checked=began)  # by a pass that began before
    reader.tick(seconds=2)
    assert due(reader)
    look(reader)
    reader.tick(seconds=2)
    assert not due(reader)
    assert stored(reader).hinted is None


@pytest.mark.slow
def test_a_hub_that_cries_wolf_has_a_source_asked_less_and_less(reader: Installation) -> None:
    reader.tick()
    confirm(reader)
    asked = 0
    for _ in range(30):
        reader.now += timedelta(minutes=2)
        push(reader, signed(reader))
        if due(reader):
            look(reader)
            asked += 1
        reader.now += timedelta(milliseconds=1)
        push(reader, signed(reader))  # never is there a request after the last word of the hub
    assert 5 <= asked <= 10


def test_a_hub_may_say_no(reader: Installation) -> None:
    reader.tick()
    confirm(reader)
    assert confirm(reader, mode="denied", reason="not you")[0] == 200
    assert (stored(reader).state, stored(reader).reason) == (PushState.DENIED, "not you")
    with reader.store() as store:
        assert store.state("one").pushed_until is None


def test_a_hub_may_send_us_on_and_is_followed_with_the_whole_request(
    reader: Installation, foreign_hub: FakeHub
) -> None:
    foreign_hub.answer = Reply(status=308, headers={"Location": "/better"})
    foreign_hub.server.reply("/better", status=202)
    reader.tick()
    reader.tick(seconds=2)
    assert foreign_hub.asked("/better") == foreign_hub.asked()


def test_a_hub_that_refuses_is_asked_later_and_the_reason_is_kept(reader: Installation, foreign_hub: FakeHub) -> None:
    foreign_hub.answer = Reply(status=400)
    reader.tick()
    reader.tick(minutes=9)
    assert (len(foreign_hub.asked()), stored(reader).reason) == (1, "HTTP 400")
    reader.tick(minutes=2)
    assert len(foreign_hub.asked()) == 2


def test_a_source_without_hub_is_unsubscribed_from(reader: Installation, foreign_hub: FakeHub) -> None:
    reader.tick()
    confirm(reader)
    look(reader, hub=None)
    reader.tick(seconds=2)
    assert [form["hub.mode"] for form in foreign_hub.asked()] == ["subscribe", "unsubscribe"]
    assert push(reader, signed(reader)) == 410
    assert confirm(reader, mode="unsubscribe") == (200, b"c" * 40)
    assert stored(reader).state is PushState.LEFT
    assert confirm(reader)[0] == 404, "who left does not come back by the hub's word"
    reader.tick(days=11)
    with reader.store() as store:
        assert store.websub.pushes() == ()


def test_a_hub_at_a_private_address_is_asked_only_where_the_source_itself_may_stand_there(
    installation: Callable[..., Installation], foreign_hub: FakeHub
) -> None:
    source = "{id: one, name: Eins, url: 'https://amt.example/feed', private_network: true}"
    made = installation("subscribe: true", source)
    look(made, hub=HubLink(foreign_hub.url, TOPIC))
    made.tick()
    assert foreign_hub.server.connections == 0
    assert "not public" in (stored(made).reason or "")


def test_without_the_key_nobody_is_asked(installation: Callable[..., Installation], foreign_hub: FakeHub) -> None:
    made = installation("hub: true", f"{{id: one, name: Eins, url: '{foreign_hub.server.url('/feed')}'}}")
    look(made, hub=HubLink(foreign_hub.url, TOPIC))
    made.tick()
    assert foreign_hub.server.requests == []
    assert made.request("GET", "/websub/x").status_code == 404

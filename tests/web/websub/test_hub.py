"""The hub against real subscribers: nothing is sent to who has not shown that they want it, and nothing is lost by it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from aggregator.model import Intent, Mode
from aggregator.web.websub import outbox, protocol
from aggregator.web.websub.hub import Caps, routes
from tests.servers.local_world import LocalServer, Reply
from tests.servers.websub import FakeSubscriber
from tests.web.websub.installation import BASE, TOPIC, Installation

DAY = 86_400


def subscribed(hub: Installation, subscriber: FakeSubscriber, name: str = "a", **more: str) -> None:
    assert hub.ask(subscriber.callback(name), **more).status_code == 202
    hub.tick()


def standing(hub: Installation) -> int:
    with hub.store() as store:
        return store.websub.counts(TOPIC, "").subscribers


def test_who_confirms_gets_the_next_document_and_not_the_present_one(
    hub: Installation, subscriber: FakeSubscriber
) -> None:
    subscribed(hub, subscriber, secret="s3cret")
    [question] = subscriber.questions
    assert question["hub.mode"] == "subscribe"
    assert question["hub.topic"] == TOPIC
    assert question["hub.lease_seconds"] == str(10 * DAY)
    assert len(question["hub.challenge"]) >= 32
    hub.tick(seconds=2)
    assert subscriber.deliveries() == []
    hub.publish(b"<feed>2</feed>")
    hub.tick(seconds=2)
    [delivery] = subscriber.deliveries()
    assert delivery.body == b"<feed>2</feed>"
    assert delivery.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert delivery.headers["link"] == f'<{BASE}hub>; rel="hub", <{TOPIC}>; rel="self"'
    expected = hmac.new(b"s3cret", delivery.body, hashlib.sha256).hexdigest()
    assert delivery.headers["x-hub-signature"] == f"sha256={expected}"
    hub.tick(seconds=60)
    assert len(subscriber.deliveries()) == 1


@pytest.mark.parametrize(
    ("suffix", "content_type"),
    [("rss", "application/rss+xml"), ("atom", "application/atom+xml"), ("json", "application/feed+json")],
)
def test_every_format_of_a_feed_is_a_topic(
    hub: Installation, subscriber: FakeSubscriber, suffix: str, content_type: str
) -> None:
    topic = f"{BASE}feeds/all.{suffix}"
    hub.ask(subscriber.callback(), topic=topic)
    hub.tick()
    hub.publish(b"news", f"feeds/all.{suffix}")
    hub.tick(seconds=2)
    [delivery] = subscriber.deliveries()
    assert delivery.body == b"news"
    assert delivery.headers["content-type"] == f"{content_type}; charset=utf-8"
    assert delivery.headers["link"] == protocol.link(f"{BASE}hub", topic)


def test_without_a_secret_there_is_no_signature(hub: Installation, subscriber: FakeSubscriber) -> None:
    subscribed(hub, subscriber)
    hub.publish(b"<feed>2</feed>")
    hub.tick(seconds=2)
    assert "x-hub-signature" not in subscriber.deliveries()[0].headers


def test_the_query_of_a_callback_stays(hub: Installation, subscriber: FakeSubscriber) -> None:
    hub.ask(subscriber.callback(query="?own=1&hub.topic=mine"))
    hub.tick()
    [asked] = subscriber.server.requests
    assert urlsplit(asked.path).query.startswith("own=1&hub.topic=mine&hub.mode=subscribe")
    hub.publish(b"<feed>2</feed>")
    hub.tick(seconds=2)
    assert subscriber.deliveries()[0].path == "/callback/a?own=1&hub.topic=mine"


@pytest.mark.parametrize("status", [200, 201, 202, 203, 206, 299], ids=str)
def test_any_2xx_confirms(hub: Installation, subscriber: FakeSubscriber, status: int) -> None:
    subscriber.confirmation = status
    subscribed(hub, subscriber)
    assert standing(hub) == 1


@pytest.mark.parametrize("status", [204, 301, 302, 307, 400, 404, 500, 503], ids=str)
def test_no_other_status_confirms(hub: Installation, subscriber: FakeSubscriber, status: int) -> None:
    subscriber.confirmation = status
    subscribed(hub, subscriber)
    hub.publish(b"<feed>2</feed>")
    hub.tick(hours=1)
    assert standing(hub) == 0
    assert subscriber.deliveries() == []


def test_another_challenge_does_not_confirm(hub: Installation, subscriber: FakeSubscriber) -> None:
    subscriber.agrees = False
    subscribed(hub, subscriber)
    hub.publish(b"<feed>2</feed>")
    hub.tick(hours=1)
    assert (standing(hub), len(subscriber.questions), subscriber.deliveries()) == (0, 1, [])


def test_a_renewal_that_is_not_confirmed_leaves_the_subscription_as_it_was(
    hub: Installation, subscriber: FakeSubscriber
) -> None:
    subscribed(hub, subscriber, secret="first")
    subscriber.agrees = False
    subscribed(hub, subscriber, secret="forged")
    hub.publish(b"<feed>2</feed>")
    hub.tick(seconds=2)
    [delivery] = subscriber.deliveries()
    assert delivery.headers["x-hub-signature"] == protocol.signed("first", delivery.body)


def test_a_renewal_takes_the_new_secret_and_the_new_lease(hub: Installation, subscriber: FakeSubscriber) -> None:
    subscribed(hub, subscriber, secret="first", lease_seconds="3600")
    hub.now += timedelta(minutes=50)
    subscribed(hub, subscriber, secret="second", lease_seconds="7200")
    hub.publish(b"<feed>2</feed>")
    hub.tick(minutes=90)
    [delivery] = subscriber.deliveries()
    assert delivery.headers["x-hub-signature"] == protocol.signed("second", delivery.body)


def test_a_renewal_keeps_what_is_owed(hub: Installation, subscriber: FakeSubscriber) -> None:
    subscribed(hub, subscriber)
    subscriber.takes = [500, 200]
    hub.publish(b"<feed>2</feed>")
    hub.tick(seconds=2)
    subscribed(hub, subscriber)
    hub.tick(minutes=1)
    assert [seen.body for seen in subscriber.deliveries()] == [b"<feed>2</feed>"] * 2


def test_a_lease_ends(hub: Installation, subscriber: FakeSubscriber) -> None:
    subscribed(hub, subscriber, lease_seconds="3600")
    hub.publish(b"<feed>2</feed>")
    hub.tick(minutes=61)
    assert (standing(hub), subscriber.deliveries()) == (0, [])


@pytest.mark.parametrize(
    ("wished", "given"),
    [
        pytest.param("1", 3600, id="at least an hour"),
        pytest.param("86400", 86_400, id="what was wished for"),
        pytest.param("999999999999", 30 * DAY, id="at most thirty days"),
        pytest.param("0", 3600, id="no perpetual lease"),
    ],
)
def test_leases_have_bounds(hub: Installation, subscriber: FakeSubscriber, wished: str, given: int) -> None:
    subscribed(hub, subscriber, lease_seconds=wished)
    assert subscriber.questions[0]["hub.lease_seconds"] == str(given)


def test_who_unsubscribes_is_asked_first(hub: Installation, subscriber: FakeSubscriber) -> None:
    subscribed(hub, subscriber)
    subscriber.agrees = False
    hub.ask(subscriber.callback(), "unsubscribe")
    hub.tick(seconds=2)
    assert standing(hub) == 1
    subscriber.agrees = True
    hub.ask(subscriber.callback(), "unsubscribe")
    hub.tick(seconds=2)
    assert [asked["hub.mode"] for asked in subscriber.questions] == ["subscribe", "unsubscribe", "unsubscribe"]
    assert standing(hub) == 0


def test_a_failed_delivery_is_tried_again_with_growing_distance_and_across_restarts(
    hub: Installation, subscriber: FakeSubscriber
) -> None:
    subscribed(hub, subscriber)
    subscriber.takes = [500, 302, 404, 200]
    hub.publish(b"<feed>2</feed>")
    hub.tick(seconds=2)
    tried = [1]
    for seconds in (9, 1, 59, 1, 299, 1, 3600):
        hub.restart()
        hub.tick(seconds=seconds)
        tried.append(len(subscriber.deliveries()))
    assert tried == [1, 1, 2, 2, 3, 3, 4, 4]


def test_what_changed_meanwhile_is_delivered_once_as_it_is_now(hub: Installation, subscriber: FakeSubscriber) -> None:
    subscribed(hub, subscriber)
    subscriber.takes = [500, 200]
    for number in (2, 3, 4):
        hub.publish(b"<feed>%d</feed>" % number)
        hub.tick(seconds=2)
    hub.tick(minutes=1)
    assert [seen.body for seen in subscriber.deliveries()] == [b"<feed>2</feed>", b"<feed>4</feed>"]


def test_gone_ends_a_subscription(hub: Installation, subscriber: FakeSubscriber) -> None:
    subscribed(hub, subscriber)
    subscriber.takes = [410]
    hub.publish(b"<feed>2</feed>")
    hub.tick(seconds=2)
    assert standing(hub) == 0


def test_retry_after_is_kept_to(hub: Installation, subscriber: FakeSubscriber) -> None:
    subscribed(hub, subscriber)
    subscriber.server.reply("/callback/a", status=503, headers={"Retry-After": "7200"})
    hub.publish(b"<feed>2</feed>")
    hub.tick(seconds=2)
    hub.tick(minutes=110)
    assert len(subscriber.deliveries()) == 1
    hub.tick(minutes=30)
    assert len(subscriber.deliveries()) == 2


@pytest.mark.slow
def test_ten_days_of_failures_are_the_end_and_are_told(hub: Installation, subscriber: FakeSubscriber) -> None:
    subscribed(hub, subscriber, lease_seconds=str(30 * DAY))
    subscriber.takes = [500]
    hub.publish(b"<feed>2</feed>")
    for _ in range(2 * 10 + 8):
        hub.tick(hours=12)
    assert standing(hub) == 0
    assert subscriber.questions[-1]["hub.mode"] == "denied"
    assert 20 <= len(subscriber.deliveries()) <= 30


def test_a_feed_that_is_no_more_is_told_to_its_subscribers(hub: Installation, subscriber: FakeSubscriber) -> None:
    intent = Intent(
        mode=Mode.SUBSCRIBE, topic=f"{BASE}feeds/old.atom", callback=subscriber.callback(),
        host="x", lease=3600, asked=hub.now, next_try=hub.now,
    )  # fmt: skip
    with hub.store() as store:
        store.websub.subscribe(intent, expires=hub.now + timedelta(days=1), delivered="", now=hub.now)
    hub.tick(seconds=2)
    [told] = subscriber.questions
    assert (told["hub.mode"], told["hub.topic"]) == ("denied", f"{BASE}feeds/old.atom")
    assert standing(hub) == 0


@pytest.mark.slow
def test_a_slow_subscriber_holds_up_nobody(hub: Installation, subscriber: FakeSubscriber) -> None:
    slow = subscriber
    with FakeSubscriber(LocalServer(host="127.0.0.2")) as quick:
        for number in range(45):
            hub.ask(slow.callback(f"s{number}"))
        for number in range(20):
            hub.ask(quick.callback(f"q{number}"))
        hub.tick()
        hub.tick(minutes=1)
        assert standing(hub) == 65
        for number in range(45):
            pieces = slow.server.drip(b"x", pause=0.05)
            slow.server.script(f"/callback/s{number}", lambda _, pieces=pieces: Reply(body=pieces))
        hub.publish(b"<feed>2</feed>")
        while sum(len(quick.deliveries(f"q{number}")) for number in range(20)) < 20:
            hub.runner.run(hub.worker.tick())
        begun = sum(len(slow.deliveries(f"s{number}")) for number in range(45))
        assert begun <= outbox.LIMITS.per_host, "not one of them had come to its deadline"


# ------------------------------------------------------------------------------------------------- whom strangers may reach


@pytest.mark.slow
def test_a_flood_of_requests_asks_a_victim_thirty_times_a_minute(hub: Installation, subscriber: FakeSubscriber) -> None:
    subscriber.agrees = False
    for number in range(60):
        assert hub.ask(subscriber.callback(f"victim{number}")).status_code == 202
    hub.tick()
    hub.tick(seconds=30)
    assert len(subscriber.server.requests) == 30
    hub.tick(seconds=31)
    assert len(subscriber.server.requests) == 60
    hub.tick(days=1)
    assert len(subscriber.server.requests) == 60, "who did not confirm is not asked again"


@pytest.mark.slow
def test_a_flood_over_many_hosts_has_a_bound_too(hub: Installation, subscriber: FakeSubscriber) -> None:
    callback = subscriber.callback("victim")
    with hub.store() as store:
        for number in range(400):
            store.websub.ask(
                Intent(
                    mode=Mode.SUBSCRIBE, topic=TOPIC, callback=f"{callback}?{number}", host=f"name{number}", lease=3600,
                    asked=hub.now, next_try=hub.now,
                )
            )  # fmt: skip
    hub.tick()
    hub.tick(seconds=30)
    assert len(subscriber.server.requests) == 300


def test_the_same_request_again_and_again_is_one(hub: Installation, subscriber: FakeSubscriber) -> None:
    for _ in range(50):
        hub.ask(subscriber.callback())
    hub.tick()
    assert len(subscriber.server.requests) == 1


def test_unsubscribing_what_is_not_subscribed_asks_nobody(hub: Installation, subscriber: FakeSubscriber) -> None:
    assert hub.ask(subscriber.callback(), "unsubscribe").status_code == 202
    hub.tick()
    assert subscriber.server.requests == []


@pytest.mark.parametrize(
    "caps",
    [
        pytest.param(Caps(of_host=2), id="subscriptions of a host"),
        pytest.param(Caps(of_topic=2), id="subscriptions to a feed"),
        pytest.param(Caps(subscribers=2), id="subscriptions in all"),
        pytest.param(Caps(intents=1), id="open requests in all"),
        pytest.param(Caps(intents_of_host=1), id="open requests of a host"),
    ],
)
def test_strangers_make_us_keep_so_much_and_no_more(hub: Installation, subscriber: FakeSubscriber, caps: Caps) -> None:
    hub.serves(routes(hub.site, caps))
    for name in ("a", "b"):
        subscribed(hub, subscriber, name)
    hub.ask(subscriber.callback("c"))
    assert hub.ask(subscriber.callback("d")).status_code == 503
    assert hub.ask(subscriber.callback("a")).status_code == 202, "who is in may always renew"


def test_nobody_stands_at_a_private_address_unless_it_is_allowed(
    installation: Callable[..., Installation], subscriber: FakeSubscriber
) -> None:
    hub = installation("hub: true")
    hub.publish(b"<feed>1</feed>")
    assert hub.ask(subscriber.callback()).status_code == 400
    # a name that leads there: as if the form had not shown it
    intent = Intent(
        mode=Mode.SUBSCRIBE, topic=TOPIC, callback=subscriber.callback(), host="x", lease=3600, asked=hub.now,
        next_try=hub.now,
    )  # fmt: skip
    with hub.store() as store:
        store.websub.ask(intent)
        store.websub.subscribe(
            Intent(mode=Mode.SUBSCRIBE, topic=TOPIC, callback=subscriber.callback("b"), host="y", lease=3600,
                   asked=hub.now, next_try=hub.now),
            expires=hub.now + timedelta(days=1), delivered="", now=hub.now,
        )  # fmt: skip
    hub.tick(seconds=2)
    assert subscriber.server.connections == 0
    with hub.store() as store:
        assert store.websub.intents(hub.now + timedelta(days=1), 10) == ()


@pytest.mark.parametrize(
    ("form", "status"),
    [
        pytest.param({"topic": f"{BASE}feeds/none.atom"}, 404, id="a topic that is none of ours"),
        pytest.param({"topic": "https://victim.example/feed"}, 404, id="somebody else's feed"),
        pytest.param({"topic": f"{BASE}feeds/%61ll.atom"}, 202, id="the same address, written otherwise"),
        pytest.param({"mode": "publish"}, 403, id="a ping from a stranger"),
        pytest.param({"mode": "denied"}, 400, id="a mode that is no request"),
        pytest.param({"secret": "x" * 200}, 400, id="a secret of 200 bytes"),
        pytest.param({"secret": "ü" * 100}, 400, id="bytes count, not characters"),
        pytest.param({"secret": "x" * 199}, 202, id="a secret of 199 bytes"),
        pytest.param({"lease_seconds": "-1"}, 400, id="a lease that is no number"),
        pytest.param({"verify": "sync", "foo": "bar"}, 202, id="parameters that nobody knows"),
    ],
)
def test_what_is_refused_at_once(
    hub: Installation, subscriber: FakeSubscriber, form: dict[str, str], status: int
) -> None:
    assert hub.ask(subscriber.callback(), **form).status_code == status


def test_only_forms_of_some_size_are_read(hub: Installation) -> None:
    assert hub.request("POST", "/hub", json={}).status_code == 415
    large = hub.request("POST", "/hub", data={"hub.mode": "subscribe", "x": "y" * 20_000})
    assert large.status_code == 413


def test_without_the_key_there_is_no_hub(installation: Callable[..., Installation]) -> None:
    made = installation("hub: false")
    made.publish(b"<feed>1</feed>")
    assert made.ask("https://reader.example/callback").status_code in {404, 405}
    assert "link" not in made.request("GET", "/feeds/all.atom").headers


def test_feeds_name_the_hub_in_their_headers(hub: Installation) -> None:
    assert hub.request("GET", "/feeds/all.atom").headers["link"] == protocol.link(f"{BASE}hub", TOPIC)

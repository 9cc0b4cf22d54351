"""robots.txt over real sockets: a proxy on loopback stands for all hosts, so that they are public ones to the client."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.errors import Failure
from aggregator.fetch import client, robots, targets
from aggregator.fetch.hosts import Hosts
from aggregator.model import Failed, Fetched, Host, Limits, Outcome, RobotsTxt, Validators
from tests.servers.local_world import LocalServer

NOW = datetime(2026, 10, 12, 8, 0, tzinfo=UTC)
SITE = "http://news.example"
Ask = Callable[..., list[Outcome]]


@pytest.fixture
def ask(server: LocalServer, monkeypatch: pytest.MonkeyPatch) -> Ask:
    monkeypatch.setenv("HTTP_PROXY", server.url(""))
    for name in ("feed", "a", "b", "private/x"):
        server.reply(f"{SITE}/{name}", b"<rss/>")

    def all_of(
        *urls: str,
        hosts: Hosts | None = None,
        now: datetime = NOW,
        **more: RobotsTxt,
    ) -> list[Outcome]:
        async def run() -> list[Outcome]:
            async with client.opened(Limits(deadline=2), user_agent="aggregator/1", hosts=hosts) as opened:
                return await asyncio.gather(*(opened.fetch(url, now=now, **more) for url in urls))

        return asyncio.run(run())

    return all_of


def failures(outcomes: Sequence[Outcome]) -> list[Failure | None]:
    return [outcome.failure if isinstance(outcome, Failed) else None for outcome in outcomes]


def rules(server: LocalServer, text: bytes = b"User-agent: *\nDisallow: /private\n", **reply: object) -> None:
    server.reply(f"{SITE}/robots.txt", text, **reply)  # type: ignore[arg-type]


def asked(server: LocalServer) -> int:
    return server.count(f"{SITE}/robots.txt")


def test_what_is_not_allowed_is_not_asked_for(server: LocalServer, ask: Ask) -> None:
    rules(server)
    outcomes = ask(f"{SITE}/feed", f"{SITE}/private/x", f"{SITE}/a")
    assert failures(outcomes) == [None, Failure.ROBOTS, None]
    assert (asked(server), server.count(f"{SITE}/private/x")) == (1, 0)
    assert "/private/x" in str(outcomes[1])


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        pytest.param(b"User-agent: otherbot\nDisallow: /\n", True, id="for another robot"),
        pytest.param(b"User-agent: Aggregator\nDisallow: /\n\nUser-agent: *\nAllow: /\n", False, id="for us by name"),
        pytest.param(b"User-agent: *\nDisallow: /\n\nUser-agent: aggregator\nAllow: /\n", True, id="for us it is open"),
        pytest.param(b"\xef\xbb\xbfUser-agent: *\r\nDisallow: /fe*d$\r\n", False, id="a wildcard, and a BOM"),
        pytest.param(b"User-agent: *\nDisallow: /f\nAllow: /feed\n", True, id="the longer rule counts"),
        pytest.param(b"<html><body>Nicht gefunden</body></html>", True, id="a page"),
        pytest.param(
            b"User-agent: *\nDisallow: /feed\n" + b"#" * 600_000, False, id="the beginning of what is too long"
        ),
        pytest.param(b"#" * 600_000 + b"\nUser-agent: *\nDisallow: /\n", True, id="the rest of it is not read"),
        pytest.param(b"User-agent: *\nDisallow:\n", True, id="nothing is forbidden"),
    ],
)
def test_rules(server: LocalServer, ask: Ask, text: bytes, allowed: bool) -> None:
    rules(server, text)
    assert failures(ask(f"{SITE}/feed")) == [None if allowed else Failure.ROBOTS]


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        pytest.param({"status": 404}, None, id="none: all is allowed"),
        pytest.param({"status": 403}, None, id="refused: as if there was none (RFC 9309 section 2.3.1.3)"),
        pytest.param({"status": 500}, Failure.ROBOTS, id="the server fails: nothing is allowed"),
        pytest.param({"status": 503}, Failure.HTTP_5XX, id="the server wants to be left alone"),
        pytest.param({"status": 302, "headers": {"Location": "/robots.txt"}}, None, id="a loop: as if there was none"),
        pytest.param({"text": b""}, None, id="empty"),
    ],
)
def test_answers_for_robots_txt(server: LocalServer, ask: Ask, reply: dict, expected: Failure | None) -> None:
    rules(server, **reply)
    assert failures(ask(f"{SITE}/feed")) == [expected]
    assert server.count(f"{SITE}/feed") == (expected is None)


def test_no_answer_at_all_is_that_failure_and_asked_once(ask: Ask, server: LocalServer) -> None:
    server.raw(f"{SITE}/robots.txt", b"")
    assert failures(ask(f"{SITE}/feed", f"{SITE}/a", f"{SITE}/b")) == [Failure.PROTOCOL] * 3
    assert asked(server) == 1


def test_each_hop_is_asked_of_its_own_host(server: LocalServer, ask: Ask) -> None:
    server.reply(f"{SITE}/moved", status=302, headers={"Location": "http://other.example/feed"})
    server.reply("http://other.example/robots.txt", b"User-agent: *\nDisallow: /\n")
    assert failures(ask(f"{SITE}/moved")) == [Failure.ROBOTS]
    assert server.count("http://other.example/feed") == 0


def test_robots_txt_may_be_redirected_five_times(server: LocalServer, ask: Ask) -> None:
    rules(server, b"", status=301, headers={"Location": "/r1"})
    for number in range(1, 5):
        server.reply(f"{SITE}/r{number}", status=301, headers={"Location": f"/r{number + 1}"})
    server.reply(f"{SITE}/r5", b"User-agent: *\nDisallow: /\n")
    assert failures(ask(f"{SITE}/feed")) == [Failure.ROBOTS]


def test_with_consent_it_is_not_asked_for(server: LocalServer, ask: Ask) -> None:
    rules(server)
    assert failures(ask(f"{SITE}/private/x", robots_txt=RobotsTxt.IGNORE)) == [None]
    assert asked(server) == 0


def test_at_the_host_of_a_private_source_it_is_not_asked_for(
    server: LocalServer, fetch: Callable[..., Outcome]
) -> None:
    server.reply("/feed", b"<rss/>")
    assert isinstance(fetch(server.url("/feed")), Fetched)
    assert server.count() == 1


# ------------------------------------------------------------------------------------------------------ from pass to pass


def kept(hosts: Hosts, texts: dict[str, str | None]) -> Hosts:
    """What the next pass gets: all that has changed, without the texts, which are given on demand."""
    changed = hosts.changed()
    texts.update({host.origin: host.robots for host in changed if host.robots is not None})
    return Hosts({host.origin: replace(host, robots=None) for host in changed}, texts.get)


def test_a_pass_over_what_is_known_asks_for_no_robots_txt(server: LocalServer, ask: Ask) -> None:
    rules(server)
    texts: dict[str, str | None] = {}
    first = Hosts()
    ask(f"{SITE}/feed", hosts=first)
    second = kept(first, texts)
    assert failures(ask(f"{SITE}/feed", hosts=second, now=NOW + timedelta(hours=23))) == [None]
    assert second.changed() == (), "nothing to be written down"
    assert failures(ask(f"{SITE}/private/x", f"{SITE}/a", hosts=second, now=NOW + timedelta(hours=23))) == [
        Failure.ROBOTS,
        None,
    ]
    assert asked(server) == 1
    ask(f"{SITE}/feed", hosts=second, now=NOW + timedelta(hours=25))
    assert asked(server) == 2


def test_what_was_read_last_holds_while_it_can_not_be_read(server: LocalServer, ask: Ask) -> None:
    rules(server)
    hosts = Hosts()
    ask(f"{SITE}/feed", hosts=hosts)
    rules(server, status=500)
    tomorrow = NOW + timedelta(hours=25)
    assert failures(ask(f"{SITE}/feed", f"{SITE}/private/x", hosts=hosts, now=tomorrow)) == [None, Failure.ROBOTS]
    ask(f"{SITE}/feed", hosts=hosts, now=tomorrow + timedelta(minutes=59))
    assert asked(server) == 2
    ask(f"{SITE}/feed", hosts=hosts, now=tomorrow + timedelta(minutes=61))
    assert asked(server) == 3


def test_a_server_that_never_gives_it_is_asked_after_a_week(server: LocalServer, ask: Ask) -> None:
    rules(server, status=500)
    hosts = Hosts()
    assert failures(ask(f"{SITE}/feed", hosts=hosts)) == [Failure.ROBOTS]
    assert failures(ask(f"{SITE}/feed", hosts=hosts, now=NOW + timedelta(days=6))) == [Failure.ROBOTS]
    assert failures(ask(f"{SITE}/feed", hosts=hosts, now=NOW + timedelta(days=7, hours=1))) == [None]


@pytest.mark.parametrize(("written", "delay"), [("7", 7.0), ("99999", 60.0), ("x", 0.0), ("-1", 0.0)])
def test_crawl_delay(written: str, delay: float) -> None:
    hosts, target = Hosts(), targets.read(f"{SITE}/feed")
    assert not isinstance(target, Failed)
    text = f"User-agent: *\nCrawl-delay: {written}\n".encode()
    answer = Fetched(url="", status=200, content_type="", charset=None, body=text, validators=Validators())
    robots.Robots(hosts).learn(target, answer, NOW)
    assert hosts.get(SITE).crawl_delay == delay


def test_crawl_delay_is_kept(server: LocalServer, ask: Ask) -> None:
    rules(server, b"User-agent: *\nCrawl-delay: 0.1\n")
    started = time.monotonic()
    ask(f"{SITE}/feed", f"{SITE}/a", f"{SITE}/b")
    assert time.monotonic() - started >= 0.2


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "User-agent: *\n" + "".join(f"User-agent: a{n}\n" for n in range(15_000)) + "Disallow: /a*b\n" * 15_000,
            id="every rule for thousands of robots",
        ),
        pytest.param("User-agent: *\n" + "".join(f"Disallow: /*a*a{n}*b$\n" for n in range(20_000)), id="many rules"),
        pytest.param("User-agent: *\nDisallow: /" + "*a" * 200_000, id="a long pattern"),
    ],
)
def test_hostile_rules_are_judged_quickly(text: str) -> None:
    hosts, target = Hosts(), targets.read(f"{SITE}/{'a' * 2000}")
    assert not isinstance(target, Failed)
    reader = robots.Robots(hosts)
    body = text.encode()[: robots.LARGEST]
    started = time.process_time()
    reader.learn(
        target, Fetched(url="", status=200, content_type="", charset=None, body=body, validators=Validators()), NOW
    )
    reader.barred(target, NOW)
    assert time.process_time() - started < 1.5


def test_a_verdict_that_is_known_costs_next_to_nothing() -> None:
    target = targets.read(f"{SITE}/feed")
    assert not isinstance(target, Failed)
    host = Host(origin=SITE, robots_checked=NOW, robots_read=NOW, verdicts={"/feed": True})
    reader = robots.Robots(Hosts({SITE: host}))

    def round_of(count: int) -> float:
        started = time.process_time()
        for _ in range(count):
            assert not reader.due(target, NOW)
            assert reader.barred(target, NOW) is None
        return (time.process_time() - started) / count

    assert min(round_of(1000) for _ in range(5)) < 10e-6

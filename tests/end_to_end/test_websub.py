"""Two installations as two processes: what is published by the one is with the other at once, and nobody had to ask."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests import patience
from tests.servers.local_world import LocalServer, Reply
from tests.servers.websub import FakeSubscriber

pytestmark = pytest.mark.slow

ITEM = """<item><title>{title}</title><link>http://one.example/{number}</link><guid>{number}</guid>
<description>{title}: davon handelt dieser Text, und er hat genug Worte.</description>
<pubDate>Tue, 17 Nov 2026 1{number}:00:00 +0100</pubDate></item>"""


def feed(*titles: str) -> bytes:
    items = "".join(ITEM.format(title=title, number=number) for number, title in enumerate(titles, 1))
    return (
        f"<rss version='2.0'><channel><title>F</title><link>http://one.example/</link>{items}</channel></rss>".encode()
    )


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def eventually(what: Callable[[], Any], *, seconds: float = 30) -> Any:
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)
    return found


class Installation:
    """`aggregator serve` in a folder of its own, on a port that stays the same when it is started again."""

    def __init__(self, folder: Path, source: str, *, interval: str, websub: str) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        self.told: list[dict[str, Any]] = []
        self.process: subprocess.Popen[str] | None = None
        (folder / "config").mkdir(parents=True)
        (folder / "config/aggregator.yaml").write_text(
            f"base_url: {self.url}\ntitle: News\ncontact: desk@news.example\nlimits: {{gap: 0s}}\nwebsub: {{{websub}}}\n"
        )
        (folder / "config/sources.yaml").write_text(
            f"sources:\n  - {{id: one, name: Eins, interval: {interval}, url: '{source}', private_network: true}}\n"
        )

    def start(self) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.upper().endswith("_PROXY")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "aggregator", "--log-format", "json", "serve", "--port", str(self.port)],
            cwd=self.folder,
            env=clean,
            stderr=subprocess.PIPE,
            text=True,
        )
        threading.Thread(target=self._listen, args=(self.process.stderr,), daemon=True).start()
        eventually(lambda: self.get("readyz") is not None)

    def _listen(self, lines: Any) -> None:
        self.told.extend(map(json.loads, lines))

    def stop(self) -> int:
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(timeout=10)

    def run(self) -> None:
        """A pass from outside, as cron would make it."""
        subprocess.run(
            [sys.executable, "-m", "aggregator", "run", "--source", "one"],
            cwd=self.folder, capture_output=True, check=True, timeout=60,
        )  # fmt: skip

    def get(self, path: str) -> bytes | None:
        try:
            with urllib.request.urlopen(self.url + path, timeout=5) as answer:
                return bytes(answer.read())
        except OSError:
            return None

    def events(self, name: str) -> list[dict[str, Any]]:
        return [line for line in self.told if line["event"] == name]


def secrets_of(one: Installation) -> set[str]:
    """What only the two sides of a subscription may know."""
    with closing(sqlite3.connect(one.folder / "var/aggregator.sqlite")) as store:
        theirs = store.execute("SELECT callback, secret FROM subscribers").fetchall()
        ours = store.execute("SELECT token, secret FROM pushes").fetchall()
    return (
        {callback.rpartition("/")[2] for callback, _ in theirs}
        | {part for row in ours for part in row}
        | {secret for _, secret in theirs}
    )


@pytest.fixture
def world(tmp_path: Path) -> Iterator[tuple[LocalServer, Installation, Installation]]:
    """A publisher; an installation that reads it and is a hub; another one that reads the first one's feed."""
    with LocalServer() as publisher:
        publisher.reply("/feed", feed("Erste Meldung"))
        hub = Installation(
            tmp_path / "hub", publisher.url("/feed"), interval="1h", websub="hub: true, private_callbacks: true"
        )
        reader = Installation(tmp_path / "reader", f"{hub.url}feeds/all.atom", interval="1d", websub="subscribe: true")
        try:
            hub.start()
            eventually(lambda: b"Erste Meldung" in (hub.get("feeds/all.atom") or b""))
            reader.start()
            yield publisher, hub, reader
        finally:
            for one in (hub, reader):
                if one.process is not None:
                    one.process.kill()
                    one.process.wait()


def test_a_story_published_there_is_here_within_seconds(
    world: tuple[LocalServer, Installation, Installation],
) -> None:
    publisher, hub, reader = world
    eventually(lambda: hub.events("websub.subscribed"))
    eventually(lambda: reader.events("websub.confirmed"))
    publisher.reply("/feed", feed("Erste Meldung", "Zweite Meldung"))
    began = time.monotonic()
    hub.run()
    published = time.monotonic()
    eventually(lambda: b"Zweite Meldung" in (reader.get("feeds/all.atom") or b""), seconds=40)
    print(f"published after {published - began:.1f} s, read {time.monotonic() - published:.1f} s later")
    assert reader.events("websub.hinted")
    feeds = [hub.get(f"feeds/all.{suffix}") or b"" for suffix in ("rss", "atom", "json")]
    assert all(f"{hub.url}hub".encode() in feed for feed in feeds)
    shown = json.dumps([hub.told, reader.told]).encode()
    for one in (hub, reader):
        shown += b"".join(
            one.get(path) or b"" for path in ("status.json", "status", "opml.xml", "feeds.opml", "feeds/all.atom")
        )
    secrets = secrets_of(hub) | secrets_of(reader)
    assert len(secrets) == 2, "the callback's token and the secret, which both know"
    assert not [secret for secret in secrets if secret.encode() in shown]
    assert not [line for line in (*hub.told, *reader.told) if line["level"] in {"error", "critical"}]
    assert (reader.stop(), hub.stop()) == (0, 0)


def test_a_delivery_under_way_does_not_hold_up_the_end_and_is_made_after_the_next_start(tmp_path: Path) -> None:
    with LocalServer() as publisher, FakeSubscriber() as subscriber:
        publisher.reply("/feed", feed("Erste Meldung"))
        hub = Installation(
            tmp_path / "hub", publisher.url("/feed"), interval="1h", websub="hub: true, private_callbacks: true"
        )
        try:
            hub.start()
            eventually(lambda: b"Erste Meldung" in (hub.get("feeds/all.rss") or b""))
            form = {
                "hub.mode": "subscribe",
                "hub.topic": f"{hub.url}feeds/all.rss",
                "hub.callback": subscriber.callback(),
            }
            with urllib.request.urlopen(f"{hub.url}hub", urlencode(form).encode(), timeout=5) as answer:
                assert answer.status == 202
            eventually(lambda: hub.events("websub.subscribed"))
            pieces = subscriber.server.drip(b"x")
            subscriber.server.script("/callback/a", lambda _: Reply(body=pieces))
            publisher.reply("/feed", feed("Erste Meldung", "Zweite Meldung"))
            hub.run()
            eventually(subscriber.deliveries)
            began = time.monotonic()
            assert hub.stop() == 0
            assert time.monotonic() - began < 5 * patience.busy()
            subscriber.callback()
            hub.start()
            eventually(lambda: len(subscriber.deliveries()) == 2)
            assert "Zweite Meldung" in subscriber.deliveries()[1].body.decode()
            assert not [line for line in hub.told if "exception" in line or "traceback" in line]
        finally:
            if hub.process is not None:
                hub.process.kill()
                hub.process.wait()

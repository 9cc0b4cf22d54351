"""From pass to pass with a real store: what lasts stands in the health feed, and is sent once by webhook and mail."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import feedparser
import pytest

from aggregator.cli import summary
from aggregator.config import load
from aggregator.errors import OutputError
from aggregator.passes import one_pass
from aggregator.store import connect
from tests.servers.local_world import LocalServer
from tests.servers.mail import MailServer

pytestmark = pytest.mark.slow

NOW = datetime(2026, 10, 12, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
FEED = b"<rss version='2.0'><channel><title>F</title><item><title>Eins</title><guid>1</guid></item></channel></rss>"


class Hook:
    """Takes what is posted, with the status that it is told to answer."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.status = 204
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"]))
                assert self.headers["Content-Type"] == "application/json"
                hook.taken.append(json.loads(content))
                self.send_response(hook.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?token=geheim"


@contextmanager
def hooked() -> Iterator[Hook]:
    hook = Hook()
    thread = threading.Thread(target=hook.server.serve_forever, daemon=True)
    thread.start()
    yield hook
    hook.server.shutdown()
    hook.server.server_close()


class World:
    """A folder with two sources, and passes over it at whatever time."""

    def __init__(self, folder: Path, server: LocalServer, alarms: str = "{}") -> None:
        self.folder, self.out, self.server = folder, folder / "public", server
        (folder / "aggregator.yaml").write_text(
            f"base_url: https://news.example/\ntitle: News & more\ncontact: a@news.example\nlimits: {{gap: 0s}}\n"
            f"alarms: {alarms}\n"
        )
        rows = [
            f"  - {{id: {one}, name: 'Amt <{one}>', url: '{server.url(f'/{one}')}', private_network: true, interval: 1h}}\n"
            for one in ("eins", "zwei")
        ]
        (folder / "sources.yaml").write_text("sources:\n" + "".join(rows))
        self.config = load.load(folder, environment={})
        for one in ("eins", "zwei"):
            server.reply(f"/{one}", FEED)

    def run(self, hours: float) -> one_pass.Summary:
        request = one_pass.Request(only=("eins", "zwei"))
        with connect.opened(f"sqlite:///{self.folder}/a.sqlite") as store:
            return asyncio.run(one_pass.run(self.config, store, self.out, now=NOW + hours * HOUR, request=request))

    def feed(self) -> Any:
        found = feedparser.parse((self.out / "feeds/health.atom").read_bytes())
        assert not found.bozo
        return found

    def titles(self) -> list[str]:
        return [entry.title for entry in self.feed().entries]


def test_what_lasts_stands_in_the_health_feed_and_in_no_other(tmp_path: Path) -> None:
    with LocalServer() as server:
        world = World(tmp_path, server)
        world.run(0)
        empty = (world.out / "feeds/health.atom").read_bytes()
        assert world.titles() == []
        for one in ("eins", "zwei"):
            server.reply(f"/{one}", b"", status=404)
        world.run(1)
        world.run(10)
        assert (world.out / "feeds/health.atom").read_bytes() == empty, "hours are no trouble"
        world.run(22)
        assert world.titles() == ["failing (http_404): Amt <eins> and 1 more"]
        [entry] = world.feed().entries
        assert (entry.id, entry.updated) == ("tag:news.example,2026:events/1", "2026-10-13T06:00:00+00:00")
        assert "There is nothing at this address" in entry.summary
        written = (world.out / "feeds/health.atom").stat().st_mtime_ns
        world.run(23)
        assert (world.out / "feeds/health.atom").stat().st_mtime_ns == written
        for one in ("eins", "zwei"):
            server.reply(f"/{one}", FEED)
        world.run(24)
        assert len(world.titles()) == 1
        world.run(37)
        assert world.titles() == [
            "over (http_404): Amt <eins> and 1 more",
            "failing (http_404): Amt <eins> and 1 more",
        ]
    others = [path for path in world.out.rglob("*") if path.is_file() and path.name != "health.atom"]
    assert [path.name for path in others if b"http_404" in path.read_bytes()] == []
    assert b"health" not in (world.out / "feeds.opml").read_bytes()


def test_cron_is_told_of_a_trouble_once_and_of_its_end_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def said(hours: float) -> list[str]:
        summary.lasting(world.run(hours))
        told = capsys.readouterr()
        assert told.out == ""
        return told.err.splitlines()

    with LocalServer() as server:
        world = World(tmp_path, server)
        assert said(0) == []
        server.reply("/eins", b"", status=404)
        assert said(1) == said(10) == []
        headline, *below = said(22)
        assert headline == "failing (http_404): Amt <eins>"
        assert below[-1] == "  eins: Amt <eins>"
        assert said(23) == [], "it was said"
        server.reply("/eins", FEED)
        assert said(24) == []
        assert said(37)[0] == "over (http_404): Amt <eins>"
        assert said(38) == []


def test_an_event_is_sent_once_to_each_and_again_only_where_it_failed(tmp_path: Path) -> None:
    with LocalServer() as server, hooked() as hook, MailServer() as mailbox:
        alarms = (
            f"{{webhook: {{url: '{hook.url}', private_network: true}}, mail: {{to: [ops@news.example, b@news.example], "
            f"from: agg@news.example, server: '127.0.0.1:{mailbox.port}', security: none}}}}"
        )
        world = World(tmp_path, server, alarms)
        hook.status = 503
        world.run(0)
        server.reply("/eins", b"", status=404)
        world.run(1)
        world.run(22)
        assert (len(hook.taken), len(mailbox.messages)) == (1, 1)
        hook.status = 200
        world.run(23)
        assert (len(hook.taken), len(mailbox.messages)) == (2, 1), "the webhook had not taken it"
        world.run(24)
        assert (len(hook.taken), len(mailbox.messages)) == (2, 1)
    sent = hook.taken[-1]
    assert sent["title"] == "[News & more] failing (http_404): Amt <eins>"
    assert [(one["number"], one["state"], one["sources"]) for one in sent["events"]] == [
        (1, "failing", [{"id": "eins", "name": "Amt <eins>"}])
    ]
    message = message_from_bytes(mailbox.messages[0], policy=default)
    assert (message["To"], message["Subject"]) == ("ops@news.example, b@news.example", sent["title"])
    assert message.get_content().replace("\r\n", "\n") == sent["text"]


def test_a_webhook_at_a_private_address_is_not_asked_unless_it_is_allowed(tmp_path: Path, capsys: Any) -> None:
    with LocalServer() as server, hooked() as hook:
        world = World(tmp_path, server, f"{{webhook: '{hook.url}'}}")
        world.run(0)
        server.reply("/eins", b"", status=404)
        world.run(1)
        world.run(22)
        assert hook.taken == []
        world.run(22 + 73)
        with connect.opened(f"sqlite:///{tmp_path}/a.sqlite") as store:
            assert store.events(10)[0].waiting == (), "after three days it is old news"
    out, err = capsys.readouterr()
    assert "blocked_address" in out + err
    assert "geheim" not in out + err


def test_an_output_that_can_not_be_written_is_told_and_over_when_it_can(tmp_path: Path) -> None:
    with LocalServer() as server, hooked() as hook:
        world = World(tmp_path, server, f"{{webhook: {{url: '{hook.url}', private_network: true}}}}")
        world.out.write_text("in the way")
        with pytest.raises(OutputError):
            world.run(0)
        [[event]] = [sent["events"] for sent in hook.taken]
        assert (event["state"], event["cause"], event["sources"]) == ("installation", "output", [])
        assert str(tmp_path) not in str(hook.taken), "where the files stand is nobody's business"
        world.out.unlink()
        world.run(1)
        assert world.titles() == ["over: this installation (output)", "installation: this installation (output)"]
        assert "Not a directory" in world.feed().entries[1].summary
        assert str(tmp_path) not in (world.out / "feeds/health.atom").read_text()
        assert len(hook.taken) == 2

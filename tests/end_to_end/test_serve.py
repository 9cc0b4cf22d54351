"""`aggregator serve` as a process: passes at their time, files with validators, negotiation, search, status, a clean end."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import feedparser
import pytest
from lxml import etree

from tests import patience
from tests.servers.local_world import LocalServer, Reply

pytestmark = pytest.mark.slow

TEXT = "Ein Wasserstoffspeicher entsteht in Seewalde. " * 40
FEED = f"""<rss version='2.0'><channel><title>F</title><link>http://one.example/</link>
<item><title>Speicher für Seewalde</title><link>http://one.example/1</link><description>{TEXT}</description>
<pubDate>Tue, 17 Nov 2026 10:00:00 +0100</pubDate></item></channel></rss>""".encode()


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class Service(NamedTuple):
    process: subprocess.Popen[str]
    url: str
    folder: Path
    feed: LocalServer

    def get(self, path: str, method: str = "GET", **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.url + path, headers=named, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return Answer(answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, {k.lower(): v for k, v in error.headers.items()}, error.read())


def wait(seconds: float, what) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def start(folder: Path) -> tuple[subprocess.Popen[str], str]:
    clean = {name: value for name, value in os.environ.items() if not name.upper().endswith("_PROXY")}
    process = subprocess.Popen(
        [sys.executable, "-m", "aggregator", "--log-format", "json", "serve", "--port", "0"],
        cwd=folder,
        env=clean,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        told = json.loads(line)
        if told["event"] == "service.listening":
            return process, told["url"].rstrip("/")
    raise AssertionError(f"the service ended with {process.wait()}")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("serve")
    (folder / "config").mkdir()
    (folder / "config/aggregator.yaml").write_text(
        "base_url: https://news.example/\ntitle: News\ncontact: desk@news.example\nlimits: {gap: 0s}\n"
    )
    with LocalServer() as feed:
        feed.reply("/feed", FEED)
        (folder / "config/sources.yaml").write_text(
            f"sources:\n  - {{id: one, name: Eins, interval: 1h, url: '{feed.url('/feed')}', private_network: true}}\n"
        )
        process, url = start(folder)
        try:
            running = Service(process, url, folder, feed)
            wait(20, lambda: running.get("/readyz").status == 200)
            yield running
        finally:
            process.kill()
            process.wait()


def test_feeds_carry_validators_and_answer_304(service: Service) -> None:
    first = service.get("/feeds/all.rss")
    assert first.status == 200
    assert first.headers["content-type"].startswith("application/rss+xml")
    assert first.headers["access-control-allow-origin"] == "*"
    assert feedparser.parse(first.body).entries[0].title == "Speicher für Seewalde"
    assert service.get("/feeds/all.rss", If_None_Match=first.headers["etag"]).status == 304
    assert service.get("/feeds/all.rss", If_None_Match='"other"').status == 200
    assert service.get("/feeds/all.rss", If_Modified_Since=first.headers["last-modified"]).status == 304
    head = service.get("/feeds/all.rss", method="HEAD")
    assert (head.status, head.body, head.headers["etag"]) == (200, b"", first.headers["etag"])


@pytest.mark.parametrize(
    ("accept", "given"),
    [
        pytest.param("application/rss+xml", "application/rss+xml", id="a reader of RSS"),
        pytest.param("application/atom+xml, application/rss+xml;q=0.5", "application/atom+xml", id="Atom before RSS"),
        pytest.param("application/feed+json", "application/feed+json", id="JSON Feed"),
        pytest.param("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html", id="a browser"),
        pytest.param("*/*", "application/atom+xml", id="anything"),
    ],
)
def test_the_format_is_negotiated(service: Service, accept: str, given: str) -> None:
    answer = service.get("/feeds/all", Accept=accept)
    assert answer.status == 200
    assert answer.headers["content-type"].startswith(given)
    assert answer.headers["vary"].lower().startswith("accept")


def test_pages_are_served_with_a_strict_policy(service: Service) -> None:
    front = service.get("/")
    assert front.status == 200
    assert "default-src 'none'" in front.headers["content-security-policy"]
    assert front.headers["x-content-type-options"] == "nosniff"
    assert "Speicher für Seewalde" in front.body.decode()
    assert service.get("/style.css").headers["content-type"].startswith("text/css")
    assert service.get("/one/").status == 200
    assert service.get("/opml.xml").status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/feeds/nobody",
        "/feeds/nobody.rss",
        "/nowhere",
        "/../config/sources.yaml",
        "/%2e%2e/config/sources.yaml",
        "/.x.html",
    ],
)
def test_what_is_not_published_is_not_found(service: Service, path: str) -> None:
    assert service.get(path).status == 404


def test_search_as_page_and_as_feed(service: Service) -> None:
    assert "Speicher für Seewalde" in service.get("/search?q=wasserstoffspeicher").body.decode()
    found = feedparser.parse(service.get("/search.atom?q=seewalde").body)
    assert [entry.title for entry in found.entries] == ["Speicher für Seewalde"]


def test_a_search_is_marked_narrowed_and_read_as_a_feed(service: Service) -> None:
    page = service.get("/search?q=Speicher&source=one&from=2026-11-01&to=2026-11-30")
    text = page.body.decode()
    assert "<mark>Speicher</mark> für Seewalde" in text
    assert "Ein <mark>Wasserstoffspeicher</mark> entsteht" in text, "a compound is found by its last part"
    assert '<option value="one" selected="selected">Eins</option>' in text
    again = "search.atom?q=Speicher&amp;source=one&amp;from=2026-11-01&amp;to=2026-11-30"
    assert f'<a href="{again}">' in text
    assert service.get("/search?q=Speicher", If_None_Match='"x"').status == 200
    tag = service.get("/search?q=Speicher").headers["etag"]
    assert service.get("/search?q=Speicher", If_None_Match=tag).status == 304
    feed = feedparser.parse(service.get(f"/{again.replace('&amp;', '&')}&utm_source=x&page=9").body)
    assert len(feed.entries) == 1
    [itself] = [link.href for link in feed.feed.links if link.rel == "self"]
    assert itself == f"https://news.example/{again.replace('&amp;', '&')}"
    for nothing in ("q=Speicher&source=two", "q=Speicher&cluster=x", "q=Speicher&to=2026-11-16", "q=Speicher&from=2026-11-18",
                    "q=Speicher%20-Seewalde", "q=Forderung", "q=Speicher&page=2"):  # fmt: skip
        assert "<article" not in service.get(f"/search?{nothing}").body.decode(), nothing
    for anything in (
        "q=Speicher&from=gestern&to=9999-12-31&page=-1",
        "source=one",
        "q=speichern",
        "q=-Windrad&source=one",
    ):
        assert "<article" in service.get(f"/search?{anything}").body.decode(), anything


def test_whatever_is_searched_for_is_answered(service: Service) -> None:
    """FTS5 operators, SQL, wildcards, bytes that are no UTF-8, brackets without end: words, or nothing, never an error."""
    typed = [
        '"', '""', '"a', "*", "a*", "*a", "NEAR(", "NEAR(a b, 3)", "^a", "a^", "-", "-a", "a AND", "AND OR NOT",
        "title:", "title: a", "{title text}: a", "a + b", "(", ")", "((a)", "';--", "' OR 1=1 --", "%", "_", "a%_",
        "\\", "\x00", "a\x00b", "\x1b[31m", "\n", "\u202e", "\ufffe", "\U0001f600",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467", "a\u0301" * 100, "ß", "İ", "1" * 400, "a " * 240, '"' * 499,
        "(" * 500, "*" * 500, "<script>", "${x}", "{{x}}", "../..", "tag:news.example,2026:story/x", "http://[", "",
    ]  # fmt: skip
    for path in ("/search", "/search.atom"):
        for odd in (
            *map(quote, typed),
            "%ff",
            "%c3%28",
            "%ed%a0%80",
            "%00",
            "%",
            "%zz",
            "a&q=b",
            "a;b",
            "a#b",
            "%22&x[]=1",
        ):
            answer = service.get(f"{path}?q={odd}")
            assert answer.status == 200, odd
            etree.fromstring(answer.body, etree.XMLParser(recover=False, resolve_entities=False))
        for longer in ("x" * 501, "x" * 10_000, quote("\U0001f600" * 501), quote('"' * 5000), "%20x" * 1000):
            assert service.get(f"{path}?q={longer}").status == 400
        for name in ("cluster", "source", "from", "to", "page"):
            for odd in (*map(quote, typed), "%ff", "1" * 10_000):
                answer = service.get(f"{path}?q=a&{name}={odd}")
                assert answer.status == 200, (name, odd)
                etree.fromstring(answer.body, etree.XMLParser(recover=False, resolve_entities=False))
        assert service.get(f"{path}?page=1").status == 200
    assert "Speicher für Seewalde" in service.get("/search?q=wasserstoffspeicher").body.decode()  # nothing was dropped
    [source] = json.loads(service.get("/status.json").body)["sources"]
    assert source["items"] == 1


def test_status_for_people_and_programs(service: Service) -> None:
    [source] = json.loads(service.get("/status.json").body)["sources"]
    assert (source["id"], source["state"], source["items"]) == ("one", "ok", 1)
    assert "Eins" in service.get("/status").body.decode()
    assert service.get("/healthz").status == 200


def test_self_links_come_from_the_configuration(service: Service) -> None:
    body = service.get("/feeds/all.atom", Host="evil.example", X_Forwarded_Host="evil.example").body
    assert b"evil.example" not in body
    assert b"https://news.example/feeds/all.atom" in body


def test_every_answer_carries_the_security_headers(service: Service) -> None:
    for path, status in {"/": 200, "/feeds/all": 200, "/nowhere": 404, "/search?q=x": 200, "/status.json": 200, "/one": 308,
                         f"/search?q={'x' * 501}": 400, "/healthz": 200}.items():  # fmt: skip
        answer = service.get(path)
        assert answer.status in {status, 200}, path
        assert "default-src 'none'" in answer.headers["content-security-policy"], path
        assert answer.headers["x-content-type-options"] == "nosniff", path
    refused = service.get("/search", method="DELETE")
    assert (refused.status, set(refused.headers["allow"].split(", "))) == (405, {"GET", "HEAD"})


def test_the_source_was_asked_once(service: Service) -> None:
    assert service.feed.count("/feed") == 1


def test_a_run_beside_it_does_the_same_work_or_ends_with_3(service: Service) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "aggregator", "run", "--json"],
        cwd=service.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 3}
    if done.returncode == 0:
        assert json.loads(done.stdout)["sources"]["due"] == 0


def test_sigterm_during_a_slow_fetch_ends_it_cleanly(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config/aggregator.yaml").write_text(
        "base_url: https://news.example/\ntitle: News\ncontact: desk@news.example\nlimits: {gap: 0s, deadline: 60s}\n"
    )
    with LocalServer() as slow:
        slow.script("/feed", lambda _: Reply(body=slow.drip(FEED, pause=0.5)))
        (tmp_path / "config/sources.yaml").write_text(
            f"sources:\n  - {{id: slow, name: Slow, url: '{slow.url('/feed')}', private_network: true}}\n"
        )
        process, _ = start(tmp_path)
        try:
            wait(15, lambda: slow.count("/feed") == 1)
            asked = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=10) == 0
            assert time.monotonic() - asked < 5 * patience.busy()
            assert process.stderr is not None
            told = process.stderr.read()
            assert "Traceback" not in told, told
        finally:
            process.kill()

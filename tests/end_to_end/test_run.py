"""`aggregator run` over real sockets: what it fetches, what it says, how it ends."""

import fcntl
import json
from pathlib import Path

import pytest

from tests.servers.local_world import LocalServer, Reply

pytestmark = pytest.mark.slow

BASE = """base_url: https://news.example/
title: News
contact: desk@news.example
timezone: Europe/Berlin
limits: {gap: 0s}
"""


def feed(*titles: str, host: str = "http://one.example") -> bytes:
    items = "".join(
        f"<item><title>{title}</title><link>{host}/{number}</link><guid isPermaLink='false'>g{number}</guid>"
        f"<description>Text zu {title}</description><pubDate>Tue, 17 Nov 2026 10:0{number}:00 MEZ</pubDate></item>"
        for number, title in enumerate(titles)
    )
    return f"<rss version='2.0'><channel><title>F</title><link>{host}/</link>{items}</channel></rss>".encode()


def configure(folder: Path, **sources: str) -> None:
    (folder / "config").mkdir(exist_ok=True)
    (folder / "config/aggregator.yaml").write_text(BASE)
    rows = [f"  - {{id: {name}, name: {name}, interval: 1s, {keys}}}" for name, keys in sources.items()]
    (folder / "config/sources.yaml").write_text("sources:\n" + "\n".join(rows) + "\n")


def published(folder: Path) -> list[str]:
    return [item["title"] for item in json.loads((folder / "public/feeds/all.json").read_text())["items"]]


def test_a_pass_and_an_unchanged_one(tmp_path: Path, aggregator, result) -> None:
    with LocalServer() as server:
        server.reply("/feed", feed("Eins", "Zwei"), headers={"ETag": '"v1"'})
        configure(tmp_path, one=f"url: '{server.url('/feed')}', private_network: true")
        first = result(aggregator("run", "--json"))
        assert first["sources"] == {"due": 1, "ok": 1, "unchanged": 0, "failed": 0}
        assert first["items"] == {"new": 2, "updated": 0}
        assert first["stories"] == {"new": 2, "changed": 0}
        assert first["files"]["written"] > 8
        before = {path: path.stat().st_mtime_ns for path in (tmp_path / "public").rglob("*") if path.is_file()}
        second = result(aggregator("run", "--source", "one", "--json"))
        assert second["sources"]["unchanged"] == 1
        assert second["files"]["written"] == 0
        assert {path: path.stat().st_mtime_ns for path in before} == before
        assert server.last("/feed").headers["user-agent"].endswith("(+desk@news.example)")
    assert published(tmp_path) == ["Zwei", "Eins"]


def test_one_id_leads_from_the_log_to_the_sources_and_their_items(tmp_path: Path, aggregator, result) -> None:
    with LocalServer() as server:
        server.reply("/feed", feed("Eins"))
        configure(
            tmp_path,
            one=f"url: '{server.url('/feed')}', private_network: true",
            two=f"url: '{server.url('/missing')}', private_network: true",
        )
        done = aggregator("--log-format", "json", "-vv", "run", "--json")
        lines = [json.loads(line) for line in done.stderr.splitlines()]
        summary = result(done)
    assert {line["event"] for line in lines} == {"source.ok", "source.failed", "item.new", "pass.done"}
    assert {line.get("pass") for line in lines} == {summary["pass"]}
    assert {one["last_pass"] for one in result(aggregator("status", "--json"))["sources"]} == {summary["pass"]}
    assert {one["first_pass"] for one in result(aggregator("items", "--json"))} == {summary["pass"]}


def test_ids_survive_a_second_pass_and_a_reordered_feed(tmp_path: Path, aggregator, result) -> None:
    def ids() -> dict[str, str]:
        return {item["guid"]: item["story"] for item in result(aggregator("items", "--json"))}

    with LocalServer() as server:
        server.reply("/feed", feed("Eins", "Zwei"))
        configure(tmp_path, one=f"url: '{server.url('/feed')}', private_network: true")
        result(aggregator("run", "--json"))
        before = ids()
        turned = feed("Eins", "Zwei").replace(b"<channel>", b"<channel><!-- other bytes -->")
        head, first, second = turned.partition(b"<item>")[0], *turned.split(b"<item>")[1:]
        second, tail = second.split(b"</channel>")
        server.reply("/feed", head + b"<item>" + second + b"<item>" + first + b"</channel>" + tail)
        again = result(aggregator("run", "--source", "one", "--json"))
        assert again["items"] == {"new": 0, "updated": 0}
        assert ids() == before


def test_one_failing_source_is_one_line_and_costs_nothing_else(tmp_path: Path, aggregator) -> None:
    with LocalServer() as server:
        server.reply("/feed", feed("Eins"))
        server.reply("/page", b"<!DOCTYPE html><html><head><title>Startseite</title></head><body></body></html>")
        configure(
            tmp_path,
            good=f"url: '{server.url('/feed')}', private_network: true",
            page=f"url: '{server.url('/page')}', private_network: true",
            missing=f"url: '{server.url('/missing')}', private_network: true",
            inside=f"url: '{server.url('/feed')}'",
        )
        done = aggregator("run")
        assert done.returncode == 0
        lines = [line for line in done.stderr.splitlines() if line.startswith("failed")]
        assert [line.split()[1:3] for line in sorted(lines)] == [
            ["inside:", "blocked_address:"],
            ["missing:", "http_404:"],
            ["page:", "not_a_feed:"],
        ]
        assert server.count("/feed") == 1
        assert published(tmp_path) == ["Eins"]
        quiet = aggregator("-q", "run", "--source", "good")
        assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, "", "")
        asked = aggregator("-q", "run", "--source", "missing")
        assert (asked.stdout, asked.stderr.split(":")[:2]) == ("", ["failed   missing", " http_404"])


def test_a_listing_with_pages_behind_it(tmp_path: Path, aggregator, result) -> None:
    def listing(*slugs: str, following: str = "") -> bytes:
        rows = "".join(
            f"<article><h3><a href='/n/{slug}'>Meldung {slug}</a></h3><b>17.11.2026</b></article>" for slug in slugs
        )
        return f"<html lang='de'><body>{rows}{following}</body></html>".encode()

    with LocalServer() as server:
        server.reply("/news", listing("a", "b", following="<a class='next' href='/news2'>weiter</a>"))
        server.reply("/news2", listing("b", "c"))
        for slug in "abc":
            page = f"<html><body><h1>Meldung {slug}</h1><div class='t'><p>Text {slug}.</p><p>Quelle: Amt</p></div></body></html>"
            server.reply(f"/n/{slug}", page.encode())
        recipe = (
            "kind: listing, listing: {item: article, link: 'a@href', title: h3, date: b, next: 'a.next@href', pages: 3}, "
            "detail: {title: h1, content: .t, issuer: {text: 'Quelle:'}}"
        )
        configure(tmp_path, one=f"url: '{server.url('/news')}', private_network: true, {recipe}")
        assert result(aggregator("run", "--json"))["items"]["new"] == 3
        items = result(aggregator("items", "--json"))
        assert {item["issuer"] for item in items} == {"Amt"}
        assert {item["published"] for item in items} == {"2026-11-16T23:00:00Z"}  # a day in Berlin
        asked = server.count("/n/a")
        result(aggregator("run", "--source", "one", "--json"))
        assert server.count("/n/a") == asked  # a page that is known is not asked for again


def test_a_page_that_does_not_answer_is_asked_for_again(tmp_path: Path, aggregator, result) -> None:
    with LocalServer() as server:
        server.reply("/news", b"<html><body><article><a href='/n/a'>Meldung</a></article></body></html>")
        server.script("/n/a", lambda _: Reply(status=500))
        recipe = "kind: listing, listing: {item: article, link: 'a@href'}, detail: {content: .t}"
        configure(tmp_path, one=f"url: '{server.url('/news')}', private_network: true, {recipe}")
        assert result(aggregator("run", "--json"))["items"]["new"] == 1
        server.reply("/n/a", b"<html><body><div class='t'><p>Jetzt mit Text.</p></div></body></html>")
        assert result(aggregator("run", "--source", "one", "--json"))["items"]["updated"] == 1


def test_two_at_once_one_works(tmp_path: Path, aggregator) -> None:
    configure(tmp_path, one="url: 'https://one.example/feed'")
    (tmp_path / "var").mkdir()
    with (tmp_path / "var/pass.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        refused = aggregator("run")
        by_cron = aggregator("-q", "run")
    assert refused.returncode == 3
    assert "another pass is running" in refused.stderr
    assert (by_cron.returncode, by_cron.stderr) == (3, ""), "no mail every five minutes while a long pass goes on"


@pytest.mark.parametrize(
    ("written", "told"),
    [
        pytest.param(
            "sources:\n  - {id: a, name: A, url: 'ftp://a.example/'}", "sources.yaml:2", id="a URL that is not http"
        ),
        pytest.param(
            "sources:\n  - id: a\n    name: A\n    urll: https://a.example/", "sources.yaml:4", id="an unknown key"
        ),
    ],
)
def test_a_wrong_configuration_ends_with_file_and_line(tmp_path: Path, aggregator, written: str, told: str) -> None:
    configure(tmp_path)
    (tmp_path / "config/sources.yaml").write_text(written)
    done = aggregator("run")
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert aggregator("config", "check").returncode == 2


def test_a_store_that_is_none_ends_with_4_and_stays_as_it_is(tmp_path: Path, aggregator) -> None:
    configure(tmp_path, one="url: 'https://one.example/feed'")
    (tmp_path / "var").mkdir()
    (tmp_path / "var/aggregator.sqlite").write_bytes(b"this is no database" * 100)
    done = aggregator("run")
    assert done.returncode == 4
    assert "aggregator.sqlite" in done.stderr
    assert (tmp_path / "var/aggregator.sqlite").read_bytes().startswith(b"this is no database")


def test_an_unknown_source_is_wrong_usage(tmp_path: Path, aggregator) -> None:
    configure(tmp_path, one="url: 'https://one.example/feed'")
    assert aggregator("run", "--source", "nobody").returncode == 2


def test_preview_needs_neither_store_nor_configuration(tmp_path: Path, aggregator, result) -> None:
    with LocalServer() as server:
        server.reply("/feed", feed("Eins"))
        shown = result(aggregator("sources", "preview", server.url("/feed"), "--private-network", "--json"))
        assert shown["kind"] == "rss20"
        assert [entry["title"] for entry in shown["entries"]] == ["Eins"]
        assert shown["problems"] == []
        refused = result(aggregator("sources", "preview", server.url("/feed"), "--json"))
        assert refused["problems"][0].startswith("blocked_address")
    assert list(tmp_path.iterdir()) == []


def test_sources_leave_and_come_as_opml(tmp_path: Path, aggregator) -> None:
    configure(tmp_path, one="url: 'https://one.example/feed?a=1&b=2'")
    exported = aggregator("sources", "export")
    assert exported.returncode == 0
    (tmp_path / "list.opml").write_text(exported.stdout)
    other = tmp_path / "other"
    other.mkdir()
    configure(other, two="url: 'https://two.example/feed'")
    written = aggregator("sources", "import", str(tmp_path / "list.opml"), "--write", cwd=other)
    assert written.returncode == 0, written.stderr
    listed = aggregator("sources", "list", "--json", cwd=other)
    assert {source["url"] for source in json.loads(listed.stdout)} == {
        "https://one.example/feed?a=1&b=2",
        "https://two.example/feed",
    }


def test_an_address_becomes_a_source(tmp_path: Path, aggregator, result) -> None:
    configure(tmp_path, one="url: 'https://one.example/feed'")
    with LocalServer() as server:
        server.reply("/feed", feed("Eins").replace(b"<title>F<", "<title>Amt für Straßen<".encode()))
        server.reply("/page", b"<html><head><title>Start</title></head></html>")
        added = aggregator("sources", "add", server.url("/feed"), "--private-network", "--write")
        assert added.returncode == 0, added.stderr
        [_, source] = result(aggregator("sources", "list", "--json"))
        assert (source["id"], source["name"], source["url"]) == (
            "amt-fuer-strassen",
            "Amt für Straßen",
            server.url("/feed"),
        )
        refused = aggregator("sources", "add", server.url("/page"), "--private-network")
        assert refused.returncode == 2
        assert "not_a_feed" in refused.stderr


def test_init_writes_what_config_check_takes(tmp_path: Path, aggregator) -> None:
    assert aggregator("init", "mine").returncode == 0
    assert aggregator("--config", "mine", "config", "check").returncode == 0
    assert aggregator("init", "mine").returncode == 2

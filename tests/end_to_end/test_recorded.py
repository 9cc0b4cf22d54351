"""Recorded feeds and pages, served from loopback as sources: they come out as they should. Skipped where there are none."""

import html
import json
import re
from pathlib import Path

import feedparser
import pytest
from lxml import etree

from tests.servers.local_world import LocalServer
from tests.shared_data import folder as recorded

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]

SITE = """base_url: https://news.example/
title: News
contact: desk@news.example
timezone: Europe/Berlin
stable_keys: ['(pressemitteilung\\.\\d+)']
limits: {gap: 0s, per_host: 8}
"""


def configure(folder: Path, sources: str) -> None:
    (folder / "config").mkdir()
    (folder / "config/aggregator.yaml").write_text(SITE)
    (folder / "config/clusters.yaml").write_text(
        (ROOT / "config/clusters.yaml").read_text(encoding="utf-8"), encoding="utf-8"
    )
    (folder / "config/sources.yaml").write_text(sources)


def published(folder: Path, feed: str = "all") -> list[dict]:
    return json.loads((folder / f"public/feeds/{feed}.json").read_text(encoding="utf-8"))["items"]


def test_the_press_portal_of_a_city(tmp_path: Path, aggregator, result) -> None:
    data = recorded("berlin-presse")
    with LocalServer() as server:
        feed = (data / "feed.xml").read_bytes().replace(b"https://www.berlin.de", server.url("").rstrip("/").encode())
        server.reply("/feed.xml", feed)
        for number, path in (
            ("1102315", "/sen/finanzen/presse/pressemitteilungen/pressemitteilung.1102315.php"),
            (
                "1102306",
                "/ba-charlottenburg-wilmersdorf/aktuelles/pressemitteilungen/2021/pressemitteilung.1102306.php",
            ),
        ):
            server.reply(path, (data / f"pressemitteilung.{number}.html").read_bytes())
        detail = "{title: 'h1.title', content: '.article > .body', remove: ['.pressnumber']}"
        keys = f"url: '{server.url('/feed.xml')}', private_network: true, language: de, interval: 1s, detail: {detail}"
        configure(tmp_path, f"sources:\n  - {{id: lpd, name: Land Berlin, {keys}}}\n")
        assert result(aggregator("run", "--json"))["items"]["new"] == 2
        first = {item["guid"]: item for item in result(aggregator("items", "--json"))}
        power, street = published(tmp_path)
        assert power["title"] == "Stromnetz Berlin ist wieder im Eigentum des Landes Berlin"
        assert (power["date_published"], street["date_published"]) == ("2021-07-01T14:50:00Z", "2021-07-01T14:05:00Z")
        assert street["title"] == "Gehweg- und Fahrbahnsanierungen an der Suarezstraße"
        everything = json.dumps(published(tmp_path), ensure_ascii=False)
        assert "Rückkehr" in everything
        assert not any(broken in everything for broken in ("Ã", "�", "&amp;amp;"))
        assert len(power["content_html"]) > 1000  # the page's text, not the feed's teaser
        items = feed.split(b"<item>")
        last = items[2].replace(b"</channel>", b"").replace(b"</rss>", b"").strip()
        turned = items[0] + b"<item>" + last + b"<item>" + items[1]
        server.reply("/feed.xml", turned + b"</channel></rss>")
        again = result(aggregator("run", "--source", "lpd", "--json"))
        assert again["items"] == {"new": 0, "updated": 0}
        assert {item["guid"]: item["story"] for item in result(aggregator("items", "--json"))} == {
            guid: item["story"] for guid, item in first.items()
        }


SEED = """  - id: seed
    name: innobb.de
    url: {url}
    kind: listing
    private_network: true
    language: de
    authority: repeater
    listing: {{item: article.news, link: "h3 a@href", title: h3, date: .date, summary: p, next: "a.next@href"}}
    detail:
      title: h1
      date: .date
      content: .text
      image: ".gallery a@href"
      issuer: {{text: "Quelle:"}}
      remove: [.gallery, "h3:-soup-contains('Impressionen')"]
"""


def seed(server: LocalServer) -> str:
    """The recorded cluster page, served; its source."""
    data = recorded("seed")
    server.reply("/de/news", (data / "listing.html").read_bytes())
    server.reply(
        "/de/news/cluster-der-hauptstadtregion-setzen-auf-digitalisierung", (data / "detail.html").read_bytes()
    )
    return SEED.format(url=server.url("/de/news"))


def test_the_seed(tmp_path: Path, aggregator, result) -> None:
    with LocalServer() as server:
        configure(tmp_path, "sources:\n" + seed(server))
        assert result(aggregator("run", "--json"))["items"]["new"] == 1
        [item] = result(aggregator("items", "--json"))
    assert item["title"] == "Cluster der Hauptstadtregion setzen auf Digitalisierung"
    assert (item["clusters"], item["topics"]) == (["clusteruebergreifend"], ["digitalisierung"])
    assert item["issuer"] == "Ministerium für Wirtschaft und Energie (MWE)"
    assert item["published"] == "2017-11-21T23:00:00Z"  # 22 November in Berlin
    assert item["date_trust"] == "day"
    assert len(item["enclosures"]) == 2
    [story] = published(tmp_path)
    assert "<li>Wie gehen Handwerksbetriebe" in story["content_html"]
    for left_out in ("Impressionen", "Impressum", "Termine", "22.11.2017", "Kontakt ·"):
        assert left_out not in story["content_html"]


END = re.compile(rb"</(?:[\w.-]+:)?(?:rss|feed|rdf|channel)\s*>", re.IGNORECASE)


def distinct_complete(body: bytes) -> int:
    """How many entries feedparser finds that are each something (title, text or link), whole, and another than those before: a
    document that does not end has an incomplete last one; the same guid and link, without them the same title, is the same."""
    found = feedparser.parse(body)
    entries = found.entries if END.search(body) else found.entries[:-1]
    if not found.version and not body.lstrip(b"\xef\xbb\xbf \r\n").startswith(b"<"):
        return 0  # text that quotes a feed
    said = ((one.get("id"), one.get("link"), one.get("title"), one.get("summary")) for one in entries)
    return len({one[:2] if any(one[:2]) else one[2:] for one in said if any(one)})


def feed(title: str, link: str, text: str) -> bytes:
    paragraphs = "".join(f"&lt;p&gt;{html.escape(html.escape(line))}&lt;/p&gt;" for line in text.splitlines() if line)
    item = f"<title>{title}</title><link>{link}</link><pubDate>Wed, 22 Nov 2017 11:00:00 +0100</pubDate>"
    head = "<rss version='2.0'><channel><title>Presse</title><link>https://presse.example/</link>"
    return f"{head}<item>{item}<description>{paragraphs}</description></item></channel></rss>".encode()


def test_a_release_on_three_sites_is_one_story(tmp_path: Path, aggregator, result) -> None:
    """The cluster's page, the ministry's own release ("heutigen", quotes, a contact), and a portal with its first half."""
    lines = (recorded("seed") / "press-item.txt").read_text(encoding="utf-8").splitlines()
    text = [line for line in lines if len(line) > 150]
    title = "Cluster der Hauptstadtregion setzen auf Digitalisierung"
    whole = [text[0].replace("des Spitzengesprächs", "des heutigen „Spitzengesprächs“"), *text[1:]]
    with LocalServer() as server:
        whole.append("„Wir gehen das gemeinsam an“, sagte der Minister bei der Eröffnung in Potsdam vor 120 Gästen.")
        server.reply("/mwe", feed(title, "https://mwe.example/~22-11-2017-spitzengespraech", "\n".join(whole)))
        half = "\n".join(text[: len(text) // 2])
        server.reply("/portal", feed(f"Brandenburg: {title}", "https://portal.example/4711", half))
        rows = [
            f"  - {{id: {name}, name: {name}, url: '{server.url('/' + name)}', private_network: true, language: de, "
            f"authority: {authority}, full_text: never}}\n"
            for name, authority in (("mwe", "issuer"), ("portal", "publisher"))
        ]
        configure(tmp_path, "sources:\n" + seed(server) + "".join(rows))
        done = result(aggregator("run", "--json"))
    assert (done["items"]["new"], done["stories"]["new"]) == (3, 1)
    told = result(aggregator("explain", "https://mwe.example/~22-11-2017-spitzengespraech", "--json"))
    assert {(one["source"], one["origin"]) for one in told["carriers"]} == {
        ("mwe", True),
        ("portal", False),
        ("seed", False),
    }
    [story] = published(tmp_path)
    assert "Auch bei" in story["content_html"]


def test_every_recorded_feed_in_one_run(tmp_path: Path, aggregator, result) -> None:
    data = recorded("real-feeds")
    feeds = sorted(path for path in data.iterdir() if path.suffix not in {".md", ".tsv"})
    with LocalServer() as server:
        rows = []
        for number, path in enumerate(feeds):
            server.reply(f"/{number}", path.read_bytes())
            keys = f"url: '{server.url(f'/{number}')}', private_network: true, full_text: never, interval: 1s"
            rows.append(f"  - {{id: s{number}, name: '{path.name}', {keys}}}")
        configure(tmp_path, "sources:\n" + "\n".join(rows) + "\n")
        first = result(aggregator("run", "--json"))
        second = result(aggregator("run", "--json"))
    failures = {feeds[int(one["source"][1:])].name: one["class"] for one in first["failures"]}
    # Documentation with examples in it, and a feed that was cut off when it was recorded: its whole entries are taken
    assert failures == {"rome__index.apt": "not_a_feed", "fastfeedparser__osm-pl.xml": "truncated"}
    status = {source["id"]: source["items"] for source in result(aggregator("status", "--json"))["sources"]}
    wanted = {path.name: distinct_complete(path.read_bytes()) for path in feeds}
    given = {path.name: status[f"s{number}"] for number, path in enumerate(feeds)}
    fewer = {name: (given[name], count) for name, count in wanted.items() if given[name] < count}
    assert fewer == {}
    assert second["items"] == {"new": 0, "updated": 0}
    assert second["files"]["written"] == 0
    for path in (tmp_path / "public").rglob("*"):
        if path.suffix == ".json":
            json.loads(path.read_bytes())
        elif path.suffix in {".rss", ".atom", ".xml", ".opml"}:
            etree.fromstring(path.read_bytes(), etree.XMLParser(resolve_entities=False))

"""What other people's readers make of the published feeds and lists: newsboat, sfeed, feedparser, listparser."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import feedparser
import listparser
import pytest
from lxml import etree

pytestmark = pytest.mark.slow


class World(NamedTuple):
    folder: Path
    url: str

    @property
    def feeds(self) -> list[Path]:
        """Those of news: the operator's is in no list."""
        folder = self.folder / "feeds"
        return sorted(path for path in folder.iterdir() if path.is_file() and path.stem != "health")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """What the demonstration publishes, on a static web server."""
    folder = tmp_path_factory.mktemp("readers")
    subprocess.run([sys.executable, "-m", "aggregator", "demo"], cwd=folder, capture_output=True, check=True)
    public = folder / "demo-output/public"
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(public))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield World(public, f"http://127.0.0.1:{server.server_address[1]}/")
        server.shutdown()
        thread.join()


def published(world: World, feed_id: str) -> list[str]:
    """Titles of a feed, as JSON Feed tells them: no parser of feeds is asked."""
    document = json.loads((world.folder / f"feeds/{feed_id}.json").read_text(encoding="utf-8"))
    return sorted(item["title"] for item in document["items"])


def call(*command: str, home: Path, given: bytes | None = None) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.upper().endswith("_PROXY")}
    done = subprocess.run(
        command, input=given, env={**clean, "HOME": str(home), "LANG": "C.UTF-8"}, capture_output=True, timeout=60, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode() + done.stdout.decode()
    return done.stdout.decode()


def need(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not installed")
    return found


def test_newsboat_reads_every_feed(world: World, tmp_path: Path) -> None:
    newsboat = need("newsboat")
    for path in world.feeds:
        if path.suffix == ".json":
            continue
        address = f"{world.url}feeds/{path.name}"
        cache = (
            tmp_path / f"{path.name}.db"
        )  # of its own: in one, newsboat shows an entry in the first of its feeds alone
        (tmp_path / "urls").write_text(address)
        call(newsboat, "-u", str(tmp_path / "urls"), "-c", str(cache), "-x", "reload", home=tmp_path)
        with sqlite3.connect(cache) as read:
            rows = read.execute("SELECT title, url, pubDate, content FROM rss_item").fetchall()
            [(title,)] = read.execute("SELECT title FROM rss_feed WHERE rssurl = ?", (address,)).fetchall()
        assert title
        assert sorted(row[0] for row in rows) == published(world, path.stem), address
        assert all(url.startswith("http") and date > 0 and content for _, url, date, content in rows), address


def test_sfeed_reads_every_feed(world: World, tmp_path: Path) -> None:
    sfeed = need("sfeed")
    for path in world.feeds:
        if path.suffix == ".json":
            continue
        lines = call(sfeed, home=tmp_path, given=path.read_bytes()).splitlines()
        fields = [line.split("\t") for line in lines]
        assert sorted(title for _, title, *_ in fields) == published(world, path.stem), path.name
        assert all(int(stamp) > 0 and link.startswith("http") for stamp, _, link, *_ in fields), path.name


def test_feedparser_reads_every_feed_without_complaint(world: World) -> None:
    for path in world.feeds:
        if path.suffix == ".json":
            continue
        read = feedparser.parse(path.read_bytes())
        assert not read.bozo, (path.name, read.get("bozo_exception"))
        assert sorted(entry.title for entry in read.entries) == published(world, path.stem), path.name
        assert all(entry.id and entry.link and entry.published_parsed for entry in read.entries), path.name


@pytest.mark.parametrize("name", ["opml.xml", "feeds.opml"])
def test_lists_have_the_structure_that_readers_ask_for(world: World, name: str) -> None:
    """Of outlines: text, title and type for all (opml.org/spec2: text is required, for a feed type and xmlUrl); folders hold
    feeds and nothing else (Thunderbird and newsboat take the title, Miniflux and FreshRSS the text)."""
    root = etree.parse(str(world.folder / name)).getroot()
    assert (root.tag, root.get("version")) == ("opml", "2.0")
    assert root.findtext("head/title")
    folders = root.findall("body/outline")
    assert folders
    for folder in folders:
        assert folder.get("text") == folder.get("title") != ""
        assert folder.get("type") is folder.get("xmlUrl") is None
        assert len(folder) > 0
        for outline in folder:
            assert (len(outline), outline.get("text")) == (0, outline.get("title"))
            assert outline.get("xmlUrl", "").startswith(("http://", "https://"))
            assert outline.get("htmlUrl", "http").startswith("http")
            assert outline.get("type") == "rss" or (name, outline.get("type")) == ("opml.xml", "listing") or (
                name, outline.get("type")) == ("opml.xml", "sitemap")  # fmt: skip
    addresses = [outline.get("xmlUrl") for folder in folders for outline in folder]
    assert len(addresses) == len(set(addresses))


def outlines(world: World, name: str) -> dict[str, tuple[str, str]]:
    """Address to title and folder."""
    root = etree.parse(str(world.folder / name)).getroot()
    return {
        one.get("xmlUrl"): (one.get("title"), one.getparent().get("title"))
        for one in root.iter("outline")
        if one.get("xmlUrl")
    }


@pytest.mark.parametrize("name", ["opml.xml", "feeds.opml"])
def test_newsboat_imports_the_lists(world: World, tmp_path: Path, name: str) -> None:
    newsboat = need("newsboat")
    urls = tmp_path / "urls"
    urls.touch()
    call(newsboat, "-u", str(urls), "-c", str(tmp_path / "c.db"), "-i", str(world.folder / name), home=tmp_path)
    imported = dict(re.findall(r'^(\S+) "([^"]*)"$', urls.read_text(encoding="utf-8"), re.MULTILINE))
    assert imported == {url: folder for url, (_, folder) in outlines(world, name).items()}


@pytest.mark.parametrize("name", ["opml.xml", "feeds.opml"])
def test_sfeed_imports_the_lists(world: World, tmp_path: Path, name: str) -> None:
    imported = call(need("sfeed_opml_import"), home=tmp_path, given=(world.folder / name).read_bytes())
    found = re.findall(r"^\s*feed '(.*)' '(.*)'", imported, re.MULTILINE)
    assert {url: title for title, url in found} == {url: title for url, (title, _) in outlines(world, name).items()}


@pytest.mark.parametrize("name", ["opml.xml", "feeds.opml"])
def test_listparser_reads_the_lists(world: World, name: str) -> None:
    read = listparser.parse((world.folder / name).read_bytes())
    assert not read.bozo
    found = {feed.url: (feed.title, feed.categories[0][0]) for feed in read.feeds}
    assert found == outlines(world, name)


@pytest.mark.parametrize("name", ["opml.xml", "feeds.opml"])
def test_our_own_import_takes_them_back(world: World, aggregator, tmp_path: Path, name: str) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config/aggregator.yaml").write_text("base_url: https://x.example/\ntitle: X\ncontact: a@x.example\n")
    (tmp_path / "config/sources.yaml").write_text("sources:\n  - {id: x, name: X, url: 'https://x.example/feed'}\n")
    written = aggregator("sources", "import", str(world.folder / name), "--write")
    assert written.returncode == 0, written.stderr
    listed = json.loads(aggregator("sources", "list", "--json").stdout)
    found = {source["url"]: source["name"] for source in listed if source["id"] != "x"}
    assert found == {url: title for url, (title, _) in outlines(world, name).items()}

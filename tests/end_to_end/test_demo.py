"""The demonstration is the whole job: every kind of source, two passes, merged and tagged feeds, the same bytes every time."""

import json
from hashlib import sha256
from pathlib import Path

import feedparser
import pytest
from lxml import etree

from aggregator.publish.checks import atom, jsonfeed, rss

OPTIONS = ("--config", "demo-output/config", "--data", "demo-output/var", "--output", "demo-output/public")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory):
    """One demonstration for all tests of this file: its directory and what it printed."""
    import subprocess
    import sys

    folder = tmp_path_factory.mktemp("demo")
    done = subprocess.run(
        [sys.executable, "-m", "aggregator", "demo"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder, done


def stories(folder: Path, feed: str = "all") -> dict[str, dict]:
    document = json.loads((folder / f"demo-output/public/feeds/{feed}.json").read_text(encoding="utf-8"))
    return {item["title"]: item for item in document["items"]}


def test_it_ends_with_a_summary_and_where_to_look(demo) -> None:
    folder, done = demo
    assert "9 due" in done.stdout
    assert str(folder / "demo-output" / "public" / "index.html") in done.stdout
    assert "not_a_feed" in done.stderr


def test_every_kind_of_source_gave_its_items(demo, aggregator, result) -> None:
    folder, _ = demo
    status = result(aggregator(*OPTIONS, "status", "--json", cwd=folder))
    found = {source["id"]: (source["state"], source["items"]) for source in status["sources"]}
    assert found == {
        "ministerium": ("ok", 4),
        "cluster-energie": ("ok", 2),
        "foerderbank": ("ok", 3),
        "institut-solar": ("ok", 2),
        "hochschule": ("ok", 2),
        "agentur": ("ok", 2),
        "stadt": ("ok", 3),
        "regionalportal": ("ok", 2),
        "verein": ("failing", 0),
    }
    [broken] = [source for source in status["sources"] if source["id"] == "verein"]
    assert broken["error"]["class"] == "not_a_feed"


def test_a_release_is_one_story_with_its_origin_and_everyone_who_carried_it(demo) -> None:
    story = stories(demo[0])["Land fördert Wasserstoffspeicher Seewalde mit 12,4 Millionen Euro"]
    carriers = story["_aggregator"]["carriers"]
    assert story["url"] == "http://wirtschaft.musterland.example/presse/~18-11-2026-wasserstoffspeicher-seewalde"
    assert {carrier["source"] for carrier in carriers} >= {"regionalportal", "cluster-energie"}
    assert "Energietechnik" in story["tags"]


def test_a_ministers_title_an_enumeration_and_a_pavement_make_no_cluster(demo) -> None:
    folder, _ = demo
    strategy = stories(folder)["Kabinett beschließt neue Clusterstrategie"]
    assert "Clusterübergreifend" in strategy["tags"]
    assert not {"Energietechnik", "Gesundheitswirtschaft"} & set(strategy["tags"])
    assert "Gehwegsanierung in der Hafenstraße: Verkehr wird umgeleitet" not in stories(folder, "mobilitaet")


def test_a_correction_updates_the_story_in_place(demo) -> None:
    story = stories(demo[0])["Solarzelle erreicht neuen Bestwert"]
    assert "33,1 Prozent" in story["content_html"]
    assert "33,7" not in story["content_html"]
    assert story["date_published"].startswith("2026-11-17T07:00:00")
    assert story["date_modified"] > story["date_published"]


def test_text_is_clean(demo) -> None:
    folder, _ = demo
    texts = stories(folder)
    release = texts["Land fördert Wasserstoffspeicher Seewalde mit 12,4 Millionen Euro"]["content_html"]
    assert "45 Stellen" in release
    assert "Pressekontakt" not in release
    assert "Teilen" not in release
    assert "<script" not in texts["Mobilitätstag im Technologiepark"]["content_html"]
    assert texts["Offenes Labor am 5. Dezember"]["summary"].startswith("Die Hochschule öffnet ihre Werkstätten")
    assert texts["Neue Adresse der Beratungsstelle"]["date_published"].startswith("2026-11-09T13:00:00")  # MEZ


def test_every_published_file_parses_and_readers_agree(demo) -> None:
    folder, _ = demo
    feeds = sorted((folder / "demo-output/public/feeds").iterdir())
    health = feedparser.parse((folder / "demo-output/public/feeds/health.atom").read_bytes())
    assert not health.bozo, "what the operator is told stands among them"
    feeds = [path for path in feeds if path.stem != "health"]
    assert len(feeds) == 3 * (1 + 3 + 1 + 2 + 9)  # all, clusters, umbrella, topics, sources
    for path in feeds:
        if path.suffix == ".json":
            assert json.loads(path.read_bytes())["version"] == "https://jsonfeed.org/version/1.1"
            continue
        etree.fromstring(path.read_bytes())
        parsed = feedparser.parse(path.read_bytes())
        assert not parsed.bozo, path
        assert len(parsed.entries) == len(stories(folder, path.stem))
    for name in ("opml.xml", "feeds.opml"):
        etree.fromstring((folder / "demo-output/public" / name).read_bytes())


def test_explain_says_why(demo, aggregator, result) -> None:
    folder, _ = demo
    url = "http://wirtschaft.musterland.example/presse/~18-11-2026-wasserstoffspeicher-seewalde"
    told = result(aggregator(*OPTIONS, "explain", url, "--json", cwd=folder))
    assert [carrier["origin"] for carrier in told["carriers"]] == [True, False, False]
    assert {match["rule"] for match in told["matches"]} >= {"canonical-url", "content-hash"}
    [tag] = [tag for tag in told["tags"] if tag["label"] == "energietechnik"]
    assert any("asserstoff" in evidence["text"] for evidence in tag["evidence"])


def test_explain_compares_two_items(demo, aggregator, result) -> None:
    folder, _ = demo
    page = "http://wirtschaft.musterland.example/presse/~18-11-2026-wasserstoffspeicher-seewalde"
    copy = "http://energie-cluster.example/de/news/foerderung-fuer-wasserstoffspeicher"
    other = "http://musterstadt.example/rathaus/gruenderzentrum-hafen"
    told = result(aggregator(*OPTIONS, "explain", page, copy, "--json", cwd=folder))
    assert (told["one_story"], told["verdict"], told["rule"]) == (True, "same", "content-hash")
    told = result(aggregator(*OPTIONS, "explain", page, other, "--json", cwd=folder))
    assert (told["one_story"], told["verdict"], told["shared_keys"]) == (False, "different", [])
    shown = aggregator(*OPTIONS, "explain", page, copy, cwd=folder)
    assert "same by content-hash: both have the same words in title and text" in shown.stdout


def test_standing_sentences_are_proposed_as_a_file(demo, aggregator, result) -> None:
    folder, _ = demo
    assert result(aggregator(*OPTIONS, "sources", "boilerplate", "--json", cwd=folder)) == {
        "everywhere": [],
        "sources": {},
    }
    assert aggregator(*OPTIONS, "sources", "boilerplate", cwd=folder).stdout.startswith("# Standing sentences")


def test_items_are_listed_by_cluster_and_words(demo, aggregator, result) -> None:
    folder, _ = demo
    listed = result(aggregator(*OPTIONS, "items", "--cluster", "energietechnik", "--json", cwd=folder))
    assert {"id", "story", "source", "guid", "url", "title", "summary", "published", "updated", "first_seen"} <= listed[
        0
    ].keys()
    assert all("energietechnik" in item["clusters"] for item in listed)
    found = result(aggregator(*OPTIONS, "items", "--search", "Perowskit", "--json", cwd=folder))
    assert [item["source"] for item in found] == ["institut-solar"]


def test_the_issuer_named_under_quelle_is_kept(demo, aggregator, result) -> None:
    folder, _ = demo
    listed = result(aggregator(*OPTIONS, "items", "--source", "cluster-energie", "--json", cwd=folder))
    assert {item["issuer"] for item in listed} == {
        "Ministerium für Wirtschaft der Musterregion",
        "Stadtwerke Musterstadt",
    }


def test_rules_applied_again_change_nothing(demo, aggregator, result) -> None:
    folder, _ = demo
    for command in ("retag", "remerge"):
        assert result(aggregator(*OPTIONS, command, "--dry-run", "--json", cwd=folder)) == {"tags": [], "stories": []}


def test_publishing_again_writes_nothing(demo, aggregator, result) -> None:
    folder, _ = demo
    files = result(aggregator(*OPTIONS, "publish", "--json", cwd=folder))["files"]
    assert files["written"] == 0
    assert files["unchanged"] > 60


def test_the_same_world_gives_the_same_bytes(demo, aggregator, tmp_path: Path) -> None:
    folder, _ = demo
    again = aggregator("demo", cwd=tmp_path, TZ="Pacific/Auckland", LANG="C", PYTHONHASHSEED="7")
    assert again.returncode == 0, again.stderr

    def published(root: Path) -> dict[str, str]:
        public = root / "demo-output/public"
        files = [path for path in public.rglob("*") if path.is_file()]
        return {str(path.relative_to(public)): sha256(path.read_bytes()).hexdigest() for path in files}

    assert published(tmp_path) == published(folder)


def test_it_never_empties_a_directory_of_somebody_else(tmp_path: Path, aggregator) -> None:
    (tmp_path / "demo-output").mkdir()
    (tmp_path / "demo-output" / "mine.txt").write_text("keep me")
    refused = aggregator("demo")
    assert refused.returncode == 4
    assert (tmp_path / "demo-output" / "mine.txt").read_text() == "keep me"


def test_every_feed_keeps_every_rule(demo) -> None:
    folder = demo[0] / "demo-output/public/feeds"
    rules = {".rss": rss, ".atom": atom, ".json": jsonfeed}
    documents = sorted(path for path in folder.iterdir() if path.suffix in rules)
    base = json.loads((folder / "all.json").read_bytes())["feed_url"].removesuffix("all.json")
    assert len(documents) > 30
    assert [
        (path.name, fault)
        for path in documents
        for fault in rules[path.suffix].faults(path.read_bytes(), f"{base}{path.name}", set())
    ] == []

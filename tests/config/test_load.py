"""A folder of files → Config."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from aggregator.config import load
from aggregator.errors import ConfigError, ConfigFaultsError, UsageError
from aggregator.model import (
    Authority,
    Detail,
    Exclusion,
    FullText,
    Kind,
    LabelKind,
    Limits,
    Listing,
    Scope,
    Selection,
    Selector,
    Site,
    Strength,
    Term,
)

Folder = Callable[..., Path]
ROOT = Path(__file__).resolve().parents[2]


def read(folder: Path, **environment: str) -> load.Config:
    return load.load(folder, environment=environment)


def test_the_least_one_can_write(folder: Folder) -> None:
    config = read(folder())
    assert config.site == Site(
        base_url="https://news.example.org/",
        title="News",
        description="News",
        language="de",
        contact="https://news.example.org/",
        timezone="UTC",
        imprint_url=None,
        minting="news.example.org,2026",
    )
    assert config.limits == dataclasses.replace(Limits(), gap=5.0)
    assert (config.contact, config.store_url, config.stable_keys, config.merge_window_days) == (
        "https://news.example.org/",
        None,
        (),
        14,
    )
    (source,) = config.sources
    assert (source.kind, source.interval, source.language, source.timezone) == (Kind.AUTO, "auto", "de", "UTC")
    assert (source.authority, source.full_text, source.enabled) == (Authority.PUBLISHER, FullText.AUTO, True)


def test_everything_of_this_installation(folder: Folder) -> None:
    config = read(
        folder(
            aggregator=r"""
            base_url: https://news.example.org/region
            title: News
            description: All of it
            language: en
            contact: news@example.org
            timezone: Europe/Berlin
            imprint_url: https://www.example.org/imprint
            minting: example.org,2025
            store: postgresql+psycopg://${USER}:${PASSWORD}@localhost/news
            stable_keys: ['(bb1\.c\.\d+)']
            merge_window_days: 7
            feed_limit: 50
            limits: {deadline: 1m, body: 5MB, redirects: 3, per_host: 1, gap: 0s, concurrency: 8, entries: 100,
              characters: 1000, parse_seconds: 5s, parse_memory: 500MB}
            """
        ),
        USER="u",
        PASSWORD="p",
    )
    assert config.site.base_url == "https://news.example.org/region/"
    assert config.site.minting == "example.org,2025"
    assert config.contact == "news@example.org"
    assert config.store_url == "postgresql+psycopg://u:p@localhost/news"
    assert config.stable_keys == (r"(bb1\.c\.\d+)",)
    assert config.merge_window_days == 7
    assert (config.same, config.apart, config.boilerplate) == ((), (), {"": ()})
    assert {feed.limit for feed in config.feeds} == {50}
    assert config.limits == Limits(
        deadline=60.0,
        body=5_000_000,
        redirects=3,
        per_host=1,
        gap=0.0,
        concurrency=8,
        entries=100,
        characters=1000,
        parse_seconds=5.0,
        parse_memory=500_000_000,
    )
    (source,) = config.sources
    assert (source.language, source.timezone) == ("en", "Europe/Berlin")


MAIL = """\
base_url: https://news.example.org
title: News
alarms: {{mail: {{to: [a@news.example], from: b@news.example, server: mail.example{more}}}}}
"""


def test_a_password_is_what_the_environment_says(folder: Folder) -> None:
    """Two spaces, signs that a title would lose: it is no text for people."""
    secret = "  zwei  Lücken\u200b\u00ac e\u0301 "
    config = read(folder(aggregator=MAIL.format(more=", user: u, password: '${SECRET}'")), SECRET=secret)
    assert config.alarms.mail is not None
    assert config.alarms.mail.password == secret
    assert secret not in repr(config)


@pytest.mark.parametrize("more", [", user: u", ", password: '${SECRET}'"])
def test_a_login_is_whole(folder: Folder, more: str) -> None:
    with pytest.raises(ConfigError, match="yaml:3: mail: a mapping; expected `user` and `password`") as raised:
        read(folder(aggregator=MAIL.format(more=more)), SECRET="geheim")
    assert "geheim" not in str(raised.value)


def test_a_listing_with_its_recipe(folder: Folder) -> None:
    config = read(
        folder(
            sources="""
            sources:
              - id: cluster-news
                name: Clustermanagement
                url: https://cluster.example/de/news
                kind: listing
                authority: issuer
                region: [berlin, brandenburg]
                clusters: [energietechnik]
                private_network: true
                enabled: false
                listing: {item: "article.news", link: "h3 a@href", title: "h3", date: ".date", summary: "p",
                  next: "a.next@href", pages: 2}
                detail: {title: h1, date: ".date", content: ".text", image: "figure img@src", issuer: {text: "Quelle:"},
                  remove: [.share]}
              - id: other
                name: Other
                url: https://other.example/
                kind: listing
                listing: {item: li, link: "@href"}
                detail: {issuer: .source}
            """
        )
    )
    first, second = config.sources
    assert first.listing == Listing(
        item="article.news",
        link=Selector(css="h3 a", attribute="href"),
        title=Selector(css="h3"),
        date=Selector(css=".date"),
        summary=Selector(css="p"),
        next=Selector(css="a.next", attribute="href"),
        pages=2,
    )
    assert first.detail == Detail(
        title=Selector(css="h1"),
        date=Selector(css=".date"),
        content=Selector(css=".text"),
        image=Selector(css="figure img", attribute="src"),
        issuer_text="Quelle:",
        remove=(".share",),
    )
    assert first.labels == ("energietechnik",)
    assert first.region == ("berlin", "brandenburg")
    assert (first.private_network, first.enabled) == (True, False)
    assert second.listing == Listing(item="li", link=Selector(css="", attribute="href"))
    assert second.detail == Detail(issuer=Selector(css=".source"))


def test_the_taxonomy(folder: Folder) -> None:
    taxonomy = read(
        folder(
            clusters="""
            version: 2026-11
            fields: {title: 2.5}
            threshold: 0.8
            enumeration: 4
            ignored: [Minister* für Energie, {text: Impressum, scope: item}]
            topics:
              - {id: digitalisierung, names: {de: Digitalisierung, en: Digitalisation, pl: Cyfryzacja}}
            umbrella: {id: uebergreifend, names: {de: Übergreifend, en: Cross-cluster}}
            clusters:
              - id: energietechnik
                names: {de: Energietechnik, en: Energy Technology}
                description: Strom und Wärme
                short_names: [Energietechnik, ET]
                strong: [Energiewende, "*wasserstoff*", {text: Golm, case: true}]
                medium: [KI, 5G, {text: VML, case: false}, "BER*", "2026"]
                weak: [Wind*]
                exclude: [VR-Bank, {text: KI, scope: sentence}]
            """
        )
    ).taxonomy
    assert (taxonomy.version, taxonomy.threshold, taxonomy.enumeration) == ("2026-11", 0.8, 4)
    assert taxonomy.field_weights == {
        "title": 2.5,
        "summary": 1.5,
        "text": 1.0,
        "category": 1.0,
        "issuer": 0.0,
        "url": 0.0,
    }
    assert [(label.id, label.kind) for label in taxonomy.labels] == [
        ("energietechnik", LabelKind.CLUSTER),
        ("uebergreifend", LabelKind.UMBRELLA),
        ("digitalisierung", LabelKind.TOPIC),
    ]
    label = taxonomy.labels[0]
    assert label.names == {"de": "Energietechnik", "en": "Energy Technology"}
    assert taxonomy.labels[2].names["pl"] == "Cyfryzacja"
    assert label.short_names == ("Energietechnik", "ET")
    assert label.terms == (
        Term(text="Energiewende", strength=Strength.STRONG),
        Term(text="wasserstoff", strength=Strength.STRONG, open_left=True, open_right=True),
        Term(text="Golm", strength=Strength.STRONG, case=True),
        Term(text="KI", strength=Strength.MEDIUM, case=True),
        Term(text="5G", strength=Strength.MEDIUM, case=True),
        Term(text="VML", strength=Strength.MEDIUM, case=False),
        Term(text="BER", strength=Strength.MEDIUM, case=True, open_right=True),
        Term(text="2026", strength=Strength.MEDIUM),
        Term(text="Wind", strength=Strength.WEAK, open_right=True),
    )
    assert label.exclusions == (
        Exclusion(text="VR-Bank", scope=Scope.TERM),
        Exclusion(text="KI", scope=Scope.SENTENCE, case=True),
    )
    assert taxonomy.ignored == (
        Exclusion(text="Minister* für Energie", scope=Scope.TERM),
        Exclusion(text="Impressum", scope=Scope.ITEM),
    )


FEEDS = """
feeds:
  - id: own
    title: Mine
    limit: 5
    select: {labels: [energietechnik], sources: [ministry], regions: [berlin], languages: [de], authorities: [issuer],
      words: [Wind]}
    without: {labels: [energietechnik], sources: [ministry], words: [Kohle], regions: [bayern], languages: [en],
      authorities: [repeater]}
"""


def test_default_feeds(folder: Folder) -> None:
    feeds = read(folder(feeds=None)).feeds
    assert [(feed.id, feed.title, feed.group) for feed in feeds] == [
        ("all", "News", "all"),
        ("energietechnik", "News: Energietechnik", "cluster"),
        ("ministry", "News: Ministry", "source"),
    ]
    assert [feed.selection for feed in feeds] == [
        Selection(),
        Selection(labels=("energietechnik",)),
        Selection(sources=("ministry",)),
    ]
    assert all(feed.description for feed in feeds), "RSS 2.0 wants a description"


@pytest.mark.parametrize(
    ("feeds", "ids"),
    [
        pytest.param(FEEDS, ["own"], id="a file replaces the default feeds"),
        pytest.param("defaults: true" + FEEDS, ["all", "energietechnik", "ministry", "own"], id="or adds to them"),
        pytest.param("feeds: [{id: all, title: X}]", ["all"], id="without the defaults their ids are free"),
    ],
)
def test_own_feeds(folder: Folder, feeds: str, ids: list[str]) -> None:
    assert [feed.id for feed in read(folder(feeds=feeds)).feeds] == ids


def test_a_selection(folder: Folder) -> None:
    (feed,) = read(folder(feeds=FEEDS)).feeds
    assert (feed.limit, feed.group, feed.language, feed.description) == (5, "own", "de", "Mine")
    assert feed.selection == Selection(
        labels=("energietechnik",),
        sources=("ministry",),
        regions=("berlin",),
        languages=("de",),
        authorities=(Authority.ISSUER,),
        words=("Wind",),
        without_labels=("energietechnik",),
        without_sources=("ministry",),
        without_words=("Kohle",),
        without_regions=("bayern",),
        without_languages=("en",),
        without_authorities=(Authority.REPEATER,),
    )


def test_names_of_feeds_in_the_language_of_the_site(folder: Folder) -> None:
    feeds = read(folder(aggregator="{base_url: https://x.example, title: News, language: en}")).feeds
    assert feeds[1].title == "News: Energy Technology"


def test_sources_in_several_files(folder: Folder) -> None:
    one = "sources: [{id: %s, name: X, url: https://x.example/}]"
    path = folder(sources__b=one % "b", sources__a=one % "a", **{"sources__.#lock": "broken: ["})
    assert [source.id for source in read(path).sources] == ["ministry", "a", "b"]


def test_without_clusters(folder: Folder) -> None:
    assert read(folder(clusters=None)).taxonomy.labels == ()


def test_empty_keys_are_as_if_absent(folder: Folder) -> None:
    config = read(folder(feeds="defaults:\nfeeds:\n  - id: x\n    title: X\n    select:\n    limit:\n"))
    assert config.feeds[0].selection == Selection()


@pytest.mark.parametrize(
    ("files", "same"),
    [
        pytest.param(
            {"aggregator": "# said otherwise\ntitle: News\nbase_url: https://news.example.org/"}, True, id="a comment"
        ),
        pytest.param(
            {"aggregator": "{title: News, base_url: https://news.example.org/, limits: {gap: 9s}, store: sqlite:///x}"},
            True,
            id="limits and store",
        ),
        pytest.param({"aggregator": "{title: Olds, base_url: https://news.example.org/}"}, False, id="the title"),
        pytest.param(
            {
                "sources": "sources: [{id: ministry, name: Ministry, url: https://ministry.example/rss.xml, interval: 1h}]"
            },
            True,
            id="how often a source is asked",
        ),
        pytest.param(
            {"sources": "sources: [{id: ministry, name: Office, url: https://ministry.example/rss.xml}]"},
            False,
            id="a source's name",
        ),
        pytest.param(
            {"clusters": "clusters: [{id: energietechnik, names: {de: Energietechnik, en: Energy Technology}}]"},
            False,
            id="a rule",
        ),
        pytest.param({"feeds": "feeds: [{id: x, title: X}]"}, False, id="a feed"),
    ],
)
def test_digest(folder: Folder, tmp_path: Path, files: dict[str, str], same: bool) -> None:
    before = read(folder()).digest
    assert (read(folder(**files)).digest == before) is same


@pytest.mark.slow
def test_digest_is_the_same_in_every_process(folder: Folder) -> None:
    path = folder(feeds="defaults: true" + FEEDS)
    code = "import sys; from pathlib import Path; from aggregator.config.load import load\n"
    code += "print(load(Path(sys.argv[1]), environment={}).digest)"
    environment = os.environ | {"PYTHONHASHSEED": "7"}
    done = subprocess.run(
        [sys.executable, "-c", code, path], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == read(path).digest


@pytest.mark.slow
def test_a_check_loads_no_library_it_does_not_need(tmp_path: Path) -> None:
    load.init(tmp_path / "new")
    code = "import sys; from pathlib import Path; from aggregator.config.load import load\n"
    code += "load(Path(sys.argv[1]), environment={}); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "new"], capture_output=True, text=True, check=True)
    assert not {"bs4", "soupsieve", "apscheduler", "httpx", "sqlalchemy"} & set(done.stdout.split())


def test_init_writes_a_configuration_that_loads(tmp_path: Path) -> None:
    written = load.init(tmp_path / "new" / "config")
    assert [path.name for path in written] == ["aggregator.yaml", "sources.yaml", "clusters.yaml", "feeds.yaml"]
    config = read(tmp_path / "new" / "config")
    assert len(config.sources) == 3
    assert {feed.group for feed in config.feeds} == {"all", "cluster", "topic", "source", "own"}


def test_init_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "clusters.yaml").write_text("mine")
    with pytest.raises(UsageError, match=r"clusters\.yaml: already there"):
        load.init(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["clusters.yaml"]
    assert (tmp_path / "clusters.yaml").read_text() == "mine"


def test_init_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="can not be written"):
        load.init(tmp_path / "file" / "config")


def test_the_starter_knows_nothing_of_one_region() -> None:
    starter = "".join(path.read_text() for path in load.STARTER.iterdir())
    assert not [word for word in ("Brandenburg", "innoBB", "Potsdam") if word in starter]


def test_the_real_configuration_loads() -> None:
    config = read(ROOT / "config")
    assert config.site.timezone == "Europe/Berlin"
    assert {"all", "region-berlin", "aus-erster-hand"} <= {feed.id for feed in config.feeds}
    assert ".example" in config.site.base_url, "nobody's address is published by accident"
    regions = {region for source in config.sources for region in source.region}
    assert {region for feed in config.feeds for region in feed.selection.regions} <= regions


def test_decided_pairs_and_standing_sentences(folder: Callable[..., Path]) -> None:
    path = folder(
        aggregator="base_url: https://n.example\ntitle: N\nstories: {same: [[https://a.example/1, https://b.example/2]]}\n",
        boilerplate='everywhere: ["Abdruck honorarfrei."]\nsources:\n  ministry: ["Folgen Sie uns: jetzt."]\n',
    )
    config = load.load(path, environment={})
    assert (config.same, config.apart) == ((("https://a.example/1", "https://b.example/2"),), ())
    assert config.boilerplate == {"": ("Abdruck honorarfrei.",), "ministry": ("Folgen Sie uns: jetzt.",)}


def test_a_pair_has_two_addresses(folder: Callable[..., Path]) -> None:
    one = "base_url: https://n.example\ntitle: N\nstories: {apart: [[https://a.example/1]]}\n"
    with pytest.raises(ConfigFaultsError, match="expected two addresses"):
        load.load(folder(aggregator=one), environment={})

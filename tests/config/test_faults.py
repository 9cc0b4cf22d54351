"""What is wrong is said with file, line, and what was expected; all of it at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from aggregator.config.load import load
from aggregator.errors import ConfigFaultsError

Folder = Callable[..., Path]


def messages(folder: Path, **environment: str) -> list[str]:
    with pytest.raises(ConfigFaultsError) as caught:
        load(folder, environment=environment)
    assert caught.value.exit_status == 2
    return [str(fault).removeprefix(f"{folder}/") for fault in caught.value.faults]


def source(**keys: str) -> str:
    """One source, each key on a line of its own from line 5 on."""
    lines = [f"{key}: {value}" for key, value in keys.items()]
    return "sources:\n  - id: x\n    name: X\n    url: https://x.example/\n    " + "\n    ".join(lines) + "\n"


def cluster(**keys: str) -> str:
    lines = [f"{key}: {value}" for key, value in keys.items()]
    return "clusters:\n  - id: energietechnik\n    names: {de: E, en: E}\n    " + "\n    ".join(lines) + "\n"


@pytest.mark.parametrize(
    ("files", "message"),
    [
        pytest.param(
            {"sources": source(interval="5x")},
            "sources.yaml:5: interval: 5x; expected auto, a duration such as 30m or 6h, or a cron line",
            id="an interval",
        ),
        pytest.param(
            {"sources": source(intervall="5m")}, "sources.yaml:5: unknown key intervall; expected interval", id="a slip"
        ),
        pytest.param(
            {"sources": source(intervall="")},
            "sources.yaml:5: unknown key intervall; expected interval",
            id="a slip without a value",
        ),
        pytest.param(
            {"sources": source(kind="listing", listing='{item: li, link: a@href, tittle: "h1"}')},
            "sources.yaml:6: unknown key tittle; expected title",
            id="a slip inside a recipe",
        ),
        pytest.param(
            {"sources": source(listing="{itm: li, link: a}")},
            "sources.yaml:5: no key item; expected item: selects each entry in the page",
            id="a recipe without item",
        ),
        pytest.param(
            {"sources": source(kind="listing")},
            "sources.yaml:5: kind: listing without its recipe; expected a key listing",
            id="no recipe",
        ),
        pytest.param(
            {"sources": source(kind="rss")},
            "sources.yaml:5: kind: rss; expected 'auto', 'feed', 'listing' or 'sitemap'",
            id="a kind there is not",
        ),
        pytest.param(
            {"sources": source(clusters="[energietechnick]")},
            "sources.yaml:5: unknown label energietechnick; expected energietechnik",
            id="a label nobody defines",
        ),
        pytest.param(
            {"sources": source(clusters="energietechnik")},
            "sources.yaml:5: clusters: energietechnik; expected a list",
            id="no list",
        ),
        pytest.param(
            {"sources": source(listing="{item: 'li[', link: a}")},
            "sources.yaml:5: item: li[; expected a CSS selector (",
            id="no selector",
        ),
        pytest.param(
            {"sources": source(listing="{item: li, link: a, date_in_url: '(x'}")},
            "sources.yaml:5: date_in_url: (x; expected a regular expression (",
            id="no regular expression",
        ),
        pytest.param(
            {"sources": source(detail="{issuer: {txt: x}}")},
            "sources.yaml:5: unknown key txt; expected text",
            id="a slip two levels down",
        ),
        pytest.param(
            {"sources": source(detail="{issuer: {text: a, selector: b}}")},
            'sources.yaml:5: issuer: a mapping; expected a selector, or {text: "Quelle:"}',
            id="two ways to name the issuer",
        ),
        pytest.param(
            {"sources": source(private_network="maybe")},
            "sources.yaml:5: private_network: maybe; expected true or false",
            id="maybe",
        ),
        pytest.param(
            {"sources": source(timezone="Berlin")},
            "sources.yaml:5: timezone: Berlin; expected a time zone",
            id="no time zone",
        ),
        pytest.param(
            {"sources": source(language="deutsch")},
            "sources.yaml:5: language: deutsch; expected a language such",
            id="no language",
        ),
        pytest.param(
            {"sources": source(homepage="${HOME}")},
            "sources.yaml:5: ${HOME} is not set; expected a variable HOME",
            id="not set",
        ),
        pytest.param(
            {"sources": "sources:\n  - name: X\n    url: ftp://x\n"},
            "sources.yaml:2: no key id; expected id: unique",
            id="a source without id",
        ),
        pytest.param(
            {"sources": "sources:\n  - id: Ä\n    name: X\n    url: https://x.example/\n"},
            "sources.yaml:2: id: Ä; expected 1 to 64 of a-z, 0-9 and -",
            id="an id with an umlaut",
        ),
        pytest.param(
            {"sources": "sources:\n  - just text\n"},
            "sources.yaml:2: sources: just text; expected a mapping of keys",
            id="a text",
        ),
        pytest.param(
            {"sources": "- id: x\n"}, "sources.yaml:1: a list; expected a mapping of keys", id="a list at the top"
        ),
        pytest.param(
            {"sources": "sources:\n"}, "sources.yaml:1: no key sources; expected sources: the list", id="an empty list"
        ),
        pytest.param(
            {"sources": "# nothing\n"}, "sources.yaml: nothing in it; expected at least one key", id="an empty file"
        ),
        pytest.param(
            {
                "sources": source(),
                "sources__more": "sources:\n  - {id: y, name: Y, url: 'https://y.example'}\n" + source()[9:],
            },
            "sources/more.yaml:3: id: x a second time; expected another id: that source is already at ",
            id="a double id across files",
        ),
        pytest.param(
            {"clusters": cluster() + "topics:\n  - id: energietechnik\n    names: {de: A, en: B}\n"},
            "clusters.yaml:6: id: energietechnik a second time; expected another id",
            id="a topic with a cluster's id",
        ),
        pytest.param(
            {"clusters": "umbrella:\n  id: ministry\n  names: {de: A, en: B}\n"},
            "sources.yaml:2: id: ministry; expected another id: a label has it at ",
            id="a source with a label's id",
        ),
        pytest.param(
            {"clusters": "topics:\n  - id: search\n    names: {de: A, en: B}\n"},
            "clusters.yaml:2: id: search; expected another id: the program",
            id="a page of the program",
        ),
        pytest.param(
            {"clusters": "topics:\n  - id: x\n    names: {de: A}\n"},
            "clusters.yaml:3: no key en; expected en: the name in English",
            id="one language",
        ),
        pytest.param(
            {"clusters": "topics:\n  - id: x\n    names: {de: A, en: B, polnisch: C}\n"},
            "clusters.yaml:3: names: a mapping; expected a language",
            id="no language code",
        ),
        pytest.param(
            {"clusters": cluster(strong="[a, '']")},
            'clusters.yaml:4: strong: ""; expected a word or phrase',
            id="an empty term",
        ),
        pytest.param(
            {"clusters": cluster(strong="['**']")}, "clusters.yaml:4: strong: **; expected a word", id="a term of stars"
        ),
        pytest.param(
            {"clusters": cluster(strong="\n      - a\n      - #ai")},
            "clusters.yaml:6: strong: nothing; expected a text; one that starts with # needs quotes",
            id="a comment by accident",
        ),
        pytest.param(
            {"clusters": cluster(exclude="[{text: a, scope: page}]")},
            "clusters.yaml:4: scope: page; expected 'term', 'sentence', 'rest' or 'item'",
            id="a scope",
        ),
        pytest.param(
            {"clusters": cluster(part_of="energei")},
            "clusters.yaml:4: unknown whole energei",
            id="a part of nothing",
        ),
        pytest.param(
            {"clusters": "by_hand:\n  - {item: a, without: [enrgie]}\n"},
            "clusters.yaml:2: unknown label enrgie",
            id="a decision on a label that nobody defines",
        ),
        pytest.param(
            {"clusters": cluster() + "threshold: 0\n"},
            "clusters.yaml:5: threshold: 0; expected more than 0",
            id="a threshold of nothing",
        ),
        pytest.param(
            {"clusters": cluster() + "fields: {titel: 1}\n"},
            "clusters.yaml:5: unknown key titel; expected title",
            id="a field there is not",
        ),
        pytest.param(
            {"aggregator": "title: X\n"},
            "aggregator.yaml:1: no key base_url; expected base_url: the public address",
            id="no address",
        ),
        pytest.param(
            {"aggregator": "title: X\nbase_url: https://x.example\nlimits:\n  gap: 2s\n  body: 10 apples\n"},
            "aggregator.yaml:5: body: 10 apples; expected a size such as 500kB or 10MB",
            id="a size",
        ),
        pytest.param(
            {"aggregator": "title: X\nbase_url: https://x.example\nlimits:\n  redirects: -1\n"},
            "aggregator.yaml:4: redirects: -1; expected at least 0",
            id="a negative number",
        ),
        pytest.param(
            {"aggregator": "title: X\nbase_url: https://x.example\nfeed_limit: many\n"},
            "aggregator.yaml:3: feed_limit: many; expected a whole number",
            id="a word for a number",
        ),
        pytest.param(
            {"aggregator": "title: X\nbase_url: https://x.example\nstable_keys:\n  - '(\\d+)'\n  - 'x'\n"},
            "aggregator.yaml:5: stable_keys: x; expected a regular expression with exactly one group",
            id="a key pattern without a group",
        ),
        pytest.param({"aggregator": None}, "aggregator.yaml: no such file", id="no aggregator.yaml"),
        pytest.param(
            {"sources": None}, "sources.yaml: no such file; expected it, or files in sources/", id="no sources"
        ),
        pytest.param(
            {"cluster": "x: 1"},
            "cluster.yaml: a file that is not read; expected the name clusters.yaml",
            id="a file nearly named right",
        ),
        pytest.param(
            {"feeds": "feeds:\n  - id: f\n    title: F\n    select: {labels: [x]}\n"},
            "feeds.yaml:4: unknown label x; expected one of energietechnik",
            id="unknown label",
        ),
        pytest.param(
            {"feeds": "feeds:\n  - id: f\n    title: F\n    without:\n      sources:\n        - ministri\n"},
            "feeds.yaml:6: unknown source ministri; expected ministry",
            id="unknown source",
        ),
        pytest.param(
            {"feeds": "feeds:\n  - id: f\n    title: F\n    without: {labels: [energietechnik, x]}\n"},
            "feeds.yaml:4: unknown label x; expected one of energietechnik",
            id="unknown label among the unwanted",
        ),
        pytest.param(
            {"feeds": "feeds:\n  - id: f\n    title: F\n    without: {authorities: [isuer]}\n"},
            "feeds.yaml:4: authorities: isuer; expected 'issuer'",
            id="an authority that is none among the unwanted",
        ),
        pytest.param(
            {"feeds": "feeds:\n  - id: f\n    title: F\n    without: {languages: [xy]}\n"},
            "feeds.yaml:4: languages: xy; expected a language such as de, en or de-AT",
            id="a language that nobody speaks",
        ),
        pytest.param(
            {"feeds": "feeds:\n  - {id: f, title: F}\n  - {id: f, title: G}\n"},
            "feeds.yaml:3: id: f a second time; expected another id",
            id="two feeds of one name",
        ),
        pytest.param(
            {"feeds": "defaults: true\nfeeds:\n  - {id: ministry, title: F}\n"},
            "feeds.yaml:3: id: ministry; expected another id, or defaults: false",
            id="a feed with the name of a default one",
        ),
        pytest.param(
            {"feeds": "defaults: true\nfeeds: [{id: all, title: F}]\n"},
            "feeds.yaml:2: id: all; expected another id: the program",
            id="all is made already",
        ),
    ],
)
def test_a_fault_has_its_place(folder: Folder, files: dict[str, str], message: str) -> None:
    found = messages(folder(**files))
    assert any(line.startswith(message) for line in found), found


def test_a_fault_alone_is_said_once(folder: Folder) -> None:
    assert len(messages(folder(sources=source(homepage="${HOME}")))) == 1


def test_all_faults_come_at_once_in_the_order_of_the_files(folder: Folder) -> None:
    path = folder(
        aggregator="titel: X\nbase_url: nowhere\n",
        sources=source(interval="5x", clusters="[enrgietechnik]"),
        clusters=cluster(weak="[[a]]"),
        feeds="feeds:\n  - id: f\n    select: {sources: [y]}\n",
    )
    places = [line.partition(": ")[0] for line in messages(path)]
    assert places == [
        "aggregator.yaml:1",
        "aggregator.yaml:1",
        "aggregator.yaml:2",
        "sources.yaml:5",
        "sources.yaml:6",
        "clusters.yaml:4",
        "feeds.yaml:2",
        "feeds.yaml:3",
    ]


def test_a_broken_file_is_not_blamed_on_others(folder: Folder) -> None:
    path = folder(clusters="clusters: [", sources=source(clusters="[energietechnik]"))
    assert [line.partition(":")[0] for line in messages(path)] == ["clusters.yaml"]


def test_a_label_with_another_fault_is_still_known(folder: Folder) -> None:
    path = folder(clusters=cluster(stong="[a]"), sources=source(clusters="[energietechnik]"))
    assert messages(path) == ["clusters.yaml:4: unknown key stong; expected strong"]


def test_a_feed_that_may_be_called_all_is_not_blamed_for_another_fault(folder: Folder) -> None:
    path = folder(feeds="feeds: [{id: all, title: X, limt: 3}]\n")
    assert messages(path) == ["feeds.yaml:1: unknown key limt; expected limit"]


def test_what_came_from_the_environment_stays_secret(folder: Folder) -> None:
    found = messages(folder(sources=source(homepage="'https://${TOKEN} x'", language="${TOKEN}")), TOKEN="hunter2")
    assert len(found) == 2
    assert "hunter2" not in "\n".join(found)
    assert found[0].startswith("sources.yaml:5: homepage: https://${TOKEN} x; expected an http or https address")


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigFaultsError, match="no such folder; expected a configuration; `aggregator init DIR` writes one"
    ):
        load(tmp_path / "none", environment={})


def test_files_are_named_as_seen_from_here(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder(aggregator="title: X\n")
    monkeypatch.chdir(path.parent)
    for way in (path, Path("config")):
        with pytest.raises(ConfigFaultsError) as caught:
            load(way, environment={})
        assert str(caught.value).startswith("config/aggregator.yaml:1: ")


def test_files_are_named_whole_for_a_service(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder(aggregator="title: X\n")
    monkeypatch.chdir("/")  # where services stand
    with pytest.raises(ConfigFaultsError) as caught:
        load(path, environment={})
    assert str(caught.value).startswith(f"{path}/aggregator.yaml:1: ")

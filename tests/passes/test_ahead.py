"""What parsers work out ahead is what settling would have worked out: the same keys, the same labels, the same stories."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from aggregator import tagging
from aggregator.config import load
from aggregator.passes import again, matching, one_pass, settle_stories
from aggregator.store import connect
from tests.servers.local_world import LocalServer

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LABELS = """clusters:
  - {id: energie, names: {de: Energie, en: Energy}, strong: ['*wasserstoff*']}
  - {id: verkehr, names: {de: Verkehr, en: Transport}, strong: ['*straßenbahn*']}
topics: []
"""
HYDROGEN = (
    "Das Land fördert einen Wasserstoffspeicher in Seewalde mit 12,4 Millionen Euro; gebaut wird ab dem Frühjahr. " * 3
)
TRAM = (
    "Die Straßenbahn fährt ab Montag wieder bis zum Hafen, die Bauarbeiten an der Brücke sind nach zwei Jahren zu Ende. "
    * 3
)


def feed(site: str, *entries: tuple[str, str]) -> bytes:
    items = "".join(
        f"<item><title>{title}</title><link>https://{site}.example/{number}</link><description>{text}</description>"
        "<pubDate>Thu, 19 Nov 2026 10:00:00 +0100</pubDate></item>"
        for number, (title, text) in enumerate(entries)
    )
    return f"<rss version='2.0'><channel><title>{site}</title>{items}</channel></rss>".encode()


def test_settling_again_without_what_was_worked_out_ahead_changes_nothing(tmp_path: Path) -> None:
    with LocalServer() as server:
        server.reply("/amt", feed("amt", ("Speicher für Seewalde", HYDROGEN), ("Wieder bis zum Hafen", TRAM)))
        server.reply("/portal", feed("portal", ("Seewalde: Speicher für Seewalde", HYDROGEN)))
        rows = "".join(
            f"  - {{id: {name}, name: {name}, url: '{server.url('/' + name)}', private_network: true{more}}}\n"
            for name, more in (("amt", ", authority: issuer, clusters: [verkehr]"), ("portal", ""))
        )
        (tmp_path / "aggregator.yaml").write_text("base_url: https://n.example/\ntitle: N\nlimits: {gap: 0s}\n")
        (tmp_path / "clusters.yaml").write_text(LABELS)
        (tmp_path / "sources.yaml").write_text(f"sources:\n{rows}")
        config = load.load(tmp_path, environment={})
        with connect.opened(f"sqlite:///{tmp_path}/a.sqlite") as store:
            found = asyncio.run(one_pass.gather(config, config.sources, {}, store, now=NOW))
            items = {item.key: item for item in store.unsettled(10)}
            assert found.ahead.keys() == items.keys()
            rules = one_pass.rules(config)
            for key, item in items.items():
                fixed = settle_stories.fixed_labels([item], rules)
                assert found.ahead[key].keyed == matching.keyed(item, rules.merging)
                assert found.ahead[key].tagging == tagging.tag(item, (item,), rules.tagging, fixed=fixed)
            assert one_pass.settle(config, store, now=NOW, ahead=found.ahead).new == 2
            labels = {
                story.origin.url: story.labels for story in store.stories([h.id for h in store.headlines()]).values()
            }
            assert labels == {"https://amt.example/0": ("energie", "verkehr"), "https://amt.example/1": ("verkehr",)}
            for differing in (again.retag, again.remerge):
                difference = differing(config, store, now=NOW, dry_run=True)
                assert (difference.tags, difference.stories) == ((), ())

"""What people are told of failures, of reservations and of being offline."""

import json
from pathlib import Path

import pytest

from aggregator.errors import ADVICE, Failure
from tests.servers.local_world import LocalServer

pytestmark = pytest.mark.slow
BASE = "base_url: https://news.example/\ntitle: News\nlimits: {gap: 0s}\n"
FEED = b"<rss version='2.0'><channel><title>F</title><item><title>Eins</title><guid>1</guid></item></channel></rss>"


def configure(folder: Path, *urls: str) -> None:
    (folder / "config").mkdir(exist_ok=True)
    (folder / "config/aggregator.yaml").write_text(BASE)
    rows = [
        f"  - {{id: s{n}, name: S, interval: 1s, private_network: true, url: '{url}'}}\n" for n, url in enumerate(urls)
    ]
    (folder / "config/sources.yaml").write_text("sources:\n" + "".join(rows))


def test_advice_and_rights(tmp_path: Path, aggregator, result) -> None:
    with LocalServer() as server:
        server.reply("/feed", FEED, headers={"X-Robots-Tag": "noai"})
        configure(tmp_path, server.url("/feed"), server.url("/gone"))
        assert aggregator("run").returncode == 0
        checked = aggregator("sources", "check")
    assert ADVICE[Failure.HTTP_404] in checked.stdout
    told = aggregator("status").stdout
    assert ADVICE[Failure.HTTP_404] in told
    for printed in (told, checked.stdout, aggregator("sources", "list").stdout):
        assert "X-Robots-Tag: noai (excerpts only)" in printed
    status = result(aggregator("status", "--json"))
    rights = {"tdm_reservation": False, "tdm_policy": None, "robots_tag": ["noai"], "honoured": True}
    assert [source["rights"] for source in status["sources"]] == [rights, None]
    assert status["offline"] is None


def test_offline(tmp_path: Path, aggregator, result) -> None:
    configure(tmp_path, "http://127.0.0.2:9/", "http://127.0.0.3:9/")
    done = aggregator("run", "--json")
    assert done.returncode == 0
    summary = json.loads(done.stdout)
    assert (summary["offline"], summary["sources"]["failed"], summary["failures"]) == (True, 0, [])
    assert aggregator("status").stdout.count("offline since") == 1
    status = result(aggregator("status", "--json"))
    assert status["offline"]
    assert [source["error"] for source in status["sources"]] == [None, None]

"""`aggregator sources check --apply`: the new address of a source that moved for good, written into its file."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.model import Move, SourceUpdate
from aggregator.store import connect
from tests.servers.local_world import LocalServer, Reply

pytestmark = pytest.mark.slow

CONFIG = """# unsere Quellen
sources:
  - id: amt
    name: Amt   # seit 2024
    url: '{}'
    private_network: true
"""


def feed(*numbers: int) -> bytes:
    items = "".join(
        f"<item><title>Meldung {number}</title><link>http://amt.example/{number}</link><guid>g{number}</guid></item>"
        for number in numbers
    )
    return f"<rss version='2.0'><channel><title>Amt</title>{items}</channel></rss>".encode()


@pytest.mark.parametrize(
    ("there", "written"),
    [
        pytest.param(Reply(body=feed(1, 2, 3)), True, id="the same feed"),
        pytest.param(Reply(body=feed(7, 8, 9)), False, id="other entries"),
        pytest.param(Reply(body=b"<html><body>Willkommen</body></html>"), False, id="a page"),
        pytest.param(Reply(status=404), False, id="nothing there any more"),
        pytest.param(Reply(status=302, headers={"Location": "/elsewhere.xml"}), False, id="a further redirect"),
    ],
)
def test_only_what_gives_the_known_items_is_written(
    there: Reply, written: bool, tmp_path: Path, aggregator, result
) -> None:
    with LocalServer() as server:
        server.reply("/elsewhere.xml", feed(1, 2))
        server.script("/feed", lambda _: Reply(status=301, headers={"Location": server.url("/new.xml")}))
        server.reply("/new.xml", feed(1, 2))
        (tmp_path / "config/sources").mkdir(parents=True)
        (tmp_path / "config/aggregator.yaml").write_text(
            "base_url: https://news.example/\ntitle: News\nlimits: {gap: 0s}\n"
        )
        file = tmp_path / "config/sources/amt.yaml"
        file.write_text(before := CONFIG.format(server.url("/feed")))
        result(aggregator("run", "--json"))
        with connect.opened(f"sqlite:///{tmp_path}/var/aggregator.sqlite") as store:
            seen = store.state("amt")
            assert seen.move is not None
            assert (seen.move.url, seen.move.times) == (server.url("/new.xml"), 1)
            long_ago = Move(url=seen.move.url, since=datetime.now(UTC) - timedelta(days=8), times=2)
            store.commit(SourceUpdate(state=replace(seen, move=long_ago)))
        server.script("/new.xml", lambda _: there)
        [status] = result(aggregator("status", "--json"))["sources"]
        assert "sources check amt --apply" in status["advice"][0]
        looked = result(aggregator("sources", "check", "amt", "--json"))
        assert (looked["moved_to"], looked["written"]) == (server.url("/new.xml"), False)
        assert file.read_text() == before
        applied = result(aggregator("sources", "check", "amt", "--apply", "--json"))
        assert applied["written"] is written, applied
        assert file.read_text() == (before.replace("/feed", "/new.xml") if written else before)
        assert written or applied["told"].startswith("not written")

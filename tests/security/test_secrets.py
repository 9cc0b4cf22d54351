"""The password or key in a source's address is sent to that source, and told to nobody else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import quote

import httpx
import pytest

from aggregator.config import load
from aggregator.web import app
from aggregator.web.site import Site
from tests.security import gathered
from tests.servers.local_world import LocalServer, Reply, Seen

pytestmark = pytest.mark.slow

PASSWORD, TOKEN, HIDDEN = "geheim-4711-wort", "geheim-0815-marke", "geheim-ö+1"
SECRETS = (PASSWORD, TOKEN, quote(HIDDEN, safe="+"), "geheim")
KEY = f"token={TOKEN}"
# Links that take the query of the page they stand on with them (RFC 3986 section 5.2.2), and such that do not
FEED = """<rss version='2.0'><channel><title>Intern</title><link>#oben</link>
<item><title>Eins</title><link>#eins</link><guid isPermaLink='false'>1</guid><description>&lt;a href="#x"&gt;x&lt;/a&gt;
&lt;a href=""&gt;y&lt;/a&gt;&lt;img src="#y"&gt;</description><enclosure url='#z' type='audio/mpeg' length='1'/></item>
<item><title>Zwei ohne Adresse</title><guid isPermaLink='false'>2</guid><description>Text</description></item>
<item><title>Drei</title><link>drei</link><guid>3</guid></item></channel></rss>"""
LISTING = (
    "<html><body><article><a href='#eins'>Vier</a></article><article><a href='fuenf'>Fünf</a></article></body></html>"
)
PAGE = "<html><head><title>Seite</title><link rel=alternate type=application/rss+xml href='#feed'></head></html>"


# Where no name says that it is a key: what comes out of the environment is one
NAMED_BY_NOTHING = ("/{}/feed", "/private/{}.xml?x=1", "/plain?t={}", "/away/{}", "/missing/{}", "/moving/{}")


def answers(server: LocalServer) -> Iterator[tuple[str, str]]:
    """(path, further keys of the source): everything that can become of a source whose address holds a secret."""
    server.reply("/feed", FEED.encode())
    yield "/feed", ""
    server.reply("/moved", status=301, headers={"Location": f"/feed?{KEY}"})
    yield "/moved", ""
    server.reply("/loop", status=302, headers={"Location": f"/loop?{KEY}"})
    yield "/loop", ""
    server.reply("/scheme", status=302, headers={"Location": f"ftp://a.example/?{KEY}"})
    yield "/scheme", ""
    server.reply("/nowhere", status=302, headers={"Location": f"http://[a.example/?{KEY}"})
    yield "/nowhere", ""
    server.reply("/page", PAGE.encode())
    yield "/page", ""
    server.reply("/broken", b"{ no json")
    yield "/broken", ""
    server.reply("/list", LISTING.encode())
    yield "/list", "kind: listing, listing: {item: article, link: 'a@href', title: a}"
    server.reply("/map", b"<urlset><url><loc>#eins</loc></url><url><loc>/zwei</loc></url></urlset>")
    yield "/map", "kind: sitemap"
    server.script("/asked", lambda seen: Reply(status=401, headers={"WWW-Authenticate": f"Basic realm={_asked(seen)}"}))
    yield "/asked", ""
    yield "/missing", ""


def _asked(seen: Seen) -> str:
    return seen.path.rpartition("=")[2]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What every command, file and page says of such sources, by its name."""
    folder = tmp_path_factory.mktemp("secrets")
    (folder / "config").mkdir()
    (folder / "config/aggregator.yaml").write_text(gathered.BASE)
    environment = {"USERPASS": PASSWORD, "TOKEN": TOKEN, "HIDDEN": HIDDEN}
    with LocalServer() as server:
        rows = []
        for number, (path, keys) in enumerate(answers(server)):
            address = f"http://geheim:${{USERPASS}}@{server.host}:{server.port}{path}?a=1&token=${{TOKEN}}"
            rows.append(f"  - {{id: s{number}, name: s{number}, url: '{address}', private_network: true, {keys}}}")
        dead = "http://geheim:${USERPASS}@127.0.0.1:1/feed?token=${TOKEN}"
        rows.append(f"  - {{id: dead, name: dead, url: '{dead}', private_network: true}}")
        rows.append(f"  - {{id: refused, name: refused, url: '{dead}&b=2'}}")
        server.reply(f"/away/{quote(HIDDEN, safe='+')}", status=302, headers={"Location": f"ftp://a.example/{HIDDEN}"})
        server.reply(f"/moving/{quote(HIDDEN, safe='+')}", status=301, headers={"Location": f"/{HIDDEN}/feed"})
        for number, address in enumerate(NAMED_BY_NOTHING):
            if number < 3:
                server.reply(quote(address.format(HIDDEN), safe="/?=&+"), FEED.encode())
            written = f"http://{server.host}:{server.port}{address.format('${HIDDEN}')}"
            rows.append(f"  - {{id: h{number}, name: h{number}, url: '{written}', private_network: true}}")
        (folder / "config/sources.yaml").write_text("sources:\n" + "\n".join(rows) + "\n")
        found = {}
        for command in COMMANDS:
            done = gathered.call(folder, *command.split(), **environment)
            assert "Traceback" not in done.stderr, done.stderr
            found[command] = done.stdout + done.stderr
        assert all("authorization" in seen.headers for seen in server.requests if seen.path.startswith("/feed?a=1"))
        assert all(TOKEN in seen.path for seen in server.requests if seen.path.startswith("/feed"))
    for path in (folder / "public").rglob("*"):
        if path.is_file():
            found[str(path.relative_to(folder))] = path.read_text()
    config = load.load(folder / "config", environment=environment)
    site = Site(
        config=config,
        output=folder / "public",
        store_url=f"sqlite:///{folder / 'var/aggregator.sqlite'}",
        clock=lambda: datetime(2026, 11, 26, tzinfo=UTC),
    )
    return found | asyncio.run(pages(site))


async def pages(site: Site) -> dict[str, str]:
    """What the web server answers, with its headers."""
    transport = httpx.ASGITransport(app=app.build(site))
    found = {}
    async with httpx.AsyncClient(transport=transport, base_url="https://news.example") as client:
        for path in ("/status", "/status.json", "/search?q=eins", "/search.atom?q=eins", "/opml.xml", "/feeds/all"):
            answer = await client.get(path)
            assert answer.status_code == 200, path
            found[path] = f"{answer.headers}{answer.text}"
    return found


COMMANDS = (
    "--log-format json -v run",
    "run --force --json",
    "status --json",
    "sources list --json",
    "sources check --json",
    "sources export",
    "items --json",
)


@pytest.mark.parametrize("secret", SECRETS)
def test_no_secret_of_an_address_is_told(told: dict[str, str], secret: str) -> None:
    around = {name: text[max(0, text.find(secret) - 150) :][:200] for name, text in told.items() if secret in text}
    assert around == {}


def test_there_was_something_to_tell(told: dict[str, str]) -> None:
    titles = {item["title"] for item in json.loads(told["items --json"])}
    assert {"Eins", "Zwei ohne Adresse", "Drei", "Vier", "Fünf"} <= titles
    failing = {one["class"] for one in json.loads(told["run --force --json"])["failures"]}
    assert {"redirect_loop", "scheme", "http_401", "http_404", "not_a_feed", "connect", "blocked_address"} <= failing
    assert "127.0.0.1" in told["public/opml.xml"]

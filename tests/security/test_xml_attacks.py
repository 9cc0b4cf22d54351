"""XML that reaches for files, the network or all memory gets neither, and costs no other source anything."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import xml.sax
import xml.sax.handler
from collections.abc import Mapping
from pathlib import Path

import pytest
from lxml import etree

from aggregator.errors import Failure
from aggregator.model import Document, Hints, Unreadable
from aggregator.parse import document, entities
from tests import shared_data
from tests.security import attacks, gathered
from tests.servers.local_world import LocalServer

HINTS = Hints(url="https://a.example/feed")
ROOT = Path(__file__).resolve().parent.parent.parent
BOMBS = dict(attacks.bombs())


def secrets() -> list[bytes]:
    """What the files that the attacks name hold, in pieces that stand nowhere by chance."""
    hostname = Path("/etc/hostname").read_text().strip() if Path("/etc/hostname").exists() else ""
    return [secret.encode() for secret in (hostname, "root:x:0:0", "daemon:x:", "/bin/bash") if len(secret) > 5]


def test_every_kind_of_bomb_fails_its_source_and_is_told() -> None:
    for name, bomb in BOMBS.items():
        told = document.read(bomb, HINTS)
        assert isinstance(told, Unreadable), name
        assert told.failure in {Failure.TOO_LARGE, Failure.MALFORMED}, name


@pytest.mark.parametrize(
    ("declared", "used", "size"),
    [
        pytest.param('<!ENTITY nbsp "&#160;">', "a&nbsp;b", 6, id="what feeds declare in earnest"),
        pytest.param("<!ENTITY a 'xx'><!ENTITY b '&a;&a;'>", "&b;&b;", 20, id="one out of another"),
        pytest.param("<!ENTITY a 'xx'><!ENTITY a '&a;'>", "&a;", 2, id="only the first binds"),
        pytest.param("<!ENTITY a '&amp;&auml;'>", "&a;", 11, id="entities of others count nothing"),
        pytest.param("<!ENTITY a '&b;'><!ENTITY b '&a;'>", "", None, id="a circle"),
        pytest.param("<!ENTITY % a 'xx'><!ENTITY % b '&#37;a;&#x25;a;'>", "%b;", 10, id="parameters"),
        pytest.param(
            "<!ENTITY % a 'x' ><!ENTITY b 'y'> %a;", "&b;", 2, id="a parameter that is used where it is declared"
        ),
        pytest.param('<!ENTITY a SYSTEM "file:///etc/passwd">', "&a;&a;", 0, id="what stands elsewhere is not fetched"),
    ],
)
def test_what_entities_unfold_to(declared: str, used: str, size: int | None) -> None:
    assert entities.unfolded(f"<!DOCTYPE rss [{declared}]><rss>{used}</rss>".encode()) == size


def test_an_article_on_bombs_is_none() -> None:
    quoted = f"<rss><channel><item><description><![CDATA[{BOMBS['rss, circle'].decode()}]]></description></item></channel></rss>"
    assert entities.unfolded(quoted.encode()) == 0
    assert entities.unfolded(f"<?xml version='1.0'?><!-- x -->\n{BOMBS['rss, circle'].decode()}".encode()) is None


def test_entities_that_feeds_declare_in_earnest_fail_nothing() -> None:
    declared = "<!DOCTYPE rss [<!ENTITY nbsp '&#160;'><!ENTITY auml '&#228;'>]>"
    item = "<item><title>M&auml;rz&nbsp;2026</title><link>https://a.example/1</link></item>"
    told = document.read(f"{declared}<rss version='2.0'><channel>{item}</channel></rss>".encode(), HINTS)
    assert isinstance(told, Document)
    assert told.entries[0].title is not None
    assert told.entries[0].title.value.replace("\xa0", " ") == "März 2026"


MEASURE = """
import json, resource
from aggregator.model import Hints
from aggregator.parse import document
from tests.security import attacks
hints = Hints(url="https://a.example/feed")
for harmless in attacks.DOCUMENTS.values():
    document.read(harmless.format("x").encode(), hints)  # the libraries are loaded
def used():
    now = resource.getrusage(resource.RUSAGE_SELF)
    return now.ru_utime + now.ru_stime, now.ru_maxrss * 1024
for name, bomb in attacks.bombs():
    before = used()
    document.read(bomb, hints)
    after = used()
    print(json.dumps([name, after[0] - before[0], after[1] - before[1]]))
"""


@pytest.mark.slow
def test_a_bomb_costs_next_to_nothing() -> None:
    done = subprocess.run([sys.executable, "-c", MEASURE], capture_output=True, cwd=ROOT, check=True)
    measured = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(measured) == len(BOMBS)
    assert [name for name, seconds, _ in measured if seconds >= 2] == []
    assert [name for name, _, grown in measured if grown >= 100_000_000] == []


def passed_over(folder: Path, server: LocalServer, documents: Mapping[str, bytes]) -> gathered.Seen:
    seen = gathered.gather(folder, server, documents)
    assert "Guter Eintrag" in seen.titles
    assert "good" not in seen.failures
    for secret in secrets():
        assert secret not in seen.published + seen.stored, secret
        assert secret.decode() not in seen.said
    assert "Traceback" not in seen.said
    return seen


@pytest.mark.slow
def test_a_pass_over_every_attack_reaches_nothing(tmp_path: Path) -> None:
    with LocalServer() as canary, LocalServer() as server:
        documents = {**dict(attacks.reaching(canary.url("").rstrip("/"))), **BOMBS}
        seen = passed_over(tmp_path, server, documents)
        assert canary.count() == 0
        assert canary.connections == 0
    assert seen.failures.keys() == BOMBS.keys()  # the others were read, not refused


@pytest.mark.slow
def test_a_pass_over_recorded_attacks_reaches_nothing(tmp_path: Path) -> None:
    folder = shared_data.folder("xml-attacks")
    with LocalServer() as canary, LocalServer() as server:
        documents = {name: attacks.rewritten(one, canary.url("")) for name, one in attacks.recorded(folder)}
        assert any(canary.url("").encode() in one for one in documents.values())
        passed_over(tmp_path, server, documents)
        assert canary.count() == 0
        assert canary.connections == 0


def test_the_canary_sings() -> None:
    """The control: a reader that takes the document at its word reaches the canary and the file."""
    with LocalServer() as canary:
        told = dict(attacks.reaching(canary.url("").rstrip("/")))
        canary.reply("/entity", b"x")
        trusting = xml.sax.make_parser()
        trusting.setFeature(xml.sax.handler.feature_external_ges, True)
        trusting.parse(io.BytesIO(told["rss, entity, url"].replace(b"&x;&x;", b"&x;")))
        assert canary.count("/entity") > 0
    parser = etree.XMLParser(load_dtd=True, no_network=False, resolve_entities=True)
    read = etree.fromstring(told["rss, entity, file /etc/passwd"], parser)
    assert "root:x:0:0" in (read.findtext("channel/title") or "")


@pytest.mark.slow
def test_in_a_network_of_its_own_not_even_a_name_is_asked_for(tmp_path: Path) -> None:
    fenced = ["unshare", "--user", "--map-root-user", "--net", sys.executable, "-m", "tests.security.fenced"]
    try:
        done = subprocess.run(
            [*fenced, str(tmp_path)], capture_output=True, text=True, cwd=ROOT, timeout=120, check=False
        )
    except FileNotFoundError:
        pytest.skip("no unshare here")
    if "unshare" in done.stderr:
        pytest.skip("no network namespace here")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["control"] == 1, "the resolver of the fence hears nothing"
    assert told["asked"] == []
    assert told["published"] is True

"""Published pages in a real browser: nothing that a feed said runs, even without the pages' own policy."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.security import payloads, world
from tests.servers.local_world import LocalServer

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")]

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-extensions", "--no-first-run", "--no-default-browser-check", "--no-proxy-server",
    "--allow-file-access-from-files", "--virtual-time-budget=3000", "--dump-dom",
)  # fmt: skip
HITS = {"/hit", "/hit.js", "/dialog", "/armed"}
# Before anything of the page: what opens a dialog tells the canary. After it: what waits for a click, a key or the pointer does.
HOOK = """<script>
const tell = path => fetch('http://canary.example/' + path, {mode: 'no-cors'});
for (const name of ['alert', 'confirm', 'prompt', 'print']) window[name] = () => tell('dialog');
addEventListener('load', () => { for (const one of document.querySelectorAll('*')) {
  if ([...one.attributes].some(each => /^on/i.test(each.name))) tell('armed');
  const written = one.getAttribute('href') || '';  // without a colon it is relative: to a file, here
  if (written.includes(':') && /^(javascript|data|vbscript|blob|file):/.test(one.protocol || '')) tell('armed');
} tell('looked'); });
</script>"""


def shown(folder: Path, pages: Sequence[str]) -> list[str]:
    """The paths at which the canary was asked while the browser showed all these pages."""
    for number, page in enumerate(pages):
        assert "<head>" in page
        (folder / f"{number}.html").write_text(page.replace("<head>", f"<head>{HOOK}", 1), encoding="utf-8")
    frames = "".join(f"<iframe src='{number}.html'></iframe>" for number in range(len(pages)))
    (folder / "all.html").write_text(f"<!DOCTYPE html><title>All</title>{frames}", encoding="utf-8")
    with LocalServer() as canary:
        for path in (*HITS, "/looked"):
            canary.reply(path, b"", headers={"Access-Control-Allow-Origin": "*"})
        rules = f"MAP canary.example 127.0.0.1:{canary.port}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
        place = (folder / "all.html").as_uri()
        command = [str(BROWSER), *FLAGS, f"--user-data-dir={folder}/profile", f"--host-resolver-rules={rules}", place]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        return [seen.path for seen in canary.requests]


def without_policy(page: bytes) -> str:
    """The page as it would be if the browser knew no Content-Security-Policy."""
    bare, count = re.subn(r'<meta http-equiv="Content-Security-Policy"[^>]*/>', "", page.decode())
    assert count == 1
    return bare


def published(told: Sequence[str]) -> list[str]:
    """Pages of every kind that carry these payloads wherever a feed, the configuration or a reader can put a text."""
    whole, titles_only = world.bodies(told), world.Words(names=told, title=" ".join(told), query=" ".join(told))
    found = [item for _, body in zip(range(4), whole, strict=False) for item in world.items(body, told)]
    assert len(found) >= 2 * len(told)  # some have neither a title nor a text that could be shown
    view = world.view(found, titles_only)
    documents = world.documents(view, titles_only.query)
    return [without_policy(content) for kind, content in documents if kind.endswith(("page", "index"))]


def test_nothing_of_two_hundred_attacks_runs(tmp_path: Path) -> None:
    made = payloads.made()
    told = made[:: len(made) // 200][:200]
    assert len(told) == 200
    pages = published(told)
    asked = shown(tmp_path, pages)
    assert asked.count("/looked") == len(pages)  # all of them were shown, with the hook at work
    assert [path for path in asked if path in HITS] == []


LIVE = (
    f"<script>fetch('{payloads.CANARY}')</script>",
    "<p style='background:url(http://canary.example/hit)'>x</p>",
    "<img src=x onerror=alert(1)>",
    "<p onclick=x()>x</p>",
    "<a href='java\tscript:x()'>x</a>",
)


def test_the_canary_tells_what_does_run(tmp_path: Path) -> None:
    """The control: each of these in a page of its own, as if it had not been cleaned."""
    page = next(one for one in published(["Meldung"]) if "<article" in one)
    asked = shown(tmp_path, [page, *(page.replace("</main>", f"{attack}</main>") for attack in LIVE)])
    assert asked.count("/looked") == 1 + len(LIVE)
    assert [asked.count(path) for path in ("/hit", "/dialog", "/armed")] == [
        2,
        1,
        3,
    ]  # the handler that fired is armed too

"""The demonstration's pages, live on loopback, and a real browser to look at them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
NOW = datetime(2026, 11, 20, 19, 0, tzinfo=UTC)  # an hour after the demonstration's second pass
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-proxy-server"]


def demonstrated(folder: Path) -> Path:
    """The output directory of a demonstration in that folder, its pages linking search and status."""
    clean = {name: value for name, value in os.environ.items() if not name.upper().endswith("_PROXY")}
    python = [sys.executable, "-m", "aggregator"]
    options = ["--config", "demo-output/config", "--data", "demo-output/var", "--output", "demo-output/public"]

    def call(*arguments: str) -> None:
        subprocess.run([*python, *arguments], cwd=folder, env=clean, capture_output=True, timeout=120, check=True)

    call("demo")
    with (folder / "demo-output/config/aggregator.yaml").open("a", encoding="utf-8") as file:
        file.write("served: true\n")
    call(*options, "publish")
    return folder / "demo-output/public"


@contextmanager
def served(output: Path) -> Iterator[str]:
    """The address at which our own server shows the demonstration; no pass runs."""
    import uvicorn

    from aggregator.config import load
    from aggregator.web import app
    from aggregator.web.site import Site

    folder = output.parent
    config = load.load(folder / "config", environment={})
    store = f"sqlite:///{folder / 'var' / 'aggregator.sqlite'}"
    site = Site(config=config, output=output, store_url=store, clock=lambda: NOW)
    server = uvicorn.Server(uvicorn.Config(app.build(site), host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        thread.join(0.02)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)


@contextmanager
def opened() -> Iterator[Browser]:
    """The browser of this machine."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def kinds(output: Path) -> dict[str, str]:
    """A page of each kind by its path."""

    def titled(words: str) -> str:
        return next(
            f"/stories/{path.name}"
            for path in sorted((output / "stories").iterdir())
            if words in path.read_text("utf-8")
        )

    return {
        "overview": "/",
        "feed": "/energietechnik/index.html",
        "feed without stories": "/verein/index.html",
        "story with carriers": titled("<h1>Land fördert Wasserstoffspeicher"),
        "story with a correction": titled("<h1>Solarzelle erreicht"),
        "story with near misses": titled("<h1>Kabinett beschließt"),
        "search": "/search?q=Wasserstoff",
        "search that finds nothing": "/search?q=xyzzy",
        "search for nothing": "/search",
        "status": "/status",
        "sources": "/sources.html",
        "about": "/about.html",
        "imprint": "/imprint.html",
        "accessibility": "/accessibility.html",
    }

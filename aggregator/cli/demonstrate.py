"""`aggregator demo`: two passes over a small bundled world that is served from loopback.

The world stands in the package as files, one folder for each host. Its server is an HTTP proxy on loopback that answers for those
hosts and no others: so the demonstration keeps its real-looking addresses, and the same world gives the same published files.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import blake2b
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import click

from aggregator.cli import run, summary
from aggregator.errors import OutputError

if TYPE_CHECKING:
    from aggregator.cli.settings import Settings

_MARK = ".aggregator-demo"  # only a folder that holds this file is ever emptied
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".rss": "application/rss+xml",
    ".atom": "application/atom+xml",
    ".rdf": "application/rdf+xml",
    ".xml": "application/xml",
    ".json": "application/feed+json",
}


class World:
    """The bundled hosts at one moment: pages of the later stage stand before those of the first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.stage = 1

    def page(self, url: str) -> tuple[bytes, str] | None:
        """Body and content type of a URL; None where the world has no such page."""
        parts = urlsplit(url)
        host = (parts.hostname or "").removeprefix("www.")
        path = unquote(parts.path).strip("/")
        for stage in range(self.stage, 0, -1):
            root = (self._folder / str(stage) / host).resolve()
            for name in (path, f"{path}.html", f"{path}/index.html", f"{path}/index.xml"):
                file = (root / name).resolve()
                if file.is_relative_to(root) and file.is_file():
                    return file.read_bytes(), _TYPES.get(file.suffix, _TYPES[".html"])
        return None


@contextmanager
def served(world: World) -> Iterator[str]:
    """The world as an HTTP proxy on loopback; gives the proxy's URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            page = world.page(self.path)
            if page is None:
                self._answer(404, b"", "text/plain", None)
                return
            body, content_type = page
            etag = f'"{blake2b(body, digest_size=8).hexdigest()}"'
            if self.headers.get("If-None-Match") == etag:
                self._answer(304, b"", content_type, etag)
            else:
                self._answer(200, body, content_type, etag)

        def _answer(self, status: int, body: bytes, content_type: str, etag: str | None) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            if etag:
                self.send_header("ETag", etag)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the parent's name
            """Says nothing: the summary tells what was fetched."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def through(proxy: str) -> Iterator[None]:
    """Every request of this process goes through the proxy while the block lasts."""
    names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
    before = {name: os.environ.pop(name, None) for name in (*names, *(name.lower() for name in names))}
    os.environ["HTTP_PROXY"] = proxy
    try:
        yield
    finally:
        del os.environ["HTTP_PROXY"]
        os.environ.update({name: value for name, value in before.items() if value is not None})


# The demonstration's two moments, so that every run gives the same bytes.
_PASSES = (
    (1, "First pass: everything is new", datetime(2026, 11, 18, 19, 0, tzinfo=UTC)),
    (2, "Second pass: the world has moved on", datetime(2026, 11, 20, 18, 0, tzinfo=UTC)),
)


def demo(at: Settings, *, serve_after: bool) -> None:
    """Both passes, what they found, and where it lies."""
    from aggregator.passes.one_pass import Request

    folder = _emptied(Path("demo-output"))
    with resources.as_file(resources.files("aggregator") / "demo") as bundled:
        shutil.copytree(bundled / "config", folder / "config")
        at = replace(at, config=folder / "config", data=folder / "var", output=folder / "public")
        world = World(bundled / "world")
        with served(world) as proxy, through(proxy):
            for stage, title, now in _PASSES:
                world.stage = stage
                click.secho(f"{title} ({now:%d %b %Y %H:%M} UTC)", bold=True)
                summary.table(run.one_pass(at, Request(), now=now), at.output)
                click.echo()
    _tell_stories(at)
    _tell_where(at, serve_after=serve_after)


def _emptied(folder: Path) -> Path:
    """The demonstration's own folder, new; OutputError when something else stands there."""
    if folder.exists() and not (folder / _MARK).is_file():
        raise OutputError(f"{folder}: is not from an earlier demo; expected a free name or an older demo's folder")
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir()
        (folder / _MARK).touch()
    except OSError as error:
        raise OutputError(f"{folder}: {error.strerror}; expected a directory that can be made here") from error
    return folder


def _tell_stories(at: Settings) -> None:
    """The newest stories with their labels, and for each who carried it."""
    config = at.load()
    names = {source.id: source.name for source in config.sources}
    labels = {label.id: label.names["de"] for label in config.taxonomy.labels}
    with at.store(config) as store:
        newest = [headline.id for headline in store.headlines()[:6]]
        stories = store.stories(newest)
    click.secho("The newest stories", bold=True)
    for story in (stories[story_id] for story_id in newest):
        click.echo(f"  {story.origin.title}")
        told = ", ".join(labels[label] for label in story.labels) or "no cluster"
        also = ", ".join(names[item.source_id] for item in story.carriers[1:])
        click.echo(f"    {names[story.origin.source_id]} [{told}]" + (f"; also carried by: {also}" if also else ""))


def _tell_where(at: Settings, *, serve_after: bool) -> None:
    options = f"--config {at.config} --data {at.data} --output {at.output}"
    click.secho("\nWhat to look at", bold=True)
    click.echo(f"  {at.output.resolve() / 'index.html'}    the pages, in any browser")
    click.echo(f"  {at.output.resolve() / 'feeds' / 'all.atom'}    a merged feed; .rss and .json stand beside it")
    click.echo(f"  aggregator {options} status    shows why one of the sources failed")
    click.echo(f"  aggregator {options} explain URL-OR-TITLE-ID    shows why a story is tagged and merged")
    if serve_after:
        click.echo("Serving it; Ctrl-C ends.")
        run.serve_forever(replace(at), host="127.0.0.1", port=8080)

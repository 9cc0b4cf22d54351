"""Serves a folder of recorded feeds on loopback as the sources of one configuration and runs two passes over them.

    ./do python bench/recorded.py FOLDER

Prints how many sources gave at least the entries that feedparser finds in the same bytes, which failed and why, whether every
published file parses, what the second pass wrote, and seconds, CPU seconds and peak memory of both passes.
"""

import argparse
import json
import sqlite3
import sys
import tempfile
import threading
import time
from collections import Counter
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import feedparser
from lxml import etree
from passes import timed

TAXONOMY = Path(__file__).parent.parent / "config" / "clusters.yaml"


class Quiet(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


def configured(folder: Path, feeds: list[Path], port: int) -> None:
    config = folder / "config"
    config.mkdir()
    (config / "aggregator.yaml").write_text(
        "base_url: https://recorded.example/\ntitle: Recorded\ndescription: Recorded feeds\nlanguage: de\n"
        "contact: bench@recorded.example\nlimits: {gap: 0s, per_host: 8}\n"
    )
    (config / "clusters.yaml").write_text(TAXONOMY.read_text(encoding="utf-8"), encoding="utf-8")
    rows = [
        f"  - {{id: s{number}, name: '{path.name}', url: 'http://127.0.0.1:{port}/{path.name}', interval: 1s, "
        "private_network: true, full_text: never}"
        for number, path in enumerate(feeds)
    ]
    (config / "sources.yaml").write_text("sources:\n" + "\n".join(rows) + "\n")


def parses(path: Path) -> bool:
    content = path.read_bytes()
    if path.suffix == ".json":
        return bool(json.loads(content))
    if path.suffix in {".rss", ".atom", ".xml", ".opml"}:
        etree.fromstring(content)
    return True


def stored(store: Path) -> Counter[str]:
    with sqlite3.connect(store) as connection:
        return Counter(dict(connection.execute("SELECT source_id, count(*) FROM items GROUP BY source_id")))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    source = parser.parse_args().folder
    feeds = sorted(path for path in source.iterdir() if path.suffix not in {".md", ".tsv"} and path.is_file())
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(source)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        configured(folder, feeds, server.server_address[1])
        command = [sys.executable, "-m", "aggregator", "--config", f"{folder}/config", "--data", f"{folder}/var"]
        command += ["--output", f"{folder}/public"]
        for title in ("first pass", "second pass"):
            log = folder / f"{title}.log"
            run = timed([*command, "run", "--json"], log)
            summary = json.loads(log.read_text()[log.read_text().index("{") :])
            print(f"{title}: {run.wall:.1f} s, {run.cpu:.1f} CPU s, {run.megabytes:.0f} MB; ", end="")
            print({key: summary[key] for key in ("sources", "items", "stories", "files")}, summary["dropped"])
            time.sleep(1.2)
        counts = stored(folder / "var" / "aggregator.sqlite")
        expected = {f"s{number}": len(feedparser.parse(path.read_bytes()).entries) for number, path in enumerate(feeds)}
        short = [name for name in expected if counts[name] < expected[name]]
        print(f"{len(feeds)} sources; {len(feeds) - len(short)} gave at least the entries feedparser finds")
        for number, path in enumerate(feeds):
            if f"s{number}" in short:
                print(f"  fewer: {path.name}: {counts[f's{number}']} of {expected[f's{number}']}")
        for failure in summary["failures"]:
            path = feeds[int(failure["source"][1:])]
            print(
                f"  failed: {path.name}: {failure['class']}: {failure['message']} (feedparser: {expected[failure['source']]})"
            )
        files = [path for path in (folder / "public").rglob("*") if path.is_file()]
        print(f"{sum(map(parses, files))} of {len(files)} published files parse")
    server.shutdown()


if __name__ == "__main__":
    main()

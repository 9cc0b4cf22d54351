"""What others write stays inside its own log line."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest

from tests.security import gathered
from tests.servers.local_world import LocalServer

pytestmark = pytest.mark.slow

EVIL = "x\n2026-11-26T00:00:00Z [info     ] forged\r\x1b[2J\x1b]0;owned\x07\x00\x7f\x9b31m\x85\u2028\u202eend"
FORMATS = ("text", "json")
LINE = {"text": re.compile(r"\d{4}-\d\d-\d\dT\S+ \[\w+ *\] "), "json": re.compile(r"\{.*\}$")}
HOSTILE = {
    "title": f"<html><head><title>{EVIL}</title></head></html>".encode(),
    "text": EVIL.encode(),
    "feed": f"<rss><channel><title>{EVIL}</title><item><title>{EVIL}</title><link>{EVIL}</link></item></channel></rss>".encode(),
    "json": json.dumps(
        {"version": "https://jsonfeed.org/version/1.1", "items": [{"id": EVIL, "title": EVIL}]}
    ).encode(),
}
RAW = {
    "header": b"HTTP/1.1 200 OK\r\nContent-Encoding: \x1b[2J\x9b\x85evil\r\nContent-Length: 1\r\n\r\nx",
    "reason": b"HTTP/1.1 404 \x1b[2J\x9bevil\r\nContent-Length: 0\r\n\r\n",
    "location": b"HTTP/1.1 302 x\r\nLocation: ftp://\x1b[2J\x9bevil\r\nContent-Length: 0\r\n\r\n",
    "type": b"HTTP/1.1 200 OK\r\nContent-Type: \x1b[2J/\x9b\r\nContent-Length: 1\r\n\r\nx",
}


def controls(said: bytes) -> list[str]:
    """Characters that move, colour, break or turn round a line, but for the line feeds between lines."""
    return [char for char in said.decode() if not char.isprintable() and char != "\n"]


def check(said: bytes, log_format: str) -> None:
    assert controls(said) == []
    lines = said.decode().splitlines()
    assert lines
    assert [line for line in lines if not LINE[log_format].match(line)] == []
    assert not any(line.startswith("2026-11-26T00:00:00Z") for line in lines)
    if log_format == "json":
        assert all(isinstance(json.loads(line), dict) for line in lines)


WRITE = """
import logging, sys
from pathlib import Path
from aggregator.cli.settings import Settings
here = Path(".")
log = Settings(config=here, data=here, output=here, log_format=sys.argv[1], verbosity=0).log()
log.warning("source.failed", detail=sys.argv[2] + chr(0), many=[sys.argv[2]])
try:
    raise ValueError(sys.argv[2])
except ValueError:
    log.exception("source.internal", source="a")
    logging.getLogger("uvicorn.error").exception(sys.argv[2])
"""


@pytest.mark.parametrize("log_format", FORMATS)
def test_a_log_line_is_one_line(log_format: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WRITE, log_format, EVIL.replace("\0", "")],
        capture_output=True,
        cwd=Path(__file__).resolve().parent.parent.parent,
        check=True,
    )
    check(done.stderr, log_format)
    assert len(done.stderr.splitlines()) == 3
    assert done.stderr.count(b"ValueError") == 2
    assert done.stderr.count(b"forged") >= 4, "what was written is there to be read"


def configure(folder: Path, server: LocalServer) -> None:
    for name, body in HOSTILE.items():
        server.reply(f"/{name}", body)
    for name, answer in RAW.items():
        server.raw(f"/{name}", answer)
    rows = [
        f"  - {{id: {name}, name: {name}, url: '{server.url(f'/{name}')}', private_network: true}}"
        for name in (*HOSTILE, *RAW)
    ]
    (folder / "config").mkdir()
    (folder / "config/aggregator.yaml").write_text(gathered.BASE)
    (folder / "config/sources.yaml").write_text("sources:\n" + "\n".join(rows) + "\n")


def test_what_a_pass_says_of_hostile_sources(tmp_path: Path) -> None:
    with LocalServer() as server:
        configure(tmp_path, server)
        for arguments in (
            ["run"],
            ["items"],
            ["status"],
            ["sources", "preview", "feed"],
            ["sources", "preview", "title"],
        ):
            done = gathered.call(tmp_path, *arguments)
            assert controls(done.stdout.encode() + done.stderr.encode()) == [], arguments
            assert "Traceback" not in done.stderr


@pytest.mark.parametrize("log_format", FORMATS)
def test_what_the_service_logs_of_hostile_sources_and_readers(tmp_path: Path, log_format: str) -> None:
    with LocalServer() as server:
        configure(tmp_path, server)
        process = subprocess.Popen(
            [sys.executable, "-m", "aggregator", "--log-format", log_format, "serve", "--port", "0"],
            cwd=tmp_path,
            env=gathered.environment(),
            stderr=subprocess.PIPE,
        )
        assert process.stderr is not None
        said = []
        watchdog = threading.Timer(60, process.kill)
        watchdog.start()
        try:
            for line in process.stderr:
                said.append(line)
                if found := re.search(rb"http://127\.0\.0\.1:\d+", line):
                    with suppress(urllib.error.HTTPError):
                        urllib.request.urlopen(f"{found[0].decode()}/%0d%0a%1b[2Jx?q=%0a%00", timeout=10)
                if b"pass.done" in line:  # what failed is told after it
                    process.send_signal(signal.SIGTERM)
        finally:
            watchdog.cancel()
            process.kill()
            process.wait()
    check(b"".join(said), log_format)
    assert sum(b"source.failed" in line for line in said) >= 6
    assert b"service.stopped" in said[-1]
